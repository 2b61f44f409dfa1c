#include "cli/exact_pairs.h"

typedef struct collector {
    const nd_held_documents *held;
    nd_pair_list *lists; /* one a thread */
} collector;

/* An nd_joined_pair_fn. */
static nd_status add_pair(void *ctx, uint32_t worker, size_t i, size_t j,
                          const nd_similarity *similarity)
{
    (void)similarity;
    const collector *const c = ctx;
    return nd_pair_list_add(&c->lists[worker], c->held->id_of[i], c->held->id_of[j]);
}

nd_status nd_exact_pairs_make(const nd_held_documents *held, const nd_held_sets *sets,
                              const nd_exact_join_options *options, nd_pair_list *pairs)
{
    const uint32_t num_lists = options->num_threads;
    collector c = {.held = held};
    nd_pair_list_clear(pairs);
    c.lists = nd_alloc_zeroed(held->allocator, num_lists, sizeof *c.lists);
    if (!c.lists)
        return ND_ERR_NO_MEMORY;
    for (uint32_t w = 0; w < num_lists; w++)
        c.lists[w].allocator = held->allocator;
    nd_status status = nd_exact_join(&sets->list, options, add_pair, &c);
    for (uint32_t w = 0; w < num_lists; w++) {
        if (status == ND_OK)
            status = nd_pair_list_append(pairs, &c.lists[w]);
        nd_pair_list_release(&c.lists[w]);
    }
    nd_release(held->allocator, c.lists);
    return status == ND_OK ? nd_pair_list_sort(pairs) : status;
}
