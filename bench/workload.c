#include "workload.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "news_text.h"
#include "util/error.h"

void bench_workload_options_init(bench_workload_options *options)
{
    *options = (bench_workload_options){
        .size_bytes = 64 << 20, .mean_bytes = 3000, .seed = 1, .script = BENCH_SCRIPT_LATIN};
}

static nd_status write_corpus(const bench_corpus *corpus, const char *path)
{
    FILE *const file = fopen(path, "wb");
    if (!file)
        return ND_ERR_IO;
    const nd_status status = bench_corpus_write(corpus, file);
    return fclose(file) == 0 ? status : ND_ERR_IO;
}

/* Writes to a new file, whose name takes the place of the X in `path`; an empty one where there is
 * none. */
static nd_status write_temp_file(const bench_corpus *corpus, char *path, nd_error *error)
{
    const int fd = mkstemp(path);
    if (fd < 0) {
        nd_error_set(error, ND_ERR_IO, "cannot make a file '%s': %s", path, strerror(errno));
        path[0] = '\0';
        return ND_ERR_IO;
    }
    close(fd);
    const nd_status status = write_corpus(corpus, path);
    return status == ND_OK ? ND_OK
                           : nd_error_set(error, status, "cannot write a corpus to '%s': %s", path,
                                          nd_status_message(status));
}

static nd_status make_corpus(bench_workload *workload, const bench_workload_options *options,
                             nd_error *error)
{
    bench_corpus_spec spec;
    bench_corpus_spec_init(&spec);
    spec.seed = options->seed;
    spec.mean_bytes = (uint32_t)options->mean_bytes;
    spec.scripts[0] = options->script;
    const uint64_t line_bytes = options->mean_bytes * 21 / 20 + 40;
    spec.num_documents =
        options->num_documents ? options->num_documents : options->size_bytes / line_bytes + 1;
    bench_corpus *corpus;
    nd_status status = bench_corpus_new(&spec, NULL, &corpus);
    if (status != ND_OK)
        return nd_error_set(error, status, "no such corpus can be made");
    const char *const folder = getenv("TMPDIR");
    snprintf(workload->temp_path, sizeof workload->temp_path, "%s/neardup-bench-XXXXXX",
             folder && folder[0] && strlen(folder) < 90 ? folder : "/tmp");
    status = write_temp_file(corpus, workload->temp_path, error);
    bench_corpus_free(corpus);
    workload->temp_paths[0] = workload->temp_path;
    workload->paths = workload->temp_paths;
    workload->num_paths = 1;
    snprintf(workload->name, sizeof workload->name,
             "made up: %" PRIu64 " documents, mean %" PRIu64 " bytes, %s, seed %" PRIu64,
             spec.num_documents, options->mean_bytes, bench_script_name(options->script),
             options->seed);
    return status;
}

static void sum_sizes(bench_workload *workload)
{
    for (size_t i = 0; i < workload->num_paths; i++) {
        struct stat info;
        if (stat(workload->paths[i], &info) == 0 && S_ISREG(info.st_mode))
            workload->file_bytes += (uint64_t)info.st_size;
    }
}

nd_status bench_workload_init(bench_workload *workload, const bench_workload_options *options,
                              nd_error *error)
{
    *workload = (bench_workload){.paths = options->paths, .num_paths = options->num_paths};
    nd_status status = ND_OK;
    if (options->num_paths == 0)
        status = make_corpus(workload, options, error);
    else
        snprintf(workload->name, sizeof workload->name, "%s%s", options->paths[0],
                 options->num_paths > 1 ? " and others" : "");
    if (status != ND_OK)
        bench_workload_release(workload);
    else
        sum_sizes(workload);
    return status;
}

nd_status bench_workload_open(const bench_workload *workload, nd_input **input, nd_error *error)
{
    const nd_input_options options = {0};
    return nd_input_new(&options, workload->paths, workload->num_paths, NULL, input, error);
}

void bench_workload_release(bench_workload *workload)
{
    if (workload->temp_path[0])
        unlink(workload->temp_path);
    workload->temp_path[0] = '\0';
}

static nd_status append(nd_byte_vec *bytes, const char *p, size_t len_bytes)
{
    const nd_allocator allocator = nd_allocator_or_default(NULL);
    return nd_bytes_append(&allocator, bytes, p, len_bytes);
}

static nd_status take_text(void *ctx, const nd_document *document)
{
    bench_texts *const t = ctx;
    const nd_allocator allocator = nd_allocator_or_default(NULL);
    nd_status status = append(&t->texts, document->text, document->text_len_bytes);
    if (status == ND_OK)
        status = append(&t->ids, document->id, document->id_len_bytes);
    if (status == ND_OK)
        status = ND_VEC_RESERVE(&allocator, &t->starts, 2);
    if (status == ND_OK)
        status = ND_VEC_RESERVE(&allocator, &t->id_starts, 2);
    if (status != ND_OK)
        return status;
    t->starts.items[0] = t->id_starts.items[0] = 0;
    t->num = ++t->starts.len;
    t->id_starts.len = t->num;
    t->starts.items[t->num] = t->texts.len;
    t->id_starts.items[t->num] = t->ids.len;
    return ND_OK;
}

nd_status bench_texts_read(bench_texts *texts, const bench_workload *workload, nd_error *error)
{
    *texts = (bench_texts){0};
    nd_input *input = NULL;
    nd_status status = bench_workload_open(workload, &input, error);
    if (status != ND_OK)
        return status;
    const nd_source *const source = nd_input_source(input);
    void *block = NULL;
    while ((status = source->next(source->ctx, &block, error)) == ND_OK && block)
        if ((status = source->decode(source->ctx, block, take_text, texts, error)) != ND_OK)
            break;
    nd_input_free(input);
    if (status == ND_OK && texts->num == 0)
        status = nd_error_set(error, ND_ERR_NOT_FOUND, "no documents in the input");
    if (status != ND_OK)
        bench_texts_release(texts);
    return status;
}

void bench_texts_release(bench_texts *texts)
{
    const nd_allocator allocator = nd_allocator_or_default(NULL);
    ND_VEC_RELEASE(&allocator, &texts->texts);
    ND_VEC_RELEASE(&allocator, &texts->ids);
    ND_VEC_RELEASE(&allocator, &texts->starts);
    ND_VEC_RELEASE(&allocator, &texts->id_starts);
}
