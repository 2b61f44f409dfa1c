/* A number that nobody outside the process can know. */
#ifndef UTIL_RANDOM_SEED_H
#define UTIL_RANDOM_SEED_H

#include <stdint.h>

/* For hashes that decide nothing a result shows, so that nobody can prepare input against them.
 * From the system's generator, or from addresses where that fails. Thread-safe. */
uint64_t nd_random_seed(void);

#endif
