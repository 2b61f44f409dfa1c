/* From texts to sketches. */
#include "bench_clock.h"
#include "neardup/sketch.h"
#include "stage.h"
#include "text/tokenise/tokeniser.h"
#include "util/xxh.h"

static nd_status set_text(bench_stages *s, nd_text *text, size_t i)
{
    const size_t *const starts = s->texts.starts.items;
    return nd_text_set(text, s->texts.texts.items + starts[i], starts[i + 1] - starts[i],
                       ND_TEXT_NO_OFFSETS);
}

nd_status bench_pass_tokenise(bench_stages *stages, double *seconds)
{
    nd_status status = ND_OK;
    const double start = bench_thread_seconds();
    for (size_t i = 0; i < stages->texts.num && status == ND_OK; i++) {
        status = set_text(stages, stages->batch[0], i);
        stages->sink += nd_text_num_tokens(stages->batch[0]);
    }
    *seconds = bench_thread_seconds() - start;
    return status;
}

/* Works on documents [first, end), whose texts are set, and says how long it took. */
typedef nd_status (*batch_fn)(bench_stages *stages, size_t first, size_t end);

static nd_status each_batch(bench_stages *s, batch_fn run, double *seconds)
{
    nd_status status = ND_OK;
    *seconds = 0;
    for (size_t first = 0; first < s->texts.num && status == ND_OK; first += BENCH_BATCH_TEXTS) {
        const size_t end =
            first + BENCH_BATCH_TEXTS < s->texts.num ? first + BENCH_BATCH_TEXTS : s->texts.num;
        for (size_t i = first; i < end && status == ND_OK; i++)
            status = set_text(s, s->batch[i - first], i);
        if (status != ND_OK)
            break;
        const double start = bench_thread_seconds();
        status = run(s, first, end);
        *seconds += bench_thread_seconds() - start;
    }
    return status;
}

static nd_status shingle_batch(bench_stages *s, size_t first, size_t end)
{
    nd_status status = ND_OK;
    for (size_t i = first; i < end && status == ND_OK; i++)
        status = nd_shingle_hashes(s->batch[i - first], s->shingle,
                                   s->hashes.items + s->starts.items[i]);
    return status;
}

nd_status bench_pass_shingle(bench_stages *stages, double *seconds)
{
    return each_batch(stages, shingle_batch, seconds);
}

/* XXH3 of one text's shingles, the sum kept in place of the hashes. */
static uint64_t hash_sum(const nd_text *text, uint32_t width)
{
    const uint32_t *const start = text->token_start;
    const size_t span = text->num_tokens < width ? text->num_tokens : width;
    uint64_t sum = 0;
    for (size_t i = 0; i + span <= text->num_tokens && span > 0; i++)
        sum += XXH3_64bits(text->normalised + start[i], start[i + span] - start[i] - 1);
    return sum;
}

static nd_status hash_batch(bench_stages *s, size_t first, size_t end)
{
    for (size_t i = first; i < end; i++)
        s->sink += hash_sum(s->batch[i - first], s->shingle.width);
    return ND_OK;
}

/* The limit of text to sketch: every shingle's bytes through XXH3, and nothing else. */
nd_status bench_limit_hash(bench_stages *stages, double *seconds)
{
    return each_batch(stages, hash_batch, seconds);
}

nd_status bench_pass_sketch(bench_stages *stages, double *seconds)
{
    const uint32_t num_slots = stages->plan.slots;
    const size_t *const starts = stages->starts.items;
    nd_status status = ND_OK;
    const double start = bench_thread_seconds();
    for (size_t i = 0; i < stages->texts.num && status == ND_OK; i++)
        status = nd_sketch_compute(stages->hashes.items + starts[i], starts[i + 1] - starts[i],
                                   num_slots, stages->slots + i * num_slots);
    *seconds = bench_thread_seconds() - start;
    return status;
}

/* One document at a time through all three, as the engine does it. */
nd_status bench_pass_text_to_sketch(bench_stages *stages, double *seconds)
{
    const uint32_t num_slots = stages->plan.slots;
    nd_text *const text = stages->batch[0];
    nd_status status = ND_OK;
    const double start = bench_thread_seconds();
    for (size_t i = 0; i < stages->texts.num && status == ND_OK; i++) {
        uint64_t *const hashes = stages->hashes.items + stages->starts.items[i];
        status = set_text(stages, text, i);
        if (status == ND_OK)
            status = nd_shingle_hashes(text, stages->shingle, hashes);
        if (status == ND_OK)
            status = nd_sketch_compute(hashes, nd_shingle_count(text, stages->shingle), num_slots,
                                       stages->slots + i * num_slots);
    }
    *seconds = bench_thread_seconds() - start;
    return status;
}

/* Every hash looked at once. */
nd_status bench_limit_scan_hashes(bench_stages *stages, double *seconds)
{
    uint64_t sum = 0;
    const double start = bench_thread_seconds();
    for (size_t i = 0; i < stages->hashes.len; i++)
        sum += stages->hashes.items[i];
    *seconds = bench_thread_seconds() - start;
    stages->sink += sum;
    return ND_OK;
}
