/* What is kept for a while: hashes in the order in which they came, and band keys. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "engine/recent_hashes.h"
#include "failing_allocator.h"
#include "lsh/seen_keys.h"
#include "random.h"

/* --- hashes --- */

enum { LIMIT = 1 << 18 };

typedef struct observer {
    uint32_t announced;   /* the place of the last text */
    uint32_t noted, left; /* how many */
    bool fails;
} observer;

/* Text i has a number of hashes of its own, all of which are i and their place. */
static uint32_t num_of(uint32_t i)
{
    return i % 7 == 3 ? 0 : i * 37 % 1000;
}

static void announce(void *ctx, const nd_recent_text *text)
{
    observer *const o = ctx;
    o->announced = text->place;
}

static bool is_met(uint32_t i)
{
    return i % 3 == 1;
}

static bool note(void *ctx, const nd_recent_text *text)
{
    observer *const o = ctx;
    assert_int_equal(text->place, o->noted);
    assert_true(o->announced >= o->noted);
    return is_met(o->noted++);
}

static nd_status leave(void *ctx, const nd_recent_text *text, const uint64_t *hashes)
{
    observer *const o = ctx;
    if (o->fails)
        return ND_ERR_NO_MEMORY;
    assert_int_equal(text->place, o->left);
    assert_true(o->left < o->noted);
    assert_int_equal(text->is_met, is_met(o->left));
    assert_true(text->is_met || o->announced >= o->left);
    assert_int_equal(text->num_hashes, num_of(o->left));
    for (uint32_t k = 0; k < text->num_hashes; k++)
        assert_true(hashes[k] == ((uint64_t)o->left << 32 | k));
    o->left++;
    return ND_OK;
}

static nd_status add(nd_recent_hashes *recent, observer *o, uint32_t i)
{
    const nd_recent_events events = {o, announce, note, leave};
    const nd_recent_text text = {.place = (uint16_t)i, .num_hashes = num_of(i)};
    uint64_t *hashes = NULL;
    const uint32_t left = o->left;
    assert_true(nd_recent_hashes_have_room(recent, text.num_hashes));
    const bool is_full = nd_recent_hashes_are_full(recent, text.num_hashes);
    const nd_status status = nd_recent_hashes_reserve(recent, text.num_hashes, &events, &hashes);
    if (status != ND_OK)
        return status;
    assert_true(is_full || o->left == left);
    for (uint32_t k = 0; k < text.num_hashes; k++)
        hashes[k] = (uint64_t)i << 32 | k;
    nd_recent_hashes_add(recent, &text);
    assert_true(recent->total_bytes <= LIMIT);
    assert_true(text.num_hashes == 0 || nd_recent_hashes_hold(recent, hashes));
    return ND_OK;
}

static void texts_leave_in_their_order_once_they_are_noted(void **state)
{
    (void)state;
    const nd_allocator allocator = nd_allocator_or_default(NULL);
    nd_recent_hashes recent;
    observer o = {0};
    nd_recent_hashes_init(&recent, LIMIT, &allocator);
    for (uint32_t i = 0; i < 2000; i++)
        assert_int_equal(add(&recent, &o, i), ND_OK);
    assert_true(o.left > 1500 && o.left < 2000 - 20);
    assert_false(nd_recent_hashes_hold(&recent, (const uint64_t *)(const void *)&o));
    o.fails = true;
    uint32_t more = 2000;
    while (add(&recent, &o, more) == ND_OK)
        more++;
    o.fails = false;
    assert_int_equal(add(&recent, &o, more), ND_OK);
    nd_recent_hashes_release(&recent);
}

static void what_is_too_large_has_no_room(void **state)
{
    (void)state;
    const nd_allocator allocator = nd_allocator_or_default(NULL);
    nd_recent_hashes recent;
    nd_recent_hashes_init(&recent, 0, &allocator);
    assert_false(nd_recent_hashes_have_room(&recent, 0));
    nd_recent_hashes_init(&recent, LIMIT, &allocator);
    size_t most = 0;
    while (nd_recent_hashes_have_room(&recent, most + 1))
        most++;
    assert_true(most * sizeof(uint64_t) > LIMIT / 5 && most * sizeof(uint64_t) < LIMIT);
    const nd_recent_events events = {NULL, announce, note, leave};
    uint64_t *hashes;
    assert_int_equal(nd_recent_hashes_reserve(&recent, most, &events, &hashes), ND_OK);
    memset(hashes, 1, most * sizeof *hashes);
    nd_recent_hashes_add(&recent, &(nd_recent_text){.num_hashes = (uint32_t)most});
    nd_recent_hashes_release(&recent);
}

/* --- band keys --- */

enum { BANDS = 12, TEXTS = 20000 };

static void keys_of(uint64_t text, uint32_t keys[BANDS])
{
    nd_random random = {text + 1};
    for (int band = 0; band < BANDS; band++)
        keys[band] = (uint32_t)nd_random_u64(&random);
}

static void keys_that_came_twice_are_told(void **state)
{
    (void)state;
    const nd_allocator allocator = nd_allocator_or_default(NULL);
    nd_seen_keys *seen;
    uint32_t keys[BANDS], other[BANDS];
    size_t num_missed = 0, num_wrong = 0;
    assert_int_equal(nd_seen_keys_new(&allocator, &seen), ND_OK);
    assert_int_equal(nd_seen_keys_begin(seen), ND_OK);
    assert_int_equal(nd_seen_keys_begin(seen), ND_OK);
    for (uint64_t i = 0; i < TEXTS; i++) {
        keys_of(i, keys);
        nd_seen_keys_fetch(seen, keys, BANDS);
        num_wrong += nd_seen_keys_add(seen, keys, BANDS);
        if (i % 4 != 0)
            continue;
        /* Another text, with a key of the one band alone. */
        keys_of(i + TEXTS, other);
        other[i % BANDS] = keys[i % BANDS];
        assert_true(nd_seen_keys_add(seen, other, BANDS));
    }
    for (uint64_t i = 0; i < TEXTS; i++) {
        keys_of(i, keys);
        const bool is_told = nd_seen_keys_come_again(seen, keys, BANDS);
        num_missed += i % 4 == 0 && !is_told;
        num_wrong += i % 4 != 0 && is_told;
    }
    assert_true(num_missed < TEXTS / 400);
    assert_true(num_wrong < TEXTS / 100);
    nd_seen_keys_free(seen);
    nd_seen_keys_free(NULL);
}

static void out_of_memory_is_reported(void **state)
{
    (void)state;
    nd_recent_hashes recent;
    nd_seen_keys *seen;
    observer o = {0};
    for (size_t budget = 0;; budget++) {
        failing_allocator failing = {.left = (long)budget};
        const nd_allocator allocator = failing_allocator_make(&failing);
        nd_recent_hashes_init(&recent, LIMIT, &allocator);
        nd_status status = nd_seen_keys_new(&allocator, &seen);
        if (status == ND_OK)
            status = nd_seen_keys_begin(seen);
        if (status == ND_OK)
            status = add(&recent, &o, 1);
        nd_seen_keys_free(seen);
        nd_recent_hashes_release(&recent);
        assert_int_equal(atomic_load(&failing.live), 0);
        if (status == ND_OK)
            break;
        assert_int_equal(status, ND_ERR_NO_MEMORY);
        assert_true(budget < 10);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_leave_in_their_order_once_they_are_noted),
        cmocka_unit_test(what_is_too_large_has_no_room),
        cmocka_unit_test(keys_that_came_twice_are_told),
        cmocka_unit_test(out_of_memory_is_reported),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
