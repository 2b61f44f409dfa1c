/* The texts an ingester remembers, and arenas that take back what was too much. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "engine/seen_texts.h"
#include "failing_allocator.h"
#include "random.h"

enum { NUM_CHUNKS = 3, NUM_TEXTS = NUM_CHUNKS * ND_CHUNK_DOCUMENTS };

typedef struct fixture {
    nd_allocator allocator;
    nd_seen_texts seen;
    nd_chunk chunks[NUM_CHUNKS];
    nd_text_facts *texts;
} fixture;

/* Facts of one text, whose check is that of every 16th. */
static nd_text_facts facts_of(nd_random *random, size_t i)
{
    return (nd_text_facts){.digest = {nd_random_u64(random), nd_random_u64(random)},
                           .check = (i % (NUM_TEXTS / 16)) * UINT64_C(0x9E3779B97F4A7C15),
                           .num_hashes = 40,
                           .num_tokens = 44};
}

static void fill(fixture *f)
{
    *f = (fixture){.allocator = nd_allocator_or_default(NULL)};
    f->texts = calloc(NUM_TEXTS, sizeof *f->texts);
    assert_non_null(f->texts);
    nd_random random = {1};
    for (size_t i = 0; i < NUM_TEXTS; i++)
        f->texts[i] = facts_of(&random, i);
    for (size_t c = 0; c < NUM_CHUNKS; c++)
        f->chunks[c].texts = f->texts + c * ND_CHUNK_DOCUMENTS;
}

static void drop(fixture *f)
{
    nd_seen_texts_release(&f->seen, &f->allocator);
    free(f->texts);
}

static void add(fixture *f, size_t i)
{
    const nd_chunk *const chunk = &f->chunks[i / ND_CHUNK_DOCUMENTS];
    assert_int_equal(nd_seen_texts_reserve(&f->seen, chunk, &f->allocator), ND_OK);
    nd_seen_texts_add(&f->seen, i % ND_CHUNK_DOCUMENTS);
}

static void a_text_is_found_where_it_was_added(void **state)
{
    (void)state;
    fixture f;
    fill(&f);
    const nd_chunk *chunk;
    uint32_t place;
    assert_false(nd_seen_texts_find(&f.seen, &f.texts[0], &chunk, &place));
    for (size_t i = 0; i < NUM_TEXTS; i++) {
        assert_false(nd_seen_texts_find(&f.seen, &f.texts[i], &chunk, &place));
        add(&f, i);
    }
    for (size_t i = 0; i < NUM_TEXTS; i++) {
        assert_true(nd_seen_texts_find(&f.seen, &f.texts[i], &chunk, &place));
        assert_ptr_equal(&chunk->texts[place], &f.texts[i]);
    }
    drop(&f);
}

static void texts_that_differ_in_one_fact_are_two(void **state)
{
    (void)state;
    fixture f;
    fill(&f);
    add(&f, 0);
    for (unsigned fact = 0; fact < 4; fact++) {
        nd_text_facts other = f.texts[0];
        const nd_chunk *chunk;
        uint32_t place;
        other.digest[0] ^= fact == 0;
        other.digest[1] ^= fact == 1;
        other.check ^= fact == 2;
        other.num_tokens ^= fact == 3;
        assert_false(nd_seen_texts_find(&f.seen, &other, &chunk, &place));
    }
    drop(&f);
}

static void a_failing_allocation_loses_no_text(void **state)
{
    (void)state;
    fixture f;
    fill(&f);
    for (size_t i = 0; i < 192; i++)
        add(&f, i);
    failing_allocator failing = {.left = 0};
    const nd_allocator a = failing_allocator_make(&failing);
    assert_int_equal(nd_seen_texts_reserve(&f.seen, &f.chunks[0], &a), ND_ERR_NO_MEMORY);
    for (size_t i = 0; i < 192; i++) {
        const nd_chunk *chunk;
        uint32_t place;
        assert_true(nd_seen_texts_find(&f.seen, &f.texts[i], &chunk, &place));
    }
    drop(&f);
}

static void what_is_trimmed_from_the_last_block_is_used_again(void **state)
{
    (void)state;
    const nd_allocator a = nd_allocator_or_default(NULL);
    nd_arena arena;
    nd_arena_init(&arena, &a, 1 << 16);
    char *const first = nd_arena_alloc(&arena, 100);
    char *const second = nd_arena_alloc(&arena, 100);
    assert_non_null(first);
    assert_non_null(second);
    nd_arena_trim(&arena, first, 100, 10); /* not the last one: nothing happens */
    nd_arena_trim(&arena, second, 100, 17);
    assert_ptr_equal(nd_arena_alloc(&arena, 8), second + 24);
    nd_arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_text_is_found_where_it_was_added),
        cmocka_unit_test(texts_that_differ_in_one_fact_are_two),
        cmocka_unit_test(a_failing_allocation_loses_no_text),
        cmocka_unit_test(what_is_trimmed_from_the_last_block_is_used_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
