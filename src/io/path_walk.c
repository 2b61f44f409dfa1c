#include "io/path_walk.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "io/place.h"
#include "util/error.h"
#include "util/u64_map.h"

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

/* What a file is, whatever it is called. */
typedef struct file_identity {
    dev_t device;
    ino_t inode;
    uint64_t file; /* its number; OWN_FILE: the caller writes it */
} file_identity;

#define OWN_FILE UINT64_MAX

struct nd_path_walk {
    nd_allocator allocator;
    const nd_path_root *roots;
    size_t num_roots, next_root;
    bool reads_hidden;
    ND_VEC(file_identity) met; /* by number */
    nd_u64_map met_by_hash;    /* to places in `met`; not to those of streams */
    ND_VEC(folder) folders;
    nd_byte_vec path; /* of the current entry */
    uint64_t num_entries;
    uint64_t total_bytes;
    size_t unknown_roots; /* streams, and folders not walked to their end */
};

/* ---- files that more than one path leads to ---- */

/* Looks for the file among those met. *found: its place, or else *key is free for it. */
static bool find_met(const nd_path_walk *walk, dev_t device, ino_t inode, uint64_t *key,
                     size_t *found)
{
    for (*key = (uint64_t)inode * 0x9e3779b97f4a7c15u + (uint64_t)device;; ++*key) {
        const uint64_t *const place = nd_u64_map_find(&walk->met_by_hash, *key);
        if (!place)
            return false;
        *found = (size_t)*place;
        const file_identity *const other = &walk->met.items[*found];
        if (other->device == device && other->inode == inode)
            return true;
    }
}

/* Notes a file; *before: the one met before, NULL if there is none. */
static nd_status meet(nd_path_walk *walk, file_identity file, const file_identity **before)
{
    uint64_t key;
    size_t found;
    *before = NULL;
    if (find_met(walk, file.device, file.inode, &key, &found)) {
        *before = &walk->met.items[found];
        return ND_OK;
    }
    nd_status status = ND_VEC_RESERVE(&walk->allocator, &walk->met, 1);
    if (status == ND_OK)
        status = nd_u64_map_reserve(&walk->met_by_hash, 1);
    if (status != ND_OK)
        return status;
    nd_u64_map_set(&walk->met_by_hash, key, walk->met.len);
    walk->met.items[walk->met.len++] = file;
    return ND_OK;
}

static bool is_own(const nd_path_walk *walk, const struct stat *info)
{
    uint64_t key;
    size_t found;
    return find_met(walk, info->st_dev, info->st_ino, &key, &found) &&
           walk->met.items[found].file == OWN_FILE;
}

/* ---- the walk ---- */

nd_status nd_path_walk_new(const nd_allocator *allocator, const nd_path_root *roots,
                           size_t num_roots, bool reads_hidden, nd_path_walk **out)
{
    *out = NULL;
    nd_path_walk *const walk = nd_alloc_zeroed(allocator, 1, sizeof *walk);
    if (!walk)
        return ND_ERR_NO_MEMORY;
    walk->allocator = *allocator;
    walk->roots = roots;
    walk->num_roots = num_roots;
    walk->reads_hidden = reads_hidden;
    nd_u64_map_init(&walk->met_by_hash, allocator);
    for (size_t i = 0; i < num_roots; i++) {
        walk->unknown_roots += !roots[i].has_size;
        walk->total_bytes += roots[i].size;
    }
    *out = walk;
    return ND_OK;
}

nd_status nd_path_walk_leave_out(nd_path_walk *walk, dev_t device, ino_t inode, nd_error *error)
{
    for (size_t i = 0; i < walk->num_roots; i++) {
        const nd_path_root *const root = &walk->roots[i];
        if (root->has_size && root->device == device && root->inode == inode)
            return nd_error_set(error, ND_ERR_INVALID_ARGUMENT,
                                "'%s' is an input and the output at once",
                                nd_show_path(root->path).text);
    }
    const file_identity *before;
    return meet(walk, (file_identity){device, inode, OWN_FILE}, &before);
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

/* Counts the path as passed over, with what is said of it: "'d/x' is a device". */
static void pass_over(nd_path_walk *walk, nd_tally *tally, nd_input_issue issue, const char *what)
{
    const nd_input_place place = {.file = walk->num_entries++};
    if (nd_tally_count(tally, issue, place))
        nd_tally_describe(tally, issue, "'%s' %s", nd_show_path(walk->path.items).text, what);
}

/* Whether the file at the path is met for the first time; counted if not. */
static nd_status is_first_time(nd_path_walk *walk, nd_tally *tally, dev_t device, ino_t inode,
                               bool *is_first)
{
    const file_identity *before;
    const nd_status status = meet(walk, (file_identity){device, inode, walk->num_entries}, &before);
    *is_first = !before;
    if (before && before->file == OWN_FILE)
        pass_over(walk, tally, ND_ISSUE_OWN_OUTPUT, "is written by this run");
    else if (before)
        pass_over(walk, tally, ND_ISSUE_SAME_FILE, "is the same file as one met before");
    return status;
}

/* Where the last name of a path begins. */
static size_t name_at(const char *path)
{
    const char *const slash = strrchr(path, '/');
    return slash ? (size_t)(slash - path) + 1 : 0;
}

/* Notes a stream, which can be named several times. */
static nd_status note_stream(nd_path_walk *walk, const nd_path_root *root)
{
    const nd_status status = ND_VEC_RESERVE(&walk->allocator, &walk->met, 1);
    if (status == ND_OK)
        walk->met.items[walk->met.len++] =
            (file_identity){root->device, root->inode, walk->num_entries};
    return status;
}

/* Steps to the next named path; *found is false for a folder, which is entered, and for a file met
 * before. */
static nd_status step_root(nd_path_walk *walk, nd_tally *tally, nd_path_entry *entry, bool *found,
                           nd_error *error)
{
    const nd_path_root *const root = &walk->roots[walk->next_root++];
    nd_status status = set_path(walk, 0, root->path);
    if (status == ND_OK && root->kind == ND_PATH_FOLDER)
        status = enter_folder(walk);
    if (status == ND_ERR_IO)
        return nd_path_cannot_open(root->path, errno, error);
    *found = root->kind != ND_PATH_FOLDER;
    if (status == ND_OK && root->kind == ND_PATH_FILE)
        status = is_first_time(walk, tally, root->device, root->inode, found);
    if (status == ND_OK && root->kind == ND_PATH_STREAM)
        status = note_stream(walk, root);
    if (root->kind == ND_PATH_FILE && !*found)
        walk->total_bytes -= root->size;
    if (status != ND_OK || !*found)
        return status;
    *entry = (nd_path_entry){.path = walk->path.items,
                             .name_at = name_at(walk->path.items),
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
    pass_over(walk, tally, ND_ISSUE_SPECIAL,
              S_ISLNK(mode)    ? "is a symbolic link"
              : S_ISSOCK(mode) ? "is a socket"
              : S_ISFIFO(mode) ? "is a FIFO"
                               : "is a device");
}

/* Steps to the next name of the innermost folder. */
static nd_status step_folder(nd_path_walk *walk, nd_tally *tally, nd_path_entry *entry, bool *found)
{
    folder *const f = &walk->folders.items[walk->folders.len - 1];
    const char *const name = f->sorted[f->next++];
    nd_status status = set_path(walk, f->path_len, name);
    struct stat info;
    if (status != ND_OK)
        return status;
    const bool is_hidden = name[0] == '.' && !walk->reads_hidden;
    if (lstat(walk->path.items, &info) != 0) {
        skip_unreadable(walk, tally, errno);
    } else if (is_hidden && !is_own(walk, &info)) {
        pass_over(walk, tally, ND_ISSUE_HIDDEN, "is hidden");
    } else if (S_ISDIR(info.st_mode)) {
        status = enter_folder(walk);
        if (status == ND_ERR_IO) {
            skip_unreadable(walk, tally, errno);
            status = ND_OK;
        }
    } else if (!S_ISREG(info.st_mode)) {
        skip_special(walk, tally, info.st_mode);
    } else {
        status = is_first_time(walk, tally, info.st_dev, info.st_ino, found);
        if (status != ND_OK || !*found)
            return status;
        *entry = (nd_path_entry){.path = walk->path.items,
                                 .name_at = walk->folders.items[0].path_len,
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
            status = step_root(walk, tally, entry, found, error);
        } else {
            return ND_OK;
        }
    }
    if (status == ND_ERR_NO_MEMORY)
        nd_error_set(error, status, "%s", nd_status_message(status));
    return status;
}

/* Walks once more, until it meets the file. */
static nd_status find_below(const nd_path_walk *walk, const file_identity *wanted,
                            nd_byte_vec *path, nd_path_entry *entry, bool *found)
{
    nd_path_walk *again;
    nd_tally tally = {0};
    nd_error error;
    bool is_at_one = true;
    nd_status status =
        nd_path_walk_new(&walk->allocator, walk->roots, walk->num_roots, true, &again);
    while (status == ND_OK && is_at_one && !*found) {
        status = nd_path_walk_next(again, &tally, entry, &is_at_one, &error);
        if (status != ND_OK || !is_at_one)
            break;
        const file_identity *const met = &again->met.items[again->met.len - 1];
        *found = met->device == wanted->device && met->inode == wanted->inode;
    }
    if (status == ND_OK && *found) {
        path->len = 0;
        status = nd_bytes_append(&walk->allocator, path, entry->path, strlen(entry->path) + 1);
        entry->path = path->items;
    }
    nd_path_walk_free(again);
    return status;
}

nd_status nd_path_walk_find(const nd_path_walk *walk, uint64_t file, nd_byte_vec *path,
                            nd_path_entry *entry, bool *found)
{
    const file_identity *wanted = NULL;
    *found = false;
    for (size_t i = 0; i < walk->met.len && !wanted && file != OWN_FILE; i++)
        if (walk->met.items[i].file == file)
            wanted = &walk->met.items[i];
    if (!wanted)
        return ND_OK;
    for (size_t i = 0; i < walk->num_roots; i++) {
        const nd_path_root *const root = &walk->roots[i];
        if (root->kind == ND_PATH_FOLDER || root->device != wanted->device ||
            root->inode != wanted->inode)
            continue;
        *entry = (nd_path_entry){
            .path = root->path, .kind = root->kind, .size = root->size, .file = file};
        *found = true;
        return ND_OK;
    }
    return find_below(walk, wanted, path, entry, found);
}

bool nd_path_walk_begins(const nd_path_walk *walk, const char *text)
{
    for (size_t i = 0; i < walk->num_roots; i++) {
        const char *const path = walk->roots[i].path;
        size_t len = strlen(path);
        while (len > 1 && path[len - 1] == '/')
            len--;
        if (strncmp(text, path, len) == 0 &&
            (text[len] == '\0' || text[len] == ':' || text[len] == '/' || path[len - 1] == '/'))
            return true;
    }
    return false;
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
    ND_VEC_RELEASE(&walk->allocator, &walk->met);
    nd_u64_map_release(&walk->met_by_hash);
    const nd_allocator allocator = walk->allocator;
    nd_release(&allocator, walk);
}
