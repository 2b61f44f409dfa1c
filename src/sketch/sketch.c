#include "neardup/sketch.h"

#include "neardup/kernel.h"
#include "sketch/sketch_kernels.h"

static nd_sketch_kernel_fn *current_kernel(void)
{
    switch (nd_kernel_current()) {
#if defined(__x86_64__)
    case ND_KERNEL_AVX512:
        return nd_sketch_avx512;
    case ND_KERNEL_AVX2:
        return nd_sketch_avx2;
#elif defined(__aarch64__)
    case ND_KERNEL_NEON:
        return nd_sketch_neon;
#endif
    default:
        return nd_sketch_scalar;
    }
}

nd_status nd_sketch_compute(const uint64_t *hashes, size_t num_hashes, uint32_t num_slots,
                            uint64_t *slots)
{
    if (num_slots < ND_SKETCH_MIN_SLOTS || num_slots > ND_SKETCH_MAX_SLOTS)
        return ND_ERR_INVALID_ARGUMENT;
    if (num_hashes > 0) {
        current_kernel()(hashes, num_hashes, num_slots, slots);
        return ND_OK;
    }
    for (uint32_t i = 0; i < num_slots; i++)
        slots[i] = ND_SLOT_EMPTY;
    return ND_OK;
}

double nd_sketch_estimate(const uint64_t *a, const uint64_t *b, uint32_t num_slots)
{
    if (num_slots == 0 || a[0] == ND_SLOT_EMPTY || b[0] == ND_SLOT_EMPTY)
        return 0;
    uint32_t agreeing = 0;
    for (uint32_t i = 0; i < num_slots; i++)
        agreeing += a[i] == b[i];
    return (double)agreeing / num_slots;
}

/* The lowest bits: they take no part in which element wins a slot, so they are even however many
 * elements competed. */
void nd_sketch_pack16(const uint64_t *slots, uint32_t num_slots, uint16_t *packed)
{
    for (uint32_t i = 0; i < num_slots; i++)
        packed[i] = (uint16_t)slots[i];
}

/* Slots that differ agree in 16 bits by a chance of c = 2^-16, so E[agreeing] = J + (1 - J) c. */
double nd_sketch_estimate16(const uint16_t *a, const uint16_t *b, uint32_t num_slots)
{
    static const double chance = 1.0 / 65536;
    uint32_t agreeing = 0, empty = 0;
    for (uint32_t i = 0; i < num_slots; i++) {
        agreeing += a[i] == b[i];
        empty += a[i] == (uint16_t)ND_SLOT_EMPTY && b[i] == (uint16_t)ND_SLOT_EMPTY;
    }
    if (empty == num_slots)
        return 0; /* of no elements, both; slots of others are all alike by no chance */
    const double estimate = ((double)agreeing / num_slots - chance) / (1 - chance);
    return estimate > 0 ? estimate : 0;
}

/* --- the reference kernel: the algorithm as it is written in the paper --- */

/* splitmix64 (Steele, Lea and Flood 2014) of the index, worked out by the compiler. */
#define WEYL(i) (UINT64_C(0x9e3779b97f4a7c15) * ((i) + UINT64_C(1)))
#define MIX_A(x) (((x) ^ (x) >> 30) * UINT64_C(0xbf58476d1ce4e5b9))
#define MIX_B(x) (((x) ^ (x) >> 27) * UINT64_C(0x94d049bb133111eb))
#define MIX_C(x) ((x) ^ (x) >> 31)
#define KEY(i) MIX_C(MIX_B(MIX_A(WEYL(i))))
#define KEYS_4(i) KEY(i), KEY((i) + 1), KEY((i) + 2), KEY((i) + 3)
#define KEYS_16(i) KEYS_4(i), KEYS_4((i) + 4), KEYS_4((i) + 8), KEYS_4((i) + 12)
#define KEYS_64(i) KEYS_16(i), KEYS_16((i) + 16), KEYS_16((i) + 32), KEYS_16((i) + 48)

const uint64_t nd_round_keys[ND_ROUND_KEYS] = {
    KEYS_64(0),   KEYS_64(64),  KEYS_64(128), KEYS_64(192),
    KEYS_64(256), KEYS_64(320), KEYS_64(384), KEYS_64(448),
};

static void put(uint64_t *slot, uint64_t value)
{
    *slot = value < *slot ? value : *slot;
}

static uint32_t count_empty(const uint64_t *slots, uint32_t num_slots)
{
    uint32_t num = 0;
    for (uint32_t i = 0; i < num_slots; i++)
        num += slots[i] == ND_SLOT_EMPTY;
    return num;
}

/* The bin stands above the value until the round is over: it is the same for all that meet in a
 * slot, so it does not disturb their order. */
static void first_round(const uint64_t *hashes, size_t num_hashes, uint32_t num_slots,
                        uint64_t *slots)
{
    for (uint32_t i = 0; i < num_slots; i++)
        slots[i] = ND_SLOT_EMPTY;
    for (size_t i = 0; i < num_hashes; i++) {
        const uint64_t word = nd_first_round(nd_mix_element(hashes[i]), num_slots);
        put(&slots[word >> ND_SLOT_VALUE_BITS], word);
    }
    for (uint32_t i = 0; i < num_slots; i++)
        if (slots[i] != ND_SLOT_EMPTY)
            slots[i] &= ND_SLOT_VALUE_MASK;
}

static void random_round(const uint64_t *hashes, size_t num_hashes, uint32_t round,
                         uint32_t num_slots, uint64_t *slots)
{
    const uint64_t key = nd_round_keys[(round - 1) / 2];
    for (size_t i = 0; i < num_hashes; i++) {
        const uint64_t z = nd_mix_element(hashes[i]);
        const uint32_t pair = nd_fold_pair(z, key);
        const uint32_t hash16 = round % 2 == 1 ? pair & 0xffff : pair >> 16;
        put(&slots[nd_bin(hash16, num_slots)], nd_later_slot(z, round));
    }
}

void nd_sketch_scalar(const uint64_t *hashes, size_t num_hashes, uint32_t num_slots,
                      uint64_t *slots)
{
    first_round(hashes, num_hashes, num_slots, slots);
    uint32_t round = 1;
    for (; round < num_slots && count_empty(slots, num_slots) > 0; round++)
        random_round(hashes, num_hashes, round, num_slots, slots);
    for (uint32_t slot = 0; slot < num_slots; slot++)
        if (slots[slot] == ND_SLOT_EMPTY)
            for (size_t i = 0; i < num_hashes; i++)
                put(&slots[slot], nd_later_slot(nd_mix_element(hashes[i]), num_slots + slot));
}
