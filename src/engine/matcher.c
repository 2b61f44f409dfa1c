/* What both matchers need: edges as they are seen, and gathered from the threads; and tasks that
 * report progress. */
#include "engine/matcher.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "coverage/coverage.h"
#include "coverage/verdict.h"
#include "util/sort.h"

/* A coverage that no text has. */
#define UNREACHED 2.0

void nd_matcher_free(nd_matcher *matcher)
{
    if (!matcher)
        return;
    nd_release(matcher->allocator, matcher->sets);
    matcher->kind->release(matcher);
}

nd_status nd_matcher_make_sets(nd_matcher *m)
{
    m->sets = nd_alloc_zeroed(m->allocator, m->catalog->num_texts, sizeof *m->sets);
    return m->sets ? ND_OK : ND_ERR_NO_MEMORY;
}

nd_seen_match nd_matcher_see(const nd_matcher *m, const nd_edge *edge)
{
    const nd_scan_options *const o = m->options;
    nd_seen_match seen = {.similarity = nd_similarity_from_counts(
                              m->sets[edge->from].num, m->sets[edge->to].num, edge->common)};
    if (!m->kind->has_coverage) {
        seen.kind = nd_match_classify(&seen.similarity, &o->rule);
        return seen;
    }
    seen.coverage = (nd_coverage){(double)edge->from_covered / ND_COVERED_ALL,
                                  (double)edge->to_covered / ND_COVERED_ALL};
    seen.score = (double)edge->score / ND_LOGISTIC_ONE;
    /* What the score decides is told apart by its coverage, however small. */
    const bool by_score = o->score > 0 && seen.score >= o->score;
    const double least = by_score ? 0 : o->coverage > 0 ? o->coverage : UNREACHED;
    seen.kind = nd_match_classify_covered(&seen.similarity, &o->rule, &seen.coverage, least);
    return seen;
}

nd_edge nd_matcher_self_edge(const nd_matcher *m, uint32_t text)
{
    const uint16_t covered = m->kind->has_coverage ? ND_COVERED_ALL : 0;
    const uint16_t score = m->options->score > 0 ? ND_LOGISTIC_ONE : 0;
    return (nd_edge){text, text, m->sets[text].num, covered, covered, score};
}

static nd_edge_vec *edges_of(nd_edge_vec *first, size_t stride, uint32_t worker)
{
    return (nd_edge_vec *)((char *)first + stride * worker);
}

nd_status nd_edge_list_gather(nd_edge_list *list, nd_edge_vec *first, size_t stride,
                              uint32_t num_workers, const nd_allocator *allocator)
{
    size_t num = 0, at = 0;
    for (uint32_t w = 0; w < num_workers; w++)
        num += edges_of(first, stride, w)->len;
    nd_edge *const all = nd_alloc(allocator, num, sizeof *all);
    nd_key_value *const items = nd_alloc(allocator, num, sizeof *items);
    nd_key_value *const scratch = nd_alloc(allocator, num, sizeof *scratch);
    *list = (nd_edge_list){.items = nd_alloc(allocator, num, sizeof *list->items)};
    const bool has_room = all && items && scratch && list->items;
    if (has_room) {
        for (uint32_t w = 0; w < num_workers; w++) {
            nd_edge_vec *const edges = edges_of(first, stride, w);
            for (size_t i = 0; i < edges->len; i++, at++) {
                all[at] = edges->items[i];
                items[at] = (nd_key_value){(uint64_t)all[at].from << 32 | all[at].to, at};
            }
            ND_VEC_RELEASE(allocator, edges);
        }
        nd_radix_sort_pairs(items, scratch, num);
        for (size_t i = 0; i < num; i++)
            if (i == 0 || items[i].key != items[i - 1].key)
                list->items[list->num++] = all[items[i].value];
    }
    nd_release(allocator, all);
    nd_release(allocator, items);
    nd_release(allocator, scratch);
    return has_room ? ND_OK : ND_ERR_NO_MEMORY;
}

/* --- tasks with progress --- */

typedef struct reported {
    const nd_scan_options *options;
    nd_phase phase;
    size_t num_tasks;
    nd_task_fn run;
    void *ctx;
    _Atomic uint64_t num_done;
    pthread_mutex_t lock; /* of options->progress */
} reported;

static nd_status tell(reported *r)
{
    const nd_scan_options *const o = r->options;
    atomic_fetch_add(&r->num_done, 1);
    if (!o->progress || pthread_mutex_trylock(&r->lock) != 0)
        return ND_OK;
    const nd_status status =
        o->progress(o->progress_ctx, r->phase, atomic_load(&r->num_done), r->num_tasks);
    pthread_mutex_unlock(&r->lock);
    return status;
}

static nd_status run_one(void *ctx, uint32_t worker, size_t task)
{
    reported *const r = ctx;
    const nd_status status = r->run(r->ctx, worker, task);
    return status == ND_OK ? tell(r) : status;
}

nd_status nd_run_reported(const nd_scan_options *options, const nd_allocator *allocator,
                          nd_phase phase, size_t num_tasks, nd_task_fn run, void *ctx)
{
    reported r = {
        .options = options, .phase = phase, .num_tasks = num_tasks, .run = run, .ctx = ctx};
    if (pthread_mutex_init(&r.lock, NULL) != 0)
        return ND_ERR_NO_MEMORY;
    const nd_status status =
        nd_threads_for(allocator, options->num_threads, num_tasks, run_one, &r);
    pthread_mutex_destroy(&r.lock);
    return status;
}
