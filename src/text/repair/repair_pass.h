/* One pass over a text that replaces some stretches of it and remembers where they were. */
#ifndef TEXT_REPAIR_REPAIR_PASS_H
#define TEXT_REPAIR_REPAIR_PASS_H

#include <stddef.h>
#include <stdint.h>

#include "neardup/status.h"
#include "text/repair/markup.h"
#include "util/alloc.h"

/* A stretch that was replaced. Between two of them the text is the same, only shifted:
 *
 *   in:   | same   | in_start .. in_end   | same ...
 *   out:  | same   | out_start .. out_end | same ...
 */
typedef struct nd_replacement {
    size_t in_start, in_end;
    size_t out_start, out_end;
} nd_replacement;

/* Kept from text to text; nd_repair_pass_begin empties it. */
typedef struct nd_repair_pass {
    const nd_allocator *allocator;
    const char *in; /* borrowed */
    size_t in_len;
    size_t copied; /* of `in` */
    bool is_changed;
    ND_VEC(char) out;
    ND_VEC(nd_replacement) replacements;
} nd_repair_pass;

void nd_repair_pass_begin(nd_repair_pass *pass, const char *in, size_t in_len);

/* Puts text[0..len) in place of in[start..end); calls come in ascending order, without overlap. */
ND_NODISCARD nd_status nd_repair_pass_replace(nd_repair_pass *pass, size_t start, size_t end,
                                              const char *text, size_t len);

/* The same with text of the same length, of which no record is kept: it stands where it stood. */
ND_NODISCARD nd_status nd_repair_pass_overwrite(nd_repair_pass *pass, size_t start,
                                                const char *text, size_t len);

/* Copies what is left, if anything was replaced: else `out` stays empty. */
ND_NODISCARD nd_status nd_repair_pass_end(nd_repair_pass *pass);

/* What came out: `in` itself where nothing was replaced. */
static inline const char *nd_repair_pass_out(const nd_repair_pass *pass)
{
    return !pass->is_changed ? pass->in : pass->out.len ? pass->out.items : "";
}

static inline size_t nd_repair_pass_out_len(const nd_repair_pass *pass)
{
    return pass->is_changed ? pass->out.len : pass->in_len;
}

void nd_repair_pass_locate(const nd_repair_pass *pass, size_t *start, size_t *end);

void nd_repair_pass_release(nd_repair_pass *pass);

/* The repairs: each goes over pass->in once. */
nd_status nd_repair_entities(nd_repair_pass *pass);
nd_status nd_repair_base64(nd_repair_pass *pass);
nd_status nd_repair_code(nd_repair_pass *pass);
nd_status nd_repair_mojibake(nd_repair_pass *pass);
nd_status nd_repair_bytes(nd_repair_pass *pass);
nd_status nd_repair_hyphenation(nd_repair_pass *pass);

/* Makes the folds (ND_FOLD_*). */
nd_status nd_fold(nd_repair_pass *pass, uint32_t folds);

/* Leaves what a reader sees; `markup` is scratch memory. */
nd_status nd_repair_tags(nd_repair_pass *pass, nd_markup_dialect dialect, nd_markup *markup);

/* As nd_repair_entities, but as a browser does: once, and some names without their semicolon too.
 */
nd_status nd_repair_page_references(nd_repair_pass *pass);

#endif
