#include "passages/passage_period.h"

#include "passages/span_words.h"
#include "text/border.h"

/* Tokens that a place's end may move to reach a border, where edits make the period vary. */
enum { SNAP_MAX = 4 };

/* With so many periods one more or less does not matter. */
enum { ENOUGH_PERIODS = 4 };

/* The alignment, read as a function from earlier tokens to later ones. */
typedef struct period_map {
    const nd_run *runs;
    uint32_t num, at;
    uint32_t start, end; /* tokens that all periods together fill */
} period_map;

/* Where `token`, which is not before the last one asked for, stands one period later. */
static uint32_t next_period(period_map *map, uint32_t token)
{
    while (map->at + 1 < map->num && map->runs[map->at + 1].earlier <= token)
        map->at++;
    return token + (map->runs[map->at].later - map->runs[map->at].earlier);
}

static bool is_border(const nd_passage_fitter *f, uint32_t token, nd_border least)
{
    return nd_border_before(f->borders, token) >= least;
}

/* Places of one period each that fit in from `token` on, at most `limit`. */
static uint32_t count_periods(period_map map, uint32_t token, uint32_t limit)
{
    uint32_t num = 0;
    map.at = 0;
    for (uint32_t end = next_period(&map, token); end <= map.end && num < limit; num++)
        end = next_period(&map, end);
    return num;
}

/* The first token of the first period that begins a line, or else a sentence, in two periods, and
 * leaves as many periods. */
static uint32_t find_phase(const nd_passage_fitter *f, period_map map)
{
    const uint32_t second = next_period(&map, map.start);
    const uint32_t wanted = count_periods(map, map.start, ENOUGH_PERIODS);
    for (nd_border least = ND_BORDER_LINE; least > ND_BORDER_NONE; least--) {
        period_map step = map;
        step.at = 0;
        for (uint32_t token = map.start; token < second; token++) {
            const uint32_t next = next_period(&step, token);
            if (next >= map.end)
                break;
            if (!is_border(f, token, least) || !is_border(f, next, least))
                continue;
            if (count_periods(map, token, ENOUGH_PERIODS) < wanted)
                break;
            return token;
        }
    }
    return map.start;
}

/* Periods to a place: one if it fills lines or sentences, else twice as many until they make a
 * passage anywhere. 0: the text ends before two places. */
static uint32_t periods_per_place(const nd_passage_fitter *f, period_map map, uint32_t first)
{
    uint32_t end = next_period(&map, first);
    if (end > map.end)
        return 0;
    const bool is_bound = map.num == 1 && is_border(f, first, ND_BORDER_SENTENCE) &&
                          is_border(f, end, ND_BORDER_SENTENCE);
    const uint32_t min_words = is_bound ? f->min_words_bound : f->options.min_words_unbound;
    for (uint32_t num = 1, wanted = 1;; wanted *= 2) {
        for (; num < wanted && end <= map.end; num++)
            end = next_period(&map, end);
        if (end > map.end)
            return 0;
        if (nd_passage_fitter_has_words(f, (nd_span){first, end}, min_words))
            return num;
    }
}

static uint32_t snap(const nd_passage_fitter *f, uint32_t token, uint32_t end)
{
    for (uint32_t k = 0; k <= SNAP_MAX; k++) {
        if (k <= token && is_border(f, token - k, ND_BORDER_SENTENCE))
            return token - k;
        if (token + k <= end && is_border(f, token + k, ND_BORDER_SENTENCE))
            return token + k;
    }
    return token;
}

/* Where the place that begins at `start` ends. */
static uint32_t place_end(const nd_passage_fitter *f, period_map *map, uint32_t start,
                          uint32_t periods)
{
    uint32_t end = start;
    for (uint32_t i = 0; i < periods && end <= map->end; i++)
        end = next_period(map, end);
    const uint32_t snapped = map->num == 1 || end > map->end ? end : snap(f, end, map->end);
    return snapped > start ? snapped : end;
}

static nd_status pair_places(nd_passage_fitter *f, period_map map, uint32_t start, uint32_t periods)
{
    nd_span earlier = {start, place_end(f, &map, start, periods)};
    for (;;) {
        const nd_span later = {earlier.end, place_end(f, &map, earlier.end, periods)};
        if (later.end > map.end)
            return ND_OK;
        bool is_taken;
        const nd_status status =
            map.num == 1 ? nd_passage_fitter_emit(f, (nd_span_pair){earlier, later, 1.0, true})
                         : nd_passage_fitter_try_edited(f, earlier, later, &is_taken);
        if (status != ND_OK)
            return status;
        earlier = later;
    }
}

nd_status nd_passage_fitter_add_period(nd_passage_fitter *fitter, const nd_run *runs, uint32_t num,
                                       bool *is_taken)
{
    const nd_run *const last = &runs[num - 1];
    const period_map map = {
        .runs = runs,
        .num = num,
        .start = runs->earlier,
        .end = last->later + last->len + fitter->seeds->width - 1,
    };
    const nd_span first_period = {runs->earlier, runs->later};
    *is_taken = false;
    if (!nd_span_has_variety(fitter->text, first_period, fitter->options.min_words)) {
        for (uint32_t i = 0; i < num; i++)
            fitter->dropped += runs[i].len;
        *is_taken = true;
        return ND_OK;
    }
    const uint32_t start = find_phase(fitter, map);
    const uint32_t periods = periods_per_place(fitter, map, start);
    if (periods == 0)
        return ND_OK;
    const size_t num_before = fitter->pairs.len;
    const nd_status status = pair_places(fitter, map, start, periods);
    *is_taken = fitter->pairs.len > num_before;
    return status;
}
