#include <stdbool.h>
#include <string.h>

#include "match/chain.h"
#include "match/heap_sort.h"
#include "match/passage_fit.h"
#include "match/repeat_groups.h"
#include "match/seed_index.h"
#include "match/shared_choice.h"
#include "neardup/passages.h"
#include "text/border.h"
#include "text/line_index.h"
#include "util/checked.h"

enum {
    DEFAULT_SHINGLE_WIDTH = 5,
    DEFAULT_MIN_WORDS = 5,
    DEFAULT_MIN_WORDS_UNBOUND = 15,
    /* Shorter seeds find what larger ones miss, and much that means nothing. */
    MIN_SEED_WIDTH = 3,
    MAX_SEED_WIDTH = 5,
};

static const double default_min_similarity = 0.5;

struct nd_passage_finder {
    nd_allocator allocator;
    uint32_t seed_width;
    nd_text *text;
    nd_seed_index seeds;
    nd_chainer chainer;
    nd_passage_fitter fitter;
    nd_repeat_grouper grouper;
    nd_line_index lines_a, lines_b; /* repeats: a */
    nd_borders borders;
    ND_VEC(char) joined; /* both documents of a comparison, see join_documents */
    ND_VEC(nd_place) places;
    ND_VEC(nd_repeat) repeats;
    ND_VEC(nd_shared_passage) passages;
    nd_passage_stats stats;
};

void nd_passage_options_init(nd_passage_options *options)
{
    *options = (nd_passage_options){
        .shingle = {ND_SHINGLE_WORD, DEFAULT_SHINGLE_WIDTH},
        .min_similarity = default_min_similarity,
        .min_words = DEFAULT_MIN_WORDS,
        .min_words_unbound = DEFAULT_MIN_WORDS_UNBOUND,
    };
}

static bool are_valid(const nd_passage_options *options)
{
    return options->shingle.kind == ND_SHINGLE_WORD && options->shingle.width >= 1 &&
           options->shingle.width <= ND_SHINGLE_WIDTH_MAX && options->min_similarity > 0 &&
           options->min_similarity <= 1 && options->min_words >= 1 &&
           options->min_words_unbound >= 1;
}

/* As wide as the shingles, so that passages with a jaccard have seeds, but no wider than the
 * shortest passage. */
static uint32_t choose_seed_width(const nd_passage_options *options)
{
    uint32_t width = options->shingle.width;
    width = width < MIN_SEED_WIDTH ? MIN_SEED_WIDTH : width;
    width = width > MAX_SEED_WIDTH ? MAX_SEED_WIDTH : width;
    return width < options->min_words ? width : options->min_words;
}

nd_status nd_passage_finder_new(const nd_passage_options *options, const nd_allocator *allocator,
                                nd_passage_finder **out)
{
    *out = NULL;
    if (!are_valid(options))
        return ND_ERR_INVALID_ARGUMENT;
    const nd_allocator a = nd_allocator_or_default(allocator);
    nd_passage_finder *const finder = nd_alloc_zeroed(&a, 1, sizeof *finder);
    if (!finder)
        return ND_ERR_NO_MEMORY;
    finder->allocator = a;
    finder->seed_width = choose_seed_width(options);
    nd_seed_index_init(&finder->seeds, &a);
    nd_chainer_init(&finder->chainer, &a);
    nd_passage_fitter_init(&finder->fitter, &a, options);
    nd_repeat_grouper_init(&finder->grouper, &a, &finder->fitter.scorer, options->min_similarity);
    const nd_status status = nd_text_new(&a, &finder->text);
    if (status != ND_OK) {
        nd_passage_finder_free(finder);
        return status;
    }
    *out = finder;
    return ND_OK;
}

/* Tokenises, and begins to index seeds. */
static nd_status begin(nd_passage_finder *f, const char *bytes, size_t len_bytes)
{
    f->stats = (nd_passage_stats){0};
    nd_status status = nd_text_set(f->text, bytes, len_bytes, ND_TEXT_WITH_OFFSETS);
    if (status != ND_OK)
        return status;
    f->stats.invalid_bytes = nd_text_num_invalid_bytes(f->text);
    f->stats.tokens = nd_text_num_tokens(f->text);
    if (f->stats.tokens > INT32_MAX)
        return ND_ERR_LIMIT;
    return nd_seed_index_begin(&f->seeds, f->text, f->seed_width);
}

static uint32_t block_end(uint32_t from, uint32_t end)
{
    return end - from < ND_SEED_BLOCK ? end : from + ND_SEED_BLOCK;
}

/* Fits all alignments of the text, which was set from bytes. */
static nd_status fit_alignments(nd_passage_finder *f, const char *bytes)
{
    nd_status status = nd_chainer_finish(&f->chainer);
    f->stats.dropped_occurrences = f->chainer.dropped;
    f->fitter.pairs.len = 0;
    if (status != ND_OK || f->chainer.alignments.len == 0)
        return status;
    status = nd_borders_begin(&f->borders, &f->allocator, f->text, bytes);
    if (status != ND_OK)
        return status;
    nd_passage_fitter_begin(&f->fitter, &f->seeds, &f->borders);
    for (size_t i = 0; i < f->chainer.alignments.len && status == ND_OK; i++) {
        const nd_alignment alignment = f->chainer.alignments.items[i];
        status = nd_passage_fitter_add(&f->fitter, f->chainer.runs.items + alignment.first_run,
                                       alignment.num_runs);
    }
    f->stats.dropped_occurrences += f->fitter.dropped;
    return status;
}

/* Bytes of the text's first to last token, before lines are known. */
static nd_place place_of(const nd_text *text, nd_span span)
{
    return (nd_place){
        .start = nd_text_token(text, span.start).start,
        .end = nd_text_token(text, span.end - 1).end,
    };
}

static void set_lines(nd_place *place, const nd_line_index *lines)
{
    place->line = nd_line_index_line(lines, place->start);
    place->end_line = nd_line_index_line(lines, place->end - 1);
}

static int compare_repeats(const void *left, const void *right)
{
    const nd_place *const a = ((const nd_repeat *)left)->places;
    const nd_place *const b = ((const nd_repeat *)right)->places;
    if (a->start != b->start)
        return a->start < b->start ? -1 : 1;
    if (a->end != b->end)
        return a->end > b->end ? -1 : 1;
    const nd_repeat *const ra = left, *const rb = right;
    if (a[1].start != b[1].start)
        return a[1].start < b[1].start ? -1 : 1;
    return (ra->num_places < rb->num_places) - (ra->num_places > rb->num_places);
}

/* Writes the group's places ascending; they come nearly descending. */
static void write_places(const nd_passage_finder *f, const nd_repeat_group *group, nd_place *places)
{
    size_t at = group->num_places;
    for (uint32_t p = group->first_place; at-- > 0; p = f->grouper.places.items[p].next_of_repeat) {
        const nd_span span = f->grouper.places.items[p].span;
        nd_place place = place_of(
            f->text, (nd_span){span.start + group->trim_start, span.end - group->trim_end});
        set_lines(&place, &f->lines_a);
        size_t to = at;
        for (; to + 1 < group->num_places && places[to + 1].start < place.start; to++)
            places[to] = places[to + 1];
        places[to] = place;
    }
}

static nd_status write_repeats(nd_passage_finder *f)
{
    const size_t num = f->grouper.groups.len;
    nd_status status = ND_VEC_RESERVE(&f->allocator, &f->repeats, num);
    if (status == ND_OK)
        status = ND_VEC_RESERVE(&f->allocator, &f->places, f->grouper.places.len);
    if (status != ND_OK)
        return status;
    nd_place *places = f->places.items;
    for (size_t i = 0; i < num; i++) {
        const nd_repeat_group *const group = &f->grouper.groups.items[i];
        write_places(f, group, places);
        f->repeats.items[f->repeats.len++] = (nd_repeat){
            .similarity = group->similarity,
            .words = nd_span_len(group->first) - group->trim_start - group->trim_end,
            .num_places = group->num_places,
            .places = places,
        };
        places += group->num_places;
    }
    nd_heap_sort(f->repeats.items, num, sizeof *f->repeats.items, compare_repeats);
    return ND_OK;
}

static nd_status find_repeats(nd_passage_finder *f, const char *bytes, size_t len_bytes)
{
    nd_status status = begin(f, bytes, len_bytes);
    if (status != ND_OK)
        return status;
    nd_chainer_begin(&f->chainer, &f->seeds, ND_SEED_NONE, 0);
    for (uint32_t from = 0; from < f->seeds.num_seeds && status == ND_OK;) {
        const uint32_t to = block_end(from, f->seeds.num_seeds);
        nd_seed_link links[ND_SEED_BLOCK];
        uint32_t num_links;
        status = nd_seed_index_add(&f->seeds, from, to, links, &num_links);
        if (status == ND_OK)
            status = nd_chainer_feed(&f->chainer, links, num_links);
        from = to;
    }
    if (status == ND_OK)
        status = fit_alignments(f, bytes);
    if (status != ND_OK || f->fitter.pairs.len == 0)
        return status;
    status =
        nd_repeat_grouper_run(&f->grouper, &f->seeds, f->fitter.pairs.items, f->fitter.pairs.len);
    f->stats.dropped_occurrences += f->grouper.dropped;
    if (status == ND_OK)
        status = nd_line_index_set(&f->lines_a, &f->allocator, bytes, len_bytes);
    return status == ND_OK ? write_repeats(f) : status;
}

nd_status nd_passage_finder_repeats(nd_passage_finder *finder, const char *bytes, size_t len_bytes,
                                    const nd_repeat **repeats, size_t *num_repeats)
{
    *repeats = NULL;
    *num_repeats = 0;
    finder->repeats.len = 0;
    const nd_status status = find_repeats(finder, bytes, len_bytes);
    if (status != ND_OK)
        return status;
    *repeats = finder->repeats.items;
    *num_repeats = finder->repeats.len;
    return ND_OK;
}

/* Lays both documents out as one text, so that everything is the same as for repeats:
 *
 *   | b ... | \n | a ... |
 */
static nd_status join_documents(nd_passage_finder *f, const char *a, size_t a_len, const char *b,
                                size_t b_len)
{
    size_t len;
    if (!nd_size_add(a_len, b_len, &len) || len >= ND_TEXT_MAX_BYTES)
        return ND_ERR_LIMIT;
    f->joined.len = 0;
    const nd_status status = ND_VEC_RESERVE(&f->allocator, &f->joined, len + 1);
    if (status != ND_OK)
        return status;
    if (b_len > 0)
        memcpy(f->joined.items, b, b_len);
    f->joined.items[b_len] = '\n';
    if (a_len > 0)
        memcpy(f->joined.items + b_len + 1, a, a_len);
    f->joined.len = len + 1;
    return ND_OK;
}

/* The first token of a, whose bytes follow the b_len of b and a line feed. */
static uint32_t first_token_of_a(const nd_text *text, size_t b_len)
{
    uint32_t low = 0, high = (uint32_t)nd_text_num_tokens(text);
    while (low < high) {
        const uint32_t middle = low + (high - low) / 2;
        if (nd_text_token(text, middle).end <= b_len)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Indexes the seeds of b, which end before token `split`, and chains those of a to them. */
static nd_status link_documents(nd_passage_finder *f, uint32_t split)
{
    const uint32_t num = f->seeds.num_seeds;
    uint32_t b_end = split < f->seed_width ? 0 : split - f->seed_width + 1;
    b_end = b_end < num ? b_end : num;
    const uint32_t a_start = split < num ? split : num;
    nd_seed_link links[ND_SEED_BLOCK];
    uint32_t num_links;
    nd_status status = ND_OK;
    for (uint32_t from = 0; from < b_end && status == ND_OK;) {
        const uint32_t to = block_end(from, b_end);
        status = nd_seed_index_add(&f->seeds, from, to, links, &num_links);
        from = to;
    }
    nd_seed_index_skip(&f->seeds, b_end, a_start);
    nd_chainer_begin(&f->chainer, &f->seeds, b_end, a_start);
    for (uint32_t from = a_start; from < num && status == ND_OK;) {
        const uint32_t to = block_end(from, num);
        nd_seed_index_match(&f->seeds, from, to, links, &num_links);
        status = nd_chainer_feed(&f->chainer, links, num_links);
        from = to;
    }
    return status;
}

/* The places of b come before those of a in the joined text. */
static nd_status write_shared(nd_passage_finder *f, size_t b_len)
{
    nd_status status = ND_VEC_RESERVE(&f->allocator, &f->passages, f->fitter.pairs.len);
    const char *const b = f->joined.items, *const a = b + b_len + 1;
    if (status == ND_OK)
        status = nd_line_index_set(&f->lines_b, &f->allocator, b, b_len);
    if (status == ND_OK)
        status = nd_line_index_set(&f->lines_a, &f->allocator, a, f->joined.len - b_len - 1);
    if (status != ND_OK)
        return status;
    for (size_t i = 0; i < f->fitter.pairs.len; i++) {
        const nd_span_pair *const pair = &f->fitter.pairs.items[i];
        nd_shared_passage passage = {
            .a = place_of(f->text, pair->later),
            .b = place_of(f->text, pair->earlier),
            .words = nd_span_len(pair->later),
            .similarity = pair->similarity,
        };
        /* A mark that begins a is normalised together with the line feed before it. */
        passage.a.start = passage.a.start > b_len ? passage.a.start - b_len - 1 : 0;
        passage.a.end -= b_len + 1;
        set_lines(&passage.a, &f->lines_a);
        set_lines(&passage.b, &f->lines_b);
        f->passages.items[f->passages.len++] = passage;
    }
    return ND_OK;
}

static nd_status find_shared(nd_passage_finder *f, size_t b_len)
{
    const char *const bytes = f->joined.items;
    nd_status status = begin(f, bytes, f->joined.len);
    if (status == ND_OK)
        status = link_documents(f, first_token_of_a(f->text, b_len));
    if (status == ND_OK)
        status = fit_alignments(f, bytes);
    if (status != ND_OK || f->fitter.pairs.len == 0)
        return status;
    status = nd_shared_choose(&f->fitter);
    return status == ND_OK ? write_shared(f, b_len) : status;
}

nd_status nd_passage_finder_shared(nd_passage_finder *finder, const char *a, size_t a_len_bytes,
                                   const char *b, size_t b_len_bytes,
                                   const nd_shared_passage **passages, size_t *num_passages)
{
    *passages = NULL;
    *num_passages = 0;
    finder->passages.len = 0;
    nd_status status = join_documents(finder, a, a_len_bytes, b, b_len_bytes);
    if (status == ND_OK)
        status = find_shared(finder, b_len_bytes);
    if (status != ND_OK)
        return status;
    *passages = finder->passages.items;
    *num_passages = finder->passages.len;
    return ND_OK;
}

nd_passage_stats nd_passage_finder_stats(const nd_passage_finder *finder)
{
    return finder->stats;
}

void nd_passage_finder_free(nd_passage_finder *finder)
{
    if (!finder)
        return;
    const nd_allocator a = finder->allocator;
    nd_text_free(finder->text);
    nd_seed_index_release(&finder->seeds);
    nd_chainer_release(&finder->chainer);
    nd_passage_fitter_release(&finder->fitter);
    nd_repeat_grouper_release(&finder->grouper);
    nd_line_index_release(&finder->lines_a, &a);
    nd_line_index_release(&finder->lines_b, &a);
    nd_borders_release(&finder->borders, &a);
    ND_VEC_RELEASE(&a, &finder->joined);
    ND_VEC_RELEASE(&a, &finder->places);
    ND_VEC_RELEASE(&a, &finder->repeats);
    ND_VEC_RELEASE(&a, &finder->passages);
    nd_release(&a, finder);
}
