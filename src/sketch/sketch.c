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
