/* The radix sort for one type of item. Included by radix_sort.c once a type, which defines before:
 *
 *   ITEM             what is sorted
 *   KEY(item)        its 64-bit key
 *   NAMED(function)  the function's name for this type
 *
 * From the highest bits down: the last pass deals the items into about as many buckets as there are
 * items, after which evenly spread keys stand next to their place and one insertion sort of the
 * whole is quick. A bucket that became large because keys are not evenly spread is dealt again by
 * its next bits, so no input takes more than 64 / MIN_BITS passes. Items move back and forth
 * between the array and the scratch array, and every pass keeps the order of equal keys.
 */

/* Deals from[0..num) into to[0..num) by one digit; ends[b] becomes where bucket b ends. Returns the
 * size of the largest bucket; if that is num the items are not moved. */
static size_t NAMED(deal)(const ITEM *from, ITEM *to, size_t num, key_digit digit, size_t *ends)
{
    const size_t num_buckets = (size_t)1 << digit.bits;
    memset(ends, 0, num_buckets * sizeof *ends);
    for (size_t i = 0; i < num; i++)
        ends[bucket_of(KEY(from[i]), digit)]++;
    size_t largest = 0, place = 0;
    for (size_t b = 0; b < num_buckets; b++) {
        const size_t count = ends[b];
        largest = count > largest ? count : largest;
        ends[b] = place;
        place += count;
    }
    if (largest < num)
        for (size_t i = 0; i < num; i++)
            to[ends[bucket_of(KEY(from[i]), digit)]++] = from[i];
    return largest;
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

/* Sorts from[0..num), whose `used` highest bits are the same in all keys, within itself or into
 * `to`; what the other array holds is lost. */
static void NAMED(sort)(ITEM *from, ITEM *to, size_t num, unsigned used, sort_result where)
{
    ITEM *const result = where == IN_PLACE ? from : to;
    size_t ends[MAX_BUCKETS];
    size_t largest = num;
    key_digit digit = {0, 0};
    for (; num > SMALL && largest == num && used < 64; used += digit.bits) {
        digit = next_digit(num, used);
        largest = NAMED(deal)(from, to, num, digit, ends);
    }
    if (num <= SMALL || largest == num) { /* few, or all equal */
        NAMED(insert)(from, result, num);
        return;
    }
    if (largest <= SMALL) {
        NAMED(insert)(to, result, num);
        return;
    }
    const sort_result back = where == IN_PLACE ? IN_OTHER : IN_PLACE;
    for (size_t b = 0, begin = 0; b < (size_t)1 << digit.bits; begin = ends[b++])
        NAMED(sort)(to + begin, from + begin, ends[b] - begin, used, back);
}
