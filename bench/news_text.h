/* Documents of a made-up corpus as bytes, and what is true of them. */
#ifndef BENCH_NEWS_TEXT_H
#define BENCH_NEWS_TEXT_H

#include <stdio.h>

#include "news_corpus.h"
#include "util/alloc.h"

/* Appends the words as text; `newline` is a line end, written out or as JSON escapes it. */
ND_NODISCARD nd_status bench_text_append(const bench_vocabulary *vocabulary,
                                         const bench_item_vec *items, const char *newline,
                                         const nd_allocator *allocator, nd_byte_vec *out);

/* Appends a JSON line {"id":"d0000000042","text":"..."} for the document at `position`; *items is
 * scratch. */
ND_NODISCARD nd_status bench_json_append(const bench_corpus *corpus, uint64_t position,
                                         const nd_allocator *allocator, bench_item_vec *items,
                                         nd_byte_vec *out);

/* Writes all documents as JSON Lines, by position. */
ND_NODISCARD nd_status bench_corpus_write(const bench_corpus *corpus, FILE *file);

/* "d" and ten digits: in byte order ids stand as in the output. */
void bench_document_id(uint64_t position, char id[BENCH_ID_DIGITS + 2]);

/* The exact word-5-shingle set of the words (ascending, no repeats), from their ranks alone: the
 * text is not looked at. *scratch grows as needed. */
ND_NODISCARD nd_status bench_shingle_set(const bench_item_vec *items, const nd_allocator *allocator,
                                         uint64_t **set, size_t *size);

#endif
