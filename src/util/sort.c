#include "util/sort.h"

#include <stdbool.h>
#include <string.h>

/* --- radix sort --- */

/* Fewer items than MIN_DEALT are sorted by insertion. */
enum { MIN_DEALT = 8, MIN_BITS = 5, MAX_BITS = 12, MAX_BUCKETS = 1 << MAX_BITS };

/* Above ONE_PASS items a pass with fewer buckets comes first, which leaves PART items in each: more
 * buckets than about a thousand at once cost a miss of the address cache for every item. */
enum { ONE_PASS = MAX_BUCKETS, PART = 512, MAX_FIRST_BITS = 10 };

/* Steps an item of evenly spread keys takes: a quarter, at one bucket for each. */
enum { MOST_STEPS = 4 };

typedef enum sort_result {
    IN_PLACE,
    IN_OTHER,
} sort_result;

/* Some bits of a key, from bit `shift` up. */
typedef struct key_digit {
    unsigned shift;
    unsigned bits;
} key_digit;

/* The digit below the `used` highest bits, or the lowest one where fewer bits are left: those above
 * are the same in all keys. Never narrower than MIN_BITS, so that its counts fill whole words. */
static key_digit next_digit(size_t num, unsigned used)
{
    const size_t wanted = num <= ONE_PASS ? num : num / PART;
    const unsigned max_bits = num <= ONE_PASS ? MAX_BITS : MAX_FIRST_BITS;
    unsigned bits = MIN_BITS;
    while (bits < max_bits && (size_t)1 << bits < wanted)
        bits++;
    const unsigned left = 64 - used;
    return (key_digit){left > bits ? left - bits : 0, bits};
}

static size_t bucket_of(uint64_t key, key_digit digit)
{
    return (size_t)(key >> digit.shift) & (((size_t)1 << digit.bits) - 1);
}

/* Bits of a count: as few as the number of items allows, because one step clears or adds up a whole
 * word of counts. */
typedef enum count_width {
    BYTE_COUNTS = 8,   /* at most UINT8_MAX items and SMALL_BITS bits */
    SHORT_COUNTS = 16, /* at most ONE_PASS items and MAX_BITS bits */
    WORD_COUNTS = 64,  /* at most MAX_FIRST_BITS bits */
} count_width;

enum { SMALL_BITS = 9, COUNT_WORDS = MAX_BUCKETS * sizeof(uint16_t) / sizeof(uint64_t) };

/* A count for each bucket, which becomes the place of the bucket's next item. 8 KiB of stack, given
 * back before the next level begins: threads of callers may have small stacks. */
typedef union bucket_counts {
    uint8_t bytes[1 << SMALL_BITS];
    uint16_t shorts[MAX_BUCKETS];
    uint64_t words[COUNT_WORDS];
} bucket_counts;

_Static_assert(1 << MAX_FIRST_BITS <= COUNT_WORDS, "a first pass has room for its counts");
_Static_assert((BYTE_COUNTS << MIN_BITS) % 64 == 0, "the narrowest counts fill whole words");

/* Adds one to the count of a bucket and returns what it was. */
static inline size_t next_in(bucket_counts *counts, count_width width, size_t bucket)
{
    if (width == BYTE_COUNTS)
        return counts->bytes[bucket]++;
    if (width == SHORT_COUNTS)
        return counts->shorts[bucket]++;
    return (size_t)counts->words[bucket]++;
}

/* Replaces each count by the sum of those before it. A multiplication adds up, in each count of a
 * word, all those below it and itself. */
static inline void sum_counts(bucket_counts *counts, count_width width, size_t num_words)
{
    const uint64_t each = width == BYTE_COUNTS    ? 0x0101010101010101
                          : width == SHORT_COUNTS ? 0x0001000100010001
                                                  : 1;
    uint64_t before = 0;
    for (size_t w = 0; w < num_words; w++) {
        const uint64_t sums = counts->words[w] * each;
        counts->words[w] = (width == WORD_COUNTS ? 0 : sums << width % 64) + before;
        before += (sums >> (64 - width)) * each;
    }
}

/* Buckets for so many items, 1 to 2 for each where that is worth clearing them. */
static unsigned table_bits(size_t num)
{
    if (num <= UINT8_MAX)
        return num <= 16 ? 6 : num <= 32 ? 7 : num <= 128 ? 8 : SMALL_BITS;
    unsigned bits = SMALL_BITS;
    while (bits < MAX_BITS && (size_t)1 << bits < num)
        bits++;
    return bits;
}

#if !defined(__BYTE_ORDER__) || __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#    error "counts are added up in the order of little-endian words"
#endif

#define ITEM uint64_t
#define KEY(item) (item)
#define NAMED(function) function##_u64
#include "util/radix_sort_levels.h"
#undef ITEM
#undef KEY
#undef NAMED

#define ITEM nd_key_value
#define KEY(item) ((item).key)
#define NAMED(function) function##_pairs
#include "util/radix_sort_levels.h"

void nd_radix_sort_u64(uint64_t *items, uint64_t *scratch, size_t num)
{
    sort_u64(items, scratch, num, 0, IN_PLACE);
}

void nd_radix_sort_pairs(nd_key_value *items, nd_key_value *scratch, size_t num)
{
    sort_pairs(items, scratch, num, 0, IN_PLACE);
}

/* --- heaps --- */

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

void nd_heap_make(void *items, size_t num, size_t size_bytes, nd_compare_fn compare, void *ctx)
{
    const heap h = {items, num, size_bytes, compare, ctx};
    for (size_t i = num / 2; i-- > 0;)
        sift_down(&h, i);
}

void nd_heap_settle(void *items, size_t num, size_t size_bytes, nd_compare_fn compare, void *ctx)
{
    const heap h = {items, num, size_bytes, compare, ctx};
    if (num > 0)
        sift_down(&h, 0);
}

void nd_heap_sort(void *items, size_t num, size_t size_bytes, nd_compare_fn compare, void *ctx)
{
    heap h = {items, num, size_bytes, compare, ctx};
    nd_heap_make(items, num, size_bytes, compare, ctx);
    while (h.num > 1) {
        char largest[ND_HEAP_SORT_MAX_BYTES];
        h.num--;
        memcpy(largest, item(&h, 0), size_bytes);
        memcpy(item(&h, 0), item(&h, h.num), size_bytes);
        memcpy(item(&h, h.num), largest, size_bytes);
        sift_down(&h, 0);
    }
}

/* Puts item `at` where it belongs among those before it; returns how many it passes. */
static size_t insert(char *items, size_t at, size_t size_bytes, nd_compare_fn compare, void *ctx)
{
    char inserted[ND_HEAP_SORT_MAX_BYTES];
    char *const from = items + at * size_bytes, *to = from;
    while (to > items && compare(ctx, to - size_bytes, from) > 0)
        to -= size_bytes;
    if (to == from)
        return 0;
    memcpy(inserted, from, size_bytes);
    memmove(to + size_bytes, to, (size_t)(from - to));
    memcpy(to, inserted, size_bytes);
    return (size_t)(from - to) / size_bytes;
}

void nd_near_sort(void *items, size_t num, size_t size_bytes, nd_compare_fn compare, void *ctx)
{
    enum { STEPS_PER_ITEM = 8 };
    size_t steps = 0;
    for (size_t i = 1; i < num && steps <= num * STEPS_PER_ITEM; i++)
        steps += insert(items, i, size_bytes, compare, ctx);
    if (steps > num * STEPS_PER_ITEM)
        nd_heap_sort(items, num, size_bytes, compare, ctx);
}
