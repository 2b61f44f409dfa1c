/* The AVX-512 operations the kernels use, as plain C, so that they can be tested on any machine.
 * Found before the compiler's own header by the sources that are built for such a test. Semantics:
 * Intel 64 and IA-32 Architectures Software Developer's Manual, volume 2. */
#ifndef TESTS_EMULATION_IMMINTRIN_H
#define TESTS_EMULATION_IMMINTRIN_H

#include <stdint.h>
#include <string.h>

typedef struct {
    uint8_t b[16];
} __m128i;

typedef union {
    uint8_t b[32];
    uint16_t u16[16];
} __m256i;

typedef union {
    uint8_t b[64];
    uint16_t u16[32];
    uint32_t u32[16];
    uint64_t u64[8];
} __m512i;

typedef uint8_t __mmask8;
typedef uint16_t __mmask16;
typedef uint32_t __mmask32;
typedef uint64_t __mmask64;

static inline __m128i _mm_loadu_si128(const __m128i *p)
{
    __m128i r;
    memcpy(&r, p, sizeof r);
    return r;
}

static inline __m512i _mm512_loadu_si512(const void *p)
{
    __m512i r;
    memcpy(&r, p, sizeof r);
    return r;
}

static inline void _mm512_storeu_si512(void *p, __m512i a)
{
    memcpy(p, &a, sizeof a);
}

static inline __m512i _mm512_set1_epi8(char a)
{
    __m512i r;
    memset(&r, a, sizeof r);
    return r;
}

static inline __m512i _mm512_set1_epi32(int a)
{
    __m512i r;
    for (int i = 0; i < 16; i++)
        memcpy(r.b + 4 * i, &a, sizeof a);
    return r;
}

static inline __m512i _mm512_or_si512(__m512i a, __m512i b)
{
    for (int i = 0; i < 64; i++)
        a.b[i] |= b.b[i];
    return a;
}

static inline __m512i _mm512_and_si512(__m512i a, __m512i b)
{
    for (int i = 0; i < 64; i++)
        a.b[i] &= b.b[i];
    return a;
}

static inline __m512i _mm512_mask_and_epi64(__m512i src, __mmask8 mask, __m512i a, __m512i b)
{
    for (int i = 0; i < 8; i++)
        src.u64[i] = mask >> i & 1 ? a.u64[i] & b.u64[i] : src.u64[i];
    return src;
}

static inline __m512i _mm512_sub_epi8(__m512i a, __m512i b)
{
    for (int i = 0; i < 64; i++)
        a.b[i] = (uint8_t)(a.b[i] - b.b[i]);
    return a;
}

static inline __m512i _mm512_add_epi8(__m512i a, __m512i b)
{
    for (int i = 0; i < 64; i++)
        a.b[i] = (uint8_t)(a.b[i] + b.b[i]);
    return a;
}

static inline __m512i _mm512_add_epi32(__m512i a, __m512i b)
{
    for (int i = 0; i < 64; i += 4) {
        uint32_t x, y;
        memcpy(&x, a.b + i, sizeof x);
        memcpy(&y, b.b + i, sizeof y);
        x += y;
        memcpy(a.b + i, &x, sizeof x);
    }
    return a;
}

static inline __m512i _mm512_srli_epi16(__m512i a, unsigned count)
{
    for (int i = 0; i < 64; i += 2) {
        const unsigned x = (a.b[i] | (unsigned)a.b[i + 1] << 8) >> count;
        a.b[i] = (uint8_t)x;
        a.b[i + 1] = (uint8_t)(x >> 8);
    }
    return a;
}

/* Within each 16 bytes; an index with the top bit gives 0. */
static inline __m512i _mm512_shuffle_epi8(__m512i a, __m512i index)
{
    __m512i r;
    for (int i = 0; i < 64; i++)
        r.b[i] = index.b[i] & 0x80 ? 0 : a.b[(i & 0x30) + (index.b[i] & 0x0F)];
    return r;
}

static inline __m512i _mm512_broadcast_i32x4(__m128i a)
{
    __m512i r;
    for (int i = 0; i < 64; i++)
        r.b[i] = a.b[i & 15];
    return r;
}

static inline __mmask64 _mm512_cmplt_epu8_mask(__m512i a, __m512i b)
{
    __mmask64 r = 0;
    for (int i = 0; i < 64; i++)
        r |= (__mmask64)(a.b[i] < b.b[i]) << i;
    return r;
}

static inline __mmask64 _mm512_cmpeq_epi8_mask(__m512i a, __m512i b)
{
    __mmask64 r = 0;
    for (int i = 0; i < 64; i++)
        r |= (__mmask64)(a.b[i] == b.b[i]) << i;
    return r;
}

static inline __mmask64 _mm512_test_epi8_mask(__m512i a, __m512i b)
{
    __mmask64 r = 0;
    for (int i = 0; i < 64; i++)
        r |= (__mmask64)((a.b[i] & b.b[i]) != 0) << i;
    return r;
}

static inline __mmask64 _mm512_movepi8_mask(__m512i a)
{
    __mmask64 r = 0;
    for (int i = 0; i < 64; i++)
        r |= (__mmask64)(a.b[i] >> 7) << i;
    return r;
}

static inline __m512i _mm512_mask_mov_epi8(__m512i src, __mmask64 mask, __m512i a)
{
    for (int i = 0; i < 64; i++)
        src.b[i] = mask >> i & 1 ? a.b[i] : src.b[i];
    return src;
}

static inline __m512i _mm512_maskz_compress_epi8(__mmask64 mask, __m512i a)
{
    __m512i r = {{0}};
    int num = 0;
    for (int i = 0; i < 64; i++)
        if (mask >> i & 1)
            r.b[num++] = a.b[i];
    return r;
}

static inline __m128i _mm512_extracti32x4_epi32(__m512i a, int part)
{
    __m128i r;
    memcpy(&r, a.b + 16 * part, sizeof r);
    return r;
}

static inline __m128i _mm512_castsi512_si128(__m512i a)
{
    return _mm512_extracti32x4_epi32(a, 0);
}

static inline __m512i _mm512_cvtepu8_epi32(__m128i a)
{
    __m512i r = {{0}};
    for (int i = 0; i < 16; i++)
        r.b[4 * i] = a.b[i];
    return r;
}

/* Defines a function of two vectors, lane by lane. */
#define EMULATED_BINARY(name, lane, num, expression)                                               \
    static inline __m512i name(__m512i a, __m512i b)                                               \
    {                                                                                              \
        __m512i r;                                                                                 \
        for (unsigned i = 0; i < (num); i++)                                                       \
            r.lane[i] = (expression);                                                              \
        return r;                                                                                  \
    }

EMULATED_BINARY(_mm512_xor_si512, u64, 8, a.u64[i] ^ b.u64[i])
EMULATED_BINARY(_mm512_mullo_epi64, u64, 8, a.u64[i] * b.u64[i])
EMULATED_BINARY(_mm512_mul_epu32, u64, 8, (a.u64[i] & 0xffffffff) * (b.u64[i] & 0xffffffff))
EMULATED_BINARY(_mm512_mulhi_epu16, u16, 32, (uint16_t)((uint32_t)a.u16[i] * b.u16[i] >> 16))
EMULATED_BINARY(_mm512_sllv_epi16, u16, 32, (uint16_t)(b.u16[i] < 16 ? a.u16[i] << b.u16[i] : 0))

/* Defines a shift of all lanes by a constant. */
#define EMULATED_SHIFT(name, lane, type, num, operator)                                            \
    static inline __m512i name(__m512i a, unsigned count)                                          \
    {                                                                                              \
        __m512i r;                                                                                 \
        for (unsigned i = 0; i < (num); i++)                                                       \
            r.lane[i] = (type)(count < 8 * sizeof(type) ? a.lane[i] operator count : 0);           \
        return r;                                                                                  \
    }

EMULATED_SHIFT(_mm512_slli_epi64, u64, uint64_t, 8, <<)
EMULATED_SHIFT(_mm512_srli_epi64, u64, uint64_t, 8, >>)
EMULATED_SHIFT(_mm512_srli_epi32, u32, uint32_t, 16, >>)

/* Defines the same value in all lanes. */
#define EMULATED_SET1(name, lane, type, num, argument)                                             \
    static inline __m512i name(argument value)                                                     \
    {                                                                                              \
        __m512i r;                                                                                 \
        for (unsigned i = 0; i < (num); i++)                                                       \
            r.lane[i] = (type)value;                                                               \
        return r;                                                                                  \
    }

EMULATED_SET1(_mm512_set1_epi64, u64, uint64_t, 8, long long)
EMULATED_SET1(_mm512_set1_epi16, u16, uint16_t, 32, short)

/* Defines a blend: lane i of b where bit i of the mask is set, else of a. */
#define EMULATED_BLEND(name, mask_type, lane, num)                                                 \
    static inline __m512i name(mask_type mask, __m512i a, __m512i b)                               \
    {                                                                                              \
        for (unsigned i = 0; i < (num); i++)                                                       \
            if (mask >> i & 1)                                                                     \
                a.lane[i] = b.lane[i];                                                             \
        return a;                                                                                  \
    }

EMULATED_BLEND(_mm512_mask_blend_epi32, __mmask16, u32, 16)
EMULATED_BLEND(_mm512_mask_blend_epi16, __mmask32, u16, 32)

/* Defines a comparison of lanes into a mask. */
#define EMULATED_TEST(name, mask_type, num, expression)                                            \
    static inline mask_type name(__m512i a, __m512i b)                                             \
    {                                                                                              \
        mask_type mask = 0;                                                                        \
        for (unsigned i = 0; i < (num); i++)                                                       \
            mask = (mask_type)(mask | (mask_type)(expression) << i);                               \
        return mask;                                                                               \
    }

EMULATED_TEST(_mm512_cmpeq_epi64_mask, __mmask8, 8, a.u64[i] == b.u64[i])
EMULATED_TEST(_mm512_test_epi64_mask, __mmask8, 8, (a.u64[i] & b.u64[i]) != 0)
EMULATED_TEST(_mm512_test_epi16_mask, __mmask32, 32, (a.u16[i] & b.u16[i]) != 0)

static inline __mmask8 _mm512_mask_cmpeq_epi64_mask(__mmask8 mask, __m512i a, __m512i b)
{
    return (__mmask8)(mask & _mm512_cmpeq_epi64_mask(a, b));
}

static inline __m512i _mm512_permutex2var_epi8(__m512i a, __m512i index, __m512i b)
{
    __m512i r;
    for (unsigned i = 0; i < 64; i++)
        r.b[i] = index.b[i] & 64 ? b.b[index.b[i] & 63] : a.b[index.b[i] & 63];
    return r;
}

static inline __m512i _mm512_permutex2var_epi16(__m512i a, __m512i index, __m512i b)
{
    __m512i r;
    for (unsigned i = 0; i < 32; i++)
        r.u16[i] = index.u16[i] & 32 ? b.u16[index.u16[i] & 31] : a.u16[index.u16[i] & 31];
    return r;
}

/* The lower half of (high, low) after a shift down by `count` lanes. */
static inline __m512i _mm512_alignr_epi64(__m512i high, __m512i low, unsigned count)
{
    __m512i r;
    for (unsigned i = 0; i < 8; i++)
        r.u64[i] = i + count < 8 ? low.u64[i + count] : high.u64[i + count - 8];
    return r;
}

static inline __m256i _mm512_cvtepi32_epi16(__m512i a)
{
    __m256i r;
    for (unsigned i = 0; i < 16; i++)
        r.u16[i] = (uint16_t)a.u32[i];
    return r;
}

/* Lanes whose bit is not set are not touched, so that a sanitizer sees what the processor would. */
static inline __m512i _mm512_maskz_loadu_epi64(__mmask8 mask, const void *at)
{
    __m512i r;
    memset(&r, 0, sizeof r);
    for (unsigned i = 0; i < 8; i++)
        if (mask >> i & 1)
            memcpy(&r.u64[i], (const uint64_t *)at + i, sizeof r.u64[i]);
    return r;
}

static inline void _mm512_mask_storeu_epi64(void *at, __mmask8 mask, __m512i a)
{
    for (unsigned i = 0; i < 8; i++)
        if (mask >> i & 1)
            memcpy((uint64_t *)at + i, &a.u64[i], sizeof a.u64[i]);
}

static inline void _mm256_storeu_si256(__m256i *at, __m256i a)
{
    memcpy(at, &a, sizeof a);
}

#endif
