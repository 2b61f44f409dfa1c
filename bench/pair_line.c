#include "pair_line.h"

#include "io/json_text.h"

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
    return nd_bytes_printf(allocator, out,
                           ",\"kind\":\"%s\",\"jaccard\":%.6f,\"a_in_b\":%.6f,\"b_in_a\":%.6f}\n",
                           nd_match_kind_name(pair->kind), s->jaccard, s->a_in_b, s->b_in_a);
}
