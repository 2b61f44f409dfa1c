/* What the tests of readers and writers share: files in a temporary folder, documents gathered from
 * inputs, an allocator that fails. */
#ifndef IO_FIXTURE_H
#define IO_FIXTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "io/input.h"
#include "util/alloc.h"

/* A folder of its own for each test, made by `temp_folder_setup` and removed with all in it by
 * `temp_folder_teardown`: cmocka_unit_test_setup_teardown(test, setup, teardown). */
int temp_folder_setup(void **state);
int temp_folder_teardown(void **state);

/* The path of `name` in the folder; good for the next 16 calls. "" is the folder itself. */
const char *temp_path(const char *name);

void write_file(const char *name, const void *bytes, size_t len);
void write_text(const char *name, const char *text);
void make_folder(const char *name);

/* The same bytes compressed by libarchive's filter ("gzip", "zstd", "xz", "bzip2", "lz4"). The
 * caller frees them. */
char *compressed(const char *filter, const void *bytes, size_t len, size_t *out_len);

/* A file of an archive. */
typedef struct archived {
    const char *name, *bytes;
    size_t len; /* 0: strlen(bytes) */
} archived;

/* An archive in libarchive's format ("gnutar", "pax", "zip"), through a filter or NULL. A name that
 * ends in '/' is a folder; NULL bytes make a symbolic link. The caller frees it. */
char *archive_of(const char *format, const char *filter, const archived *files, size_t num,
                 size_t *out_len);

/* What a run over inputs gave. */
typedef struct gathered {
    nd_status status;
    nd_error error;
    nd_input_report report;
    /* "id=text\n" of each document, in byte order of these lines, with "@preference" behind the
     * text where it is not 0; terminated. */
    char *documents;
    char *in_order; /* the same lines, in the order they came */
} gathered;

/* Reads `paths` with `num_threads` threads; options may be NULL. */
gathered gather(const nd_input_options *options, const char *const *paths, size_t num_paths,
                uint32_t num_threads);

/* The same for one path, on one thread, with automatic options. */
gathered gather_one(const char *path);

void gathered_release(gathered *g);

/* An allocator that counts, and fails from allocation number `fail_at` (from 0) on. */
typedef struct counting_allocator {
    nd_allocator allocator;
    _Atomic uint64_t num_calls;
    uint64_t fail_at;
    _Atomic int64_t num_blocks; /* not yet released */
} counting_allocator;

void counting_allocator_init(counting_allocator *counting, uint64_t fail_at);

#endif
