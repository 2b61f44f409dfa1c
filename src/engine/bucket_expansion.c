#include "engine/bucket_expansion.h"

#include <string.h>

#include "engine/edge_collection.h"
#include "engine/verifier.h"
#include "lsh/band_buckets.h"
#include "lsh/first_band.h"

enum {
    /* Pairs: buckets up to this size are expanded whole, at most 512 * 511 / 2 comparisons. In a
     * larger one a member meets the WINDOW that follow it, which are the nearest to it in length;
     * and no more than MAX_WINDOWED over all such buckets. */
    FULL_BUCKET = 512,
    WINDOW = 128,
    MAX_WINDOWED = 512,
    /* Groups: leaders that a bucket may try. Members left then meet the NEIGHBOURS that follow. */
    MAX_LEADERS = 64,
    NEIGHBOURS = 32,
};

static const uint32_t NO_LEADER = UINT32_MAX;

/* State of one document over the bands; each is touched by one bucket of a band only. */
typedef struct expansion {
    nd_scan *scan;
    uint32_t band;
    size_t capped_stride; /* bytes of `capped` a document */
    uint8_t *capped;      /* pairs: bit j: its bucket of band j was not expanded whole */
    uint16_t *windowed;   /* pairs: comparisons spent in such buckets */
    uint32_t *leader_of;  /* groups: the first leader it matched */
} expansion;

static nd_status add_edge(expansion *e, nd_scan_worker *worker, nd_edge edge)
{
    const nd_status status = ND_VEC_RESERVE(&e->scan->allocator, &worker->edges, 1);
    if (status == ND_OK)
        worker->edges.items[worker->edges.len++] = edge;
    return status;
}

/* Verifies a < b and keeps the match. */
static nd_status compare(expansion *e, nd_scan_worker *worker, uint32_t a, uint32_t b,
                         uint32_t *common)
{
    nd_status status = nd_scan_verify(e->scan, worker, a, b, common);
    if (status == ND_OK && *common > 0)
        status = add_edge(e, worker, (nd_edge){a, b, *common});
    return status;
}

static nd_status compare_once(expansion *e, nd_scan_worker *worker, uint32_t a, uint32_t b)
{
    const nd_catalog *const c = &e->scan->catalog;
    if (nd_bands_shared_before(nd_catalog_record(c, a)->band_keys,
                               nd_catalog_record(c, b)->band_keys, e->band,
                               e->capped + a * e->capped_stride))
        return ND_OK;
    uint32_t common;
    return compare(e, worker, a, b, &common);
}

static nd_status expand_large_bucket(expansion *e, nd_scan_worker *worker, const uint32_t *members,
                                     size_t num)
{
    uint64_t compared = 0;
    for (size_t i = 0; i < num; i++) {
        const uint32_t a = members[i];
        size_t window = MAX_WINDOWED - e->windowed[a];
        window = window > WINDOW ? WINDOW : window;
        if (window > num - i - 1)
            window = num - i - 1;
        for (size_t j = i + 1; j <= i + window; j++) {
            const nd_status status = compare_once(e, worker, a, members[j]);
            if (status != ND_OK)
                return status;
        }
        e->windowed[a] = (uint16_t)(e->windowed[a] + window);
        compared += window;
    }
    for (size_t i = 0; i < num; i++)
        e->capped[members[i] * e->capped_stride + e->band / 8] |= (uint8_t)(1u << (e->band % 8));
    worker->stats.capped_buckets++;
    worker->stats.capped_comparisons += (uint64_t)num * (num - 1) / 2 - compared;
    return ND_OK;
}

static nd_status expand_into_pairs(void *ctx, uint32_t worker_index, uint32_t *members, size_t num)
{
    expansion *const e = ctx;
    nd_scan_worker *const worker = &e->scan->workers[worker_index];
    if (num > FULL_BUCKET)
        return expand_large_bucket(e, worker, members, num);
    for (size_t i = 0; i < num; i++)
        for (size_t j = i + 1; j < num; j++) {
            const nd_status status = compare_once(e, worker, members[i], members[j]);
            if (status != ND_OK)
                return status;
        }
    return ND_OK;
}

/* Whether an earlier band has put the two under one leader. */
static bool is_led_already(const expansion *e, uint32_t leader, uint32_t member)
{
    const uint32_t of_member = e->leader_of[member], of_leader = e->leader_of[leader];
    return of_member != NO_LEADER && (of_member == leader || of_member == of_leader);
}

/* members[0] leads; *num becomes the size of the rest, which moves to the front. */
static nd_status lead(expansion *e, nd_scan_worker *worker, uint32_t *members, size_t *num)
{
    const uint32_t leader = members[0];
    size_t rest = 0;
    for (size_t i = 1; i < *num; i++) {
        const uint32_t member = members[i];
        if (is_led_already(e, leader, member))
            continue;
        uint32_t common;
        const nd_status status = compare(e, worker, leader, member, &common);
        if (status != ND_OK)
            return status;
        if (common == 0)
            members[rest++] = member;
        else if (e->leader_of[member] == NO_LEADER)
            e->leader_of[member] = leader;
    }
    *num = rest;
    return ND_OK;
}

static nd_status meet_neighbours(expansion *e, nd_scan_worker *worker, const uint32_t *members,
                                 size_t num)
{
    uint64_t compared = 0;
    for (size_t i = 0; i < num; i++) {
        const size_t end = num - i - 1 < NEIGHBOURS ? num : i + 1 + NEIGHBOURS;
        for (size_t j = i + 1; j < end; j++) {
            if (is_led_already(e, members[i], members[j]))
                continue;
            uint32_t common;
            const nd_status status = compare(e, worker, members[i], members[j], &common);
            if (status != ND_OK)
                return status;
            if (common > 0 && e->leader_of[members[j]] == NO_LEADER)
                e->leader_of[members[j]] = members[i];
        }
        compared += end - i - 1;
    }
    const uint64_t wanted = (uint64_t)num * (num - 1) / 2;
    worker->stats.capped_buckets += compared < wanted;
    worker->stats.capped_comparisons += wanted - compared;
    return ND_OK;
}

static nd_status expand_under_leaders(void *ctx, uint32_t worker_index, uint32_t *members,
                                      size_t num)
{
    expansion *const e = ctx;
    nd_scan_worker *const worker = &e->scan->workers[worker_index];
    for (int led = 0; num > 1; led++) {
        if (led == MAX_LEADERS)
            return meet_neighbours(e, worker, members, num);
        const nd_status status = lead(e, worker, members, &num);
        if (status != ND_OK)
            return status;
    }
    return ND_OK;
}

static nd_status expansion_init(expansion *e, nd_scan *scan)
{
    const size_t num = scan->catalog.num_distinct;
    *e = (expansion){.scan = scan, .capped_stride = (scan->plan.bands + 7) / 8};
    if (scan->options.output == ND_SCAN_GROUPS && scan->options.link == ND_LINK_ANCHORED) {
        e->leader_of = nd_alloc(&scan->allocator, num, sizeof *e->leader_of);
        if (!e->leader_of)
            return ND_ERR_NO_MEMORY;
        memset(e->leader_of, 0xff, num * sizeof *e->leader_of);
        return ND_OK;
    }
    e->capped = nd_alloc_zeroed(&scan->allocator, num, e->capped_stride);
    e->windowed = nd_alloc_zeroed(&scan->allocator, num, sizeof *e->windowed);
    return e->capped && e->windowed ? ND_OK : ND_ERR_NO_MEMORY;
}

static void expansion_release(expansion *e)
{
    nd_release(&e->scan->allocator, e->capped);
    nd_release(&e->scan->allocator, e->windowed);
    nd_release(&e->scan->allocator, e->leader_of);
}

enum { LINE_BYTES = 64, LINES_AHEAD = 4 };

/* Brings what comparing `member` will read: where its record is, the record with its keys, and the
 * first of its hashes (the processor sees by itself how these go on). */
static void fetch_member(void *ctx, uint32_t member, unsigned stage)
{
    const expansion *const e = ctx;
    const nd_catalog *const c = &e->scan->catalog;
    if (stage == 0) {
        __builtin_prefetch(&c->records[member]);
        return;
    }
    const nd_record *const record = c->records[member];
    if (stage == 1) {
        __builtin_prefetch(record);
        __builtin_prefetch((const char *)record + LINE_BYTES);
        return;
    }
    const char *const hashes = (const char *)record->hashes;
    for (size_t line = 0; line < LINES_AHEAD; line++)
        __builtin_prefetch(hashes + line * LINE_BYTES);
}

static nd_status each_band(expansion *e, nd_band_buckets *buckets)
{
    const nd_scan *const scan = e->scan;
    const nd_scan_options *const o = &scan->options;
    const nd_bucket_visitor visitor = {e->leader_of ? expand_under_leaders : expand_into_pairs,
                                       fetch_member, e};
    const size_t num = scan->catalog.num_distinct;
    for (e->band = 0; e->band < scan->plan.bands; e->band++) {
        nd_status status =
            nd_band_buckets_each(buckets, scan->catalog.band_keys + e->band * num, &visitor);
        if (status == ND_OK && o->progress)
            status = o->progress(o->progress_ctx, ND_PHASE_BANDS, e->band + 1, scan->plan.bands);
        if (status != ND_OK)
            return status;
    }
    return ND_OK;
}

nd_status nd_scan_expand_buckets(nd_scan *scan)
{
    nd_band_buckets *buckets;
    nd_status status = nd_band_buckets_new(scan->catalog.num_distinct, scan->options.num_threads,
                                           &scan->allocator, &buckets);
    if (status != ND_OK)
        return status;
    expansion e;
    status = expansion_init(&e, scan);
    if (status == ND_OK)
        status = each_band(&e, buckets);
    expansion_release(&e);
    nd_band_buckets_free(buckets);
    return status == ND_OK ? nd_scan_collect_edges(scan) : status;
}
