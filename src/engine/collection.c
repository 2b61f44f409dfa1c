#include "engine/collection.h"

#include <string.h>

#include "util/error.h"

static const uint32_t MAX_CHUNKS = UINT32_C(1) << (32 - ND_CHUNK_BITS);

nd_status nd_collection_init(nd_collection *c, size_t block_bytes, uint32_t num_preferences,
                             nd_budget *budget, const nd_allocator *allocator)
{
    *c = (nd_collection){.allocator = allocator,
                         .budget = nd_budget_is_limited(budget) ? budget : NULL,
                         .block_bytes = block_bytes,
                         .num_preferences = num_preferences};
    return pthread_mutex_init(&c->lock, NULL) == 0 ? ND_OK : ND_ERR_NO_MEMORY;
}

static void release_arrays(const nd_collection *c, nd_chunk *chunk)
{
    nd_release(c->allocator, chunk->texts);
    nd_release(c->allocator, chunk->documents);
    nd_release(c->allocator, chunk->blocks);
    nd_release(c->allocator, chunk->preferences);
    chunk->preferences = NULL;
    chunk->texts = NULL;
    chunk->documents = NULL;
    chunk->blocks = NULL;
}

void nd_collection_release(nd_collection *c)
{
    for (size_t i = 0; i < c->chunks.len; i++) {
        release_arrays(c, c->chunks.items[i]);
        nd_release(c->allocator, c->chunks.items[i]);
    }
    ND_VEC_RELEASE(c->allocator, &c->chunks);
    nd_temp_file_free(c->file);
    pthread_mutex_destroy(&c->lock);
}

static nd_chunk *new_chunk(const nd_collection *c)
{
    nd_chunk *const chunk = nd_alloc_zeroed(c->allocator, 1, sizeof *chunk);
    if (!chunk)
        return NULL;
    chunk->texts = nd_alloc(c->allocator, ND_CHUNK_DOCUMENTS, sizeof *chunk->texts);
    chunk->documents = nd_alloc(c->allocator, ND_CHUNK_DOCUMENTS, sizeof *chunk->documents);
    chunk->blocks = nd_alloc(c->allocator, ND_CHUNK_DOCUMENTS, c->block_bytes);
    const size_t preference_bytes = c->num_preferences * sizeof *chunk->preferences;
    if (preference_bytes > 0)
        chunk->preferences = nd_alloc(c->allocator, ND_CHUNK_DOCUMENTS, preference_bytes);
    if (chunk->texts && chunk->documents && chunk->blocks &&
        (chunk->preferences || preference_bytes == 0))
        return chunk;
    release_arrays(c, chunk);
    nd_release(c->allocator, chunk);
    return NULL;
}

nd_status nd_collection_open_chunk(nd_collection *c, nd_chunk **chunk, uint32_t *number)
{
    *chunk = new_chunk(c);
    if (!*chunk)
        return ND_ERR_NO_MEMORY;
    pthread_mutex_lock(&c->lock);
    nd_status status =
        c->chunks.len < MAX_CHUNKS ? ND_VEC_RESERVE(c->allocator, &c->chunks, 1) : ND_ERR_LIMIT;
    *number = (uint32_t)c->chunks.len;
    if (status == ND_OK)
        c->chunks.items[c->chunks.len++] = *chunk;
    pthread_mutex_unlock(&c->lock);
    if (status != ND_OK) {
        release_arrays(c, *chunk);
        nd_release(c->allocator, *chunk);
        *chunk = NULL;
    }
    return status;
}

static nd_status open_file(nd_collection *c)
{
    pthread_mutex_lock(&c->lock);
    const nd_status status = c->file ? ND_OK : nd_temp_file_new(c->budget, &c->file, NULL);
    pthread_mutex_unlock(&c->lock);
    return status;
}

nd_status nd_collection_append(nd_collection *c, const void *bytes, size_t len, uint64_t *at)
{
    const nd_status status = open_file(c);
    return status == ND_OK ? nd_temp_file_append(c->file, bytes, len, at, NULL) : status;
}

nd_status nd_collection_read(const nd_collection *c, uint64_t at, void *bytes, size_t len)
{
    return nd_temp_file_read(c->file, at, bytes, len, NULL);
}

nd_status nd_collection_close_chunk(nd_collection *c, nd_chunk *chunk)
{
    const size_t num = chunk->num;
    if (!nd_budget_is_tight(c->budget))
        return ND_OK;
    nd_status status =
        nd_collection_append(c, chunk->texts, num * sizeof *chunk->texts, &chunk->texts_at);
    if (status == ND_OK)
        status = nd_collection_append(c, chunk->documents, num * sizeof *chunk->documents,
                                      &chunk->documents_at);
    if (status == ND_OK)
        status = nd_collection_append(c, chunk->blocks, num * c->block_bytes, &chunk->blocks_at);
    if (status == ND_OK && chunk->preferences)
        status = nd_collection_append(c, chunk->preferences,
                                      num * c->num_preferences * sizeof *chunk->preferences,
                                      &chunk->preferences_at);
    if (status == ND_OK)
        release_arrays(c, chunk);
    return status;
}

const nd_text_facts *nd_collection_texts(const nd_collection *c, uint32_t chunk,
                                         nd_text_facts *room, nd_status *status)
{
    const nd_chunk *const from = c->chunks.items[chunk];
    *status = ND_OK;
    if (from->texts)
        return from->texts;
    *status = nd_collection_read(c, from->texts_at, room, from->num * sizeof *room);
    return *status == ND_OK ? room : NULL;
}

const nd_document_facts *nd_collection_documents(const nd_collection *c, uint32_t chunk,
                                                 nd_document_facts *room, nd_status *status)
{
    const nd_chunk *const from = c->chunks.items[chunk];
    *status = ND_OK;
    if (from->documents)
        return from->documents;
    *status = nd_collection_read(c, from->documents_at, room, from->num * sizeof *room);
    return *status == ND_OK ? room : NULL;
}

const char *nd_collection_blocks(const nd_collection *c, uint32_t chunk, char *room,
                                 nd_status *status)
{
    const nd_chunk *const from = c->chunks.items[chunk];
    *status = ND_OK;
    if (from->blocks)
        return from->blocks;
    *status = nd_collection_read(c, from->blocks_at, room, from->num * c->block_bytes);
    return *status == ND_OK ? room : NULL;
}

nd_status nd_collection_text(const nd_collection *c, uint32_t index, nd_text_facts *facts)
{
    const nd_chunk *const chunk = nd_collection_chunk(c, index);
    const size_t place = index & (ND_CHUNK_DOCUMENTS - 1);
    if (chunk->texts) {
        *facts = chunk->texts[place];
        return ND_OK;
    }
    return nd_collection_read(c, chunk->texts_at + place * sizeof *facts, facts, sizeof *facts);
}

nd_status nd_collection_document(const nd_collection *c, uint32_t index, nd_document_facts *facts)
{
    const nd_chunk *const chunk = nd_collection_chunk(c, index);
    const size_t place = index & (ND_CHUNK_DOCUMENTS - 1);
    if (chunk->documents) {
        *facts = chunk->documents[place];
        return ND_OK;
    }
    return nd_collection_read(c, chunk->documents_at + place * sizeof *facts, facts, sizeof *facts);
}

nd_status nd_collection_preferences(const nd_collection *c, uint32_t index, uint64_t *preferences)
{
    const nd_chunk *const chunk = nd_collection_chunk(c, index);
    const size_t at = (index & (ND_CHUNK_DOCUMENTS - 1)) * (size_t)c->num_preferences;
    const size_t len = c->num_preferences * sizeof *preferences;
    if (chunk->preferences) {
        memcpy(preferences, chunk->preferences + at, len);
        return ND_OK;
    }
    return nd_collection_read(c, chunk->preferences_at + at * sizeof *preferences, preferences,
                              len);
}

void nd_collection_forget_blocks(nd_collection *c)
{
    for (size_t i = 0; i < c->chunks.len; i++) {
        nd_release(c->allocator, c->chunks.items[i]->blocks);
        c->chunks.items[i]->blocks = NULL;
    }
}
