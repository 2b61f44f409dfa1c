#include "text/repair/repair_pass.h"

#include <string.h>

void nd_repair_pass_begin(nd_repair_pass *pass, const char *in, size_t in_len)
{
    pass->in = in;
    pass->in_len = in_len;
    pass->copied = 0;
    pass->is_changed = false;
    pass->out.len = 0;
    pass->replacements.len = 0;
}

static void append(nd_repair_pass *pass, const char *bytes, size_t len)
{
    if (len)
        memcpy(pass->out.items + pass->out.len, bytes, len);
    pass->out.len += len;
}

/* Puts text[0..len) behind a copy of what stands before `start`. */
static nd_status put(nd_repair_pass *pass, size_t start, const char *text, size_t len)
{
    const size_t unchanged = start - pass->copied;
    const nd_status status = ND_VEC_RESERVE(pass->allocator, &pass->out, unchanged + len);
    if (status != ND_OK)
        return status;
    append(pass, pass->in + pass->copied, unchanged);
    append(pass, text, len);
    pass->copied = start;
    pass->is_changed = true;
    return ND_OK;
}

nd_status nd_repair_pass_replace(nd_repair_pass *pass, size_t start, size_t end, const char *text,
                                 size_t len)
{
    nd_status status = ND_VEC_RESERVE(pass->allocator, &pass->replacements, 1);
    if (status == ND_OK)
        status = put(pass, start, text, len);
    if (status != ND_OK)
        return status;
    pass->copied = end;
    pass->replacements.items[pass->replacements.len++] =
        (nd_replacement){start, end, pass->out.len - len, pass->out.len};
    return ND_OK;
}

nd_status nd_repair_pass_overwrite(nd_repair_pass *pass, size_t start, const char *text, size_t len)
{
    const nd_status status = put(pass, start, text, len);
    if (status == ND_OK)
        pass->copied = start + len;
    return status;
}

nd_status nd_repair_pass_end(nd_repair_pass *pass)
{
    if (!pass->is_changed)
        return ND_OK;
    const size_t rest = pass->in_len - pass->copied;
    const nd_status status = ND_VEC_RESERVE(pass->allocator, &pass->out, rest);
    if (status == ND_OK)
        append(pass, pass->in + pass->copied, rest);
    return status;
}

/* How many replacements begin at or before the byte at `at`. */
static size_t num_begun(const nd_repair_pass *pass, size_t at)
{
    size_t low = 0, high = pass->replacements.len;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (pass->replacements.items[middle].out_start <= at)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* The stretch of `in` that the byte at `at` came from. */
static void locate_byte(const nd_repair_pass *pass, size_t at, size_t *start, size_t *end)
{
    const size_t num = num_begun(pass, at);
    const nd_replacement none = {0};
    const nd_replacement *const r = num ? &pass->replacements.items[num - 1] : &none;
    if (num && at < r->out_end) {
        *start = r->in_start;
        *end = r->in_end;
        return;
    }
    *start = at - r->out_end + r->in_end;
    *end = *start + 1;
}

void nd_repair_pass_locate(const nd_repair_pass *pass, size_t *start, size_t *end)
{
    size_t first_end, last_start;
    locate_byte(pass, *end - 1, &last_start, end);
    locate_byte(pass, *start, start, &first_end);
}

void nd_repair_pass_release(nd_repair_pass *pass)
{
    ND_VEC_RELEASE(pass->allocator, &pass->out);
    ND_VEC_RELEASE(pass->allocator, &pass->replacements);
}
