#include "cli/held_documents.h"

#include <stdlib.h>
#include <string.h>

#include "cli/output/byte_order.h"
#include "util/vec.h"

enum { CHUNK_BYTES = 1 << 20, DOCUMENTS_A_BLOCK = 64 };

typedef ND_VEC(nd_document) document_vec;

typedef struct collection {
    nd_held_documents *held;
    document_vec *added; /* one a thread */
} collection;

/* An nd_document_map_fn. */
static nd_status hold(void *ctx, uint32_t worker, const nd_document *document)
{
    const collection *const c = ctx;
    document_vec *const added = &c->added[worker];
    const nd_status status = ND_VEC_RESERVE(c->held->allocator, added, 1);
    if (status != ND_OK)
        return status;
    char *const copy = nd_arena_alloc(&c->held->arenas[worker],
                                      document->id_len_bytes + document->text_len_bytes + 1);
    if (!copy)
        return ND_ERR_NO_MEMORY;
    if (document->id_len_bytes > 0)
        memcpy(copy, document->id, document->id_len_bytes);
    if (document->text_len_bytes > 0)
        memcpy(copy + document->id_len_bytes, document->text, document->text_len_bytes);
    nd_document held = *document;
    held.id = copy;
    held.text = copy + document->id_len_bytes;
    added->items[added->len++] = held;
    return ND_OK;
}

static int compare_ids(const nd_document *a, const nd_document *b)
{
    return nd_compare_bytes(a->id, a->id_len_bytes, b->id, b->id_len_bytes);
}

/* Of one id by text, so that the first depends on the documents alone. */
static int compare_documents(const void *left, const void *right)
{
    const nd_document *const a = left, *const b = right;
    const int order = compare_ids(a, b);
    return order != 0 ? order
                      : nd_compare_bytes(a->text, a->text_len_bytes, b->text, b->text_len_bytes);
}

static nd_status gather(nd_held_documents *held, const document_vec *added)
{
    size_t num = 0;
    for (uint32_t w = 0; w < held->num_arenas; w++)
        num += added[w].len;
    if (num >= UINT32_MAX)
        return ND_ERR_LIMIT;
    held->documents = nd_alloc(held->allocator, num, sizeof *held->documents);
    if (!held->documents)
        return ND_ERR_NO_MEMORY;
    for (uint32_t w = 0; w < held->num_arenas; w++)
        for (size_t i = 0; i < added[w].len; i++)
            held->documents[held->num_documents++] = added[w].items[i];
    if (num > 1)
        qsort(held->documents, num, sizeof *held->documents, compare_documents);
    return ND_OK;
}

static nd_status number_ids(nd_held_documents *held)
{
    const size_t num = held->num_documents;
    held->id_of = nd_alloc(held->allocator, num, sizeof *held->id_of);
    held->first_of = nd_alloc(held->allocator, num, sizeof *held->first_of);
    if (!held->id_of || !held->first_of)
        return ND_ERR_NO_MEMORY;
    for (size_t d = 0; d < num; d++) {
        if (d == 0 || compare_ids(&held->documents[d - 1], &held->documents[d]) != 0)
            held->first_of[held->num_ids++] = (uint32_t)d;
        held->id_of[d] = (uint32_t)held->num_ids - 1;
        held->documents[d].tag = held->id_of[d];
        held->text_bytes += held->documents[d].text_len_bytes;
    }
    return ND_OK;
}

static nd_status make_arenas(nd_held_documents *held, uint32_t num)
{
    held->arenas = nd_alloc_zeroed(held->allocator, num, sizeof *held->arenas);
    if (!held->arenas)
        return ND_ERR_NO_MEMORY;
    held->num_arenas = num;
    for (uint32_t w = 0; w < num; w++)
        nd_arena_init(&held->arenas[w], held->allocator, CHUNK_BYTES);
    return ND_OK;
}

nd_status nd_held_documents_init(nd_held_documents *held, const nd_source *source,
                                 const nd_document_map_options *options, nd_error *error)
{
    const nd_allocator *const a = options->allocator;
    *held = (nd_held_documents){.allocator = a};
    collection c = {.held = held};
    c.added = nd_alloc_zeroed(a, options->num_threads, sizeof *c.added);
    nd_status status = c.added ? make_arenas(held, options->num_threads) : ND_ERR_NO_MEMORY;
    if (status == ND_OK)
        status = nd_document_map(source, options, hold, &c, error);
    if (status == ND_OK)
        status = gather(held, c.added);
    if (status == ND_OK)
        status = number_ids(held);
    for (uint32_t w = 0; c.added && w < options->num_threads; w++)
        ND_VEC_RELEASE(a, &c.added[w]);
    nd_release(a, c.added);
    return status;
}

static bool find_bytes(const nd_held_documents *held, const nd_document *wanted, uint32_t *number)
{
    size_t low = 0, high = held->num_ids;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (compare_ids(nd_held_document(held, (uint32_t)middle), wanted) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    *number = (uint32_t)low;
    return low < held->num_ids && compare_ids(nd_held_document(held, (uint32_t)low), wanted) == 0;
}

/* Undoes nd_page_tsv; returns the length written to `out`. */
static size_t unescape(const char *p, size_t len_bytes, char *out)
{
    static const char letters[] = "tnr\\", meanings[] = "\t\n\r\\";
    size_t len = 0;
    for (size_t i = 0; i < len_bytes; i++) {
        const char *const letter =
            p[i] == '\\' && i + 1 < len_bytes && p[i + 1] ? strchr(letters, p[i + 1]) : NULL;
        out[len++] = letter ? meanings[letter - letters] : p[i];
        i += letter != NULL;
    }
    return len;
}

bool nd_held_documents_find(const nd_held_documents *held, const char *id, size_t id_len_bytes,
                            uint32_t *number)
{
    const nd_document as_it_is = {.id = id, .id_len_bytes = id_len_bytes};
    char bytes[4096]; /* a longer id is looked for as it is */
    if (find_bytes(held, &as_it_is, number))
        return true;
    if (id_len_bytes > sizeof bytes || !memchr(id, '\\', id_len_bytes))
        return false;
    const nd_document written = {.id = bytes, .id_len_bytes = unescape(id, id_len_bytes, bytes)};
    return find_bytes(held, &written, number);
}

/* A block is the first of its documents. */
static nd_status next_block(void *ctx, void **block, nd_error *error)
{
    (void)error;
    nd_held_reading *const reading = ctx;
    *block = NULL;
    if (reading->next < reading->held->num_documents)
        *block = &reading->held->documents[reading->next];
    reading->next += DOCUMENTS_A_BLOCK;
    return ND_OK;
}

static nd_status decode_block(void *ctx, void *block, nd_document_fn emit, void *emit_ctx,
                              nd_error *error)
{
    (void)error;
    const nd_held_documents *const held = ((const nd_held_reading *)ctx)->held;
    const nd_document *const end = held->documents + held->num_documents;
    const nd_document *document = block;
    nd_status status = ND_OK;
    for (int i = 0; i < DOCUMENTS_A_BLOCK && document < end && status == ND_OK; i++)
        status = emit(emit_ctx, document++);
    return status;
}

static void discard_block(void *ctx, void *block)
{
    (void)ctx;
    (void)block;
}

nd_source nd_held_documents_source(const nd_held_documents *held, nd_held_reading *reading)
{
    *reading = (nd_held_reading){.held = held};
    return (nd_source){reading, next_block, decode_block, discard_block};
}

void nd_held_documents_release(nd_held_documents *held)
{
    for (uint32_t w = 0; w < held->num_arenas; w++)
        nd_arena_release(&held->arenas[w]);
    nd_release(held->allocator, held->arenas);
    nd_release(held->allocator, held->documents);
    nd_release(held->allocator, held->id_of);
    nd_release(held->allocator, held->first_of);
    *held = (nd_held_documents){0};
}
