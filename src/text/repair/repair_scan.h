/* Whether a text can need any repair at all, and where. */
#ifndef TEXT_REPAIR_REPAIR_SCAN_H
#define TEXT_REPAIR_REPAIR_SCAN_H

#include <stddef.h>
#include <stdint.h>

/* The repairs of which the text has a mark: an ampersand, a less-than sign, a hyphen or "=" that
 * may end a line, or characters that begin mojibake. Sixteen bytes at a time, several GB/s. */
uint32_t nd_repairs_suspected(const char *bytes, size_t len);

/* The first mark of mojibake at or after `at`; `len` where there is none. */
size_t nd_next_misread(const char *bytes, size_t len, size_t at);

/* The first hyphen, or "=", of which the next byte may belong to the end of a line: its last byte,
 * at or after `at`, which is not the first byte of the text. `len` where there is none. */
size_t nd_next_line_end_hyphen(const char *bytes, size_t len, size_t at);

#endif
