/* Documents are sorted by id, those whose id is taken get a name of their own, and then equal texts
 * are found and numbered by size (text_order.c). Everything after works on these numbers, so that
 * no result can depend on threads or on the order of the input. */
#include "engine/catalog.h"

#include <stdbool.h>
#include <stdio.h>

#include "engine/record_file.h"
#include "util/sort.h"

enum {
    NAMES_CHUNK = 1 << 16,
    SUFFIX_BYTES = 24, /* '#' and a number of 64 bits */
};

static bool has_same_id(const nd_catalog *c, size_t d)
{
    return nd_compare_ids(c->documents[d - 1], c->documents[d]) == 0;
}

/* Whether the id is one of the documents' ids, which are still in order. */
static nd_status is_id(const nd_catalog *c, nd_record_reader *reader, const nd_record *name,
                       bool *is)
{
    size_t low = 0, high = c->num_documents;
    *is = false;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        const nd_record *record;
        const nd_status status = nd_catalog_read(c, reader, middle, &record);
        if (status != ND_OK)
            return status;
        const int order = nd_compare_ids(record, name);
        *is = order == 0;
        if (*is)
            break;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return ND_OK;
}

/* A document of an id that several have, and what tells it apart, whatever order they came in. */
typedef struct namesake {
    nd_record *record;
    uint64_t raw_digest;
    uint64_t preferences[ND_MAX_PREFERENCES]; /* 0 where there are none */
} namesake;

_Static_assert(sizeof(namesake) <= ND_HEAP_SORT_MAX_BYTES, "namesakes are sorted in place");

static int compare_u64(uint64_t a, uint64_t b)
{
    return (a > b) - (a < b);
}

/* The tag comes last: two that differ in nothing else may change places. */
static int compare_namesakes(void *ctx, const void *left, const void *right)
{
    (void)ctx;
    const namesake *const a = left, *const b = right;
    int order = compare_u64(a->raw_digest, b->raw_digest);
    for (size_t i = 0; i < ND_MAX_PREFERENCES && order == 0; i++)
        order = compare_u64(a->preferences[i], b->preferences[i]);
    return order != 0 ? order : compare_u64(a->record->tag, b->record->tag);
}

/* The documents have one id. */
static nd_status order_namesakes(const nd_catalog *c, nd_record **documents, size_t num,
                                 const nd_allocator *allocator)
{
    namesake *const run = nd_alloc_zeroed(allocator, num, sizeof *run);
    nd_status status = run ? ND_OK : ND_ERR_NO_MEMORY;
    for (size_t i = 0; i < num && status == ND_OK; i++) {
        run[i].record = documents[i];
        nd_document_facts facts = {0};
        status = nd_collection_document(c->collection, run[i].record->index, &facts);
        run[i].raw_digest = facts.raw_digest;
        if (status == ND_OK && c->collection->num_preferences > 0)
            status =
                nd_collection_preferences(c->collection, run[i].record->index, run[i].preferences);
    }
    if (status == ND_OK) {
        nd_heap_sort(run, num, sizeof *run, compare_namesakes, NULL);
        for (size_t i = 0; i < num; i++)
            documents[i] = run[i].record;
    }
    nd_release(allocator, run);
    return status;
}

static nd_status order_all_namesakes(nd_catalog *c, const nd_allocator *allocator)
{
    nd_status status = ND_OK;
    for (size_t first = 0, end; first < c->num_documents && status == ND_OK; first = end) {
        for (end = first + 1; end < c->num_documents && has_same_id(c, end);)
            end++;
        if (end - first > 1)
            status = order_namesakes(c, c->documents + first, end - first, allocator);
    }
    return status;
}

/* A copy of the record, with room for a longer id. */
static nd_record *copy_record(nd_catalog *c, const nd_record *record, nd_texts texts)
{
    uint64_t text_len = 0;
    const char *const text = texts == ND_TEXTS_KEEP ? nd_record_text(record, &text_len) : NULL;
    const size_t size = sizeof *record + record->id_len_bytes + SUFFIX_BYTES +
                        (text ? sizeof text_len + text_len : 0);
    nd_record *const copy = nd_arena_alloc(&c->names, size);
    if (!copy)
        return NULL;
    *copy = *record;
    memcpy(copy + 1, record + 1, record->id_len_bytes);
    return copy;
}

/* Sets the id to ID#number, and puts the text behind it. */
static void set_suffix(nd_record *copy, const nd_record *record, uint64_t number, nd_texts texts)
{
    char *const after_id = (char *)(copy + 1) + record->id_len_bytes;
    char suffix[SUFFIX_BYTES];
    const int len = snprintf(suffix, sizeof suffix, "#%llu", (unsigned long long)number);
    memcpy(after_id, suffix, (size_t)len);
    copy->id_len_bytes = record->id_len_bytes + (uint32_t)len;
    if (texts != ND_TEXTS_KEEP)
        return;
    uint64_t text_len;
    const char *const text = nd_record_text(record, &text_len);
    memcpy(after_id + len, &text_len, sizeof text_len);
    if (text_len)
        memcpy(after_id + len + sizeof text_len, text, text_len);
}

/* A name for a document whose id `first` keeps; `number` goes on from call to call. */
static nd_status rename_document(nd_catalog *c, nd_record_reader *reader,
                                 const nd_renamed *document, uint64_t *number, nd_texts texts)
{
    const nd_record *const record = document->record;
    if (record->id_len_bytes > UINT32_MAX - SUFFIX_BYTES)
        return ND_ERR_LIMIT;
    nd_record *const copy = copy_record(c, record, texts);
    if (!copy)
        return ND_ERR_NO_MEMORY;
    nd_status status;
    bool is_taken;
    do {
        set_suffix(copy, record, (*number)++, texts);
        status = is_id(c, reader, copy, &is_taken);
    } while (status == ND_OK && is_taken);
    c->renamed[c->num_renamed++] = (nd_renamed){document->first, copy};
    return status;
}

/* Names for all but the first document of each id; those that keep theirs move to the front. */
static nd_status rename_all(nd_catalog *c, nd_texts texts)
{
    nd_status status = ND_OK;
    nd_record_reader reader = {0}; /* not needed: all are in memory */
    uint64_t number = 2;
    for (size_t d = 1, first = 0; d < c->num_documents && status == ND_OK; d++) {
        if (has_same_id(c, d)) {
            const nd_renamed document = {c->documents[first], c->documents[d]};
            status = rename_document(c, &reader, &document, &number, texts);
            continue;
        }
        first = d;
        number = 2;
    }
    size_t kept = 0, taken = 0;
    for (size_t d = 0; d < c->num_documents && status == ND_OK; d++) {
        /* A document is renamed where the kept one before it has its id. */
        if (kept > 0 && nd_compare_ids(c->documents[kept - 1], c->documents[d]) == 0)
            taken++;
        else
            c->documents[kept++] = c->documents[d];
    }
    for (size_t i = 0; i < taken; i++)
        c->documents[kept + i] = c->renamed[i].record;
    return status;
}

static int compare_renamed(void *ctx, const void *a, const void *b)
{
    (void)ctx;
    return nd_compare_ids(((const nd_renamed *)a)->record, ((const nd_renamed *)b)->record);
}

static nd_status name_documents(nd_catalog *c, const nd_catalog_request *request,
                                const nd_allocator *allocator)
{
    size_t num = 0;
    for (size_t d = 1; d < c->num_documents; d++)
        num += has_same_id(c, d);
    if (num == 0)
        return ND_OK;
    c->renamed = nd_alloc(allocator, num, sizeof *c->renamed);
    nd_status status = c->renamed ? ND_OK : ND_ERR_NO_MEMORY;
    if (status == ND_OK)
        status = order_all_namesakes(c, allocator);
    if (status == ND_OK)
        status = rename_all(c, request->texts);
    if (status != ND_OK)
        return status;
    nd_heap_sort(c->renamed, c->num_renamed, sizeof *c->renamed, compare_renamed, NULL);
    return nd_sort_by_id(c->documents, c->num_documents, request->num_threads, allocator);
}

nd_status nd_catalog_init(nd_catalog *catalog, const nd_collection *collection,
                          nd_record **documents, size_t num, const nd_catalog_request *request,
                          const nd_allocator *allocator)
{
    *catalog = (nd_catalog){.collection = collection, .documents = documents, .num_documents = num};
    nd_arena_init(&catalog->names, allocator, NAMES_CHUNK);
    nd_status status = num >= UINT32_MAX ? ND_ERR_LIMIT : ND_OK;
    if (status == ND_OK)
        status = nd_sort_by_id(documents, num, request->num_threads, allocator);
    if (status == ND_OK)
        status = name_documents(catalog, request, allocator);
    if (status == ND_OK)
        status = nd_order_texts(catalog, request->size, request->num_threads, allocator);
    if (status != ND_OK)
        nd_catalog_release(catalog, allocator);
    return status;
}

/* ---- from runs ---- */

/* Records come in the order of ids; those of one id are gathered, to be told apart. Those that keep
 * their id go to the file, the others are kept in memory until they have a name. */
typedef struct naming {
    nd_catalog *catalog;
    const nd_catalog_request *request;
    const nd_allocator *allocator;
    nd_record_file *file;
    ND_VEC(char) namesakes;     /* records, as in a file */
    ND_VEC(nd_renamed) renamed; /* not named yet */
    size_t num_written;
    size_t next_renamed; /* of those with a name, in the second round */
} naming;

static nd_status write_document(naming *n, const nd_record *record)
{
    n->catalog->index_of[n->num_written++] = record->index;
    return nd_record_file_append(n->file, record);
}

/* The first of several namesakes keeps the id. */
static nd_status part_namesakes(naming *n, nd_record **records, size_t num)
{
    nd_catalog *const c = n->catalog;
    nd_status status = order_namesakes(c, records, num, n->allocator);
    if (status == ND_OK)
        status = ND_VEC_RESERVE(n->allocator, &n->renamed, num);
    if (status == ND_OK)
        status = write_document(n, records[0]);
    const nd_record *first = NULL;
    for (size_t i = 0; i < num && status == ND_OK; i++) {
        const size_t size = (size_t)nd_record_bytes(records[i], n->request->texts);
        nd_record *const copy = nd_arena_alloc(&c->names, size);
        if (!copy)
            return ND_ERR_NO_MEMORY;
        memcpy(copy, records[i], size);
        if (i == 0)
            first = copy;
        else
            n->renamed.items[n->renamed.len++] = (nd_renamed){first, copy};
    }
    return status;
}

static nd_status end_namesakes(naming *n)
{
    const nd_texts texts = n->request->texts;
    size_t num = 0, place = 0;
    if (n->namesakes.len == 0)
        return ND_OK;
    nd_record *const first = (nd_record *)(void *)n->namesakes.items;
    if (nd_record_bytes(first, texts) == n->namesakes.len) {
        n->namesakes.len = 0;
        return write_document(n, first);
    }
    while (place < n->namesakes.len) {
        place += (size_t)nd_record_bytes((nd_record *)(void *)(n->namesakes.items + place), texts);
        num++;
    }
    nd_record **const records = nd_alloc(n->allocator, num, sizeof(nd_record *));
    if (!records)
        return ND_ERR_NO_MEMORY;
    for (size_t i = 0, at = 0; i < num; i++) {
        records[i] = (nd_record *)(void *)(n->namesakes.items + at);
        at += (size_t)nd_record_bytes(records[i], texts);
    }
    const nd_status status = part_namesakes(n, records, num);
    nd_release(n->allocator, records);
    n->namesakes.len = 0;
    return status;
}

/* An nd_record_fn. */
static nd_status gather_namesakes(void *ctx, const nd_record *record)
{
    naming *const n = ctx;
    const size_t size = (size_t)nd_record_bytes(record, n->request->texts);
    nd_status status = ND_OK;
    if (n->namesakes.len > 0 &&
        nd_compare_ids((const nd_record *)(const void *)n->namesakes.items, record) != 0)
        status = end_namesakes(n);
    if (status == ND_OK)
        status = ND_VEC_RESERVE(n->allocator, &n->namesakes, size);
    if (status != ND_OK)
        return status;
    memcpy(n->namesakes.items + n->namesakes.len, record, size);
    n->namesakes.len += size;
    return ND_OK;
}

/* An nd_record_fn: puts the renamed ones among those that keep their id. */
static nd_status insert_renamed(void *ctx, const nd_record *record)
{
    naming *const n = ctx;
    const nd_catalog *const c = n->catalog;
    nd_status status = ND_OK;
    while (status == ND_OK && n->next_renamed < c->num_renamed &&
           (!record || nd_compare_ids(c->renamed[n->next_renamed].record, record) < 0))
        status = write_document(n, c->renamed[n->next_renamed++].record);
    return status == ND_OK && record ? write_document(n, record) : status;
}

/* Finds names for those that need one. */
static nd_status name_renamed(naming *n)
{
    nd_catalog *const c = n->catalog;
    nd_record_reader reader = {0};
    uint64_t number = 2;
    c->renamed = nd_alloc(n->allocator, n->renamed.len, sizeof *c->renamed);
    nd_status status = c->renamed ? ND_OK : ND_ERR_NO_MEMORY;
    for (size_t i = 0; i < n->renamed.len && status == ND_OK; i++) {
        if (i > 0 && n->renamed.items[i].first != n->renamed.items[i - 1].first)
            number = 2;
        status = rename_document(c, &reader, &n->renamed.items[i], &number, n->request->texts);
    }
    nd_record_reader_release(&reader, n->allocator);
    if (status == ND_OK)
        nd_heap_sort(c->renamed, c->num_renamed, sizeof *c->renamed, compare_renamed, NULL);
    return status;
}

static nd_status write_again(naming *n, nd_budget *budget)
{
    nd_catalog *const c = n->catalog;
    nd_record_file whole;
    nd_status status = nd_record_file_init(&whole, budget, n->request->texts, n->allocator);
    n->file = &whole;
    n->num_written = 0;
    if (status == ND_OK)
        status = nd_record_file_each(&c->records, insert_renamed, n);
    if (status == ND_OK)
        status = insert_renamed(n, NULL);
    if (status == ND_OK)
        status = nd_record_file_end(&whole);
    nd_record_file_release(&c->records);
    c->records = whole;
    n->file = &c->records;
    return status;
}

static nd_status name_from_runs(naming *n, nd_record_runs *runs)
{
    nd_catalog *const c = n->catalog;
    nd_status status =
        nd_record_file_init(&c->records, runs->budget, n->request->texts, n->allocator);
    n->file = &c->records;
    if (status == ND_OK)
        status = nd_record_runs_merge(runs, gather_namesakes, n);
    if (status == ND_OK)
        status = end_namesakes(n);
    if (status == ND_OK)
        status = nd_record_file_end(&c->records);
    c->num_documents = n->num_written;
    if (status == ND_OK && n->renamed.len > 0) {
        status = name_renamed(n);
        if (status == ND_OK)
            status = write_again(n, runs->budget);
        c->num_documents = n->num_written;
    }
    return status;
}

nd_status nd_catalog_init_from_runs(nd_catalog *catalog, const nd_collection *collection,
                                    nd_record_runs *runs, const nd_catalog_request *request,
                                    const nd_allocator *allocator)
{
    *catalog = (nd_catalog){.collection = collection};
    nd_arena_init(&catalog->names, allocator, NAMES_CHUNK);
    nd_status status = runs->num_records >= UINT32_MAX ? ND_ERR_LIMIT : ND_OK;
    naming n = {.catalog = catalog, .request = request, .allocator = allocator};
    if (status == ND_OK) {
        catalog->index_of = nd_alloc(allocator, runs->num_records, sizeof *catalog->index_of);
        status = catalog->index_of ? name_from_runs(&n, runs) : ND_ERR_NO_MEMORY;
    }
    ND_VEC_RELEASE(allocator, &n.namesakes);
    ND_VEC_RELEASE(allocator, &n.renamed);
    nd_record_runs_release(runs);
    if (status == ND_OK)
        status = nd_order_texts(catalog, request->size, request->num_threads, allocator);
    if (status != ND_OK)
        nd_catalog_release(catalog, allocator);
    return status;
}

void nd_catalog_release(nd_catalog *catalog, const nd_allocator *allocator)
{
    nd_release(allocator, catalog->documents);
    nd_release(allocator, catalog->index_of);
    nd_record_file_release(&catalog->records);
    nd_release(allocator, catalog->text_of);
    nd_release(allocator, catalog->copies_start);
    nd_release(allocator, catalog->copies);
    nd_release(allocator, catalog->renamed);
    nd_arena_release(&catalog->names);
    *catalog = (nd_catalog){0};
}
