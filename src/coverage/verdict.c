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
    NUM_HEAD = 20,
    HEAD_ONE = 65536,
    TRIGRAM = 3,
    SURE = 9 * ONE, /* an answer whose score is nearly 1 */
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

/* Marks the items that both texts have. */
static void mark_shared(nd_judged_text *a, nd_judged_text *b)
{
    nd_judged_text *const few = a->num_items < b->num_items ? a : b, *const many = few == a ? b : a;
    for (uint32_t i = 0; i < many->num_items; i++)
        many->items[i].marks = 0;
    for (uint32_t i = 0; i < few->num_items; i++) {
        const uint32_t found = nd_judged_text_find_item(many, few->items[i].key);
        few->items[i].marks = found == ND_NO_ITEM ? 0 : ND_ITEM_SHARED;
        if (found != ND_NO_ITEM)
            many->items[found].marks = ND_ITEM_SHARED;
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

static void credit_words(nd_judged_text *t, uint32_t from, uint32_t to, uint16_t credit)
{
    for (uint32_t w = from; w < to; w++)
        t->credit[w] = t->credit[w] < credit ? credit : t->credit[w];
}

/* Trigrams may stand apart in a text that repeats some. */
static void credit_stretch(nd_judged_text *t, uint32_t first, uint32_t num)
{
    for (uint32_t from = first, i = first + 1; i <= first + num; i++) {
        if (i < first + num &&
            nd_judged_text_trigram_at(t, i) <= nd_judged_text_trigram_at(t, i - 1) + TRIGRAM)
            continue;
        credit_words(t, nd_judged_text_trigram_at(t, from), end_of(t, i - 1), CREDIT_ONE);
        from = i;
    }
}

/* Gives the words of runs their credit, in one of the texts. */
static void credit_runs(const nd_judge *j, nd_judged_text *t, int side)
{
    if (t->num_words)
        memset(t->credit, 0, t->num_words * sizeof *t->credit);
    for (size_t i = 0; i < j->chain.runs.len; i++) {
        const nd_covered_run *const run = &j->chain.runs.items[i];
        const uint64_t credit = (uint64_t)run->num * CREDIT_ONE / (run->num + HALF_CREDIT_RUN);
        if (run->num >= ND_RUN_MIN)
            credit_words(t, nd_judged_text_trigram_at(t, run->sides[side].first),
                         end_of(t, run->sides[side].last), (uint16_t)credit);
    }
    for (size_t i = 0; i < j->stretches.len; i++) {
        const nd_stretch *const s = &j->stretches.items[i];
        if (j->chain.runs.items[s->run].num >= ND_RUN_MIN)
            credit_stretch(t, s->at[side], s->num);
    }
}

/* The item of a word that is not in the other text, or NULL. */
static nd_item *unshared_item(nd_judged_text *t, uint32_t word)
{
    const uint32_t item = t->item_of[word];
    return item == ND_NO_ITEM || t->items[item].marks & ND_ITEM_SHARED ? NULL : &t->items[item];
}

/* Marks what one text has misspelt of the other between two stretches of a run. */
static void mark_like_in_gap(nd_judged_text *held, nd_judged_text *other, const uint32_t from[2],
                             const uint32_t to[2])
{
    uint32_t next = from[ND_OTHER];
    for (uint32_t i = from[ND_HELD]; i < to[ND_HELD]; i++) {
        nd_item *const item = unshared_item(held, i);
        for (uint32_t k = next; item && k < to[ND_OTHER]; k++) {
            nd_item *const like = unshared_item(other, k);
            if (!like || !nd_word_is_like(held->words[i], other->words[k]))
                continue;
            item->marks |= ND_ITEM_LIKE;
            like->marks |= ND_ITEM_LIKE;
            next = k + 1;
            break;
        }
    }
}

static nd_status mark_like(nd_judge *j, nd_judged_text *held, nd_judged_text *other,
                           const nd_allocator *allocator)
{
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
        mark_like_in_gap(held, other, from, to);
    }
    return ND_OK;
}

static void add_share(shares *s, const nd_item *item)
{
    if (item->marks & (ND_ITEM_SHARED | ND_ITEM_LIKE))
        s->shared += item->bits;
    else
        s->other += item->bits;
}

static void sum_credit(nd_judged_text *t, side_facts *facts)
{
    uint64_t credit = 0;
    uint32_t covered = 0, head = 0;
    for (uint32_t w = 0; w < t->num_words; w++) {
        credit += t->credit[w];
        covered += t->credit[w] > 0;
    }
    while (head < t->num_words && t->credit[head] == 0)
        head++;
    facts->num_words = t->num_words;
    facts->head = head;
    facts->covered = covered;
    facts->credit = credit;
    for (uint32_t i = 0; i < t->num_numbers; i++)
        if (t->credit[t->number_at[i]] > 0)
            t->items[t->item_of[t->number_at[i]]].marks |= ND_ITEM_INSIDE;
}

static void sum_items(const nd_judged_text *t, side_facts *facts)
{
    static const uint32_t weights[NUM_HEAD] = {65536, 45875, 32113, 22479, 15735, 11015, 7710,
                                               5397,  3778,  2645,  1851,  1296,  907,   635,
                                               444,   311,   218,   152,   107,   75};
    uint32_t num_head = 0;
    for (uint32_t i = 0; i < t->num_items; i++) {
        const nd_item *const item = &t->items[i];
        if (item->marks & ND_ITEM_LIKE)
            facts->like += item->bits;
        if (item->kind == ND_ITEM_PLAIN)
            continue;
        const bool is_number = item->kind == ND_ITEM_NUMBER;
        add_share(is_number ? &facts->numbers : &facts->words, item);
        if (is_number && item->marks & ND_ITEM_INSIDE)
            add_share(&facts->numbers_inside, item);
        if (num_head == NUM_HEAD)
            continue;
        const uint64_t weighed = (uint64_t)item->bits * weights[num_head++];
        facts->head_all += weighed;
        if (item->marks & (ND_ITEM_SHARED | ND_ITEM_LIKE))
            facts->head_shared += weighed;
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
static uint64_t prose_between(const nd_judged_text *t, uint32_t from, uint32_t to)
{
    uint64_t num = 0, stretch = 0, halves = 0;
    for (uint32_t w = from; w < to; w++) {
        if (t->credit[w] < CREDIT_ONE || nd_word_is_number(t->words[w])) {
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
static int64_t forgiven_for_prose(const nd_judge *j, const nd_judged_text *held, uint64_t shorter)
{
    uint64_t prose = 0;
    for (size_t i = 0; i < j->stretches.len; i++) {
        const nd_stretch *const s = &j->stretches.items[i];
        if (s->num + (TRIGRAM - 1) >= PROSE_WORDS)
            prose += prose_between(held, nd_judged_text_trigram_at(held, s->at[ND_HELD]),
                                   end_of(held, s->at[ND_HELD] + s->num - 1));
    }
    return 15 * clamp((int64_t)(prose * ONE / (shorter + 1)) - ONE / 10, 0, ONE / 5);
}

/* By how much the numbers and names that differ speak for a form. */
static int64_t unlike_form(const side_facts *a, const side_facts *b, const nd_judge *judge,
                           const nd_judged_text *held)
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
    int64_t for_form = (differing * nd_fixed_log_ratio(65536 * 7 / 10, (uint64_t)rate) +
                        agreeing * nd_fixed_log_ratio(65536 * 3 / 10, (uint64_t)(65536 - rate))) /
                       (8 * ND_BIT);
    if (for_form > 0)
        for_form -= forgiven_for_prose(judge, held, smaller(a->num_words, b->num_words));
    /* 6 tanh(x / 6), by the logistic function. */
    const int64_t tanh = 2 * (int64_t)nd_fixed_logistic(for_form / 3) - ND_LOGISTIC_ONE;
    return for_form > 0 ? -6 * tanh * ONE / ND_LOGISTIC_ONE : 0;
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

static void find_other_features(const side_facts *a, const side_facts *b, const nd_judge *judge,
                                const nd_judged_text *held, features *f)
{
    const uint64_t covered = smaller(a->covered, b->covered);
    const uint64_t head = a->head > b->head ? a->head : b->head;
    const int64_t numbers_a = log_odds(a->numbers_inside, 10 * ND_BIT);
    const int64_t numbers_b = log_odds(b->numbers_inside, 10 * ND_BIT);
    const int64_t head_a = head_odds(a), head_b = head_odds(b);
    f->numbers = numbers_a < numbers_b ? numbers_a : numbers_b;
    f->unlike_form = unlike_form(a, b, judge, held);
    f->head = (head_a + head_b) / 2;
    f->head_lower = head_a < head_b ? head_a : head_b;
    const int64_t ratio =
        nd_fixed_log_ratio(a->num_words ? a->num_words : 1, b->num_words ? b->num_words : 1);
    f->ratio = ratio < 0 ? ratio : -ratio;
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

static void conclude(nd_judgement *judgement, int num_answers)
{
    int64_t least = judgement->answers[0];
    for (int i = 1; i < num_answers; i++)
        least = judgement->answers[i] < least ? judgement->answers[i] : least;
    judgement->score = nd_fixed_logistic(least);
}

nd_status nd_judge_pair(nd_judge *judge, nd_judged_text *a, nd_judged_text *b,
                        const uint32_t *places, nd_judge_need need, int32_t least,
                        const nd_allocator *allocator, nd_judgement *judgement)
{
    nd_judged_text *const held = goes_first(a, b) ? a : b, *const other = held == a ? b : a;
    side_facts facts[2] = {{0}, {0}};
    features f;
    *judgement = (nd_judgement){{0}, 0, {0, 0}};
    mark_shared(held, other);
    nd_status status = chain_shared(judge, a, b, a == held, places, allocator);
    if (status == ND_OK)
        status = mark_like(judge, held, other, allocator);
    if (status != ND_OK)
        return status;
    credit_runs(judge, a, a == held ? ND_HELD : ND_OTHER);
    credit_runs(judge, b, b == held ? ND_HELD : ND_OTHER);
    sum_credit(a, &facts[0]);
    sum_credit(b, &facts[1]);
    sum_items(a, &facts[0]);
    sum_items(b, &facts[1]);
    for (int side = 0; side < 2; side++)
        if (facts[side].num_words > 0)
            judgement->covered[side] =
                (uint32_t)(facts[side].credit * (ND_LOGISTIC_ONE / CREDIT_ONE) /
                           facts[side].num_words);
    find_held_features(&facts[0], &facts[1], &f);
    judgement->answers[ND_ASKS_HELD] = answer_held(&f);
    conclude(judgement, 1);
    if (need == ND_JUDGE_UNLESS_LOW && judgement->score < least && !are_same(a, b))
        return ND_OK;
    find_other_features(&facts[0], &facts[1], judge, held, &f);
    judgement->answers[ND_ASKS_EDITED] = answer_edited(&f);
    judgement->answers[ND_ASKS_OWN] = answer_own(&f);
    conclude(judgement, ND_NUM_QUESTIONS);
    /* However little there is to go by. */
    if (are_same(a, b)) {
        for (int i = 0; i < ND_NUM_QUESTIONS; i++)
            judgement->answers[i] = larger(judgement->answers[i], SURE);
        judgement->score = ND_LOGISTIC_ONE;
        judgement->covered[0] = judgement->covered[1] = ND_LOGISTIC_ONE;
    }
    return ND_OK;
}

void nd_judge_release(nd_judge *judge, const nd_allocator *allocator)
{
    nd_run_chain_release(&judge->chain, allocator);
    nd_position_index_release(&judge->index, allocator);
    ND_VEC_RELEASE(allocator, &judge->places);
    ND_VEC_RELEASE(allocator, &judge->inverse);
    ND_VEC_RELEASE(allocator, &judge->stretches);
    ND_VEC_RELEASE(allocator, &judge->last_of_run);
}
