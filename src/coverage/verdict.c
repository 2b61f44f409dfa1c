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
 *             common by chance. Where no passage stands in both, the head of the shorter one has
 *             to: a flash names its subject first, and what one company does is told in the words
 *             that tell it of another.
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

#include "coverage/verdict_facts.h"

enum {
    ONE = ND_FIXED_ONE,
    PROSE_WORDS = 40,        /* that two filled forms hardly have in common one after the other */
    MANY_OWN_WORDS = 800,    /* of a text that is a work of its own, whatever it shares */
    SURE = 9 * ONE,          /* an answer whose score is nearly 1 */
    MOST_FORGIVEN = 3 * ONE, /* evidence of a form */
    ROUNDING = ONE / 64,     /* that an answer may be off by: of its logarithms, 3 units each */
    LEAST_PASSAGE = ND_RUN_MIN + ND_TRIGRAM - 1, /* words of a run, at least */
};

static int64_t larger(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

static int64_t clamp(int64_t x, int64_t low, int64_t high)
{
    return x < low ? low : x > high ? high : x;
}

/* ln(shared / other), with `prior` on both sides. */
static int64_t log_odds(nd_shares s, uint64_t prior)
{
    return nd_fixed_log_ratio(s.shared + prior, s.other + prior);
}

static nd_shares both(nd_shares a, nd_shares b)
{
    return (nd_shares){a.shared + b.shared, a.other + b.other};
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
    int64_t head_shorter;     /* odds of the head of the shorter text */
    bool has_passage;         /* in common, or one text is too short for it */
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
        if (side->credit[w] < ND_CREDIT_ONE || nd_word_is_number(t->words[w])) {
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
static int64_t forgiven_for_prose(const nd_judged_pair *p)
{
    const nd_judge *const j = p->judge;
    const nd_judged_text *const held = p->sides[ND_HELD]->text;
    const uint64_t shorter = nd_smaller(p->facts[0].num_words, p->facts[1].num_words);
    uint64_t prose = 0;
    for (size_t i = 0; i < j->stretches.len; i++) {
        const nd_stretch *const s = &j->stretches.items[i];
        if (s->num + (ND_TRIGRAM - 1) >= PROSE_WORDS)
            prose +=
                prose_between(p->sides[ND_HELD], nd_judged_text_trigram_at(held, s->at[ND_HELD]),
                              nd_trigram_end(held, s->at[ND_HELD] + s->num - 1));
    }
    return 15 * clamp((int64_t)(prose * ONE / (shorter + 1)) - ONE / 10, 0, ONE / 5);
}

/* How much the numbers and names that differ speak for a form, prose not counted. */
static int64_t evidence_of_form(const nd_side_facts *a, const nd_side_facts *b)
{
    /* Of how much the other words differ one learns how freely they were edited, in [0.05, 0.65];
     * a little is assumed of every text, and misspelt words count as edits several times. */
    const uint64_t like = nd_smaller(a->like, b->like);
    const uint64_t edited = nd_smaller(a->words.other, b->words.other) + 4 * like;
    const uint64_t kept = (a->words.shared + b->words.shared) / 2;
    const int64_t rate =
        clamp((int64_t)(((edited + 4 * ND_BIT) << 16) / (kept + edited + 60 * ND_BIT)), 65536 / 20,
              65536 * 65 / 100);
    /* Numbers of about eight bits each. */
    const int64_t differing = (int64_t)nd_smaller(a->numbers.other, b->numbers.other);
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

static uint64_t own_words(const nd_side_facts *f)
{
    return f->num_words - f->credit / ND_CREDIT_ONE;
}

static int64_t credit_odds(const nd_side_facts *f)
{
    const uint64_t two = 2 * ND_CREDIT_ONE;
    return nd_fixed_log_ratio(f->credit + two,
                              (uint64_t)f->num_words * ND_CREDIT_ONE - f->credit + two);
}

static int64_t head_odds(const nd_side_facts *f)
{
    const uint64_t prior = UINT64_C(3) * ND_BIT * ND_HEAD_ONE;
    return nd_fixed_log_ratio(f->head_shared + prior, f->head_all - f->head_shared + prior);
}

/* What the first question takes. */
static void find_held_features(const nd_side_facts *a, const nd_side_facts *b, features *f)
{
    const uint64_t covered = nd_smaller(a->covered, b->covered);
    const nd_side_facts *const shorter = a->num_words < b->num_words ? a : b;
    const uint64_t longer = a->num_words > b->num_words ? a->num_words : b->num_words;
    f->credit = clamp(larger(credit_odds(a), credit_odds(b)), -3 * ONE, 3 * ONE);
    f->size = clamp(nd_fixed_log_ratio(covered + 5, 30), 0, 3 * ONE);
    const uint64_t own = nd_smaller(own_words(a), own_words(b));
    f->held_size = larger(f->size - 2 * larger(nd_fixed_log_ratio(own + 1, MANY_OWN_WORDS), 0), 0);
    f->bits = clamp(larger(log_odds(both(a->words, a->numbers), 10 * ND_BIT),
                           log_odds(both(b->words, b->numbers), 10 * ND_BIT)),
                    -3 * ONE, 3 * ONE);
    f->length = clamp(nd_fixed_log_ratio(longer + 1, 200), 0, 4 * ONE);
    f->has_passage = covered > 0 || shorter->num_words < LEAST_PASSAGE;
    f->head_shorter = head_odds(shorter);
}

/* What the second one takes besides; `forgiven`: evidence of a form that prose outweighs. */
static void find_edited_features(const nd_side_facts *a, const nd_side_facts *b, int64_t forgiven,
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
static void find_own_features(const nd_side_facts *a, const nd_side_facts *b, features *f)
{
    const uint64_t covered = nd_smaller(a->covered, b->covered);
    const uint64_t head = a->head > b->head ? a->head : b->head;
    f->num_numbers =
        clamp(nd_fixed_log_ratio(nd_smaller(a->numbers_inside.shared, b->numbers_inside.shared) +
                                     10 * ND_BIT,
                                 10 * ND_BIT),
              0, 5 * ONE / 2);
    f->head_share = -(int64_t)nd_smaller(head * ONE / (covered + 10), 2 * ONE);
    const uint64_t own_head = nd_smaller(a->head, b->head);
    f->has_own_head = (int64_t)(nd_smaller(own_head * (ONE / 8), ONE) *
                                nd_smaller(own_head * ONE * 8 / (covered + 1), ONE) / ONE);
}

/* Coefficients are in hundredths. */
static int64_t answer_held(const features *f)
{
    const int64_t by_passages = 180 * f->credit + 50 * f->held_size - 66 * ONE;
    int64_t by_words = 300 * f->bits - 75 * f->length - 130 * ONE;
    const int64_t by_head = 200 * f->head_shorter - 160 * ONE;
    if (!f->has_passage && by_head < by_words)
        by_words = by_head;
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

static bool is_below(int64_t answer, int32_t least)
{
    return nd_fixed_logistic(answer + ROUNDING) < least;
}

/* Whether one of the first two answers is surely too low, at best: most pairs that are no copies
 * are told by it before any word gets its credit. */
static bool is_surely_below(const nd_judged_pair *p, int32_t least)
{
    nd_side_facts best[2] = {p->facts[0], p->facts[1]};
    features f;
    for (int at = ND_HELD; at <= ND_OTHER; at++)
        nd_judged_pair_bound_credit(p, at, &best[at]);
    find_held_features(&best[0], &best[1], &f);
    if (is_below(answer_held(&f), least))
        return true;
    for (int at = ND_HELD; at <= ND_OTHER; at++)
        best[at].numbers_inside = (nd_shares){best[at].numbers.shared, 0};
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

nd_status nd_judge_hold_made(nd_judge *judge, const nd_judged_text *text,
                             const nd_allocator *allocator)
{
    const nd_item_table made = judge->making;
    judge->making = judge->items;
    judge->items = made;
    return take_side(&judge->sides[0], text, allocator);
}

/* Gives the words their credit, and answers. */
static void answer(nd_judged_pair *p, nd_judgement *judgement)
{
    const nd_side_facts *const a = &p->facts[0], *const b = &p->facts[1];
    features f;
    nd_judged_pair_give_credit(p);
    for (int at = ND_HELD; at <= ND_OTHER; at++)
        if (p->facts[at].num_words > 0)
            judgement->covered[p->sides[at] == &p->judge->sides[1]] =
                (uint32_t)(p->facts[at].credit * (ND_LOGISTIC_ONE / ND_CREDIT_ONE) /
                           p->facts[at].num_words);
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
    nd_judged_pair p = {judge, {&sides[!holds_first], &sides[holds_first]}, {{0}, {0}}};
    status = nd_judged_pair_find_facts(&p, request->shared, allocator);
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
    ND_VEC_RELEASE(allocator, &judge->matched);
    ND_VEC_RELEASE(allocator, &judge->order);
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
