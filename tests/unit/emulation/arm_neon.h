/* The NEON operations the kernels use, as plain C, so that they can be tested on any machine. Found
 * before the compiler's own header by the sources that are built for such a test. Semantics: Arm
 * Neon Intrinsics Reference for ACLE. */
#ifndef TESTS_EMULATION_ARM_NEON_H
#define TESTS_EMULATION_ARM_NEON_H

#include <stdint.h>
#include <string.h>

typedef struct {
    uint8_t b[8];
} uint8x8_t;

typedef struct {
    uint8_t b[16];
} uint8x16_t;

typedef struct {
    uint64_t d[1];
} uint64x1_t;

typedef struct {
    uint64_t d[2];
} uint64x2_t;

static inline uint8x16_t vld1q_u8(const uint8_t *p)
{
    uint8x16_t r;
    memcpy(&r, p, sizeof r);
    return r;
}

static inline void vst1_u8(uint8_t *p, uint8x8_t a)
{
    memcpy(p, &a, sizeof a);
}

static inline uint8x16_t vdupq_n_u8(uint8_t a)
{
    uint8x16_t r;
    memset(&r, a, sizeof r);
    return r;
}

static inline uint8x8_t vdup_n_u8(uint8_t a)
{
    uint8x8_t r;
    memset(&r, a, sizeof r);
    return r;
}

static inline uint8x8_t vcreate_u8(uint64_t a)
{
    uint8x8_t r;
    memcpy(&r, &a, sizeof r);
    return r;
}

static inline uint64x1_t vreinterpret_u64_u8(uint8x8_t a)
{
    uint64x1_t r;
    memcpy(&r, &a, sizeof r);
    return r;
}

static inline uint64x2_t vreinterpretq_u64_u8(uint8x16_t a)
{
    uint64x2_t r;
    memcpy(&r, &a, sizeof r);
    return r;
}

static inline uint64_t vget_lane_u64(uint64x1_t a, int lane)
{
    return a.d[lane];
}

static inline uint64_t vgetq_lane_u64(uint64x2_t a, int lane)
{
    return a.d[lane];
}

#define EMULATE_BYTEWISE(name, type, expression)                                                   \
    static inline type name(type a, type b)                                                        \
    {                                                                                              \
        type r;                                                                                    \
        for (unsigned i = 0; i < sizeof r.b; i++) {                                                \
            const uint8_t x = a.b[i], y = b.b[i];                                                  \
            r.b[i] = (uint8_t)(expression);                                                        \
        }                                                                                          \
        return r;                                                                                  \
    }

EMULATE_BYTEWISE(vandq_u8, uint8x16_t, x &y)
EMULATE_BYTEWISE(vorrq_u8, uint8x16_t, x | y)
EMULATE_BYTEWISE(vaddq_u8, uint8x16_t, x + y)
EMULATE_BYTEWISE(vsubq_u8, uint8x16_t, x - y)
EMULATE_BYTEWISE(vcltq_u8, uint8x16_t, x < y ? 0xFF : 0)
EMULATE_BYTEWISE(vceqq_u8, uint8x16_t, x == y ? 0xFF : 0)
EMULATE_BYTEWISE(vtstq_u8, uint8x16_t, x &y ? 0xFF : 0)
EMULATE_BYTEWISE(vadd_u8, uint8x8_t, x + y)

/* Sums of neighbours, those of a first. */
static inline uint8x16_t vpaddq_u8(uint8x16_t a, uint8x16_t b)
{
    uint8x16_t r;
    for (int i = 0; i < 8; i++) {
        r.b[i] = (uint8_t)(a.b[2 * i] + a.b[2 * i + 1]);
        r.b[i + 8] = (uint8_t)(b.b[2 * i] + b.b[2 * i + 1]);
    }
    return r;
}

static inline uint8x16_t vbslq_u8(uint8x16_t mask, uint8x16_t a, uint8x16_t b)
{
    for (int i = 0; i < 16; i++)
        a.b[i] = (uint8_t)((a.b[i] & mask.b[i]) | (b.b[i] & ~mask.b[i]));
    return a;
}

static inline uint8x16_t vextq_u8(uint8x16_t a, uint8x16_t b, int from)
{
    uint8x16_t r;
    for (int i = 0; i < 16; i++)
        r.b[i] = i + from < 16 ? a.b[i + from] : b.b[i + from - 16];
    return r;
}

static inline uint8x16_t vshrq_n_u8(uint8x16_t a, int count)
{
    for (int i = 0; i < 16; i++)
        a.b[i] = (uint8_t)(a.b[i] >> count);
    return a;
}

/* An index past the table gives 0. */
static inline uint8x16_t vqtbl1q_u8(uint8x16_t table, uint8x16_t index)
{
    uint8x16_t r;
    for (int i = 0; i < 16; i++)
        r.b[i] = index.b[i] < 16 ? table.b[index.b[i]] : 0;
    return r;
}

static inline uint8x8_t vqtbl1_u8(uint8x16_t table, uint8x8_t index)
{
    uint8x8_t r;
    for (int i = 0; i < 8; i++)
        r.b[i] = index.b[i] < 16 ? table.b[index.b[i]] : 0;
    return r;
}

static inline uint8x8_t vcnt_u8(uint8x8_t a)
{
    for (int i = 0; i < 8; i++)
        a.b[i] = (uint8_t)__builtin_popcount(a.b[i]);
    return a;
}

#include "arm_neon_lanes.h"

#endif
