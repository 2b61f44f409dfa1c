/* Samples of texts in partitions by their hashes: how common each is, found out in files. */
#ifndef ENGINE_SAMPLE_PARTITIONS_H
#define ENGINE_SAMPLE_PARTITIONS_H

#include "coverage/coverage.h"
#include "neardup/scan.h"
#include "store/spool.h"
#include "util/sort.h"

/* What is told of a sample is what nd_rare_sample says of it (its earlier documents and member are
 * 0 where it is not listed), with two of the bits that are 0 there set: */
#define ND_SAMPLE_IS_LISTED (UINT64_C(1) << 51) /* it stands among the members */
#define ND_SAMPLE_IS_HOT_PICK (UINT64_C(1) << 50)

enum { ND_PICK_PROPOSED = ND_PICK_LEADERS + ND_PICK_NEIGHBOURS };

/* Of a pick that is hot: its rank among the picks, how many texts before its own sample it, and
 * those of them that it proposes. */
typedef struct nd_hot_pick {
    uint32_t rank, num_earlier;
    uint32_t texts[ND_PICK_PROPOSED];
} nd_hot_pick;

typedef struct nd_sample_partition {
    nd_spool postings, results;
    uint64_t num_postings, num_members;
} nd_sample_partition;

typedef struct nd_sample_partitions {
    const nd_scan_options *options; /* for threads, budget and progress */
    const nd_allocator *allocator;
    nd_temp_file *postings, *results;
    nd_temp_file *members; /* the caller's, empty at first: see nd_filed_samples */
    uint64_t mask;         /* of hashes: what counts as one shingle */
    uint64_t seed;         /* odd; of the counters' keys: authors of texts know hashes */
    size_t num;
    nd_sample_partition *partitions;
    nd_spool
        order; /* text by text: the number of samples, 32 bits, and their partitions, 16 each */
    struct nd_sample_counter *counters; /* one a worker */
    ND_VEC(uint16_t) numbers;           /* the partitions of the samples of the text at hand, */
    size_t at;                          /* and how many of them were taken */
} nd_sample_partitions;

/* For num_texts texts with num_samples samples. Memory while they are counted: about a quarter of
 * what the budget has left. Release also after a failure. */
ND_NODISCARD nd_status nd_sample_partitions_init(nd_sample_partitions *partitions,
                                                 const nd_scan_options *options,
                                                 const nd_allocator *allocator, size_t num_texts,
                                                 uint64_t num_samples, nd_temp_file *members);

/* Puts the samples of the next text, which `sample` tells of. Texts come in the order of their
 * numbers. */
ND_NODISCARD nd_status nd_sample_partitions_put(nd_sample_partitions *partitions, uint32_t text,
                                                const uint64_t *shingles, uint32_t num,
                                                const nd_sequence_sample *sample);

/* All texts are put: counts the samples, and writes the members. *num_members are all of them. */
ND_NODISCARD nd_status nd_sample_partitions_count(nd_sample_partitions *partitions,
                                                  size_t *num_members);

/* Then the texts come back in the order in which they were put: the number of samples of the next
 * one, and its samples in text order, one a call. *pick is filled for a hot pick. */
ND_NODISCARD nd_status nd_sample_partitions_next(nd_sample_partitions *partitions,
                                                 uint32_t *num_samples);
ND_NODISCARD nd_status nd_sample_partitions_take(nd_sample_partitions *partitions, uint64_t *sample,
                                                 nd_hot_pick *pick);

void nd_sample_partitions_release(nd_sample_partitions *partitions);

#endif
