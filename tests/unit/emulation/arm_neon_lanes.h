/* The NEON operations on lanes of 16, 32 and 64 bits: a part of arm_neon.h of this folder. */
#ifndef TESTS_EMULATION_ARM_NEON_LANES_H
#define TESTS_EMULATION_ARM_NEON_LANES_H

#ifndef TESTS_EMULATION_ARM_NEON_H
#    error "included by arm_neon.h"
#endif

typedef struct {
    int8_t b[16];
} int8x16_t;

typedef struct {
    uint16_t h[4];
} uint16x4_t;

typedef struct {
    uint16_t h[8];
} uint16x8_t;

typedef struct {
    uint32_t s[2];
} uint32x2_t;

typedef struct {
    uint32_t s[4];
} uint32x4_t;

/* The same bits as another type. */
#define EMULATE_REINTERPRET(name, to, from)                                                        \
    static inline to name(from a)                                                                  \
    {                                                                                              \
        to r;                                                                                      \
        memcpy(&r, &a, sizeof r);                                                                  \
        return r;                                                                                  \
    }

EMULATE_REINTERPRET(vreinterpretq_u8_u16, uint8x16_t, uint16x8_t)
EMULATE_REINTERPRET(vreinterpretq_u8_u64, uint8x16_t, uint64x2_t)
EMULATE_REINTERPRET(vreinterpretq_s8_u8, int8x16_t, uint8x16_t)
EMULATE_REINTERPRET(vreinterpretq_u16_u32, uint16x8_t, uint32x4_t)
EMULATE_REINTERPRET(vreinterpretq_u32_u64, uint32x4_t, uint64x2_t)

#define EMULATE_LOAD(name, type, element)                                                          \
    static inline type name(const element *p)                                                      \
    {                                                                                              \
        type r;                                                                                    \
        memcpy(&r, p, sizeof r);                                                                   \
        return r;                                                                                  \
    }

EMULATE_LOAD(vld1q_u16, uint16x8_t, uint16_t)
EMULATE_LOAD(vld1q_u64, uint64x2_t, uint64_t)

static inline void vst1q_u16(uint16_t *p, uint16x8_t a)
{
    memcpy(p, &a, sizeof a);
}

/* A value in all lanes, or an expression of lane i of the arguments in each. */
#define EMULATE_LANES(declaration, type, lane, num, expression)                                    \
    static inline type declaration                                                                 \
    {                                                                                              \
        type r;                                                                                    \
        for (unsigned i = 0; i < (num); i++)                                                       \
            r.lane[i] = (expression);                                                              \
        return r;                                                                                  \
    }

EMULATE_LANES(vdup_n_u16(uint16_t a), uint16x4_t, h, 4, a)
EMULATE_LANES(vdupq_n_u64(uint64_t a), uint64x2_t, d, 2, a)
EMULATE_LANES(veorq_u32(uint32x4_t a, uint32x4_t b), uint32x4_t, s, 4, a.s[i] ^ b.s[i])
EMULATE_LANES(veorq_u64(uint64x2_t a, uint64x2_t b), uint64x2_t, d, 2, a.d[i] ^ b.d[i])
EMULATE_LANES(vmull_u16(uint16x4_t a, uint16x4_t b), uint32x4_t, s, 4, (uint32_t)a.h[i] * b.h[i])
EMULATE_LANES(vmull_u32(uint32x2_t a, uint32x2_t b), uint64x2_t, d, 2, (uint64_t)a.s[i] * b.s[i])
EMULATE_LANES(vget_low_u8(uint8x16_t a), uint8x8_t, b, 8, a.b[i])
EMULATE_LANES(vget_high_u8(uint8x16_t a), uint8x8_t, b, 8, a.b[i + 8])
EMULATE_LANES(vget_low_u16(uint16x8_t a), uint16x4_t, h, 4, a.h[i])
EMULATE_LANES(vget_high_u16(uint16x8_t a), uint16x4_t, h, 4, a.h[i + 4])
EMULATE_LANES(vget_low_u32(uint32x4_t a), uint32x2_t, s, 2, a.s[i])
EMULATE_LANES(vget_high_u32(uint32x4_t a), uint32x2_t, s, 2, a.s[i + 2])
EMULATE_LANES(vcombine_u8(uint8x8_t a, uint8x8_t b), uint8x16_t, b, 16, i < 8 ? a.b[i] : b.b[i - 8])
EMULATE_LANES(vuzp1q_u8(uint8x16_t a, uint8x16_t b), uint8x16_t, b, 16,
              i < 8 ? a.b[2 * i] : b.b[2 * i - 16])
EMULATE_LANES(vuzp1q_u16(uint16x8_t a, uint16x8_t b), uint16x8_t, h, 8,
              i < 4 ? a.h[2 * i] : b.h[2 * i - 8])
EMULATE_LANES(vuzp2q_u16(uint16x8_t a, uint16x8_t b), uint16x8_t, h, 8,
              i < 4 ? a.h[2 * i + 1] : b.h[2 * i - 7])
EMULATE_LANES(vuzp1q_u32(uint32x4_t a, uint32x4_t b), uint32x4_t, s, 4,
              i < 2 ? a.s[2 * i] : b.s[2 * i - 4])
EMULATE_LANES(vuzp2q_u32(uint32x4_t a, uint32x4_t b), uint32x4_t, s, 4,
              i < 2 ? a.s[2 * i + 1] : b.s[2 * i - 3])
EMULATE_LANES(vshrn_n_u16(uint16x8_t a, int count), uint8x8_t, b, 8, (uint8_t)(a.h[i] >> count))
EMULATE_LANES(vshlq_u8(uint8x16_t a, int8x16_t count), uint8x16_t, b, 16,
              (uint8_t)(count.b[i] >= 0 && count.b[i] < 8   ? a.b[i] << count.b[i]
                        : count.b[i] < 0 && count.b[i] > -8 ? a.b[i] >> -count.b[i]
                                                            : 0))
EMULATE_LANES(vceqq_u64(uint64x2_t a, uint64x2_t b), uint64x2_t, d, 2,
              a.d[i] == b.d[i] ? UINT64_MAX : 0)
EMULATE_LANES(vorrq_u64(uint64x2_t a, uint64x2_t b), uint64x2_t, d, 2, a.d[i] | b.d[i])
EMULATE_LANES(vaddq_u64(uint64x2_t a, uint64x2_t b), uint64x2_t, d, 2, a.d[i] + b.d[i])
EMULATE_LANES(vsubq_u64(uint64x2_t a, uint64x2_t b), uint64x2_t, d, 2, a.d[i] - b.d[i])
EMULATE_LANES(vextq_u64(uint64x2_t a, uint64x2_t b, int from), uint64x2_t, d, 2,
              i + (unsigned)from < 2 ? a.d[i + (unsigned)from] : b.d[i + (unsigned)from - 2])

static inline uint8_t vaddv_u8(uint8x8_t a)
{
    unsigned sum = 0;
    for (int i = 0; i < 8; i++)
        sum += a.b[i];
    return (uint8_t)sum;
}

static inline uint64_t vaddvq_u64(uint64x2_t a)
{
    return a.d[0] + a.d[1];
}

#endif
