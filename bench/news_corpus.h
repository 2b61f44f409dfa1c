/* A made-up news corpus: any document of it on its own, the same on every machine. */
#ifndef BENCH_NEWS_CORPUS_H
#define BENCH_NEWS_CORPUS_H

#include <stdint.h>

#include "article_writer.h"
#include "news_variants.h"

enum { BENCH_MAX_EDITS = 16, BENCH_ID_DIGITS = 10 };

typedef struct bench_corpus_spec {
    uint64_t num_documents; /* at most 10^10 - 1: what an id has digits for */
    uint64_t seed;
    uint32_t mean_bytes;                /* of an original's text */
    double copies, contained, variants; /* fractions of the documents; together at most 0.9 */
    double footers;                     /* fraction of the documents that end in a shared footer */
    double edits[BENCH_MAX_EDITS];      /* fractions of changed words; a copy draws one of them */
    uint32_t num_edits;
    bench_script scripts[BENCH_NUM_SCRIPTS];
    uint32_t num_scripts;
} bench_corpus_spec;

/* 1,000 documents of 3,000 bytes, seed 1, a tenth copies with 0 to 20 % edits, 2 % contained, a
 * tenth with footers, in Latin. */
void bench_corpus_spec_init(bench_corpus_spec *spec);

/* What a document was made as. */
typedef enum bench_role {
    BENCH_ROLE_ORIGINAL = 0,
    BENCH_ROLE_COPY,      /* the original of its family with some words changed */
    BENCH_ROLE_CONTAINER, /* holds the whole original of its family within text of its own */
    BENCH_ROLE_VARIANT    /* what another site made of the original of its family */
} bench_role;

/* Immutable: share it between threads.
 *
 * A document has two numbers. By its index it belongs to a family: an original and the copies and
 * containers that follow it. By its position it stands in the output, where families are scattered:
 *
 *   index      O c c O O k O v ...        O original, c copy, k container,
 *                                         v variant;
 *                                         position = a bijection of the index
 */
typedef struct bench_corpus bench_corpus;

/* ND_ERR_INVALID_ARGUMENT: a value out of range. Free with bench_corpus_free. */
ND_NODISCARD nd_status bench_corpus_new(const bench_corpus_spec *spec,
                                        const nd_allocator *allocator, bench_corpus **out);

uint64_t bench_corpus_num_documents(const bench_corpus *corpus);

uint64_t bench_corpus_position(const bench_corpus *corpus, uint64_t index);
uint64_t bench_corpus_index(const bench_corpus *corpus, uint64_t position);

bench_role bench_corpus_role(const bench_corpus *corpus, uint64_t index);

/* What kind of variant a document of that role is. */
bench_variant bench_corpus_variant(const bench_corpus *corpus, uint64_t index);

/* Index of the original of the document's family: its own, for an original. */
uint64_t bench_corpus_original(const bench_corpus *corpus, uint64_t index);

const bench_vocabulary *bench_corpus_vocabulary(const bench_corpus *corpus, uint64_t index);

/* Replaces *items by the document's words. */
ND_NODISCARD nd_status bench_corpus_items(const bench_corpus *corpus, uint64_t index,
                                          const nd_allocator *allocator, bench_item_vec *items);

/* Appends the text of a variant, made of its words (bench_text_append), as the variant spells it.
 */
ND_NODISCARD nd_status bench_corpus_spell(const bench_corpus *corpus, uint64_t index,
                                          const nd_byte_vec *text, const nd_allocator *allocator,
                                          nd_byte_vec *out);

void bench_corpus_free(bench_corpus *corpus);

#endif
