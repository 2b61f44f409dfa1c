/* The hash spec, by test vectors for Unicode 15.0: from bytes to normalised text, shingle hashes,
 * slots and band keys.
 *
 * A vector that moves means that sketches made before are of no use any more: raise
 * ND_HASH_SPEC_VERSION with it. The slots were checked against a second implementation, written
 * from the comment in src/sketch/round_hash.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <utf8proc.h>
#include <xxhash.h>

#include "lsh/buckets.h"
#include "neardup/kernel.h"
#include "neardup/shingle.h"
#include "neardup/sketch.h"
#include "neardup/version.h"
#include "util/digest.h"

static const char bytes[] = "The Stra\u00dfe, caf\u00e9s & \u6771\u4eac 2024: it's \ufb01ne!";

static const char normalised[] = "the strasse caf\u00e9s \u6771 \u4eac 2024 it s fine ";

static const uint64_t word_5_hashes[] = {
    UINT64_C(0xc64f777f963fce1d), UINT64_C(0x388839609974b38e), UINT64_C(0x1e2a20fb41a24926),
    UINT64_C(0xc49b5cf8111bcd18), UINT64_C(0x88f8a5ef4bda1eab),
};

static const uint64_t char_20_hashes[] = {
    UINT64_C(0x04c6ff28d670ec3d), UINT64_C(0xe4e907d4cf036eb5), UINT64_C(0x6408a2c8c2a7f893),
    UINT64_C(0x28c94df1ae7e0371), UINT64_C(0xf5a3b1132defeafc), UINT64_C(0x6b51eb83bd4f7d7f),
    UINT64_C(0x40f2af573ec0b3ef), UINT64_C(0x0821bd28908a94fb), UINT64_C(0xe00a4a9141e9e5dc),
};

/* Of word_5_hashes. */
static const uint64_t slots_16[] = {
    UINT64_C(0x00021f1432ae75c7), UINT64_C(0x0009af6555bcc79c), UINT64_C(0x000163e8a0b12dc6),
    UINT64_C(0x000064bb2f600adb), UINT64_C(0x000286ad433a5c15), UINT64_C(0x00059fd0c02d2726),
    UINT64_C(0x0002369ecfed3275), UINT64_C(0x0001b131cdf62d31), UINT64_C(0x000ad43b9c11b14f),
    UINT64_C(0x00002df68130bcc3), UINT64_C(0x0008c405534ffbd4), UINT64_C(0x000701d7d8b77a7a),
    UINT64_C(0x000040588c50153f), UINT64_C(0x0004f545ff35ef25), UINT64_C(0x0000837517d0d36c),
    UINT64_C(0x00008134e1400f5c),
};

/* Of slots_16 in 4 bands of 4 rows. */
static const uint64_t keys_4_4[] = {
    UINT64_C(0xc0e0e9fcbd6fb11a),
    UINT64_C(0x413a1487f63ac075),
    UINT64_C(0x1b01b0f793d64c10),
    UINT64_C(0x47c792ede847f8fc),
};

/* XXH3_64bits of the slots of the set XXH3_64bits(0), XXH3_64bits(1), ...: of its numbers as 8
 * little-endian bytes. */
static const struct {
    size_t num_hashes;
    uint32_t num_slots;
    uint64_t hash_of_slots;
} sketches[] = {
    {1, 100, UINT64_C(0xc4f0cb6de103b23c)},     {1, 128, UINT64_C(0xf4a0ffa26e326cee)},
    {1, 1024, UINT64_C(0xf0250820fd8493a0)},    {7, 100, UINT64_C(0xf6c0f37731ae0249)},
    {7, 128, UINT64_C(0x67fe46210aac92da)},     {7, 1024, UINT64_C(0x795c533f194ef997)},
    {40, 100, UINT64_C(0x835b243634dbd811)},    {40, 128, UINT64_C(0x20f83ea1444517fc)},
    {40, 1024, UINT64_C(0xa1da4daef65dfc57)},   {300, 100, UINT64_C(0xe4b2bcbeddf2bb6c)},
    {300, 128, UINT64_C(0x816a902ad7e48210)},   {300, 1024, UINT64_C(0x2b2f592364a20d36)},
    {5000, 100, UINT64_C(0xbb77cb5fe8d8b01d)},  {5000, 128, UINT64_C(0x588c55d8e9222fff)},
    {5000, 1024, UINT64_C(0x323dae77ad02583c)},
};

/* The vectors are those of hash spec 1 and Unicode 15.0. All characters in them are older than
 * that, so that any version gives the same for them, but other texts may differ: see
 * neardup/version.h. */
static void the_version_is_the_one_of_these_vectors(void **state)
{
    (void)state;
    assert_int_equal(ND_HASH_SPEC_VERSION, 1);
    assert_int_equal(nd_hash_spec_version(), ND_HASH_SPEC_VERSION);
    assert_true(atoi(nd_unicode_version()) >= 15);
}

static void versions_are_known_at_run_time(void **state)
{
    (void)state;
    char expected[32];
    snprintf(expected, sizeof expected, "%d.%d.%d", ND_VERSION_MAJOR, ND_VERSION_MINOR,
             ND_VERSION_PATCH);
    assert_string_equal(nd_version(), expected);
    assert_string_equal(nd_unicode_version(), utf8proc_unicode_version());
}

static void assert_shingles(const nd_text *text, nd_shingle_spec spec, const uint64_t *expected,
                            size_t num)
{
    uint64_t hashes[64];
    assert_int_equal(nd_shingle_count(text, spec), num);
    assert_int_equal(nd_shingle_hashes(text, spec, hashes), ND_OK);
    assert_memory_equal(hashes, expected, num * sizeof *hashes);
}

static void bytes_become_these_shingle_hashes(void **state)
{
    (void)state;
    nd_text *text;
    assert_int_equal(nd_text_new(NULL, &text), ND_OK);
    assert_int_equal(nd_text_set(text, bytes, strlen(bytes), ND_TEXT_NO_OFFSETS), ND_OK);
    size_t len;
    const char *const folded = nd_text_normalised(text, &len);
    assert_int_equal(len, strlen(normalised));
    assert_memory_equal(folded, normalised, len);
    assert_shingles(text, (nd_shingle_spec){ND_SHINGLE_WORD, 5}, word_5_hashes,
                    sizeof word_5_hashes / sizeof *word_5_hashes);
    assert_shingles(text, (nd_shingle_spec){ND_SHINGLE_CHAR, 20}, char_20_hashes,
                    sizeof char_20_hashes / sizeof *char_20_hashes);
    nd_text_free(text);
}

static void shingle_hashes_become_these_slots_and_band_keys(void **state)
{
    (void)state;
    uint64_t slots[16], keys[4];
    assert_int_equal(
        nd_sketch_compute(word_5_hashes, sizeof word_5_hashes / sizeof *word_5_hashes, 16, slots),
        ND_OK);
    assert_memory_equal(slots, slots_16, sizeof slots);
    nd_band_keys(slots, 4, 4, keys);
    assert_memory_equal(keys, keys_4_4, sizeof keys);
}

static void sets_of_all_sizes_become_these_slots(void **state)
{
    (void)state;
    static const nd_kernel kernels[] = {ND_KERNEL_SCALAR, ND_KERNEL_AVX2, ND_KERNEL_AVX512,
                                        ND_KERNEL_NEON};
    static uint64_t hashes[5000];
    for (uint64_t i = 0; i < 5000; i++)
        hashes[i] = XXH3_64bits(&i, sizeof i);
    const nd_kernel before = nd_kernel_current();
    for (size_t k = 0; k < sizeof kernels / sizeof *kernels; k++) {
        if (nd_kernel_select(kernels[k]) != ND_OK)
            continue;
        for (size_t i = 0; i < sizeof sketches / sizeof *sketches; i++) {
            uint64_t slots[ND_SKETCH_MAX_SLOTS];
            const uint32_t num_slots = sketches[i].num_slots;
            assert_int_equal(nd_sketch_compute(hashes, sketches[i].num_hashes, num_slots, slots),
                             ND_OK);
            assert_true(XXH3_64bits(slots, num_slots * sizeof *slots) == sketches[i].hash_of_slots);
        }
    }
    assert_int_equal(nd_kernel_select(before), ND_OK);
}

/* Against xxHash itself, over the lengths where it changes its ways, at any alignment. */
static void digests_are_those_of_xxhash_with_every_kernel(void **state)
{
    (void)state;
    static const nd_kernel kernels[] = {ND_KERNEL_SCALAR, ND_KERNEL_AVX2, ND_KERNEL_AVX512,
                                        ND_KERNEL_NEON};
    static unsigned char text[5000];
    for (size_t i = 0; i < sizeof text; i++)
        text[i] = (unsigned char)(i * i >> 3);
    const nd_kernel before = nd_kernel_current();
    for (size_t k = 0; k < sizeof kernels / sizeof *kernels; k++) {
        if (nd_kernel_select(kernels[k]) != ND_OK)
            continue;
        for (size_t len = 0; len < sizeof text; len += len < 300 ? 1 : 97) {
            const unsigned char *const p = text + len % 64 * (len + 64 < sizeof text);
            const XXH128_hash_t whole = XXH3_128bits(p, len);
            const nd_digest128 digest = nd_digest128_of(p, len);
            assert_true(digest.low == whole.low64 && digest.high == whole.high64);
            assert_true(nd_digest64(p, len, 0) == XXH3_64bits(p, len));
            assert_true(nd_digest64(p, len, 77) == XXH3_64bits_withSeed(p, len, 77));
        }
    }
    assert_int_equal(nd_kernel_select(before), ND_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_version_is_the_one_of_these_vectors),
        cmocka_unit_test(versions_are_known_at_run_time),
        cmocka_unit_test(bytes_become_these_shingle_hashes),
        cmocka_unit_test(shingle_hashes_become_these_slots_and_band_keys),
        cmocka_unit_test(sets_of_all_sizes_become_these_slots),
        cmocka_unit_test(digests_are_those_of_xxhash_with_every_kernel),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
