/* Filling an nd_error. */
#ifndef UTIL_ERROR_H
#define UTIL_ERROR_H

#include "neardup/status.h"

/* Fills *error (which may be NULL) with `status` and a printf-style message, and returns `status`.
 * line and offset become 0. */
nd_status nd_error_set(nd_error *error, nd_status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
