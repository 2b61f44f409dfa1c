#include "passages/passage_finder.h"

#include <string.h>

enum {
    /* Words on the wrong side of a border that a passage drops: the same word before all copies. */
    STRAY_MAX = 4,
    STRAY_IN_LINE_MAX = 8,
    /* Places that are asked where the border is. */
    VOTERS = 16,
    BLOCK = 256,
};

void nd_exact_repeats_init(nd_exact_repeats *exact, const nd_allocator *allocator)
{
    *exact = (nd_exact_repeats){.allocator = *allocator};
}

static bool is_done(const nd_exact_repeats *x, uint32_t class)
{
    return x->is_done[class / 32] >> (class % 32) & 1;
}

static void set_done(nd_exact_repeats *x, uint32_t class)
{
    x->is_done[class / 32] |= 1u << (class % 32);
}

/* The closure in hand: `len` tokens from `num_before` before each of x->places on. Where it is
 * longer than the period, its places overlap: the text goes on with itself. */
typedef struct closure {
    uint32_t num_places;
    uint32_t num_before;
    uint32_t len;
    uint32_t period; /* least distance of two places */
} closure;

static bool is_long(const nd_exact_repeats *x)
{
    return x->seeds->num_seeds > ND_LONG_TEXT;
}

/* Lists the places of all classes, one class after the other. In a long text each step from a place
 * to the one before it is a cache miss, and waits for the last one; here they overlap. */
static nd_status list_all_places(nd_exact_repeats *x)
{
    const nd_seed_index *const seeds = x->seeds;
    nd_status status = nd_reserve(&x->allocator, (void **)&x->class_end, &x->class_end_capacity,
                                  seeds->num_seeds, sizeof *x->class_end);
    if (status == ND_OK)
        status = nd_reserve(&x->allocator, (void **)&x->by_class, &x->by_class_capacity,
                            seeds->num_candidates, sizeof *x->by_class);
    if (status != ND_OK)
        return status;
    uint32_t num = 0;
    for (uint32_t k = 0; k < seeds->num_candidates; k++) {
        const uint32_t i = seeds->positions[k], class = seeds->class_of[i];
        x->class_end[i] = num; /* of use where i is the first of its class */
        num += class == i ? seeds->count[i] : 0;
        x->by_class[x->class_end[class]++] = i;
    }
    return ND_OK;
}

static void follow_places(nd_exact_repeats *x, uint32_t class, uint32_t num)
{
    uint32_t at = x->seeds->previous[class];
    for (uint32_t i = num; i-- > 0; at = x->seeds->previous[at])
        x->places.items[i] = at;
}

/* Lists the places of a class, ascending. */
static nd_status list_places(nd_exact_repeats *x, uint32_t class, closure *c)
{
    const uint32_t num = x->seeds->count[class];
    x->places.len = 0;
    const nd_status status = ND_VEC_RESERVE(&x->allocator, &x->places, num);
    if (status != ND_OK)
        return status;
    uint32_t *const places = x->places.items;
    uint32_t min_gap = UINT32_MAX;
    if (is_long(x))
        memcpy(places, x->by_class + (x->class_end[class] - num), num * sizeof *places);
    else
        follow_places(x, class, num);
    for (uint32_t i = 1; i < num; i++)
        min_gap = nd_least(min_gap, places[i] - places[i - 1]);
    x->places.len = num;
    *c = (closure){.num_places = num, .len = x->seeds->width, .period = min_gap};
    return ND_OK;
}

/* The class of the seeds `shift` from the places, if it is one and the same; the shift may be
 * negative, modulo 2^32. */
static inline uint32_t common_class(const nd_exact_repeats *x, uint32_t num_places, uint32_t shift)
{
    const uint32_t *const places = x->places.items, *const class_of = x->seeds->class_of;
    const uint32_t class = class_of[places[0] + shift];
    for (uint32_t i = 1; i < num_places; i++)
        if (class_of[places[i] + shift] != class)
            return ND_SEED_NONE;
    return class;
}

/* Whether the closure goes on over the seeds `shift` from the places. Such as stand at these places
 * only have the same closure; for the others the budget pays. */
static inline bool goes_on(nd_exact_repeats *x, uint32_t num_places, uint32_t shift)
{
    const uint32_t class = common_class(x, num_places, shift);
    if (class == ND_SEED_NONE)
        return false;
    if (x->seeds->count[class] == num_places) {
        set_done(x, class);
        return true;
    }
    if (x->steps_left < num_places) {
        x->num_cut++;
        return false;
    }
    x->steps_left -= num_places;
    return true;
}

/* No further than through the period once more: that is enough to choose where it begins. */
static void follow(nd_exact_repeats *x, closure *c)
{
    const uint32_t *const places = x->places.items;
    const uint32_t num = c->num_places, width = x->seeds->width;
    const uint32_t max = c->period > UINT32_MAX / 2 ? UINT32_MAX : 2 * c->period;
    const uint32_t room_after = nd_least(max - width, x->seeds->num_seeds - 1 - places[num - 1]);
    uint32_t after = 0, before = 0;
    while (after < room_after && goes_on(x, num, after + 1))
        after++;
    const uint32_t room_before = nd_least(max - width - after, places[0]);
    while (before < room_before && goes_on(x, num, 0 - (before + 1)))
        before++;
    c->num_before = before;
    c->len = width + after + before;
}

/* Begins a repeat, to which up to max_places places are added. */
static nd_status begin_repeat(nd_exact_repeats *x, size_t max_places)
{
    nd_status status = ND_VEC_RESERVE(&x->allocator, &x->repeats, 1);
    if (status == ND_OK)
        status = ND_VEC_RESERVE(&x->allocator, &x->found, max_places);
    if (status == ND_OK)
        x->repeats.items[x->repeats.len] = (nd_exact_repeat){x->found.len, 0};
    return status;
}

/* Adds tokens [from, to) of the closure that begins at `place`, unless the last place added
 * overlaps them. */
static void add_place(nd_exact_repeats *x, uint32_t place, uint32_t from, uint32_t to)
{
    const size_t first = x->repeats.items[x->repeats.len].first_place;
    if (x->found.len > first && x->found.items[x->found.len - 1].end > place + from)
        return;
    x->found.items[x->found.len++] = (nd_span){place + from, place + to};
}

/* Takes the repeat begun with the places added since, if there are two. */
static void end_repeat(nd_exact_repeats *x)
{
    nd_exact_repeat *const repeat = &x->repeats.items[x->repeats.len];
    repeat->num_places = x->found.len - repeat->first_place;
    if (repeat->num_places >= 2)
        x->repeats.len++;
    else
        x->found.len = repeat->first_place;
}

/* Whether some seed inside the span stands at the places of the closure only; else another closure
 * holds these tokens with all their places. */
static bool is_own(const nd_exact_repeats *x, const closure *c, nd_span span)
{
    for (uint32_t i = span.start; i + x->seeds->width <= span.end; i++)
        if (x->seeds->count[x->seeds->class_of[i]] == c->num_places)
            return true;
    return false;
}

/* At how many of the first places a border of a kind stands before token `offset` of the closure.
 */
static uint32_t count_borders(const nd_exact_repeats *x, const closure *c, uint32_t offset,
                              nd_border kind)
{
    uint32_t num = 0;
    for (uint32_t i = 0; i < c->num_places && i < VOTERS; i++)
        num += nd_border_before(x->borders, x->places.items[i] - c->num_before + offset) >= kind;
    return num;
}

/* Words to leave out at the end that `end` says, 0 or the length: up to where most places have a
 * border. The beginning of the next line is longer than that of a sentence, if it is in the way. */
static uint32_t count_stray(const nd_exact_repeats *x, const closure *c, uint32_t end)
{
    uint32_t best = 0, most = 0;
    for (uint32_t k = 0; k <= STRAY_MAX && k <= c->len; k++) {
        const uint32_t num = count_borders(x, c, end ? end - k : k, ND_BORDER_SENTENCE);
        if (num > most) {
            most = num;
            best = k;
        }
    }
    for (uint32_t k = STRAY_MAX + 1; most == 0 && k <= STRAY_IN_LINE_MAX && k <= c->len; k++) {
        most = count_borders(x, c, end ? end - k : k, ND_BORDER_LINE);
        best = most > 0 ? k : 0;
    }
    return best;
}

/* Whether `num` tokens from a on equal those from b on. */
static bool are_same(const nd_exact_repeats *x, uint32_t a, uint32_t b, uint32_t num)
{
    const nd_vocabulary *const words = x->seeds->words;
    return (uint64_t)b + num <= words->num_tokens &&
           memcmp(words->ids + a, words->ids + b, num * sizeof *words->ids) == 0;
}

static bool is_bound(const nd_exact_repeats *x, uint32_t token)
{
    return nd_border_before(x->borders, token) != ND_BORDER_NONE;
}

/* Whether the span is one passage over and over: that has a closure of its own, with more places.
 */
static bool is_row(const nd_exact_repeats *x, nd_span span)
{
    const uint32_t *const class_of = x->seeds->class_of;
    const uint32_t len = nd_span_len(span);
    uint32_t period = 1;
    while (period * 2 <= len && class_of[span.start + period] != class_of[span.start])
        period++;
    if (period * 2 > len || !are_same(x, span.start, span.start + period, len - period))
        return false;
    const nd_span one = {span.start, span.start + period};
    const bool fills = is_bound(x, one.start) && is_bound(x, one.end);
    return nd_span_has_words(x->measure, one,
                             fills ? x->measure->min_bound : x->measure->min_unbound);
}

static nd_span first_span(const nd_exact_repeats *x, const closure *c, uint32_t from, uint32_t to)
{
    const uint32_t first = x->places.items[0] - c->num_before;
    return (nd_span){first + from, first + to};
}

/* The closure without stray words, if it is long enough anywhere. */
static nd_status take_whole(nd_exact_repeats *x, const closure *c, bool *is_taken)
{
    const uint32_t min_words = x->measure->min_unbound;
    *is_taken = false;
    if (!nd_span_has_words(x->measure, first_span(x, c, 0, c->len), min_words))
        return ND_OK;
    const uint32_t from = count_stray(x, c, 0), to = c->len - count_stray(x, c, c->len);
    const nd_span span = first_span(x, c, from, to);
    if (from >= to || !nd_span_has_words(x->measure, span, min_words))
        return ND_OK;
    *is_taken = true;
    if (!nd_span_has_variety(x->measure, span) || !is_own(x, c, span) || is_row(x, span))
        return ND_OK;
    const nd_status status = begin_repeat(x, c->num_places);
    if (status != ND_OK)
        return status;
    for (uint32_t i = 0; i < c->num_places; i++)
        add_place(x, x->places.items[i] - c->num_before, from, to);
    end_repeat(x);
    return ND_OK;
}

/* The first token of the closure before which two places have a border, at most `last`; last + 1 if
 * there is none. */
static uint32_t first_bound(const nd_exact_repeats *x, const closure *c, uint32_t last)
{
    for (uint32_t k = 0; k <= last; k++) {
        uint32_t num = 0;
        for (uint32_t i = 0; i < c->num_places && num < 2; i++)
            num += is_bound(x, x->places.items[i] - c->num_before + k);
        if (num >= 2)
            return k;
    }
    return last + 1;
}

/* The last one, at least `first`, before which two of the places that have a border before `from`
 * have one; first - 1 if there is none. */
static uint32_t last_bound(const nd_exact_repeats *x, const closure *c, uint32_t from,
                           uint32_t first)
{
    for (uint32_t k = c->len; k >= first; k--) {
        uint32_t num = 0;
        for (uint32_t i = 0; i < c->num_places && num < 2; i++) {
            const uint32_t place = x->places.items[i] - c->num_before;
            num += is_bound(x, place + k) && is_bound(x, place + from);
        }
        if (num >= 2)
            return k;
    }
    return first - 1;
}

/* What of the closure fills whole lines or sentences, at the places where it does. */
static nd_status take_bound(nd_exact_repeats *x, const closure *c)
{
    const uint32_t min_len = x->measure->min_bound;
    if (c->len < min_len)
        return ND_OK;
    const uint32_t from = first_bound(x, c, c->len - min_len);
    if (from > c->len - min_len)
        return ND_OK;
    const uint32_t to = last_bound(x, c, from, from + min_len);
    const nd_span span = first_span(x, c, from, to);
    if (to < from + min_len || !nd_span_has_words(x->measure, span, min_len) ||
        !nd_span_has_variety(x->measure, span) || !is_own(x, c, span) || is_row(x, span))
        return ND_OK;
    const nd_status status = begin_repeat(x, c->num_places);
    if (status != ND_OK)
        return status;
    for (uint32_t i = 0; i < c->num_places; i++) {
        const uint32_t place = x->places.items[i] - c->num_before;
        if (is_bound(x, place + from) && is_bound(x, place + to))
            add_place(x, place, from, to);
    }
    end_repeat(x);
    return ND_OK;
}

/* Each place on its own: the whole closure, or what of it fills whole lines or sentences. */
static nd_status take_apart(nd_exact_repeats *x, const closure *c)
{
    bool is_taken;
    const nd_status status = take_whole(x, c, &is_taken);
    return status == ND_OK && !is_taken ? take_bound(x, c) : status;
}

/* Where in a closure that goes on with itself a period begins and ends with a line, or else a
 * sentence; c->len if nowhere. */
static uint32_t find_phase(const nd_exact_repeats *x, const closure *c)
{
    const uint32_t first = x->places.items[0] - c->num_before;
    for (nd_border kind = ND_BORDER_LINE; kind > ND_BORDER_NONE; kind--)
        for (uint32_t k = 0; k + c->period <= c->len; k++)
            if (nd_border_before(x->borders, first + k) >= kind &&
                nd_border_before(x->borders, first + k + c->period) >= kind)
                return k;
    return c->len;
}

/* Marks the seeds of a period that stand at fewer places than it: across the border of two copies,
 * or in all but the last one, which is cut off. */
static void finish_period(nd_exact_repeats *x, const closure *c, uint32_t first)
{
    for (uint32_t i = first; i < first + c->period && i < x->seeds->num_seeds; i++) {
        const uint32_t class = x->seeds->class_of[i];
        if (x->seeds->count[class] < c->num_places)
            set_done(x, class);
    }
}

/* Text that goes on with itself: each place is one period from `phase` on, if it fills lines or
 * sentences, else as many as make a passage anywhere. */
static nd_status take_periods(nd_exact_repeats *x, const closure *c, uint32_t phase)
{
    const uint32_t first = x->places.items[0] - c->num_before + phase;
    const bool fills = is_bound(x, first) && is_bound(x, first + c->period);
    const uint32_t min_words = fills ? x->measure->min_bound : x->measure->min_unbound;
    uint32_t len = c->period;
    while (!nd_span_has_words(x->measure, (nd_span){first, first + len}, min_words)) {
        if (!are_same(x, first, first + len, c->period)) /* the places overlap by chance */
            return take_apart(x, c);
        len += c->period;
    }
    if (!nd_span_has_variety(x->measure, (nd_span){first, first + c->period}) ||
        !is_own(x, c, (nd_span){first, first + len}))
        return ND_OK;
    finish_period(x, c, first);
    nd_status status = begin_repeat(x, c->num_places);
    for (uint32_t i = 0; i < c->num_places && status == ND_OK; i++) {
        const uint32_t place = x->places.items[i] - c->num_before + phase;
        if (are_same(x, first, place, len))
            add_place(x, place, 0, len);
    }
    if (status == ND_OK)
        end_repeat(x);
    return status;
}

/* The longest part of the closure between two borders of a kind, or an end of it. */
static closure longest_between(const nd_exact_repeats *x, const closure *c, nd_border kind)
{
    const uint32_t first = x->places.items[0] - c->num_before;
    uint32_t start = 0, best_start = 0, best_len = 0;
    for (uint32_t k = 1; k <= c->len; k++) {
        if (k < c->len && nd_border_before(x->borders, first + k) < kind)
            continue;
        if (k - start > best_len) {
            best_start = start;
            best_len = k - start;
        }
        start = k;
    }
    closure part = *c;
    part.num_before -= best_start;
    part.len = best_len;
    return part;
}

/* A closure whose places overlap. Where no period of it begins and ends with a line, one copy ends
 * and the next begins inside: a part that does not run into the next copy is taken. */
static nd_status take_overlapping(nd_exact_repeats *x, const closure *c)
{
    const uint32_t phase = find_phase(x, c);
    if (phase < c->len)
        return take_periods(x, c, phase);
    for (nd_border kind = ND_BORDER_LINE; kind > ND_BORDER_NONE; kind--) {
        const closure part = longest_between(x, c, kind);
        if (part.len <= c->period)
            return take_apart(x, &part);
    }
    return take_periods(x, c, 0);
}

static nd_status take_closure(nd_exact_repeats *x, uint32_t class)
{
    closure c;
    const nd_status status = list_places(x, class, &c);
    if (status != ND_OK || c.len > c.period) /* a seed that overlaps itself says little */
        return status;
    follow(x, &c);
    return c.len > c.period ? take_overlapping(x, &c) : take_apart(x, &c);
}

/* Lists those of the next candidates, from *k on, that stand at several places; which do is more
 * than a branch can foresee. */
static uint32_t list_classes(const nd_seed_index *seeds, uint32_t *k, uint32_t classes[BLOCK])
{
    const uint32_t end = nd_least(seeds->num_candidates, *k + BLOCK);
    uint32_t num = 0;
    for (; *k < end; ++*k) {
        const uint32_t i = seeds->positions[*k];
        classes[num] = i;
        num += seeds->count[i] > 1; /* so it is the first of a class */
    }
    return num;
}

nd_status nd_exact_repeats_find(nd_exact_repeats *exact, const nd_seed_index *seeds,
                                const nd_passage_measure *measure, nd_borders *borders)
{
    const uint32_t num = seeds->num_seeds;
    exact->seeds = seeds;
    exact->measure = measure;
    exact->borders = borders;
    exact->repeats.len = 0;
    exact->found.len = 0;
    exact->steps_left = (uint64_t)num * ND_EXACT_STEPS_PER_SEED;
    exact->num_cut = 0;
    nd_status status = nd_reserve(&exact->allocator, (void **)&exact->is_done,
                                  &exact->done_capacity, num / 32 + 1, sizeof *exact->is_done);
    if (status != ND_OK)
        return status;
    memset(exact->is_done, 0, (num / 32 + 1) * sizeof *exact->is_done);
    if (is_long(exact))
        status = list_all_places(exact);
    for (uint32_t k = 0; k < seeds->num_candidates && status == ND_OK;) {
        uint32_t classes[BLOCK] = {0};
        const uint32_t num_classes = list_classes(seeds, &k, classes);
        for (uint32_t i = 0; i < num_classes && status == ND_OK; i++)
            if (!is_done(exact, classes[i]))
                status = take_closure(exact, classes[i]);
    }
    return status;
}

void nd_exact_repeats_release(nd_exact_repeats *exact)
{
    ND_VEC_RELEASE(&exact->allocator, &exact->repeats);
    ND_VEC_RELEASE(&exact->allocator, &exact->found);
    ND_VEC_RELEASE(&exact->allocator, &exact->places);
    nd_release(&exact->allocator, exact->is_done);
    nd_release(&exact->allocator, exact->by_class);
    nd_release(&exact->allocator, exact->class_end);
}
