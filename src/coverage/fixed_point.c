/* Tables, and straight lines between their entries. */
#include "coverage/verdict.h"

#include <stddef.h>

enum {
    LOG_STEPS_BITS = 6,
    LOG_REST_BITS = 10,
    LOGISTIC_STEP = ND_FIXED_ONE / 4,
};

/* log2(1 + i / 64) in 1 / 2^16. */
static const int32_t log2_table[65] = {
    0,     1466,  2909,  4331,  5732,  7112,  8473,  9814,  11136, 12440, 13727, 14996, 16248,
    17484, 18704, 19909, 21098, 22272, 23433, 24579, 25711, 26830, 27936, 29029, 30109, 31178,
    32234, 33279, 34312, 35334, 36346, 37346, 38336, 39316, 40286, 41246, 42196, 43137, 44068,
    44990, 45904, 46809, 47705, 48593, 49472, 50344, 51207, 52063, 52911, 53751, 54584, 55410,
    56229, 57040, 57845, 58643, 59434, 60219, 60997, 61769, 62534, 63294, 64047, 64794, 65536};

/* The logistic function of i / 4. */
static const int32_t logistic_table[37] = {
    16384, 18421, 20397, 22255, 23955, 25471, 26790, 27917, 28862, 29644, 30282, 30799, 31214,
    31545, 31807, 32015, 32179, 32307, 32408, 32487, 32549, 32597, 32635, 32664, 32687, 32705,
    32719, 32730, 32738, 32745, 32750, 32754, 32757, 32759, 32761, 32763, 32764};

/* In 1 / 2^16. */
static int64_t log2_of(uint64_t x)
{
    const int whole = 63 - __builtin_clzll(x);
    const uint32_t rest = (uint32_t)((x << (63 - whole)) >> 47 & 0xFFFF);
    const uint32_t step = rest >> LOG_REST_BITS;
    const int32_t within = (int32_t)(rest & ((1 << LOG_REST_BITS) - 1));
    const int32_t from = log2_table[step], to = log2_table[step + 1];
    return ((int64_t)whole << 16) + from + ((to - from) * within >> LOG_REST_BITS);
}

int32_t nd_fixed_log_ratio(uint64_t num, uint64_t den)
{
    static const int64_t LN_2 = 45426; /* in 1 / 2^16 */
    return (int32_t)((log2_of(num) - log2_of(den)) * LN_2 / (1 << 16) * ND_FIXED_ONE / (1 << 16));
}

int32_t nd_fixed_logistic(int64_t x)
{
    const size_t last = sizeof logistic_table / sizeof *logistic_table - 1;
    const int64_t size = x < 0 ? -x : x;
    int32_t value = logistic_table[last];
    if (size < (int64_t)last * LOGISTIC_STEP) {
        const size_t step = (size_t)(size / LOGISTIC_STEP);
        const int32_t from = logistic_table[step], to = logistic_table[step + 1];
        value = from + (int32_t)((to - from) * (size % LOGISTIC_STEP) / LOGISTIC_STEP);
    }
    return x < 0 ? ND_LOGISTIC_ONE - value : value;
}
