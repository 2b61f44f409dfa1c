#define _XOPEN_SOURCE 700
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "index_fixture.h"

char *index_folder_make(void)
{
    char in_memory[] = "/dev/shm/neardup-index-XXXXXX", folder[] = "/tmp/neardup-index-XXXXXX";
    const char *made = mkdtemp(in_memory); /* nothing waits for a disk there */
    if (!made)
        made = mkdtemp(folder);
    assert_non_null(made);
    char *const path = malloc(strlen(made) + sizeof "/index");
    assert_non_null(path);
    sprintf(path, "%s/index", made);
    return path;
}

static int remove_one(const char *path, const struct stat *info, int kind, struct FTW *where)
{
    (void)info, (void)kind, (void)where;
    return remove(path);
}

void index_folder_remove(char *path)
{
    *strrchr(path, '/') = '\0';
    nftw(path, remove_one, 8, FTW_DEPTH | FTW_PHYS);
    free(path);
}

/* --- pairs --- */

static void add_pair(pair_texts *p, const nd_id ids[2], nd_match_kind kind, const nd_similarity *s,
                     const nd_coverage *coverage, double score)
{
    if (p->num == p->capacity) {
        p->capacity = p->capacity * 2 + 64;
        p->texts = realloc(p->texts, p->capacity * sizeof *p->texts);
        assert_non_null(p->texts);
    }
    char *const text = malloc(ids[0].len_bytes + ids[1].len_bytes + 200);
    assert_non_null(text);
    sprintf(text, "%.*s %.*s %s %llu %llu %llu %.17g %.17g %.17g", (int)ids[0].len_bytes, ids[0].p,
            (int)ids[1].len_bytes, ids[1].p, nd_match_kind_name(kind),
            (unsigned long long)s->size_a, (unsigned long long)s->size_b,
            (unsigned long long)s->common, coverage->a_in_b, coverage->b_in_a, score);
    p->texts[p->num++] = text;
}

static int compare_texts(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

void pair_texts_sort(pair_texts *pairs)
{
    if (pairs->num > 0)
        qsort(pairs->texts, pairs->num, sizeof *pairs->texts, compare_texts);
}

void pair_texts_free(pair_texts *pairs)
{
    for (size_t i = 0; i < pairs->num; i++)
        free(pairs->texts[i]);
    free(pairs->texts);
    *pairs = (pair_texts){0};
}

static nd_status take_scanned(void *ctx, const nd_pair *pair)
{
    const nd_id ids[2] = {pair->a, pair->b};
    add_pair(ctx, ids, pair->kind, &pair->similarity, &pair->coverage, pair->score);
    return ND_OK;
}

pair_texts pairs_of_scan(const nd_scan_options *options, const corpus *c, const bool *is_there)
{
    nd_scan_options o = *options;
    nd_scan *scan;
    pair_texts pairs = {0};
    o.output = ND_SCAN_PAIRS;
    o.max_matches = 0;
    assert_int_equal(nd_scan_new(&o, NULL, &scan, NULL), ND_OK);
    for (size_t i = 0; i < c->num; i++) {
        const corpus_document *const d = &c->documents[i];
        const nd_document document = {.id = d->id,
                                      .id_len_bytes = strlen(d->id),
                                      .text = d->text,
                                      .text_len_bytes = strlen(d->text)};
        if (!is_there || is_there[i])
            assert_int_equal(nd_scan_add(scan, &document), ND_OK);
    }
    assert_int_equal(nd_scan_finish(scan, NULL), ND_OK);
    assert_int_equal(nd_scan_each_pair(scan, take_scanned, &pairs), ND_OK);
    nd_scan_free(scan);
    pair_texts_sort(&pairs);
    return pairs;
}

/* The ids of all documents. */
typedef struct id_list {
    char **ids;
    size_t num, capacity;
} id_list;

static nd_status take_id(void *ctx, const nd_index_entry *entry)
{
    id_list *const list = ctx;
    if (list->num == list->capacity) {
        list->capacity = list->capacity * 2 + 64;
        list->ids = realloc(list->ids, list->capacity * sizeof *list->ids);
        assert_non_null(list->ids);
    }
    char *const id = malloc(entry->id_len_bytes + 1);
    assert_non_null(id);
    memcpy(id, entry->id, entry->id_len_bytes);
    id[entry->id_len_bytes] = '\0';
    list->ids[list->num++] = id;
    return ND_OK;
}

pair_texts pairs_of_index(nd_index *index, bool (*is_asked)(const char *id))
{
    id_list list = {0};
    pair_texts pairs = {0};
    assert_int_equal(nd_index_each(index, take_id, &list, NULL), ND_OK);
    for (size_t i = 0; i < list.num; i++) {
        const nd_id id = {list.ids[i], strlen(list.ids[i]), 0};
        const nd_index_match *matches;
        size_t num;
        if (is_asked && !is_asked(id.p))
            continue;
        assert_int_equal(nd_index_query_id(index, id.p, id.len_bytes, NULL, &matches, &num, NULL),
                         ND_OK);
        for (size_t k = 0; k < num; k++) {
            const nd_id ids[2] = {id, {matches[k].id, matches[k].id_len_bytes, 0}};
            char other[64];
            snprintf(other, sizeof other, "%.*s", (int)matches[k].id_len_bytes, matches[k].id);
            assert_string_not_equal(other, list.ids[i]);
            if (strcmp(list.ids[i], other) < 0)
                add_pair(&pairs, ids, matches[k].kind, &matches[k].similarity, &matches[k].coverage,
                         matches[k].score);
        }
    }
    for (size_t i = 0; i < list.num; i++)
        free(list.ids[i]);
    free(list.ids);
    pair_texts_sort(&pairs);
    return pairs;
}

void assert_same_pairs(const pair_texts *expected, const pair_texts *found)
{
    for (size_t i = 0; i < expected->num && i < found->num; i++)
        assert_string_equal(found->texts[i], expected->texts[i]);
    assert_int_equal(found->num, expected->num);
}

/* --- indexes --- */

nd_index_document index_document_of(const corpus *c, size_t i)
{
    const corpus_document *const d = &c->documents[i];
    return (nd_index_document){.id = d->id,
                               .id_len_bytes = strlen(d->id),
                               .text = d->text,
                               .text_len_bytes = strlen(d->text),
                               .tag = i};
}

static nd_index *open_index(const char *path, const nd_index_options *options)
{
    nd_index *index;
    nd_error error;
    if (nd_index_open(path, options, NULL, &index, &error) != ND_OK)
        fail_msg("%s", error.message);
    return index;
}

nd_index *index_open_to_write(const char *path, uint32_t tail_documents)
{
    nd_index_options options;
    nd_index_options_init(&options);
    options.access = ND_INDEX_WRITE;
    options.durability = ND_INDEX_UNSYNCED;
    options.tail_documents = tail_documents;
    options.num_threads = 2;
    return open_index(path, &options);
}

nd_index *index_open_to_read(const char *path)
{
    return open_index(path, NULL);
}

void index_add_documents(nd_index *index, const corpus *c, size_t first, size_t end)
{
    const size_t num = end - first;
    size_t ids_len = 0, texts_len = 0;
    int64_t *const starts = calloc(2 * (num + 1), sizeof *starts);
    uint64_t *const tags = calloc(num + 1, sizeof *tags);
    for (size_t i = 0; i < num; i++) {
        ids_len += strlen(c->documents[first + i].id);
        texts_len += strlen(c->documents[first + i].text);
        starts[i + 1] = (int64_t)ids_len;
        starts[num + 1 + i + 1] = (int64_t)texts_len;
        tags[i] = first + i;
    }
    char *const bytes = malloc(ids_len + texts_len + 1);
    for (size_t i = 0; i < num; i++) {
        memcpy(bytes + starts[i], c->documents[first + i].id, (size_t)(starts[i + 1] - starts[i]));
        memcpy(bytes + ids_len + starts[num + 1 + i], c->documents[first + i].text,
               (size_t)(starts[num + 1 + i + 1] - starts[num + 1 + i]));
    }
    const nd_text_batch ids = {
        .layout = ND_LAYOUT_OFFSETS_64, .num = num, .offsets = starts, .data = bytes};
    const nd_text_batch texts = {.layout = ND_LAYOUT_OFFSETS_64,
                                 .num = num,
                                 .offsets = starts + num + 1,
                                 .data = bytes + ids_len};
    const nd_index_batch batch = {.texts = &texts, .ids = &ids, .tags = tags};
    nd_error error;
    if (nd_index_add_batch(index, &batch, ND_INDEX_REPLACE, NULL, &error) != ND_OK)
        fail_msg("%s", error.message);
    free(starts);
    free(tags);
    free(bytes);
}

void index_make(const char *path, const nd_scan_options *options, const corpus *c)
{
    nd_error error;
    if (nd_index_create(path, options, NULL, &error) != ND_OK)
        fail_msg("%s", error.message);
    nd_index *const index = index_open_to_write(path, 8192);
    index_add_documents(index, c, 0, c->num);
    assert_int_equal(nd_index_commit(index, NULL), ND_OK);
    nd_index_free(index);
}
