/* index: how fast an index takes documents, and answers, alone and while it is written.
 *
 * Everything is timed twice where it matters: on the wall, and by the processor time of the thread,
 * which other work on the machine leaves alone. */
#define _XOPEN_SOURCE 700
#include <fcntl.h>
#include <ftw.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bench_clock.h"
#include "bench_random.h"
#include "bench_settings.h"
#include "neardup/document_map.h"
#include "neardup/index.h"
#include "util/error.h"

enum { SINGLES = 2000, COLD_QUERIES = 500, PATH_BYTES = 200, MAX_READERS = 4 };

typedef struct index_bench {
    const bench_settings *settings;
    bench_texts texts;
    char path[PATH_BYTES];
    bench_report report;
    nd_error *error;
} index_bench;

static int remove_one(const char *path, const struct stat *info, int kind, struct FTW *where)
{
    (void)info, (void)kind, (void)where;
    return remove(path);
}

static void remove_index(const char *path)
{
    nftw(path, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

/* Has the system forget what it holds of a file in memory, where it does not live there. */
static int forget_pages(const char *path, const struct stat *info, int kind, struct FTW *where)
{
    (void)info, (void)where;
    const int fd = kind == FTW_F ? open(path, O_RDONLY) : -1;
    if (fd < 0)
        return 0;
    int failure = fdatasync(fd);
    if (failure == 0)
        failure = posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
    close(fd);
    return failure;
}

static nd_index_document document_of(const bench_texts *t, size_t i)
{
    return (nd_index_document){.id = t->ids.items + t->id_starts.items[i],
                               .id_len_bytes = t->id_starts.items[i + 1] - t->id_starts.items[i],
                               .text = t->texts.items + t->starts.items[i],
                               .text_len_bytes = t->starts.items[i + 1] - t->starts.items[i]};
}

static nd_status open_index(const index_bench *b, nd_index_access access,
                            nd_index_durability durability, nd_index **index)
{
    nd_index_options options;
    nd_index_options_init(&options);
    options.access = access;
    options.durability = durability;
    options.num_threads = (uint32_t)b->settings->threads;
    return nd_index_open(b->path, &options, NULL, index, b->error);
}

/* --- rows --- */

/* One measurement; of latencies in microseconds. */
typedef struct figures {
    const char *work;
    uint64_t num;
    double seconds, processor_seconds; /* 0: not told */
    double *micros;                    /* sorted by the report; NULL: no latencies */
} figures;

static int compare_doubles(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static bench_field quantile(const char *name, const figures *f, double share)
{
    if (!f->micros || f->num == 0)
        return BENCH_TEXT(name, "-");
    const size_t at = (size_t)(share * (double)f->num);
    return BENCH_NUMBER(name, f->micros[at < f->num ? at : f->num - 1], 0);
}

static void report(index_bench *b, figures *f)
{
    if (f->micros)
        qsort(f->micros, f->num, sizeof *f->micros, compare_doubles);
    const bench_field fields[] = {
        BENCH_TEXT("work", f->work),
        BENCH_NUMBER("documents", (double)f->num, 0),
        BENCH_NUMBER("seconds", f->seconds, 3),
        BENCH_NUMBER("cpu_seconds", f->processor_seconds, 3),
        BENCH_NUMBER("per_s", (double)f->num / f->seconds, 0),
        quantile("p50_us", f, 0.5),
        quantile("p99_us", f, 0.99),
        quantile("p999_us", f, 0.999),
    };
    bench_report_row(&b->report, fields, sizeof fields / sizeof *fields);
}

/* --- adding --- */

static nd_status take_block(void *ctx, void **block, nd_error *error)
{
    (void)error;
    index_bench *const b = ctx;
    static size_t next; /* one source at a time */
    enum { IN_A_BLOCK = 64 };
    size_t *const range = next < b->texts.num ? malloc(2 * sizeof *range) : NULL;
    *block = range;
    if (!range) {
        const nd_status status = next < b->texts.num ? ND_ERR_NO_MEMORY : ND_OK;
        next = 0;
        return status;
    }
    range[0] = next;
    next = next + IN_A_BLOCK < b->texts.num ? next + IN_A_BLOCK : b->texts.num;
    range[1] = next;
    return ND_OK;
}

static nd_status decode_block(void *ctx, void *block, nd_document_fn emit, void *emit_ctx,
                              nd_error *error)
{
    (void)error;
    const index_bench *const b = ctx;
    const size_t *const range = block;
    nd_status status = ND_OK;
    for (size_t i = range[0]; status == ND_OK && i < range[1]; i++) {
        const nd_index_document d = document_of(&b->texts, i);
        const nd_document document = {.id = d.id,
                                      .id_len_bytes = d.id_len_bytes,
                                      .text = d.text,
                                      .text_len_bytes = d.text_len_bytes};
        status = emit(emit_ctx, &document);
    }
    free(block);
    return status;
}

static void discard_block(void *ctx, void *block)
{
    (void)ctx;
    free(block);
}

/* A new index of all documents, committed every 10,000. */
static nd_status add_batched(index_bench *b, nd_index_durability durability, const char *work)
{
    const nd_source source = {
        .ctx = b, .next = take_block, .decode = decode_block, .discard = discard_block};
    nd_index *index = NULL;
    nd_scan_options options;
    nd_scan_options_init_preset(&options, (nd_preset)b->settings->preset);
    if (b->settings->preset == ND_PRESET_CORPUS)
        options.rule.jaccard = b->settings->threshold;
    remove_index(b->path);
    nd_status status = nd_index_create(b->path, &options, NULL, b->error);
    if (status == ND_OK)
        status = open_index(b, ND_INDEX_WRITE, durability, &index);
    const double start = bench_seconds(), start_cpu = bench_clock_read(CLOCK_PROCESS_CPUTIME_ID);
    if (status == ND_OK)
        status = nd_index_add_source(index, &source, NULL, b->error);
    nd_index_free(index);
    figures f = {.work = work,
                 .num = b->texts.num,
                 .seconds = bench_seconds() - start,
                 .processor_seconds = bench_clock_read(CLOCK_PROCESS_CPUTIME_ID) - start_cpu};
    if (status == ND_OK)
        report(b, &f);
    return status;
}

/* Documents again under new ids, with a commit each. */
static nd_status add_single(index_bench *b, nd_index_durability durability, const char *work)
{
    nd_index *index = NULL;
    char id[32];
    figures f = {.work = work, .num = b->texts.num < SINGLES ? b->texts.num : SINGLES};
    nd_status status = open_index(b, ND_INDEX_WRITE, durability, &index);
    f.micros = calloc(f.num, sizeof *f.micros);
    if (status == ND_OK && !f.micros)
        status = ND_ERR_NO_MEMORY;
    const double start = bench_seconds(), start_cpu = bench_thread_seconds();
    for (size_t i = 0; status == ND_OK && i < f.num; i++) {
        nd_index_document document = document_of(&b->texts, i * (b->texts.num / f.num));
        const double began = bench_seconds();
        document.id = id;
        document.id_len_bytes = (size_t)snprintf(id, sizeof id, "%s-%zu", work, i);
        status = nd_index_add(index, &document, ND_INDEX_REPLACE, NULL, b->error);
        if (status == ND_OK)
            status = nd_index_commit(index, b->error);
        f.micros[i] = (bench_seconds() - began) * 1e6;
    }
    f.seconds = bench_seconds() - start;
    f.processor_seconds = bench_thread_seconds() - start_cpu;
    if (status == ND_OK)
        report(b, &f);
    free(f.micros);
    nd_index_free(index);
    return status;
}

/* --- asking --- */

typedef enum query_clock {
    ON_THE_WALL = 0,
    ON_THE_PROCESSOR,
} query_clock;

typedef struct reader {
    index_bench *b;
    pthread_t thread;
    uint64_t seed;
    query_clock clock;
    figures figures;
    nd_status status;
} reader;

/* Asks for random texts of the collection, each a document that is there. */
static nd_status ask(reader *r)
{
    const bench_texts *const t = &r->b->texts;
    bench_random random = bench_random_of(r->seed, 0, 0);
    nd_index *index;
    nd_status status = open_index(r->b, ND_INDEX_READ, ND_INDEX_SYNCED, &index);
    const double start = bench_seconds(), start_cpu = bench_thread_seconds();
    for (size_t i = 0; status == ND_OK && i < r->figures.num; i++) {
        const nd_index_document d = document_of(t, bench_random_below(&random, (uint32_t)t->num));
        nd_index_query query;
        const nd_index_match *matches;
        size_t num;
        nd_index_query_init(&query);
        query.not_id = d.id;
        query.not_id_len_bytes = d.id_len_bytes;
        const double began = r->clock == ON_THE_WALL ? bench_seconds() : bench_thread_seconds();
        status = nd_index_query_text(index, d.text, d.text_len_bytes, &query, &matches, &num, NULL);
        const double ended = r->clock == ON_THE_WALL ? bench_seconds() : bench_thread_seconds();
        r->figures.micros[i] = (ended - began) * 1e6;
    }
    r->figures.seconds = bench_seconds() - start;
    r->figures.processor_seconds = bench_thread_seconds() - start_cpu;
    nd_index_free(index);
    return status;
}

static void *run_reader(void *arg)
{
    reader *const r = arg;
    r->status = ask(r);
    return NULL;
}

/* A writer that adds and commits ten documents at a time until it is told to stop. */
typedef struct writer {
    index_bench *b;
    pthread_t thread;
    atomic_bool is_over;
    nd_status status;
} writer;

static void *run_writer(void *arg)
{
    writer *const w = arg;
    nd_index *index;
    char id[32];
    w->status = open_index(w->b, ND_INDEX_WRITE, ND_INDEX_UNSYNCED, &index);
    for (size_t i = 0; w->status == ND_OK && !atomic_load(&w->is_over); i++) {
        nd_index_document document = document_of(&w->b->texts, i % w->b->texts.num);
        document.id = id;
        document.id_len_bytes = (size_t)snprintf(id, sizeof id, "later-%zu", i);
        w->status = nd_index_add(index, &document, ND_INDEX_REPLACE, NULL, NULL);
        if (w->status == ND_OK && i % 10 == 9)
            w->status = nd_index_commit(index, NULL);
    }
    nd_index_free(index);
    return NULL;
}

/* num_readers at once, with num queries among them; the figures are those of all. */
static nd_status query_some(index_bench *b, const char *work, uint64_t num, uint32_t num_readers,
                            query_clock clock)
{
    const uint64_t each = num / num_readers;
    figures all = {.work = work, .num = each * num_readers};
    reader readers[MAX_READERS];
    nd_status status = ND_OK;
    all.micros = calloc(all.num, sizeof *all.micros);
    if (!all.micros)
        return ND_ERR_NO_MEMORY;
    for (uint32_t i = 0; i < num_readers; i++) {
        readers[i] = (reader){.b = b, .seed = 100 + i, .clock = clock};
        readers[i].figures.num = each;
        readers[i].figures.micros = all.micros + i * each;
        if (pthread_create(&readers[i].thread, NULL, run_reader, &readers[i]) != 0) {
            status = ND_ERR_NO_MEMORY;
            num_readers = i;
        }
    }
    for (uint32_t i = 0; i < num_readers; i++) {
        pthread_join(readers[i].thread, NULL);
        status = status == ND_OK ? readers[i].status : status;
        all.processor_seconds += readers[i].figures.processor_seconds;
        if (readers[i].figures.seconds > all.seconds)
            all.seconds = readers[i].figures.seconds;
    }
    if (status == ND_OK)
        report(b, &all);
    free(all.micros);
    return status;
}

static nd_status query_all(index_bench *b, const char *work, uint32_t num_readers,
                           query_clock clock)
{
    return query_some(b, work, b->settings->queries, num_readers, clock);
}

/* The first ones after the disk is all there is. */
static nd_status query_cold(index_bench *b)
{
    const uint64_t num = b->settings->queries < COLD_QUERIES ? b->settings->queries : COLD_QUERIES;
    if (nftw(b->path, forget_pages, 8, FTW_PHYS) != 0)
        return nd_error_set(b->error, ND_ERR_IO, "cannot empty the cache of '%s'", b->path);
    return query_some(b, "query, cold", num, 1, ON_THE_WALL);
}

static nd_status query_while_written(index_bench *b, const char *work, uint32_t num_readers)
{
    writer w = {.b = b};
    if (pthread_create(&w.thread, NULL, run_writer, &w) != 0)
        return ND_ERR_NO_MEMORY;
    const nd_status status = query_all(b, work, num_readers, ON_THE_WALL);
    atomic_store(&w.is_over, true);
    pthread_join(w.thread, NULL);
    return status == ND_OK ? w.status : status;
}

/* --- all --- */

static nd_status measure(index_bench *b)
{
    nd_status status = add_batched(b, ND_INDEX_UNSYNCED, "add, batched, not synced");
    if (status == ND_OK)
        status = add_batched(b, ND_INDEX_SYNCED, "add, batched");
    if (status == ND_OK)
        status = query_cold(b);
    if (status == ND_OK)
        status = query_all(b, "query", 1, ON_THE_WALL);
    if (status == ND_OK)
        status = query_all(b, "query, processor time", 1, ON_THE_PROCESSOR);
    if (status == ND_OK)
        status = query_all(b, "query, 4 readers", 4, ON_THE_WALL);
    if (status == ND_OK)
        status = query_while_written(b, "query while written", 1);
    if (status == ND_OK)
        status = query_while_written(b, "query while written, 4 readers", 4);
    if (status == ND_OK)
        status = add_single(b, ND_INDEX_UNSYNCED, "add one, not synced");
    return status == ND_OK ? add_single(b, ND_INDEX_SYNCED, "add one") : status;
}

static nd_status print_size(index_bench *b)
{
    nd_index *index;
    nd_index_stats stats;
    nd_status status = open_index(b, ND_INDEX_READ, ND_INDEX_SYNCED, &index);
    if (status == ND_OK)
        status = nd_index_stats_get(index, &stats, b->error);
    if (status == ND_OK)
        fprintf(stderr, "neardup-bench: index: %.0f bytes a document\n",
                (double)stats.bytes / (double)stats.documents);
    nd_index_free(index);
    return status;
}

static nd_status run_index(const bench_settings *settings, nd_error *error)
{
    index_bench b = {.settings = settings, .error = error};
    bench_workload_options options = settings->workload;
    options.paths = settings->line.operands;
    options.num_paths = settings->line.num_operands;
    const char *const folder = getenv("TMPDIR");
    snprintf(b.path, sizeof b.path, "%s/neardup-bench-index-%ld", folder ? folder : "/tmp",
             (long)getpid());
    bench_workload workload;
    nd_status status = bench_workload_init(&workload, &options, error);
    if (status != ND_OK)
        return status;
    status = bench_texts_read(&b.texts, &workload, error);
    if (status == ND_OK && b.texts.num == 0)
        status = nd_error_set(error, ND_ERR_INVALID_ARGUMENT, "there are no documents");
    if (status == ND_OK) {
        char what[120];
        if (settings->preset == ND_PRESET_CORPUS)
            snprintf(what, sizeof what, "word:5, threshold %g, %" PRIu64 " threads",
                     settings->threshold, settings->threads);
        else
            snprintf(what, sizeof what, "preset %s, %" PRIu64 " threads",
                     nd_preset_name((nd_preset)settings->preset), settings->threads);
        bench_settings_begin_report(settings, &workload, what, &b.report);
        status = measure(&b);
    }
    if (status == ND_OK)
        status = print_size(&b);
    remove_index(b.path);
    bench_texts_release(&b.texts);
    bench_workload_release(&workload);
    return status;
}

const bench_command bench_command_index = {
    .info.name = "index",
    .info.summary = "adding to an index, and asking it while it is written or not",
    .info.operands = "[INPUT...]",
    .info.max_operands = SIZE_MAX,
    .info.description =
        "Makes an index of all documents in a temporary folder, then asks it for random ones, 500 "
        "at most after the system has forgotten the files (of TMPDIR, unless that lies in memory), "
        "then by one reader and by four, alone and while a writer adds and commits; then adds "
        "documents one at a time, with a commit each. Latencies are of a call, in microseconds.\n",
    .info.options = {bench_options, BENCH_INDEX},
    .run = run_index,
};
