/* A system that refuses threads: whatever number of them can be started, the answer is the same.
 * Linked with --wrap=pthread_create. */
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "made_up_texts.h"
#include "neardup/scan.h"

enum { NUM_DOCUMENTS = 3000, BLOCK_DOCUMENTS = 50, NUM_THREADS = 8 };

/* Threads that may still be started; negative: any number. */
static atomic_int num_left = -1;
static atomic_int num_refused;

int __real_pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *),
                          void *arg);
int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *),
                          void *arg);

int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *),
                          void *arg)
{
    if (atomic_load(&num_left) >= 0 && atomic_fetch_sub(&num_left, 1) <= 0) {
        atomic_store(&num_left, 0);
        atomic_fetch_add(&num_refused, 1);
        return EAGAIN;
    }
    return __real_pthread_create(thread, attributes, run, arg);
}

/* The corpus as a source: a block is a range of its documents. */
typedef struct corpus_source {
    const corpus *corpus;
    size_t next;
} corpus_source;

static nd_status next_block(void *ctx, void **block, nd_error *error)
{
    (void)error;
    corpus_source *const s = ctx;
    *block = NULL;
    if (s->next >= s->corpus->num)
        return ND_OK;
    *block = &s->corpus->documents[s->next];
    s->next += BLOCK_DOCUMENTS;
    return ND_OK;
}

static nd_status decode_block(void *ctx, void *block, nd_document_fn emit, void *emit_ctx,
                              nd_error *error)
{
    (void)error;
    const corpus_source *const s = ctx;
    const corpus_document *const end = s->corpus->documents + s->corpus->num;
    const corpus_document *d = block;
    nd_status status = ND_OK;
    for (size_t i = 0; i < BLOCK_DOCUMENTS && d < end && status == ND_OK; i++, d++)
        status = emit(emit_ctx,
                      &(nd_document){d->id, strlen(d->id), d->text, strlen(d->text), {{0}}, 0, 0});
    return status;
}

static void discard_block(void *ctx, void *block)
{
    (void)ctx, (void)block;
}

static nd_status print_pair(void *ctx, const nd_pair *pair)
{
    fprintf(ctx, "%.*s %.*s %d %.6f\n", (int)pair->a.len_bytes, pair->a.p, (int)pair->b.len_bytes,
            pair->b.p, (int)pair->kind, pair->similarity.jaccard);
    return ND_OK;
}

static nd_status print_group(void *ctx, const nd_group *group)
{
    fprintf(ctx, "%.*s:", (int)group->representative.len_bytes, group->representative.p);
    for (size_t i = 0; i < group->num_members; i++)
        fprintf(ctx, " %.*s", (int)group->members[i].id.len_bytes, group->members[i].id.p);
    fputc('\n', ctx);
    return ND_OK;
}

/* The result as text, allocated. */
static char *scanned(const corpus *c, nd_preset preset, nd_scan_output output)
{
    char *text;
    size_t len;
    FILE *const stream = open_memstream(&text, &len);
    assert_non_null(stream);
    nd_scan_options options;
    nd_scan_options_init_preset(&options, preset);
    options.num_threads = NUM_THREADS;
    options.output = output;
    corpus_source source = {.corpus = c};
    const nd_source interface = {&source, next_block, decode_block, discard_block};
    nd_scan *scan;
    assert_int_equal(nd_scan_new(&options, NULL, &scan, NULL), ND_OK);
    assert_int_equal(nd_scan_add_source(scan, &interface, NULL), ND_OK);
    assert_int_equal(nd_scan_finish(scan, NULL), ND_OK);
    assert_int_equal(output == ND_SCAN_PAIRS ? nd_scan_each_pair(scan, print_pair, stream)
                                             : nd_scan_each_group(scan, print_group, stream),
                     ND_OK);
    nd_scan_free(scan);
    assert_int_equal(fclose(stream), 0);
    assert_true(len > 1000);
    return text;
}

static void refused_threads_change_no_answer(void **state)
{
    (void)state;
    static const int most_started[] = {0, 1, 3, 6};
    nd_random random = {17};
    corpus c = corpus_make(NUM_DOCUMENTS, &random);
    for (int preset = 0; preset < ND_NUM_PRESETS; preset++)
        for (int output = ND_SCAN_PAIRS; output <= ND_SCAN_GROUPS; output++) {
            atomic_store(&num_left, -1);
            char *const expected = scanned(&c, (nd_preset)preset, (nd_scan_output)output);
            for (size_t i = 0; i < sizeof most_started / sizeof *most_started; i++) {
                atomic_store(&num_refused, 0);
                atomic_store(&num_left, most_started[i]);
                char *const text = scanned(&c, (nd_preset)preset, (nd_scan_output)output);
                assert_true(atomic_load(&num_refused) > 0);
                assert_string_equal(text, expected);
                free(text);
            }
            free(expected);
        }
    atomic_store(&num_left, -1);
    corpus_free(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refused_threads_change_no_answer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
