/* How much of each of two texts stands in the other, in order, edited or not; and which texts are
 * worth asking that of. */
#ifndef COVERAGE_COVERAGE_H
#define COVERAGE_COVERAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "neardup/candidates.h"
#include "neardup/shingle.h"
#include "neardup/status.h"
#include "util/alloc.h"

/* --- which documents share which shingles --- */

/* Which documents share which shingles, by a sample of them, and how common each is; and the
 * candidates for a document. */

/* Every shingle whose hash lies in the lowest quarter is sampled, whatever document it stands in:
 * so a short text that stands in a long one shares a quarter of its shingles with it in the sample
 * as well, where the slots of a sketch would hold none (Broder: On the resemblance and containment
 * of documents, 1997, section 3: the shingles that are 0 modulo m). Short texts, which find each
 * other by those, sample more: see neardup/candidates.h. */

/* A document by its distinct shingles, in text order. A shingle of it is a sample when its hash is
 * at most UINT64_MAX >> sample_shift. */
typedef struct nd_sampled_text {
    const uint64_t *shingles; /* borrowed */
    uint64_t weight_sum;      /* over its samples, once it is asked for */
    uint32_t num;             /* shingles */
    uint32_t num_samples;
    uint32_t first_sample;
    uint32_t sample_shift; /* 0 to ND_SAMPLE_MAX_SHIFT */
} nd_sampled_text;

/* Chooses sample_shift, and counts the samples; the rest is left 0. O(num): best done while the
 * shingles are in the cache. */
nd_sampled_text nd_sampled_text_of(const uint64_t *shingles, uint32_t num);

/* What is said of a sample of a document. Read as a number the rarer one is smaller:
 *
 *   | ND_SHINGLE_WEIGHT_ONE - weight, 12 bits | earlier, 20 | member, 32 |
 *
 * `earlier` documents with a smaller number sampled the shingle too (ND_MAX_EARLIER: or more). One
 * is told by `member` itself. More stand right before members[member], ascending:
 *
 *   members:   | 3  17  20  58 | 4  9  9001 | ...
 *                       ^ member, earlier = 2
 *
 * It stands among the postings, of which those of chunk c and partition p end before
 * ends[c * num_partitions + p]: partition by partition, which goes by the shingle, within one by
 * document, and of a document in text order. So an nd_posting_walk finds them again. */
typedef struct nd_shared_shingles {
    size_t num_documents, num_samples;
    nd_sampled_text *texts;
    uint8_t *shifts;   /* of the texts, side by side: the search asks for them out of order */
    uint16_t *weights; /* of the samples, once they are asked for: weights[first_sample ..] */
    uint64_t *postings;
    size_t *ends;
    size_t num_partitions; /* a power of two */
    uint32_t *members;
} nd_shared_shingles;

/* Of documents; fixed, so that threads do not change the order of postings. */
enum { ND_SHARED_CHUNKS = 128 };

enum { ND_MAX_EARLIER = (1 << 20) - 1 };

static inline uint32_t nd_sample_member(uint64_t sample)
{
    return (uint32_t)sample;
}

static inline uint32_t nd_sample_earlier(uint64_t sample)
{
    return (uint32_t)(sample >> 32) & ND_MAX_EARLIER;
}

static inline uint32_t nd_sample_weight(uint64_t sample)
{
    return ND_SHINGLE_WEIGHT_ONE - (uint32_t)(sample >> 52);
}

static inline uint64_t nd_sampled_up_to(const nd_sampled_text *text)
{
    return UINT64_MAX >> text->sample_shift;
}

/* Takes over `texts` (allocated with `allocator`), also when it fails. O(shingles); about 12 bytes
 * a sample. What it holds depends on the documents and their numbering
 * alone, not on num_threads. Shingles count as one by as many bits of their hash as a document's
 * number leaves of 64, and more where there are many: with a million documents 44 bits and more.
 * Release also after a failure. ND_ERR_LIMIT: 2^32 samples. */
ND_NODISCARD nd_status nd_shared_shingles_init(nd_shared_shingles *shared, nd_sampled_text *texts,
                                               size_t num_documents, uint32_t num_threads,
                                               const nd_allocator *allocator);

/* The bits of a hash by which shingles count as one among so many documents and samples. */
uint64_t nd_shared_shingles_mask(size_t num_documents, uint64_t num_samples);

/* The samples of the documents of one chunk, document by document; exclusive. Zero it before the
 * first use. */
typedef struct nd_posting_walk {
    const nd_shared_shingles *shared; /* borrowed */
    ND_VEC(size_t) at;                /* in each partition */
    ND_VEC(uint32_t) places;          /* of the next document's */
    ND_VEC(uint64_t) samples;         /* of the document reached last, in text order */
    size_t next, end;                 /* documents */
} nd_posting_walk;

/* Begins with the first document of a chunk, 0 to ND_SHARED_CHUNKS - 1. */
ND_NODISCARD nd_status nd_posting_walk_begin(nd_posting_walk *walk,
                                             const nd_shared_shingles *shared, size_t chunk,
                                             const nd_allocator *allocator);

static inline bool nd_posting_walk_has_next(const nd_posting_walk *walk)
{
    return walk->next < walk->end;
}

/* Goes to the next document, which it tells the number of. O(shingles). */
ND_NODISCARD nd_status nd_posting_walk_next(nd_posting_walk *walk, const nd_allocator *allocator,
                                            size_t *document);

void nd_posting_walk_release(nd_posting_walk *walk, const nd_allocator *allocator);

/* Makes shared->weights and the texts' sums of them, which are not needed for the search. Once,
 * before the postings are released. O(shingles). */
ND_NODISCARD nd_status nd_shared_shingles_keep_weights(nd_shared_shingles *shared,
                                                       uint32_t num_threads,
                                                       const nd_allocator *allocator);

/* Releases postings and members, and leaves the weights. */
void nd_shared_shingles_forget_members(nd_shared_shingles *shared, const nd_allocator *allocator);

void nd_shared_shingles_release(nd_shared_shingles *shared, const nd_allocator *allocator);

/* --- candidates for a document: those that share its rare shingles --- */

/* Scratch of one worker; exclusive. Zero it before the first use.
 *
 *   order:   its rare samples that larger documents share, rarest first
 *   tallies: open addressing by document, at most a quarter full; `touched` are the slots in use
 */
typedef struct nd_candidate_finder {
    ND_VEC(uint64_t) order;
    ND_VEC(uint64_t) scratch;
    uint64_t *tallies;
    size_t tallies_capacity, mask;
    ND_VEC(uint32_t) touched;
    ND_VEC(uint32_t) open;       /* slots of documents that are not decided on */
    ND_VEC(uint32_t) candidates; /* what the last call found: not ordered, without d */
    uint64_t left_out; /* documents that share its hot picks, but are not proposed by them */
} nd_candidate_finder;

/* Finds the candidates of document d, whose samples are given, among those with a smaller number,
 * by the rule in neardup/candidates.h: numbered by size, the larger ones, as it is the smaller text
 * of a pair that is covered. A candidate may come twice. O(samples * ND_RARE_FREQUENCY) at most. */
ND_NODISCARD nd_status nd_candidate_finder_find(nd_candidate_finder *finder,
                                                const nd_shared_shingles *shared, uint32_t d,
                                                const uint64_t *samples,
                                                const nd_allocator *allocator);

/* --- the same where not all samples are in memory --- */

/* A rare sample with documents before its own. As there are few of them, the narrowest range of
 * hashes that it lies in (0 to ND_SAMPLE_MAX_SHIFT) stands in the upper bits of their number:
 *
 *   | ND_SHINGLE_WEIGHT_ONE - weight, 12 bits | 0, 2 | range, 2 | earlier, 16 | member, 32 |
 *
 * member: see nd_shared_shingles. */
uint64_t nd_rare_sample(uint32_t weight, uint64_t shingle, uint32_t earlier, uint32_t member);

/* Where documents stand that share samples. */
typedef struct nd_sample_lists {
    const uint32_t *members;
    const uint8_t *shifts; /* of all documents */
    size_t num_documents;  /* that can be met, at most */
} nd_sample_lists;

typedef struct nd_searching_text {
    uint32_t number, num_shingles;
} nd_searching_text;

/* Finds the candidates of a document that it shares rare samples with, by those samples. It finds
 * nothing by picks, nor counts what those leave out. */
ND_NODISCARD nd_status nd_candidate_finder_find_rare(nd_candidate_finder *finder,
                                                     const nd_sample_lists *lists,
                                                     const nd_searching_text *text,
                                                     const uint64_t *samples, size_t num,
                                                     const nd_allocator *allocator);

void nd_candidate_finder_release(nd_candidate_finder *finder, const nd_allocator *allocator);

/* --- shingles in order --- */

/* The distinct shingles of a text in text order, where each stands; and runs: shared shingles that
 * go on in both texts, in order (drawn below). */

/* --- where each shingle stands --- */

#define ND_NO_POSITION UINT32_MAX

/* Finds the position of a shingle in one sequence at a time; exclusive. Open addressing, at most a
 * quarter full, so that nearly every shingle stands where it is looked for first:
 *
 *   slots[nd_position_slot(hash)] = position + 1, or 0 where nothing stands; a clash goes to the
 * next
 *
 * Which slot that is depends on a number that no author of texts knows: they know the hashes, and
 * could write a text of many that share their lowest bits, all to be looked through one by one.
 *
 *   marks:  16 bits or more for each shingle, one of them set, by other bits of its hash: tells
 * that a shingle is not there without a branch (a Bloom filter of one hash function: Bloom 1970)
 */
typedef struct nd_position_index {
    const uint64_t *shingles; /* borrowed */
    uint32_t *slots;
    size_t capacity; /* allocated slots */
    size_t mask;     /* slots in use - 1 */
    unsigned shift;  /* 64 - the bits of the mask */
    uint64_t seed;   /* odd; 0 before the first use */
    uint64_t *marks; /* made by nd_position_index_set alone */
    size_t marks_capacity;
    size_t mark_mask; /* words in use - 1 */
} nd_position_index;

/* One bit for each of num shingles: elements of an array that has room for them. */
#define ND_REPEATS_WORDS(num) (((num) + 31) / 32)

/* Drops every repeat of hashes[0..num) but the first, keeps the order, and indexes what remains.
 * *num_distinct is their number. Unless it is NULL, repeats[ND_REPEATS_WORDS(num)] says which were
 * dropped: bit i % 32 of repeats[i / 32]. O(num). ND_ERR_LIMIT: num from 2^30 on. */
ND_NODISCARD nd_status nd_position_index_distinct(nd_position_index *index,
                                                  const nd_allocator *allocator, uint64_t *hashes,
                                                  size_t num, size_t *num_distinct,
                                                  uint32_t *repeats);

/* Indexes a sequence that repeats nothing. O(num). ND_ERR_LIMIT: num from 2^30 on. */
ND_NODISCARD nd_status nd_position_index_set(nd_position_index *index,
                                             const nd_allocator *allocator,
                                             const uint64_t *shingles, size_t num);

/* 0 where the shingle is surely not there, else 1; wrong for one in sixteen at most that is not. */
static inline uint32_t nd_position_index_may_have(const nd_position_index *index, uint64_t hash)
{
    return (uint32_t)(index->marks[hash >> 38 & index->mark_mask] >> (hash >> 32 & 63) & 1);
}

/* The slot where a hash is looked for first: multiply-shift (Dietzfelbinger, Hagerup, Katajainen
 * and Penttonen, A reliable randomized algorithm for the closest-pair problem, 1997). */
static inline size_t nd_position_slot(const nd_position_index *index, uint64_t hash)
{
    return (size_t)(hash * index->seed >> index->shift);
}

/* Position of `hash`, or ND_NO_POSITION. O(1) expected. */
static inline uint32_t nd_position_index_find(const nd_position_index *index, uint64_t hash)
{
    for (size_t at = nd_position_slot(index, hash);; at = (at + 1) & index->mask) {
        const uint32_t slot = index->slots[at];
        if (slot == 0)
            return ND_NO_POSITION;
        if (index->shingles[slot - 1] == hash)
            return slot - 1;
    }
}

/* Shingles that two texts have, one after the other in both. */
typedef struct nd_stretch {
    uint32_t at[2]; /* of the first one, in the text indexed and the other one */
    uint32_t num;
    uint32_t run; /* for whoever chains them */
} nd_stretch;

typedef ND_VEC(nd_stretch) nd_stretch_vec;

/* Finds all that `own`, which repeats nothing, shares with the num_indexed shingles indexed, in
 * stretches as long as they can be, in the order of `own`. *common is the number of shared
 * shingles. O(num). */
ND_NODISCARD nd_status nd_position_index_match(const nd_position_index *index, uint32_t num_indexed,
                                               const uint64_t *own, uint32_t num,
                                               const nd_allocator *allocator,
                                               nd_stretch_vec *stretches, uint32_t *common);

void nd_position_index_release(nd_position_index *index, const nd_allocator *allocator);

/* --- which shingles a long text may have --- */

/* A Bloom filter (Bloom 1970) whose bits of one shingle, two, lie in one word (Putze, Sanders and
 * Singler, Cache-, hash- and space-efficient Bloom filters, 2009): tells an upper bound of what a
 * short text shares with a long one by a look for each shingle of the short one.
 *
 *   words[hash & mask], by other bits of the hash than the two: 16 to 32 bits a shingle */
typedef struct nd_shingle_marks {
    size_t mask; /* words - 1 */
    uint64_t words[];
} nd_shingle_marks;

/* Bytes that the marks of num shingles take. */
size_t nd_shingle_marks_bytes(size_t num);

/* Sets the marks, which have as many bytes. O(num). */
void nd_shingle_marks_set(nd_shingle_marks *marks, const uint64_t *shingles, size_t num);

/* How many of these shingles the marked text has at most; more than it has by one in fifty of the
 * others, about. O(num). Thread-safe. */
uint32_t nd_shingle_marks_count(const nd_shingle_marks *marks, const uint64_t *shingles,
                                uint32_t num);

/* --- runs --- */

enum { ND_HELD = 0, ND_OTHER = 1 };

enum {
    /* Words between one shared shingle and the next of a run. At 12, copies with 40 % of their
     * words replaced or 8 % of their letters misread fall apart; at 32 nothing more is found. */
    ND_RUN_MAX_GAP_WORDS = 20,
    ND_RUN_MIN = 3, /* shingles; two meet by chance in texts of one subject */
    ND_RUN_MAX_DRIFT =
        3, /* shingles by which a gap may be longer in one text, and half its length */
    ND_RUN_MAX_ACTIVE = 16,
};

/* What a run is in one of the texts. */
typedef struct nd_run_side {
    uint32_t first, last;
    uint32_t num_weights;
    uint64_t weight;
} nd_run_side;

/* A run of shared shingles. */
typedef struct nd_covered_run {
    uint32_t num;
    nd_run_side sides[2];
} nd_covered_run;

/* A shared shingle. weight 0: not sampled. */
typedef struct nd_meeting {
    uint32_t at[2];
    uint32_t weight[2];
} nd_meeting;

/* The runs found so far, and which may still go on, by number; exclusive. */
typedef struct nd_run_chain {
    uint32_t max_gap; /* shingles */
    ND_VEC(nd_covered_run) runs;
    size_t active[ND_RUN_MAX_ACTIVE];
    size_t num_active;
    size_t latest; /* the run that went on last */
} nd_run_chain;

/* Forgets all runs. */
static inline void nd_run_chain_clear(nd_run_chain *chain)
{
    chain->runs.len = chain->num_active = chain->latest = 0;
}

/* Adds a meeting to the run that it continues most evenly, or begins one; chain->latest is then
 * that run. Meetings come in the order of the other text. O(1). */
ND_NODISCARD nd_status nd_run_chain_add(nd_run_chain *chain, const nd_meeting *meeting,
                                        const nd_allocator *allocator);

static inline void nd_run_chain_release(nd_run_chain *chain, const nd_allocator *allocator)
{
    ND_VEC_RELEASE(allocator, &chain->runs);
}

/* --- how much of each text stands in the other --- */

/* One text: its distinct shingles in text order, and the weights of those with a hash up to
 * sampled_up_to, in text order too. */
typedef struct nd_weighted_text {
    const uint64_t *shingles;
    uint32_t num;
    uint32_t num_samples;
    const uint16_t *weights; /* of the samples, see nd_shared_shingles */
    uint64_t weight_sum;
    uint64_t sampled_up_to;
} nd_weighted_text;

/* Parts of a text, in units of 1 / ND_COVERED_ALL: integers, so that no processor decides
 * otherwise. */
enum { ND_COVERED_ALL = 32768 };

typedef struct nd_coverage_counts {
    uint32_t common;   /* shingles in both */
    uint32_t of_held;  /* part of the held text that stands in the other, discounted */
    uint32_t of_other; /* and of the other in it */
} nd_coverage_counts;

/* Scratch of one worker; exclusive. Make it with _init, which cannot fail. */
typedef struct nd_coverage_finder {
    nd_weighted_text held;
    nd_position_index index; /* of `held` */
    nd_run_chain chain;
    ND_VEC(uint64_t) intervals;
    ND_VEC(uint64_t) scratch;
} nd_coverage_finder;

void nd_coverage_finder_init(nd_coverage_finder *finder, nd_shingle_spec shingle);

/* Holds a text to measure others against; `text` is borrowed until the next call. O(text->num). */
ND_NODISCARD nd_status nd_coverage_finder_hold(nd_coverage_finder *finder,
                                               const nd_weighted_text *text,
                                               const nd_allocator *allocator);

/* Measures `other` against the held text. O(other->num).
 *
 * Shingles of both texts are chained to runs: each next one further on in both, by no more than
 * max_gap, and by about as much in the one as in the other.
 *
 *   held:   . . a b c x d e y z f . . . . p q r . .        runs: a..f and p..r
 *   other:  p q r . . . a b c d u v w e f .                covered: all from a to f, edits included
 *
 * Runs of three shingles and more cover what lies between their ends, the edited words inside them
 * included: a copy with every tenth word replaced, or with the letters an OCR misread, is covered
 * nearly whole, while the chance meetings of two texts, scattered and out of order, cover nothing.
 * So words may break and shingles with them; what is left of them has to be in order.
 *
 * The part of a text that is covered is then weighed against the rest, each by the mean weight of
 * its sampled shingles: covered * w / (covered * w + rest * v). */
ND_NODISCARD nd_status nd_coverage_finder_measure(nd_coverage_finder *finder,
                                                  const nd_weighted_text *other,
                                                  const nd_allocator *allocator,
                                                  nd_coverage_counts *counts);

/* What the held text shares with `other`, see nd_position_index_match. */
ND_NODISCARD nd_status nd_coverage_finder_match(const nd_coverage_finder *finder,
                                                const nd_weighted_text *other,
                                                const nd_allocator *allocator,
                                                nd_stretch_vec *stretches, uint32_t *common);

void nd_coverage_finder_release(nd_coverage_finder *finder, const nd_allocator *allocator);

#endif
