/* Stands in for the compiler's <immintrin.h>, so that AVX-512 kernels are built and tested on
 * machines without AVX-512: the intrinsics the kernels use, in plain C, as Intel's intrinsics guide
 * defines them. Lane 0 is the lowest. */
#ifndef EMULATED_AVX512_IMMINTRIN_H
#define EMULATED_AVX512_IMMINTRIN_H

#include <stdint.h>
#include <string.h>

typedef union {
    uint64_t u64[4];
    uint32_t u32[8];
    uint16_t u16[16];
    uint8_t u8[32];
} __m256i;

typedef union {
    uint64_t u64[8];
    uint32_t u32[16];
    uint16_t u16[32];
    uint8_t u8[64];
} __m512i;

typedef uint8_t __mmask8;
typedef uint16_t __mmask16;
typedef uint32_t __mmask32;
typedef uint64_t __mmask64;

/* Defines a function of two vectors, lane by lane. */
#define EMULATED_BINARY(name, lane, num, expression)                                               \
    static inline __m512i name(__m512i a, __m512i b)                                               \
    {                                                                                              \
        __m512i r;                                                                                 \
        for (unsigned i = 0; i < (num); i++)                                                       \
            r.lane[i] = (expression);                                                              \
        return r;                                                                                  \
    }

EMULATED_BINARY(_mm512_and_si512, u64, 8, a.u64[i] & b.u64[i])
EMULATED_BINARY(_mm512_or_si512, u64, 8, a.u64[i] | b.u64[i])
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
EMULATED_SHIFT(_mm512_srli_epi16, u16, uint16_t, 32, >>)

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
EMULATED_SET1(_mm512_set1_epi32, u32, uint32_t, 16, int)
EMULATED_SET1(_mm512_set1_epi16, u16, uint16_t, 32, short)
EMULATED_SET1(_mm512_set1_epi8, u8, uint8_t, 64, char)

/* Defines a blend: lane i of b where bit i of the mask is set, else of a. */
#define EMULATED_BLEND(name, mask_type, lane, num)                                                 \
    static inline __m512i name(mask_type mask, __m512i a, __m512i b)                               \
    {                                                                                              \
        for (unsigned i = 0; i < (num); i++)                                                       \
            if (mask >> i & 1)                                                                     \
                a.lane[i] = b.lane[i];                                                             \
        return a;                                                                                  \
    }

EMULATED_BLEND(_mm512_mask_blend_epi64, __mmask8, u64, 8)
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
EMULATED_TEST(_mm512_cmplt_epu8_mask, __mmask64, 64, a.u8[i] < b.u8[i])
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
        r.u8[i] = index.u8[i] & 64 ? b.u8[index.u8[i] & 63] : a.u8[index.u8[i] & 63];
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

static inline __m512i _mm512_loadu_si512(const void *at)
{
    __m512i r;
    memcpy(&r, at, sizeof r);
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
