/*   out/                        the folder
 *   out/.neardup-4711-0/        staging: locked by its process, so that another one knows
 *   out/.neardup-4711-0/0       whether that is still there
 *   out/.neardup-4711-0/1       files in the order in which they were begun
 *   out/.neardup-4711-0/moves   where they go, from when the first goes there
 *
 * Numbered and flat, so that a signal handler can remove them. */
#define _GNU_SOURCE /* syncfs, flock */

#include "io/output.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "io/place.h"
#include "util/alloc.h"
#include "util/error.h"

#define STAGING_PREFIX ".neardup-"

enum { STAGING_ATTEMPTS = 100, NUMBER_BYTES = 16 };

struct nd_output_folder {
    nd_allocator allocator;
    nd_byte_vec path;    /* with one '/' at its end, terminated */
    nd_byte_vec staging; /* the same; empty: there is none */
    int lock;            /* open on the staging folder */
    bool is_made;        /* the folder was made here */
    bool keeps_moves;    /* until it is cleared */
    nd_byte_vec names;   /* planned, or begun; each terminated */
    size_t num_planned;
    atomic_uint num_begun;
    nd_byte_vec made;       /* folders that were made for them, each terminated */
    nd_byte_vec scratch[2]; /* paths */
};

static nd_status fail(const char *doing, const char *path, nd_error *error)
{
    const int number = errno;
    return nd_error_set(error, number == ENOENT ? ND_ERR_NOT_FOUND : ND_ERR_IO,
                        "cannot %s '%s': %s", doing, nd_show_path(path).text, strerror(number));
}

/* "folder" + "name" in scratch[at]. */
static nd_status join(nd_output_folder *folder, int at, const char *in, const char *name)
{
    nd_byte_vec *const to = &folder->scratch[at];
    to->len = 0;
    nd_status status = nd_bytes_append(&folder->allocator, to, in, strlen(in));
    return status == ND_OK ? nd_bytes_append(&folder->allocator, to, name, strlen(name) + 1)
                           : status;
}

static nd_status join_number(nd_output_folder *folder, int at, const char *in, unsigned number)
{
    char name[NUMBER_BYTES];
    snprintf(name, sizeof name, "%u", number);
    return join(folder, at, in, name);
}

/* ---- staging ---- */

/* Removes a staging folder, which holds plain files. */
static void remove_folder(int folder_fd, const char *name)
{
    const int fd = openat(folder_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    DIR *const dir = fd < 0 ? NULL : fdopendir(fd);
    const struct dirent *entry;
    if (!dir && fd >= 0)
        close(fd);
    while (dir && (entry = readdir(dir)))
        if (entry->d_name[0] != '.')
            unlinkat(fd, entry->d_name, 0);
    if (dir)
        closedir(dir);
    unlinkat(folder_fd, name, AT_REMOVEDIR);
}

/* Removes what a process has left that is gone. */
static void sweep(int folder_fd, const char *name, nd_whole_moves whole)
{
    const int fd = openat(folder_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return;
    if (nd_lock_take(fd) == 0) {
        nd_output_moves_undo(folder_fd, fd, whole);
        remove_folder(folder_fd, name);
    }
    close(fd);
}

static bool is_staging(const char *name)
{
    return strncmp(name, STAGING_PREFIX, sizeof STAGING_PREFIX - 1) == 0;
}

/* What was there before would be taken for part of the result. */
static nd_status require_empty(const char *path, nd_whole_moves whole, nd_error *error)
{
    DIR *const dir = opendir(path);
    const struct dirent *entry;
    bool is_empty = true;
    if (!dir)
        return fail("write to", path, error);
    while ((entry = readdir(dir)))
        if (is_staging(entry->d_name))
            sweep(dirfd(dir), entry->d_name, whole);
    rewinddir(dir);
    while ((entry = readdir(dir))) {
        const char *const name = entry->d_name;
        if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
            continue;
        is_empty &= faccessat(dirfd(dir), name, F_OK, AT_SYMLINK_NOFOLLOW) != 0;
    }
    closedir(dir);
    if (is_empty)
        return ND_OK;
    return nd_error_set(error, ND_ERR_INVALID_ARGUMENT,
                        "the output folder '%s' is not empty: empty it, or name a new one",
                        nd_show_path(path).text);
}

static nd_status make_staging(nd_output_folder *folder, nd_error *error)
{
    for (unsigned attempt = 0; attempt < STAGING_ATTEMPTS; attempt++) {
        char name[64];
        snprintf(name, sizeof name, STAGING_PREFIX "%" PRIdMAX "-%u/", (intmax_t)getpid(), attempt);
        const nd_status status = join(folder, 0, folder->path.items, name);
        if (status != ND_OK)
            return status;
        if (mkdir(folder->scratch[0].items, 0700) == 0) {
            folder->staging = folder->scratch[0];
            folder->scratch[0] = (nd_byte_vec){0};
            folder->lock = open(folder->staging.items, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
            if (folder->lock < 0)
                return fail("open", folder->staging.items, error);
            (void)flock(folder->lock, LOCK_EX | LOCK_NB); /* not every file system can */
            return ND_OK;
        }
        if (errno != EEXIST)
            break;
    }
    return fail("write to", folder->path.items, error);
}

static nd_status open_folder(nd_output_folder *folder, const char *path, nd_whole_moves whole,
                             nd_error *error)
{
    size_t len = strlen(path);
    while (len > 1 && path[len - 1] == '/')
        len--;
    nd_status status = nd_bytes_append(&folder->allocator, &folder->path, path, len);
    if (status == ND_OK)
        status =
            nd_bytes_append(&folder->allocator, &folder->path, "/", path[len - 1] == '/' ? 0 : 1);
    if (status == ND_OK)
        status = nd_bytes_append(&folder->allocator, &folder->path, "", 1);
    if (status != ND_OK)
        return nd_error_set(error, status, "%s", nd_status_message(status));
    folder->is_made = mkdir(folder->path.items, 0777) == 0;
    if (!folder->is_made && errno != EEXIST)
        return fail("make the folder", path, error);
    status = require_empty(folder->path.items, whole, error);
    return status == ND_OK ? make_staging(folder, error) : status;
}

nd_status nd_output_folder_new(const char *path, nd_whole_moves whole,
                               const nd_allocator *allocator, nd_output_folder **out,
                               nd_error *error)
{
    *out = NULL;
    const nd_allocator a = nd_allocator_or_default(allocator);
    nd_output_folder *const folder = nd_alloc_zeroed(&a, 1, sizeof *folder);
    if (!folder)
        return nd_error_set(error, ND_ERR_NO_MEMORY, "%s", nd_status_message(ND_ERR_NO_MEMORY));
    folder->allocator = a;
    folder->lock = -1;
    atomic_init(&folder->num_begun, 0);
    const nd_status status = open_folder(folder, path, whole, error);
    if (status == ND_OK)
        *out = folder;
    else
        nd_output_folder_free(folder);
    return status;
}

void nd_output_folder_keep_moves(nd_output_folder *folder)
{
    folder->keeps_moves = true;
}

/* ---- what there will be ---- */

static nd_status add_name(nd_output_folder *folder, const char *name)
{
    return nd_bytes_append(&folder->allocator, &folder->names, name, strlen(name) + 1);
}

nd_status nd_output_folder_plan(nd_output_folder *folder, const char *name)
{
    const nd_status status = add_name(folder, name);
    folder->num_planned += status == ND_OK;
    return status;
}

/* By bytes, but '/' before all others: what lies in a folder stands right behind its name. */
static int compare_names(const void *left, const void *right)
{
    const unsigned char *a = *(const unsigned char *const *)left;
    const unsigned char *b = *(const unsigned char *const *)right;
    for (; *a && *a == *b; a++)
        b++;
    const int x = *a == '/' ? 1 : *a ? *a + 1 : 0, y = *b == '/' ? 1 : *b ? *b + 1 : 0;
    return x - y;
}

/* Whether one name is the other, or that of a folder above it. */
static bool is_in_the_way(const char *a, const char *b)
{
    const size_t len = strlen(a);
    return strncmp(a, b, len) == 0 && (b[len] == '\0' || b[len] == '/');
}

static nd_status check_names(const nd_output_folder *folder, const char **names, nd_error *error)
{
    const char *name = folder->names.items;
    for (size_t i = 0; i < folder->num_planned; i++, name += strlen(name) + 1)
        names[i] = name;
    if (folder->num_planned > 1)
        qsort(names, folder->num_planned, sizeof *names, compare_names);
    for (size_t i = 1; i < folder->num_planned; i++)
        if (is_in_the_way(names[i - 1], names[i]))
            return nd_error_set(error, ND_ERR_INVALID_ARGUMENT, "two inputs would both be '%s%s'",
                                nd_show_path(folder->path.items).text, nd_show_path(names[i]).text);
    return ND_OK;
}

nd_status nd_output_folder_check(nd_output_folder *folder, nd_error *error)
{
    const char **const names = nd_alloc(&folder->allocator, folder->num_planned, sizeof *names);
    nd_status status = names || !folder->num_planned ? ND_OK : ND_ERR_NO_MEMORY;
    if (status == ND_OK)
        status = check_names(folder, names, error);
    nd_release(&folder->allocator, names);
    folder->names.len = folder->num_planned = 0;
    return status;
}

nd_status nd_output_folder_begin(nd_output_folder *folder, const char *name, nd_packing packing,
                                 nd_output **out, nd_error *error)
{
    *out = NULL;
    const unsigned number = atomic_load(&folder->num_begun);
    nd_status status = add_name(folder, name);
    if (status == ND_OK)
        status = join(folder, 0, folder->path.items, name);
    if (status == ND_OK)
        status = join_number(folder, 1, folder->staging.items, number);
    if (status != ND_OK)
        return nd_error_set(error, status, "%s", nd_status_message(status));
    atomic_store(&folder->num_begun, number + 1); /* before the file is there */
    return nd_output_new_staged(folder->scratch[0].items, folder->scratch[1].items, packing,
                                &folder->allocator, out, error);
}

/* ---- to their places ---- */

static nd_status make_one(nd_output_folder *folder, const char *path, nd_error *error)
{
    const size_t size = strlen(path) + 1;
    const nd_status status = ND_VEC_RESERVE(&folder->allocator, &folder->made, size);
    if (status != ND_OK)
        return status;
    if (mkdir(path, 0777) == 0)
        return nd_bytes_append(&folder->allocator, &folder->made, path, size);
    return errno == EEXIST ? ND_OK : fail("make the folder", path, error);
}

/* Makes the folders above a path. */
static nd_status make_folders(nd_output_folder *folder, char *path, nd_error *error)
{
    nd_status status = ND_OK;
    char *slash = path + strlen(folder->path.items);
    for (; status == ND_OK && (slash = strchr(slash, '/')); slash++) {
        *slash = '\0';
        status = make_one(folder, path, error);
        *slash = '/';
    }
    return status;
}

/* The last one first; one that got a file stays. */
static void remove_made(nd_output_folder *folder)
{
    const char *const paths = folder->made.items;
    for (size_t end = folder->made.len; end > 0;) {
        size_t at = end - 1;
        while (at > 0 && paths[at - 1])
            at--;
        rmdir(paths + at);
        end = at;
    }
}

static nd_status move_file(nd_output_folder *folder, unsigned number, const char *name,
                           nd_error *error)
{
    nd_status status = join(folder, 0, folder->path.items, name);
    if (status == ND_OK)
        status = join_number(folder, 1, folder->staging.items, number);
    if (status != ND_OK)
        return status;
    const char *const from = folder->scratch[1].items, *const to = folder->scratch[0].items;
    return rename(from, to) == 0 ? ND_OK : fail("write", to, error);
}

/* Folders come first, as they are what may fail. */
static nd_status move_all(nd_output_folder *folder, nd_error *error)
{
    const unsigned num = atomic_load(&folder->num_begun);
    const char *name = folder->names.items;
    nd_status status = ND_OK;
    for (unsigned i = 0; status == ND_OK && i < num; i++, name += strlen(name) + 1) {
        status = join(folder, 0, folder->path.items, name);
        if (status == ND_OK)
            status = make_folders(folder, folder->scratch[0].items, error);
    }
    name = folder->names.items;
    for (unsigned i = 0; status == ND_OK && i < num; i++, name += strlen(name) + 1)
        status = move_file(folder, i, name, error);
    return status;
}

/* Without memory. */
static void remove_staging(nd_output_folder *folder)
{
    const unsigned num = atomic_load(&folder->num_begun);
    for (unsigned i = 0; i < num; i++) {
        char name[NUMBER_BYTES];
        snprintf(name, sizeof name, "%u", i);
        unlinkat(folder->lock, name, 0);
    }
    if (folder->staging.len) {
        nd_output_moves_forget(folder->lock);
        rmdir(folder->staging.items);
    }
}

nd_status nd_output_folder_commit(nd_output_folder *folder, nd_error *error)
{
    sigset_t all, before;
    nd_error why = {0};
    if (syncfs(folder->lock) != 0)
        return fail("write to", folder->path.items, error);
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &before);
    nd_status status = nd_output_moves_write(folder->lock, folder->names.items,
                                             atomic_load(&folder->num_begun), &folder->allocator);
    if (status == ND_ERR_IO)
        status = fail("write to", folder->path.items, &why);
    if (status == ND_OK)
        status = move_all(folder, &why);
    if (status != ND_OK && why.code != status)
        nd_error_set(&why, status, "%s", nd_status_message(status));
    if (status == ND_OK) {
        atomic_store(&folder->num_begun, 0);
        if (!folder->keeps_moves)
            remove_staging(folder);
        folder->is_made = false;
    } else {
        remove_made(folder);
    }
    (void)syncfs(folder->lock); /* the renames */
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (status != ND_OK && error)
        *error = why;
    return status;
}

nd_staging nd_output_folder_staging(const nd_output_folder *folder)
{
    return (nd_staging){folder->staging.items, folder->is_made ? folder->path.items : NULL,
                        &folder->num_begun};
}

void nd_output_folder_clear(nd_output_folder *folder)
{
    if (folder)
        remove_staging(folder);
    if (folder && folder->is_made)
        rmdir(folder->path.items);
}

void nd_output_folder_free(nd_output_folder *folder)
{
    if (!folder)
        return;
    nd_output_folder_clear(folder);
    if (folder->lock >= 0)
        close(folder->lock);
    const nd_allocator allocator = folder->allocator;
    ND_VEC_RELEASE(&allocator, &folder->path);
    ND_VEC_RELEASE(&allocator, &folder->staging);
    ND_VEC_RELEASE(&allocator, &folder->names);
    ND_VEC_RELEASE(&allocator, &folder->made);
    ND_VEC_RELEASE(&allocator, &folder->scratch[0]);
    ND_VEC_RELEASE(&allocator, &folder->scratch[1]);
    nd_release(&allocator, folder);
}
