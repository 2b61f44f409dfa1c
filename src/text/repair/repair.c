#include "text/repair/repair_pass.h"

#include <string.h>

#include "neardup/repair.h"
#include "neardup/text.h"
#include "text/repair/markup.h"
#include "util/alloc.h"

/* --- a pass --- */

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

/* --- all that a text needs --- */

/* What was escaped or misread twice is undone twice; three times is the most that occurs. */
enum { MAX_ROUNDS = 3, MAX_PASSES = MAX_ROUNDS + 8 };

/* The passes of the last text, in their order: each reads what the one before wrote. */
struct nd_repairer {
    nd_allocator allocator;
    uint32_t repairs, folds;
    size_t num_passes, num_repairs, blob_bytes;
    nd_repair_pass passes[MAX_PASSES];
    nd_markup markup;
};

/* A text on its way through the passes. */
typedef struct repaired_text {
    const char *bytes;
    size_t len;
} repaired_text;

const char *nd_repair_name(unsigned index)
{
    static const char *const names[] = {"entities", "tags", "mojibake", "hyphenation", "blobs"};
    return index < sizeof names / sizeof *names ? names[index] : NULL;
}

nd_status nd_repairer_new(uint32_t repairs, uint32_t folds, const nd_allocator *allocator,
                          nd_repairer **out)
{
    *out = NULL;
    if ((repairs & ~(uint32_t)ND_REPAIR_ALL) || (folds & ~(uint32_t)ND_FOLD_ALL))
        return ND_ERR_INVALID_ARGUMENT;
    const nd_allocator a = nd_allocator_or_default(allocator);
    nd_repairer *const repairer = nd_alloc_zeroed(&a, 1, sizeof *repairer);
    if (!repairer)
        return ND_ERR_NO_MEMORY;
    repairer->allocator = a;
    repairer->repairs = repairs;
    repairer->folds = folds;
    for (size_t i = 0; i < MAX_PASSES; i++)
        repairer->passes[i].allocator = &repairer->allocator;
    *out = repairer;
    return ND_OK;
}

static nd_repair_pass *begin(nd_repairer *r, const repaired_text *text)
{
    nd_repair_pass *const pass = &r->passes[r->num_passes];
    nd_repair_pass_begin(pass, text->bytes, text->len);
    return pass;
}

/* Ends the pass begun last; one that changed nothing leaves no trace. */
static nd_status end(nd_repairer *r, nd_status status, repaired_text *text, bool *is_changed)
{
    nd_repair_pass *const pass = &r->passes[r->num_passes];
    if (status == ND_OK)
        status = nd_repair_pass_end(pass);
    *is_changed = pass->is_changed;
    *text = (repaired_text){nd_repair_pass_out(pass), nd_repair_pass_out_len(pass)};
    r->num_passes += *is_changed;
    return status;
}

/* What the text has marks of: repairs that are asked for, and perhaps ND_SCAN_NON_ASCII. */
static uint32_t look(const nd_repairer *r, const repaired_text *text)
{
    const nd_repair_scan *const scan = nd_repair_scan_current();
    const uint32_t marks = scan->suspected(text->bytes, text->len);
    const bool may_be_blobs = (r->repairs & ND_REPAIR_BLOBS) &&
                              scan->next_blob_mark(text->bytes, text->len, 0) < text->len;
    return (marks & (r->repairs | ND_SCAN_NON_ASCII)) | (may_be_blobs ? ND_REPAIR_BLOBS : 0u);
}

static nd_status run_tags(nd_repairer *r, uint32_t *repairs, repaired_text *text)
{
    const bool is_page = nd_page_begins(text->bytes, text->len);
    nd_status status =
        nd_repair_tags(begin(r, text), is_page ? ND_MARKUP_PAGE : ND_MARKUP_FRAGMENT, &r->markup);
    bool is_changed;
    status = end(r, status, text, &is_changed);
    if (is_changed)
        *repairs |= look(r, text);
    return status;
}

static nd_status run_entities(nd_repairer *r, uint32_t *repairs, repaired_text *text)
{
    bool is_changed;
    const nd_status status = end(r, nd_repair_entities(begin(r, text)), text, &is_changed);
    if (is_changed)
        *repairs |= look(r, text);
    return status;
}

static nd_status run_blobs(nd_repairer *r, repaired_text *text)
{
    static nd_status (*const repairs[])(nd_repair_pass *) = {nd_repair_base64, nd_repair_code};
    nd_status status = ND_OK;
    for (size_t i = 0; status == ND_OK && i < sizeof repairs / sizeof *repairs; i++) {
        bool is_changed;
        nd_repair_pass *const pass = begin(r, text);
        status = end(r, repairs[i](pass), text, &is_changed);
        for (size_t k = 0; k < pass->replacements.len; k++)
            r->blob_bytes +=
                pass->replacements.items[k].in_end - pass->replacements.items[k].in_start;
    }
    return status;
}

static nd_status run_mojibake(nd_repairer *r, repaired_text *text)
{
    bool is_changed;
    nd_status status = end(r, nd_repair_bytes(begin(r, text)), text, &is_changed);
    if (is_changed)
        return status;
    int round = 0;
    do
        status = end(r, nd_repair_mojibake(begin(r, text)), text, &is_changed);
    while (status == ND_OK && is_changed && ++round < MAX_ROUNDS);
    return status == ND_OK && round > 0 ? end(r, nd_repair_bytes(begin(r, text)), text, &is_changed)
                                        : status;
}

/* Everything but the folds. Entities first: what they stand for may be mojibake, as in
 * &acirc;&euro;&trade;, and tags that were escaped show up then. Not so in a page, where escaped
 * tags are text. */
static nd_status run_all(nd_repairer *r, uint32_t repairs, repaired_text *text)
{
    nd_status status = ND_OK;
    const bool is_page = (repairs & ND_REPAIR_TAGS) && nd_page_begins(text->bytes, text->len);
    if (is_page)
        status = run_tags(r, &repairs, text);
    if (status == ND_OK && (repairs & ND_REPAIR_ENTITIES))
        status = run_entities(r, &repairs, text);
    if (status == ND_OK && (repairs & ND_REPAIR_TAGS) && !is_page)
        status = run_tags(r, &repairs, text);
    if (status == ND_OK && (repairs & ND_REPAIR_BLOBS))
        status = run_blobs(r, text);
    if (status == ND_OK && (repairs & ND_REPAIR_MOJIBAKE))
        status = run_mojibake(r, text);
    bool is_changed;
    if (status == ND_OK && (repairs & ND_REPAIR_HYPHENATION))
        status = end(r, nd_repair_hyphenation(begin(r, text)), text, &is_changed);
    return status;
}

static nd_status fold(nd_repairer *r, repaired_text *text)
{
    bool is_changed;
    return end(r, nd_fold(begin(r, text), r->folds), text, &is_changed);
}

static size_t num_replacements(const nd_repairer *r)
{
    size_t num = 0;
    for (size_t i = 0; i < r->num_passes; i++)
        num += r->passes[i].replacements.len;
    return num;
}

nd_status nd_repairer_apply(nd_repairer *repairer, const char *bytes, size_t len_bytes,
                            const char **repaired, size_t *repaired_len_bytes)
{
    repaired_text text = {bytes, len_bytes};
    repairer->num_passes = repairer->num_repairs = repairer->blob_bytes = 0;
    *repaired = NULL;
    *repaired_len_bytes = 0;
    if (len_bytes > ND_TEXT_MAX_BYTES)
        return ND_ERR_LIMIT;
    const uint32_t asked_for = repairer->repairs | repairer->folds;
    const uint32_t marks = asked_for ? look(repairer, &text) : 0;
    const uint32_t repairs = marks & repairer->repairs;
    nd_status status = repairs ? run_all(repairer, repairs, &text) : ND_OK;
    repairer->num_repairs = num_replacements(repairer);
    if (status == ND_OK && repairer->folds && (repairs || (marks & ND_SCAN_NON_ASCII)))
        status = fold(repairer, &text);
    if (status != ND_OK) {
        repairer->num_passes = repairer->num_repairs = repairer->blob_bytes = 0;
        return status;
    }
    *repaired = text.bytes;
    *repaired_len_bytes = text.len;
    return ND_OK;
}

void nd_repairer_locate(const nd_repairer *repairer, size_t *start, size_t *end)
{
    for (size_t i = repairer->num_passes; i-- > 0;)
        nd_repair_pass_locate(&repairer->passes[i], start, end);
}

size_t nd_repairer_count(const nd_repairer *repairer)
{
    return repairer->num_repairs;
}

size_t nd_repairer_blob_bytes(const nd_repairer *repairer)
{
    return repairer->blob_bytes;
}

void nd_repairer_free(nd_repairer *repairer)
{
    if (!repairer)
        return;
    const nd_allocator a = repairer->allocator;
    for (size_t i = 0; i < MAX_PASSES; i++)
        nd_repair_pass_release(&repairer->passes[i]);
    nd_markup_release(&repairer->markup, &a);
    nd_release(&a, repairer);
}
