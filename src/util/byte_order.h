/* Strings of bytes in the order of unsigned bytes, a beginning before what it begins. */
#ifndef UTIL_BYTE_ORDER_H
#define UTIL_BYTE_ORDER_H

#include <stddef.h>
#include <string.h>

/* Below, equal to or above 0. A pointer may be NULL where the length is 0. */
static inline int nd_compare_bytes(const char *a, size_t a_len, const char *b, size_t b_len)
{
    const size_t both = a_len < b_len ? a_len : b_len;
    const int order = both ? memcmp(a, b, both) : 0;
    return order != 0 ? order : (a_len > b_len) - (a_len < b_len);
}

#endif
