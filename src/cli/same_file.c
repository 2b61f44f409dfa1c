#define _XOPEN_SOURCE 700 /* realpath */

#include "cli/same_file.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static const char *name_of(const char *path)
{
    const char *const slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

/* The folder a path stands in, resolved, from malloc; NULL where there is none. */
static char *folder_of(const char *path)
{
    const size_t len = (size_t)(name_of(path) - path);
    char *const folder = malloc(len + 2);
    if (!folder)
        return NULL;
    memcpy(folder, path, len);
    memcpy(folder + len, ".", 2);
    char *const resolved = realpath(folder, NULL);
    free(folder);
    return resolved;
}

bool nd_is_same_file(const char *a, const char *b)
{
    struct stat of_a, of_b;
    const bool is_a = stat(a, &of_a) == 0, is_b = stat(b, &of_b) == 0;
    if (is_a && is_b)
        return S_ISREG(of_a.st_mode) && of_a.st_dev == of_b.st_dev && of_a.st_ino == of_b.st_ino;
    if (is_a || is_b || strcmp(name_of(a), name_of(b)) != 0)
        return false;
    char *const folder_a = folder_of(a), *const folder_b = folder_of(b);
    const bool is_same = folder_a && folder_b && strcmp(folder_a, folder_b) == 0;
    free(folder_a);
    free(folder_b);
    return is_same;
}
