#include "cli/output/first_id.h"

#include <string.h>

void nd_first_id_count(nd_first_id *first, const char *id, size_t id_len_bytes)
{
    nd_first_id one = {.count = 1};
    const size_t len = id_len_bytes < sizeof one.id ? id_len_bytes : sizeof one.id - 1;
    if (len > 0)
        memcpy(one.id, id, len);
    nd_first_id_merge(first, &one);
}

void nd_first_id_merge(nd_first_id *first, const nd_first_id *other)
{
    if (other->count > 0 && (first->count == 0 || strcmp(other->id, first->id) < 0))
        memcpy(first->id, other->id, sizeof first->id);
    first->count += other->count;
}
