#include "util/vec.h"

#include "util/checked.h"

nd_status nd_vec_reserve(const nd_allocator *allocator, void **items, size_t *capacity, size_t len,
                         size_t more, size_t size_bytes)
{
    size_t need;
    if (!nd_size_add(len, more, &need))
        return ND_ERR_NO_MEMORY;
    return nd_reserve(allocator, items, capacity, need, size_bytes);
}
