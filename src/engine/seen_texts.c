#include "engine/seen_texts.h"

#include "util/prefetch.h"

enum { FIRST_BITS = 8 };

static const uint64_t PLACE_MASK = UINT32_MAX;

/* The first free slot, from the home of `tag` on. */
static uint64_t *free_slot(uint64_t *slots, uint32_t bits, uint64_t tag)
{
    const size_t mask = ((size_t)1 << bits) - 1;
    size_t at = (size_t)(tag >> (64 - bits));
    while (slots[at])
        at = (at + 1) & mask;
    return &slots[at];
}

static nd_status grow(nd_seen_texts *seen, const nd_allocator *a)
{
    const uint32_t bits = seen->bits ? seen->bits + 1 : FIRST_BITS;
    uint64_t *const slots = nd_alloc_zeroed(a, (size_t)1 << bits, sizeof *slots);
    if (!slots)
        return ND_ERR_NO_MEMORY;
    const size_t num_old = seen->bits ? (size_t)1 << seen->bits : 0;
    for (size_t i = 0; i < num_old; i++)
        if (seen->slots[i])
            *free_slot(slots, bits, seen->slots[i]) = seen->slots[i];
    nd_release(a, seen->slots);
    seen->slots = slots;
    seen->bits = bits;
    return ND_OK;
}

nd_status nd_seen_texts_reserve(nd_seen_texts *seen, const nd_chunk *chunk,
                                const nd_allocator *allocator)
{
    nd_status status = ND_OK;
    if (seen->chunks.len == 0 || seen->chunks.items[seen->chunks.len - 1] != chunk) {
        status = ND_VEC_RESERVE(allocator, &seen->chunks, 1);
        if (status == ND_OK)
            seen->chunks.items[seen->chunks.len++] = chunk;
    }
    if (status == ND_OK && (!seen->bits || seen->num >= ((size_t)1 << seen->bits) / 4 * 3))
        status = grow(seen, allocator);
    return status;
}

static bool is_same(const nd_text_facts *a, const nd_text_facts *b)
{
    return a->digest[0] == b->digest[0] && a->digest[1] == b->digest[1] && a->check == b->check &&
           a->num_tokens == b->num_tokens;
}

void nd_seen_texts_fetch(const nd_seen_texts *seen, uint64_t check)
{
    if (seen->bits)
        nd_prefetch(&seen->slots[check >> (64 - seen->bits)]);
}

bool nd_seen_texts_find(const nd_seen_texts *seen, const nd_text_facts *facts,
                        const nd_chunk **chunk, uint32_t *place)
{
    if (!seen->bits)
        return false;
    const size_t mask = ((size_t)1 << seen->bits) - 1;
    const uint64_t tag = facts->check & ~PLACE_MASK;
    for (size_t at = (size_t)(tag >> (64 - seen->bits)); seen->slots[at]; at = (at + 1) & mask) {
        if ((seen->slots[at] & ~PLACE_MASK) != tag)
            continue;
        const uint32_t index = (uint32_t)(seen->slots[at] & PLACE_MASK) - 1;
        *chunk = seen->chunks.items[index >> ND_CHUNK_BITS];
        *place = index & (ND_CHUNK_DOCUMENTS - 1);
        if (is_same(&(*chunk)->texts[*place], facts))
            return true;
    }
    return false;
}

void nd_seen_texts_add(nd_seen_texts *seen, uint32_t place)
{
    const size_t chunk = seen->chunks.len - 1;
    const uint64_t tag = seen->chunks.items[chunk]->texts[place].check & ~PLACE_MASK;
    *free_slot(seen->slots, seen->bits, tag) = tag | ((chunk << ND_CHUNK_BITS | place) + 1);
    seen->num++;
}

void nd_seen_texts_release(nd_seen_texts *seen, const nd_allocator *allocator)
{
    nd_release(allocator, seen->slots);
    ND_VEC_RELEASE(allocator, &seen->chunks);
    *seen = (nd_seen_texts){0};
}
