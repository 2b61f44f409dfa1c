#include "passages/passage_finder.h"

#include "util/error.h"

enum {
    DEFAULT_MIN_WORDS = 5,
    DEFAULT_MIN_WORDS_UNBOUND = 15,
    SEED_WIDTH = 5,
    PROSE_SEED_WIDTH = 4,
    PROSE_SHARE = 8, /* one token in so many, at least, stands once in prose */
};

static const double default_min_similarity = 0.6;

void nd_passage_options_init_sized(nd_passage_options *options, size_t size_bytes)
{
    const nd_passage_options full = {
        .size_bytes = sizeof full,
        .min_similarity = default_min_similarity,
        .min_words = DEFAULT_MIN_WORDS,
        .min_words_unbound = DEFAULT_MIN_WORDS_UNBOUND,
    };
    nd_option_struct_init(options, size_bytes, &full);
}

static bool are_valid(const nd_passage_options *options)
{
    return options->min_similarity > 0 && options->min_similarity <= 1 && options->min_words >= 1 &&
           options->min_words_unbound >= 1;
}

nd_status nd_passage_finder_new(const nd_passage_options *options, const nd_allocator *allocator,
                                nd_passage_finder **out)
{
    nd_passage_options full;
    nd_passage_options_init(&full);
    *out = NULL;
    if (nd_option_struct_copy(&full, options) != ND_OK || !are_valid(&full))
        return ND_ERR_INVALID_ARGUMENT;
    const nd_allocator a = nd_allocator_or_default(allocator);
    nd_passage_finder *const finder = nd_alloc_zeroed(&a, 1, sizeof *finder);
    if (!finder)
        return ND_ERR_NO_MEMORY;
    finder->allocator = a;
    finder->options = full;
    nd_vocabulary_init(&finder->words, &a);
    nd_seed_index_init(&finder->seeds, &a);
    nd_chainer_init(&finder->chainer, &a);
    nd_passage_fitter_init(&finder->fitter, &a, &full);
    nd_exact_repeats_init(&finder->exact, &a);
    nd_repeat_grouper_init(&finder->grouper, &a, &finder->fitter.lcs, full.min_similarity);
    nd_status status = nd_text_new(&a, &finder->text);
    if (status == ND_OK && (full.repairs | full.folds) != 0) {
        status = nd_repairer_new(full.repairs, full.folds, &a, &finder->a.repairer);
        if (status == ND_OK)
            status = nd_repairer_new(full.repairs, full.folds, &a, &finder->b.repairer);
    }
    if (status != ND_OK) {
        nd_passage_finder_free(finder);
        return status;
    }
    *out = finder;
    return ND_OK;
}

/* Shorter seeds find what was edited more, but in source code, tables and characters most of them
 * stand everywhere. */
static uint32_t choose_seed_width(const nd_passage_finder *f)
{
    const nd_vocabulary *const words = &f->words;
    uint32_t num_once = 0;
    for (uint32_t id = 0; id < words->num_ids; id++)
        num_once += words->counts[id] == 1;
    const bool is_prose = (uint64_t)num_once * PROSE_SHARE >= words->num_tokens;
    const uint32_t width = is_prose ? PROSE_SEED_WIDTH : SEED_WIDTH;
    return f->options.min_words < width ? f->options.min_words : width;
}

nd_status nd_finder_text_set(nd_finder_text *text, const char *bytes, size_t len_bytes)
{
    text->bytes = text->repaired = bytes;
    text->len_bytes = text->repaired_len_bytes = len_bytes;
    return text->repairer ? nd_repairer_apply(text->repairer, bytes, len_bytes, &text->repaired,
                                              &text->repaired_len_bytes)
                          : ND_OK;
}

nd_status nd_finder_begin(nd_passage_finder *f, const char *bytes, size_t len_bytes)
{
    f->stats = (nd_passage_stats){0};
    f->exact.num_cut = f->grouper.num_cut = 0;
    nd_status status = nd_text_set(f->text, bytes, len_bytes, ND_TEXT_WITH_OFFSETS);
    if (status != ND_OK)
        return status;
    f->stats.invalid_bytes = nd_text_num_invalid_bytes(f->text);
    f->stats.tokens = nd_text_num_tokens(f->text);
    if (f->stats.tokens > INT32_MAX)
        return ND_ERR_LIMIT;
    status = nd_vocabulary_set(&f->words, f->text);
    if (status == ND_OK)
        status = nd_borders_begin(&f->borders, &f->allocator, f->text, bytes);
    if (status == ND_OK)
        status = nd_seed_index_begin(&f->seeds, &f->words, choose_seed_width(f));
    f->measure = nd_passage_measure_of(&f->options, f->text, &f->words);
    return status;
}

nd_status nd_finder_fit(nd_passage_finder *f, const nd_trace_box *box, nd_exact_pairs exact_pairs)
{
    nd_status status = nd_chainer_finish(&f->chainer);
    if (status == ND_OK)
        status = nd_passage_fitter_begin(&f->fitter, &f->seeds, &f->measure, &f->borders, box,
                                         exact_pairs);
    for (size_t i = 0; i < f->chainer.alignments.len && status == ND_OK; i++) {
        const nd_alignment alignment = f->chainer.alignments.items[i];
        status = nd_passage_fitter_add(&f->fitter, f->chainer.runs.items + alignment.first_run,
                                       alignment.num_runs);
    }
    return status;
}

void nd_finder_count_caps(nd_passage_finder *f)
{
    f->stats.capped = f->words.num_unidentified + f->seeds.num_lost + f->chainer.num_cut +
                      f->exact.num_cut + f->grouper.num_cut;
}

/* From the repaired text back to the one that came. */
static nd_place place_of(const nd_finder_text *text, size_t start, size_t end)
{
    if (text->repaired != text->bytes)
        nd_repairer_locate(text->repairer, &start, &end);
    return (nd_place){.start = start, .end = end};
}

nd_place nd_finder_place(const nd_passage_finder *f, const nd_finder_text *text, nd_span span)
{
    return place_of(text, nd_text_token(f->text, span.start).start,
                    nd_text_token(f->text, span.end - 1).end);
}

nd_place nd_finder_place_in_a(const nd_passage_finder *f, nd_span span)
{
    const size_t start = nd_text_token(f->text, span.start).start;
    const size_t end = nd_text_token(f->text, span.end - 1).end;
    const size_t before = f->b.repaired_len_bytes + 1;
    /* A mark that begins a is normalised together with the line feed before it. */
    return place_of(&f->a, start > before ? start - before : 0, end - before);
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
    nd_vocabulary_release(&finder->words);
    nd_seed_index_release(&finder->seeds);
    nd_chainer_release(&finder->chainer);
    nd_passage_fitter_release(&finder->fitter);
    nd_exact_repeats_release(&finder->exact);
    nd_repeat_grouper_release(&finder->grouper);
    for (int side = 0; side < 2; side++) {
        nd_finder_text *const text = side == 0 ? &finder->a : &finder->b;
        nd_repairer_free(text->repairer);
        nd_line_index_release(&text->lines, &a);
    }
    nd_borders_release(&finder->borders, &a);
    ND_VEC_RELEASE(&a, &finder->joined);
    ND_VEC_RELEASE(&a, &finder->covering);
    ND_VEC_RELEASE(&a, &finder->places);
    ND_VEC_RELEASE(&a, &finder->similarities);
    ND_VEC_RELEASE(&a, &finder->repeats);
    ND_VEC_RELEASE(&a, &finder->passages);
    ND_VEC_RELEASE(&a, &finder->runs);
    ND_VEC_RELEASE(&a, &finder->aligned);
    nd_release(&a, finder);
}
