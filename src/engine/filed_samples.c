/* What is written down of the samples of texts, once it is known how common each is: the rare ones
 * text by text, for the search, the weights of all, and the pairs that picks of common text
 * propose. */
#include "engine/catalog.h"
#include "engine/filed_candidates.h"
#include "engine/sample_partitions.h"

enum { STRETCH_BYTES = 1 << 16 };

/* ---- put ---- */

static nd_status put_texts(nd_filed_samples *s, const nd_text_source *source,
                           nd_sample_partitions *partitions)
{
    nd_status status = ND_OK;
    for (size_t x = 0; x < source->num_texts && status == ND_OK; x++) {
        const uint64_t *shingles;
        uint32_t num;
        status = source->get(source->ctx, (uint32_t)x, &shingles, &num);
        if (status != ND_OK)
            break;
        const nd_sequence_sample sample = nd_sample_sequence(shingles, num);
        s->shifts[x] = (uint8_t)sample.shift;
        s->num_shingles[x] = num;
        status = nd_sample_partitions_put(partitions, (uint32_t)x, shingles, num, &sample);
    }
    return status;
}

/* ---- taken back ---- */

typedef struct taking_back {
    nd_sample_partitions *partitions;
    nd_filed_samples *samples;
    nd_filed_proposals *proposals;
    ND_VEC(uint16_t) weights; /* what is not in the file yet */
    ND_VEC(uint64_t) rare;    /* the same */
    nd_key_value_vec pairs;
    uint32_t num_samples; /* before the text at work */
} taking_back;

/* Writes what is there, if it is enough. */
static nd_status write_rare(taking_back *t, size_t least)
{
    nd_filed_samples *const s = t->samples;
    const size_t len = t->rare.len * sizeof *t->rare.items;
    if (len == 0 || len < least)
        return ND_OK;
    nd_filed_stretch stretch = {.len = len};
    nd_status status = ND_VEC_RESERVE(s->allocator, &s->stretches, 1);
    if (status == ND_OK)
        status = nd_temp_file_append(s->rare, t->rare.items, len, &stretch.at, NULL);
    if (status == ND_OK)
        s->stretches.items[s->stretches.len++] = stretch;
    t->rare.len = 0;
    return status;
}

static nd_status write_weights(taking_back *t, size_t least)
{
    const size_t len = t->weights.len * sizeof *t->weights.items;
    uint64_t at;
    if (len == 0 || len < least)
        return ND_OK;
    t->weights.len = 0;
    return nd_temp_file_append(t->samples->weights, t->weights.items, len, &at, NULL);
}

static nd_status write_pairs(taking_back *t, size_t least)
{
    return t->pairs.len >= least ? nd_key_value_runs_add(t->proposals->pairs, &t->pairs) : ND_OK;
}

static void sort_picks(nd_hot_pick *picks, uint32_t num)
{
    for (uint32_t i = 1; i < num; i++)
        for (uint32_t k = i; k > 0 && picks[k - 1].rank > picks[k].rank; k--) {
            const nd_hot_pick moved = picks[k];
            picks[k] = picks[k - 1];
            picks[k - 1] = moved;
        }
}

/* What follow_picks of coverage/rare_candidates.c does. */
static nd_status follow_picks(taking_back *t, uint32_t text, uint32_t num_picks, nd_hot_pick *hot,
                              uint32_t num_hot)
{
    uint64_t left_out = 0;
    if (num_hot == 0 || 2 * num_hot < num_picks)
        return ND_OK;
    const nd_status status = ND_VEC_RESERVE(t->samples->allocator, &t->pairs,
                                            (size_t)ND_PICKS_FOLLOWED * ND_PICK_PROPOSED);
    if (status != ND_OK)
        return status;
    sort_picks(hot, num_hot);
    for (uint32_t i = 0; i < num_hot && i < ND_PICKS_FOLLOWED; i++) {
        const uint32_t num = hot[i].num_earlier;
        for (uint32_t m = 0; m < num && m < ND_PICK_PROPOSED; m++)
            if (hot[i].texts[m] != text)
                t->pairs.items[t->pairs.len++] =
                    (nd_key_value){(uint64_t)hot[i].texts[m] << 32 | text, 0};
        left_out += num > ND_PICK_PROPOSED ? num - ND_PICK_PROPOSED : 0;
    }
    nd_filed_proposals *const p = t->proposals;
    if (left_out > 0) {
        p->num_common++;
        p->capped_comparisons += left_out < text ? left_out : text;
        p->common_text = text < p->common_text ? text : p->common_text;
    }
    return write_pairs(t, nd_key_value_runs_most(p->pairs, 1));
}

/* The head of the text's rare samples goes before them, once it shows that there are some. */
static void put_rare(taking_back *t, uint32_t text, uint64_t sample, size_t *head)
{
    if (*head == SIZE_MAX) {
        *head = t->rare.len;
        t->rare.items[t->rare.len++] = (uint64_t)text << 32;
    }
    t->rare.items[*head]++;
    t->rare.items[t->rare.len++] = sample & ~(ND_SAMPLE_IS_LISTED | ND_SAMPLE_IS_HOT_PICK);
}

static nd_status take_sample(taking_back *t, uint32_t text, size_t *head, nd_hot_pick *hot,
                             uint32_t *num_hot)
{
    nd_filed_samples *const s = t->samples;
    nd_hot_pick pick;
    uint64_t sample;
    const nd_status status = nd_sample_partitions_take(t->partitions, &sample, &pick);
    if (status != ND_OK)
        return status;
    if (sample & ND_SAMPLE_IS_LISTED)
        s->members_in[text / s->texts_a_range]++;
    if (sample & ND_SAMPLE_IS_LISTED && (uint16_t)(sample >> 32) > 0)
        put_rare(t, text, sample, head);
    if (s->first_sample)
        t->weights.items[t->weights.len++] = (uint16_t)nd_sample_weight(sample);
    if (sample & ND_SAMPLE_IS_HOT_PICK && *num_hot < ND_PICKS)
        hot[(*num_hot)++] = pick;
    return ND_OK;
}

static nd_status take_text_back(taking_back *t, uint32_t text)
{
    nd_filed_samples *const s = t->samples;
    nd_hot_pick hot[ND_PICKS];
    uint32_t num, num_hot = 0;
    size_t head = SIZE_MAX;
    nd_status status = nd_sample_partitions_next(t->partitions, &num);
    if (status == ND_OK)
        status = ND_VEC_RESERVE(s->allocator, &t->rare, (size_t)num + 1);
    if (status == ND_OK && s->first_sample)
        status = ND_VEC_RESERVE(s->allocator, &t->weights, num);
    if (status != ND_OK)
        return status;
    if (s->first_sample)
        s->first_sample[text] = t->num_samples;
    t->num_samples += num;
    for (uint32_t i = 0; i < num && status == ND_OK; i++)
        status = take_sample(t, text, &head, hot, &num_hot);
    if (status == ND_OK)
        status = follow_picks(t, text, num < ND_PICKS ? num : ND_PICKS, hot, num_hot);
    if (status == ND_OK)
        status = write_weights(t, STRETCH_BYTES);
    return status == ND_OK ? write_rare(t, STRETCH_BYTES) : status;
}

static nd_status take_back(nd_filed_samples *s, nd_sample_partitions *partitions,
                           nd_filed_proposals *proposals)
{
    taking_back t = {.partitions = partitions, .samples = s, .proposals = proposals};
    nd_status status = ND_OK;
    for (size_t x = 0; x < s->num_texts && status == ND_OK; x++)
        status = take_text_back(&t, (uint32_t)x);
    if (status == ND_OK)
        status = write_rare(&t, 0);
    if (status == ND_OK)
        status = write_weights(&t, 0);
    if (status == ND_OK)
        status = write_pairs(&t, 0);
    if (s->first_sample)
        s->first_sample[s->num_texts] = t.num_samples;
    ND_VEC_RELEASE(s->allocator, &t.weights);
    ND_VEC_RELEASE(s->allocator, &t.rare);
    ND_VEC_RELEASE(s->allocator, &t.pairs);
    return status;
}

/* ---- all of it ---- */

static nd_status open_files(nd_filed_samples *s, bool wants_weights)
{
    nd_budget *const budget = s->options->budget;
    s->shifts = nd_alloc(s->allocator, s->num_texts, sizeof *s->shifts);
    s->num_shingles = nd_alloc(s->allocator, s->num_texts, sizeof *s->num_shingles);
    if (wants_weights)
        s->first_sample = nd_alloc(s->allocator, s->num_texts + 1, sizeof *s->first_sample);
    nd_status status = s->shifts && s->num_shingles && (s->first_sample || !wants_weights)
                           ? ND_OK
                           : ND_ERR_NO_MEMORY;
    if (status == ND_OK)
        status = nd_temp_file_new(budget, &s->rare, NULL);
    if (status == ND_OK)
        status = nd_temp_file_new(budget, &s->members, NULL);
    if (status == ND_OK && wants_weights)
        status = nd_temp_file_new(budget, &s->weights, NULL);
    return status;
}

nd_status nd_filed_samples_init(nd_filed_samples *samples, const nd_scan_options *options,
                                const nd_allocator *allocator, const nd_text_source *source,
                                bool wants_weights, nd_filed_proposals *proposals)
{
    *samples = (nd_filed_samples){
        .options = options,
        .allocator = allocator,
        .num_texts = source->num_texts,
        .texts_a_range = (uint32_t)(source->num_texts / ND_MEMBER_RANGES) + 1,
    };
    if (source->num_samples > UINT32_MAX)
        return ND_ERR_LIMIT;
    nd_sample_partitions partitions = {0};
    nd_status status = open_files(samples, wants_weights);
    if (status == ND_OK)
        status = nd_sample_partitions_init(&partitions, options, allocator, source->num_texts,
                                           source->num_samples, samples->members);
    if (status == ND_OK)
        status = put_texts(samples, source, &partitions);
    if (status == ND_OK)
        status = nd_sample_partitions_count(&partitions, &samples->num_members);
    if (status == ND_OK)
        status = take_back(samples, &partitions, proposals);
    nd_sample_partitions_release(&partitions);
    return status;
}

void nd_filed_samples_forget_lists(nd_filed_samples *samples)
{
    nd_temp_file_free(samples->rare);
    nd_temp_file_free(samples->members);
    nd_release(samples->allocator, samples->shifts);
    nd_release(samples->allocator, samples->num_shingles);
    ND_VEC_RELEASE(samples->allocator, &samples->stretches);
    samples->rare = samples->members = NULL;
    samples->shifts = NULL;
    samples->num_shingles = NULL;
}

void nd_filed_samples_release(nd_filed_samples *samples)
{
    if (!samples->allocator)
        return;
    nd_filed_samples_forget_lists(samples);
    nd_temp_file_free(samples->weights);
    nd_release(samples->allocator, samples->first_sample);
    samples->weights = NULL;
    samples->first_sample = NULL;
}
