/* The radix sort for one type of item. Included by radix_sort.c once a type, which defines before:
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

/* Deals from[0..num) into to[0..num) by one digit; ends[b] becomes where bucket b ends. */
static void NAMED(deal)(const ITEM *from, ITEM *to, size_t num, key_digit digit, size_t *ends)
{
    const size_t num_buckets = (size_t)1 << digit.bits;
    memset(ends, 0, num_buckets * sizeof *ends);
    for (size_t i = 0; i < num; i++)
        ends[bucket_of(KEY(from[i]), digit)]++;
    size_t place = 0;
    for (size_t b = 0; b < num_buckets; b++) {
        const size_t count = ends[b];
        ends[b] = place;
        place += count;
    }
    for (size_t i = 0; i < num; i++)
        to[ends[bucket_of(KEY(from[i]), digit)]++] = from[i];
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

/* Deals from[0..num), num <= 255, into to[0..num) by one digit of at most SMALL_BITS bits. Eight
 * counts stand in a word; a multiplication adds up all that lie below each. */
static void NAMED(deal_small)(const ITEM *from, ITEM *to, size_t num, key_digit digit)
{
    small_counts places;
    const size_t num_words = ((size_t)1 << digit.bits) / sizeof(uint64_t);
    memset(places.words, 0, num_words * sizeof *places.words);
    for (size_t i = 0; i < num; i++)
        places.of[bucket_of(KEY(from[i]), digit)]++;
    uint64_t before = 0;
    for (size_t w = 0; w < num_words; w++) {
        const uint64_t sums = places.words[w] * EACH_BYTE;
        places.words[w] = (sums << 8) + before;
        before += (sums >> 56) * EACH_BYTE;
    }
    for (size_t i = 0; i < num; i++)
        to[places.of[bucket_of(KEY(from[i]), digit)]++] = from[i];
}

/* The same for num <= ONE_PASS and MAX_BITS, by four counts a word. */
static void NAMED(deal_once)(const ITEM *from, ITEM *to, size_t num, key_digit digit)
{
    pass_counts places;
    const size_t num_words = ((size_t)1 << digit.bits) / (sizeof(uint64_t) / sizeof(uint16_t));
    memset(places.words, 0, num_words * sizeof *places.words);
    for (size_t i = 0; i < num; i++)
        places.of[bucket_of(KEY(from[i]), digit)]++;
    uint64_t before = 0;
    for (size_t w = 0; w < num_words; w++) {
        const uint64_t sums = places.words[w] * EACH_SHORT;
        places.words[w] = (sums << 16) + before;
        before += (sums >> 48) * EACH_SHORT;
    }
    for (size_t i = 0; i < num; i++)
        to[places.of[bucket_of(KEY(from[i]), digit)]++] = from[i];
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
    if (num <= UINT8_MAX)
        NAMED(deal_small)(from, to, num, digit);
    else
        NAMED(deal_once)(from, to, num, digit);
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
    size_t ends[MAX_BUCKETS];
    const key_digit digit = next_digit(num, (unsigned)__builtin_clzll(differing));
    NAMED(deal)(from, to, num, digit, ends);
    const sort_result back = where == IN_PLACE ? IN_OTHER : IN_PLACE;
    for (size_t b = 0, begin = 0; b < (size_t)1 << digit.bits; begin = ends[b++])
        NAMED(sort)(to + begin, from + begin, ends[b] - begin, 64 - digit.shift, back);
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
