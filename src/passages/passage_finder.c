#include "passages/passage_finder.h"

enum {
    DEFAULT_SHINGLE_WIDTH = 5,
    DEFAULT_MIN_WORDS = 5,
    DEFAULT_MIN_WORDS_UNBOUND = 15,
    /* Shorter seeds find what larger ones miss, and much that means nothing. */
    MIN_SEED_WIDTH = 3,
    MAX_SEED_WIDTH = 5,
};

static const double default_min_similarity = 0.5;

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

nd_status nd_finder_begin(nd_passage_finder *f, const char *bytes, size_t len_bytes)
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

nd_status nd_finder_fit(nd_passage_finder *f, const char *bytes)
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

nd_place nd_finder_place(const nd_passage_finder *f, nd_span span)
{
    return (nd_place){
        .start = nd_text_token(f->text, span.start).start,
        .end = nd_text_token(f->text, span.end - 1).end,
    };
}

void nd_finder_set_lines(nd_place *place, const nd_line_index *lines)
{
    place->line = nd_line_index_line(lines, place->start);
    place->end_line = nd_line_index_line(lines, place->end - 1);
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
