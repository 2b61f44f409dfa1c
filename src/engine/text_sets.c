#include "engine/text_sets.h"

#include <sched.h>

#include "neardup/shingle.h"

nd_status nd_scan_set_make(nd_set_maker *maker, nd_scan_set *set, const nd_allocator *allocator)
{
    for (;;) {
        uint32_t state = ND_SET_IN_TEXT_ORDER;
        if (atomic_compare_exchange_strong(&set->state, &state, ND_SET_BEING_SORTED))
            break;
        if (state == ND_SET_MADE)
            return ND_OK;
        sched_yield();
    }
    /* Only the thread that got here may read or change the hashes. */
    const nd_status status = nd_reserve(allocator, (void **)&maker->scratch, &maker->capacity,
                                        set->num, sizeof *maker->scratch);
    if (status != ND_OK) {
        atomic_store_explicit(&set->state, ND_SET_IN_TEXT_ORDER, memory_order_release);
        return status;
    }
    set->num = (uint32_t)nd_shingle_set(set->hashes, set->num, maker->scratch);
    maker->num_shingles += set->num;
    atomic_store_explicit(&set->state, ND_SET_MADE, memory_order_release);
    return ND_OK;
}

uint64_t *nd_hashes_append(nd_arena *arena, size_t num)
{
    if (num > SIZE_MAX / sizeof(uint64_t))
        return NULL;
    return nd_arena_alloc(arena, num * sizeof(uint64_t));
}
