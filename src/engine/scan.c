#include "neardup/scan.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "engine/edge_runs.h"
#include "engine/scan_state.h"
#include "neardup/batch.h"
#include "neardup/document_map.h"
#include "store/budget.h"
#include "util/error.h"
#include "util/threads.h"

enum {
    RUNS_SHARE = 16, /* of the budget, for all threads */
    MIN_RUN_BYTES = 1 << 14,
    MAX_RUN_BYTES = 1 << 25,
};

static nd_status new_matcher(nd_scan *scan)
{
    return nd_scan_options_has_coverage(&scan->options)
               ? nd_coverage_matcher_new(&scan->options, &scan->allocator, &scan->matcher)
               : nd_band_matcher_new(&scan->options, &scan->plan, &scan->allocator, &scan->matcher);
}

/* What the records of a thread may take before they go to a file; sorting takes as much again. */
static uint64_t run_bytes(const nd_scan_options *options)
{
    const uint64_t share = nd_budget_limit(options->budget) / RUNS_SHARE / options->num_threads;
    return share < MIN_RUN_BYTES ? MIN_RUN_BYTES : share < MAX_RUN_BYTES ? share : MAX_RUN_BYTES;
}

nd_status nd_scan_new(const nd_scan_options *options, const nd_allocator *allocator, nd_scan **out,
                      nd_error *error)
{
    *out = NULL;
    nd_scan_options full;
    nd_plan plan;
    nd_status status = nd_scan_settle(options, &full, &plan, error);
    if (status != ND_OK)
        return status;
    const nd_allocator a =
        full.budget ? *nd_budget_allocator(full.budget) : nd_allocator_or_default(allocator);
    if (full.num_threads == 0)
        full.num_threads = nd_num_processors();
    nd_scan *const scan = nd_alloc_zeroed(&a, 1, sizeof *scan);
    if (!scan)
        return nd_error_set(error, ND_ERR_NO_MEMORY, "out of memory");
    scan->options = full;
    scan->allocator = a;
    scan->plan = plan;
    const uint64_t seed = full.seed ? full.seed : nd_random_seed();
    scan->ingesters = nd_alloc_zeroed(&a, full.num_threads, sizeof *scan->ingesters);
    status = scan->ingesters ? new_matcher(scan) : ND_ERR_NO_MEMORY;
    if (status == ND_OK) {
        const uint32_t num_preferences =
            full.representative == ND_REPRESENTATIVE_PREFERRED ? full.num_preferences : 0;
        status = nd_collection_init(&scan->collection, scan->matcher->kind_block_bytes,
                                    num_preferences, full.budget, &scan->allocator);
        scan->has_collection = status == ND_OK;
    }
    if (status == ND_OK && nd_collection_is_limited(&scan->collection))
        status = nd_record_runs_init(&scan->runs, full.budget, full.texts, &scan->allocator);
    for (uint32_t w = 0; status == ND_OK && w < full.num_threads; w++) {
        status = nd_ingester_init(&scan->ingesters[w], &scan->collection, &scan->options, seed);
        if (scan->runs.allocator) {
            scan->ingesters[w].runs = &scan->runs;
            scan->ingesters[w].run_bytes = run_bytes(&full);
        }
    }
    if (status != ND_OK) {
        nd_scan_free(scan);
        return nd_error_set(error, status, "%s", nd_status_message(status));
    }
    *out = scan;
    return ND_OK;
}

nd_status nd_scan_add(nd_scan *scan, const nd_document *document)
{
    if (scan->phase != ND_SCAN_ADDING)
        return ND_ERR_INVALID_ARGUMENT;
    return nd_ingester_add(&scan->ingesters[0], scan->matcher, 0, document);
}

static nd_status add_from_source(void *ctx, uint32_t worker, const nd_document *document)
{
    nd_scan *const scan = ctx;
    nd_ingester *const in = &scan->ingesters[worker];
    const nd_status status = nd_ingester_add(in, scan->matcher, worker, document);
    return status == ND_OK ? ND_OK : nd_ingester_leave_out(in, &scan->options, document, status);
}

/* Documents that come from now on are of this source, or NULL, where none can come again. */
static nd_status begin_source(nd_scan *scan, const nd_source *source)
{
    uint32_t number = ND_NO_SOURCE;
    if (source) {
        const nd_status status = ND_VEC_RESERVE(&scan->allocator, &scan->sources, 1);
        if (status != ND_OK)
            return status;
        number = (uint32_t)scan->sources.len;
        scan->sources.items[scan->sources.len++] = *source;
    }
    for (uint32_t w = 0; w < scan->options.num_threads; w++)
        scan->ingesters[w].source = number;
    return ND_OK;
}

/* Says of a temporary file why it failed. */
static void explain(const nd_scan *scan, nd_status status, nd_error *error)
{
    if (status == ND_ERR_IO && error && strcmp(error->message, nd_status_message(status)) == 0)
        error->message[0] = '\0';
    nd_budget_explain(scan->options.budget, status, error);
}

nd_status nd_scan_add_source(nd_scan *scan, const nd_source *source, nd_error *error)
{
    if (scan->phase != ND_SCAN_ADDING)
        return nd_error_set(error, ND_ERR_INVALID_ARGUMENT, "the scan is finished, or has failed");
    nd_document_map_options options;
    nd_document_map_options_init(&options);
    options.num_threads = scan->options.num_threads;
    options.progress = scan->options.progress;
    options.progress_ctx = scan->options.progress_ctx;
    options.allocator = &scan->allocator;
    nd_status status = begin_source(scan, source->again ? source : NULL);
    if (status != ND_OK)
        status = nd_error_set(error, status, "%s", nd_status_message(status));
    else
        status = nd_document_map(source, &options, add_from_source, scan, error);
    if (status == ND_OK)
        status = begin_source(scan, NULL);
    if (status != ND_OK) {
        scan->phase = ND_SCAN_FAILED;
        explain(scan, status, error);
    }
    return status;
}

enum { DOCUMENTS_A_TASK = 64 };

typedef struct batch_adding {
    nd_scan *scan;
    const nd_document_batch *batch;
} batch_adding;

static nd_status add_from_batch(const batch_adding *b, uint32_t worker, size_t i)
{
    char number[24];
    const nd_document_batch *const batch = b->batch;
    const nd_batch_text text = nd_text_batch_get(batch->texts, i);
    nd_document document = {.id = number,
                            .text = text.p ? text.p : "",
                            .text_len_bytes = text.len_bytes,
                            .preference = batch->preferences ? batch->preferences[i] : 0,
                            .tag = batch->tags ? batch->tags[i] : batch->first_number + i};
    if (batch->ids) {
        const nd_batch_text id = nd_text_batch_get(batch->ids, i);
        document.id = id.p ? id.p : "";
        document.id_len_bytes = id.len_bytes;
    } else
        document.id_len_bytes =
            (size_t)snprintf(number, sizeof number, "%" PRIu64, batch->first_number + i);
    return add_from_source(b->scan, worker, &document);
}

static nd_status add_batch_task(void *ctx, uint32_t worker, size_t task)
{
    const batch_adding *const b = ctx;
    const size_t end = (task + 1) * DOCUMENTS_A_TASK;
    nd_status status = ND_OK;
    for (size_t i = task * DOCUMENTS_A_TASK; i < end && i < b->batch->texts->num && status == ND_OK;
         i++)
        status = add_from_batch(b, worker, i);
    return status;
}

nd_status nd_scan_add_batch(nd_scan *scan, const nd_document_batch *batch, nd_error *error)
{
    if (scan->phase != ND_SCAN_ADDING)
        return nd_error_set(error, ND_ERR_INVALID_ARGUMENT, "the scan is finished, or has failed");
    if (batch->ids && batch->ids->num != batch->texts->num)
        return nd_error_set(error, ND_ERR_INVALID_ARGUMENT, "not as many ids as texts");
    batch_adding b = {scan, batch};
    const nd_status status = nd_threads_for(
        &scan->allocator, scan->options.num_threads,
        (batch->texts->num + DOCUMENTS_A_TASK - 1) / DOCUMENTS_A_TASK, add_batch_task, &b);
    if (status == ND_OK)
        return ND_OK;
    scan->phase = ND_SCAN_FAILED;
    nd_error_set(error, status, "%s", nd_status_message(status));
    explain(scan, status, error);
    return status;
}

static nd_status build_catalog_from_runs(nd_scan *scan)
{
    const nd_catalog_request request = {scan->matcher->kind->text_size, scan->options.texts,
                                        scan->options.num_threads};
    nd_status status = ND_OK;
    for (uint32_t w = 0; w < scan->options.num_threads && status == ND_OK; w++)
        status = nd_ingester_write_run(&scan->ingesters[w]);
    return status == ND_OK ? nd_catalog_init_from_runs(&scan->catalog, &scan->collection,
                                                       &scan->runs, &request, &scan->allocator)
                           : status;
}

static nd_status build_catalog(nd_scan *scan)
{
    if (nd_collection_is_limited(&scan->collection))
        return build_catalog_from_runs(scan);
    size_t num = 0, at = 0;
    for (uint32_t w = 0; w < scan->options.num_threads; w++)
        num += scan->ingesters[w].added.len;
    nd_record **const documents = nd_alloc(&scan->allocator, num, sizeof(nd_record *));
    if (!documents)
        return ND_ERR_NO_MEMORY;
    for (uint32_t w = 0; w < scan->options.num_threads; w++) {
        nd_ingester *const in = &scan->ingesters[w];
        if (in->added.len)
            memcpy(documents + at, in->added.items, in->added.len * sizeof *documents);
        at += in->added.len;
        ND_VEC_RELEASE(&scan->allocator, &in->added);
    }
    const nd_catalog_request request = {scan->matcher->kind->text_size, scan->options.texts,
                                        scan->options.num_threads};
    return nd_catalog_init(&scan->catalog, &scan->collection, documents, num, &request,
                           &scan->allocator);
}

/* Whether matches go through files: where a budget is limited, and all of them are asked for.
 * Groups of pairs that are listed as well need them sorted by rank, in memory. */
static bool has_edge_runs(const nd_scan *scan)
{
    const nd_scan_options *const o = &scan->options;
    return (o->output == ND_SCAN_PAIRS || o->link == ND_LINK_SINGLE) &&
           nd_collection_is_limited(&scan->collection);
}

/* What is asked for follows from the matches; groups alone, unless by single links, do not need all
 * of them. */
static nd_status find_matches(nd_scan *scan)
{
    const nd_scan_options *const o = &scan->options;
    uint32_t *by_rank = NULL;
    nd_status status = o->output == ND_SCAN_PAIRS ? ND_OK : nd_rank_texts(scan->matcher, &by_rank);
    nd_edge_runs in_file, *runs = NULL;
    if (status == ND_OK && has_edge_runs(scan)) {
        status = nd_edge_runs_init(&in_file, o->budget, o->num_threads, &scan->allocator);
        runs = status == ND_OK ? &in_file : NULL;
    }
    const nd_match_request request = {
        o->output == ND_SCAN_GROUPS && o->link == ND_LINK_ANCHORED ? ND_WANT_GROUPS : ND_WANT_ALL,
        by_rank, runs};
    if (status == ND_OK)
        status = scan->matcher->kind->match(scan->matcher, &request, &scan->edges);
    const nd_pair_request pairs = {&scan->catalog, scan->matcher->sets, &scan->edges, runs,
                                   o->max_matches};
    if (status == ND_OK && o->output != ND_SCAN_GROUPS)
        status = nd_pair_lists_init(&scan->pairs, &pairs, &scan->allocator);
    if (status == ND_OK && o->output != ND_SCAN_PAIRS)
        status = nd_scan_groups_init(&scan->groups, scan->matcher, &scan->edges, runs, by_rank);
    if (runs)
        nd_edge_runs_release(runs);
    nd_release(&scan->allocator, by_rank);
    return status;
}

/* Adds what an ingester counted. */
static void add_stats(nd_scan_stats *sum, const nd_scan_stats *part)
{
    sum->documents += part->documents;
    sum->text_bytes += part->text_bytes;
    sum->tokens += part->tokens;
    sum->documents_no_tokens += part->documents_no_tokens;
    sum->documents_invalid_utf8 += part->documents_invalid_utf8;
    sum->invalid_bytes += part->invalid_bytes;
    sum->documents_invalid_id += part->documents_invalid_id;
    sum->repaired_documents += part->repaired_documents;
    sum->repairs += part->repairs;
    sum->blob_bytes += part->blob_bytes;
    sum->documents_over_limit += part->documents_over_limit;
    sum->documents_no_memory += part->documents_no_memory;
    sum->shingles += part->shingles;
}

static void sum_stats(nd_scan *scan)
{
    nd_scan_stats *const stats = &scan->stats;
    for (uint32_t w = 0; w < scan->options.num_threads; w++)
        add_stats(stats, &scan->ingesters[w].stats);
    scan->matcher->kind->count(scan->matcher, stats);
    const uint64_t num_texts = scan->catalog.num_texts;
    const uint64_t num_pairs = num_texts * (num_texts - (num_texts > 0)) / 2;
    if (stats->capped_comparisons > num_pairs)
        stats->capped_comparisons = num_pairs;
    stats->plan = scan->plan;
    stats->duplicate_ids = scan->catalog.num_renamed;
    stats->exact_copies = nd_catalog_num_exact_copies(&scan->catalog);
    stats->capped_documents = scan->pairs.num_capped;
    stats->pairs = scan->pairs.num_pairs;
    stats->groups = scan->groups.num_groups;
    stats->group_members = scan->groups.num_members;
}

static nd_status notice(nd_name_reader *names, nd_notice kind, uint32_t number)
{
    nd_id id;
    nd_kept_text text;
    const nd_status status = nd_name_reader_get(names, number, &id, &text);
    const nd_document document = {.id = id.p, .id_len_bytes = id.len_bytes, .tag = id.tag};
    if (status == ND_OK)
        names->scan->options.notice(names->scan->options.notice_ctx, kind, &document);
    return status;
}

static void notice_renamed(const nd_scan *scan, const nd_record *record)
{
    const nd_document document = {
        .id = nd_record_id(record), .id_len_bytes = record->id_len_bytes, .tag = record->tag};
    scan->options.notice(scan->options.notice_ctx, ND_NOTICE_DUPLICATE_ID, &document);
}

/* Names an example of what no document is noticed for while it is read. */
static nd_status notice_examples(const nd_scan *scan)
{
    const nd_catalog *const c = &scan->catalog;
    const uint32_t text = scan->matcher->capped_text;
    nd_status status = ND_OK;
    if (!scan->options.notice)
        return status;
    nd_name_reader names;
    nd_name_reader_init(&names, scan);
    if (c->num_renamed > 0)
        notice_renamed(scan, c->renamed[0].record);
    if (text != ND_NO_TEXT)
        status = notice(&names,
                        nd_scan_options_has_coverage(&scan->options) ? ND_NOTICE_COMMON
                                                                     : ND_NOTICE_CAPPED_BUCKET,
                        c->copies[c->copies_start[text]]);
    if (status == ND_OK && scan->pairs.num_capped > 0)
        status = notice(&names, ND_NOTICE_MANY_MATCHES, scan->pairs.first_capped);
    nd_name_reader_release(&names);
    return status;
}

nd_status nd_scan_finish(nd_scan *scan, nd_error *error)
{
    if (scan->phase != ND_SCAN_ADDING)
        return nd_error_set(error, ND_ERR_INVALID_ARGUMENT, "the scan is finished, or has failed");
    nd_error reason = {0};
    scan->phase = ND_SCAN_FAILED;
    for (uint32_t w = 0; w < scan->options.num_threads; w++)
        nd_ingester_end_adding(&scan->ingesters[w]);
    nd_status status = build_catalog(scan);
    const nd_set_fetcher fetcher = {.catalog = &scan->catalog,
                                    .sources = &scan->sources,
                                    .ingesters = scan->ingesters,
                                    .options = &scan->options,
                                    .allocator = &scan->allocator,
                                    .error = &reason};
    scan->matcher->catalog = &scan->catalog;
    scan->matcher->collection = &scan->collection;
    scan->matcher->fetcher = &fetcher;
    if (status == ND_OK)
        status = find_matches(scan);
    scan->matcher->fetcher = NULL;
    if (status == ND_OK)
        status = notice_examples(scan);
    explain(scan, status, &reason);
    if (status != ND_OK)
        return nd_error_set(error, status, "%s",
                            reason.message[0] ? reason.message : nd_status_message(status));
    nd_release(&scan->allocator, scan->edges.items);
    scan->edges = (nd_edge_list){0};
    sum_stats(scan);
    scan->phase = ND_SCAN_FINISHED;
    return ND_OK;
}

nd_scan_stats nd_scan_stats_get(const nd_scan *scan)
{
    return scan->stats;
}

enum { NAMES_CHUNK = 1 << 16, MAX_NAMES_BYTES = 1 << 20 };

void nd_name_reader_init(nd_name_reader *names, const nd_scan *scan)
{
    *names = (nd_name_reader){.scan = scan};
    nd_arena_init(&names->copies, &scan->allocator, NAMES_CHUNK);
}

nd_status nd_name_reader_get(nd_name_reader *names, uint32_t document, nd_id *id,
                             nd_kept_text *text)
{
    const nd_catalog *const c = &names->scan->catalog;
    const nd_texts texts = names->scan->options.texts;
    const nd_record *record;
    const nd_status status = nd_catalog_read(c, &names->records, document, &record);
    if (status != ND_OK)
        return status;
    if (!c->documents) {
        const size_t size = (size_t)nd_record_bytes(record, texts);
        nd_record *const copy = nd_arena_alloc(&names->copies, size);
        if (!copy)
            return ND_ERR_NO_MEMORY;
        memcpy(copy, record, size);
        record = copy;
    }
    *id = (nd_id){nd_record_id(record), record->id_len_bytes, record->tag};
    *text = (nd_kept_text){NULL, 0};
    if (texts == ND_TEXTS_KEEP) {
        uint64_t len;
        text->p = nd_record_text(record, &len);
        text->len_bytes = (size_t)len;
    }
    return ND_OK;
}

void nd_name_reader_clear(nd_name_reader *names)
{
    if (names->copies.total_bytes >= MAX_NAMES_BYTES)
        nd_arena_release(&names->copies);
}

void nd_name_reader_release(nd_name_reader *names)
{
    nd_record_reader_release(&names->records, &names->scan->allocator);
    nd_arena_release(&names->copies);
}

nd_status nd_scan_each_renamed(const nd_scan *scan, nd_renamed_fn each, void *ctx)
{
    if (scan->phase != ND_SCAN_FINISHED)
        return ND_ERR_INVALID_ARGUMENT;
    nd_status status = ND_OK;
    for (size_t i = 0; i < scan->catalog.num_renamed && status == ND_OK; i++) {
        const nd_record *const first = scan->catalog.renamed[i].first;
        const nd_record *const record = scan->catalog.renamed[i].record;
        const nd_id id = {nd_record_id(first), first->id_len_bytes, first->tag};
        const nd_id name = {nd_record_id(record), record->id_len_bytes, record->tag};
        status = each(ctx, &id, &name);
    }
    return status;
}

void nd_scan_free(nd_scan *scan)
{
    if (!scan)
        return;
    const nd_allocator a = scan->allocator;
    nd_pair_lists_release(&scan->pairs, &a);
    nd_scan_groups_release(&scan->groups, &a);
    nd_release(&a, scan->edges.items);
    nd_matcher_free(scan->matcher);
    nd_catalog_release(&scan->catalog, &a);
    for (uint32_t w = 0; scan->ingesters && w < scan->options.num_threads; w++)
        nd_ingester_release(&scan->ingesters[w]);
    nd_release(&a, scan->ingesters);
    if (scan->has_collection)
        nd_collection_release(&scan->collection);
    nd_record_runs_release(&scan->runs);
    ND_VEC_RELEASE(&a, &scan->sources);
    nd_release(&a, scan);
}
