/* xxHash, inlined: shingles are short, so a call would cost as much as the hash. */
#ifndef UTIL_XXH_H
#define UTIL_XXH_H

#define XXH_INLINE_ALL
#include <xxhash.h>

#endif
