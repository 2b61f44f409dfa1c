/* Bit-parallel: 64 words of a at a time against the words of b one by one (Crochemore, Iliopoulos,
 * Pinzon, Reid, "A fast and practical bit-vector algorithm for the longest common subsequence
 * problem", IPL 2001; the form of Hyyrö, "Bit-parallel LCS-length computation revisited", AWOCA
 * 2004). With L(i, j) the length for the first i words of a and j of b, bit i of a block's column
 * says that L(i + 1, j) = L(i, j):
 *
 *                    b[j]
 *              |  .  .  1  .  .
 *   a, block   |  .  .  0  .  .        column: one word of 64 bits
 *              |  .  .  1  .  .
 *              +--------+-------
 *               carries[j]: L at the block's lower edge grows from j to j + 1
 *
 * A block needs nothing of the one above it but those carries, so blocks go one after the other,
 * and a band of columns around the diagonal is all that a small number of differences can reach
 * (Ukkonen, "Algorithms for approximate string matching", Information and Control 1985). An
 * alignment of sequences of any length halves a until it fits a block (Hirschberg, CACM 1975). */
#include "passages/alignment.h"

#include <assert.h>
#include <string.h>

void nd_lcs_init(nd_lcs *lcs, const nd_allocator *allocator)
{
    *lcs = (nd_lcs){.allocator = *allocator};
}

nd_status nd_lcs_begin(nd_lcs *lcs, uint32_t num_ids)
{
    const size_t before = lcs->mask_capacity;
    nd_status status = nd_reserve(&lcs->allocator, (void **)&lcs->masks, &lcs->mask_capacity,
                                  num_ids, sizeof *lcs->masks);
    if (status == ND_OK && lcs->mask_capacity > before)
        memset(lcs->masks + before, 0, (lcs->mask_capacity - before) * sizeof *lcs->masks);
    if (status == ND_OK)
        status = nd_reserve(&lcs->allocator, (void **)&lcs->steps, &lcs->step_capacity,
                            ND_LCS_WINDOW, sizeof *lcs->steps);
    return status;
}

static void set_masks(nd_lcs *lcs, nd_word_sequence block)
{
    for (uint32_t i = 0; i < block.len; i++)
        lcs->masks[block.ids[i]] |= UINT64_C(1) << i;
}

static void clear_masks(nd_lcs *lcs, nd_word_sequence block)
{
    for (uint32_t i = 0; i < block.len; i++)
        lcs->masks[block.ids[i]] = 0;
}

static uint32_t count_zeros(uint64_t column)
{
    return (uint32_t)__builtin_popcountll(~column);
}

/* Takes words b[from..to) over a block of a; returns what the block adds to the length at `to`. */
static uint32_t pass_block(nd_lcs *lcs, nd_word_sequence block, const uint32_t *b, uint8_t *carries,
                           uint32_t from, uint32_t to)
{
    uint64_t column = ~UINT64_C(0);
    set_masks(lcs, block);
    for (uint32_t j = from; j < to; j++) {
        const uint64_t equal = lcs->masks[b[j]], taken = column & equal;
        uint64_t sum;
        bool carry = __builtin_add_overflow(column, taken, &sum);
        carry |= __builtin_add_overflow(sum, (uint64_t)carries[j], &sum);
        carries[j] = carry;
        column = sum | (column & ~equal);
    }
    clear_masks(lcs, block);
    return count_zeros(column);
}

/* Words that a and b begin with alike. */
static uint32_t count_prefix(nd_word_sequence a, nd_word_sequence b)
{
    const uint32_t most = nd_least(a.len, b.len);
    uint32_t num = 0;
    while (num < most && a.ids[num] == b.ids[num])
        num++;
    return num;
}

static uint32_t count_suffix(nd_word_sequence a, nd_word_sequence b)
{
    const uint32_t most = nd_least(a.len, b.len);
    uint32_t num = 0;
    while (num < most && a.ids[a.len - 1 - num] == b.ids[b.len - 1 - num])
        num++;
    return num;
}

static nd_word_sequence part_of(nd_word_sequence s, uint32_t from, uint32_t to)
{
    return (nd_word_sequence){s.ids + from, to - from};
}

/* The words of a block against b, each column kept in lcs->steps. */
static void keep_columns(nd_lcs *lcs, nd_word_sequence a, nd_word_sequence b)
{
    uint64_t column = ~UINT64_C(0);
    set_masks(lcs, a);
    for (uint32_t j = 0; j < b.len; j++) {
        const uint64_t equal = lcs->masks[b.ids[j]];
        column = (column + (column & equal)) | (column & ~equal);
        lcs->steps[j] = column;
    }
    clear_masks(lcs, a);
}

/* Puts the pair of words before the runs written so far, which end at runs[ND_LCS_WINDOW). */
static uint32_t put_before(nd_word_run *runs, uint32_t first, uint32_t i, uint32_t j)
{
    if (first < ND_LCS_WINDOW && runs[first].a == i + 1 && runs[first].b == j + 1) {
        runs[first].a--;
        runs[first].b--;
        runs[first].len++;
        return first;
    }
    runs[--first] = (nd_word_run){i, j, 1};
    return first;
}

/* Walks back through the kept columns; a has at most ND_LCS_BLOCK words. */
static uint32_t trace_back(const nd_lcs *lcs, nd_word_sequence a, nd_word_sequence b,
                           nd_word_run runs[ND_LCS_WINDOW])
{
    uint32_t first = ND_LCS_WINDOW;
    for (uint32_t i = a.len, j = b.len; i > 0 && j > 0;) {
        const uint64_t bit = UINT64_C(1) << (i - 1);
        if (lcs->steps[j - 1] & bit) {
            i--;
            continue;
        }
        j--;
        if (j == 0 || (lcs->steps[j - 1] & bit))
            first = put_before(runs, first, --i, j);
    }
    const uint32_t num = ND_LCS_WINDOW - first;
    memmove(runs, runs + first, num * sizeof *runs);
    return num;
}

uint32_t nd_lcs_window(nd_lcs *lcs, nd_word_sequence a, nd_word_sequence b,
                       nd_word_run runs[ND_LCS_WINDOW])
{
    keep_columns(lcs, a, b);
    return trace_back(lcs, a, b, runs);
}

uint32_t nd_lcs_window_length(nd_lcs *lcs, nd_word_sequence a, nd_word_sequence b)
{
    const uint32_t prefix = count_prefix(a, b);
    a = part_of(a, prefix, a.len);
    b = part_of(b, prefix, b.len);
    if (a.len == 0 || b.len == 0)
        return prefix;
    uint64_t column = ~UINT64_C(0);
    set_masks(lcs, a);
    for (uint32_t j = 0; j < b.len; j++) {
        const uint64_t equal = lcs->masks[b.ids[j]];
        column = (column + (column & equal)) | (column & ~equal);
    }
    clear_masks(lcs, a);
    return prefix + count_zeros(column);
}

/* Columns that a word of a can be paired with: those that leave at most `below` words of a and
 * `above` words of b unpaired. */
typedef struct band {
    uint32_t below, above;
} band;

static uint64_t count_steps(nd_word_sequence a, nd_word_sequence b, band w)
{
    const uint64_t columns = (uint64_t)w.below + w.above + ND_LCS_BLOCK;
    return (a.len / ND_LCS_BLOCK + 1) * (columns < b.len ? columns : b.len);
}

/* The length within a band; carries[0..b.len) are zero. */
static uint32_t pass_band(nd_lcs *lcs, nd_word_sequence a, nd_word_sequence b, uint8_t *carries,
                          band w)
{
    uint32_t length = 0;
    for (uint32_t at = 0; at < a.len; at += ND_LCS_BLOCK) {
        const nd_word_sequence block = part_of(a, at, at + nd_least(ND_LCS_BLOCK, a.len - at));
        const uint64_t end = (uint64_t)at + block.len + w.above;
        const uint32_t from = nd_least(at > w.below ? at - w.below : 0, b.len);
        const uint32_t to = end < b.len ? (uint32_t)end : b.len;
        length += pass_block(lcs, block, b.ids, carries, from, to);
    }
    return length;
}

static nd_status clear_carries(nd_lcs *lcs, size_t num)
{
    const nd_status status =
        nd_reserve(&lcs->allocator, (void **)&lcs->carries, &lcs->carry_capacity, num, 1);
    if (status == ND_OK && num > 0)
        memset(lcs->carries, 0, num);
    return status;
}

static band band_for(nd_word_sequence a, nd_word_sequence b, uint32_t length)
{
    return (band){a.len - length, b.len - length};
}

/* Words that a and b hold both, in any order: a longest common subsequence has no more. */
static uint32_t count_shared(nd_lcs *lcs, nd_word_sequence a, nd_word_sequence b)
{
    uint64_t *const counts = lcs->masks;
    uint32_t num = 0;
    for (uint32_t i = 0; i < a.len; i++)
        counts[a.ids[i]]++;
    for (uint32_t j = 0; j < b.len; j++) {
        const uint64_t is_left = counts[b.ids[j]] > 0;
        counts[b.ids[j]] -= is_left;
        num += (uint32_t)is_left;
    }
    clear_masks(lcs, a);
    return num;
}

/* A guess of a length: all but `missing` words of the shorter sequence, or what is known already.
 */
static uint32_t guess_length(uint32_t most, uint64_t missing, uint32_t known)
{
    return nd_most(missing < most ? most - (uint32_t)missing : 0, known);
}

/* nd_lcs_length of sequences that neither begin nor end alike. First guesses that few words differ,
 * then more: a length that reaches the guess is exact, for its alignment cannot leave the band. Of
 * guesses above what the sequences share, only the last that there are steps for is tried. */
static nd_status find_length(nd_lcs *lcs, nd_word_sequence a, nd_word_sequence b,
                             nd_lcs_limits limits, nd_lcs_bound *bound)
{
    const uint64_t max_steps = ((uint64_t)a.len + b.len) * ND_LCS_STEPS_PER_WORD;
    const uint32_t least = nd_least(a.len, b.len);
    assert(limits.at_least <= least);
    /* Where words are known, and many are missing, those are mostly all that both hold. */
    bool is_counted = limits.at_least > 0 && least - limits.at_least >= 4 * ND_LCS_BLOCK;
    uint32_t most = is_counted ? count_shared(lcs, a, b) : least;
    *bound = (nd_lcs_bound){limits.at_least, limits.at_least == most};
    for (uint64_t missing = ND_LCS_BLOCK; !bound->is_exact && most >= limits.wanted; missing *= 4) {
        const uint32_t guess = guess_length(least, missing, bound->length);
        const band w = band_for(a, b, guess);
        if (count_steps(a, b, w) > max_steps)
            return ND_OK;
        const uint32_t next = guess_length(least, missing * 4, bound->length);
        if (guess > most && count_steps(a, b, band_for(a, b, next)) <= max_steps)
            continue;
        const nd_status status = clear_carries(lcs, b.len);
        if (status != ND_OK)
            return status;
        const uint32_t length = pass_band(lcs, a, b, lcs->carries, w);
        assert(guess > limits.at_least || length >= limits.at_least);
        bound->length = nd_most(length, bound->length);
        if (length < guess && !is_counted) {
            most = count_shared(lcs, a, b);
            is_counted = true;
        }
        bound->is_exact = length >= guess || bound->length == most;
    }
    return ND_OK;
}

nd_status nd_lcs_length(nd_lcs *lcs, nd_word_sequence a, nd_word_sequence b, nd_lcs_limits limits,
                        nd_lcs_bound *bound)
{
    const uint32_t prefix = count_prefix(a, b);
    a = part_of(a, prefix, a.len);
    b = part_of(b, prefix, b.len);
    const uint32_t suffix = count_suffix(a, b);
    a.len -= suffix;
    b.len -= suffix;
    const uint32_t ends = prefix + suffix;
    limits.at_least -= nd_least(limits.at_least, ends);
    limits.wanted -= nd_least(limits.wanted, ends);
    const nd_status status = find_length(lcs, a, b, limits, bound);
    bound->length += ends;
    return status;
}

/* Where a pair of parts stands in what is aligned. */
typedef struct offsets {
    uint32_t a, b;
} offsets;

/* Appends a run, to the last one if it goes on with it. */
static nd_status append_run(const nd_lcs *lcs, nd_word_runs *runs, nd_word_run run)
{
    if (run.len == 0)
        return ND_OK;
    nd_word_run *const last = runs->len > 0 ? &runs->items[runs->len - 1] : NULL;
    if (last && last->a + last->len == run.a && last->b + last->len == run.b) {
        last->len += run.len;
        return ND_OK;
    }
    const nd_status status = ND_VEC_RESERVE(&lcs->allocator, runs, 1);
    if (status == ND_OK)
        runs->items[runs->len++] = run;
    return status;
}

/* Aligns a block of a with all of b. */
static nd_status align_block(nd_lcs *lcs, nd_word_sequence a, nd_word_sequence b, offsets at,
                             nd_word_runs *runs)
{
    nd_word_run found[ND_LCS_WINDOW];
    nd_status status = nd_reserve(&lcs->allocator, (void **)&lcs->steps, &lcs->step_capacity, b.len,
                                  sizeof *lcs->steps);
    if (status != ND_OK)
        return status;
    const uint32_t num = nd_lcs_window(lcs, a, b, found);
    for (uint32_t i = 0; i < num && status == ND_OK; i++)
        status = append_run(lcs, runs,
                            (nd_word_run){at.a + found[i].a, at.b + found[i].b, found[i].len});
    return status;
}

static void reverse(const nd_word_sequence *s, uint32_t *out)
{
    for (uint32_t i = 0; i < s->len; i++)
        out[i] = s->ids[s->len - 1 - i];
}

/* How many words of b a longest alignment pairs with, or skips before, the first `half` of a: where
 * what the first half has in common with the beginning of b and the second with its end is most. */
static nd_status find_split(nd_lcs *lcs, nd_word_sequence a, nd_word_sequence b, uint32_t half,
                            uint32_t *split)
{
    const nd_word_sequence lower = part_of(a, half, a.len);
    nd_status status = clear_carries(lcs, 2 * (size_t)b.len);
    if (status == ND_OK)
        status = nd_reserve(&lcs->allocator, (void **)&lcs->reversed, &lcs->reversed_capacity,
                            (size_t)lower.len + b.len, sizeof *lcs->reversed);
    if (status != ND_OK)
        return status;
    const band all = {a.len, b.len};
    uint8_t *const forth = lcs->carries, *const back = lcs->carries + b.len;
    reverse(&lower, lcs->reversed);
    reverse(&b, lcs->reversed + lower.len);
    pass_band(lcs, part_of(a, 0, half), b, forth, all);
    uint32_t length = pass_band(lcs, (nd_word_sequence){lcs->reversed, lower.len},
                                (nd_word_sequence){lcs->reversed + lower.len, b.len}, back, all);
    uint32_t best = length;
    *split = 0;
    for (uint32_t j = 0; j < b.len; j++) {
        length += forth[j];
        length -= back[b.len - 1 - j];
        if (length > best) {
            best = length;
            *split = j + 1;
        }
    }
    return ND_OK;
}

/* Calls itself as often as a can be halved, 25 times at most. */
static nd_status align_part(nd_lcs *lcs, nd_word_sequence a, nd_word_sequence b, offsets at,
                            nd_word_runs *runs)
{
    const uint32_t prefix = count_prefix(a, b);
    nd_status status = append_run(lcs, runs, (nd_word_run){at.a, at.b, prefix});
    a = part_of(a, prefix, a.len);
    b = part_of(b, prefix, b.len);
    const uint32_t suffix = count_suffix(a, b);
    a.len -= suffix;
    b.len -= suffix;
    at = (offsets){at.a + prefix, at.b + prefix};
    if (status == ND_OK && a.len > ND_LCS_BLOCK && b.len > 0) {
        const uint32_t half = (a.len / 2 + ND_LCS_BLOCK - 1) / ND_LCS_BLOCK * ND_LCS_BLOCK;
        uint32_t split = 0;
        status = find_split(lcs, a, b, half, &split);
        if (status == ND_OK)
            status = align_part(lcs, part_of(a, 0, half), part_of(b, 0, split), at, runs);
        if (status == ND_OK)
            status = align_part(lcs, part_of(a, half, a.len), part_of(b, split, b.len),
                                (offsets){at.a + half, at.b + split}, runs);
    } else if (status == ND_OK && a.len > 0 && b.len > 0) {
        status = align_block(lcs, a, b, at, runs);
    }
    return status == ND_OK
               ? append_run(lcs, runs, (nd_word_run){at.a + a.len, at.b + b.len, suffix})
               : status;
}

nd_status nd_lcs_align(nd_lcs *lcs, nd_word_sequence a, nd_word_sequence b, nd_word_runs *runs)
{
    return align_part(lcs, a, b, (offsets){0, 0}, runs);
}

void nd_lcs_release(nd_lcs *lcs)
{
    nd_release(&lcs->allocator, lcs->masks);
    nd_release(&lcs->allocator, lcs->steps);
    nd_release(&lcs->allocator, lcs->carries);
    nd_release(&lcs->allocator, lcs->reversed);
}
