/* What other sites make of an article: syndicated variants, and what their software does to
 * letters. */
#ifndef BENCH_NEWS_VARIANTS_H
#define BENCH_NEWS_VARIANTS_H

#include "article_writer.h"
#include "util/alloc.h"

typedef enum bench_variant {
    /* The words differ. */
    BENCH_VARIANT_HEADLINE, /* another title */
    BENCH_VARIANT_BYLINE,   /* a line of the source's under the title */
    BENCH_VARIANT_TAIL,     /* a paragraph of the site's own at the end */
    BENCH_VARIANT_TRUNCATE, /* the title and at least half of the paragraphs */
    BENCH_VARIANT_DROP_PARA,
    BENCH_VARIANT_REORDER_PARA,
    BENCH_VARIANT_INSERTS, /* two new paragraphs */
    BENCH_VARIANT_EMBED,   /* whole within another article of its own */
    BENCH_VARIANT_LEAD_ONLY,
    BENCH_VARIANT_SYNDICATED, /* title, byline and tail; the last paragraph is gone */
    BENCH_VARIANT_EDIT_10,    /* that many percent of the words changed */
    BENCH_VARIANT_EDIT_20,
    /* The words are the same, their bytes are not. */
    BENCH_VARIANT_PUNCT,    /* no commas, no full stops */
    BENCH_VARIANT_CASE,     /* all capitals */
    BENCH_VARIANT_SPACE,    /* double and no-break spaces, lines broken anywhere */
    BENCH_VARIANT_UNICODE,  /* letters taken apart (NFD) */
    BENCH_VARIANT_MOJIBAKE, /* UTF-8 read as windows-1252 */
    BENCH_VARIANT_HTMLENT,  /* letters that are not ASCII as character references */
    BENCH_VARIANT_OCR_01,   /* that many percent of the letters misread: some words differ */
    BENCH_NUM_VARIANTS
} bench_variant;

/* "headline", "byline", ...; static. */
const char *bench_variant_name(bench_variant variant);

/* Appends the variant of `original` that the document `index` is, by the writer's random numbers.
 */
ND_NODISCARD nd_status bench_put_variant(bench_article_writer *w, uint64_t index,
                                         bench_variant variant, const bench_item_vec *original);

/* Appends the text as the variant spells it: as it is, unless the variant is one of letters. */
ND_NODISCARD nd_status bench_spell_variant(bench_variant variant, bench_random random,
                                           const nd_byte_vec *text, const nd_allocator *allocator,
                                           nd_byte_vec *out);

#endif
