/* From files to documents. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench_clock.h"
#include "stage.h"

/* Blocks off the source, not decoded. */
nd_status bench_pass_read(bench_stages *stages, double *seconds)
{
    nd_input *input = NULL;
    const double start = bench_thread_seconds();
    nd_status status = bench_workload_open(stages->workload, &input, NULL);
    if (status != ND_OK)
        return status;
    const nd_source *const source = nd_input_source(input);
    void *block = NULL;
    while ((status = source->next(source->ctx, &block, NULL)) == ND_OK && block)
        source->discard(source->ctx, block);
    *seconds = bench_thread_seconds() - start;
    nd_input_free(input);
    return status;
}

static nd_status count_bytes(void *ctx, const nd_document *document)
{
    *(uint64_t *)ctx += document->text_len_bytes;
    return ND_OK;
}

/* Blocks to documents; the time of reading the blocks is left out. */
nd_status bench_pass_parse(bench_stages *stages, double *seconds)
{
    nd_input *input = NULL;
    nd_status status = bench_workload_open(stages->workload, &input, NULL);
    if (status != ND_OK)
        return status;
    const nd_source *const source = nd_input_source(input);
    void *block = NULL;
    *seconds = 0;
    while ((status = source->next(source->ctx, &block, NULL)) == ND_OK && block) {
        const double start = bench_thread_seconds();
        status = source->decode(source->ctx, block, count_bytes, &stages->sink, NULL);
        *seconds += bench_thread_seconds() - start;
        if (status != ND_OK)
            break;
    }
    nd_input_free(input);
    return status;
}

enum { PIECE_BYTES = 1 << 20 };

static nd_status read_file(const char *path, char *buffer)
{
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return ND_ERR_IO;
    ssize_t got;
    while ((got = read(fd, buffer, PIECE_BYTES)) > 0)
        ;
    close(fd);
    return got < 0 ? ND_ERR_IO : ND_OK;
}

/* read(2) of the same files, a megabyte at a time into the same memory. */
nd_status bench_limit_read(bench_stages *stages, double *seconds)
{
    char *const buffer = malloc(PIECE_BYTES);
    nd_status status = buffer ? ND_OK : ND_ERR_NO_MEMORY;
    const double start = bench_thread_seconds();
    for (size_t i = 0; i < stages->workload->num_paths && status == ND_OK; i++)
        status = read_file(stages->workload->paths[i], buffer);
    *seconds = bench_thread_seconds() - start;
    free(buffer);
    return status;
}

/* Every text copied once, to the same place. */
nd_status bench_limit_copy_text(bench_stages *stages, double *seconds)
{
    char *const buffer = malloc(PIECE_BYTES);
    if (!buffer)
        return ND_ERR_NO_MEMORY;
    const nd_byte_vec *const texts = &stages->texts.texts;
    const double start = bench_thread_seconds();
    for (size_t at = 0; at < texts->len; at += PIECE_BYTES) {
        const size_t left = texts->len - at;
        memcpy(buffer, texts->items + at, left < PIECE_BYTES ? left : PIECE_BYTES);
        stages->sink += (unsigned char)buffer[at % 4096];
    }
    *seconds = bench_thread_seconds() - start;
    free(buffer);
    return ND_OK;
}
