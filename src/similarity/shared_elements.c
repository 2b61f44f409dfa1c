#include "similarity/similarity.h"

#include <stdbool.h>
#include <string.h>

#include "util/alloc.h"
#include "util/sort.h"
#include "util/xxh.h"

/* --- sets that are the same --- */

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

/* --- the elements they share --- */

/* Elements are looked at a range of values at a time, so that sorting them needs little memory;
 * sets ascend, so each goes on where the last range ended. */
enum { ELEMENTS_A_RANGE = 1 << 20, MAX_RANGE_BITS = 8 };

/*   keys[place[r] + i]   of element i of leader r: | leaders that hold it, 32 bits | number, 32 |
 *                        0 while only it is known to hold it                                    */
typedef struct counting {
    const nd_set_list *sets;
    const nd_equal_sets *equal;
    const nd_allocator *allocator;
    nd_shared_elements *shared;
    size_t *place;  /* leaders + 1 */
    size_t *cursor; /* the first element of a leader that is not looked at */
    uint64_t *keys;
    ND_VEC(nd_key_value) items;
    nd_key_value *scratch;
    size_t scratch_capacity;
} counting;

static nd_status allocate(counting *c)
{
    const size_t num = c->equal->num_leaders;
    c->place = nd_alloc(c->allocator, num + 1, sizeof *c->place);
    c->cursor = nd_alloc_zeroed(c->allocator, num, sizeof *c->cursor);
    c->shared->start = nd_alloc(c->allocator, num + 1, sizeof *c->shared->start);
    if (!c->place || !c->cursor || !c->shared->start)
        return ND_ERR_NO_MEMORY;
    c->place[0] = 0;
    for (size_t r = 0; r < num; r++)
        c->place[r + 1] = c->place[r] + nd_set_size(c->sets, c->equal->leaders[r]);
    c->keys = nd_alloc_zeroed(c->allocator, c->place[num], sizeof *c->keys);
    return c->keys ? ND_OK : ND_ERR_NO_MEMORY;
}

/* Elements up to `last` that were not taken before, with their places. */
static nd_status take_range(counting *c, uint64_t last)
{
    c->items.len = 0;
    for (size_t r = 0; r < c->equal->num_leaders; r++) {
        const uint64_t *const elements = nd_set_elements(c->sets, c->equal->leaders[r]);
        const size_t size = c->place[r + 1] - c->place[r];
        size_t end = c->cursor[r];
        while (end < size && elements[end] <= last)
            end++;
        const nd_status status = ND_VEC_RESERVE(c->allocator, &c->items, end - c->cursor[r]);
        if (status != ND_OK)
            return status;
        for (size_t i = c->cursor[r]; i < end; i++)
            c->items.items[c->items.len++] = (nd_key_value){elements[i], c->place[r] + i};
        c->cursor[r] = end;
    }
    return nd_reserve(c->allocator, (void **)&c->scratch, &c->scratch_capacity, c->items.len,
                      sizeof *c->scratch);
}

/* Numbers the elements of a range that stand more than once. */
static nd_status number_range(counting *c)
{
    const nd_key_value *const items = c->items.items;
    nd_radix_sort_pairs(c->items.items, c->scratch, c->items.len);
    for (size_t run = 0, end; run < c->items.len; run = end) {
        for (end = run + 1; end < c->items.len && items[end].key == items[run].key; end++)
            ;
        if (end - run == 1)
            continue;
        if (c->shared->num_elements >= UINT32_MAX)
            return ND_ERR_LIMIT;
        const uint64_t key = (uint64_t)(end - run) << 32 | c->shared->num_elements++;
        for (size_t i = run; i < end; i++)
            c->keys[items[i].value] = key;
    }
    return ND_OK;
}

static nd_status count_elements(counting *c)
{
    unsigned bits = 0;
    while (bits < MAX_RANGE_BITS && c->place[c->equal->num_leaders] >> bits > ELEMENTS_A_RANGE)
        bits++;
    nd_status status = ND_OK;
    for (uint64_t range = 0; range < (uint64_t)1 << bits && status == ND_OK; range++) {
        const uint64_t last = bits == 0 ? UINT64_MAX : ((range + 1) << (64 - bits)) - 1;
        status = take_range(c, last);
        if (status == ND_OK)
            status = number_range(c);
    }
    return status;
}

/* Moves the keys of shared elements together, rarest first within a leader. */
static nd_status order_keys(counting *c)
{
    size_t at = 0, longest = 0;
    for (size_t r = 0; r < c->equal->num_leaders; r++) {
        c->shared->start[r] = at;
        for (size_t i = c->place[r]; i < c->place[r + 1]; i++)
            if (c->keys[i] > 0)
                c->keys[at++] = c->keys[i];
        const size_t num = at - c->shared->start[r];
        longest = num > longest ? num : longest;
    }
    c->shared->start[c->equal->num_leaders] = at;
    uint64_t *const scratch = nd_alloc(c->allocator, longest, sizeof *scratch);
    if (!scratch)
        return ND_ERR_NO_MEMORY;
    for (size_t r = 0; r < c->equal->num_leaders; r++)
        nd_radix_sort_u64(c->keys + c->shared->start[r], scratch,
                          c->shared->start[r + 1] - c->shared->start[r]);
    nd_release(c->allocator, scratch);
    return ND_OK;
}

static nd_status keep_numbers(counting *c)
{
    const size_t num = c->shared->start[c->equal->num_leaders];
    c->shared->numbers = nd_alloc(c->allocator, num, sizeof *c->shared->numbers);
    if (!c->shared->numbers)
        return ND_ERR_NO_MEMORY;
    for (size_t i = 0; i < num; i++)
        c->shared->numbers[i] = (uint32_t)c->keys[i];
    return ND_OK;
}

nd_status nd_shared_elements_init(nd_shared_elements *shared, const nd_set_list *sets,
                                  const nd_equal_sets *equal, const nd_allocator *allocator)
{
    *shared = (nd_shared_elements){0};
    counting c = {.sets = sets, .equal = equal, .allocator = allocator, .shared = shared};
    nd_status status = allocate(&c);
    if (status == ND_OK)
        status = count_elements(&c);
    ND_VEC_RELEASE(allocator, &c.items);
    nd_release(allocator, c.scratch);
    if (status == ND_OK)
        status = order_keys(&c);
    if (status == ND_OK)
        status = keep_numbers(&c);
    nd_release(allocator, c.place);
    nd_release(allocator, c.cursor);
    nd_release(allocator, c.keys);
    return status;
}

void nd_shared_elements_release(nd_shared_elements *shared, const nd_allocator *allocator)
{
    nd_release(allocator, shared->numbers);
    nd_release(allocator, shared->start);
    *shared = (nd_shared_elements){0};
}
