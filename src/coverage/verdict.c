/* What a verdict is made of.
 *
 * Words, numbers and pairs of characters are items; an item says as many bits as it is rare
 * (judged_text.c). Trigrams that both texts have are chained to runs (coverage.h); a run covers
 * its words, the edited ones inside it included, but has credit for those in proportion to how long
 * it is: n / (n + 12) for one of n trigrams, so that three trigrams met by chance bridge nothing.
 *
 *   held      The better of two answers. By passages: the odds that a word of one text has credit,
 *             and more where more words do, unless both texts have many hundred words of their own:
 *             each is a work then, and what they share a chapter or a clause. By words: the odds of
 *             its bits that the other text has too, wherever they stand; in long texts more is
 *             common by chance.
 *   edited    The best of three answers, each for one kind of copy.
 *             By facts: the odds of the bits of numbers inside runs; with the words, and the head.
 *             By size: many words in runs, less where few words were changed but most numbers and
 *             names: in a form these differ where all else agrees, an editor changes words of any
 *             kind. That is weighed as a likelihood: of the bits that differ, as against those that
 *             agree, one sees how freely words were edited, and how unlikely it would be that by
 *             such an edit so many numbers differ (a form: 70 % of them do). One fact is forgiven
 *             where much of a text is prose, the same over forty words and more without a number: a
 *             form states a fact in every other sentence, while a licence that is used again bears
 *             another year.
 *             By inclusion: one text is much shorter, and its beginning stands in the other.
 *   own       What is in common begins with the beginning, or makes up much of the text, or has
 *             numbers in it. A footer does none of these: text of one's own stands before it in
 *             both.
 *
 * The head are the first items that tell anything, each counting 0.7 times the one before it: two
 * stories about one event begin in other words, two copies mostly begin alike.
 *
 * The coefficients were fitted on labelled pairs and rounded; tests/data/verdict/README.md tells on
 * what, and how the result does on other sets. */
#include "coverage/verdict.h"

#include <string.h>

enum {
    ONE = ND_FIXED_ONE,
    CREDIT_ONE = 1024,
    HALF_CREDIT_RUN = 12, /* trigrams of a run that has half of the credit for words it bridges */
    PROSE_WORDS = 40,     /* that two filled forms hardly have in common one after the other */
    MANY_OWN_WORDS = 800, /* of a text that is a work of its own, whatever it shares */
    HEAD_ONE = 65536,
    TRIGRAM = 3,
    SURE = 9 * ONE,          /* an answer whose score is nearly 1 */
    MOST_FORGIVEN = 3 * ONE, /* evidence of a form */
    ROUNDING = ONE / 64,     /* that an answer may be off by: of its logarithms, 3 units each */
};

/* What one text has, inside runs or anywhere, that is in the other too, or not: in ND_BIT. */
typedef struct shares {
    uint64_t shared, other;
} shares;

/* What was found of one text of the pair. */
typedef struct side_facts {
    uint32_t num_words;
    uint32_t covered; /* words in runs */
    uint32_t head;    /* words before the first of those */
    uint64_t credit;  /* in CREDIT_ONE */
    shares words, numbers, numbers_inside;
    uint64_t like;                  /* bits of items with one like them in the other text */
    uint64_t head_all, head_shared; /* weighted by place, in ND_BIT / HEAD_ONE */
} side_facts;

static uint64_t smaller(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static int64_t larger(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

static int64_t clamp(int64_t x, int64_t low, int64_t high)
{
    return x < low ? low : x > high ? high : x;
}

/* The pair at work, by the sides of its runs: the longer text is ND_HELD there. */
typedef struct judging {
    nd_judge *judge;
    nd_judged_side *sides[2];
    side_facts facts[2];
} judging;

/* What an item says as a telling word, and what as a number; no branch, as kinds follow each other
 * in no order. */
static uint64_t bits_as(const nd_item *item, nd_item_kind kind)
{
    return item->bits & (UINT64_C(0) - (uint64_t)(item->kind == kind));
}

/* Marks the items that both texts have, and sums up what they say. Of the held text it is items[0],
 * which says nothing, that is met where there is none. */
static void mark_shared(judging *p)
{
    const nd_judge *const j = p->judge;
    const nd_judged_text *const held = j->sides[0].text, *const other = j->sides[1].text;
    uint8_t *const held_marks = j->sides[0].marks, *const other_marks = j->sides[1].marks;
    uint64_t words[2] = {0}, numbers[2] = {0};
    memset(held_marks, 0, (size_t)held->num_items + 1);
    for (uint32_t i = 1; i <= other->num_items; i++) {
        const nd_item *const item = &other->items[i];
        const uint32_t found = *nd_item_slot(&j->items, held->items, item->key);
        const uint64_t is_shared = found != ND_NO_ITEM;
        held_marks[found] = ND_ITEM_SHARED;
        other_marks[i] = is_shared ? ND_ITEM_SHARED : 0;
        words[0] += bits_as(&held->items[found], ND_ITEM_TELLING);
        numbers[0] += bits_as(&held->items[found], ND_ITEM_NUMBER);
        words[1] += is_shared * bits_as(item, ND_ITEM_TELLING);
        numbers[1] += is_shared * bits_as(item, ND_ITEM_NUMBER);
    }
    for (int at = ND_HELD; at <= ND_OTHER; at++) {
        const int side = p->sides[at] == &j->sides[1];
        const nd_judged_text *const t = p->sides[at]->text;
        p->facts[at].words = (shares){words[side], t->word_bits - words[side]};
        p->facts[at].numbers = (shares){numbers[side], t->number_bits - numbers[side]};
    }
}

static nd_status add_stretch(nd_judge *j, const nd_stretch *stretch, const nd_allocator *allocator)
{
    const nd_status status = ND_VEC_RESERVE(allocator, &j->stretches, 1);
    if (status == ND_OK)
        j->stretches.items[j->stretches.len++] = *stretch;
    return status;
}

/* Chains the trigrams of `other` that stand in `held` at `places`, stretch by stretch: what goes on
 * without a gap in both belongs to the run of its first trigram. */
static nd_status chain(nd_judge *j, uint32_t num_other, const uint32_t *places,
                       const nd_allocator *allocator)
{
    nd_run_chain_clear(&j->chain);
    j->chain.max_gap = ND_RUN_MAX_GAP_WORDS;
    j->stretches.len = 0;
    for (uint32_t at = 0; at < num_other;) {
        const uint32_t found = places[at];
        if (found == ND_NO_POSITION) {
            at++;
            continue;
        }
        const nd_meeting meeting = {.at = {found, at}};
        nd_status status = nd_run_chain_add(&j->chain, &meeting, allocator);
        if (status != ND_OK)
            return status;
        nd_covered_run *const run = &j->chain.runs.items[j->chain.latest];
        nd_stretch s = {{found, at}, 1, (uint32_t)j->chain.latest};
        while (at + s.num < num_other && places[at + s.num] == found + s.num)
            s.num++;
        run->num += s.num - 1;
        run->sides[ND_HELD].last += s.num - 1;
        run->sides[ND_OTHER].last += s.num - 1;
        at += s.num;
        status = add_stretch(j, &s, allocator);
        if (status != ND_OK)
            return status;
    }
    return ND_OK;
}

/* Where the trigrams of b stand in a, found out by an index of a's. */
static nd_status match_trigrams(nd_judge *j, const nd_judged_text *a, const nd_judged_text *b,
                                const nd_allocator *allocator)
{
    nd_status status = nd_position_index_set(&j->index, allocator, a->trigrams, a->num_trigrams);
    j->places.len = 0;
    if (status == ND_OK)
        status = ND_VEC_RESERVE(allocator, &j->places, b->num_trigrams);
    if (status != ND_OK)
        return status;
    for (uint32_t i = 0; i < b->num_trigrams; i++)
        j->places.items[i] = nd_position_index_find(&j->index, b->trigrams[i]);
    return ND_OK;
}

/* Of where the trigrams of b stand in a, where those of a stand in b. */
static nd_status invert_places(nd_judge *j, const nd_judged_text *a, const nd_judged_text *b,
                               const uint32_t *places, const nd_allocator *allocator)
{
    j->inverse.len = 0;
    const nd_status status = ND_VEC_RESERVE(allocator, &j->inverse, a->num_trigrams);
    if (status != ND_OK)
        return status;
    for (uint32_t i = 0; i < a->num_trigrams; i++)
        j->inverse.items[i] = ND_NO_POSITION;
    for (uint32_t i = 0; i < b->num_trigrams; i++)
        if (places[i] != ND_NO_POSITION)
            j->inverse.items[places[i]] = i;
    return ND_OK;
}

/* Chains what the texts share; a is held, or b. */
static nd_status chain_shared(nd_judge *j, const nd_judged_text *a, const nd_judged_text *b,
                              bool holds_a, const uint32_t *places, const nd_allocator *allocator)
{
    if (a->num_trigrams == 0 || b->num_trigrams == 0)
        return chain(j, 0, NULL, allocator);
    nd_status status = places ? ND_OK : match_trigrams(j, a, b, allocator);
    if (status == ND_OK && !places)
        places = j->places.items;
    if (status == ND_OK && !holds_a) {
        status = invert_places(j, a, b, places, allocator);
        places = j->inverse.items;
    }
    return status == ND_OK
               ? chain(j, holds_a ? b->num_trigrams : a->num_trigrams, places, allocator)
               : status;
}

/* The word after a trigram. */
static uint32_t end_of(const nd_judged_text *t, uint32_t trigram)
{
    return nd_judged_text_trigram_at(t, trigram) + TRIGRAM;
}

static void credit_words(uint16_t *words, uint32_t from, uint32_t to, uint16_t credit)
{
    for (uint32_t w = from; w < to; w++)
        words[w] = words[w] < credit ? credit : words[w];
}

static void credit_fully(uint16_t *words, uint32_t from, uint32_t to)
{
    for (uint32_t w = from; w < to; w++)
        words[w] = CREDIT_ONE;
}

/* Trigrams may stand apart in a text that repeats some. */
static void credit_stretch(const nd_judged_side *side, uint32_t first, uint32_t num)
{
    const nd_judged_text *const t = side->text;
    if (!t->has_repeats) {
        credit_fully(side->credit, first, first + num + (TRIGRAM - 1));
        return;
    }
    for (uint32_t from = first, i = first + 1; i <= first + num; i++) {
        if (i < first + num &&
            nd_judged_text_trigram_at(t, i) <= nd_judged_text_trigram_at(t, i - 1) + TRIGRAM)
            continue;
        credit_fully(side->credit, nd_judged_text_trigram_at(t, from), end_of(t, i - 1));
        from = i;
    }
}

/* Gives the words of runs their credit, in one of the texts; first for what the runs bridge, which
 * has less. */
static void credit_runs(const judging *p, int at)
{
    const nd_judge *const j = p->judge;
    const nd_judged_side *const side = p->sides[at];
    const nd_judged_text *const t = side->text;
    if (t->num_words)
        memset(side->credit, 0, t->num_words * sizeof *side->credit);
    for (size_t i = 0; i < j->chain.runs.len; i++) {
        const nd_covered_run *const run = &j->chain.runs.items[i];
        const uint64_t credit = (uint64_t)run->num * CREDIT_ONE / (run->num + HALF_CREDIT_RUN);
        if (run->num >= ND_RUN_MIN)
            credit_words(side->credit, nd_judged_text_trigram_at(t, run->sides[at].first),
                         end_of(t, run->sides[at].last), (uint16_t)credit);
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
static void mark_like_item(judging *p, int at, uint32_t item)
{
    side_facts *const facts = &p->facts[at];
    const nd_item *const marked = &p->sides[at]->text->items[item];
    const uint64_t bits = bits_as(marked, ND_ITEM_TELLING);
    if (p->sides[at]->marks[item] & ND_ITEM_LIKE)
        return;
    p->sides[at]->marks[item] |= ND_ITEM_LIKE;
    facts->like += marked->bits;
    facts->words.shared += bits;
    facts->words.other -= bits;
}

/* Marks what one text has misspelt of the other between two stretches of a run. */
static void mark_like_in_gap(judging *p, const uint32_t from[2], const uint32_t to[2])
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

static nd_status mark_like(judging *p, const nd_allocator *allocator)
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
        const uint32_t from[2] = {end_of(held, before->at[ND_HELD] + before->num - 1),
                                  end_of(other, before->at[ND_OTHER] + before->num - 1)};
        const uint32_t to[2] = {nd_judged_text_trigram_at(held, s->at[ND_HELD]),
                                nd_judged_text_trigram_at(other, s->at[ND_OTHER])};
        mark_like_in_gap(p, from, to);
    }
    return ND_OK;
}

/* Sums up the credit of one text, and counts the words that have any. In 32 bits as far as these
 * hold the sum, so that several words are added at a time. */
static void sum_credit(const nd_judged_side *side, side_facts *facts)
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

static void sum_numbers_inside(const nd_judged_side *side, side_facts *facts)
{
    const nd_judged_text *const t = side->text;
    for (uint32_t i = 0; i < t->num_numbers; i++) {
        const uint32_t number = t->item_of[t->number_at[i]];
        if (side->credit[t->number_at[i]] == 0 || side->marks[number] & ND_ITEM_INSIDE)
            continue;
        side->marks[number] |= ND_ITEM_INSIDE;
        if (side->marks[number] & ND_ITEM_SHARED)
            facts->numbers_inside.shared += t->items[number].bits;
        else
            facts->numbers_inside.other += t->items[number].bits;
    }
}

static void sum_head(const nd_judged_side *side, side_facts *facts)
{
    static const uint32_t weights[ND_HEAD_ITEMS] = {65536, 45875, 32113, 22479, 15735, 11015, 7710,
                                                    5397,  3778,  2645,  1851,  1296,  907,   635,
                                                    444,   311,   218,   152,   107,   75};
    for (uint32_t i = 0; i < side->text->num_head; i++) {
        const uint32_t item = side->text->head[i];
        const uint64_t weighed = (uint64_t)side->text->items[item].bits * weights[i];
        facts->head_all += weighed;
        facts->head_shared += side->marks[item] & (ND_ITEM_SHARED | ND_ITEM_LIKE) ? weighed : 0;
    }
}

/* ln(shared / other), with `prior` on both sides. */
static int64_t log_odds(shares s, uint64_t prior)
{
    return nd_fixed_log_ratio(s.shared + prior, s.other + prior);
}

static shares both(shares a, shares b)
{
    return (shares){a.shared + b.shared, a.other + b.other};
}

/* The answers' parts, in 1 / ONE. */
typedef struct features {
    int64_t credit;      /* odds of words with credit, in the text that has more */
    int64_t size;        /* words in runs */
    int64_t held_size;   /* the same, or less where both texts have many words without credit */
    int64_t bits;        /* odds of all bits */
    int64_t length;      /* of the longer text */
    int64_t numbers;     /* odds of the bits of numbers inside runs, in the text that has less */
    int64_t unlike_form; /* 0, or less the more it looks like a form with other facts */
    int64_t head, head_lower; /* odds of the head: mean of both texts, and that of the lower one */
    int64_t ratio;            /* of lengths */
    int64_t num_numbers;      /* numbers in runs */
    int64_t head_share;       /* words before runs, by those in runs: 0 or less */
    int64_t has_own_head;     /* whether both begin before the runs: 0 to ONE */
} features;

/* Constants are multiplied as ints, which hold them by far. */
/* NOLINTBEGIN(bugprone-implicit-widening-of-multiplication-result) */

/* How many of the words from `from` to `to` are prose: words of the other text, PROSE_WORDS or more
 * without a number (of two forms some are the same by chance). Of a script written without spaces
 * two characters say about as much as a word. */
static uint64_t prose_between(const nd_judged_side *side, uint32_t from, uint32_t to)
{
    const nd_judged_text *const t = side->text;
    uint64_t num = 0, stretch = 0, halves = 0;
    for (uint32_t w = from; w < to; w++) {
        if (side->credit[w] < CREDIT_ONE || nd_word_is_number(t->words[w])) {
            stretch = halves = 0;
            continue;
        }
        const bool is_long = halves >= UINT64_C(2) * PROSE_WORDS;
        stretch++;
        halves += nd_word_is_character(t->words[w]) ? 1 : 2;
        if (halves >= UINT64_C(2) * PROSE_WORDS)
            num += is_long ? 1 : stretch;
    }
    return num;
}

/* How much more evidence of a form is asked for because of prose: none where up to a tenth of the
 * shorter text is, that of one fact where three tenths are. */
static int64_t forgiven_for_prose(const judging *p)
{
    const nd_judge *const j = p->judge;
    const nd_judged_text *const held = p->sides[ND_HELD]->text;
    const uint64_t shorter = smaller(p->facts[0].num_words, p->facts[1].num_words);
    uint64_t prose = 0;
    for (size_t i = 0; i < j->stretches.len; i++) {
        const nd_stretch *const s = &j->stretches.items[i];
        if (s->num + (TRIGRAM - 1) >= PROSE_WORDS)
            prose +=
                prose_between(p->sides[ND_HELD], nd_judged_text_trigram_at(held, s->at[ND_HELD]),
                              end_of(held, s->at[ND_HELD] + s->num - 1));
    }
    return 15 * clamp((int64_t)(prose * ONE / (shorter + 1)) - ONE / 10, 0, ONE / 5);
}

/* How much the numbers and names that differ speak for a form, prose not counted. */
static int64_t evidence_of_form(const side_facts *a, const side_facts *b)
{
    /* Of how much the other words differ one learns how freely they were edited, in [0.05, 0.65];
     * a little is assumed of every text, and misspelt words count as edits several times. */
    const uint64_t like = smaller(a->like, b->like);
    const uint64_t edited = smaller(a->words.other, b->words.other) + 4 * like;
    const uint64_t kept = (a->words.shared + b->words.shared) / 2;
    const int64_t rate =
        clamp((int64_t)(((edited + 4 * ND_BIT) << 16) / (kept + edited + 60 * ND_BIT)), 65536 / 20,
              65536 * 65 / 100);
    /* Numbers of about eight bits each. */
    const int64_t differing = (int64_t)smaller(a->numbers.other, b->numbers.other);
    const int64_t agreeing = (int64_t)(a->numbers.shared + b->numbers.shared) / 2;
    return (differing * nd_fixed_log_ratio(65536 * 7 / 10, (uint64_t)rate) +
            agreeing * nd_fixed_log_ratio(65536 * 3 / 10, (uint64_t)(65536 - rate))) /
           (8 * ND_BIT);
}

/* 0, or less the more there is of it; 6 tanh(x / 6), by the logistic function. */
static int64_t unlike_form(int64_t evidence)
{
    const int64_t tanh = 2 * (int64_t)nd_fixed_logistic(evidence / 3) - ND_LOGISTIC_ONE;
    return evidence > 0 ? -6 * tanh * ONE / ND_LOGISTIC_ONE : 0;
}

static uint64_t own_words(const side_facts *f)
{
    return f->num_words - f->credit / CREDIT_ONE;
}

static int64_t credit_odds(const side_facts *f)
{
    const uint64_t two = 2 * CREDIT_ONE;
    return nd_fixed_log_ratio(f->credit + two,
                              (uint64_t)f->num_words * CREDIT_ONE - f->credit + two);
}

static int64_t head_odds(const side_facts *f)
{
    const uint64_t prior = UINT64_C(3) * ND_BIT * HEAD_ONE;
    return nd_fixed_log_ratio(f->head_shared + prior, f->head_all - f->head_shared + prior);
}

/* What the first question takes. */
static void find_held_features(const side_facts *a, const side_facts *b, features *f)
{
    const uint64_t covered = smaller(a->covered, b->covered);
    const uint64_t longer = a->num_words > b->num_words ? a->num_words : b->num_words;
    f->credit = clamp(larger(credit_odds(a), credit_odds(b)), -3 * ONE, 3 * ONE);
    f->size = clamp(nd_fixed_log_ratio(covered + 5, 30), 0, 3 * ONE);
    const uint64_t own = smaller(own_words(a), own_words(b));
    f->held_size = larger(f->size - 2 * larger(nd_fixed_log_ratio(own + 1, MANY_OWN_WORDS), 0), 0);
    f->bits = clamp(larger(log_odds(both(a->words, a->numbers), 10 * ND_BIT),
                           log_odds(both(b->words, b->numbers), 10 * ND_BIT)),
                    -3 * ONE, 3 * ONE);
    f->length = clamp(nd_fixed_log_ratio(longer + 1, 200), 0, 4 * ONE);
}

/* What the second one takes besides; `forgiven`: evidence of a form that prose outweighs. */
static void find_edited_features(const side_facts *a, const side_facts *b, int64_t forgiven,
                                 features *f)
{
    const int64_t numbers_a = log_odds(a->numbers_inside, 10 * ND_BIT);
    const int64_t numbers_b = log_odds(b->numbers_inside, 10 * ND_BIT);
    const int64_t head_a = head_odds(a), head_b = head_odds(b);
    f->numbers = numbers_a < numbers_b ? numbers_a : numbers_b;
    f->unlike_form = unlike_form(evidence_of_form(a, b) - forgiven);
    f->head = (head_a + head_b) / 2;
    f->head_lower = head_a < head_b ? head_a : head_b;
    const int64_t ratio =
        nd_fixed_log_ratio(a->num_words ? a->num_words : 1, b->num_words ? b->num_words : 1);
    f->ratio = ratio < 0 ? ratio : -ratio;
}

/* And what the third one takes besides. */
static void find_own_features(const side_facts *a, const side_facts *b, features *f)
{
    const uint64_t covered = smaller(a->covered, b->covered);
    const uint64_t head = a->head > b->head ? a->head : b->head;
    f->num_numbers = clamp(
        nd_fixed_log_ratio(
            smaller(a->numbers_inside.shared, b->numbers_inside.shared) + 10 * ND_BIT, 10 * ND_BIT),
        0, 5 * ONE / 2);
    f->head_share = -(int64_t)smaller(head * ONE / (covered + 10), 2 * ONE);
    const uint64_t own_head = smaller(a->head, b->head);
    f->has_own_head = (int64_t)(smaller(own_head * (ONE / 8), ONE) *
                                smaller(own_head * ONE * 8 / (covered + 1), ONE) / ONE);
}

/* Coefficients are in hundredths. */
static int64_t answer_held(const features *f)
{
    const int64_t by_passages = 180 * f->credit + 50 * f->held_size - 66 * ONE;
    const int64_t by_words = 300 * f->bits - 75 * f->length - 130 * ONE;
    return larger(by_passages, by_words) / 100;
}

static int64_t answer_edited(const features *f)
{
    const int64_t by_facts =
        330 * f->numbers + 120 * f->bits + 135 * larger(f->head, -ONE) - 500 * ONE;
    const int64_t by_size =
        320 * f->size + 120 * f->unlike_form + 125 * (f->head < 0 ? f->head : 0) - 270 * ONE;
    const int64_t by_inclusion = -570 * f->ratio + 160 * f->head - 450 * ONE;
    return larger(larger(by_facts, by_size), by_inclusion) / 100;
}

static int64_t answer_own(const features *f)
{
    const int64_t by_head = 150 * f->head_lower + 120 * ONE;
    const int64_t by_size = 100 * ONE + 150 * f->head_share + 100 * f->size + 150 * f->num_numbers;
    /* Both begin with text of their own, share few words and fewer numbers: a footer. */
    const int64_t unproved = larger(600 * ONE - 220 * f->num_numbers, 0) / 100;
    const int64_t small = clamp((2 * ONE - f->size) * 10 / 7, 0, ONE);
    const int64_t footer = unproved * f->has_own_head / ONE * small / ONE;
    return larger(by_head, by_size - 100 * footer) / 100;
}

/* NOLINTEND(bugprone-implicit-widening-of-multiplication-result) */

/* Whether a goes first: the longer one is held. Texts that are alike in all this are equal. */
static bool goes_first(const nd_judged_text *a, const nd_judged_text *b)
{
    if (a->num_trigrams != b->num_trigrams)
        return a->num_trigrams > b->num_trigrams;
    if (a->num_words != b->num_words)
        return a->num_words > b->num_words;
    for (uint32_t w = 0; w < a->num_words; w++)
        if (a->words[w] != b->words[w])
            return a->words[w] > b->words[w];
    return true;
}

/* Whether they are the same, word for word. */
static bool are_same(const nd_judged_text *a, const nd_judged_text *b)
{
    return a->num_words == b->num_words && a->num_words > 0 &&
           memcmp(a->words, b->words, a->num_words * sizeof *a->words) == 0;
}

static void conclude(nd_judgement *judgement)
{
    int64_t least = judgement->answers[0];
    for (int i = 1; i < ND_NUM_QUESTIONS; i++)
        least = judgement->answers[i] < least ? judgement->answers[i] : least;
    judgement->score = nd_fixed_logistic(least);
}

/* Bounds the words in runs, and their credit, from above: by the runs one by one. Where these don't
 * overlap and no trigram repeats, it is what sum_credit finds. */
static void bound_credit(const judging *p, int at, side_facts *facts)
{
    const nd_judge *const j = p->judge;
    const nd_judged_text *const t = p->sides[at]->text;
    uint64_t covered = 0, credit = 0;
    for (size_t i = 0; i < j->chain.runs.len; i++) {
        const nd_covered_run *const run = &j->chain.runs.items[i];
        if (run->num < ND_RUN_MIN)
            continue;
        const uint64_t num =
            end_of(t, run->sides[at].last) - nd_judged_text_trigram_at(t, run->sides[at].first);
        covered += num;
        credit += num * ((uint64_t)run->num * CREDIT_ONE / (run->num + HALF_CREDIT_RUN));
    }
    for (size_t i = 0; i < j->stretches.len; i++) {
        const nd_stretch *const s = &j->stretches.items[i];
        const uint64_t num_run = j->chain.runs.items[s->run].num;
        const uint64_t bridged = num_run * CREDIT_ONE / (num_run + HALF_CREDIT_RUN);
        const uint64_t num =
            t->has_repeats ? (uint64_t)s->num * TRIGRAM : (uint64_t)s->num + (TRIGRAM - 1);
        if (num_run >= ND_RUN_MIN)
            credit += num * (CREDIT_ONE - bridged);
    }
    facts->covered = (uint32_t)smaller(covered, t->num_words);
    facts->credit = smaller(credit, (uint64_t)t->num_words * CREDIT_ONE);
}

static bool is_below(int64_t answer, int32_t least)
{
    return nd_fixed_logistic(answer + ROUNDING) < least;
}

/* Whether one of the first two answers is surely too low, at best: most pairs that are no copies
 * are told by it before any word gets its credit. */
static bool is_surely_below(const judging *p, int32_t least)
{
    side_facts best[2] = {p->facts[0], p->facts[1]};
    features f;
    for (int at = ND_HELD; at <= ND_OTHER; at++)
        bound_credit(p, at, &best[at]);
    find_held_features(&best[0], &best[1], &f);
    if (is_below(answer_held(&f), least))
        return true;
    for (int at = ND_HELD; at <= ND_OTHER; at++)
        best[at].numbers_inside = (shares){best[at].numbers.shared, 0};
    find_edited_features(&best[0], &best[1], MOST_FORGIVEN, &f);
    return is_below(answer_edited(&f), least);
}

/* Room for what is said of a text in a pair. */
static nd_status take_side(nd_judged_side *side, const nd_judged_text *text, const nd_allocator *a)
{
    nd_status status = nd_reserve(a, (void **)&side->marks, &side->marks_capacity,
                                  (size_t)text->num_items + 1, sizeof *side->marks);
    if (status == ND_OK)
        status = nd_reserve(a, (void **)&side->credit, &side->credit_capacity, text->num_words,
                            sizeof *side->credit);
    side->text = text;
    if (status == ND_OK)
        side->marks[ND_NO_ITEM] = 0;
    return status;
}

nd_status nd_judge_hold(nd_judge *judge, const nd_judged_text *text, const nd_allocator *allocator)
{
    const nd_status status = take_side(&judge->sides[0], text, allocator);
    return status == ND_OK ? nd_item_table_set(&judge->items, text, allocator) : status;
}

/* Finds the runs, and what the items say. */
static nd_status find_facts(judging *p, const uint32_t *places, const nd_allocator *allocator)
{
    nd_judge *const j = p->judge;
    const bool holds_first = p->sides[ND_HELD] == &j->sides[0];
    mark_shared(p);
    nd_status status =
        chain_shared(j, j->sides[0].text, j->sides[1].text, holds_first, places, allocator);
    if (status == ND_OK)
        status = mark_like(p, allocator);
    for (int at = ND_HELD; at <= ND_OTHER && status == ND_OK; at++) {
        p->facts[at].num_words = p->sides[at]->text->num_words;
        sum_head(p->sides[at], &p->facts[at]);
    }
    return status;
}

/* Gives the words their credit, and answers. */
static void answer(judging *p, nd_judgement *judgement)
{
    const side_facts *const a = &p->facts[0], *const b = &p->facts[1];
    features f;
    for (int at = ND_HELD; at <= ND_OTHER; at++) {
        credit_runs(p, at);
        sum_credit(p->sides[at], &p->facts[at]);
        sum_numbers_inside(p->sides[at], &p->facts[at]);
        if (p->facts[at].num_words > 0)
            judgement->covered[p->sides[at] == &p->judge->sides[1]] =
                (uint32_t)(p->facts[at].credit * (ND_LOGISTIC_ONE / CREDIT_ONE) /
                           p->facts[at].num_words);
    }
    find_held_features(a, b, &f);
    find_edited_features(a, b, forgiven_for_prose(p), &f);
    find_own_features(a, b, &f);
    judgement->answers[ND_ASKS_HELD] = answer_held(&f);
    judgement->answers[ND_ASKS_EDITED] = answer_edited(&f);
    judgement->answers[ND_ASKS_OWN] = answer_own(&f);
    conclude(judgement);
}

nd_status nd_judge_held(nd_judge *judge, const nd_judged_text *other,
                        const nd_judge_request *request, const nd_allocator *allocator,
                        nd_judgement *judgement)
{
    nd_judged_side *const sides = judge->sides;
    const nd_judged_text *const held = sides[0].text;
    *judgement = (nd_judgement){{0}, 0, {0, 0}};
    nd_status status = take_side(&sides[1], other, allocator);
    if (status != ND_OK)
        return status;
    const bool holds_first = goes_first(held, other);
    judging p = {judge, {&sides[!holds_first], &sides[holds_first]}, {{0}, {0}}};
    status = find_facts(&p, request->places, allocator);
    if (status != ND_OK)
        return status;
    const bool is_same = are_same(held, other);
    if (request->need == ND_JUDGE_UNLESS_LOW && !is_same && is_surely_below(&p, request->least))
        return ND_OK;
    answer(&p, judgement);
    if (!is_same)
        return ND_OK;
    /* However little there is to go by. */
    for (int i = 0; i < ND_NUM_QUESTIONS; i++)
        judgement->answers[i] = larger(judgement->answers[i], SURE);
    judgement->score = ND_LOGISTIC_ONE;
    judgement->covered[0] = judgement->covered[1] = ND_LOGISTIC_ONE;
    return ND_OK;
}

nd_status nd_judge_pair(nd_judge *judge, const nd_judged_text *a, const nd_judged_text *b,
                        const nd_judge_request *request, const nd_allocator *allocator,
                        nd_judgement *judgement)
{
    *judgement = (nd_judgement){{0}, 0, {0, 0}};
    const nd_status status = nd_judge_hold(judge, a, allocator);
    return status == ND_OK ? nd_judge_held(judge, b, request, allocator, judgement) : status;
}

void nd_judge_release(nd_judge *judge, const nd_allocator *allocator)
{
    nd_run_chain_release(&judge->chain, allocator);
    nd_position_index_release(&judge->index, allocator);
    ND_VEC_RELEASE(allocator, &judge->places);
    ND_VEC_RELEASE(allocator, &judge->inverse);
    ND_VEC_RELEASE(allocator, &judge->stretches);
    ND_VEC_RELEASE(allocator, &judge->last_of_run);
    for (int side = 0; side < 2; side++) {
        nd_release(allocator, judge->sides[side].marks);
        nd_release(allocator, judge->sides[side].credit);
        judge->sides[side] = (nd_judged_side){0};
    }
    nd_item_table_release(&judge->items, allocator);
    nd_item_table_release(&judge->making, allocator);
}
