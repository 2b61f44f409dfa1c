#define _GNU_SOURCE /* realpath, flock */

#include "io/output.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "io/place.h"
#include "util/alloc.h"
#include "util/error.h"

enum {
    BUFFER_BYTES = 1 << 16,
    TEMP_NAME_BYTES = 64, /* of ".neardup-<pid>-<number>" */
    TEMP_ATTEMPTS = 100,
    LINKS_MAX = 40, /* in a chain: what Linux follows */
};

/* Adds a filter of libarchive. */
typedef int add_filter_fn(struct archive *archive);

struct nd_output {
    nd_allocator allocator;
    int fd;
    bool is_stdout, is_part;
    nd_byte_vec path;         /* as given, terminated; for messages */
    nd_byte_vec target, temp; /* terminated; empty: written to directly */
    int error_number;         /* of the first failed call; 0: none */
    add_filter_fn *filter;    /* how it is compressed; NULL: not at all */
    struct archive *packer;   /* compresses; NULL before the first byte */
    size_t len;
    char buffer[BUFFER_BYTES];
};

static nd_status fail(nd_output *output, int error_number)
{
    if (!output->error_number)
        output->error_number = error_number;
    return ND_ERR_IO;
}

static nd_status describe(const nd_output *output, nd_error *error)
{
    const int number = output->error_number;
    const nd_status status = number == ENOENT ? ND_ERR_NOT_FOUND : ND_ERR_IO;
    if (output->is_stdout)
        return nd_error_set(error, status, "cannot write standard output: %s", strerror(number));
    if (output->is_part)
        return nd_error_set(error, status, "cannot write to a temporary file in '%s': %s",
                            nd_show_path(output->target.items).text, strerror(number));
    return nd_error_set(error, status, "cannot write '%s': %s",
                        nd_show_path(output->path.items).text, strerror(number));
}

/* The open descriptor that a path names, or -1. */
static int named_descriptor(const char *path)
{
    static const char *const folders[] = {"/dev/fd/", "/proc/self/fd/"};
    if (strcmp(path, "/dev/stdout") == 0)
        return STDOUT_FILENO;
    if (strcmp(path, "/dev/stderr") == 0)
        return STDERR_FILENO;
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
        const size_t len = strlen(folders[i]);
        const size_t digits = strncmp(path, folders[i], len) == 0 ? strlen(path + len) : 0;
        if (digits > 0 && digits < 9 && strspn(path + len, "0123456789") == digits)
            return (int)strtol(path + len, NULL, 10);
    }
    return -1;
}

/* Shares the descriptor's place in its file: opened anew, a file would be written from its start.
 */
static nd_status share_descriptor(nd_output *output, int fd)
{
    output->fd = fcntl(fd, F_DUPFD_CLOEXEC, 0);
    return output->fd < 0 ? fail(output, errno) : ND_OK;
}

static nd_status open_directly(nd_output *output)
{
    output->fd = open(output->path.items, O_WRONLY | O_CLOEXEC | O_NOCTTY);
    return output->fd < 0 ? fail(output, errno) : ND_OK;
}

/* Where the symbolic link at `path` points to, from malloc; NULL where it is none. */
static char *link_target(const char *path)
{
    struct stat info;
    if (lstat(path, &info) != 0 || !S_ISLNK(info.st_mode))
        return NULL;
    char target[PATH_MAX];
    const ssize_t len = readlink(path, target, sizeof target);
    const char *const slash = strrchr(path, '/');
    const size_t folder_len = slash && target[0] != '/' ? (size_t)(slash - path) + 1 : 0;
    if (len < 0 || len == sizeof target)
        return NULL;
    char *const joined = malloc(folder_len + (size_t)len + 1);
    if (!joined)
        return NULL;
    memcpy(joined, path, folder_len);
    memcpy(joined + folder_len, target, (size_t)len);
    joined[folder_len + (size_t)len] = '\0';
    return joined;
}

/* Sets the file to be replaced: the path, or what it points to, which need not be there yet. */
static nd_status set_target(nd_output *output)
{
    char *target = NULL;
    for (unsigned links = 0; links < LINKS_MAX; links++) {
        char *const next = link_target(target ? target : output->path.items);
        if (!next)
            break;
        free(target);
        target = next;
    }
    const char *const path = target ? target : output->path.items;
    const nd_status status =
        nd_bytes_append(&output->allocator, &output->target, path, strlen(path) + 1);
    free(target);
    return status;
}

/* Creates a file beside the target, under a name that was free. The mode of a new file is what the
 * umask leaves of 0666. */
static nd_status create_temp(nd_output *output)
{
    const char *const target = output->target.items;
    const char *const slash = strrchr(target, '/');
    const size_t folder_len = slash ? (size_t)(slash - target) + 1 : 0;
    for (unsigned attempt = 0; attempt < TEMP_ATTEMPTS; attempt++) {
        char name[TEMP_NAME_BYTES];
        const int len =
            snprintf(name, sizeof name, ".neardup-%" PRIdMAX "-%u", (intmax_t)getpid(), attempt);
        output->temp.len = 0;
        nd_status status = nd_bytes_append(&output->allocator, &output->temp, target, folder_len);
        if (status == ND_OK)
            status = nd_bytes_append(&output->allocator, &output->temp, name, (size_t)len + 1);
        if (status != ND_OK) {
            output->temp.len = 0;
            return status;
        }
        output->fd = open(output->temp.items, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        if (output->fd >= 0) {
            (void)flock(output->fd, LOCK_EX | LOCK_NB); /* for nd_temp_files_sweep */
            return ND_OK;
        }
        if (errno != EEXIST)
            break;
    }
    output->temp.len = 0;
    return fail(output, errno);
}

/* Removes what was left beside the target by processes that were killed. */
static nd_status sweep_beside(nd_output *output)
{
    const char *const target = output->target.items;
    const char *const slash = strrchr(target, '/');
    nd_byte_vec folder = {0};
    nd_status status = nd_bytes_append(&output->allocator, &folder, target,
                                       slash ? (size_t)(slash - target) + 1 : 0);
    if (status == ND_OK)
        status = nd_bytes_append(&output->allocator, &folder, "", 1);
    if (status == ND_OK)
        nd_temp_files_sweep(folder.items);
    ND_VEC_RELEASE(&output->allocator, &folder);
    return status;
}

/* Opens a temporary file for a path at which `info` stands, or nothing (NULL). */
static nd_status open_replacement(nd_output *output, const struct stat *info)
{
    if (info && S_ISDIR(info->st_mode))
        return fail(output, EISDIR);
    if (info && access(output->path.items, W_OK) != 0) /* a rename would not ask */
        return fail(output, errno);
    nd_status status = set_target(output);
    if (status == ND_OK)
        status = sweep_beside(output);
    if (status == ND_OK)
        status = create_temp(output);
    if (status == ND_OK && info && fchmod(output->fd, info->st_mode & 0777) != 0)
        return fail(output, errno);
    return status;
}

static nd_status open_path(nd_output *output, const char *path)
{
    const nd_status status =
        nd_bytes_append(&output->allocator, &output->path, path, strlen(path) + 1);
    if (status != ND_OK)
        return status;
    const int descriptor = named_descriptor(path);
    if (descriptor >= 0)
        return share_descriptor(output, descriptor);
    struct stat info;
    if (stat(path, &info) == 0)
        return S_ISREG(info.st_mode) || S_ISDIR(info.st_mode) ? open_replacement(output, &info)
                                                              : open_directly(output);
    return errno == ENOENT ? open_replacement(output, NULL) : fail(output, errno);
}

/* ---- writing ---- */

/* Writes it all, in as many calls as that takes. */
static nd_status write_all(nd_output *output, const char *p, size_t len)
{
    const size_t most = (size_t)1 << 30;
    while (len) {
        const ssize_t n = write(output->fd, p, len < most ? len : most);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return fail(output, errno);
        p += n;
        len -= (size_t)n;
    }
    return ND_OK;
}

static nd_status flush(nd_output *output)
{
    const size_t len = output->len;
    output->len = 0;
    return write_all(output, output->buffer, len);
}

static nd_status buffer_bytes(nd_output *output, const void *bytes, size_t len_bytes)
{
    if (len_bytes > BUFFER_BYTES - output->len) {
        const nd_status status = flush(output);
        if (status != ND_OK)
            return status;
    }
    if (len_bytes > BUFFER_BYTES)
        return write_all(output, bytes, len_bytes);
    if (len_bytes)
        memcpy(output->buffer + output->len, bytes, len_bytes);
    output->len += len_bytes;
    return ND_OK;
}

/* ---- compression ---- */

/* What the ending of the path asks for; NULL: nothing. */
static add_filter_fn *filter_of(const char *path)
{
    static const struct {
        const char *ending;
        add_filter_fn *add;
    } filters[] = {
        {".gz", archive_write_add_filter_gzip},    {".zst", archive_write_add_filter_zstd},
        {".xz", archive_write_add_filter_xz},      {".bz2", archive_write_add_filter_bzip2},
        {".lz4", archive_write_add_filter_lz4},    {".tgz", archive_write_add_filter_gzip},
        {".tzst", archive_write_add_filter_zstd},  {".txz", archive_write_add_filter_xz},
        {".tbz2", archive_write_add_filter_bzip2},
    };
    const size_t len = strlen(path);
    for (size_t i = 0; i < sizeof filters / sizeof *filters; i++) {
        const size_t n = strlen(filters[i].ending);
        if (len > n && strcasecmp(path + len - n, filters[i].ending) == 0)
            return filters[i].add;
    }
    return NULL;
}

/* Never fails, as libarchive does not give back the memory of compressors after that: error_number
 * says whether it did. */
static la_ssize_t take_packed(struct archive *archive, void *ctx, const void *bytes, size_t len)
{
    nd_output *const output = ctx;
    const nd_status status = output->error_number ? ND_OK : buffer_bytes(output, bytes, len);
    (void)archive;
    (void)status;
    return (la_ssize_t)len;
}

/* A failure of the compressor is for want of memory. */
static nd_status fail_packing(nd_output *output)
{
    return fail(output, ENOMEM);
}

static nd_status begin_packing(nd_output *output)
{
    output->packer = archive_write_new();
    struct archive_entry *const entry = archive_entry_new();
    struct archive *const a = output->packer;
    bool is_ready = a && entry && archive_write_set_format_raw(a) == ARCHIVE_OK &&
                    output->filter(a) == ARCHIVE_OK &&
                    archive_write_set_bytes_in_last_block(a, 1) == ARCHIVE_OK;
    if (is_ready && output->filter == archive_write_add_filter_gzip)
        is_ready = archive_write_set_filter_option(a, "gzip", "timestamp", NULL) == ARCHIVE_OK;
    if (is_ready) {
        archive_entry_set_filetype(entry, AE_IFREG);
        is_ready = archive_write_open(a, output, NULL, take_packed, NULL) == ARCHIVE_OK &&
                   archive_write_header(a, entry) == ARCHIVE_OK;
    }
    archive_entry_free(entry);
    return is_ready ? ND_OK : fail_packing(output);
}

static nd_status pack(nd_output *output, const char *p, size_t len)
{
    nd_status status = len && !output->packer ? begin_packing(output) : ND_OK;
    while (status == ND_OK && len) {
        const la_ssize_t used = archive_write_data(output->packer, p, len);
        if (used <= 0)
            return fail_packing(output);
        if (output->error_number)
            return ND_ERR_IO;
        p += used;
        len -= (size_t)used;
    }
    return status;
}

static nd_status end_packing(nd_output *output)
{
    /* libarchive 3.6 follows a NULL where it has nothing to compress with lz4. */
    static const char empty_lz4[] = "\x04\x22\x4d\x18\x64\x40\xa7\0\0\0\0\x05\x5d\xcc\x02";
    if (!output->packer && output->filter == archive_write_add_filter_lz4)
        return buffer_bytes(output, empty_lz4, sizeof empty_lz4 - 1);
    const nd_status status = output->packer ? ND_OK : begin_packing(output);
    if (status == ND_OK && archive_write_close(output->packer) != ARCHIVE_OK)
        return fail_packing(output);
    return output->error_number ? ND_ERR_IO : status;
}

nd_status nd_output_cut(nd_output *output)
{
    if (!output->packer)
        return output->error_number ? ND_ERR_IO : ND_OK;
    const nd_status status = end_packing(output);
    archive_write_free(output->packer);
    output->packer = NULL;
    return status;
}

/* ---- the whole ---- */

/* One that is not open yet; NULL without memory. */
static nd_output *new_output(const nd_allocator *allocator)
{
    const nd_allocator a = nd_allocator_or_default(allocator);
    nd_output *const output = nd_alloc(&a, 1, sizeof *output);
    if (!output)
        return NULL;
    memset(output, 0, offsetof(nd_output, buffer));
    output->allocator = a;
    output->fd = -1;
    return output;
}

/* Hands the output over, or frees it and says why it could not be opened. */
static nd_status opened(nd_output *output, nd_status status, nd_output **out, nd_error *error)
{
    if (status == ND_OK) {
        *out = output;
        return ND_OK;
    }
    status = output->error_number ? describe(output, error)
                                  : nd_error_set(error, status, "%s", nd_status_message(status));
    nd_output_free(output);
    return status;
}

static nd_status fail_new(nd_error *error)
{
    return nd_error_set(error, ND_ERR_NO_MEMORY, "%s", nd_status_message(ND_ERR_NO_MEMORY));
}

nd_status nd_output_new(const char *path, const nd_allocator *allocator, nd_output **out,
                        nd_error *error)
{
    *out = NULL;
    nd_output *const output = new_output(allocator);
    if (!output)
        return fail_new(error);
    output->is_stdout = !path || strcmp(path, "-") == 0;
    output->fd = output->is_stdout ? STDOUT_FILENO : -1;
    const nd_status status = output->is_stdout ? ND_OK : open_path(output, path);
    output->filter = output->is_stdout ? NULL : filter_of(path);
    return opened(output, status, out, error);
}

nd_status nd_output_new_staged(const char *path, const char *staged, nd_packing packing,
                               const nd_allocator *allocator, nd_output **out, nd_error *error)
{
    *out = NULL;
    nd_output *const output = new_output(allocator);
    if (!output)
        return fail_new(error);
    nd_status status = nd_bytes_append(&output->allocator, &output->path, path, strlen(path) + 1);
    output->filter = packing == ND_PACK_BY_NAME ? filter_of(path) : NULL;
    if (status == ND_OK) {
        output->fd = open(staged, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        status = output->fd < 0 ? fail(output, errno) : ND_OK;
    }
    return opened(output, status, out, error);
}

/* Opens a file in the folder and takes its name away, so that it is gone with the process. */
static nd_status open_part(nd_output *output, const char *folder)
{
    const size_t len = strlen(folder), slash = len > 0 && folder[len - 1] == '/';
    nd_status status = nd_bytes_append(&output->allocator, &output->target, folder, len - slash);
    if (status == ND_OK)
        status = nd_bytes_append(&output->allocator, &output->target, "/", 2);
    if (status == ND_OK)
        status = create_temp(output);
    if (status == ND_OK)
        (void)unlink(output->temp.items);
    output->temp.len = 0;
    return status;
}

nd_status nd_output_new_part(const char *path, const char *folder, const nd_allocator *allocator,
                             nd_output **out, nd_error *error)
{
    *out = NULL;
    nd_output *const output = new_output(allocator);
    if (!output)
        return fail_new(error);
    output->is_part = true;
    output->filter = filter_of(path);
    nd_status status = nd_bytes_append(&output->allocator, &output->path, path, strlen(path) + 1);
    if (status == ND_OK)
        status = open_part(output, folder);
    return opened(output, status, out, error);
}

nd_status nd_output_write(nd_output *output, const void *bytes, size_t len_bytes)
{
    if (output->error_number)
        return ND_ERR_IO;
    return output->filter ? pack(output, bytes, len_bytes) : buffer_bytes(output, bytes, len_bytes);
}

nd_status nd_output_flush(nd_output *output)
{
    if (output->error_number)
        return ND_ERR_IO;
    return output->temp.len ? ND_OK : flush(output);
}

/* Makes the rename last: the folder is a file, too. Not every file system can; that is no failure
 * of ours. */
static void sync_folder(const char *path)
{
    char *const copy = realpath(path, NULL);
    char *const slash = copy ? strrchr(copy, '/') : NULL;
    if (slash) {
        slash[slash == copy] = '\0';
        const int fd = open(copy, O_RDONLY | O_CLOEXEC);
        if (fd >= 0) {
            (void)fsync(fd);
            close(fd);
        }
    }
    free(copy);
}

/* Closes what we opened. */
static nd_status close_fd(nd_output *output)
{
    const int fd = output->fd;
    output->fd = -1;
    if (output->is_stdout || fd < 0 || close(fd) == 0)
        return ND_OK;
    return fail(output, errno);
}

static nd_status replace_target(nd_output *output)
{
    if (fsync(output->fd) != 0)
        return fail(output, errno);
    if (close_fd(output) != ND_OK)
        return ND_ERR_IO;
    if (rename(output->temp.items, output->target.items) != 0)
        return fail(output, errno);
    output->temp.len = 0;
    sync_folder(output->target.items);
    return ND_OK;
}

nd_status nd_output_commit(nd_output *output, nd_error *error)
{
    nd_status status = output->error_number ? ND_ERR_IO : ND_OK;
    if (status == ND_OK && output->filter)
        status = end_packing(output);
    if (status == ND_OK)
        status = flush(output);
    if (status == ND_OK)
        status = output->temp.len ? replace_target(output) : close_fd(output);
    return status == ND_OK ? ND_OK : describe(output, error);
}

nd_status nd_output_end_part(nd_output *output, int *fd, uint64_t *len_bytes, nd_error *error)
{
    struct stat info;
    *fd = fcntl(output->fd, F_DUPFD_CLOEXEC, 0);
    if (*fd < 0) {
        (void)fail(output, errno);
        return describe(output, error);
    }
    nd_status status = nd_output_commit(output, error);
    if (status == ND_OK && fstat(*fd, &info) != 0) {
        (void)fail(output, errno);
        status = describe(output, error);
    }
    if (status == ND_OK) {
        *len_bytes = (uint64_t)info.st_size;
        return ND_OK;
    }
    close(*fd);
    *fd = -1;
    return status;
}

int nd_output_is_closed(const nd_output *output)
{
    return output->error_number == EPIPE;
}

int nd_output_descriptor(const nd_output *output)
{
    return output->fd;
}

const char *nd_output_path(const nd_output *output)
{
    return output->path.len ? output->path.items : "";
}

bool nd_output_is_compressed(const nd_output *output)
{
    return output->filter != NULL;
}

const char *nd_output_temp_path(const nd_output *output)
{
    return output->temp.len ? output->temp.items : NULL;
}

void nd_output_free(nd_output *output)
{
    if (!output)
        return;
    fail(output, ECANCELED); /* the compressor may end, but nothing more is to be written */
    archive_write_free(output->packer);
    (void)close_fd(output);
    if (output->temp.len)
        unlink(output->temp.items);
    const nd_allocator allocator = output->allocator;
    ND_VEC_RELEASE(&allocator, &output->path);
    ND_VEC_RELEASE(&allocator, &output->target);
    ND_VEC_RELEASE(&allocator, &output->temp);
    nd_release(&allocator, output);
}
