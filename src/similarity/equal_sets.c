#include "similarity/equal_sets.h"

#include <stdbool.h>
#include <string.h>

#include "util/radix_sort.h"
#include "util/xxh.h"

static bool are_equal(const nd_set_list *sets, size_t a, size_t b)
{
    const size_t size = nd_set_size(sets, a);
    return size == nd_set_size(sets, b) &&
           memcmp(nd_set_elements(sets, a), nd_set_elements(sets, b), size * sizeof(uint64_t)) == 0;
}

/* Chains each set of a run of equal hashes to an equal one before it, or makes it a leader. */
static void chain_run(nd_equal_sets *equal, const nd_set_list *sets, const nd_key_value *run,
                      size_t num)
{
    for (size_t i = 0; i < num; i++) {
        const uint32_t set = (uint32_t)run[i].value;
        size_t k = i;
        while (k > 0 && !are_equal(sets, run[k - 1].value, set))
            k--;
        if (k > 0)
            equal->next_equal[run[k - 1].value] = set;
        else
            equal->leaders[equal->num_leaders++] = set;
    }
}

static void find_leaders(nd_equal_sets *equal, const nd_set_list *sets, nd_key_value *items,
                         nd_key_value *scratch)
{
    size_t num = 0;
    for (size_t set = 0; set < sets->num; set++) {
        const size_t len_bytes = nd_set_size(sets, set) * sizeof(uint64_t);
        equal->next_equal[set] = ND_NO_SET;
        if (len_bytes > 0)
            items[num++] = (nd_key_value){XXH3_64bits(nd_set_elements(sets, set), len_bytes), set};
    }
    nd_radix_sort_pairs(items, scratch, num);
    for (size_t run = 0, end; run < num; run = end) {
        for (end = run + 1; end < num && items[end].key == items[run].key; end++)
            ;
        chain_run(equal, sets, items + run, end - run);
    }
}

/* By size, then by number, so that the ranks depend on the sets alone. */
static void rank_leaders(nd_equal_sets *equal, const nd_set_list *sets, nd_key_value *items,
                         nd_key_value *scratch)
{
    const size_t num = equal->num_leaders;
    for (size_t i = 0; i < num; i++)
        items[i] = (nd_key_value){equal->leaders[i], nd_set_size(sets, equal->leaders[i])};
    nd_radix_sort_pairs(items, scratch, num);
    for (size_t i = 0; i < num; i++)
        items[i] = (nd_key_value){items[i].value, items[i].key};
    nd_radix_sort_pairs(items, scratch, num);
    for (size_t i = 0; i < num; i++)
        equal->leaders[i] = (uint32_t)items[i].value;
}

nd_status nd_equal_sets_init(nd_equal_sets *equal, const nd_set_list *sets,
                             const nd_allocator *allocator)
{
    *equal = (nd_equal_sets){0};
    nd_key_value *const items = nd_alloc(allocator, sets->num, sizeof *items);
    nd_key_value *const scratch = nd_alloc(allocator, sets->num, sizeof *scratch);
    equal->next_equal = nd_alloc(allocator, sets->num, sizeof *equal->next_equal);
    equal->leaders = nd_alloc(allocator, sets->num, sizeof *equal->leaders);
    const bool has_room = items && scratch && equal->next_equal && equal->leaders;
    if (has_room) {
        find_leaders(equal, sets, items, scratch);
        rank_leaders(equal, sets, items, scratch);
    }
    nd_release(allocator, items);
    nd_release(allocator, scratch);
    return has_room ? ND_OK : ND_ERR_NO_MEMORY;
}

void nd_equal_sets_release(nd_equal_sets *equal, const nd_allocator *allocator)
{
    nd_release(allocator, equal->next_equal);
    nd_release(allocator, equal->leaders);
    *equal = (nd_equal_sets){0};
}
