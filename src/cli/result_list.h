/* Results of single documents, found by several threads in any order: to be written in the order of
 * the documents' names. */
#ifndef CLI_RESULT_LIST_H
#define CLI_RESULT_LIST_H

#include <stddef.h>
#include <stdint.h>

#include "cli/notes.h"
#include "neardup/document.h"
#include "util/alloc.h"

/* A document's result. */
typedef struct nd_result {
    const char *name; /* its id, until nd_results_name gives it another one */
    size_t name_len_bytes;
    uint64_t id_hash, raw_digest; /* of the id, and of the text as it came */
    uint64_t tag;
    const char *bytes;
    size_t len_bytes;
} nd_result;

/* A document that was seen, with a result or without. */
typedef struct nd_seen_document {
    uint64_t id_hash, raw_digest, tag;
} nd_seen_document;

/* What one thread found; exclusive. */
typedef struct nd_result_list {
    nd_arena arena;
    ND_VEC(nd_result) results;
    ND_VEC(nd_seen_document) seen;
} nd_result_list;

void nd_results_init(nd_result_list *list, const nd_allocator *allocator);

/* Says that there is such a document: 24 bytes each. */
ND_NODISCARD nd_status nd_results_see(nd_result_list *list, const nd_document *document);

/* Adds the result of the document that was seen last; id and bytes are copied. */
ND_NODISCARD nd_status nd_results_add(nd_result_list *list, const nd_document *document,
                                      const char *bytes, size_t len_bytes);

/* Appends what `from` has, whose arena has to stay. */
ND_NODISCARD nd_status nd_results_append(nd_result_list *list, const nd_result_list *from);

/* Names the documents as a scan does (see nd_id in neardup/scan.h): of those with one id the first
 * by its text keeps it, the others are called ID#2, ID#3 and so on, whether the documents between
 * have results or not. Orders the results by name. *num_duplicates is how many documents have an id
 * that another one keeps; *first one of them: the first result with another name than its id, or if
 * all of these have no results, the first document of them by tag. */
ND_NODISCARD nd_status nd_results_name(nd_result_list *list, uint64_t *num_duplicates,
                                       nd_duplicate *first);

void nd_results_release(nd_result_list *list);

#endif
