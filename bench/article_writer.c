#include "article_writer.h"

#include <stdbool.h>
#include <string.h>

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

uint32_t bench_draw_rank(const bench_article_writer *w, bench_random *random)
{
    return bench_zipf_rank(&w->vocabulary->zipf, bench_random_next(random));
}

/* There is room for the item. */
static void put(bench_article_writer *w, uint32_t rank)
{
    w->items->items[w->items->len++] = rank;
    w->len_bytes += w->vocabulary->words[rank].len_bytes + (w->vocabulary->space[0] ? 1u : 0u);
}

void bench_put_fixed(bench_article_writer *w, uint64_t key, uint32_t purpose, uint32_t num)
{
    const uint64_t of_script = key * BENCH_NUM_SCRIPTS + w->vocabulary->script;
    bench_random random = bench_random_of(w->seed, of_script, purpose);
    while (num-- > 0)
        put(w, bench_draw_rank(w, &random));
}

static void put_phrase(bench_article_writer *w)
{
    const uint32_t a = bench_random_below(&w->random, NUM_PHRASES);
    const uint32_t b = bench_random_below(&w->random, NUM_PHRASES);
    bench_put_fixed(w, a < b ? a : b, BENCH_FOR_PHRASE, PHRASE_WORDS);
}

nd_status bench_put_sentence(bench_article_writer *w, uint32_t num_words, uint32_t end)
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

nd_status bench_put_title(bench_article_writer *w)
{
    return bench_put_sentence(w, TITLE_WORDS, BENCH_ITEM_PARAGRAPH);
}

nd_status bench_put_paragraphs(bench_article_writer *w, uint64_t len_bytes)
{
    const uint64_t target = w->len_bytes + len_bytes;
    nd_status status = ND_OK;
    uint32_t left = 1 + bench_random_below(&w->random, PARAGRAPH_SENTENCES_SPREAD);
    while (status == ND_OK && w->len_bytes < target) {
        const uint32_t words =
            SENTENCE_WORDS_MIN + bench_random_below(&w->random, SENTENCE_WORDS_SPREAD);
        uint32_t end = BENCH_ITEM_STOP;
        if (--left == 0) {
            end |= BENCH_ITEM_PARAGRAPH;
            left = 1 + bench_random_below(&w->random, PARAGRAPH_SENTENCES_SPREAD);
        }
        status = bench_put_sentence(w, words, end);
    }
    return status;
}

nd_status bench_put_article(bench_article_writer *w, uint64_t index)
{
    w->random = bench_random_of(w->seed, index, BENCH_FOR_TEXT);
    w->len_bytes = 0;
    const uint64_t target = draw_length(&w->random, w->mean_bytes);
    const nd_status status = bench_put_title(w);
    if (status != ND_OK || w->len_bytes >= target)
        return status;
    return bench_put_paragraphs(w, target - w->len_bytes);
}

nd_status bench_put_edited(bench_article_writer *w, const bench_item_vec *from, uint64_t bound)
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
            to[len++] = bench_draw_rank(w, &w->random);
        if (kind == 2) /* replaced */
            to[len++] = (item & ~(uint32_t)BENCH_ITEM_RANK) | bench_draw_rank(w, &w->random);
        else
            to[len++] = item;
    }
    w->items->len = len;
    return ND_OK;
}

nd_status bench_put_container(bench_article_writer *w, uint64_t index,
                              const bench_item_vec *original)
{
    nd_status status = bench_put_article(w, index);
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
