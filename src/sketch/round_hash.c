#include "sketch/round_hash.h"

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
