#include "util/heap_sort.h"

#include <string.h>

typedef struct heap {
    char *items;
    size_t num, size_bytes;
    nd_compare_fn compare;
    void *ctx;
} heap;

static void *item(const heap *h, size_t at)
{
    return h->items + at * h->size_bytes;
}

/* Lets the item at `at` sink until none below it is larger. */
static void sift_down(const heap *h, size_t at)
{
    char sinking[ND_HEAP_SORT_MAX_BYTES];
    memcpy(sinking, item(h, at), h->size_bytes);
    for (size_t child = at * 2 + 1; child < h->num; child = at * 2 + 1) {
        if (child + 1 < h->num && h->compare(h->ctx, item(h, child), item(h, child + 1)) < 0)
            child++;
        if (h->compare(h->ctx, sinking, item(h, child)) >= 0)
            break;
        memcpy(item(h, at), item(h, child), h->size_bytes);
        at = child;
    }
    memcpy(item(h, at), sinking, h->size_bytes);
}

void nd_heap_sort(void *items, size_t num, size_t size_bytes, nd_compare_fn compare, void *ctx)
{
    heap h = {items, num, size_bytes, compare, ctx};
    for (size_t i = num / 2; i-- > 0;)
        sift_down(&h, i);
    while (h.num > 1) {
        char largest[ND_HEAP_SORT_MAX_BYTES];
        h.num--;
        memcpy(largest, item(&h, 0), size_bytes);
        memcpy(item(&h, 0), item(&h, h.num), size_bytes);
        memcpy(item(&h, h.num), largest, size_bytes);
        sift_down(&h, 0);
    }
}
