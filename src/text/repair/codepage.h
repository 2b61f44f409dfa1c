/* Encodings of a byte a character, for text that was read in the wrong one. */
#ifndef TEXT_REPAIR_CODEPAGE_H
#define TEXT_REPAIR_CODEPAGE_H

#include <stdint.h>

/* What the bytes 80 to FF stand for; those below are ASCII. Bytes that a page leaves open are the
 * C1 controls below A0, and 0 above (WHATWG Encoding Standard, section 9). */
typedef uint16_t nd_codepage[128];

extern const nd_codepage nd_windows_1252; /* western European; holds Latin-1 */
extern const nd_codepage nd_windows_1251; /* Cyrillic */
extern const nd_codepage nd_koi8_r;       /* Cyrillic */
extern const nd_codepage nd_windows_1253; /* Greek */
extern const nd_codepage nd_windows_1255; /* Hebrew */
extern const nd_codepage nd_windows_1256; /* Arabic */

/* The byte that a code point is in a page, -1 below 80 and where there is none. The C1 controls are
 * their own bytes, as where a page was taken for Latin-1. */
int nd_codepage_byte(const nd_codepage page, uint32_t code_point);

#endif
