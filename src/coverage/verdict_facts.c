/* What two texts have in common, as the verdict (verdict.c) asks for it: the items of both, by a
 * look at a table of the held text's; the runs of shared trigrams, and what was misspelt between
 * them; and the credit of words, or an upper bound of it, which needs no look at the words. */
#include "coverage/verdict_facts.h"

#include <string.h>

#include "util/sort.h"

enum {
    HALF_CREDIT_RUN = 12 /* trigrams of a run that has half of the credit for words it bridges */
};

/* Both texts share the same bits. */
static void tell_shares(nd_judged_pair *p, uint64_t words, uint64_t numbers)
{
    for (int at = ND_HELD; at <= ND_OTHER; at++) {
        const nd_judged_text *const t = p->sides[at]->text;
        p->facts[at].words = (nd_shares){words, t->word_bits - words};
        p->facts[at].numbers = (nd_shares){numbers, t->number_bits - numbers};
    }
}

/* Marks the items that both texts have, and sums up what they say. Of the held text it is items[0],
 * which says nothing, that is met where there is none. */
static void mark_shared(nd_judged_pair *p)
{
    const nd_judge *const j = p->judge;
    const nd_judged_text *const held = j->sides[0].text, *const other = j->sides[1].text;
    const nd_item_table table = j->items; /* which no mark can change */
    const nd_item *const held_items = held->items, *const other_items = other->items;
    uint8_t *const held_marks = j->sides[0].marks, *const other_marks = j->sides[1].marks;
    const uint32_t num = other->num_items;
    uint64_t words = 0, numbers = 0;
    memset(held_marks, 0, (size_t)held->num_items + 1);
    for (uint32_t i = 1; i <= num; i++) {
        const uint32_t found = *nd_item_slot(&table, held_items, other_items[i].key);
        const nd_item_worth *const worth = nd_item_worth_of(held_items[found].key);
        held_marks[found] = ND_ITEM_SHARED;
        other_marks[i] = ND_ITEM_SHARED & (uint8_t)(0 - (uint32_t)(found != ND_NO_ITEM));
        words += worth->telling;
        numbers += worth->number;
    }
    tell_shares(p, words, numbers);
}

/* Copies what is shared to j->stretches, by the sides of the pair and in order of the text that is
 * ND_OTHER there: as it comes where the held text goes first, else by where it stands in that. */
static nd_status order_stretches(nd_judge *j, const nd_stretch_vec *shared, bool holds_first,
                                 const nd_allocator *allocator)
{
    const size_t num = shared->len;
    j->stretches.len = j->order.len = 0;
    nd_status status = ND_VEC_RESERVE(allocator, &j->stretches, num);
    if (status == ND_OK)
        status = ND_VEC_RESERVE(allocator, &j->order, 2 * num);
    if (status != ND_OK || num == 0)
        return status;
    j->stretches.len = num;
    if (holds_first) {
        memcpy(j->stretches.items, shared->items, num * sizeof *shared->items);
        return ND_OK;
    }
    for (size_t i = 0; i < num; i++)
        j->order.items[i] = (uint64_t)shared->items[i].at[ND_HELD] << 32 | i;
    nd_radix_sort_u64(j->order.items, j->order.items + num, num);
    for (size_t i = 0; i < num; i++) {
        const nd_stretch *const s = &shared->items[(uint32_t)j->order.items[i]];
        j->stretches.items[i] = (nd_stretch){{s->at[ND_OTHER], s->at[ND_HELD]}, s->num, 0};
    }
    return ND_OK;
}

/* Chains the stretches: each belongs to the run of its first trigram. */
static nd_status chain(nd_judge *j, const nd_allocator *allocator)
{
    nd_run_chain_clear(&j->chain);
    j->chain.max_gap = ND_RUN_MAX_GAP_WORDS;
    for (size_t i = 0; i < j->stretches.len; i++) {
        nd_stretch *const s = &j->stretches.items[i];
        const nd_meeting meeting = {.at = {s->at[ND_HELD], s->at[ND_OTHER]}};
        const nd_status status = nd_run_chain_add(&j->chain, &meeting, allocator);
        if (status != ND_OK)
            return status;
        nd_covered_run *const run = &j->chain.runs.items[j->chain.latest];
        s->run = (uint32_t)j->chain.latest;
        run->num += s->num - 1;
        run->sides[ND_HELD].last += s->num - 1;
        run->sides[ND_OTHER].last += s->num - 1;
    }
    return ND_OK;
}

/* Finds the trigrams that both texts have, by an index of the held one's. */
static nd_status match_trigrams(nd_judge *j, const nd_judged_text *held,
                                const nd_judged_text *other, const nd_allocator *allocator)
{
    uint32_t common;
    const nd_status status =
        nd_position_index_set(&j->index, allocator, held->trigrams, held->num_trigrams);
    return status == ND_OK
               ? nd_position_index_match(&j->index, held->num_trigrams, other->trigrams,
                                         other->num_trigrams, allocator, &j->matched, &common)
               : status;
}

/* Chains what the texts share. A text of fewer words than a trigram has shares none. */
static nd_status chain_shared(nd_judge *j, bool holds_first, const nd_stretch_vec *shared,
                              const nd_allocator *allocator)
{
    const nd_judged_text *const held = j->sides[0].text, *const other = j->sides[1].text;
    const bool has_trigrams = held->num_trigrams > 0 && other->num_trigrams > 0;
    nd_status status = ND_OK;
    j->matched.len = 0;
    if (has_trigrams && !shared)
        status = match_trigrams(j, held, other, allocator);
    if (status == ND_OK)
        status = order_stretches(j, has_trigrams && shared ? shared : &j->matched, holds_first,
                                 allocator);
    return status == ND_OK ? chain(j, allocator) : status;
}

static void credit_words(uint16_t *words, uint32_t from, uint32_t to, uint16_t credit)
{
    for (uint32_t w = from; w < to; w++)
        words[w] = words[w] < credit ? credit : words[w];
}

static void credit_fully(uint16_t *words, uint32_t from, uint32_t to)
{
    for (uint32_t w = from; w < to; w++)
        words[w] = ND_CREDIT_ONE;
}

/* Trigrams may stand apart in a text that repeats some. */
static void credit_stretch(const nd_judged_side *side, uint32_t first, uint32_t num)
{
    const nd_judged_text *const t = side->text;
    if (!t->has_repeats) {
        credit_fully(side->credit, first, first + num + (ND_TRIGRAM - 1));
        return;
    }
    for (uint32_t from = first, i = first + 1; i <= first + num; i++) {
        if (i < first + num &&
            nd_judged_text_trigram_at(t, i) <= nd_judged_text_trigram_at(t, i - 1) + ND_TRIGRAM)
            continue;
        credit_fully(side->credit, nd_judged_text_trigram_at(t, from), nd_trigram_end(t, i - 1));
        from = i;
    }
}

/* Gives the words of runs their credit, in one of the texts; first for what the runs bridge, which
 * has less. */
static void credit_runs(const nd_judged_pair *p, int at)
{
    const nd_judge *const j = p->judge;
    const nd_judged_side *const side = p->sides[at];
    const nd_judged_text *const t = side->text;
    if (t->num_words)
        memset(side->credit, 0, t->num_words * sizeof *side->credit);
    for (size_t i = 0; i < j->chain.runs.len; i++) {
        const nd_covered_run *const run = &j->chain.runs.items[i];
        const uint64_t credit = (uint64_t)run->num * ND_CREDIT_ONE / (run->num + HALF_CREDIT_RUN);
        if (run->num >= ND_RUN_MIN)
            credit_words(side->credit, nd_judged_text_trigram_at(t, run->sides[at].first),
                         nd_trigram_end(t, run->sides[at].last), (uint16_t)credit);
    }
    for (size_t i = 0; i < j->stretches.len; i++) {
        const nd_stretch *const s = &j->stretches.items[i];
        if (j->chain.runs.items[s->run].num >= ND_RUN_MIN)
            credit_stretch(side, s->at[at], s->num);
    }
}

/* The item of a word that is not in the other text, or ND_NO_ITEM. */
static uint32_t unshared_item(const nd_judged_side *side, uint32_t word)
{
    const uint32_t item = side->text->item_of[word];
    return side->marks[item] & ND_ITEM_SHARED ? ND_NO_ITEM : item;
}

/* From then on the item counts as shared. */
static void mark_like_item(nd_judged_pair *p, int at, uint32_t item)
{
    nd_side_facts *const facts = &p->facts[at];
    const nd_item_worth *const worth = nd_item_worth_of(p->sides[at]->text->items[item].key);
    if (p->sides[at]->marks[item] & ND_ITEM_LIKE)
        return;
    p->sides[at]->marks[item] |= ND_ITEM_LIKE;
    facts->like += worth->bits;
    facts->words.shared += worth->telling;
    facts->words.other -= worth->telling;
}

/* Marks what one text has misspelt of the other between two stretches of a run. */
static void mark_like_in_gap(nd_judged_pair *p, const uint32_t from[2], const uint32_t to[2])
{
    const nd_judged_side *const held = p->sides[ND_HELD], *const other = p->sides[ND_OTHER];
    uint32_t next = from[ND_OTHER];
    for (uint32_t i = from[ND_HELD]; i < to[ND_HELD]; i++) {
        const uint32_t item = unshared_item(held, i);
        for (uint32_t k = next; item != ND_NO_ITEM && k < to[ND_OTHER]; k++) {
            const uint32_t like = unshared_item(other, k);
            if (like == ND_NO_ITEM || !nd_word_is_like(held->text->words[i], other->text->words[k]))
                continue;
            mark_like_item(p, ND_HELD, item);
            mark_like_item(p, ND_OTHER, like);
            next = k + 1;
            break;
        }
    }
}

static nd_status mark_like(nd_judged_pair *p, const nd_allocator *allocator)
{
    nd_judge *const j = p->judge;
    const nd_judged_text *const held = p->sides[ND_HELD]->text;
    const nd_judged_text *const other = p->sides[ND_OTHER]->text;
    const size_t num_runs = j->chain.runs.len;
    j->last_of_run.len = 0;
    const nd_status status = ND_VEC_RESERVE(allocator, &j->last_of_run, num_runs);
    if (status != ND_OK)
        return status;
    for (size_t i = 0; i < num_runs; i++)
        j->last_of_run.items[i] = UINT32_MAX;
    for (size_t i = 0; i < j->stretches.len; i++) {
        const nd_stretch *const s = &j->stretches.items[i];
        if (j->chain.runs.items[s->run].num < ND_RUN_MIN)
            continue;
        const uint32_t last = j->last_of_run.items[s->run];
        j->last_of_run.items[s->run] = (uint32_t)i;
        if (last == UINT32_MAX)
            continue;
        const nd_stretch *const before = &j->stretches.items[last];
        const uint32_t from[2] = {nd_trigram_end(held, before->at[ND_HELD] + before->num - 1),
                                  nd_trigram_end(other, before->at[ND_OTHER] + before->num - 1)};
        const uint32_t to[2] = {nd_judged_text_trigram_at(held, s->at[ND_HELD]),
                                nd_judged_text_trigram_at(other, s->at[ND_OTHER])};
        mark_like_in_gap(p, from, to);
    }
    return ND_OK;
}

/* Sums up the credit of one text, and counts the words that have any. In 32 bits as far as these
 * hold the sum, so that several words are added at a time. */
static void sum_credit(const nd_judged_side *side, nd_side_facts *facts)
{
    enum { BLOCK = 1 << 16 };
    const uint32_t num = side->text->num_words;
    for (uint32_t begin = 0; begin < num; begin += BLOCK) {
        const uint32_t end = num - begin < BLOCK ? num : begin + BLOCK;
        uint32_t credit = 0, covered = 0;
        for (uint32_t w = begin; w < end; w++) {
            credit += side->credit[w];
            covered += side->credit[w] > 0;
        }
        facts->credit += credit;
        facts->covered += covered;
    }
    facts->num_words = num;
    while (facts->head < num && side->credit[facts->head] == 0)
        facts->head++;
}

static void sum_numbers_inside(const nd_judged_side *side, nd_side_facts *facts)
{
    const nd_judged_text *const t = side->text;
    for (uint32_t i = 0; i < t->num_numbers; i++) {
        const uint32_t number = t->item_of[t->number_at[i]];
        if (side->credit[t->number_at[i]] == 0 || side->marks[number] & ND_ITEM_INSIDE)
            continue;
        side->marks[number] |= ND_ITEM_INSIDE;
        const uint64_t bits = nd_item_worth_of(t->items[number].key)->number;
        if (side->marks[number] & ND_ITEM_SHARED)
            facts->numbers_inside.shared += bits;
        else
            facts->numbers_inside.other += bits;
    }
}

static void sum_head(const nd_judged_side *side, nd_side_facts *facts)
{
    static const uint32_t weights[ND_HEAD_ITEMS] = {65536, 45875, 32113, 22479, 15735, 11015, 7710,
                                                    5397,  3778,  2645,  1851,  1296,  907,   635,
                                                    444,   311,   218,   152,   107,   75};
    for (uint32_t i = 0; i < side->text->num_head; i++) {
        const uint32_t item = side->text->head[i];
        const uint64_t weighed =
            (uint64_t)nd_item_worth_of(side->text->items[item].key)->bits * weights[i];
        facts->head_all += weighed;
        facts->head_shared += side->marks[item] & (ND_ITEM_SHARED | ND_ITEM_LIKE) ? weighed : 0;
    }
}

void nd_judged_pair_bound_credit(const nd_judged_pair *p, int at, nd_side_facts *facts)
{
    const nd_judge *const j = p->judge;
    const nd_judged_text *const t = p->sides[at]->text;
    uint64_t covered = 0, credit = 0;
    for (size_t i = 0; i < j->chain.runs.len; i++) {
        const nd_covered_run *const run = &j->chain.runs.items[i];
        if (run->num < ND_RUN_MIN)
            continue;
        const uint64_t num = nd_trigram_end(t, run->sides[at].last) -
                             nd_judged_text_trigram_at(t, run->sides[at].first);
        covered += num;
        credit += num * ((uint64_t)run->num * ND_CREDIT_ONE / (run->num + HALF_CREDIT_RUN));
    }
    for (size_t i = 0; i < j->stretches.len; i++) {
        const nd_stretch *const s = &j->stretches.items[i];
        const uint64_t num_run = j->chain.runs.items[s->run].num;
        const uint64_t bridged = num_run * ND_CREDIT_ONE / (num_run + HALF_CREDIT_RUN);
        const uint64_t num =
            t->has_repeats ? (uint64_t)s->num * ND_TRIGRAM : (uint64_t)s->num + (ND_TRIGRAM - 1);
        if (num_run >= ND_RUN_MIN)
            credit += num * (ND_CREDIT_ONE - bridged);
    }
    facts->covered = (uint32_t)nd_smaller(covered, t->num_words);
    facts->credit = nd_smaller(credit, (uint64_t)t->num_words * ND_CREDIT_ONE);
}

nd_status nd_judged_pair_find_facts(nd_judged_pair *p, const nd_stretch_vec *shared,
                                    const nd_allocator *allocator)
{
    nd_judge *const j = p->judge;
    const bool holds_first = p->sides[ND_HELD] == &j->sides[0];
    mark_shared(p);
    nd_status status = chain_shared(j, holds_first, shared, allocator);
    if (status == ND_OK)
        status = mark_like(p, allocator);
    for (int at = ND_HELD; at <= ND_OTHER && status == ND_OK; at++) {
        p->facts[at].num_words = p->sides[at]->text->num_words;
        sum_head(p->sides[at], &p->facts[at]);
    }
    return status;
}

void nd_judged_pair_give_credit(nd_judged_pair *p)
{
    for (int at = ND_HELD; at <= ND_OTHER; at++) {
        credit_runs(p, at);
        sum_credit(p->sides[at], &p->facts[at]);
        sum_numbers_inside(p->sides[at], &p->facts[at]);
    }
}
