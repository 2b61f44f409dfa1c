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

typedef struct {
    uint8_t b[64];
} __m512i;

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

#endif
