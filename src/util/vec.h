/* A growing array of one type. */
#ifndef UTIL_VEC_H
#define UTIL_VEC_H

#include "util/alloc.h"

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

#define ND_VEC_RELEASE(allocator, vec)                                                             \
    do {                                                                                           \
        nd_release((allocator), (vec)->items);                                                     \
        (vec)->items = NULL;                                                                       \
        (vec)->len = (vec)->capacity = 0;                                                          \
    } while (0)

/* Behind ND_VEC_RESERVE. */
ND_NODISCARD nd_status nd_vec_reserve(const nd_allocator *allocator, void **items, size_t *capacity,
                                      size_t len, size_t more, size_t size_bytes);

#endif
