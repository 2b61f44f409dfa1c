/* What an evaluator holds, for the files that it is made of. */
#ifndef EVAL_EVALUATOR_H
#define EVAL_EVALUATOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "neardup/document.h"
#include "neardup/document_map.h"
#include "neardup/evaluation.h"
#include "neardup/exact_join.h"
#include "neardup/scan.h"
#include "util/alloc.h"

/* --- documents --- */

/* The documents of an evaluation, in the order of their ids: to be scanned again and again, and
 * found; and their shingle sets. */

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

/* --- pairs and scores --- */

/* Sorted lists of pairs, and scores of them. */

/* --- pairs of documents by number, as a sorted list --- */

/* A pair is  | lower number, 32 bits | higher number, 32 |. */
typedef struct nd_pair_list {
    const nd_allocator *allocator; /* borrowed */
    ND_VEC(uint64_t) pairs;
} nd_pair_list;

static inline uint64_t nd_pair_key(uint32_t a, uint32_t b)
{
    return a < b ? (uint64_t)a << 32 | b : (uint64_t)b << 32 | a;
}

static inline uint32_t nd_pair_low(uint64_t pair)
{
    return (uint32_t)(pair >> 32);
}

static inline uint32_t nd_pair_high(uint64_t pair)
{
    return (uint32_t)pair;
}

/* Adds a pair; nothing for a document with itself. ND_ERR_LIMIT: over ND_EVALUATION_MAX_PAIRS. */
ND_NODISCARD nd_status nd_pair_list_add(nd_pair_list *list, uint32_t a, uint32_t b);

/* Adds every pair of members[0..num). */
ND_NODISCARD nd_status nd_pair_list_add_all(nd_pair_list *list, const uint32_t *members,
                                            size_t num);

/* Adds the pairs of `other`. */
ND_NODISCARD nd_status nd_pair_list_append(nd_pair_list *list, const nd_pair_list *other);

/* Sorts, and keeps each pair once. All functions below want it sorted. */
ND_NODISCARD nd_status nd_pair_list_sort(nd_pair_list *list);

/* Whether `pair` is in the list, asked for pairs in ascending order; *at begins with 0. */
static inline bool nd_pair_list_meets(const nd_pair_list *list, uint64_t pair, size_t *at)
{
    while (*at < list->pairs.len && list->pairs.items[*at] < pair)
        ++*at;
    return *at < list->pairs.len && list->pairs.items[*at] == pair;
}

/* Drops the pairs of `other`; returns how many they were. */
size_t nd_pair_list_subtract(nd_pair_list *list, const nd_pair_list *other);

/* label[n] becomes the lowest number that a chain of pairs connects with n, for all numbers below
 * num. */
void nd_pair_list_components(const nd_pair_list *list, size_t num, uint32_t *label);

/* Keeps the memory. */
void nd_pair_list_clear(nd_pair_list *list);

void nd_pair_list_release(nd_pair_list *list);

/* --- how well found pairs and groups agree with the true ones --- */

/* Precision is 1 where nothing is found, and recall where nothing is true: no mistake was made. */
typedef struct nd_scores {
    uint64_t pairs_true, pairs_found, true_positives;
    double precision; /* true positives / found */
    double recall;    /* true positives / true */
    double f1;        /* 2 true positives / (true + found): 1 where there is neither */
} nd_scores;

/* Both lists are sorted. */
nd_scores nd_scores_of(const nd_pair_list *truth, const nd_pair_list *found);

/* The adjusted Rand index of two partitions of documents 0 .. num - 1, each by a label a document
 * (Hubert and Arabie, Comparing partitions, Journal of Classification 2, 1985): 1 where they are
 * the same, about 0 where one is chance, below where it is worse. */
ND_NODISCARD nd_status nd_adjusted_rand_index(const uint32_t *label_a, const uint32_t *label_b,
                                              size_t num, const nd_allocator *allocator,
                                              double *out);

/* The band of a similarity. */
int nd_band_of(double jaccard);

/* --- what is told --- */

/* What is told of the documents of an evaluation: labels of pairs, clusters, pairs to ignore. */

enum { ND_TRUTH_MAX_KINDS = 1000, ND_NO_KIND = UINT32_MAX };

/* A name in the arena of the truth. */
typedef struct nd_truth_name {
    const char *p;
    size_t len_bytes;
} nd_truth_name;

typedef struct nd_label {
    uint64_t pair; /* nd_pair_key */
    double weight;
    uint32_t kind; /* number of its name, or ND_NO_KIND */
    bool is_true;
} nd_label;

/* A document in a cluster, as it was told. */
typedef struct nd_membership {
    nd_truth_name cluster;
    uint32_t number; /* of its id */
    uint64_t tag;
} nd_membership;

/* As it is told, in that order, and once it is settled:
 *
 *   labels   each pair once, sorted, none ignored    | l0 | l1 | l2 | ...
 *   kinds    in byte order; labels hold their places | k0 | k1 | ...
 *   pairs    the true ones, sorted                   | p0 | p1 | ...
 *   cluster_of                                       [ids]: the lowest number of its cluster */
typedef struct nd_truth_store {
    const nd_allocator *allocator; /* borrowed */
    size_t num_ids;
    nd_arena names;
    ND_VEC(nd_label) labels;
    ND_VEC(nd_truth_name) kinds;
    ND_VEC(nd_membership) members;
    uint32_t *member_of; /* [ids]: place in `members`, or UINT32_MAX */
    nd_pair_list ignored;
    uint64_t num_repeated;

    bool is_settled;
    nd_pair_list pairs;
    uint32_t *cluster_of; /* NULL without members */
} nd_truth_store;

/* Of documents numbered 0 .. num_ids-1. Release it also after a failure. */
ND_NODISCARD nd_status nd_truth_store_init(nd_truth_store *truth, size_t num_ids,
                                           const nd_allocator *allocator);

/* Statuses as in neardup/evaluation.h. */
ND_NODISCARD nd_status nd_truth_store_add_pair(nd_truth_store *truth, uint32_t a, uint32_t b,
                                               const nd_pair_label *label);
ND_NODISCARD nd_status nd_truth_store_add_member(nd_truth_store *truth, uint32_t number,
                                                 nd_truth_name cluster, uint64_t tag,
                                                 uint64_t *earlier_tag);
ND_NODISCARD nd_status nd_truth_store_ignore(nd_truth_store *truth, uint32_t a, uint32_t b);

/* Sorts what was told since the last time; cheap where that is nothing. */
ND_NODISCARD nd_status nd_truth_store_settle(nd_truth_store *truth);

/* The label of a pair; NULL: none. Settled. */
const nd_label *nd_truth_store_label(const nd_truth_store *truth, uint64_t pair);

void nd_truth_store_release(nd_truth_store *truth);

/* --- an evaluator --- */

struct nd_evaluator {
    nd_allocator allocator;
    nd_truth truth_kind;
    nd_corpus corpus;
    nd_corpus_sets sets;
    nd_truth_store told;
    nd_pair_list joined; /* true pairs of ND_TRUTH_EXACT */
    nd_pair_list found;
    bool has_groups;           /* found ones: they decide found_label */
    uint32_t *found_label;     /* [ids] */
    uint32_t *truth_label;     /* [ids] */
    bool compares_containment; /* the last scan asked for more than a jaccard */
    bool is_scanned;
};

/* The true pairs. */
static inline const nd_pair_list *nd_evaluator_true_pairs(const nd_evaluator *e)
{
    return e->truth_kind == ND_TRUTH_EXACT ? &e->joined : &e->told.pairs;
}

/* Adds a group of documents, by the numbers of their ids. */
ND_NODISCARD nd_status nd_evaluator_add_group(nd_evaluator *e, const uint32_t *numbers, size_t num);

/* The first group gives every document a label of its own. */
void nd_evaluator_begin_groups(nd_evaluator *e);

/* Measures what was found against what is told, which is settled. Release *out also after a
 * failure. */
ND_NODISCARD nd_status nd_evaluator_compare(nd_evaluator *e, nd_evaluation *out);

#endif
