/* Texts come in the order of their numbers, so the postings of a shingle do as well: those before
 * one are the larger texts that sample it, and nothing has to be sorted. A partition is gone
 * through twice, once to count its shingles and once to say of each posting what it is told; so
 * only its shingles need room, however many texts hold one of them.
 *
 *   texts ─→ postings, by partition of hashes ─→ counted ─→ results ─→ taken back text by text
 *               and the order of partitions ───────────────────────────────┘
 */
#include "engine/sample_partitions.h"

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
    PICK_AT = 32, /* bit of a posting's value */
};

/* A posting is a key and a value:
 *
 *   key: the shingle     value:  | 0 | 1 + its rank among the picks, or 0: 4 bits | text, 32 | */

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

typedef struct nd_sample_counter {
    nd_u64_map numbers; /* of shingles */
    ND_VEC(counted_shingle) shingles;
    ND_VEC(hot_shingle) hot;
    ND_VEC(uint32_t) members;
    uint64_t members_at; /* where they go in their file */
} nd_sample_counter;

/* ---- to the partitions ---- */

/* By bits that tell shingles apart among however many documents. */
static size_t partition_of(const nd_sample_partitions *c, uint64_t shingle)
{
    return (size_t)shingle & (c->num - 1);
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

nd_status nd_sample_partitions_put(nd_sample_partitions *partitions, uint32_t text,
                                   const uint64_t *shingles, uint32_t num,
                                   const nd_sequence_sample *sample)
{
    nd_sample_partitions *const c = partitions;
    nd_status status = nd_spool_put(&c->order, &sample->num_samples, sizeof sample->num_samples);
    for (uint32_t i = 0; i < num && status == ND_OK; i++) {
        if (shingles[i] > sample->up_to)
            continue;
        const nd_key_value posting = {shingles[i], pick_of(sample, shingles[i]) << PICK_AT | text};
        const uint16_t number = (uint16_t)partition_of(c, shingles[i]);
        nd_sample_partition *const p = &c->partitions[number];
        p->num_postings++;
        status = nd_spool_put(&p->postings, &posting, sizeof posting);
        if (status == ND_OK)
            status = nd_spool_put(&c->order, &number, sizeof number);
    }
    return status;
}

/* ---- a partition ---- */

/* Calls `each` for all postings of a partition, in order. */
typedef nd_status (*posting_fn)(const nd_sample_partitions *c, nd_sample_partition *p,
                                nd_sample_counter *k, const nd_key_value *posting);

static nd_status each_posting(const nd_sample_partitions *c, nd_sample_partition *p,
                              nd_sample_counter *k, posting_fn each)
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

static uint64_t key_of(const nd_sample_partitions *c, uint64_t shingle)
{
    return (shingle & c->mask) * c->seed;
}

static nd_status count_posting(const nd_sample_partitions *c, nd_sample_partition *p,
                               nd_sample_counter *k, const nd_key_value *posting)
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
        status = ND_VEC_RESERVE(c->allocator, &k->shingles, 1);
    if (status != ND_OK)
        return status;
    nd_u64_map_set(&k->numbers, key, k->shingles.len);
    k->shingles.items[k->shingles.len++] = (counted_shingle){.num = 1};
    return ND_OK;
}

/* Room for the lists of the rare shingles, and for what is kept of the hot ones. */
static nd_status make_lists(const nd_allocator *a, nd_sample_counter *k)
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
static nd_hot_pick tell_pick(const hot_shingle *hot, uint32_t rank, uint32_t num_earlier)
{
    nd_hot_pick pick = {.rank = rank, .num_earlier = num_earlier};
    uint32_t num = 0;
    for (uint32_t i = 0; i < num_earlier && i < ND_PICK_LEADERS; i++)
        pick.texts[num++] = hot->first[i];
    uint32_t i = num_earlier > ND_PICK_NEIGHBOURS ? num_earlier - ND_PICK_NEIGHBOURS : 0;
    for (i = i < ND_PICK_LEADERS ? ND_PICK_LEADERS : i; i < num_earlier; i++)
        pick.texts[num++] = hot->last[i % ND_PICK_NEIGHBOURS];
    return pick;
}

/* Lists the posting's text, and writes its result. */
static nd_status tell_posting(const nd_sample_partitions *c, nd_sample_partition *p,
                              nd_sample_counter *k, const nd_key_value *posting)
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
    result |= (is_listed ? ND_SAMPLE_IS_LISTED : 0) | (hot && pick > 0 ? ND_SAMPLE_IS_HOT_PICK : 0);
    if (is_listed)
        k->members.items[s->place + earlier] = text;
    nd_status status = nd_spool_put(&p->results, &result, sizeof result);
    if (status == ND_OK && hot && pick > 0) {
        const nd_hot_pick told = tell_pick(hot, pick - 1, earlier);
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
    const nd_sample_partitions *const c = ctx;
    nd_sample_partition *const p = &c->partitions[number];
    nd_sample_counter *const k = &c->counters[worker];
    nd_temp_file *const file = c->members;
    nd_u64_map_clear(&k->numbers);
    k->shingles.len = 0;
    nd_status status = each_posting(c, p, k, count_posting);
    if (status == ND_OK)
        status = make_lists(c->allocator, k);
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

/* ---- all of it ---- */

static nd_status make_partitions(nd_sample_partitions *c, uint64_t num_samples)
{
    const nd_scan_options *const o = c->options;
    const uint64_t room = nd_budget_room(o->budget) / SHARE;
    const uint64_t at_once = room / POSTING_BYTES / o->num_threads + 1;
    c->num = 1;
    while (c->num < MAX_PARTITIONS && c->num * at_once < num_samples)
        c->num *= 2;
    const uint64_t share = room / c->num;
    const size_t block = share < MIN_BLOCK_BYTES   ? MIN_BLOCK_BYTES
                         : share > MAX_BLOCK_BYTES ? MAX_BLOCK_BYTES
                                                   : (size_t)share;
    c->partitions = nd_alloc_zeroed(c->allocator, c->num, sizeof *c->partitions);
    c->counters = nd_alloc_zeroed(c->allocator, o->num_threads, sizeof *c->counters);
    if (!c->partitions || !c->counters)
        return ND_ERR_NO_MEMORY;
    for (size_t p = 0; p < c->num; p++) {
        nd_spool_init(&c->partitions[p].postings, c->postings, block, c->allocator);
        nd_spool_init(&c->partitions[p].results, c->results, block, c->allocator);
    }
    for (uint32_t w = 0; w < o->num_threads; w++)
        nd_u64_map_init(&c->counters[w].numbers, c->allocator);
    nd_spool_init(&c->order, c->results, MAX_BLOCK_BYTES, c->allocator);
    return ND_OK;
}

nd_status nd_sample_partitions_init(nd_sample_partitions *partitions,
                                    const nd_scan_options *options, const nd_allocator *allocator,
                                    size_t num_texts, uint64_t num_samples, nd_temp_file *members)
{
    *partitions = (nd_sample_partitions){
        .options = options,
        .allocator = allocator,
        .members = members,
        .mask = nd_shared_shingles_mask(num_texts, num_samples),
        .seed = nd_random_seed() | 1,
    };
    nd_status status = nd_temp_file_new(options->budget, &partitions->postings, NULL);
    if (status == ND_OK)
        status = nd_temp_file_new(options->budget, &partitions->results, NULL);
    return status == ND_OK ? make_partitions(partitions, num_samples) : status;
}

/* What only counting needs. */
static void release_counters(nd_sample_partitions *c)
{
    for (uint32_t w = 0; c->counters && w < c->options->num_threads; w++) {
        nd_u64_map_release(&c->counters[w].numbers);
        ND_VEC_RELEASE(c->allocator, &c->counters[w].shingles);
        ND_VEC_RELEASE(c->allocator, &c->counters[w].hot);
        ND_VEC_RELEASE(c->allocator, &c->counters[w].members);
    }
    nd_release(c->allocator, c->counters);
    c->counters = NULL;
    for (size_t p = 0; c->partitions && p < c->num; p++)
        nd_spool_release(&c->partitions[p].postings);
    nd_temp_file_free(c->postings);
    c->postings = NULL;
}

nd_status nd_sample_partitions_count(nd_sample_partitions *partitions, size_t *num_members)
{
    nd_sample_partitions *const c = partitions;
    nd_status status = nd_spool_end(&c->order);
    for (size_t p = 0; p < c->num && status == ND_OK; p++)
        status = nd_spool_end(&c->partitions[p].postings);
    if (status == ND_OK)
        status =
            nd_run_reported(c->options, c->allocator, ND_PHASE_SEARCH, c->num, count_partition, c);
    release_counters(c);
    *num_members = 0;
    for (size_t p = 0; p < c->num && status == ND_OK; p++)
        *num_members += (size_t)c->partitions[p].num_members;
    return status;
}

nd_status nd_sample_partitions_next(nd_sample_partitions *partitions, uint32_t *num_samples)
{
    nd_sample_partitions *const c = partitions;
    c->numbers.len = c->at = 0;
    nd_status status = nd_spool_get(&c->order, num_samples, sizeof *num_samples);
    if (status == ND_OK)
        status = ND_VEC_RESERVE(c->allocator, &c->numbers, *num_samples);
    return status == ND_OK
               ? nd_spool_get(&c->order, c->numbers.items, *num_samples * sizeof *c->numbers.items)
               : status;
}

nd_status nd_sample_partitions_take(nd_sample_partitions *partitions, uint64_t *sample,
                                    nd_hot_pick *pick)
{
    nd_sample_partitions *const c = partitions;
    nd_sample_partition *const p = &c->partitions[c->numbers.items[c->at++]];
    const nd_status status = nd_spool_get(&p->results, sample, sizeof *sample);
    return status == ND_OK && *sample & ND_SAMPLE_IS_HOT_PICK
               ? nd_spool_get(&p->results, pick, sizeof *pick)
               : status;
}

void nd_sample_partitions_release(nd_sample_partitions *partitions)
{
    nd_sample_partitions *const c = partitions;
    if (!c->allocator)
        return;
    release_counters(c);
    for (size_t p = 0; c->partitions && p < c->num; p++)
        nd_spool_release(&c->partitions[p].results);
    if (c->partitions)
        nd_spool_release(&c->order);
    nd_release(c->allocator, c->partitions);
    ND_VEC_RELEASE(c->allocator, &c->numbers);
    nd_temp_file_free(c->results);
    c->results = NULL;
    c->partitions = NULL;
}
