#include "io/path_walk.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "io/shown_path.h"
#include "util/error.h"

/* One folder on the way down:
 *
 *   names   | a \0 b.txt \0 c \0 |       as the system lists them
 *   sorted  [ -> a, -> b.txt, -> c ]     next
 */
typedef struct folder {
    nd_byte_vec names;
    const char **sorted;
    size_t num, next;
    size_t path_len; /* of the folder, with the '/' at its end */
} folder;

struct nd_path_walk {
    nd_allocator allocator;
    const nd_path_root *roots;
    size_t num_roots, next_root;
    ND_VEC(folder) folders;
    nd_byte_vec path; /* of the current entry */
    uint64_t num_entries;
    uint64_t total_bytes;
    size_t unknown_roots; /* streams, and folders not walked to their end */
};

static nd_status fail_open(const char *path, int error_number, nd_error *error)
{
    const nd_status status = error_number == ENOENT ? ND_ERR_NOT_FOUND : ND_ERR_IO;
    return nd_error_set(error, status, "cannot open '%s': %s", nd_show_path(path).text,
                        strerror(error_number));
}

static bool is_stdin(const char *path)
{
    return strcmp(path, "-") == 0;
}

nd_status nd_path_open(const char *path, int *fd, nd_error *error)
{
    do
        *fd = is_stdin(path) ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0)
                             : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    while (*fd < 0 && errno == EINTR);
    return *fd < 0 ? fail_open(path, errno, error) : ND_OK;
}

/* Opening a FIFO would wait for its writer, or end him when it is closed again. */
static nd_status try_to_open(const nd_path_root *root, nd_error *error)
{
    if (root->kind == ND_PATH_FOLDER) {
        DIR *const dir = opendir(root->path);
        if (!dir)
            return fail_open(root->path, errno, error);
        closedir(dir);
    } else if (root->kind == ND_PATH_FILE) {
        int fd;
        const nd_status status = nd_path_open(root->path, &fd, error);
        if (status != ND_OK)
            return status;
        close(fd);
    } else if (!is_stdin(root->path) && access(root->path, R_OK) != 0) {
        return fail_open(root->path, errno, error);
    }
    return ND_OK;
}

nd_status nd_path_root_look(const char *path, nd_path_root *out, nd_error *error)
{
    struct stat info;
    *out = (nd_path_root){.path = path, .kind = ND_PATH_STREAM};
    if ((is_stdin(path) ? fstat(STDIN_FILENO, &info) : stat(path, &info)) != 0)
        return fail_open(path, errno, error);
    if (S_ISSOCK(info.st_mode) && !is_stdin(path))
        return nd_error_set(error, ND_ERR_UNSUPPORTED, "cannot open '%s': it is a socket",
                            nd_show_path(path).text);
    if (S_ISDIR(info.st_mode) && is_stdin(path))
        return fail_open(path, EISDIR, error);
    out->has_size = S_ISREG(info.st_mode);
    out->size = out->has_size ? (uint64_t)info.st_size : 0;
    if (S_ISDIR(info.st_mode))
        out->kind = ND_PATH_FOLDER;
    else if (S_ISREG(info.st_mode) && !is_stdin(path))
        out->kind = ND_PATH_FILE;
    return try_to_open(out, error);
}

nd_status nd_path_walk_new(const nd_allocator *allocator, const nd_path_root *roots,
                           size_t num_roots, nd_path_walk **out)
{
    *out = NULL;
    nd_path_walk *const walk = nd_alloc_zeroed(allocator, 1, sizeof *walk);
    if (!walk)
        return ND_ERR_NO_MEMORY;
    walk->allocator = *allocator;
    walk->roots = roots;
    walk->num_roots = num_roots;
    for (size_t i = 0; i < num_roots; i++) {
        walk->unknown_roots += !roots[i].has_size;
        walk->total_bytes += roots[i].size;
    }
    *out = walk;
    return ND_OK;
}

static void release_folder(nd_path_walk *walk, folder *f)
{
    ND_VEC_RELEASE(&walk->allocator, &f->names);
    nd_release(&walk->allocator, f->sorted);
    f->sorted = NULL;
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Lists `dir`. ND_ERR_IO: errno says why. */
static nd_status list_names(nd_path_walk *walk, DIR *dir, folder *f)
{
    for (;;) {
        errno = 0;
        const struct dirent *const d = readdir(dir);
        if (!d)
            return errno ? ND_ERR_IO : ND_OK;
        if (strcmp(d->d_name, ".") == 0 || strcmp(d->d_name, "..") == 0)
            continue;
        const nd_status status =
            nd_bytes_append(&walk->allocator, &f->names, d->d_name, strlen(d->d_name) + 1);
        if (status != ND_OK)
            return status;
        f->num++;
    }
}

static nd_status sort_names(nd_path_walk *walk, folder *f)
{
    f->sorted = nd_alloc(&walk->allocator, f->num, sizeof *f->sorted);
    if (!f->sorted)
        return ND_ERR_NO_MEMORY;
    const char *name = f->names.items;
    for (size_t i = 0; i < f->num; i++, name += strlen(name) + 1)
        f->sorted[i] = name;
    if (f->num > 1)
        qsort(f->sorted, f->num, sizeof *f->sorted, compare_names);
    return ND_OK;
}

/* Sets the path to its first `len` bytes, then `name`. */
static nd_status set_path(nd_path_walk *walk, size_t len, const char *name)
{
    walk->path.len = len;
    return nd_bytes_append(&walk->allocator, &walk->path, name, strlen(name) + 1);
}

/* Ends the path, a folder's, with one '/'. */
static nd_status end_with_slash(nd_path_walk *walk)
{
    size_t len = strlen(walk->path.items);
    while (len && walk->path.items[len - 1] == '/')
        len--;
    return set_path(walk, len, "/");
}

/* Goes down into the folder at the path. ND_ERR_IO: errno says why. */
static nd_status enter_folder(nd_path_walk *walk)
{
    nd_status status = ND_VEC_RESERVE(&walk->allocator, &walk->folders, 1);
    if (status != ND_OK)
        return status;
    DIR *const dir = opendir(walk->path.items);
    if (!dir)
        return ND_ERR_IO;
    folder f = {0};
    status = list_names(walk, dir, &f);
    const int error_number = errno;
    closedir(dir);
    if (status == ND_OK)
        status = sort_names(walk, &f);
    if (status == ND_OK)
        status = end_with_slash(walk);
    if (status == ND_OK) {
        f.path_len = walk->path.len - 1;
        walk->folders.items[walk->folders.len++] = f;
    } else {
        release_folder(walk, &f);
        errno = error_number;
    }
    return status;
}

static void leave_folder(nd_path_walk *walk)
{
    release_folder(walk, &walk->folders.items[--walk->folders.len]);
    if (!walk->folders.len)
        walk->unknown_roots--;
}

/* Steps to the next named path; *found is false for a folder, which is entered. */
static nd_status step_root(nd_path_walk *walk, nd_path_entry *entry, bool *found, nd_error *error)
{
    const nd_path_root *const root = &walk->roots[walk->next_root++];
    nd_status status = set_path(walk, 0, root->path);
    if (status == ND_OK && root->kind == ND_PATH_FOLDER)
        status = enter_folder(walk);
    if (status == ND_ERR_IO)
        return fail_open(root->path, errno, error);
    *found = root->kind != ND_PATH_FOLDER;
    *entry = (nd_path_entry){.path = walk->path.items,
                             .kind = root->kind,
                             .size = root->size,
                             .file = walk->num_entries++,
                             .is_named = true};
    return status;
}

static void skip_unreadable(nd_path_walk *walk, nd_tally *tally, int error_number)
{
    const nd_input_place place = {.file = walk->num_entries++};
    if (nd_tally_count(tally, ND_ISSUE_UNREADABLE, place))
        nd_tally_describe(tally, ND_ISSUE_UNREADABLE, "cannot open '%s': %s",
                          nd_show_path(walk->path.items).text, strerror(error_number));
}

static void skip_special(nd_path_walk *walk, nd_tally *tally, mode_t mode)
{
    const nd_input_place place = {.file = walk->num_entries++};
    const char *const kind = S_ISLNK(mode)    ? "a symbolic link"
                             : S_ISSOCK(mode) ? "a socket"
                             : S_ISFIFO(mode) ? "a FIFO"
                                              : "a device";
    if (nd_tally_count(tally, ND_ISSUE_SPECIAL, place))
        nd_tally_describe(tally, ND_ISSUE_SPECIAL, "'%s' is %s",
                          nd_show_path(walk->path.items).text, kind);
}

/* Steps to the next name of the innermost folder. */
static nd_status step_folder(nd_path_walk *walk, nd_tally *tally, nd_path_entry *entry, bool *found)
{
    folder *const f = &walk->folders.items[walk->folders.len - 1];
    nd_status status = set_path(walk, f->path_len, f->sorted[f->next++]);
    struct stat info;
    if (status != ND_OK)
        return status;
    if (lstat(walk->path.items, &info) != 0) {
        skip_unreadable(walk, tally, errno);
    } else if (S_ISDIR(info.st_mode)) {
        status = enter_folder(walk);
        if (status == ND_ERR_IO) {
            skip_unreadable(walk, tally, errno);
            status = ND_OK;
        }
    } else if (!S_ISREG(info.st_mode)) {
        skip_special(walk, tally, info.st_mode);
    } else {
        *found = true;
        *entry = (nd_path_entry){.path = walk->path.items,
                                 .kind = ND_PATH_FILE,
                                 .size = (uint64_t)info.st_size,
                                 .file = walk->num_entries++};
        walk->total_bytes += entry->size;
    }
    return status;
}

nd_status nd_path_walk_next(nd_path_walk *walk, nd_tally *tally, nd_path_entry *entry, bool *found,
                            nd_error *error)
{
    *found = false;
    nd_status status = ND_OK;
    while (status == ND_OK && !*found) {
        if (walk->folders.len) {
            const folder *const f = &walk->folders.items[walk->folders.len - 1];
            if (f->next == f->num)
                leave_folder(walk);
            else
                status = step_folder(walk, tally, entry, found);
        } else if (walk->next_root < walk->num_roots) {
            status = step_root(walk, entry, found, error);
        } else {
            return ND_OK;
        }
    }
    if (status == ND_ERR_NO_MEMORY)
        nd_error_set(error, status, "%s", nd_status_message(status));
    return status;
}

uint64_t nd_path_walk_total_bytes(const nd_path_walk *walk)
{
    return walk->unknown_roots ? 0 : walk->total_bytes;
}

void nd_path_walk_free(nd_path_walk *walk)
{
    if (!walk)
        return;
    while (walk->folders.len)
        leave_folder(walk);
    ND_VEC_RELEASE(&walk->allocator, &walk->folders);
    ND_VEC_RELEASE(&walk->allocator, &walk->path);
    const nd_allocator allocator = walk->allocator;
    nd_release(&allocator, walk);
}
