#include "util/radix_sort.h"

#include <string.h>

enum { SMALL = 40, MIN_BITS = 5, MAX_BITS = 11, MAX_BUCKETS = 1 << MAX_BITS };

/* Above ONE_PASS items a pass with fewer buckets comes first, which leaves PART items in each: more
 * buckets than about a thousand at once cost a miss of the address cache for every item. */
enum { ONE_PASS = 2 * MAX_BUCKETS, PART = 512, MAX_FIRST_BITS = 10 };

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
