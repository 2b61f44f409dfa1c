#include "eval/pair_list.h"

#include <string.h>

#include "group/groups.h"
#include "util/sort.h"

static nd_status reserve(nd_pair_list *list, size_t more)
{
    if (more > ND_EVALUATION_MAX_PAIRS || list->pairs.len > ND_EVALUATION_MAX_PAIRS - more)
        return ND_ERR_LIMIT;
    return ND_VEC_RESERVE(list->allocator, &list->pairs, more);
}

nd_status nd_pair_list_add(nd_pair_list *list, uint32_t a, uint32_t b)
{
    if (a == b)
        return ND_OK;
    const nd_status status = reserve(list, 1);
    if (status == ND_OK)
        list->pairs.items[list->pairs.len++] = nd_pair_key(a, b);
    return status;
}

nd_status nd_pair_list_add_all(nd_pair_list *list, const uint32_t *members, size_t num)
{
    const nd_status status = num < 2 ? ND_OK
                             : num > UINT32_MAX
                                 ? ND_ERR_LIMIT
                                 : reserve(list, (size_t)((uint64_t)num * (num - 1) / 2));
    if (status != ND_OK)
        return status;
    for (size_t i = 0; i < num; i++)
        for (size_t k = i + 1; k < num; k++)
            if (members[i] != members[k])
                list->pairs.items[list->pairs.len++] = nd_pair_key(members[i], members[k]);
    return ND_OK;
}

nd_status nd_pair_list_append(nd_pair_list *list, const nd_pair_list *other)
{
    const nd_status status = reserve(list, other->pairs.len);
    if (status != ND_OK || other->pairs.len == 0)
        return status;
    memcpy(list->pairs.items + list->pairs.len, other->pairs.items,
           other->pairs.len * sizeof *other->pairs.items);
    list->pairs.len += other->pairs.len;
    return ND_OK;
}

nd_status nd_pair_list_sort(nd_pair_list *list)
{
    uint64_t *const pairs = list->pairs.items;
    uint64_t *const scratch = nd_alloc(list->allocator, list->pairs.len, sizeof *scratch);
    if (!scratch)
        return ND_ERR_NO_MEMORY;
    nd_radix_sort_u64(pairs, scratch, list->pairs.len);
    nd_release(list->allocator, scratch);
    size_t num = 0;
    for (size_t i = 0; i < list->pairs.len; i++)
        if (num == 0 || pairs[i] != pairs[num - 1])
            pairs[num++] = pairs[i];
    list->pairs.len = num;
    return ND_OK;
}

size_t nd_pair_list_subtract(nd_pair_list *list, const nd_pair_list *other)
{
    size_t num = 0, at = 0;
    for (size_t i = 0; i < list->pairs.len; i++)
        if (!nd_pair_list_meets(other, list->pairs.items[i], &at))
            list->pairs.items[num++] = list->pairs.items[i];
    const size_t dropped = list->pairs.len - num;
    list->pairs.len = num;
    return dropped;
}

void nd_pair_list_components(const nd_pair_list *list, size_t num, uint32_t *label)
{
    nd_links_begin(label, num);
    for (size_t i = 0; i < list->pairs.len; i++)
        nd_links_add(label, nd_pair_low(list->pairs.items[i]), nd_pair_high(list->pairs.items[i]));
    nd_links_end(label, num);
}

void nd_pair_list_clear(nd_pair_list *list)
{
    list->pairs.len = 0;
}

void nd_pair_list_release(nd_pair_list *list)
{
    ND_VEC_RELEASE(list->allocator, &list->pairs);
}
