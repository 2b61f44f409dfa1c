/* Indexes in temporary folders, and what they and a scan find, for comparison. */
#ifndef TESTS_UNIT_INDEX_FIXTURE_H
#define TESTS_UNIT_INDEX_FIXTURE_H

#include <stdbool.h>
#include <stddef.h>

#include "made_up_texts.h"
#include "neardup/neardup.h"

/* A new path below a temporary folder; nothing is there. Freed, with all below it, by
 * index_folder_remove. */
char *index_folder_make(void);
void index_folder_remove(char *path);

/* Every pair of documents that match, one text a pair, sorted: ids, kind, the numbers of shingles,
 * what is covered and the score, as the document with the smaller id sees it. */
typedef struct pair_texts {
    char **texts;
    size_t num, capacity;
} pair_texts;

void pair_texts_sort(pair_texts *pairs);
void pair_texts_free(pair_texts *pairs);

/* What a scan of the documents for which is_there holds (NULL: of all) reports. */
pair_texts pairs_of_scan(const nd_scan_options *options, const corpus *c, const bool *is_there);

/* What the index finds, asked for each of its documents of whose id is_asked holds (NULL: of all).
 */
pair_texts pairs_of_index(nd_index *index, bool (*is_asked)(const char *id));

/* Fails with the first difference. */
void assert_same_pairs(const pair_texts *expected, const pair_texts *found);

/* The documents of the corpus as an index takes them. */
nd_index_document index_document_of(const corpus *c, size_t i);

/* Opens for writing, with runs of so many documents. */
nd_index *index_open_to_write(const char *path, uint32_t tail_documents);
nd_index *index_open_to_read(const char *path);

/* Makes an index of the corpus, in its order: in one batch, committed. */
void index_make(const char *path, const nd_scan_options *options, const corpus *c);

/* Adds documents [first, end) of the corpus in one batch. */
void index_add_documents(nd_index *index, const corpus *c, size_t first, size_t end);

#endif
