/* Windows-1252, where it differs from Latin-1. */
#ifndef TEXT_REPAIR_WINDOWS_1252_H
#define TEXT_REPAIR_WINDOWS_1252_H

#include <stdint.h>

/* Code points of the bytes 0x80 to 0x9F; five that Windows leaves open stand for the C1 controls,
 * as in the WHATWG Encoding Standard. */
extern const uint16_t nd_windows_1252[32];

/* The byte that a code point is in Windows-1252 or in Latin-1, -1 below 0x80 and where there is
 * none. */
int nd_windows_1252_byte(uint32_t code_point);

#endif
