/* How common each sample of the texts is, found out by way of files.
 *
 *   texts ─→ postings, by partition of hashes ─→ counted ─→ results ─→ taken back text by text
 *               and the order of partitions ───────────────────────────────┘
 *
 * Texts come in the order of their numbers, so the postings of a shingle do as well: those before
 * one are the larger texts that sample it, and nothing has to be sorted. A partition is gone
 * through twice, once to count its shingles and once to say of each posting what it is told; so
 * only its shingles need room, however many texts hold one of them. */
#include <string.h>

#include "engine/catalog.h"
#include "engine/filed_candidates.h"
#include "engine/matcher.h"
#include "util/threads.h"
#include "util/u64_map.h"

enum {
    SHARE = 4,          /* of what the budget has left */
    POSTING_BYTES = 96, /* in memory while a partition is counted, if no shingle comes again */
    MAX_PARTITIONS = 4096,
    MIN_BLOCK_BYTES = 1 << 10,
    MAX_BLOCK_BYTES = 1 << 16,
    POSTINGS_AT_ONCE = 512,
    STRETCH_BYTES = 1 << 16,
    PICK_AT = 32, /* bit of a posting's value */
    NUM_PROPOSED = ND_PICK_LEADERS + ND_PICK_NEIGHBOURS,
};

/* A posting is a key and a value:
 *
 *   key: the shingle     value:  | 0 | 1 + its rank among the picks, or 0: 4 bits | text, 32 |
 *
 * Its result is what nd_rare_sample says of it, with two of the bits that are 0 there set: */
static const uint64_t IS_LISTED = UINT64_C(1) << 51; /* it stands among the members */
static const uint64_t HAS_PICK = UINT64_C(1) << 50;  /* a hot_pick follows */

typedef struct hot_pick {
    uint32_t rank, num_earlier;
    uint32_t texts[NUM_PROPOSED]; /* of the earlier ones those that are proposed */
} hot_pick;

/* A shingle while its partition is counted. */
typedef struct counted_shingle {
    uint32_t num, earlier;
    uint32_t place; /* of its list among the partition's members */
    uint32_t hot;   /* number among the hot ones, + 1; 0: it is none */
} counted_shingle;

/* The first texts of a hot shingle, and the last ones so far: number n at last[n % 2]. */
typedef struct hot_shingle {
    uint32_t first[ND_PICK_LEADERS], last[ND_PICK_NEIGHBOURS];
} hot_shingle;

typedef struct counter {
    nd_u64_map numbers; /* of shingles */
    ND_VEC(counted_shingle) shingles;
    ND_VEC(hot_shingle) hot;
    ND_VEC(uint32_t) members;
    uint64_t members_at; /* where they go in their file */
} counter;

typedef struct partition {
    nd_spool postings, results;
    uint64_t num_postings, num_members;
} partition;

typedef struct counting {
    nd_filed_samples *samples;
    const nd_text_source *source;
    nd_temp_file *postings, *results;
    uint64_t mask; /* of hashes: what counts as one shingle */
    uint64_t seed; /* odd; of the counters' keys: authors of texts know hashes */
    size_t num_partitions;
    partition *partitions;
    nd_spool
        order; /* text by text: the number of samples, 32 bits, and their partitions, 16 each */
    counter *counters; /* one a worker */
} counting;

/* ---- to the partitions ---- */

/* By bits that tell shingles apart among however many documents. */
static size_t partition_of(const counting *c, uint64_t shingle)
{
    return (size_t)shingle & (c->num_partitions - 1);
}

/* 1 + the rank of a sample among the picks; 0: it is none. */
static uint64_t pick_of(const nd_sequence_sample *sample, uint64_t shingle)
{
    if (sample->num_picks == 0 || shingle > sample->picks[sample->num_picks - 1])
        return 0;
    uint64_t rank = 0;
    while (sample->picks[rank] != shingle)
        rank++;
    return rank + 1;
}

static nd_status scatter_text(counting *c, uint32_t text)
{
    const uint64_t *shingles;
    uint32_t num;
    nd_status status = c->source->get(c->source->ctx, text, &shingles, &num);
    if (status != ND_OK)
        return status;
    const nd_sequence_sample sample = nd_sample_sequence(shingles, num);
    c->samples->shifts[text] = (uint8_t)sample.shift;
    c->samples->num_shingles[text] = num;
    status = nd_spool_put(&c->order, &sample.num_samples, sizeof sample.num_samples);
    for (uint32_t i = 0; i < num && status == ND_OK; i++) {
        if (shingles[i] > sample.up_to)
            continue;
        const nd_key_value posting = {shingles[i], pick_of(&sample, shingles[i]) << PICK_AT | text};
        const uint16_t number = (uint16_t)partition_of(c, shingles[i]);
        partition *const p = &c->partitions[number];
        p->num_postings++;
        status = nd_spool_put(&p->postings, &posting, sizeof posting);
        if (status == ND_OK)
            status = nd_spool_put(&c->order, &number, sizeof number);
    }
    return status;
}

static nd_status scatter(counting *c)
{
    nd_status status = ND_OK;
    for (size_t x = 0; x < c->source->num_texts && status == ND_OK; x++)
        status = scatter_text(c, (uint32_t)x);
    for (size_t p = 0; p < c->num_partitions && status == ND_OK; p++)
        status = nd_spool_end(&c->partitions[p].postings);
    return status == ND_OK ? nd_spool_end(&c->order) : status;
}

/* ---- a partition ---- */

/* Calls `each` for all postings of a partition, in order. */
typedef nd_status (*posting_fn)(const counting *c, partition *p, counter *k,
                                const nd_key_value *posting);

static nd_status each_posting(const counting *c, partition *p, counter *k, posting_fn each)
{
    nd_key_value some[POSTINGS_AT_ONCE];
    nd_status status = ND_OK;
    nd_spool_rewind(&p->postings);
    for (uint64_t left = p->num_postings; left > 0 && status == ND_OK;) {
        const size_t num = left < POSTINGS_AT_ONCE ? (size_t)left : POSTINGS_AT_ONCE;
        status = nd_spool_get(&p->postings, some, num * sizeof *some);
        for (size_t i = 0; i < num && status == ND_OK; i++)
            status = each(c, p, k, &some[i]);
        left -= num;
    }
    nd_spool_rewind(&p->postings);
    return status;
}

static uint64_t key_of(const counting *c, uint64_t shingle)
{
    return (shingle & c->mask) * c->seed;
}

static nd_status count_posting(const counting *c, partition *p, counter *k,
                               const nd_key_value *posting)
{
    (void)p;
    const uint64_t key = key_of(c, posting->key);
    const uint64_t *const known = nd_u64_map_find(&k->numbers, key);
    if (known) {
        k->shingles.items[*known].num++;
        return ND_OK;
    }
    nd_status status = nd_u64_map_reserve(&k->numbers, 1);
    if (status == ND_OK)
        status = ND_VEC_RESERVE(c->samples->allocator, &k->shingles, 1);
    if (status != ND_OK)
        return status;
    nd_u64_map_set(&k->numbers, key, k->shingles.len);
    k->shingles.items[k->shingles.len++] = (counted_shingle){.num = 1};
    return ND_OK;
}

/* Room for the lists of the rare shingles, and for what is kept of the hot ones. */
static nd_status make_lists(const nd_allocator *a, counter *k)
{
    uint32_t num_members = 0, num_hot = 0;
    for (size_t i = 0; i < k->shingles.len; i++) {
        counted_shingle *const s = &k->shingles.items[i];
        if (s->num >= 2 && s->num <= ND_RARE_FREQUENCY) {
            s->place = num_members;
            num_members += s->num;
        }
        if (s->num > ND_HOT_FREQUENCY)
            s->hot = ++num_hot;
    }
    k->members.len = k->hot.len = 0;
    nd_status status = ND_VEC_RESERVE(a, &k->members, num_members);
    if (status == ND_OK)
        status = ND_VEC_RESERVE(a, &k->hot, num_hot);
    if (status == ND_OK) {
        k->members.len = num_members;
        k->hot.len = num_hot;
    }
    return status;
}

/* What is told of a hot pick: of the texts before its own the first and the last ones. */
static hot_pick tell_pick(const hot_shingle *hot, uint32_t rank, uint32_t num_earlier)
{
    hot_pick pick = {.rank = rank, .num_earlier = num_earlier};
    uint32_t num = 0;
    for (uint32_t i = 0; i < num_earlier && i < ND_PICK_LEADERS; i++)
        pick.texts[num++] = hot->first[i];
    uint32_t i = num_earlier > ND_PICK_NEIGHBOURS ? num_earlier - ND_PICK_NEIGHBOURS : 0;
    for (i = i < ND_PICK_LEADERS ? ND_PICK_LEADERS : i; i < num_earlier; i++)
        pick.texts[num++] = hot->last[i % ND_PICK_NEIGHBOURS];
    return pick;
}

/* Lists the posting's text, and writes its result. */
static nd_status tell_posting(const counting *c, partition *p, counter *k,
                              const nd_key_value *posting)
{
    counted_shingle *const s =
        &k->shingles.items[*nd_u64_map_find(&k->numbers, key_of(c, posting->key))];
    const uint32_t text = (uint32_t)posting->value, earlier = s->earlier++;
    const uint32_t pick = (uint32_t)(posting->value >> PICK_AT);
    const bool is_listed = s->num >= 2 && s->num <= ND_RARE_FREQUENCY;
    hot_shingle *const hot = s->hot ? &k->hot.items[s->hot - 1] : NULL;
    const uint64_t member = k->members_at / sizeof(uint32_t) + s->place + earlier;
    uint64_t result = nd_rare_sample(nd_shingle_weight(s->num), posting->key,
                                     is_listed ? earlier : 0, is_listed ? (uint32_t)member : 0);
    result |= (is_listed ? IS_LISTED : 0) | (hot && pick > 0 ? HAS_PICK : 0);
    if (is_listed)
        k->members.items[s->place + earlier] = text;
    nd_status status = nd_spool_put(&p->results, &result, sizeof result);
    if (status == ND_OK && hot && pick > 0) {
        const hot_pick told = tell_pick(hot, pick - 1, earlier);
        status = nd_spool_put(&p->results, &told, sizeof told);
    }
    if (hot && earlier < ND_PICK_LEADERS)
        hot->first[earlier] = text;
    if (hot)
        hot->last[earlier % ND_PICK_NEIGHBOURS] = text;
    return status;
}

static nd_status count_partition(void *ctx, uint32_t worker, size_t number)
{
    const counting *const c = ctx;
    partition *const p = &c->partitions[number];
    counter *const k = &c->counters[worker];
    nd_temp_file *const file = c->samples->members;
    nd_u64_map_clear(&k->numbers);
    k->shingles.len = 0;
    nd_status status = each_posting(c, p, k, count_posting);
    if (status == ND_OK)
        status = make_lists(c->samples->allocator, k);
    if (status != ND_OK)
        return status;
    p->num_members = k->members.len;
    k->members_at = nd_temp_file_reserve(file, k->members.len * sizeof *k->members.items);
    status = each_posting(c, p, k, tell_posting);
    if (status == ND_OK && k->members.len > 0)
        status = nd_temp_file_write(file, k->members_at, k->members.items,
                                    k->members.len * sizeof *k->members.items, NULL);
    return status == ND_OK ? nd_spool_end(&p->results) : status;
}

/* ---- taken back ---- */

typedef struct taking_back {
    counting *counting;
    nd_filed_proposals *proposals;
    ND_VEC(uint16_t) numbers; /* the partitions of one text's samples */
    ND_VEC(uint16_t) weights; /* what is not in the file yet */
    ND_VEC(uint64_t) rare;    /* the same */
    nd_key_value_vec pairs;
    uint32_t num_samples; /* before the text at work */
} taking_back;

/* Writes what is there, if it is enough. */
static nd_status write_rare(taking_back *t, size_t least)
{
    nd_filed_samples *const s = t->counting->samples;
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
    return nd_temp_file_append(t->counting->samples->weights, t->weights.items, len, &at, NULL);
}

static nd_status write_pairs(taking_back *t, size_t least)
{
    return t->pairs.len >= least ? nd_sorted_runs_add(t->proposals->pairs, &t->pairs) : ND_OK;
}

static void sort_picks(hot_pick *picks, uint32_t num)
{
    for (uint32_t i = 1; i < num; i++)
        for (uint32_t k = i; k > 0 && picks[k - 1].rank > picks[k].rank; k--) {
            const hot_pick moved = picks[k];
            picks[k] = picks[k - 1];
            picks[k - 1] = moved;
        }
}

/* What follow_picks of coverage/rare_candidates.c does. */
static nd_status follow_picks(taking_back *t, uint32_t text, uint32_t num_picks, hot_pick *hot,
                              uint32_t num_hot)
{
    uint64_t left_out = 0;
    if (num_hot == 0 || 2 * num_hot < num_picks)
        return ND_OK;
    const nd_status status = ND_VEC_RESERVE(t->counting->samples->allocator, &t->pairs,
                                            (size_t)ND_PICKS_FOLLOWED * NUM_PROPOSED);
    if (status != ND_OK)
        return status;
    sort_picks(hot, num_hot);
    for (uint32_t i = 0; i < num_hot && i < ND_PICKS_FOLLOWED; i++) {
        const uint32_t num = hot[i].num_earlier;
        for (uint32_t m = 0; m < num && m < NUM_PROPOSED; m++)
            if (hot[i].texts[m] != text)
                t->pairs.items[t->pairs.len++] =
                    (nd_key_value){(uint64_t)hot[i].texts[m] << 32 | text, 0};
        left_out += num > NUM_PROPOSED ? num - NUM_PROPOSED : 0;
    }
    nd_filed_proposals *const p = t->proposals;
    if (left_out > 0) {
        p->num_common++;
        p->capped_comparisons += left_out < text ? left_out : text;
        p->common_text = text < p->common_text ? text : p->common_text;
    }
    return write_pairs(t, nd_sorted_runs_most(p->pairs, 1));
}

/* The head of the text's rare samples goes before them, once it shows that there are some. */
static void put_rare(taking_back *t, uint32_t text, uint64_t sample, size_t *head)
{
    if (*head == SIZE_MAX) {
        *head = t->rare.len;
        t->rare.items[t->rare.len++] = (uint64_t)text << 32;
    }
    t->rare.items[*head]++;
    t->rare.items[t->rare.len++] = sample & ~(IS_LISTED | HAS_PICK);
}

static nd_status take_sample(taking_back *t, uint32_t text, partition *p, size_t *head,
                             hot_pick *hot, uint32_t *num_hot)
{
    nd_filed_samples *const s = t->counting->samples;
    uint64_t result;
    nd_status status = nd_spool_get(&p->results, &result, sizeof result);
    if (status != ND_OK)
        return status;
    if (result & IS_LISTED)
        s->members_in[text / s->texts_a_range]++;
    if (result & IS_LISTED && (uint16_t)(result >> 32) > 0)
        put_rare(t, text, result, head);
    if (s->first_sample)
        t->weights.items[t->weights.len++] = (uint16_t)nd_sample_weight(result);
    if (result & HAS_PICK) {
        if (*num_hot == ND_PICKS)
            return ND_ERR_FORMAT;
        status = nd_spool_get(&p->results, &hot[(*num_hot)++], sizeof *hot);
    }
    return status;
}

static nd_status take_text_back(taking_back *t, uint32_t text)
{
    counting *const c = t->counting;
    nd_filed_samples *const s = c->samples;
    hot_pick hot[ND_PICKS];
    uint32_t num, num_hot = 0;
    size_t head = SIZE_MAX;
    nd_status status = nd_spool_get(&c->order, &num, sizeof num);
    t->numbers.len = 0;
    if (status == ND_OK)
        status = ND_VEC_RESERVE(s->allocator, &t->numbers, num);
    if (status == ND_OK)
        status = ND_VEC_RESERVE(s->allocator, &t->rare, (size_t)num + 1);
    if (status == ND_OK && s->first_sample)
        status = ND_VEC_RESERVE(s->allocator, &t->weights, num);
    if (status == ND_OK)
        status = nd_spool_get(&c->order, t->numbers.items, num * sizeof *t->numbers.items);
    if (s->first_sample)
        s->first_sample[text] = t->num_samples;
    t->num_samples += num;
    for (uint32_t i = 0; i < num && status == ND_OK; i++)
        status = take_sample(t, text, &c->partitions[t->numbers.items[i]], &head, hot, &num_hot);
    if (status == ND_OK)
        status = follow_picks(t, text, num < ND_PICKS ? num : ND_PICKS, hot, num_hot);
    if (status == ND_OK)
        status = write_weights(t, STRETCH_BYTES);
    return status == ND_OK ? write_rare(t, STRETCH_BYTES) : status;
}

static nd_status take_back(counting *c, nd_filed_proposals *proposals)
{
    nd_filed_samples *const s = c->samples;
    taking_back t = {.counting = c, .proposals = proposals};
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
    ND_VEC_RELEASE(s->allocator, &t.numbers);
    ND_VEC_RELEASE(s->allocator, &t.weights);
    ND_VEC_RELEASE(s->allocator, &t.rare);
    ND_VEC_RELEASE(s->allocator, &t.pairs);
    return status;
}

/* ---- all of it ---- */

static nd_status make_partitions(counting *c)
{
    nd_filed_samples *const s = c->samples;
    const nd_scan_options *const o = s->options;
    const uint64_t room = nd_budget_room(o->budget) / SHARE;
    const uint64_t at_once = room / POSTING_BYTES / o->num_threads + 1;
    c->num_partitions = 1;
    while (c->num_partitions < MAX_PARTITIONS &&
           c->num_partitions * at_once < c->source->num_samples)
        c->num_partitions *= 2;
    const uint64_t share = room / c->num_partitions;
    const size_t block = share < MIN_BLOCK_BYTES   ? MIN_BLOCK_BYTES
                         : share > MAX_BLOCK_BYTES ? MAX_BLOCK_BYTES
                                                   : (size_t)share;
    c->partitions = nd_alloc_zeroed(s->allocator, c->num_partitions, sizeof *c->partitions);
    c->counters = nd_alloc_zeroed(s->allocator, o->num_threads, sizeof *c->counters);
    if (!c->partitions || !c->counters)
        return ND_ERR_NO_MEMORY;
    for (size_t p = 0; p < c->num_partitions; p++) {
        nd_spool_init(&c->partitions[p].postings, c->postings, block, s->allocator);
        nd_spool_init(&c->partitions[p].results, c->results, block, s->allocator);
    }
    for (uint32_t w = 0; w < o->num_threads; w++)
        nd_u64_map_init(&c->counters[w].numbers, s->allocator);
    nd_spool_init(&c->order, c->results, MAX_BLOCK_BYTES, s->allocator);
    return ND_OK;
}

static void release_counters(counting *c)
{
    for (uint32_t w = 0; c->counters && w < c->samples->options->num_threads; w++) {
        nd_u64_map_release(&c->counters[w].numbers);
        ND_VEC_RELEASE(c->samples->allocator, &c->counters[w].shingles);
        ND_VEC_RELEASE(c->samples->allocator, &c->counters[w].hot);
        ND_VEC_RELEASE(c->samples->allocator, &c->counters[w].members);
    }
    nd_release(c->samples->allocator, c->counters);
    c->counters = NULL;
}

/* The postings are not needed any more. */
static void release_postings(counting *c)
{
    for (size_t p = 0; c->partitions && p < c->num_partitions; p++)
        nd_spool_release(&c->partitions[p].postings);
    nd_temp_file_free(c->postings);
    c->postings = NULL;
}

static void release_counting(counting *c)
{
    release_counters(c);
    release_postings(c);
    for (size_t p = 0; c->partitions && p < c->num_partitions; p++)
        nd_spool_release(&c->partitions[p].results);
    if (c->partitions)
        nd_spool_release(&c->order);
    nd_release(c->samples->allocator, c->partitions);
    nd_temp_file_free(c->results);
}

static nd_status open_files(counting *c, bool wants_weights)
{
    nd_filed_samples *const s = c->samples;
    nd_budget *const budget = s->options->budget;
    s->shifts = nd_alloc(s->allocator, s->num_texts, sizeof *s->shifts);
    s->num_shingles = nd_alloc(s->allocator, s->num_texts, sizeof *s->num_shingles);
    if (wants_weights)
        s->first_sample = nd_alloc(s->allocator, s->num_texts + 1, sizeof *s->first_sample);
    nd_status status = s->shifts && s->num_shingles && (s->first_sample || !wants_weights)
                           ? ND_OK
                           : ND_ERR_NO_MEMORY;
    nd_temp_file **const files[] = {&s->rare, &s->members, &c->postings, &c->results};
    for (size_t i = 0; i < sizeof files / sizeof *files && status == ND_OK; i++)
        status = nd_temp_file_new(budget, files[i], NULL);
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
    counting c = {.samples = samples,
                  .source = source,
                  .seed = nd_random_seed() | 1,
                  .mask = nd_shared_shingles_mask(source->num_texts, source->num_samples)};
    nd_status status = open_files(&c, wants_weights);
    if (status == ND_OK)
        status = make_partitions(&c);
    if (status == ND_OK)
        status = scatter(&c);
    if (status == ND_OK)
        status = nd_run_reported(options, allocator, ND_PHASE_SEARCH, c.num_partitions,
                                 count_partition, &c);
    release_counters(&c);
    release_postings(&c);
    for (size_t p = 0; p < c.num_partitions && status == ND_OK; p++)
        samples->num_members += c.partitions[p].num_members;
    if (status == ND_OK)
        status = take_back(&c, proposals);
    release_counting(&c);
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
