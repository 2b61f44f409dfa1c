/* Runs a fuzz target over the files named, and over every file of the folders named. */
#include <dirent.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int fail(const char *path, const char *what)
{
    fprintf(stderr, "cannot %s '%s': %s\n", what, path, strerror(errno));
    return -1;
}

/* The input is copied to a block of its exact size, so that a sanitizer sees a read past it. */
static int replay_file(const char *path, size_t size)
{
    FILE *const file = fopen(path, "rb");
    if (!file)
        return fail(path, "open");
    uint8_t *const data = malloc(size ? size : 1);
    const size_t got = data ? fread(data, 1, size, file) : 0;
    fclose(file);
    if (!data || got != size) {
        free(data);
        return fail(path, "read");
    }
    LLVMFuzzerTestOneInput(data, size);
    free(data);
    return 1;
}

static int replay_path(const char *path);

static int replay_folder(const char *path)
{
    DIR *const folder = opendir(path);
    if (!folder)
        return fail(path, "open");
    int num_files = 0;
    for (const struct dirent *entry = readdir(folder); entry && num_files >= 0;
         entry = readdir(folder)) {
        if (entry->d_name[0] == '.')
            continue;
        char inner[4096];
        const int len = snprintf(inner, sizeof inner, "%s/%s", path, entry->d_name);
        const int num = len < (int)sizeof inner ? replay_path(inner) : fail(path, "name a file of");
        num_files = num < 0 ? num : num_files + num;
    }
    closedir(folder);
    return num_files;
}

/* How many inputs ran, -1 if one could not be read. */
static int replay_path(const char *path)
{
    struct stat info;
    if (stat(path, &info) != 0)
        return fail(path, "find");
    return S_ISDIR(info.st_mode) ? replay_folder(path) : replay_file(path, (size_t)info.st_size);
}

int main(int argc, char **argv)
{
    int num_files = 0;
    for (int i = 1; i < argc; i++) {
        const int num = replay_path(argv[i]);
        if (num < 0)
            return 1;
        num_files += num;
    }
    printf("%d inputs replayed\n", num_files);
    /* An empty corpus would pass without testing anything. */
    return num_files > 0 ? 0 : 1;
}
