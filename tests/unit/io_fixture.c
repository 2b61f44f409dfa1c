#define _XOPEN_SOURCE 700 /* nftw */

#include "io_fixture.h"

#include <archive.h>
#include <archive_entry.h>
#include <ftw.h>
#include <inttypes.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "util/threads.h"

static char folder[64];

int temp_folder_setup(void **state)
{
    (void)state;
    strcpy(folder, "/tmp/neardup-test-XXXXXX");
    return mkdtemp(folder) ? 0 : -1;
}

static int remove_entry(const char *path, const struct stat *info, int kind, struct FTW *walk)
{
    (void)info;
    (void)kind;
    (void)walk;
    return remove(path);
}

int temp_folder_teardown(void **state)
{
    (void)state;
    return nftw(folder, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

const char *temp_path(const char *name)
{
    static char paths[16][512];
    static unsigned next;
    char *const path = paths[next++ % 16];
    const int len = snprintf(path, sizeof paths[0], "%s%s%s", folder, *name ? "/" : "", name);
    assert_in_range(len, 1, sizeof paths[0] - 1);
    return path;
}

void write_file(const char *name, const void *bytes, size_t len)
{
    FILE *const file = fopen(temp_path(name), "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, len, file), len);
    assert_int_equal(fclose(file), 0);
}

void write_text(const char *name, const char *text)
{
    write_file(name, text, strlen(text));
}

void make_folder(const char *name)
{
    assert_int_equal(mkdir(temp_path(name), 0777), 0);
}

char *compressed(const char *filter, const void *bytes, size_t len, size_t *out_len)
{
    const size_t capacity = len * 2 + 65536;
    char *const out = malloc(capacity);
    struct archive *const archive = archive_write_new();
    struct archive_entry *const entry = archive_entry_new();
    archive_entry_set_filetype(entry, AE_IFREG);
    archive_entry_set_pathname(entry, "data");
    *out_len = 0;
    assert_int_equal(archive_write_set_format_raw(archive), ARCHIVE_OK);
    assert_int_equal(archive_write_add_filter_by_name(archive, filter), ARCHIVE_OK);
    assert_int_equal(archive_write_set_bytes_in_last_block(archive, 1), ARCHIVE_OK);
    assert_int_equal(archive_write_open_memory(archive, out, capacity, out_len), ARCHIVE_OK);
    assert_int_equal(archive_write_header(archive, entry), ARCHIVE_OK);
    assert_int_equal(archive_write_data(archive, bytes, len), len);
    assert_int_equal(archive_write_close(archive), ARCHIVE_OK);
    archive_entry_free(entry);
    archive_write_free(archive);
    return out;
}

static void add_to_archive(struct archive *archive, const archived *file)
{
    struct archive_entry *const entry = archive_entry_new();
    const bool is_folder = file->name[strlen(file->name) - 1] == '/';
    const size_t len = file->len || !file->bytes ? file->len : strlen(file->bytes);
    archive_entry_set_pathname(entry, file->name);
    archive_entry_set_filetype(entry, is_folder ? AE_IFDIR : file->bytes ? AE_IFREG : AE_IFLNK);
    archive_entry_set_perm(entry, 0644);
    if (!file->bytes)
        archive_entry_set_symlink(entry, "elsewhere");
    archive_entry_set_size(entry, is_folder || !file->bytes ? 0 : (la_int64_t)len);
    assert_in_range(archive_write_header(archive, entry) - ARCHIVE_WARN, 0, -ARCHIVE_WARN);
    if (!is_folder && file->bytes && len)
        assert_int_equal(archive_write_data(archive, file->bytes, len), len);
    archive_entry_free(entry);
}

char *archive_of(const char *format, const char *filter, const archived *files, size_t num,
                 size_t *out_len)
{
    size_t capacity = 1 << 20;
    for (size_t i = 0; i < num; i++)
        capacity += 4096 + 2 * (files[i].len ? files[i].len : 65536);
    char *const out = malloc(capacity);
    struct archive *const archive = archive_write_new();
    assert_int_equal(archive_write_set_format_by_name(archive, format), ARCHIVE_OK);
    if (filter)
        assert_int_equal(archive_write_add_filter_by_name(archive, filter), ARCHIVE_OK);
    assert_int_equal(archive_write_set_bytes_in_last_block(archive, 1), ARCHIVE_OK);
    assert_int_equal(archive_write_open_memory(archive, out, capacity, out_len), ARCHIVE_OK);
    for (size_t i = 0; i < num; i++)
        add_to_archive(archive, &files[i]);
    assert_int_equal(archive_write_close(archive), ARCHIVE_OK);
    archive_write_free(archive);
    return out;
}

/* Threads that read one input. */
typedef struct readers {
    const nd_source *source;
    pthread_mutex_t next_lock, line_lock;
    ND_VEC(char *) lines;
    nd_allocator allocator;
    nd_status failure;
    nd_error error;
} readers;

static nd_status keep_document(void *ctx, const nd_document *document)
{
    readers *const r = ctx;
    nd_byte_vec line = {0};
    nd_status status = nd_bytes_append(&r->allocator, &line, document->id, document->id_len_bytes);
    if (status == ND_OK)
        status = nd_bytes_append(&r->allocator, &line, "=", 1);
    if (status == ND_OK)
        status = nd_bytes_append(&r->allocator, &line, document->text, document->text_len_bytes);
    if (status == ND_OK && document->preference)
        status = nd_bytes_printf(&r->allocator, &line, "@%" PRIx64, document->preference);
    if (status == ND_OK)
        status = nd_bytes_append(&r->allocator, &line, "\n", 2);
    pthread_mutex_lock(&r->line_lock);
    if (status == ND_OK)
        status = ND_VEC_RESERVE(&r->allocator, &r->lines, 1);
    if (status == ND_OK)
        r->lines.items[r->lines.len++] = line.items;
    pthread_mutex_unlock(&r->line_lock);
    return status;
}

static nd_status read_on(void *ctx, uint32_t worker)
{
    readers *const r = ctx;
    (void)worker;
    for (;;) {
        void *block;
        nd_error error = {0};
        pthread_mutex_lock(&r->next_lock);
        nd_status status = r->failure;
        if (status == ND_OK)
            status = r->source->next(r->source->ctx, &block, &error);
        pthread_mutex_unlock(&r->next_lock);
        if (status == ND_OK && !block)
            return ND_OK;
        if (status == ND_OK)
            status = r->source->decode(r->source->ctx, block, keep_document, r, &error);
        if (status == ND_OK)
            continue;
        pthread_mutex_lock(&r->next_lock);
        if (r->failure == ND_OK) {
            r->failure = status;
            r->error = error;
        }
        pthread_mutex_unlock(&r->next_lock);
        return status;
    }
}

static int compare_lines(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static char *join_lines(const readers *r)
{
    size_t len = 1;
    for (size_t i = 0; i < r->lines.len; i++)
        len += strlen(r->lines.items[i]);
    char *const joined = malloc(len);
    char *end = joined;
    for (size_t i = 0; i < r->lines.len; i++)
        end = stpcpy(end, r->lines.items[i]);
    *end = '\0';
    return joined;
}

static void keep_lines(readers *r, gathered *g)
{
    g->in_order = join_lines(r);
    if (r->lines.len)
        qsort(r->lines.items, r->lines.len, sizeof *r->lines.items, compare_lines);
    g->documents = join_lines(r);
    for (size_t i = 0; i < r->lines.len; i++)
        free(r->lines.items[i]);
    free(r->lines.items);
}

gathered gather(const nd_input_options *options, const char *const *paths, size_t num_paths,
                uint32_t num_threads)
{
    const nd_input_options automatic = {0};
    gathered g = {0};
    nd_input *input;
    g.status =
        nd_input_new(options ? options : &automatic, paths, num_paths, NULL, &input, &g.error);
    if (g.status != ND_OK) {
        assert_null(input);
        g.documents = calloc(1, 1);
        g.in_order = calloc(1, 1);
        return g;
    }
    readers r = {.source = nd_input_source(input), .allocator = nd_allocator_or_default(NULL)};
    pthread_mutex_init(&r.next_lock, NULL);
    pthread_mutex_init(&r.line_lock, NULL);
    g.status = nd_threads_run(&r.allocator, num_threads, read_on, &r);
    g.error = r.error;
    g.report = nd_input_report_get(input);
    keep_lines(&r, &g);
    pthread_mutex_destroy(&r.next_lock);
    pthread_mutex_destroy(&r.line_lock);
    nd_input_free(input);
    return g;
}

gathered gather_one(const char *path)
{
    return gather(NULL, &path, 1, 1);
}

void gathered_release(gathered *g)
{
    free(g->documents);
    free(g->in_order);
    g->documents = g->in_order = NULL;
}

static bool may_allocate(counting_allocator *counting)
{
    return counting->num_calls++ < counting->fail_at;
}

static void *counting_allocate(void *ctx, size_t size_bytes)
{
    counting_allocator *const counting = ctx;
    void *const block = may_allocate(counting) ? malloc(size_bytes) : NULL;
    counting->num_blocks += block != NULL;
    return block;
}

static void *counting_resize(void *ctx, void *block, size_t size_bytes)
{
    return may_allocate(ctx) ? realloc(block, size_bytes) : NULL;
}

static void counting_release(void *ctx, void *block)
{
    counting_allocator *const counting = ctx;
    counting->num_blocks -= block != NULL;
    free(block);
}

void counting_allocator_init(counting_allocator *counting, uint64_t fail_at)
{
    counting->allocator =
        (nd_allocator){counting_allocate, counting_resize, counting_release, counting};
    counting->num_calls = 0;
    counting->fail_at = fail_at;
    counting->num_blocks = 0;
}
