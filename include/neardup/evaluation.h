/* How right a scan is: what it finds against what is known of the documents. */
#ifndef NEARDUP_EVALUATION_H
#define NEARDUP_EVALUATION_H

#include <stddef.h>
#include <stdint.h>

#include "neardup/allocator.h"
#include "neardup/document.h"
#include "neardup/document_map.h"
#include "neardup/match.h"
#include "neardup/scan.h"
#include "neardup/status.h"

ND_BEGIN_DECLS

/* What is known of the pairs of documents. */
typedef enum nd_truth {
    ND_TRUTH_PAIRS = 0, /* the true pairs are told: every other one is false */
    ND_TRUTH_LABELLED,  /* pairs are told to be true or false: the others are left out */
    ND_TRUTH_CLUSTERS,  /* every pair of documents of one cluster is true: the others are false */
    ND_TRUTH_EXACT,     /* what an exact join without a sketch finds; nothing is told */
} nd_truth;

/* Documents, what is known of them, and what was found among them; exclusive. In this order:
 *
 *   nd_evaluator_new, nd_evaluator_add_document or _add_source, nd_evaluator_seal,
 *   nd_evaluator_add_pair, _add_member, _ignore_pair,
 *   nd_evaluator_scan as often as one likes, or nd_evaluator_found_... and nd_evaluator_measure
 *
 * Documents of one id count as one: the first by the bytes of the texts. */
typedef struct nd_evaluator nd_evaluator;

/* With ND_TEXTS_KEEP the documents can be scanned here; with ND_TEXTS_FORGET only their ids are
 * kept. ND_ERR_INVALID_ARGUMENT: no such truth, or ND_TRUTH_EXACT without texts. *error, here and
 * below, may be NULL; it says why. Free with nd_evaluator_free. */
ND_API ND_NODISCARD nd_status nd_evaluator_new(nd_truth truth, nd_texts texts,
                                               const nd_allocator *allocator, nd_evaluator **out,
                                               nd_error *error);

/* --- documents --- */

/* Adds a document; its bytes are copied. ND_ERR_INVALID_ARGUMENT: sealed already. */
ND_API ND_NODISCARD nd_status nd_evaluator_add_document(nd_evaluator *evaluator,
                                                        const nd_document *document);

/* Adds all documents of a source, on options->num_threads threads. After a failure the evaluator
 * can only be freed. */
ND_API ND_NODISCARD nd_status nd_evaluator_add_source(nd_evaluator *evaluator,
                                                      const nd_source *source,
                                                      const nd_document_map_options *options,
                                                      nd_error *error);

/* Ends the documents. Memory: texts and ids, and 56 bytes a document. ND_ERR_LIMIT: 2^32 - 1
 * documents or more. */
ND_API ND_NODISCARD nd_status nd_evaluator_seal(nd_evaluator *evaluator);

ND_API size_t nd_evaluator_num_documents(const nd_evaluator *evaluator);
ND_API size_t nd_evaluator_num_ids(const nd_evaluator *evaluator);
ND_API uint64_t nd_evaluator_text_bytes(const nd_evaluator *evaluator);

/* What is known of an id. */
typedef struct nd_known_id {
    nd_id id;             /* with the tag of its first document; borrowed */
    size_t num_documents; /* that have it; 0: none, and the rest is 0 */
} nd_known_id;

/* Documents of one id are called ID, ID#2, ID#3 and so on by a scan (see nd_id), and in the tables
 * that are made of it. Such a name is found as the id of its document, unless it is an id itself;
 * the tag is that of another document of the id then. (Where more than 1,000 ids look like names of
 * one other, those are not looked for.) Nothing is known before the evaluator is sealed. O(log
 * documents). */
ND_API nd_known_id nd_evaluator_find(const nd_evaluator *evaluator, const char *id,
                                     size_t id_len_bytes);

/* --- what is known --- */

/* So many pairs, true or found, can be compared: 2 GiB of them. Past that, ND_ERR_LIMIT. */
#define ND_EVALUATION_MAX_PAIRS ((size_t)1 << 28)

/* What is told of a pair. */
typedef struct nd_pair_label {
    const char *kind; /* a name, such as what was done to one of the texts; copied. NULL: none */
    size_t kind_len_bytes;
    int is_true;   /* with ND_TRUTH_LABELLED; with ND_TRUTH_PAIRS every pair told is */
    double weight; /* how many pairs it stands for; 0 or more */
} nd_pair_label;

/* Labels a pair of documents, in either order; of several labels of one pair the first counts.
 * ND_ERR_NOT_FOUND: no document has that id. ND_ERR_INVALID_ARGUMENT: the ids are the same, a
 * weight out of range, another kind of truth, or not sealed. ND_ERR_LIMIT: over
 * ND_EVALUATION_MAX_PAIRS, or 1,000 kinds. Nothing changes then. */
ND_API ND_NODISCARD nd_status nd_evaluator_add_pair(nd_evaluator *evaluator, nd_id a, nd_id b,
                                                    const nd_pair_label *label);

/* Puts a document into a cluster, by any name; a document in none is alone. `tag` is the caller's
 * number for this, such as its line. ND_ERR_EXISTS: it is in another cluster already, as was told
 * with *earlier_tag, which may be NULL. ND_ERR_NOT_FOUND, ND_ERR_INVALID_ARGUMENT as above. */
ND_API ND_NODISCARD nd_status nd_evaluator_add_member(nd_evaluator *evaluator, nd_id id,
                                                      const char *cluster, size_t cluster_len_bytes,
                                                      uint64_t tag, uint64_t *earlier_tag);

/* The pair is neither right nor wrong, whatever else is told of it. Statuses as above. */
ND_API ND_NODISCARD nd_status nd_evaluator_ignore_pair(nd_evaluator *evaluator, nd_id a, nd_id b);

/* --- what was found --- */

/* Forgets what was found. */
ND_API void nd_evaluator_clear_found(nd_evaluator *evaluator);

/* Adds a pair that was found; a group: every pair of it is found. ND_ERR_NOT_FOUND, ND_ERR_LIMIT,
 * ND_ERR_INVALID_ARGUMENT: not sealed. */
ND_API ND_NODISCARD nd_status nd_evaluator_found_pair(nd_evaluator *evaluator, nd_id a, nd_id b);
ND_API ND_NODISCARD nd_status nd_evaluator_found_group(nd_evaluator *evaluator, const nd_id *ids,
                                                       size_t num_ids);

/* Recall of one kind of true pair, or of labelled pair. */
typedef struct nd_kind_count {
    const char *kind; /* belongs to the evaluator */
    size_t kind_len_bytes;
    uint64_t pairs, found;
} nd_kind_count;

/* True pairs by the exact jaccard of their texts: from 0.9 to 1, 0.8 to 0.9, 0.7 to 0.8, 0.5 to
 * 0.7, and below. The lower end is in a band. */
enum { ND_NUM_BANDS = 5 };

typedef struct nd_band_count {
    uint64_t pairs_true, true_positives;
} nd_band_count;

/* Precision is 1 where nothing is found, and recall where nothing is true: no mistake was made. */
typedef struct nd_evaluation {
    uint64_t pairs_true, pairs_found, true_positives;
    uint64_t pairs_ignored; /* found, and left out: told to be ignored, or not labelled */
    double precision;       /* true positives / found */
    double recall;          /* true positives / true */
    double f1;              /* 2 true positives / (true + found): 1 where there is neither */
    /* The same, each pair counted by the weight of its label: precision over what is found and
     * labelled. Without labels the same as above. */
    double weighted_precision, weighted_recall, weighted_f1;
    /* The adjusted Rand index of the true clusters and the groups found, over all ids (Hubert and
     * Arabie, Comparing partitions, Journal of Classification 2, 1985): 1 where they are the same,
     * about 0 where one is chance, below where it is worse. Where there are pairs and no clusters
     * or groups, documents that a chain of pairs connects are together. NaN with
     * ND_TRUTH_LABELLED, where nobody knows. */
    double ari;
    nd_band_count bands[ND_NUM_BANDS]; /* by nd_evaluator_scan; else zeros */
    nd_kind_count *kinds;              /* [num_kinds], ordered by name: of the true pairs, or with
                                          ND_TRUTH_LABELLED of all labelled ones */
    size_t num_kinds;
    nd_scan_stats stats; /* by nd_evaluator_scan; else zeros */
} nd_evaluation;

/* Compares what was found with what is known. Release *out with nd_evaluation_release. */
ND_API ND_NODISCARD nd_status nd_evaluator_measure(nd_evaluator *evaluator, nd_evaluation *out);

/* Forgets what was found, scans the documents with these options, and measures what that finds: for
 * a sweep, again and again. Bands, and the true pairs of ND_TRUTH_EXACT (those that reach
 * options->rule), are of the texts' shingles by options->shingle, repairs and folds; sets are
 * kept from one scan to the next where those stay. Memory beyond a scan's: 8 bytes a shingle, and
 * 25 bytes a pair. ND_ERR_INVALID_ARGUMENT: an option out of range, no texts, or ND_TRUTH_EXACT
 * with a coverage, which the join does not know. */
ND_API ND_NODISCARD nd_status nd_evaluator_scan(nd_evaluator *evaluator,
                                                const nd_scan_options *options, nd_evaluation *out,
                                                nd_error *error);

ND_API void nd_evaluation_release(const nd_evaluator *evaluator, nd_evaluation *evaluation);

/* Lower end of band 0 .. ND_NUM_BANDS-1; that of band -1 is 1. Thread-safe. */
ND_API double nd_band_begin(int band);

/* --- what was wrong --- */

typedef enum nd_wrong {
    ND_WRONG_FALSE = 0, /* found, and not true */
    ND_WRONG_MISSED,    /* true, and not found */
} nd_wrong;

typedef struct nd_wrong_pair {
    const nd_document *a, *b; /* belong to the evaluator */
    nd_similarity similarity;
    const char *kind; /* of its label; NULL: none */
    size_t kind_len_bytes;
} nd_wrong_pair;

typedef nd_status (*nd_wrong_pair_fn)(void *ctx, const nd_wrong_pair *pair);

/* Calls `each` for the `most` worst pairs of the last nd_evaluator_scan: false ones with the least
 * similar first, missed ones with the most similar first. Similar: by jaccard or, where that scan
 * asked for containment or coverage, by the larger containment. A status of `each` other than ND_OK
 * ends it, and is returned. ND_ERR_INVALID_ARGUMENT: no scan was measured. Memory: 16 bytes for
 * each wrong pair. */
ND_API ND_NODISCARD nd_status nd_evaluator_each_wrong(const nd_evaluator *evaluator, nd_wrong which,
                                                      size_t most, nd_wrong_pair_fn each,
                                                      void *ctx);

/* Labels of pairs that had one already. */
ND_API uint64_t nd_evaluator_num_repeated(const nd_evaluator *evaluator);

ND_API void nd_evaluator_free(nd_evaluator *evaluator);

ND_END_DECLS

#endif
