/* The reference: the algorithm as it is written in the paper. */
#include "sketch/sketch_kernels.h"

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
