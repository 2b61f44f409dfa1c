#include "engine/recent_hashes.h"

#include "util/alloc.h"

enum {
    BLOCKS = 4, /* that make up the limit: whole huge pages, where it is large */
    TEXTS_AHEAD = 8,
    FIRST_BLOCK = 1 << 16, /* bytes; each is twice the one before, up to a quarter of the limit */
};

struct nd_recent_block {
    struct nd_recent_block *next;
    size_t num_words; /* of what follows */
    size_t num_texts, num_hashes;
    bool is_noted; /* it is full, and all its texts were noted */
    uint64_t words[];
};

enum { TEXT_WORDS = sizeof(nd_recent_text) / sizeof(uint64_t) };

_Static_assert(sizeof(nd_recent_text) % sizeof(uint64_t) == 0, "texts stand among hashes");

void nd_recent_hashes_init(nd_recent_hashes *recent, size_t limit_bytes,
                           const nd_allocator *allocator)
{
    *recent = (nd_recent_hashes){.allocator = allocator, .limit_bytes = limit_bytes};
}

static size_t most_in_block(const nd_recent_hashes *recent)
{
    return recent->limit_bytes / BLOCKS;
}

static size_t words_of_block(size_t bytes)
{
    return (bytes - sizeof(struct nd_recent_block)) / sizeof(uint64_t);
}

bool nd_recent_hashes_have_room(const nd_recent_hashes *recent, size_t num)
{
    const size_t most = most_in_block(recent);
    return most > sizeof(struct nd_recent_block) && words_of_block(most) >= TEXT_WORDS &&
           num <= words_of_block(most) - TEXT_WORDS;
}

static nd_recent_text *text_at(const struct nd_recent_block *block, size_t number)
{
    const uint64_t *const end = block->words + block->num_words;
    return (nd_recent_text *)(void *)(end - (number + 1) * TEXT_WORDS);
}

static void announce(const struct nd_recent_block *block, size_t number,
                     const nd_recent_events *events)
{
    if (number < block->num_texts && !text_at(block, number)->is_met)
        events->announce(events->ctx, text_at(block, number));
}

static void note_all(nd_recent_hashes *recent, const nd_recent_events *events)
{
    for (struct nd_recent_block *block = recent->first; block; block = block->next) {
        for (size_t i = 0; i < block->num_texts && !block->is_noted; i++) {
            announce(block, i + TEXTS_AHEAD, events);
            nd_recent_text *const text = text_at(block, i);
            text->is_met = events->note(events->ctx, text);
        }
        block->is_noted = true;
    }
}

static nd_status empty_block(const struct nd_recent_block *block, const nd_recent_events *events)
{
    const uint64_t *hashes = block->words;
    nd_status status = ND_OK;
    for (size_t i = 0; i < block->num_texts && status == ND_OK; i++) {
        const nd_recent_text *const text = text_at(block, i);
        announce(block, i + TEXTS_AHEAD, events);
        status = events->leave(events->ctx, text, hashes);
        hashes += text->num_hashes;
    }
    return status;
}

static void append_block(nd_recent_hashes *recent, struct nd_recent_block *block)
{
    block->next = NULL;
    block->num_texts = 0;
    block->num_hashes = 0;
    block->is_noted = false;
    if (recent->last)
        recent->last->next = block;
    else
        recent->first = block;
    recent->last = block;
}

static size_t bytes_of_block(const struct nd_recent_block *block)
{
    return sizeof *block + block->num_words * sizeof(uint64_t);
}

static nd_status new_block(nd_recent_hashes *recent, size_t least_words)
{
    const size_t most = most_in_block(recent);
    const size_t least = sizeof(struct nd_recent_block) + least_words * sizeof(uint64_t);
    size_t bytes = recent->last ? 2 * bytes_of_block(recent->last) : FIRST_BLOCK;
    if (bytes < least)
        bytes = least;
    if (bytes > most)
        bytes = most;
    struct nd_recent_block *const block = nd_alloc(recent->allocator, 1, bytes);
    if (!block)
        return ND_ERR_NO_MEMORY;
    block->num_words = words_of_block(bytes);
    recent->total_bytes += bytes_of_block(block);
    append_block(recent, block);
    return ND_OK;
}

/* Pushes out the oldest block: it becomes the last, if it is large enough. */
static nd_status reuse_first(nd_recent_hashes *recent, size_t least_words,
                             const nd_recent_events *events)
{
    struct nd_recent_block *const block = recent->first;
    note_all(recent, events);
    const nd_status status = empty_block(block, events);
    if (status != ND_OK)
        return status;
    recent->first = block->next;
    if (!recent->first)
        recent->last = NULL;
    if (block->num_words >= least_words) {
        append_block(recent, block);
        return ND_OK;
    }
    recent->total_bytes -= bytes_of_block(block);
    nd_release(recent->allocator, block);
    return ND_OK;
}

static bool has_room(const struct nd_recent_block *block, size_t words)
{
    return block && words <= block->num_words - block->num_hashes - block->num_texts * TEXT_WORDS;
}

static bool is_full(const nd_recent_hashes *recent)
{
    return recent->total_bytes + most_in_block(recent) > recent->limit_bytes;
}

bool nd_recent_hashes_are_full(const nd_recent_hashes *recent, size_t num)
{
    return is_full(recent) && !has_room(recent->last, num + TEXT_WORDS);
}

nd_status nd_recent_hashes_reserve(nd_recent_hashes *recent, size_t num,
                                   const nd_recent_events *events, uint64_t **hashes)
{
    const size_t words = num + TEXT_WORDS;
    nd_status status = ND_OK;
    while (status == ND_OK && !has_room(recent->last, words))
        status = is_full(recent) ? reuse_first(recent, words, events) : new_block(recent, words);
    if (status == ND_OK)
        *hashes = recent->last->words + recent->last->num_hashes;
    return status;
}

void nd_recent_hashes_add(nd_recent_hashes *recent, const nd_recent_text *text)
{
    struct nd_recent_block *const block = recent->last;
    block->num_hashes += text->num_hashes;
    *text_at(block, block->num_texts++) = *text;
}

bool nd_recent_hashes_hold(const nd_recent_hashes *recent, const uint64_t *hashes)
{
    const uintptr_t at = (uintptr_t)hashes;
    for (const struct nd_recent_block *block = recent->first; block; block = block->next)
        if (at >= (uintptr_t)block->words && at < (uintptr_t)(block->words + block->num_words))
            return true;
    return false;
}

void nd_recent_hashes_release(nd_recent_hashes *recent)
{
    while (recent->first) {
        struct nd_recent_block *const next = recent->first->next;
        nd_release(recent->allocator, recent->first);
        recent->first = next;
    }
    recent->last = NULL;
    recent->total_bytes = 0;
}
