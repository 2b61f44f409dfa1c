/* flock is older than POSIX and outside it; but where POSIX locks belong to a process and go away
 * with any descriptor of the file, flock's belong to the open file: two handles of one process
 * exclude each other too. */
#define _DEFAULT_SOURCE
#include <sys/file.h>

#include "index/folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "util/error.h"
#include "util/xxh.h"

enum { FILE_MODE = 0666, FOLDER_MODE = 0777, LOCK_RETRY_MS = 20 };

/* "cannot write 'DIR/NAME': No space left on device", from errno. */
static nd_status fail(const nd_folder *folder, const char *verb, const char *name, nd_error *error)
{
    const int code = errno;
    const nd_status status = code == ENOENT || code == ENOTDIR ? ND_ERR_NOT_FOUND : ND_ERR_IO;
    return nd_error_set(error, status, "cannot %s '%s%s%s': %s", verb, folder->path,
                        *name ? "/" : "", name, strerror(code));
}

static nd_status open_folder(nd_folder *folder, nd_error *error)
{
    folder->fd = open(folder->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return folder->fd < 0 ? fail(folder, "open", "", error) : ND_OK;
}

static nd_status init(nd_folder *folder, const char *path, const nd_allocator *allocator)
{
    const size_t size = strlen(path) + 1;
    *folder = (nd_folder){.allocator = allocator, .fd = -1};
    folder->path = nd_alloc(allocator, size, 1);
    if (!folder->path)
        return ND_ERR_NO_MEMORY;
    memcpy(folder->path, path, size);
    return ND_OK;
}

nd_status nd_folder_open(nd_folder *folder, const char *path, const nd_allocator *allocator,
                         nd_error *error)
{
    const nd_status status = init(folder, path, allocator);
    return status == ND_OK ? open_folder(folder, error) : status;
}

static nd_status refuse_name(void *ctx, const char *name)
{
    (void)name;
    *(bool *)ctx = true;
    return ND_OK;
}

nd_status nd_folder_create(nd_folder *folder, const char *path, const nd_allocator *allocator,
                           nd_error *error)
{
    bool has_names = false;
    nd_status status = init(folder, path, allocator);
    if (status != ND_OK)
        return status;
    if (mkdir(path, FOLDER_MODE) != 0 && errno != EEXIST)
        return fail(folder, "make", "", error);
    status = open_folder(folder, error);
    if (status == ND_OK)
        status = nd_folder_each_name(folder, refuse_name, &has_names, error);
    if (status == ND_OK && has_names)
        status = nd_error_set(error, ND_ERR_EXISTS, "'%s' is not empty", path);
    return status;
}

void nd_folder_close(nd_folder *folder)
{
    if (folder->fd >= 0)
        close(folder->fd);
    if (folder->allocator)
        nd_release(folder->allocator, folder->path);
    *folder = (nd_folder){.fd = -1};
}

nd_status nd_folder_each_name(const nd_folder *folder, nd_folder_name_fn each, void *ctx,
                              nd_error *error)
{
    const int fd = openat(folder->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *const names = fd < 0 ? NULL : fdopendir(fd);
    if (!names) {
        const nd_status status = fail(folder, "read", "", error);
        if (fd >= 0)
            close(fd);
        return status;
    }
    nd_status status = ND_OK;
    const struct dirent *entry;
    while (status == ND_OK && (entry = readdir(names)))
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            status = each(ctx, entry->d_name);
    closedir(names);
    return status;
}

nd_status nd_folder_rename(const nd_folder *folder, const char *from, const char *to,
                           nd_error *error)
{
    if (renameat(folder->fd, from, folder->fd, to) != 0)
        return fail(folder, "replace", to, error);
    return fsync(folder->fd) != 0 ? fail(folder, "sync", "", error) : ND_OK;
}

void nd_folder_remove(const nd_folder *folder, const char *name)
{
    unlinkat(folder->fd, name, 0);
}

/* Whoever holds the lock has written its number there. */
static nd_status refuse_lock(const nd_file *file, nd_error *error)
{
    char text[24] = "";
    const ssize_t len = pread(file->fd, text, sizeof text - 1, 0);
    const long process = len > 0 ? strtol(text, NULL, 10) : 0;
    if (process > 0)
        return nd_error_set(error, ND_ERR_BUSY, "'%s' is being written by process %ld",
                            file->folder->path, process);
    return nd_error_set(error, ND_ERR_BUSY, "'%s' is being written by another process",
                        file->folder->path);
}

static nd_status wait_for_lock(const nd_file *file, uint32_t wait_ms, nd_error *error)
{
    const struct timespec pause = {0, LOCK_RETRY_MS * 1000000L};
    for (uint32_t waited = 0; flock(file->fd, LOCK_EX | LOCK_NB) != 0; waited += LOCK_RETRY_MS) {
        if (errno != EWOULDBLOCK && errno != EINTR)
            return fail(file->folder, "lock", file->name, error);
        if (waited >= wait_ms)
            return refuse_lock(file, error);
        nanosleep(&pause, NULL);
    }
    return ND_OK;
}

nd_status nd_folder_lock(const nd_folder *folder, const char *name, uint32_t wait_ms, nd_file *file,
                         nd_error *error)
{
    nd_status status = nd_file_open(file, folder, name, ND_FILE_UPDATE_OR_CREATE, error);
    if (status == ND_OK)
        status = wait_for_lock(file, wait_ms, error);
    if (status != ND_OK)
        return status;
    char text[24];
    const int len = snprintf(text, sizeof text, "%ld\n", (long)getpid());
    /* It helps whoever is refused; nothing depends on it. */
    if (ftruncate(file->fd, 0) == 0 && pwrite(file->fd, text, (size_t)len, 0) != len)
        (void)ftruncate(file->fd, 0);
    return ND_OK;
}

nd_status nd_file_open(nd_file *file, const nd_folder *folder, const char *name,
                       nd_file_access access, nd_error *error)
{
    static const int flags[] = {
        [ND_FILE_READ] = O_RDONLY,
        [ND_FILE_UPDATE] = O_RDWR,
        [ND_FILE_UPDATE_OR_CREATE] = O_RDWR | O_CREAT,
        [ND_FILE_CREATE] = O_RDWR | O_CREAT | O_TRUNC,
    };
    *file = (nd_file){.folder = folder, .fd = -1};
    snprintf(file->name, sizeof file->name, "%s", name);
    file->fd = openat(folder->fd, name, flags[access] | O_CLOEXEC, FILE_MODE);
    return file->fd < 0 ? fail(folder, "open", name, error) : ND_OK;
}

void nd_file_close(nd_file *file)
{
    if (file->fd >= 0)
        close(file->fd);
    file->fd = -1;
}

nd_status nd_file_read(const nd_file *file, uint64_t offset, void *bytes, size_t len,
                       nd_error *error)
{
    char *to = bytes;
    if (offset > INT64_MAX - len)
        return nd_file_damaged(file, error, "it points to byte %llu", (unsigned long long)offset);
    while (len > 0) {
        const ssize_t num = pread(file->fd, to, len, (off_t)offset);
        if (num < 0 && errno == EINTR)
            continue;
        if (num < 0)
            return fail(file->folder, "read", file->name, error);
        if (num == 0)
            return nd_file_damaged(file, error, "it ends at byte %llu, too early",
                                   (unsigned long long)offset);
        to += num;
        offset += (uint64_t)num;
        len -= (size_t)num;
    }
    return ND_OK;
}

nd_status nd_file_write(const nd_file *file, uint64_t offset, const void *bytes, size_t len,
                        nd_error *error)
{
    const char *from = bytes;
    while (len > 0) {
        const ssize_t num = pwrite(file->fd, from, len, (off_t)offset);
        if (num < 0 && errno == EINTR)
            continue;
        if (num < 0)
            return fail(file->folder, "write", file->name, error);
        from += num;
        offset += (uint64_t)num;
        len -= (size_t)num;
    }
    return ND_OK;
}

nd_status nd_file_sync(const nd_file *file, nd_error *error)
{
    return fdatasync(file->fd) != 0 ? fail(file->folder, "sync", file->name, error) : ND_OK;
}

nd_status nd_file_size(const nd_file *file, uint64_t *size_bytes, nd_error *error)
{
    struct stat info;
    if (fstat(file->fd, &info) != 0)
        return fail(file->folder, "read", file->name, error);
    *size_bytes = (uint64_t)info.st_size;
    return ND_OK;
}

nd_status nd_file_reserve(const nd_file *file, uint64_t size_bytes, nd_error *error)
{
    uint64_t now = 0;
    const nd_status status = nd_file_size(file, &now, error);
    if (status != ND_OK || now >= size_bytes)
        return status;
    errno = posix_fallocate(file->fd, (off_t)now, (off_t)(size_bytes - now));
    return errno != 0 ? fail(file->folder, "write", file->name, error) : ND_OK;
}

bool nd_file_is_unlinked(const nd_file *file)
{
    struct stat info;
    return fstat(file->fd, &info) == 0 && info.st_nlink == 0;
}

void nd_file_describe_damage(const nd_file *file, nd_error *error, const char *format, ...)
{
    char what[160];
    va_list args;
    va_start(args, format);
    vsnprintf(what, sizeof what, format, args);
    va_end(args);
    nd_error_set(error, ND_ERR_FORMAT, "'%s/%s' is damaged: %s", file->folder->path, file->name,
                 what);
}

uint64_t nd_checksum(const void *bytes, size_t len, uint64_t place)
{
    return XXH3_64bits_withSeed(bytes, len, place);
}

bool nd_checksum_holds(uint64_t expected, const void *bytes, size_t len, uint64_t place)
{
#ifdef FUZZING_BUILD_MODE_UNSAFE_FOR_PRODUCTION
    (void)expected, (void)bytes, (void)len, (void)place;
    return true;
#else
    return nd_checksum(bytes, len, place) == expected;
#endif
}
