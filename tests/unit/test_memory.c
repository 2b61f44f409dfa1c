/* Allocation, vectors and arenas. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "failing_allocator.h"
#include "util/alloc.h"

static void a_product_that_overflows_is_out_of_memory(void **state)
{
    (void)state;
    const nd_allocator a = nd_allocator_or_default(NULL);
    assert_null(nd_alloc(&a, SIZE_MAX / 2, 3));
    assert_null(nd_alloc_zeroed(&a, SIZE_MAX, SIZE_MAX));
    void *block = NULL;
    size_t capacity = 0;
    assert_int_equal(nd_reserve(&a, &block, &capacity, SIZE_MAX / 4, 8), ND_ERR_NO_MEMORY);
    assert_null(block);
    assert_int_equal(capacity, 0);
}

static void a_request_for_nothing_is_not_a_failure(void **state)
{
    (void)state;
    const nd_allocator a = nd_allocator_or_default(NULL);
    void *const block = nd_alloc(&a, 0, 8);
    assert_non_null(block);
    nd_release(&a, block);
    nd_release(&a, NULL);
}

static void a_vector_keeps_its_items_when_it_cannot_grow(void **state)
{
    (void)state;
    failing_allocator f = {.left = 1};
    const nd_allocator a = failing_allocator_make(&f);
    ND_VEC(uint64_t) numbers = {0};
    assert_int_equal(ND_VEC_RESERVE(&a, &numbers, 4), ND_OK);
    const size_t capacity = numbers.capacity;
    for (size_t i = 0; i < capacity; i++)
        numbers.items[numbers.len++] = i;
    assert_int_equal(ND_VEC_RESERVE(&a, &numbers, 1), ND_ERR_NO_MEMORY);
    assert_int_equal(numbers.capacity, capacity);
    assert_int_equal(numbers.items[capacity - 1], capacity - 1);
    assert_int_equal(ND_VEC_RESERVE(&a, &numbers, SIZE_MAX), ND_ERR_NO_MEMORY);
    ND_VEC_RELEASE(&a, &numbers);
    assert_int_equal(f.live, 0);
}

static void arena_blocks_are_aligned_apart_and_never_move(void **state)
{
    (void)state;
    enum { NUM = 300 };
    failing_allocator f = {.left = 1000};
    const nd_allocator a = failing_allocator_make(&f);
    nd_arena arena;
    nd_arena_init(&arena, &a, 256);
    unsigned char *blocks[NUM];
    for (size_t i = 0; i < NUM; i++) {
        const size_t size = i % 50 == 49 ? 1000 : i % 40;
        blocks[i] = nd_arena_alloc(&arena, size);
        assert_non_null(blocks[i]);
        assert_int_equal((uintptr_t)blocks[i] % 8, 0);
        memset(blocks[i], (int)(i % 251), size);
    }
    for (size_t i = 0; i < NUM; i++)
        for (size_t k = 0; k < (i % 50 == 49 ? 1000 : i % 40); k++)
            assert_int_equal(blocks[i][k], i % 251);
    assert_null(nd_arena_alloc(&arena, SIZE_MAX - 3));
    nd_arena_release(&arena);
    assert_int_equal(f.live, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_product_that_overflows_is_out_of_memory),
        cmocka_unit_test(a_request_for_nothing_is_not_a_failure),
        cmocka_unit_test(a_vector_keeps_its_items_when_it_cannot_grow),
        cmocka_unit_test(arena_blocks_are_aligned_apart_and_never_move),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
