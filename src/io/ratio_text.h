/* Ratios as text. */
#ifndef IO_RATIO_TEXT_H
#define IO_RATIO_TEXT_H

#include <stddef.h>

enum { ND_RATIO_TEXT_BYTES = 328 }; /* room for any double */

/* What "%.6f" prints; for a ratio from 0 to 1 many times as fast, because results are mostly
 * ratios. Returns the length, without a terminator. */
size_t nd_ratio_text(char text[ND_RATIO_TEXT_BYTES], double ratio);

#endif
