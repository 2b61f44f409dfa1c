/* The documents of an evaluation, in the order of their ids: to be scanned again and again, and
 * found; and their shingle sets. */
#ifndef EVAL_CORPUS_H
#define EVAL_CORPUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "neardup/document.h"
#include "neardup/document_map.h"
#include "neardup/exact_join.h"
#include "neardup/scan.h"
#include "util/alloc.h"

/* What one thread adds. */
typedef struct nd_corpus_part {
    nd_arena bytes;
    ND_VEC(nd_document) documents;
} nd_corpus_part;

/* Ids are numbered in byte order. Documents of one id stand together, and share its number:
 *
 *   documents   | a  | b  | b  | c  |
 *   id_of       | 0  | 1  | 1  | 2  |
 *   first_of    | 0  | 1  | 3  |
 */
typedef struct nd_corpus {
    nd_allocator allocator;
    nd_texts texts; /* whether they are kept */
    nd_corpus_part *parts;
    uint32_t num_parts;

    /* Once sealed. */
    bool is_sealed;
    nd_document *documents;
    size_t num_documents;
    uint32_t *id_of;    /* [documents] */
    uint32_t *first_of; /* [ids] */
    size_t num_ids;
    uint64_t text_bytes;
} nd_corpus;

void nd_corpus_init(nd_corpus *corpus, nd_texts texts, const nd_allocator *allocator);

/* Copies a document. ND_ERR_INVALID_ARGUMENT: sealed. */
ND_NODISCARD nd_status nd_corpus_add(nd_corpus *corpus, const nd_document *document);

/* Reads a source to its end. */
ND_NODISCARD nd_status nd_corpus_add_source(nd_corpus *corpus, const nd_source *source,
                                            const nd_document_map_options *options,
                                            nd_error *error);

/* Numbers the documents: the same numbers for any order in which they came. ND_ERR_LIMIT: 2^32 - 1
 * of them or more. */
ND_NODISCARD nd_status nd_corpus_seal(nd_corpus *corpus);

/* Number of an id. */
bool nd_corpus_find(const nd_corpus *corpus, const char *id, size_t id_len_bytes, uint32_t *number);

/* Number of the id in a name such as ID#2, and how many documents of it have names before: 1 for
 * the first name that is no id. False: it is no such name, or more than ND_CORPUS_MOST_SUCH_IDS ids
 * look like one of the same id, which would take long. */
enum { ND_CORPUS_MOST_SUCH_IDS = 1000 };
bool nd_corpus_find_name(const nd_corpus *corpus, const char *name, size_t name_len_bytes,
                         uint32_t *number, uint64_t *rank);

/* The (first) document of an id. */
static inline const nd_document *nd_corpus_document(const nd_corpus *corpus, uint32_t number)
{
    return &corpus->documents[corpus->first_of[number]];
}

/* A reading of all documents. */
typedef struct nd_corpus_reading {
    const nd_corpus *corpus;
    size_t next;
} nd_corpus_reading;

/* Each document's tag is the number of its id. `reading` must live as long as the source is used.
 */
nd_source nd_corpus_source(const nd_corpus *corpus, nd_corpus_reading *reading);

void nd_corpus_release(nd_corpus *corpus);

/* --- shingle sets --- */

/* Set d is that of documents[d]. */
typedef struct nd_corpus_sets {
    const nd_allocator *allocator;
    nd_shingle_spec shingle;
    uint32_t repairs, folds;
    nd_set_list list;
    uint64_t *elements;
    size_t *starts;
} nd_corpus_sets;

/* Makes them on so many threads, by the options' shingle, repairs and folds; keeps them where they
 * are such sets already. Memory: 8 bytes a shingle, twice that while they are put together. Begin
 * with {0}; release it also after a failure. */
ND_NODISCARD nd_status nd_corpus_sets_make(nd_corpus_sets *sets, const nd_corpus *corpus,
                                           const nd_scan_options *options, uint32_t num_threads);

/* Exact, of the (first) documents of two ids. */
nd_similarity nd_corpus_sets_compare(const nd_corpus_sets *sets, const nd_corpus *corpus,
                                     uint32_t a, uint32_t b);

void nd_corpus_sets_release(nd_corpus_sets *sets);

#endif
