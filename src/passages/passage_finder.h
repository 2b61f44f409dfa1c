/* What a passage finder holds, the steps that it goes, and what repeats and shared passages have in
 * common. */
#ifndef PASSAGES_PASSAGE_FINDER_H
#define PASSAGES_PASSAGE_FINDER_H

#include <stdbool.h>

#include "neardup/passages.h"
#include "neardup/repair.h"
#include "passages/alignment.h"
#include "passages/seeds.h"
#include "text/border.h"
#include "util/alloc.h"

/* --- passages out of chains --- */

/* From chains of seeds to pairs of places worth showing. */

/* Whether stretches that are the same word for word are wanted: inside one text exact_repeats.c
 * finds them. */
typedef enum nd_exact_pairs {
    ND_EXACT_PAIRS_DROP = 0,
    ND_EXACT_PAIRS_KEEP,
} nd_exact_pairs;

/* What an edited passage has in common must weigh this much (see nd_vocabulary_weight): three words
 * that stand in its two places only, or very many that stand everywhere. Half of that has to be in
 * the seeds and between them, a quarter in one seed; a tenth there costs up to a fifth more time in
 * source code, and finds little but rows. */
enum {
    ND_FIT_WEIGHT = 2 * ND_WEIGHT_ONE,
    ND_FIT_PIECE_WEIGHT = ND_FIT_WEIGHT / 2,
    ND_FIT_SEED_WEIGHT = ND_FIT_WEIGHT / 4,
};

/* The text in hand, and what was found in it. */
typedef struct nd_passage_fitter {
    nd_allocator allocator;
    nd_passage_options options;
    nd_passage_measure measure; /* of this text */
    nd_exact_pairs exact_pairs;
    nd_borders *borders;
    const nd_seed_index *seeds;
    nd_trace_box box; /* tokens that an earlier and a later stretch may hold */
    nd_lcs lcs;
    nd_trace trace;
    ND_VEC(nd_span_pair) pairs;
    nd_word_runs runs; /* of the pairs, where exact ones are kept */
} nd_passage_fitter;

void nd_passage_fitter_init(nd_passage_fitter *fitter, const nd_allocator *allocator,
                            const nd_passage_options *options);

/* Begins the text of `seeds`; `seeds`, `measure` and `borders` are borrowed. Stretches stay inside
 * `box`, whose two ranges are the same inside one text. */
ND_NODISCARD nd_status nd_passage_fitter_begin(nd_passage_fitter *fitter,
                                               const nd_seed_index *seeds,
                                               const nd_passage_measure *measure,
                                               nd_borders *borders, const nd_trace_box *box,
                                               nd_exact_pairs exact_pairs);

/* Appends to fitter->pairs what a chain holds, if anything: aligned, cut into pieces, trimmed or
 * widened to near borders, long and similar enough. The two places of a pair do not overlap. */
ND_NODISCARD nd_status nd_passage_fitter_add(nd_passage_fitter *fitter, const nd_run *chain,
                                             uint32_t num);

/* Counts the words that the stretches of a pair have in common, of which pair->common are known. */
ND_NODISCARD nd_status nd_passage_fitter_measure(nd_passage_fitter *fitter, nd_span_pair *pair);

/* A line or a sentence begins at the token, or the text ends. */
static inline bool nd_passage_is_border(const nd_passage_fitter *fitter, uint32_t token)
{
    return nd_border_before(fitter->borders, token) != ND_BORDER_NONE;
}

/* The same at both tokens. */
static inline bool nd_passage_is_common_border(const nd_passage_fitter *fitter, uint32_t a,
                                               uint32_t b)
{
    return nd_passage_is_border(fitter, a) && nd_passage_is_border(fitter, b);
}

/* A line begins at both tokens, or the text ends. */
static inline bool nd_passage_is_common_line(const nd_passage_fitter *fitter, uint32_t a,
                                             uint32_t b)
{
    return nd_border_before(fitter->borders, a) == ND_BORDER_LINE &&
           nd_border_before(fitter->borders, b) == ND_BORDER_LINE;
}

/* Aligns two spans of at most ND_LCS_WINDOW words each; `a` and `b` of the runs count from theirs.
 */
static inline uint32_t nd_passage_align_window(nd_passage_fitter *fitter, nd_span a, nd_span b,
                                               nd_word_run runs[ND_LCS_WINDOW])
{
    const uint32_t *const ids = fitter->measure.ids;
    return nd_lcs_window(&fitter->lcs, (nd_word_sequence){ids + a.start, nd_span_len(a)},
                         (nd_word_sequence){ids + b.start, nd_span_len(b)}, runs);
}

void nd_passage_fitter_release(nd_passage_fitter *fitter);

/* --- where the stretches of a pair begin and end: passage_ends.c --- */

enum {
    ND_SENTENCE_MAX = 24,  /* words that a passage may take in at once */
    ND_SENTENCE_SHARE = 3, /* one in so many of a sentence's has to be in common */
};

/* Whether what stands beside both stretches has enough in common, one word in `share`, to belong to
 * them; a few words always do. *num_common are those in common. */
bool nd_passage_is_worth_adding(nd_passage_fitter *fitter, nd_span a, nd_span b, uint32_t share,
                                uint32_t *num_common);

/* Runs of a trace as a pair of stretches within a box. Words beside a border are dropped (the same
 * word before two copies), and what an edit keeps from a border near by is taken in. */
nd_span_pair nd_passage_pair_of_runs(nd_passage_fitter *fitter, const nd_word_run *runs,
                                     uint32_t num, const nd_trace_box *box);

/* --- how much alike they must be to be told of: passage_measure.c --- */

/* The identity that a pair with these runs in common needs: what the options ask for, or more where
 * it is a phrase, or has only the words of a form in common, or differs only in numbers. */
double nd_passage_identity_needed(const nd_passage_fitter *fitter, const nd_span_pair *pair,
                                  const nd_word_run *runs, uint32_t num);

/* Whether a pair is nothing but whole lines that are the same, with lines beside them that differ.
 */
bool nd_passage_is_exact_inside(nd_passage_fitter *fitter, const nd_span_pair *pair,
                                const nd_word_run *runs, uint32_t num);

/* --- text that stands word for word at two or more places --- */

/* Places found[first_place .. first_place + num_places), ascending, of the same length; they do not
 * overlap. */
typedef struct nd_exact_repeat {
    size_t first_place, num_places;
} nd_exact_repeat;

/* For each seed that stands at several places: the longest stretch around it that stands at all of
 * them, its closure. Each seed is in one closure with all its places:
 *
 *   places     1: x [ C ] y        2: x [ C ] z        3: w [ C ] z
 *   closures   C at 1, 2 and 3;    x C at 1 and 2;     C z at 2 and 3
 *
 * So every copy of a line is in one repeat with all the others, whatever stands around each. */
typedef struct nd_exact_repeats {
    nd_allocator allocator;
    const nd_seed_index *seeds;
    const nd_passage_measure *measure;
    nd_borders *borders;
    ND_VEC(nd_exact_repeat) repeats;
    ND_VEC(nd_span) found;
    ND_VEC(uint32_t) places; /* of the closure in hand */
    uint32_t *is_done;       /* a bit per seed position */
    /* Of a long text: the places of each class after those of the one before, and per class where
     * its own end. */
    uint32_t *by_class, *class_end;
    size_t done_capacity, by_class_capacity, class_end_capacity;
    uint64_t steps_left; /* see ND_EXACT_STEPS_PER_SEED */
    uint64_t num_cut;    /* closures that were not followed to their ends */
} nd_exact_repeats;

/* Closures inside one another (a line, it with the next one, it with the next two, each at other
 * places) are followed in so many steps for each seed of the text, which keeps the time linear. */
enum { ND_EXACT_STEPS_PER_SEED = 32 };

void nd_exact_repeats_init(nd_exact_repeats *exact, const nd_allocator *allocator);

/* Finds the repeats of the text of `seeds`, which are all indexed, to exact->repeats. A closure
 * counts as it stands where it is long enough for that, without words on the wrong side of a
 * border; else what of it fills whole lines or sentences, at the places where it does. The
 * arguments are borrowed. O(seeds). */
ND_NODISCARD nd_status nd_exact_repeats_find(nd_exact_repeats *exact, const nd_seed_index *seeds,
                                             const nd_passage_measure *measure,
                                             nd_borders *borders);

void nd_exact_repeats_release(nd_exact_repeats *exact);

/* --- repeats out of pairs --- */

/* Pairs of places brought together: text that stands, edited, at two or more places. */

/* A place, in a list of its repeat's and in a list of its hash bucket's. */
typedef struct nd_repeat_place {
    nd_span span;
    uint32_t common; /* words in common with the repeat's anchor */
    uint32_t repeat;
    uint32_t next_of_repeat, next_of_bucket;
} nd_repeat_place;

/* What is about to be one repeat: the anchor and all that is similar enough to it. */
typedef struct nd_repeat_group {
    nd_span anchor;
    uint32_t first_place; /* list, the last one added first; they may overlap */
    uint32_t num_places;
} nd_repeat_group;

/* Places found[first_place .. first_place + num_places), ascending, apart from each other, with as
 * many words in common with the first one as `common` says. */
typedef struct nd_grouped_repeat {
    size_t first_place, num_places;
} nd_grouped_repeat;

typedef struct nd_repeat_grouper {
    nd_allocator allocator;
    const nd_seed_index *seeds;
    nd_lcs *lcs;
    double min_identity;
    ND_VEC(nd_repeat_place) places;
    ND_VEC(nd_repeat_group) groups;
    ND_VEC(nd_span) found;
    ND_VEC(uint32_t) common;
    ND_VEC(nd_repeat_place) sorted; /* places of the group in hand */
    ND_VEC(nd_grouped_repeat) repeats;
    uint32_t *buckets; /* first place by start, see repeat_groups.c */
    size_t bucket_capacity;
    uint32_t bucket_mask;
    uint64_t steps_left; /* to find exact copies of places: see ND_COPY_STEPS_PER_TOKEN */
    uint64_t num_cut;    /* places whose copies were not looked for when these were spent */
} nd_repeat_grouper;

enum { ND_COPY_STEPS_PER_TOKEN = 16 };

/* `lcs` is borrowed. */
void nd_repeat_grouper_init(nd_repeat_grouper *grouper, const nd_allocator *allocator, nd_lcs *lcs,
                            double min_identity);

/* Groups pairs[0..num), which it sorts and of which it drops those that stand inside larger ones,
 * to grouper->repeats. Each place is similar enough to the first one of its repeat; exact copies of
 * a place are places, too. Expected time O(num log num) and linear in the places' lengths. */
ND_NODISCARD nd_status nd_repeat_grouper_run(nd_repeat_grouper *grouper, const nd_seed_index *seeds,
                                             nd_span_pair *pairs, size_t num);

void nd_repeat_grouper_release(nd_repeat_grouper *grouper);

/* --- a finder --- */

/* An edited place, to look up what stands inside it. */
typedef struct nd_covering_place {
    nd_span span;
    uint32_t max_end; /* of the places up to this one */
    uint32_t repeat;
} nd_covering_place;

/* A text in hand: as it came, and with what is repaired in it undone. */
typedef struct nd_finder_text {
    nd_repairer *repairer; /* NULL: nothing to repair, and repaired is the text as it came */
    const char *bytes, *repaired;
    size_t len_bytes, repaired_len_bytes;
    nd_line_index lines; /* of the text as it came */
} nd_finder_text;

struct nd_passage_finder {
    nd_allocator allocator;
    nd_passage_options options;
    nd_text *text;
    nd_vocabulary words;
    nd_passage_measure measure;
    nd_seed_index seeds;
    nd_chainer chainer;
    nd_passage_fitter fitter;
    nd_exact_repeats exact;
    nd_repeat_grouper grouper;
    nd_finder_text a, b; /* repeats: a */
    nd_borders borders;
    ND_VEC(char) joined; /* both documents of a comparison, see shared_passages.c */
    ND_VEC(nd_covering_place) covering;
    ND_VEC(nd_place) places;
    ND_VEC(double) similarities;
    ND_VEC(nd_repeat) repeats;
    ND_VEC(nd_shared_passage) passages;
    nd_word_runs runs; /* of an alignment */
    ND_VEC(nd_aligned_run) aligned;
    nd_passage_stats stats;
};

/* Repairs a text, which is borrowed until the call ends. */
ND_NODISCARD nd_status nd_finder_text_set(nd_finder_text *text, const char *bytes,
                                          size_t len_bytes);

/* Tokenises, and begins to index seeds. `bytes` stay as they are until the call ends. */
ND_NODISCARD nd_status nd_finder_begin(nd_passage_finder *finder, const char *bytes,
                                       size_t len_bytes);

/* The same for two documents, finder->b before finder->a: tokens from *split on are those of a. */
ND_NODISCARD nd_status nd_finder_begin_both(nd_passage_finder *finder, uint32_t *split);

/* What two documents share, to finder->fitter.pairs: `later` in a, in order and apart from each
 * other, `earlier` in b. */
ND_NODISCARD nd_status nd_finder_share(nd_passage_finder *finder, uint32_t split);

/* Ends all chains and fits them to finder->fitter.pairs. */
ND_NODISCARD nd_status nd_finder_fit(nd_passage_finder *finder, const nd_trace_box *box,
                                     nd_exact_pairs exact_pairs);

/* Sums up the caps reached. */
void nd_finder_count_caps(nd_passage_finder *finder);

/* The place of finder->a, alone, or of finder->b from the span's first token to its last, in bytes
 * of the text as it came. The lines are not set. */
nd_place nd_finder_place(const nd_passage_finder *finder, const nd_finder_text *text, nd_span span);

/* The same of finder->a behind finder->b. */
nd_place nd_finder_place_in_a(const nd_passage_finder *finder, nd_span span);

void nd_finder_set_lines(nd_place *place, const nd_line_index *lines);

#endif
