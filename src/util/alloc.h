/* Memory: allocation through the caller's allocator, growing arrays, and arenas. */
#ifndef UTIL_ALLOC_H
#define UTIL_ALLOC_H

#include <stdbool.h>
#include <stddef.h>

#include "neardup/allocator.h"
#include "neardup/status.h"

/* The allocator to keep a copy of: *allocator, or the C library's for NULL. */
nd_allocator nd_allocator_or_default(const nd_allocator *allocator);

/* num * size_bytes bytes, NULL when out of memory or when the product overflows. A request for
 * nothing is one for a single byte, so NULL always means failure. */
void *nd_alloc(const nd_allocator *allocator, size_t num, size_t size_bytes);

/* The same, filled with zeros. */
void *nd_alloc_zeroed(const nd_allocator *allocator, size_t num, size_t size_bytes);

/* Releases a block of this allocator; NULL does nothing. */
void nd_release(const nd_allocator *allocator, void *block);

/* Makes room for `need` elements of size_bytes in *block, which has room for *capacity: grows by
 * half at least, so appending costs O(1) amortised. Nothing changes on failure. */
ND_NODISCARD nd_status nd_reserve(const nd_allocator *allocator, void **block, size_t *capacity,
                                  size_t need, size_t size_bytes);

/* Arithmetic on sizes that come from outside: false where the result does not fit. */
static inline bool nd_size_mul(size_t a, size_t b, size_t *out)
{
    return !__builtin_mul_overflow(a, b, out);
}

static inline bool nd_size_add(size_t a, size_t b, size_t *out)
{
    return !__builtin_add_overflow(a, b, out);
}

/* --- growing arrays --- */

/* ND_VEC(uint64_t) hashes = {0};  items [0, len) are in use. The owner releases `items`. */
#define ND_VEC(type)                                                                               \
    struct {                                                                                       \
        type *items;                                                                               \
        size_t len, capacity;                                                                      \
    }

/* Makes room for `more` further items; ND_ERR_NO_MEMORY leaves the vector as it was. */
#define ND_VEC_RESERVE(allocator, vec, more)                                                       \
    nd_vec_reserve((allocator), (void **)&(vec)->items, &(vec)->capacity, (vec)->len, (more),      \
                   sizeof *(vec)->items)

/* The items from a place on; NULL where the vector never had room: nothing may be added to NULL. */
#define ND_VEC_FROM(vec, at) ((vec)->items ? (vec)->items + (at) : NULL)

#define ND_VEC_RELEASE(allocator, vec)                                                             \
    do {                                                                                           \
        nd_release((allocator), (vec)->items);                                                     \
        (vec)->items = NULL;                                                                       \
        (vec)->len = (vec)->capacity = 0;                                                          \
    } while (0)

/* Behind ND_VEC_RESERVE: where there is room already, and where there may not be. */
ND_NODISCARD nd_status nd_vec_grow(const nd_allocator *allocator, void **items, size_t *capacity,
                                   size_t len, size_t more, size_t size_bytes);

ND_NODISCARD static inline nd_status nd_vec_reserve(const nd_allocator *allocator, void **items,
                                                    size_t *capacity, size_t len, size_t more,
                                                    size_t size_bytes)
{
    return *items && more <= *capacity - len
               ? ND_OK
               : nd_vec_grow(allocator, items, capacity, len, more, size_bytes);
}

/* --- growing buffers of bytes --- */

typedef ND_VEC(char) nd_byte_vec;

ND_NODISCARD nd_status nd_bytes_append(const nd_allocator *allocator, nd_byte_vec *out,
                                       const void *bytes, size_t len_bytes);

/* printf-style; no terminating NUL is kept. */
ND_NODISCARD nd_status nd_bytes_printf(const nd_allocator *allocator, nd_byte_vec *out,
                                       const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Empties *bytes, and gives its memory back if it is more than keep_bytes. */
void nd_bytes_trim(const nd_allocator *allocator, nd_byte_vec *bytes, size_t keep_bytes);

/* --- arenas: memory given back all at once; blocks never move --- */

/* Chunks linked newest first, the first ones small, then chunk_bytes with all they hold, or as much
 * as a larger block needs:
 *
 *   chunk: | next | used | size | bytes ... |
 */
typedef struct nd_arena {
    nd_allocator allocator;
    struct nd_arena_chunk *chunks;
    size_t chunk_bytes;
    size_t total_bytes; /* asked from the allocator */
} nd_arena;

void nd_arena_init(nd_arena *arena, const nd_allocator *allocator, size_t chunk_bytes);

/* size_bytes bytes aligned to 8; NULL when out of memory. Lives until nd_arena_release. */
void *nd_arena_alloc(nd_arena *arena, size_t size_bytes);

/* Gives back the end of the block of size_bytes that was allocated last, if it can be used again:
 * kept_bytes of it stay. */
void nd_arena_trim(nd_arena *arena, void *block, size_t size_bytes, size_t kept_bytes);

void nd_arena_release(nd_arena *arena);

#endif
