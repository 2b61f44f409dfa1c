#include "util/radix_sort.h"

#include <stdbool.h>
#include <string.h>

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

/* The digit below the `used` highest bits. */
static key_digit next_digit(size_t num, unsigned used)
{
    const size_t wanted = num <= ONE_PASS ? num : num / PART;
    const unsigned max_bits = num <= ONE_PASS ? MAX_BITS : MAX_FIRST_BITS;
    unsigned bits = MIN_BITS;
    while (bits < max_bits && (size_t)1 << bits < wanted)
        bits++;
    if (bits > 64 - used)
        bits = 64 - used;
    return (key_digit){64 - used - bits, bits};
}

static size_t bucket_of(uint64_t key, key_digit digit)
{
    return (size_t)(key >> digit.shift) & (((size_t)1 << digit.bits) - 1);
}

/* Where the items of each bucket go, in a pass that few items need only once. */
enum { SMALL_BITS = 9 };
static const uint64_t EACH_BYTE = 0x0101010101010101, EACH_SHORT = 0x0001000100010001;

typedef union small_counts {
    uint8_t of[1 << SMALL_BITS];
    uint64_t words[(1 << SMALL_BITS) / sizeof(uint64_t)];
} small_counts;

typedef union pass_counts {
    uint16_t of[MAX_BUCKETS];
    uint64_t words[MAX_BUCKETS * sizeof(uint16_t) / sizeof(uint64_t)];
} pass_counts;

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
