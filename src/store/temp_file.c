/* Temporary files without a name: what is unlinked right after it was opened goes with the process,
 * also where that is killed. */
#include "store/budget.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "util/alloc.h"
#include "util/error.h"

struct nd_temp_file {
    nd_budget *budget;
    int fd;
    _Atomic uint64_t end;
};

static nd_status fail(nd_error *error, const char *folder, const char *doing)
{
    return nd_error_set(error, ND_ERR_IO, "cannot %s a temporary file in '%s': %s", doing, folder,
                        strerror(errno));
}

/* The same, and told to the budget. */
static nd_status fail_in(nd_budget *budget, nd_error *error, const char *doing)
{
    nd_error failure = {0};
    const nd_status status = fail(&failure, nd_budget_temp_dir(budget), doing);
    nd_budget_take_failure(budget, &failure);
    if (error)
        *error = failure;
    return status;
}

/* A file descriptor of a file that is unlinked; -1 and errno where that fails. */
static int open_unlinked(const char *folder, const nd_allocator *allocator)
{
    static const char name[] = "/neardup-XXXXXX";
    const size_t len = strlen(folder);
    char *const path = nd_alloc(allocator, len + sizeof name, 1);
    if (!path) {
        errno = ENOMEM;
        return -1;
    }
    memcpy(path, folder, len);
    memcpy(path + len, name, sizeof name);
    const int fd = mkstemp(path);
    if (fd >= 0) {
        (void)unlink(path);
        (void)fcntl(fd, F_SETFD, FD_CLOEXEC);
    }
    const int why = errno;
    nd_release(allocator, path);
    errno = why;
    return fd;
}

nd_status nd_temp_folder_check(const char *folder, nd_error *error)
{
    const nd_allocator allocator = nd_allocator_or_default(NULL);
    const int fd = open_unlinked(folder, &allocator);
    if (fd < 0)
        return fail(error, folder, "make");
    close(fd);
    return ND_OK;
}

nd_status nd_temp_file_new(nd_budget *budget, nd_temp_file **out, nd_error *error)
{
    *out = NULL;
    const nd_allocator *const a = nd_budget_allocator(budget);
    nd_temp_file *const file = nd_alloc(a, 1, sizeof *file);
    if (!file)
        return nd_error_set(error, ND_ERR_NO_MEMORY, "out of memory");
    file->budget = budget;
    atomic_init(&file->end, 0);
    file->fd = open_unlinked(nd_budget_temp_dir(budget), a);
    if (file->fd < 0) {
        const nd_status status = errno == ENOMEM
                                     ? nd_error_set(error, ND_ERR_NO_MEMORY, "out of memory")
                                     : fail_in(budget, error, "make");
        nd_release(a, file);
        return status;
    }
    *out = file;
    return ND_OK;
}

uint64_t nd_temp_file_reserve(nd_temp_file *file, uint64_t len)
{
    nd_budget_count_disk(file->budget, len, 0);
    return atomic_fetch_add(&file->end, len);
}

nd_status nd_temp_file_append(nd_temp_file *file, const void *bytes, size_t len, uint64_t *offset,
                              nd_error *error)
{
    *offset = nd_temp_file_reserve(file, len);
    return nd_temp_file_write(file, *offset, bytes, len, error);
}

nd_status nd_temp_file_write(const nd_temp_file *file, uint64_t offset, const void *bytes,
                             size_t len, nd_error *error)
{
    const char *p = bytes;
    uint64_t at = offset;
    while (len > 0) {
        const ssize_t written = pwrite(file->fd, p, len, (off_t)at);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0) {
            errno = written == 0 ? ENOSPC : errno;
            return fail_in(file->budget, error, "write to");
        }
        p += written;
        at += (uint64_t)written;
        len -= (size_t)written;
    }
    return ND_OK;
}

nd_status nd_temp_file_read(const nd_temp_file *file, uint64_t offset, void *bytes, size_t len,
                            nd_error *error)
{
    char *p = bytes;
    while (len > 0) {
        const ssize_t got = pread(file->fd, p, len, (off_t)offset);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0) {
            errno = got == 0 ? EIO : errno;
            return fail_in(file->budget, error, "read");
        }
        p += got;
        offset += (uint64_t)got;
        len -= (size_t)got;
    }
    return ND_OK;
}

void nd_temp_file_free(nd_temp_file *file)
{
    if (!file)
        return;
    close(file->fd);
    nd_budget_count_disk(file->budget, 0, atomic_load(&file->end));
    nd_release(nd_budget_allocator(file->budget), file);
}
