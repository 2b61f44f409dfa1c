/* The file "moves" in a staging folder:
 *
 *   | moved_file | name \0 | moved_file | name \0 | ...
 *
 * A rename changes none of what stands in moved_file. */
#define _GNU_SOURCE /* flock */

#include "io/leftovers.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static const char LIST_NAME[] = "moves";

enum { LIST_MAX_BYTES = 1 << 30, NUMBER_BYTES = 24, LOCK_ATTEMPTS = 500 };

typedef struct moved_file {
    uint64_t device, inode, size;
    int64_t seconds, nanoseconds; /* of the last change of its bytes */
} moved_file;

static moved_file describe(const struct stat *info)
{
    return (moved_file){(uint64_t)info->st_dev, (uint64_t)info->st_ino, (uint64_t)info->st_size,
                        (int64_t)info->st_mtim.tv_sec, (int64_t)info->st_mtim.tv_nsec};
}

int nd_lock_take(int fd)
{
    const struct timespec pause = {.tv_nsec = 20000000};
    for (int attempt = 0; flock(fd, LOCK_EX | LOCK_NB) != 0; attempt++) {
        if (errno != EWOULDBLOCK || attempt == LOCK_ATTEMPTS)
            return errno;
        nanosleep(&pause, NULL);
    }
    return 0;
}

/* ---- files that were written ---- */

/* The process of .neardup-PID-NUMBER; 0: it is no such name. */
static pid_t owner_of(const char *name)
{
    static const char prefix[] = ".neardup-";
    char *end;
    if (strncmp(name, prefix, sizeof prefix - 1) != 0)
        return 0;
    const char *const digits = name + sizeof prefix - 1;
    const size_t pid_len = strspn(digits, "0123456789");
    const char *const number = digits + pid_len + 1;
    if (pid_len == 0 || pid_len > 9 || digits[pid_len] != '-' || !*number ||
        number[strspn(number, "0123456789")] != '\0')
        return 0;
    return (pid_t)strtol(digits, &end, 10);
}

static void sweep_file(int folder_fd, const char *name)
{
    struct stat info;
    const pid_t owner = owner_of(name);
    if (owner == 0 || kill(owner, 0) == 0 || errno != ESRCH)
        return;
    const int fd = openat(folder_fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0)
        return;
    if (fstat(fd, &info) == 0 && S_ISREG(info.st_mode) && info.st_uid == geteuid() &&
        flock(fd, LOCK_EX | LOCK_NB) == 0)
        unlinkat(folder_fd, name, 0);
    close(fd);
}

void nd_temp_files_sweep(const char *folder)
{
    DIR *const dir = opendir(folder[0] ? folder : ".");
    const struct dirent *entry;
    while (dir && (entry = readdir(dir)))
        sweep_file(dirfd(dir), entry->d_name);
    if (dir)
        closedir(dir);
}

/* ---- moves: writing down ---- */

static nd_status write_list(int staging_fd, const nd_byte_vec *list)
{
    const int fd = openat(staging_fd, LIST_NAME, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0)
        return ND_ERR_IO;
    bool is_right = true;
    for (size_t at = 0; is_right && at < list->len;) {
        const ssize_t put = write(fd, list->items + at, list->len - at);
        is_right = put > 0 || (put < 0 && errno == EINTR);
        at += put > 0 ? (size_t)put : 0;
    }
    is_right = is_right && fsync(fd) == 0;
    const int number = errno;
    is_right = close(fd) == 0 && is_right;
    errno = is_right ? errno : number;
    return is_right ? ND_OK : ND_ERR_IO;
}

nd_status nd_output_moves_write(int staging_fd, const char *names, size_t num,
                                const nd_allocator *allocator)
{
    nd_byte_vec list = {0};
    nd_status status = ND_OK;
    for (size_t i = 0; i < num && status == ND_OK; i++, names += strlen(names) + 1) {
        char number[NUMBER_BYTES];
        struct stat info;
        snprintf(number, sizeof number, "%zu", i);
        if (fstatat(staging_fd, number, &info, AT_SYMLINK_NOFOLLOW) != 0) {
            status = ND_ERR_IO;
            break;
        }
        const moved_file file = describe(&info);
        status = nd_bytes_append(allocator, &list, &file, sizeof file);
        if (status == ND_OK)
            status = nd_bytes_append(allocator, &list, names, strlen(names) + 1);
    }
    if (status == ND_OK)
        status = write_list(staging_fd, &list);
    ND_VEC_RELEASE(allocator, &list);
    return status;
}

void nd_output_moves_forget(int staging_fd)
{
    unlinkat(staging_fd, LIST_NAME, 0);
}

/* ---- moves: undoing ---- */

/* The list, from malloc; NULL where there is none. */
static char *read_list(int staging_fd, size_t *len)
{
    struct stat info;
    const int fd = openat(staging_fd, LIST_NAME, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    char *list = NULL;
    *len = 0;
    if (fd >= 0 && fstat(fd, &info) == 0 && S_ISREG(info.st_mode) && info.st_size > 0 &&
        info.st_size < LIST_MAX_BYTES)
        list = malloc((size_t)info.st_size);
    while (list && *len < (size_t)info.st_size) {
        const ssize_t got = read(fd, list + *len, (size_t)info.st_size - *len);
        if (got <= 0)
            break;
        *len += (size_t)got;
    }
    if (fd >= 0)
        close(fd);
    return list;
}

/* Opens the folder in which the name lies, which is *last there; -1 where there is none. */
static int open_parent(int folder_fd, const char *name, const char **last)
{
    int fd = dup(folder_fd);
    for (const char *slash; fd >= 0 && (slash = strchr(name, '/')); name = slash + 1) {
        char part[NAME_MAX + 1];
        const size_t len = (size_t)(slash - name);
        const bool is_way_up = len == 2 && memcmp(name, "..", 2) == 0;
        int next = -1;
        if (len > 0 && len <= NAME_MAX && !is_way_up) {
            memcpy(part, name, len);
            part[len] = '\0';
            next = openat(fd, part, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        }
        close(fd);
        fd = next;
    }
    *last = name;
    return fd;
}

/* Whether the file is at its name; `is_undone`: and is removed from there. */
static bool find_moved(int folder_fd, const char *name, const moved_file *file, bool is_undone)
{
    struct stat info;
    const char *last;
    const int fd = open_parent(folder_fd, name, &last);
    bool is_there = fd >= 0 && fstatat(fd, last, &info, AT_SYMLINK_NOFOLLOW) == 0;
    if (is_there) {
        const moved_file now = describe(&info);
        is_there = memcmp(&now, file, sizeof now) == 0;
    }
    if (is_there && is_undone)
        unlinkat(fd, last, 0);
    if (fd >= 0)
        close(fd);
    return is_there;
}

/* Removes the folders above the name, as far as they are empty. */
static void remove_folders(int folder_fd, char *name)
{
    for (char *slash; (slash = strrchr(name, '/'));) {
        const char *last;
        *slash = '\0';
        const int fd = open_parent(folder_fd, name, &last);
        if (fd >= 0) {
            unlinkat(fd, last, AT_REMOVEDIR);
            close(fd);
        }
    }
}

/* Goes through the list: whether all files are at their names. */
static bool go_through(int folder_fd, char *list, size_t len, bool is_undone)
{
    bool is_all = true;
    for (size_t at = 0; at < len;) {
        moved_file file;
        char *const name = list + at + sizeof file;
        if (len - at <= sizeof file || !memchr(name, '\0', len - at - sizeof file))
            break;
        memcpy(&file, list + at, sizeof file);
        at += sizeof file + strlen(name) + 1;
        is_all &= find_moved(folder_fd, name, &file, is_undone);
        if (is_undone)
            remove_folders(folder_fd, name);
    }
    return is_all;
}

void nd_output_moves_undo(int folder_fd, int staging_fd, nd_whole_moves whole)
{
    size_t len;
    char *const list = read_list(staging_fd, &len);
    if (list && (whole == ND_WHOLE_MOVES_UNDONE || !go_through(folder_fd, list, len, false)))
        (void)go_through(folder_fd, list, len, true);
    free(list);
}
