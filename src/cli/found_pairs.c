#include "cli/found_pairs.h"

typedef struct collector {
    const nd_held_documents *held;
    nd_pair_list *found;
    uint32_t *label;
    ND_VEC(uint32_t) members; /* of the group at work */
} collector;

/* The number of the id that the document came with: documents of one id are one to the truth,
 * whatever the scan calls them. */
static uint32_t number_of(nd_id id)
{
    return (uint32_t)id.tag;
}

/* An nd_pair_fn. */
static nd_status add_pair(void *ctx, const nd_pair *pair)
{
    const collector *const c = ctx;
    return nd_pair_list_add(c->found, number_of(pair->a), number_of(pair->b));
}

/* An nd_group_fn. */
static nd_status add_group(void *ctx, const nd_group *group)
{
    collector *const c = ctx;
    c->members.len = 0;
    const nd_status status =
        ND_VEC_RESERVE(c->held->allocator, &c->members, group->num_members + 1);
    if (status != ND_OK)
        return status;
    c->members.items[c->members.len++] = number_of(group->representative);
    for (size_t i = 0; i < group->num_members; i++)
        c->members.items[c->members.len++] = number_of(group->members[i].id);
    for (size_t i = 0; i < c->members.len; i++)
        c->label[c->members.items[i]] = c->members.items[0];
    return nd_pair_list_add_all(c->found, c->members.items, c->members.len);
}

static nd_status collect(collector *c, nd_scan *scan, nd_scan_output output)
{
    nd_held_reading reading;
    const nd_source source = nd_held_documents_source(c->held, &reading);
    nd_status status = nd_scan_add_source(scan, &source, NULL);
    if (status == ND_OK)
        status = nd_scan_finish(scan);
    if (status == ND_OK)
        status = output == ND_SCAN_PAIRS ? nd_scan_each_pair(scan, add_pair, c)
                                         : nd_scan_each_group(scan, add_group, c);
    return status == ND_OK ? nd_pair_list_sort(c->found) : status;
}

nd_status nd_found_pairs_make(const nd_held_documents *held, const nd_scan_options *options,
                              nd_pair_list *found, uint32_t *label, nd_scan_stats *stats)
{
    collector c = {.held = held, .found = found, .label = label};
    nd_pair_list_clear(found);
    for (size_t n = 0; options->output == ND_SCAN_GROUPS && n < held->num_ids; n++)
        label[n] = (uint32_t)n;
    nd_scan *scan = NULL;
    nd_status status = nd_scan_new(options, held->allocator, &scan);
    if (status == ND_OK) {
        status = collect(&c, scan, options->output);
        *stats = nd_scan_stats_get(scan);
    }
    nd_scan_free(scan);
    ND_VEC_RELEASE(held->allocator, &c.members);
    return status;
}
