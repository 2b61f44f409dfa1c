/* Texts whose digests are the same though they differ: a digest proposes, and decides nothing.
 * Built with the engine's ingest over colliding_digest.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "colliding_digest.h"
#include "made_up_texts.h"
#include "neardup/scan.h"

#undef nd_digest128_of

/* What differs in the digests of different texts. */
typedef enum digest_bits {
    ALL_BITS,
    FEW_BITS, /* one in eight texts has the digest of another */
    NO_BITS,
} digest_bits;

static digest_bits bits;
static size_t num_digests;

nd_digest128 colliding_digest(const void *bytes, size_t len_bytes)
{
    const nd_digest128 digest = nd_digest128_of(bytes, len_bytes);
    num_digests++;
    switch (bits) {
    case FEW_BITS:
        return (nd_digest128){digest.low & 0x8000000000000003, 0};
    case NO_BITS:
        return (nd_digest128){0, 0};
    default:
        return digest;
    }
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
        fprintf(ctx, " %.*s %d", (int)group->members[i].id.len_bytes, group->members[i].id.p,
                (int)group->members[i].kind);
    fputc('\n', ctx);
    return ND_OK;
}

static char *scanned(const corpus *c, nd_preset preset, nd_scan_output output, uint32_t num_threads,
                     uint64_t *copies)
{
    char *text;
    size_t len;
    FILE *const stream = open_memstream(&text, &len);
    assert_non_null(stream);
    nd_scan_options options;
    nd_scan_options_init_preset(&options, preset);
    options.num_threads = num_threads;
    options.output = output;
    nd_scan *scan;
    assert_int_equal(nd_scan_new(&options, NULL, &scan, NULL), ND_OK);
    for (size_t i = 0; i < c->num; i++) {
        const corpus_document *const d = &c->documents[i];
        const nd_document document = {d->id, strlen(d->id), d->text, strlen(d->text), {{0}}, 0, 0};
        assert_int_equal(nd_scan_add(scan, &document), ND_OK);
    }
    assert_int_equal(nd_scan_finish(scan, NULL), ND_OK);
    assert_int_equal(output == ND_SCAN_PAIRS ? nd_scan_each_pair(scan, print_pair, stream)
                                             : nd_scan_each_group(scan, print_group, stream),
                     ND_OK);
    *copies = nd_scan_stats_get(scan).exact_copies;
    nd_scan_free(scan);
    assert_int_equal(fclose(stream), 0);
    assert_true(len > 100);
    return text;
}

static void colliding_digests_change_no_pair(void **state)
{
    (void)state;
    nd_random random = {29};
    corpus c = corpus_make(400, &random);
    for (nd_preset preset = 0; preset < ND_NUM_PRESETS; preset++) {
        uint64_t expected_copies, copies;
        bits = ALL_BITS;
        num_digests = 0;
        char *const expected = scanned(&c, preset, ND_SCAN_PAIRS, 2, &expected_copies);
        assert_int_equal(num_digests, c.num);
        assert_true(expected_copies > 5);
        for (bits = FEW_BITS; bits <= NO_BITS; bits++) {
            char *const text = scanned(&c, preset, ND_SCAN_PAIRS, 2, &copies);
            assert_string_equal(text, expected);
            assert_int_equal(copies, expected_copies);
            free(text);
        }
        free(expected);
    }
    corpus_free(&c);
}

/* Equally long texts are ranked by their digests, then by what does not collide: groups may differ
 * from those of full digests, but not from one order of the input to another. */
static void groups_of_colliding_digests_depend_on_no_order(void **state)
{
    (void)state;
    nd_random random = {31};
    corpus c = corpus_make(400, &random);
    for (bits = FEW_BITS; bits <= NO_BITS; bits++)
        for (nd_preset preset = 0; preset < ND_NUM_PRESETS; preset++) {
            uint64_t expected_copies, copies;
            char *const expected = scanned(&c, preset, ND_SCAN_GROUPS, 1, &expected_copies);
            for (uint32_t num_threads = 1; num_threads <= 3; num_threads++) {
                corpus_shuffle(&c, &random);
                char *const text = scanned(&c, preset, ND_SCAN_GROUPS, num_threads, &copies);
                assert_string_equal(text, expected);
                assert_int_equal(copies, expected_copies);
                free(text);
            }
            free(expected);
        }
    corpus_free(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(colliding_digests_change_no_pair),
        cmocka_unit_test(groups_of_colliding_digests_depend_on_no_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
