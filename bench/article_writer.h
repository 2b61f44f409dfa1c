/* Made-up articles, as words: titles, sentences, paragraphs, stock phrases. */
#ifndef BENCH_ARTICLE_WRITER_H
#define BENCH_ARTICLE_WRITER_H

#include <stdint.h>

#include "bench_random.h"
#include "neardup/status.h"
#include "util/alloc.h"
#include "vocabulary.h"

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

/* What a stream of random numbers is for. */
enum {
    BENCH_FOR_ROLE = 1,
    BENCH_FOR_SCRIPT,
    BENCH_FOR_TEXT,
    BENCH_FOR_EDITS,
    BENCH_FOR_FOOTER_CHOICE,
    BENCH_FOR_FOOTER_TEXT,
    BENCH_FOR_PHRASE,
    BENCH_FOR_SHUFFLE,
    BENCH_FOR_VARIANT,
    BENCH_FOR_SPELLING,
    BENCH_FOR_BYLINE,
};

/* Appends words to *items. They are rendered later, so bytes are counted as they will be. */
typedef struct bench_article_writer {
    uint64_t seed;
    uint32_t mean_bytes;
    const nd_allocator *allocator;
    const bench_vocabulary *vocabulary;
    bench_random random;
    bench_item_vec *items;
    uint64_t len_bytes;
} bench_article_writer;

uint32_t bench_draw_rank(const bench_article_writer *w, bench_random *random);

/* `num` words that are the same for every document that draws this key for this purpose. There is
 * room for them. */
void bench_put_fixed(bench_article_writer *w, uint64_t key, uint32_t purpose, uint32_t num);

/* At least `num_words` words, the first with a capital; `end` is what stands after the last:
 * BENCH_ITEM_STOP, BENCH_ITEM_PARAGRAPH or both. */
ND_NODISCARD nd_status bench_put_sentence(bench_article_writer *w, uint32_t num_words,
                                          uint32_t end);

/* A sentence of a title's length, a paragraph of its own. */
ND_NODISCARD nd_status bench_put_title(bench_article_writer *w);

/* Paragraphs of sentences, of at least so many bytes. */
ND_NODISCARD nd_status bench_put_paragraphs(bench_article_writer *w, uint64_t len_bytes);

/* Makes the writer's random numbers those of a document, and appends its title and paragraphs until
 * the text is as long as it was drawn to be. */
ND_NODISCARD nd_status bench_put_article(bench_article_writer *w, uint64_t index);

/* Appends `from` with each word replaced, dropped or joined by a new one with the chance `bound`
 * (bench_random_bound). */
ND_NODISCARD nd_status bench_put_edited(bench_article_writer *w, const bench_item_vec *from,
                                        uint64_t bound);

/* Appends text of the document's own with `original` whole between two of its paragraphs. */
ND_NODISCARD nd_status bench_put_container(bench_article_writer *w, uint64_t index,
                                           const bench_item_vec *original);

#endif
