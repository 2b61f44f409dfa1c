/* Documents are sorted by id, those whose id is taken get a name of their own, and then equal texts
 * are found and numbered by size (text_order.h). Everything after works on these numbers, so that
 * no result can depend on threads or on the order of the input. */
#include "engine/catalog.h"

#include <stdio.h>

#include "engine/id_order.h"
#include "engine/text_order.h"
#include "util/heap_sort.h"

enum {
    NAMES_CHUNK = 1 << 16,
    SUFFIX_BYTES = 24, /* '#' and a number of 64 bits */
};

static bool has_same_id(const nd_catalog *c, size_t d)
{
    return nd_compare_ids(c->documents[d - 1], c->documents[d]) == 0;
}

/* Whether the id is one of the documents' ids, which are still in order. */
static bool is_id(const nd_catalog *c, const nd_record *name)
{
    size_t low = 0, high = c->num_documents;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        const int order = nd_compare_ids(c->documents[middle], name);
        if (order == 0)
            return true;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return false;
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

/* Documents [first, end) have one id. */
static nd_status order_namesakes(nd_catalog *c, size_t first, size_t end,
                                 const nd_allocator *allocator)
{
    namesake *const run = nd_alloc_zeroed(allocator, end - first, sizeof *run);
    nd_status status = run ? ND_OK : ND_ERR_NO_MEMORY;
    for (size_t i = 0; i < end - first && status == ND_OK; i++) {
        run[i].record = c->documents[first + i];
        nd_document_facts facts = {0};
        status = nd_collection_document(c->collection, run[i].record->index, &facts);
        run[i].raw_digest = facts.raw_digest;
        if (status == ND_OK && c->collection->num_preferences > 0)
            status =
                nd_collection_preferences(c->collection, run[i].record->index, run[i].preferences);
    }
    if (status == ND_OK) {
        nd_heap_sort(run, end - first, sizeof *run, compare_namesakes, NULL);
        for (size_t i = 0; i < end - first; i++)
            c->documents[first + i] = run[i].record;
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
            status = order_namesakes(c, first, end, allocator);
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

/* A name for a document whose id documents[first] keeps; `number` goes on from call to call. */
static nd_status rename_document(nd_catalog *c, size_t d, size_t first, uint64_t *number,
                                 nd_record **renamed, nd_texts texts)
{
    const nd_record *const record = c->documents[d];
    if (record->id_len_bytes > UINT32_MAX - SUFFIX_BYTES)
        return ND_ERR_LIMIT;
    nd_record *const copy = copy_record(c, record, texts);
    if (!copy)
        return ND_ERR_NO_MEMORY;
    do
        set_suffix(copy, record, (*number)++, texts);
    while (is_id(c, copy));
    renamed[c->num_renamed] = copy;
    c->renamed[c->num_renamed++] = (nd_renamed){c->documents[first], copy};
    return ND_OK;
}

/* Names for all but the first document of each id; those that keep theirs move to the front. */
static nd_status rename_all(nd_catalog *c, nd_record **renamed, nd_texts texts)
{
    nd_status status = ND_OK;
    uint64_t number = 2;
    for (size_t d = 1, first = 0; d < c->num_documents && status == ND_OK; d++) {
        if (has_same_id(c, d)) {
            status = rename_document(c, d, first, &number, renamed, texts);
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
        c->documents[kept + i] = renamed[i];
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
    nd_record **const renamed = nd_alloc(allocator, num, sizeof(nd_record *));
    c->renamed = nd_alloc(allocator, num, sizeof *c->renamed);
    nd_status status = renamed && c->renamed ? ND_OK : ND_ERR_NO_MEMORY;
    if (status == ND_OK)
        status = order_all_namesakes(c, allocator);
    if (status == ND_OK)
        status = rename_all(c, renamed, request->texts);
    nd_release(allocator, renamed);
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

void nd_catalog_release(nd_catalog *catalog, const nd_allocator *allocator)
{
    nd_release(allocator, catalog->documents);
    nd_release(allocator, catalog->text_of);
    nd_release(allocator, catalog->copies_start);
    nd_release(allocator, catalog->copies);
    nd_release(allocator, catalog->renamed);
    nd_arena_release(&catalog->names);
    *catalog = (nd_catalog){0};
}
