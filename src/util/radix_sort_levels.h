/* The radix sort for one type of item. Included by sort.c once a type, which defines before:
 *
 *   ITEM             what is sorted
 *   KEY(item)        its 64-bit key
 *   NAMED(function)  the function's name for this type
 *
 * From the highest bits down: the last pass deals the items into at least as many buckets as there
 * are items, after which evenly spread keys stand next to their place and are settled in one look
 * at the whole. Where keys are not evenly spread, which settling finds out by the steps it needs,
 * large buckets are dealt again by their next bits, so no input takes more than 64 / MIN_BITS
 * passes. Items move back and forth between the array and the scratch array, and every pass keeps
 * the order of equal keys.
 */

/* Deals from[0..num) into to[0..num) by one digit, with counts of a constant width. */
static inline __attribute__((always_inline)) void
NAMED(deal_counted)(const ITEM *from, ITEM *to, size_t num, key_digit digit, count_width width)
{
    bucket_counts counts;
    const size_t num_words = ((size_t)width << digit.bits) / 64;
    memset(counts.words, 0, num_words * sizeof *counts.words);
    for (size_t i = 0; i < num; i++)
        next_in(&counts, width, bucket_of(KEY(from[i]), digit));
    sum_counts(&counts, width, num_words);
    for (size_t i = 0; i < num; i++)
        to[next_in(&counts, width, bucket_of(KEY(from[i]), digit))] = from[i];
}

/* Not inlined, so that no level of the recursion holds the counts. */
static __attribute__((noinline)) void NAMED(deal_few)(const ITEM *from, ITEM *to, size_t num,
                                                      key_digit digit)
{
    NAMED(deal_counted)(from, to, num, digit, BYTE_COUNTS);
}

static __attribute__((noinline)) void NAMED(deal_many)(const ITEM *from, ITEM *to, size_t num,
                                                       key_digit digit)
{
    if (num <= ONE_PASS)
        NAMED(deal_counted)(from, to, num, digit, SHORT_COUNTS);
    else
        NAMED(deal_counted)(from, to, num, digit, WORD_COUNTS);
}

static void NAMED(deal)(const ITEM *from, ITEM *to, size_t num, key_digit digit)
{
    if (num <= UINT8_MAX)
        NAMED(deal_few)(from, to, num, digit);
    else
        NAMED(deal_many)(from, to, num, digit);
}

/* Where the bucket of items[0] ends among items[0..num), num > 0, which were dealt by the bits from
 * `shift` up: doubles the distance until it lies beyond, then halves the range. */
static size_t NAMED(bucket_end)(const ITEM *items, size_t num, unsigned shift)
{
    const uint64_t bucket = KEY(items[0]) >> shift;
    size_t inside = 0, beyond = 1;
    while (beyond < num && KEY(items[beyond]) >> shift == bucket) {
        inside = beyond;
        beyond *= 2;
    }
    if (beyond > num)
        beyond = num;
    while (beyond - inside > 1) {
        const size_t middle = inside + (beyond - inside) / 2;
        if (KEY(items[middle]) >> shift == bucket)
            inside = middle;
        else
            beyond = middle;
    }
    return beyond;
}

/* The bits in which the keys are not all the same. */
static uint64_t NAMED(differing_bits)(const ITEM *from, size_t num)
{
    uint64_t differing = 0;
    for (size_t i = 1; i < num; i++)
        differing |= KEY(from[i]) ^ KEY(from[0]);
    return differing;
}

/* Insertion sort of from[0..num) into to, which may be from. */
static void NAMED(insert)(const ITEM *from, ITEM *to, size_t num)
{
    for (size_t i = 0; i < num; i++) {
        const ITEM item = from[i];
        size_t at = i;
        for (; at > 0 && KEY(to[at - 1]) > KEY(item); at--)
            to[at] = to[at - 1];
        to[at] = item;
    }
}

/* Lets `item` sink from to[at] to its place among the sorted to[0..at); returns the steps. */
static size_t NAMED(sink)(ITEM *to, size_t at, ITEM item)
{
    const size_t from = at;
    for (; at > 0 && KEY(to[at - 1]) > KEY(item); at--)
        to[at] = to[at - 1];
    to[at] = item;
    return from - at;
}

/* Insertion sort of from[0..num), num > 0, into to, which may be from, where most items stand at
 * their place or one before it: that step is made without a branch. Returns false, with `to`
 * undone, once others have taken more than MOST_STEPS for each item. */
static bool NAMED(settle)(const ITEM *from, ITEM *to, size_t num)
{
    size_t steps = 0;
    ITEM last = from[0];
    uint64_t before_last = 0; /* the key there */
    for (size_t i = 1; i < num; i++) {
        const ITEM item = from[i];
        const bool is_below = KEY(item) < KEY(last);
        const ITEM lower = is_below ? item : last;
        last = is_below ? last : item;
        if (__builtin_expect(KEY(lower) >= before_last, 1)) {
            to[i - 1] = lower;
            before_last = KEY(lower);
            continue;
        }
        steps += NAMED(sink)(to, i - 1, lower);
        before_last = KEY(to[i - 1]);
        if (steps > MOST_STEPS * num)
            return false;
    }
    to[num - 1] = last;
    return true;
}

/* Sorts from[0..num), MIN_DEALT to ONE_PASS items whose `used` highest bits are the same, if their
 * next bits are evenly spread; otherwise returns false, and from holds them still. */
static bool NAMED(sort_even)(ITEM *from, ITEM *to, size_t num, unsigned used, sort_result where)
{
    const key_digit digit = {64 - used - table_bits(num), table_bits(num)};
    NAMED(deal)(from, to, num, digit);
    if (where == IN_OTHER)
        return NAMED(settle)(to, to, num);
    const bool is_settled = NAMED(settle)(to, from, num);
    if (!is_settled)
        memcpy(from, to, num * sizeof *from);
    return is_settled;
}

static void NAMED(sort)(ITEM *from, ITEM *to, size_t num, unsigned used, sort_result where);

/* The same for any keys, and any number of them. */
static void NAMED(sort_uneven)(ITEM *from, ITEM *to, size_t num, sort_result where)
{
    const uint64_t differing = NAMED(differing_bits)(from, num);
    if (differing == 0) {
        if (where == IN_OTHER)
            memcpy(to, from, num * sizeof *to);
        return;
    }
    const key_digit digit = next_digit(num, (unsigned)__builtin_clzll(differing));
    NAMED(deal)(from, to, num, digit);
    const sort_result back = where == IN_PLACE ? IN_OTHER : IN_PLACE;
    for (size_t begin = 0, len; begin < num; begin += len) {
        len = NAMED(bucket_end)(to + begin, num - begin, digit.shift);
        NAMED(sort)(to + begin, from + begin, len, 64 - digit.shift, back);
    }
}

/* Sorts from[0..num), whose `used` highest bits are the same in all keys, within itself or into
 * `to`; what the other array holds is lost. */
static void NAMED(sort)(ITEM *from, ITEM *to, size_t num, unsigned used, sort_result where)
{
    if (num < MIN_DEALT)
        NAMED(insert)(from, where == IN_PLACE ? from : to, num);
    else if (num > ONE_PASS || used + MAX_BITS > 64 ||
             !NAMED(sort_even)(from, to, num, used, where))
        NAMED(sort_uneven)(from, to, num, where);
}
