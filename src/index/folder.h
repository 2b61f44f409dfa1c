/* The files of an index, below one folder; every error names the file. */
#ifndef INDEX_FOLDER_H
#define INDEX_FOLDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/alloc.h"

/* Several files can be opened below it; thread-safe but for open and close. */
typedef struct nd_folder {
    const nd_allocator *allocator;
    char *path; /* as it was given, for messages */
    int fd;
} nd_folder;

enum { ND_FILE_NAME_BYTES = 24 };

typedef struct nd_file {
    const nd_folder *folder;
    int fd; /* -1: not open */
    char name[ND_FILE_NAME_BYTES];
} nd_file;

#define ND_FILE_CLOSED                                                                             \
    {                                                                                              \
        .folder = NULL, .fd = -1                                                                   \
    }

typedef enum nd_file_access {
    ND_FILE_READ = 0,
    ND_FILE_UPDATE,
    ND_FILE_UPDATE_OR_CREATE,
    ND_FILE_CREATE, /* what was there is gone */
} nd_file_access;

/* ND_ERR_NOT_FOUND: no folder of that path. Close it also after a failure. */
ND_NODISCARD nd_status nd_folder_open(nd_folder *folder, const char *path,
                                      const nd_allocator *allocator, nd_error *error);

/* Makes the folder where there is none, and opens it. ND_ERR_EXISTS: something is in it. */
ND_NODISCARD nd_status nd_folder_create(nd_folder *folder, const char *path,
                                        const nd_allocator *allocator, nd_error *error);

void nd_folder_close(nd_folder *folder);

/* Calls `each` with every name in the folder, in no order. */
typedef nd_status (*nd_folder_name_fn)(void *ctx, const char *name);
ND_NODISCARD nd_status nd_folder_each_name(const nd_folder *folder, nd_folder_name_fn each,
                                           void *ctx, nd_error *error);

/* Gives the file `from` the name `to`, in place of what had it, and waits until that is on the
 * disk. */
ND_NODISCARD nd_status nd_folder_rename(const nd_folder *folder, const char *from, const char *to,
                                        nd_error *error);

/* Nothing happens where there is no such file. */
void nd_folder_remove(const nd_folder *folder, const char *name);

/* Opens the file `name` and locks it until it is closed, whoever else may hold it: waits for
 * wait_ms at most. ND_ERR_BUSY with the number of the process that has it. */
ND_NODISCARD nd_status nd_folder_lock(const nd_folder *folder, const char *name, uint32_t wait_ms,
                                      nd_file *file, nd_error *error);

/* ND_ERR_NOT_FOUND: no such file. */
ND_NODISCARD nd_status nd_file_open(nd_file *file, const nd_folder *folder, const char *name,
                                    nd_file_access access, nd_error *error);
void nd_file_close(nd_file *file);

/* All of bytes[0..len), or a failure: ND_ERR_FORMAT where the file ends before. Thread-safe. */
ND_NODISCARD nd_status nd_file_read(const nd_file *file, uint64_t offset, void *bytes, size_t len,
                                    nd_error *error);
ND_NODISCARD nd_status nd_file_write(const nd_file *file, uint64_t offset, const void *bytes,
                                     size_t len, nd_error *error);

/* Waits until what was written is on the disk. */
ND_NODISCARD nd_status nd_file_sync(const nd_file *file, nd_error *error);

ND_NODISCARD nd_status nd_file_size(const nd_file *file, uint64_t *size_bytes, nd_error *error);

/* Takes room on the disk, so that the file has at least so many bytes; new ones are zeros. */
ND_NODISCARD nd_status nd_file_reserve(const nd_file *file, uint64_t size_bytes, nd_error *error);

/* Whether no name leads to the file any more. */
bool nd_file_is_unlinked(const nd_file *file);

/* "'DIR/NAME' is damaged: ..." */
void nd_file_describe_damage(const nd_file *file, nd_error *error, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* ND_ERR_FORMAT, with that message. A macro, so that a static analyser sees that it is never ND_OK.
 */
#define nd_file_damaged(...) (nd_file_describe_damage(__VA_ARGS__), ND_ERR_FORMAT)

/* The checksum of bytes that belong to a place: XXH3_64bits, seeded with it. */
uint64_t nd_checksum(const void *bytes, size_t len, uint64_t place);

/* Whether they have it. Always, where a fuzzer has to get past it. */
bool nd_checksum_holds(uint64_t expected, const void *bytes, size_t len, uint64_t place);

#endif
