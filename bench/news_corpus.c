#include "news_corpus.h"

#include <stdbool.h>
#include <string.h>

#include "bench_random.h"
#include "shuffle.h"

/* Longest family: keeps the walk from a copy back to its original short. */
enum { FAMILY_BLOCK = 64 };

/* Sentences and paragraphs of news. */
enum {
    TITLE_WORDS = 7,
    SENTENCE_WORDS_MIN = 6,
    SENTENCE_WORDS_SPREAD = 25,
    PARAGRAPH_SENTENCES_SPREAD = 4,
    NUM_PHRASES =
        4096, /* stock phrases: what makes documents share shingles without being copies */
    PHRASE_WORDS = 6,
    PHRASE_EVERY = 64,
    NUM_FOOTERS = 32,
    FOOTER_WORDS = 30,
};

/* What a stream of random numbers is for. */
enum {
    FOR_ROLE = 1,
    FOR_SCRIPT,
    FOR_TEXT,
    FOR_EDITS,
    FOR_FOOTER_CHOICE,
    FOR_FOOTER_TEXT,
    FOR_PHRASE,
    FOR_SHUFFLE,
};

struct bench_corpus {
    nd_allocator allocator;
    bench_corpus_spec spec;
    bench_shuffle shuffle;
    uint64_t copies_bound, containers_bound, footers_bound;
    uint64_t edit_bounds[BENCH_MAX_EDITS];
    bench_vocabulary vocabularies[BENCH_NUM_SCRIPTS]; /* those of spec.scripts */
};

/* Lengths of news are close to log-normal; sigma 0.7. The quantiles at 0, 1/64, .. 1 (the first and
 * last at 1/2048 and 1 - 1/2048) as 1/1024 of the mean: a table, so that no machine's exp differs.
 */
static const uint16_t length_quantiles[65] = {
    80,   177,  218,  248,  274,  297,  319,  339,  358,  377,  395,  413,  431,
    448,  465,  483,  500,  517,  534,  552,  569,  587,  605,  623,  641,  660,
    679,  698,  718,  738,  759,  780,  801,  824,  847,  870,  895,  920,  946,
    973,  1002, 1031, 1062, 1094, 1128, 1164, 1202, 1242, 1285, 1331, 1380, 1433,
    1491, 1555, 1625, 1704, 1793, 1896, 2016, 2162, 2346, 2591, 2952, 3620, 8059};

static uint64_t draw_length(bench_random *random, uint32_t mean_bytes)
{
    const uint32_t at = bench_random_below(random, 64 * 1024);
    const uint32_t low = length_quantiles[at / 1024], high = length_quantiles[at / 1024 + 1];
    const uint64_t share = low * UINT64_C(1024) + (uint64_t)(high - low) * (at % 1024);
    return mean_bytes * share >> 20;
}

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
           is_fraction(spec->footers) && spec->copies + spec->contained <= 0.9;
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
    corpus->shuffle = bench_shuffle_of(spec->num_documents, bench_mix(spec->seed ^ FOR_SHUFFLE));
    corpus->copies_bound = bench_random_bound(spec->copies);
    corpus->containers_bound = corpus->copies_bound + bench_random_bound(spec->contained);
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
    bench_random random = bench_random_of(corpus->spec.seed, index, FOR_ROLE);
    const uint64_t draw = bench_random_next(&random) >> 32;
    return draw < corpus->copies_bound       ? BENCH_ROLE_COPY
           : draw < corpus->containers_bound ? BENCH_ROLE_CONTAINER
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
        bench_random_of(corpus->spec.seed, bench_corpus_original(corpus, index), FOR_SCRIPT);
    return &corpus->vocabularies[corpus->spec.scripts[bench_random_below(
        &random, corpus->spec.num_scripts)]];
}

/* Words being written; they are rendered later, so bytes are counted as they will be. */
typedef struct item_writer {
    const bench_corpus *corpus;
    const nd_allocator *allocator;
    const bench_vocabulary *vocabulary;
    bench_random random;
    bench_item_vec *items;
    uint64_t len_bytes;
} item_writer;

static uint32_t draw_rank(const item_writer *w, bench_random *random)
{
    return bench_zipf_rank(&w->vocabulary->zipf, bench_random_next(random));
}

/* There is room for the item. */
static void put(item_writer *w, uint32_t rank)
{
    w->items->items[w->items->len++] = rank;
    w->len_bytes += w->vocabulary->words[rank].len_bytes + (w->vocabulary->space[0] ? 1u : 0u);
}

/* `num` words that are the same for every document that draws this key. */
static void put_fixed(item_writer *w, uint64_t key, uint32_t purpose, uint32_t num)
{
    const uint64_t of_script = key * BENCH_NUM_SCRIPTS + w->vocabulary->script;
    bench_random random = bench_random_of(w->corpus->spec.seed, of_script, purpose);
    while (num-- > 0)
        put(w, draw_rank(w, &random));
}

static void put_phrase(item_writer *w)
{
    const uint32_t a = bench_random_below(&w->random, NUM_PHRASES);
    const uint32_t b = bench_random_below(&w->random, NUM_PHRASES);
    put_fixed(w, a < b ? a : b, FOR_PHRASE, PHRASE_WORDS);
}

static nd_status put_sentence(item_writer *w, uint32_t num_words, uint32_t end)
{
    const nd_status status =
        ND_VEC_RESERVE(w->allocator, w->items, (size_t)num_words + PHRASE_WORDS);
    if (status != ND_OK)
        return status;
    const size_t first = w->items->len;
    while (w->items->len - first < num_words) {
        /* The bits of one number: 16 for the column, 16 for what else, 32 for the side. */
        const uint64_t bits = bench_random_next(&w->random);
        const uint32_t other = (uint32_t)bits >> 16;
        if (other % PHRASE_EVERY == 0) {
            put_phrase(w);
            continue;
        }
        put(w, bench_zipf_rank(&w->vocabulary->zipf, bits));
        if (other < 65536 / 14)
            w->items->items[w->items->len - 1] |= BENCH_ITEM_COMMA;
    }
    uint32_t *const last = &w->items->items[w->items->len - 1];
    *last = (*last & ~BENCH_ITEM_COMMA) | end;
    w->items->items[first] |= BENCH_ITEM_CAPITAL;
    return ND_OK;
}

/* A title, and paragraphs until the text is as long as it was drawn to be. */
static nd_status put_article(item_writer *w)
{
    const uint64_t target = draw_length(&w->random, w->corpus->spec.mean_bytes);
    nd_status status = put_sentence(w, TITLE_WORDS, BENCH_ITEM_PARAGRAPH);
    uint32_t left = 1 + bench_random_below(&w->random, PARAGRAPH_SENTENCES_SPREAD);
    while (status == ND_OK && w->len_bytes < target) {
        const uint32_t words =
            SENTENCE_WORDS_MIN + bench_random_below(&w->random, SENTENCE_WORDS_SPREAD);
        uint32_t end = BENCH_ITEM_STOP;
        if (--left == 0) {
            end |= BENCH_ITEM_PARAGRAPH;
            left = 1 + bench_random_below(&w->random, PARAGRAPH_SENTENCES_SPREAD);
        }
        status = put_sentence(w, words, end);
    }
    return status;
}

/* Makes the writer's items those of the document, as an original. */
static nd_status write_article(item_writer *w, uint64_t index)
{
    w->random = bench_random_of(w->corpus->spec.seed, index, FOR_TEXT);
    w->len_bytes = 0;
    return put_article(w);
}

/* Copies `from` with each word replaced, dropped or joined by a new one with the chance `bound`. */
static nd_status put_edited(item_writer *w, const bench_item_vec *from, uint64_t bound)
{
    const nd_status status = ND_VEC_RESERVE(w->allocator, w->items, from->len * 2 + 1);
    if (status != ND_OK)
        return status;
    uint32_t *const to = w->items->items;
    size_t len = w->items->len;
    for (size_t i = 0; i < from->len; i++) {
        const uint32_t item = from->items[i];
        const bool is_edited = bench_random_hits(&w->random, bound);
        const uint32_t kind = is_edited ? bench_random_below(&w->random, 3) + 1 : 0;
        if (kind == 1 && i + 1 < from->len) /* dropped, but for the last: no text gets empty */
            continue;
        if (kind == 3) /* one more before it */
            to[len++] = draw_rank(w, &w->random);
        if (kind == 2) /* replaced */
            to[len++] = (item & ~(uint32_t)BENCH_ITEM_RANK) | draw_rank(w, &w->random);
        else
            to[len++] = item;
    }
    w->items->len = len;
    return ND_OK;
}

static nd_status write_copy(item_writer *w, uint64_t index, const bench_item_vec *original)
{
    w->random = bench_random_of(w->corpus->spec.seed, index, FOR_EDITS);
    const uint32_t edit = bench_random_below(&w->random, w->corpus->spec.num_edits);
    return put_edited(w, original, w->corpus->edit_bounds[edit]);
}

/* Text of its own, the original whole, more text of its own. */
static nd_status write_container(item_writer *w, uint64_t index, const bench_item_vec *original)
{
    nd_status status = write_article(w, index);
    if (status == ND_OK)
        status = ND_VEC_RESERVE(w->allocator, w->items, original->len);
    if (status != ND_OK)
        return status;
    uint32_t *const items = w->items->items;
    size_t cut = w->items->len / 2;
    while (cut < w->items->len && !(items[cut - 1] & BENCH_ITEM_PARAGRAPH))
        cut++;
    memmove(items + cut + original->len, items + cut, (w->items->len - cut) * sizeof *items);
    memcpy(items + cut, original->items, original->len * sizeof *items);
    items[cut + original->len - 1] |= BENCH_ITEM_PARAGRAPH;
    w->items->len += original->len;
    return ND_OK;
}

static nd_status write_family_member(item_writer *w, uint64_t index, uint64_t original)
{
    bench_item_vec source = {0};
    item_writer of_source = *w;
    of_source.items = &source;
    nd_status status = write_article(&of_source, original);
    if (status == ND_OK)
        status = bench_corpus_role(w->corpus, index) == BENCH_ROLE_COPY
                     ? write_copy(w, index, &source)
                     : write_container(w, index, &source);
    ND_VEC_RELEASE(w->allocator, &source);
    return status;
}

static nd_status put_footer(item_writer *w, uint64_t index)
{
    bench_random random = bench_random_of(w->corpus->spec.seed, index, FOR_FOOTER_CHOICE);
    if (!bench_random_hits(&random, w->corpus->footers_bound))
        return ND_OK;
    const nd_status status = ND_VEC_RESERVE(w->allocator, w->items, FOOTER_WORDS);
    if (status != ND_OK)
        return status;
    const size_t first = w->items->len;
    w->items->items[first - 1] |= BENCH_ITEM_STOP | BENCH_ITEM_PARAGRAPH;
    put_fixed(w, bench_random_below(&random, NUM_FOOTERS), FOR_FOOTER_TEXT, FOOTER_WORDS);
    w->items->items[first] |= BENCH_ITEM_CAPITAL;
    w->items->items[w->items->len - 1] |= BENCH_ITEM_STOP;
    return ND_OK;
}

nd_status bench_corpus_items(const bench_corpus *corpus, uint64_t index,
                             const nd_allocator *allocator, bench_item_vec *items)
{
    items->len = 0;
    item_writer w = {.corpus = corpus,
                     .allocator = allocator,
                     .vocabulary = bench_corpus_vocabulary(corpus, index),
                     .items = items};
    const uint64_t original = bench_corpus_original(corpus, index);
    const nd_status status =
        original == index ? write_article(&w, index) : write_family_member(&w, index, original);
    return status == ND_OK ? put_footer(&w, index) : status;
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
