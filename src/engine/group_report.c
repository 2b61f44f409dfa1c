/* The groups of a finished scan, in the order of their representatives' ids. */
#include "engine/coverage_matching.h"
#include "util/radix_sort.h"

/* One for each document with tokens: key = representative document << 32 | document,
 * value = distinct. Sorted, a group is a run of one representative, its members ascending by id. */
typedef struct group_items {
    nd_key_value *items;
    size_t num;
} group_items;

static nd_status list_groups(const nd_scan *scan, group_items *list)
{
    const nd_catalog *const c = &scan->catalog;
    const nd_allocator *const a = &scan->allocator;
    list->items = nd_alloc(a, c->num_documents, sizeof *list->items);
    nd_key_value *const scratch = nd_alloc(a, c->num_documents, sizeof *scratch);
    uint32_t *const representative = nd_alloc(a, c->num_distinct, sizeof *representative);
    nd_status status = ND_ERR_NO_MEMORY;
    if (list->items && scratch && representative) {
        for (size_t x = 0; x < c->num_distinct; x++)
            if (scan->anchors.anchor_of[x] == x)
                representative[x] =
                    nd_catalog_best_copy(c, scan->options.representative, (uint32_t)x);
        for (size_t x = 0; x < c->num_distinct; x++) {
            const uint64_t key = (uint64_t)representative[scan->anchors.anchor_of[x]] << 32;
            for (uint32_t i = c->copies_start[x]; i < c->copies_start[x + 1]; i++)
                list->items[list->num++] = (nd_key_value){key | c->copies[i], x};
        }
        nd_radix_sort_pairs(list->items, scratch, list->num);
        status = ND_OK;
    }
    nd_release(a, scratch);
    nd_release(a, representative);
    return status;
}

static nd_status make_member(const nd_scan *scan, uint32_t document, uint32_t distinct,
                             nd_member *member)
{
    const uint32_t anchor = scan->anchors.anchor_of[distinct];
    const uint64_t size = nd_catalog_record(&scan->catalog, distinct)->num_hashes;
    const uint64_t anchor_size = nd_catalog_record(&scan->catalog, anchor)->num_hashes;
    const uint64_t common = anchor == distinct ? size : scan->anchors.common_of[distinct];
    *member = (nd_member){.id = nd_scan_id(scan, document), .text = nd_scan_text(scan, document)};
    member->similarity = nd_similarity_from_counts(size, anchor_size, common);
    nd_status status = ND_OK;
    if (nd_scan_asks_coverage(scan))
        status = nd_scan_coverage(scan, distinct, anchor, &member->coverage);
    member->kind =
        nd_match_kind_reversed(nd_scan_classify(scan, &member->similarity, &member->coverage));
    return status;
}

/* `run` is one group, the representative among its documents. */
static nd_status fill_group(const nd_scan *scan, const nd_key_value *run, size_t num,
                            nd_member *members, nd_group *group)
{
    const uint32_t representative = (uint32_t)(run[0].key >> 32);
    *group = (nd_group){.representative = nd_scan_id(scan, representative),
                        .representative_text = nd_scan_text(scan, representative),
                        .members = members};
    nd_status status = ND_OK;
    for (size_t i = 0; i < num && status == ND_OK; i++)
        if ((uint32_t)run[i].key != representative)
            status = make_member(scan, (uint32_t)run[i].key, (uint32_t)run[i].value,
                                 &members[group->num_members++]);
    return status;
}

nd_status nd_scan_each_group(const nd_scan *scan, nd_group_fn each, void *ctx)
{
    if (scan->phase != ND_SCAN_FINISHED || scan->options.output != ND_SCAN_GROUPS)
        return ND_ERR_INVALID_ARGUMENT;
    group_items list = {0};
    nd_status status = list_groups(scan, &list);
    nd_member *members = NULL;
    size_t capacity = 0;
    for (size_t first = 0, end; status == ND_OK && first < list.num; first = end) {
        for (end = first + 1;
             end < list.num && list.items[end].key >> 32 == list.items[first].key >> 32;)
            end++;
        if (end - first < 2)
            continue;
        status = nd_reserve(&scan->allocator, (void **)&members, &capacity, end - first,
                            sizeof *members);
        if (status != ND_OK)
            break;
        nd_group group;
        status = fill_group(scan, list.items + first, end - first, members, &group);
        if (status == ND_OK)
            status = each(ctx, &group);
    }
    nd_release(&scan->allocator, members);
    nd_release(&scan->allocator, list.items);
    return status;
}
