#include "pair_line.h"

#include <string.h>

#include "io/json_text.h"
#include "io/ratio_text.h"

static nd_status append_ratio(const nd_allocator *allocator, nd_byte_vec *out, const char *key,
                              double ratio)
{
    char text[ND_RATIO_TEXT_BYTES];
    const nd_status status = nd_bytes_append(allocator, out, key, strlen(key));
    return status == ND_OK ? nd_bytes_append(allocator, out, text, nd_ratio_text(text, ratio))
                           : status;
}

nd_status bench_pair_line_append(const nd_allocator *allocator, nd_byte_vec *out,
                                 const nd_pair *pair)
{
    const nd_similarity *const s = &pair->similarity;
    nd_status status = nd_bytes_append(allocator, out, "{\"a\":", 5);
    if (status == ND_OK)
        status = nd_json_append_string(allocator, out, pair->a.p, pair->a.len_bytes);
    if (status == ND_OK)
        status = nd_bytes_append(allocator, out, ",\"b\":", 5);
    if (status == ND_OK)
        status = nd_json_append_string(allocator, out, pair->b.p, pair->b.len_bytes);
    if (status != ND_OK)
        return status;
    const char *const kind = nd_match_kind_name(pair->kind);
    status = nd_bytes_append(allocator, out, ",\"kind\":\"", 9);
    if (status == ND_OK)
        status = nd_bytes_append(allocator, out, kind, strlen(kind));
    if (status == ND_OK)
        status = append_ratio(allocator, out, "\",\"jaccard\":", s->jaccard);
    if (status == ND_OK)
        status = append_ratio(allocator, out, ",\"a_in_b\":", s->a_in_b);
    if (status == ND_OK)
        status = append_ratio(allocator, out, ",\"b_in_a\":", s->b_in_a);
    return status == ND_OK ? nd_bytes_append(allocator, out, "}\n", 2) : status;
}
