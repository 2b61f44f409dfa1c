#define _XOPEN_SOURCE 700 /* realpath */

#include "io/paths.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "io/place.h"
#include "util/error.h"

nd_status nd_path_cannot_open(const char *path, int error_number, nd_error *error)
{
    const nd_status status = error_number == ENOENT ? ND_ERR_NOT_FOUND : ND_ERR_IO;
    return nd_error_set(error, status, "cannot open '%s': %s", nd_show_path(path).text,
                        strerror(error_number));
}

static bool is_stdin(const char *path)
{
    return strcmp(path, "-") == 0;
}

/* A regular file is opened anew, so that its place in the file stays what it is. */
static int open_stdin(void)
{
    struct stat info;
    if (fstat(STDIN_FILENO, &info) == 0 && S_ISREG(info.st_mode)) {
        const off_t place = lseek(STDIN_FILENO, 0, SEEK_CUR);
        const int fd = open("/dev/fd/0", O_RDONLY | O_CLOEXEC);
        if (fd >= 0 && place >= 0 && lseek(fd, place, SEEK_SET) == place)
            return fd;
        if (fd >= 0)
            close(fd);
    }
    return fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0);
}

nd_status nd_path_open(const char *path, int *fd, nd_error *error)
{
    do
        *fd = is_stdin(path) ? open_stdin() : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    while (*fd < 0 && errno == EINTR);
    return *fd < 0 ? nd_path_cannot_open(path, errno, error) : ND_OK;
}

/* Opening a FIFO would wait for its writer, or end him when it is closed again. */
static nd_status try_to_open(const nd_path_root *root, nd_error *error)
{
    if (root->kind == ND_PATH_FOLDER) {
        DIR *const dir = opendir(root->path);
        if (!dir)
            return nd_path_cannot_open(root->path, errno, error);
        closedir(dir);
    } else if (root->kind == ND_PATH_FILE) {
        int fd;
        const nd_status status = nd_path_open(root->path, &fd, error);
        if (status != ND_OK)
            return status;
        close(fd);
    } else if (!is_stdin(root->path) && access(root->path, R_OK) != 0) {
        return nd_path_cannot_open(root->path, errno, error);
    }
    return ND_OK;
}

nd_status nd_path_root_look(const char *path, nd_path_root *out, nd_error *error)
{
    struct stat info;
    *out = (nd_path_root){.path = path, .kind = ND_PATH_STREAM};
    if ((is_stdin(path) ? fstat(STDIN_FILENO, &info) : stat(path, &info)) != 0)
        return nd_path_cannot_open(path, errno, error);
    if (S_ISSOCK(info.st_mode) && !is_stdin(path))
        return nd_error_set(error, ND_ERR_UNSUPPORTED, "cannot open '%s': it is a socket",
                            nd_show_path(path).text);
    if (S_ISDIR(info.st_mode) && is_stdin(path))
        return nd_path_cannot_open(path, EISDIR, error);
    out->has_size = S_ISREG(info.st_mode);
    out->size = out->has_size ? (uint64_t)info.st_size : 0;
    out->device = info.st_dev;
    out->inode = info.st_ino;
    if (S_ISDIR(info.st_mode))
        out->kind = ND_PATH_FOLDER;
    else if (S_ISREG(info.st_mode) && !is_stdin(path))
        out->kind = ND_PATH_FILE;
    return try_to_open(out, error);
}

/* ---- which lies in which ---- */

/* Whether the path below the folder has a hidden part. */
static bool is_hidden_below(const char *path)
{
    return path[0] == '.' || strstr(path, "/.") != NULL;
}

/* Whether a walk from `root`, a folder, would come to `file`; both resolved. */
static bool is_below(const char *root, const char *file, bool reads_hidden)
{
    const size_t len = strcmp(root, "/") == 0 ? 0 : strlen(root);
    return strncmp(root, file, len) == 0 && file[len] == '/' &&
           (reads_hidden || !is_hidden_below(file + len + 1));
}

const char *nd_path_reaching(const char *const *paths, size_t num_paths, bool reads_hidden,
                             const char *file)
{
    struct stat info;
    char *const file_path = realpath(file, NULL);
    const char *found = NULL;
    if (!file_path || stat(file_path, &info) != 0 || !S_ISREG(info.st_mode))
        num_paths = 0;
    for (size_t i = 0; i < num_paths && !found; i++) {
        struct stat named;
        if ((is_stdin(paths[i]) ? fstat(STDIN_FILENO, &named) : stat(paths[i], &named)) != 0)
            continue;
        char *const root = S_ISDIR(named.st_mode) ? realpath(paths[i], NULL) : NULL;
        if (root ? is_below(root, file_path, reads_hidden)
                 : named.st_dev == info.st_dev && named.st_ino == info.st_ino)
            found = paths[i];
        free(root);
    }
    free(file_path);
    return found;
}

/* "above/name", from malloc; NULL without memory. */
static char *join_name(const char *above, const char *name, size_t name_len)
{
    const size_t above_len = strcmp(above, "/") == 0 ? 0 : strlen(above);
    char *const joined = malloc(above_len + name_len + 2);
    if (!joined)
        return NULL;
    memcpy(joined, above, above_len);
    joined[above_len] = '/';
    memcpy(joined + above_len + 1, name, name_len);
    joined[above_len + 1 + name_len] = '\0';
    return joined;
}

/* path[0..len) as it is without links, from malloc; of what is not there yet, where it would be.
 * NULL where that cannot be said. */
static char *resolve(const char *path, size_t len)
{
    while (len > 1 && path[len - 1] == '/')
        len--;
    char *const copy = len ? strndup(path, len) : strdup(".");
    char *const there = copy ? realpath(copy, NULL) : NULL;
    const bool is_absent = copy && !there && errno == ENOENT && len > 0;
    free(copy);
    if (!is_absent)
        return there;
    size_t name = len;
    while (name && path[name - 1] != '/')
        name--;
    char *const above = resolve(path, name);
    char *const joined = above ? join_name(above, path + name, len - name) : NULL;
    free(above);
    return joined;
}

/* Whether one of two resolved paths is the other, or a folder above it. */
static bool is_on_the_way(const char *a, const char *b)
{
    const size_t a_len = strcmp(a, "/") == 0 ? 0 : strlen(a);
    return strncmp(a, b, a_len) == 0 && (b[a_len] == '/' || b[a_len] == '\0');
}

const char *nd_path_overlapping(const char *const *paths, size_t num_paths, const char *place)
{
    char *const where = resolve(place, strlen(place));
    const char *found = NULL;
    for (size_t i = 0; where && i < num_paths && !found; i++) {
        char *const path = is_stdin(paths[i]) ? NULL : resolve(paths[i], strlen(paths[i]));
        if (path && (is_on_the_way(path, where) || is_on_the_way(where, path)))
            found = paths[i];
        free(path);
    }
    free(where);
    return found;
}
