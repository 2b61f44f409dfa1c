#include "engine/id_compare.h"

#include <string.h>

int nd_compare_ids(const nd_record *a, const nd_record *b, uint32_t bands)
{
    const uint32_t len = a->id_len_bytes < b->id_len_bytes ? a->id_len_bytes : b->id_len_bytes;
    const int by_bytes = memcmp(nd_record_id(a, bands), nd_record_id(b, bands), len);
    if (by_bytes != 0)
        return by_bytes;
    return (a->id_len_bytes > b->id_len_bytes) - (a->id_len_bytes < b->id_len_bytes);
}

static int compare_u64(uint64_t a, uint64_t b)
{
    return (a > b) - (a < b);
}

int nd_compare_records(const nd_record *a, const nd_record *b, uint32_t bands)
{
    int c = nd_compare_ids(a, b, bands);
    if (c == 0)
        c = compare_u64(a->digest[0], b->digest[0]);
    if (c == 0)
        c = compare_u64(a->digest[1], b->digest[1]);
    if (c == 0)
        c = compare_u64(a->preference, b->preference);
    return c;
}
