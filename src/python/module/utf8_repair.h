/* UTF-8 for those who must not be given anything else: Arrow's consumers. */
#ifndef PYTHON_MODULE_UTF8_REPAIR_H
#define PYTHON_MODULE_UTF8_REPAIR_H

#include <stddef.h>

/* How long p[0..len) is once every maximal part that is not UTF-8 is a U+FFFD (Unicode Standard,
 * 3.9, "U+FFFD substitution of maximal subparts"). `len` where there is none. */
size_t nd_utf8_repaired_len(const char *p, size_t len);

/* Writes it to out[0..nd_utf8_repaired_len). */
void nd_utf8_repair(const char *p, size_t len, char *out);

#endif
