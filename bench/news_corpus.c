#include "news_corpus.h"

#include <stdbool.h>
#include <string.h>

#include "bench_random.h"
#include "shuffle.h"

/* Longest family: keeps the walk from a copy back to its original short. */
enum { FAMILY_BLOCK = 64 };

/* Footers that documents share. */
enum { NUM_FOOTERS = 32, FOOTER_WORDS = 30 };

struct bench_corpus {
    nd_allocator allocator;
    bench_corpus_spec spec;
    bench_shuffle shuffle;
    uint64_t copies_bound, containers_bound, variants_bound, footers_bound;
    uint64_t edit_bounds[BENCH_MAX_EDITS];
    bench_vocabulary vocabularies[BENCH_NUM_SCRIPTS]; /* those of spec.scripts */
};

void bench_corpus_spec_init(bench_corpus_spec *spec)
{
    *spec = (bench_corpus_spec){.num_documents = 1000,
                                .seed = 1,
                                .mean_bytes = 3000,
                                .copies = 0.1,
                                .contained = 0.02,
                                .footers = 0.1,
                                .edits = {0, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2},
                                .num_edits = 7,
                                .scripts = {BENCH_SCRIPT_LATIN},
                                .num_scripts = 1};
}

static bool is_fraction(double x)
{
    return x >= 0 && x <= 1;
}

static bool is_valid(const bench_corpus_spec *spec)
{
    if (spec->num_documents < 1 || spec->num_documents > UINT64_C(9999999999))
        return false;
    if (spec->mean_bytes < 50 || spec->num_scripts < 1 || spec->num_edits < 1)
        return false;
    if (spec->num_scripts > BENCH_NUM_SCRIPTS || spec->num_edits > BENCH_MAX_EDITS)
        return false;
    for (uint32_t i = 0; i < spec->num_edits; i++)
        if (!is_fraction(spec->edits[i]))
            return false;
    return is_fraction(spec->copies) && is_fraction(spec->contained) &&
           is_fraction(spec->variants) && is_fraction(spec->footers) &&
           spec->copies + spec->contained + spec->variants <= 0.9;
}

nd_status bench_corpus_new(const bench_corpus_spec *spec, const nd_allocator *allocator,
                           bench_corpus **out)
{
    *out = NULL;
    if (!is_valid(spec))
        return ND_ERR_INVALID_ARGUMENT;
    const nd_allocator a = nd_allocator_or_default(allocator);
    bench_corpus *const corpus = nd_alloc_zeroed(&a, 1, sizeof *corpus);
    if (!corpus)
        return ND_ERR_NO_MEMORY;
    corpus->allocator = a;
    corpus->spec = *spec;
    corpus->shuffle =
        bench_shuffle_of(spec->num_documents, bench_mix(spec->seed ^ BENCH_FOR_SHUFFLE));
    corpus->copies_bound = bench_random_bound(spec->copies);
    corpus->containers_bound = corpus->copies_bound + bench_random_bound(spec->contained);
    corpus->variants_bound = corpus->containers_bound + bench_random_bound(spec->variants);
    corpus->footers_bound = bench_random_bound(spec->footers);
    for (uint32_t i = 0; i < spec->num_edits; i++)
        corpus->edit_bounds[i] = bench_random_bound(spec->edits[i]);
    for (uint32_t i = 0; i < spec->num_scripts; i++) {
        bench_vocabulary *const vocabulary = &corpus->vocabularies[spec->scripts[i]];
        if (vocabulary->words)
            continue; /* a script named twice is twice as frequent */
        const nd_status status =
            bench_vocabulary_init(vocabulary, spec->scripts[i], spec->seed, &a);
        if (status != ND_OK) {
            bench_corpus_free(corpus);
            return status;
        }
    }
    *out = corpus;
    return ND_OK;
}

uint64_t bench_corpus_num_documents(const bench_corpus *corpus)
{
    return corpus->spec.num_documents;
}

uint64_t bench_corpus_position(const bench_corpus *corpus, uint64_t index)
{
    return bench_shuffle_forward(&corpus->shuffle, index);
}

uint64_t bench_corpus_index(const bench_corpus *corpus, uint64_t position)
{
    return bench_shuffle_backward(&corpus->shuffle, position);
}

bench_role bench_corpus_role(const bench_corpus *corpus, uint64_t index)
{
    if (index % FAMILY_BLOCK == 0)
        return BENCH_ROLE_ORIGINAL;
    bench_random random = bench_random_of(corpus->spec.seed, index, BENCH_FOR_ROLE);
    const uint64_t draw = bench_random_next(&random) >> 32;
    return draw < corpus->copies_bound       ? BENCH_ROLE_COPY
           : draw < corpus->containers_bound ? BENCH_ROLE_CONTAINER
           : draw < corpus->variants_bound   ? BENCH_ROLE_VARIANT
                                             : BENCH_ROLE_ORIGINAL;
}

uint64_t bench_corpus_original(const bench_corpus *corpus, uint64_t index)
{
    while (bench_corpus_role(corpus, index) != BENCH_ROLE_ORIGINAL)
        index--;
    return index;
}

const bench_vocabulary *bench_corpus_vocabulary(const bench_corpus *corpus, uint64_t index)
{
    if (corpus->spec.num_scripts == 1)
        return &corpus->vocabularies[corpus->spec.scripts[0]];
    bench_random random =
        bench_random_of(corpus->spec.seed, bench_corpus_original(corpus, index), BENCH_FOR_SCRIPT);
    return &corpus->vocabularies[corpus->spec.scripts[bench_random_below(
        &random, corpus->spec.num_scripts)]];
}

/* The document's kind of variant, and the random numbers that come after it. */
static bench_variant draw_variant(const bench_corpus *corpus, uint64_t index, bench_random *random)
{
    *random = bench_random_of(corpus->spec.seed, index, BENCH_FOR_VARIANT);
    return (bench_variant)bench_random_below(random, BENCH_NUM_VARIANTS);
}

bench_variant bench_corpus_variant(const bench_corpus *corpus, uint64_t index)
{
    bench_random random;
    return draw_variant(corpus, index, &random);
}

static nd_status put_copy(const bench_corpus *corpus, bench_article_writer *w, uint64_t index,
                          const bench_item_vec *original)
{
    w->random = bench_random_of(corpus->spec.seed, index, BENCH_FOR_EDITS);
    const uint32_t edit = bench_random_below(&w->random, corpus->spec.num_edits);
    return bench_put_edited(w, original, corpus->edit_bounds[edit]);
}

static nd_status put_family_member(const bench_corpus *corpus, bench_article_writer *w,
                                   uint64_t index, uint64_t original)
{
    bench_item_vec source = {0};
    bench_article_writer of_source = *w;
    of_source.items = &source;
    nd_status status = bench_put_article(&of_source, original);
    if (status == ND_OK)
        switch (bench_corpus_role(corpus, index)) {
        case BENCH_ROLE_VARIANT: {
            const bench_variant variant = draw_variant(corpus, index, &w->random);
            status = bench_put_variant(w, index, variant, &source);
            break;
        }
        case BENCH_ROLE_CONTAINER:
            status = bench_put_container(w, index, &source);
            break;
        default:
            status = put_copy(corpus, w, index, &source);
        }
    ND_VEC_RELEASE(w->allocator, &source);
    return status;
}

static nd_status put_footer(const bench_corpus *corpus, bench_article_writer *w, uint64_t index)
{
    bench_random random = bench_random_of(corpus->spec.seed, index, BENCH_FOR_FOOTER_CHOICE);
    if (!bench_random_hits(&random, corpus->footers_bound))
        return ND_OK;
    const nd_status status = ND_VEC_RESERVE(w->allocator, w->items, FOOTER_WORDS);
    if (status != ND_OK)
        return status;
    const size_t first = w->items->len;
    w->items->items[first - 1] |= BENCH_ITEM_STOP | BENCH_ITEM_PARAGRAPH;
    bench_put_fixed(w, bench_random_below(&random, NUM_FOOTERS), BENCH_FOR_FOOTER_TEXT,
                    FOOTER_WORDS);
    w->items->items[first] |= BENCH_ITEM_CAPITAL;
    w->items->items[w->items->len - 1] |= BENCH_ITEM_STOP;
    return ND_OK;
}

nd_status bench_corpus_items(const bench_corpus *corpus, uint64_t index,
                             const nd_allocator *allocator, bench_item_vec *items)
{
    items->len = 0;
    bench_article_writer w = {.seed = corpus->spec.seed,
                              .mean_bytes = corpus->spec.mean_bytes,
                              .allocator = allocator,
                              .vocabulary = bench_corpus_vocabulary(corpus, index),
                              .items = items};
    const uint64_t original = bench_corpus_original(corpus, index);
    const nd_status status = original == index ? bench_put_article(&w, index)
                                               : put_family_member(corpus, &w, index, original);
    return status == ND_OK ? put_footer(corpus, &w, index) : status;
}

nd_status bench_corpus_spell(const bench_corpus *corpus, uint64_t index, const nd_byte_vec *text,
                             const nd_allocator *allocator, nd_byte_vec *out)
{
    const bench_random random = bench_random_of(corpus->spec.seed, index, BENCH_FOR_SPELLING);
    return bench_spell_variant(bench_corpus_variant(corpus, index), random, text, allocator, out);
}

void bench_corpus_free(bench_corpus *corpus)
{
    if (!corpus)
        return;
    const nd_allocator a = corpus->allocator;
    for (uint32_t i = 0; i < BENCH_NUM_SCRIPTS; i++)
        bench_vocabulary_release(&corpus->vocabularies[i], &a);
    nd_release(&a, corpus);
}
