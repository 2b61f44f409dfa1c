/* An index whose files are not as they were written: opened, checked, asked, changed and compacted.
 *
 * The input edits the files of a good index, 8 bytes at a time: which file, what to do, a value, a
 * place of 4 bytes, and one that is not used, but that the first such byte says which of two
 * indexes it is, one of each preset. A build for fuzzing takes every checksum for right,
 * so that what is behind them is reached. */
#define _XOPEN_SOURCE 700
#include <dirent.h>
#include <ftw.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "neardup/neardup.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MAX_FILES = 8, EDIT_BYTES = 8, NUM_DOCUMENTS = 60 };

typedef struct file_image {
    char name[256];
    unsigned char *bytes;
    size_t len;
} file_image;

/* A good index, its files in the order of their names. */
typedef struct image {
    file_image files[MAX_FILES];
    size_t num_files;
} image;

static image images[ND_NUM_PRESETS];
static char work[300]; /* the folder of the edited one */

static void require(int holds)
{
    if (!holds)
        abort();
}

static void must(nd_status status)
{
    require(status == ND_OK);
}

static int remove_one(const char *path, const struct stat *info, int kind, struct FTW *where)
{
    (void)info, (void)kind, (void)where;
    return remove(path);
}

static void remove_work(void)
{
    *strrchr(work, '/') = '\0';
    nftw(work, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static void read_file(image *good, const char *name)
{
    char path[600];
    file_image *const file = &good->files[good->num_files++];
    snprintf(path, sizeof path, "%s/%s", work, name);
    FILE *const f = fopen(path, "rb");
    struct stat info;
    require(f && fstat(fileno(f), &info) == 0);
    snprintf(file->name, sizeof file->name, "%s", name);
    file->len = (size_t)info.st_size;
    file->bytes = malloc(file->len + 1);
    require(file->bytes && fread(file->bytes, 1, file->len, f) == file->len);
    fclose(f);
}

static void write_file(const char *name, const unsigned char *bytes, size_t len)
{
    char path[600];
    snprintf(path, sizeof path, "%s/%s", work, name);
    FILE *const f = fopen(path, "wb");
    require(f && fwrite(bytes, 1, len, f) == len && fclose(f) == 0);
}

/* Text i: three are alike, and some are the same. */
static nd_index_document document_of(unsigned i, char id[16], char text[400])
{
    size_t len = 0;
    for (unsigned w = 0; w < 40; w++)
        len += (size_t)snprintf(text + len, 400 - len, "w%u ", i / 3 * 40 + w + (w == 7) * (i % 2));
    snprintf(id, 16, "%u", i);
    return (nd_index_document){.id = id,
                               .id_len_bytes = strlen(id),
                               .text = text,
                               .text_len_bytes = len,
                               .time = 1 + i,
                               .source = "north",
                               .source_len_bytes = 5};
}

static nd_index *open_index(nd_index_access access)
{
    nd_index_options options;
    nd_index *index;
    nd_index_options_init(&options);
    options.access = access;
    options.durability = ND_INDEX_UNSYNCED;
    options.tail_documents = NUM_DOCUMENTS / 3 - 1;
    options.num_threads = 1;
    return nd_index_open(work, &options, NULL, &index, NULL) == ND_OK ? index : NULL;
}

static nd_status add(nd_index *index, unsigned i)
{
    char id[16], text[400];
    const nd_index_document document = document_of(i, id, text);
    return nd_index_add(index, &document, ND_INDEX_REPLACE, NULL, NULL);
}

static void make_folder(void)
{
    char in_memory[] = "/dev/shm/neardup-fuzz-XXXXXX", folder[] = "/tmp/neardup-fuzz-XXXXXX";
    const char *const made = mkdtemp(in_memory); /* nothing waits for a disk there */
    require(made || mkdtemp(folder) != NULL);
    snprintf(work, sizeof work, "%s/index", made ? made : folder);
    atexit(remove_work);
}

static void remove_files(const image *good)
{
    char path[600];
    for (size_t i = 0; i < good->num_files; i++) {
        snprintf(path, sizeof path, "%s/%s", work, good->files[i].name);
        remove(path);
    }
    snprintf(path, sizeof path, "%s/lock", work);
    remove(path);
}

/* Two runs, removals, and a tail. */
static void make_good_index(nd_preset preset)
{
    image *const good = &images[preset];
    nd_scan_options options;
    nd_scan_options_init_preset(&options, preset);
    must(nd_index_create(work, &options, NULL, NULL));
    nd_index *const index = open_index(ND_INDEX_WRITE);
    require(index != NULL);
    for (unsigned i = 0; i < NUM_DOCUMENTS; i++) {
        must(add(index, i));
        if (i % 10 == 9) {
            must(nd_index_remove(index, "4", 1, NULL) == ND_OK || i > 9 ? ND_OK : ND_ERR_FORMAT);
            must(nd_index_commit(index, NULL));
        }
    }
    nd_index_free(index);
    struct dirent **names;
    const int num = scandir(work, &names, NULL, alphasort);
    for (int i = 0; i < num; i++) {
        if (names[i]->d_name[0] != '.' && strcmp(names[i]->d_name, "lock") != 0) {
            require(good->num_files < MAX_FILES);
            read_file(good, names[i]->d_name);
        }
        free(names[i]);
    }
    free(names);
    require(good->num_files >= 4);
    remove_files(good);
}

/* One edit of the file's copy. */
static void edit(unsigned char *bytes, size_t *len, const uint8_t *e)
{
    uint32_t at;
    memcpy(&at, e + 3, sizeof at);
    if (*len == 0)
        return;
    at %= (uint32_t)*len;
    switch (e[1] % 8) {
    case 0:
        *len = at;
        break;
    case 1:
        bytes[at] ^= e[2];
        break;
    case 2:
        memset(bytes + at, e[2], *len - at < 4 ? *len - at : 4);
        break;
    case 3:
        bytes[at] = (unsigned char)(bytes[at] + 1);
        break;
    default:
        bytes[at] = e[2];
        break;
    }
}

static void write_edited(const image *good, const uint8_t *data, size_t size)
{
    const file_image *const files = good->files;
    for (size_t i = 0; i < good->num_files; i++) {
        size_t len = files[i].len;
        unsigned char *const bytes = malloc(len + 1);
        require(bytes != NULL);
        memcpy(bytes, files[i].bytes, len);
        for (size_t at = 0; at + EDIT_BYTES <= size; at += EDIT_BYTES)
            if (data[at] % good->num_files == i)
                edit(bytes, &len, data + at);
        write_file(files[i].name, bytes, len);
        free(bytes);
    }
}

static nd_status count_entry(void *ctx, const nd_index_entry *entry)
{
    *(size_t *)ctx += entry->id_len_bytes + entry->source_len_bytes;
    return ND_OK;
}

/* Every answer is one that can be: what matches is as alike as it says, and the best is first. */
static void ask(nd_index *index, unsigned i)
{
    char id[16], text[400];
    const nd_index_document document = document_of(i, id, text);
    const nd_index_match *matches;
    size_t num;
    if (nd_index_query_text(index, text, document.text_len_bytes, NULL, &matches, &num, NULL) ==
        ND_OK)
        for (size_t m = 0; m < num; m++)
            require(matches[m].kind != ND_MATCH_NONE &&
                    (m == 0 || matches[m].similarity.jaccard <= matches[m - 1].similarity.jaccard));
    (void)!nd_index_query_id(index, id, strlen(id), NULL, &matches, &num, NULL);
}

static void read_all(void)
{
    nd_index *const index = open_index(ND_INDEX_READ);
    nd_index_stats stats;
    size_t bytes = 0;
    if (!index)
        return;
    for (unsigned i = 0; i < NUM_DOCUMENTS; i += 11)
        ask(index, i);
    (void)!nd_index_each(index, count_entry, &bytes, NULL);
    (void)!nd_index_stats_get(index, &stats, NULL);
    (void)!nd_index_check(index, NULL, NULL, NULL);
    (void)!nd_index_refresh(index, NULL);
    nd_index_free(index);
}

static void change_all(void)
{
    nd_index *const index = open_index(ND_INDEX_WRITE);
    uint64_t num;
    if (!index)
        return;
    for (unsigned i = 1; i < NUM_DOCUMENTS + 10; i += 3)
        (void)!add(index, i);
    (void)!nd_index_commit(index, NULL);
    (void)!nd_index_remove_before(index, 20, &num, NULL);
    (void)!nd_index_commit(index, NULL);
    (void)!add(index, 2);
    (void)!nd_index_commit(index, NULL);
    if (nd_index_compact(index, NULL) == ND_OK)
        ask(index, 30);
    nd_index_free(index);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (images[0].num_files == 0) {
        make_folder();
        for (int preset = 0; preset < ND_NUM_PRESETS; preset++)
            make_good_index((nd_preset)preset);
    }
    const image *const good =
        &images[size >= EDIT_BYTES && data[EDIT_BYTES - 1] & 1 ? ND_PRESET_NEWS : ND_PRESET_CORPUS];
    write_edited(good, data, size);
    read_all();
    change_all();
    return 0;
}
