/* A made-up news corpus: any document of it on its own, the same on every machine. */
#ifndef BENCH_NEWS_CORPUS_H
#define BENCH_NEWS_CORPUS_H

#include <stdint.h>

#include "util/vec.h"
#include "vocabulary.h"

enum { BENCH_MAX_EDITS = 16, BENCH_ID_DIGITS = 10 };

typedef struct bench_corpus_spec {
    uint64_t num_documents; /* at most 10^10 - 1: what an id has digits for */
    uint64_t seed;
    uint32_t mean_bytes;           /* of an original's text */
    double copies, contained;      /* fractions of the documents; together at most 0.9 */
    double footers;                /* fraction of the documents that end in a shared footer */
    double edits[BENCH_MAX_EDITS]; /* fractions of changed words; a copy draws one of them */
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
    BENCH_ROLE_COPY,     /* the original of its family with some words changed */
    BENCH_ROLE_CONTAINER /* holds the whole original of its family within text of its own */
} bench_role;

/* A document as words: the word's rank, and what stands after it.
 *
 *    bit 31       30      29     28           15 .. 0
 *   | capital | comma | stop | paragraph | ... | rank |
 */
typedef ND_VEC(uint32_t) bench_item_vec;

enum { BENCH_ITEM_RANK = 0xFFFF };
#define BENCH_ITEM_CAPITAL (UINT32_C(1) << 31)
#define BENCH_ITEM_COMMA (UINT32_C(1) << 30)
#define BENCH_ITEM_STOP (UINT32_C(1) << 29)
#define BENCH_ITEM_PARAGRAPH (UINT32_C(1) << 28)

/* Immutable: share it between threads.
 *
 * A document has two numbers. By its index it belongs to a family: an original and the copies and
 * containers that follow it. By its position it stands in the output, where families are scattered:
 *
 *   index      O c c O O k O c ...        O original, c copy, k container
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

/* Index of the original of the document's family: its own, for an original. */
uint64_t bench_corpus_original(const bench_corpus *corpus, uint64_t index);

const bench_vocabulary *bench_corpus_vocabulary(const bench_corpus *corpus, uint64_t index);

/* Replaces *items by the document's words. */
ND_NODISCARD nd_status bench_corpus_items(const bench_corpus *corpus, uint64_t index,
                                          const nd_allocator *allocator, bench_item_vec *items);

void bench_corpus_free(bench_corpus *corpus);

#endif
