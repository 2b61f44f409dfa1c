/* Documents of a source to several threads. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "neardup/document_map.h"

enum { NUM_BLOCKS = 100, PER_BLOCK = 10 };

/* Blocks are numbers from 1; block `bad` cannot be decoded. Where it is the last, that is found out
 * only after somebody else has met the end. */
typedef struct numbers {
    int next;
    int bad;
    atomic_int live;
    atomic_bool ended;
} numbers;

static nd_status next_block(void *ctx, void **block, nd_error *error)
{
    (void)error;
    numbers *const n = ctx;
    *block = NULL;
    if (n->next == NUM_BLOCKS) {
        n->ended = true;
        return ND_OK;
    }
    int *const number = malloc(sizeof *number);
    assert_non_null(number);
    *number = ++n->next;
    n->live++;
    *block = number;
    return ND_OK;
}

static void discard_block(void *ctx, void *block)
{
    ((numbers *)ctx)->live--;
    free(block);
}

static void wait_for_the_end(const numbers *n)
{
    const struct timespec millisecond = {.tv_nsec = 1000000};
    for (int i = 0; i < 5000 && !n->ended; i++)
        nanosleep(&millisecond, NULL);
}

static nd_status decode_block(void *ctx, void *block, nd_document_fn emit, void *emit_ctx,
                              nd_error *error)
{
    const int number = *(const int *)block;
    nd_status status = ND_OK;
    if (number == ((numbers *)ctx)->bad) {
        if (number == NUM_BLOCKS)
            wait_for_the_end(ctx);
        status = ND_ERR_FORMAT;
        strcpy(error->message, "block cannot be read");
    }
    for (int i = 0; i < PER_BLOCK && status == ND_OK; i++) {
        const unsigned char id[2] = {(unsigned char)number, (unsigned char)i};
        const nd_document document = {(const char *)id, 2, "text", 4, {{0}}, 0, 0};
        status = emit(emit_ctx, &document);
    }
    discard_block(ctx, block);
    return status;
}

typedef struct seen {
    atomic_int times[NUM_BLOCKS + 1][PER_BLOCK];
    atomic_int busy[8];
    int stop_at;
    atomic_int num;
} seen;

static nd_status see(void *ctx, uint32_t worker, const nd_document *document)
{
    seen *const s = ctx;
    assert_int_equal(atomic_fetch_add(&s->busy[worker], 1), 0);
    s->times[(unsigned char)document->id[0]][(unsigned char)document->id[1]]++;
    atomic_fetch_sub(&s->busy[worker], 1);
    return ++s->num == s->stop_at ? ND_ERR_CANCELLED : ND_OK;
}

static nd_status run(numbers *n, seen *s, uint32_t num_threads, nd_error *error)
{
    const nd_source source = {n, next_block, decode_block, discard_block, NULL};
    nd_document_map_options options;
    nd_document_map_options_init(&options);
    options.num_threads = num_threads;
    return nd_document_map(&source, &options, see, s, error);
}

static void every_document_is_seen_once(void **state)
{
    (void)state;
    for (uint32_t threads = 1; threads <= 8; threads *= 2) {
        numbers n = {0};
        static seen s;
        memset(&s, 0, sizeof s);
        assert_int_equal(run(&n, &s, threads, NULL), ND_OK);
        for (int b = 1; b <= NUM_BLOCKS; b++)
            for (int i = 0; i < PER_BLOCK; i++)
                assert_int_equal(s.times[b][i], 1);
        assert_int_equal(n.live, 0);
    }
}

static void options_that_are_none_are_refused(void **state)
{
    (void)state;
    numbers n = {0};
    const nd_source source = {&n, next_block, decode_block, discard_block, NULL};
    nd_error error = {0};
    assert_int_equal(run(&n, NULL, 0, &error), ND_ERR_INVALID_ARGUMENT);
    assert_string_equal(error.message, "'num_threads' must be at least 1");
    const nd_document_map_options options = {.num_threads = 1}; /* not initialised */
    assert_int_equal(nd_document_map(&source, &options, see, NULL, &error),
                     ND_ERR_INVALID_ARGUMENT);
    assert_string_equal(error.message,
                        "the options were not initialised, or are of a later version");
    assert_int_equal(n.next, 0);
}

static void a_block_that_cannot_be_read_stops_all_and_says_why(void **state)
{
    (void)state;
    numbers n = {.bad = 30};
    static seen s;
    nd_error error = {0};
    assert_int_equal(run(&n, &s, 4, &error), ND_ERR_FORMAT);
    assert_int_equal(error.code, ND_ERR_FORMAT);
    assert_string_equal(error.message, "block cannot be read");
    assert_int_equal(n.live, 0);
    assert_true(n.next < NUM_BLOCKS);
}

static void a_last_block_that_cannot_be_read_says_why(void **state)
{
    (void)state;
    numbers n = {.bad = NUM_BLOCKS};
    static seen s;
    nd_error error = {0};
    assert_int_equal(run(&n, &s, 2, &error), ND_ERR_FORMAT);
    assert_string_equal(error.message, "block cannot be read");
    assert_true(n.ended);
    assert_int_equal(n.live, 0);
}

static void a_failing_map_stops_all(void **state)
{
    (void)state;
    numbers n = {0};
    static seen s = {.stop_at = 200};
    nd_error error = {.code = ND_ERR_IO, .message = "of an earlier call"};
    assert_int_equal(run(&n, &s, 3, &error), ND_ERR_CANCELLED);
    assert_int_equal(error.code, ND_ERR_CANCELLED);
    assert_string_equal(error.message, nd_status_message(ND_ERR_CANCELLED));
    assert_int_equal(n.live, 0);
    assert_true(n.next < NUM_BLOCKS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_document_is_seen_once),
        cmocka_unit_test(options_that_are_none_are_refused),
        cmocka_unit_test(a_block_that_cannot_be_read_stops_all_and_says_why),
        cmocka_unit_test(a_last_block_that_cannot_be_read_says_why),
        cmocka_unit_test(a_failing_map_stops_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
