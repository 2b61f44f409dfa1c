/* What the calls of the public API share: filling an nd_error, and reading option structs. */
#ifndef UTIL_ERROR_H
#define UTIL_ERROR_H

#include <stddef.h>

#include "neardup/status.h"

/* --- errors --- */

/* Fills *error (which may be NULL) with `status` and a printf-style message, and returns `status`.
 * line and offset become 0. */
nd_status nd_error_set(nd_error *error, nd_status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* --- option structs, which grow from version to version --- */

/* Writes the defaults *full to a caller's struct of size_bytes: as much of them as it has room for,
 * and zeros for what only a later version knows. What a public _init does, which is inline so that
 * size_bytes is the size that its caller was compiled with. */
void nd_option_struct_init(void *given, size_t size_bytes, const void *full);

/* A public option struct begins with `size_t size_bytes`, which its _init sets to the size the
 * caller was compiled with. Copies such a struct over *full, which holds this library's defaults
 * and its own size: fields the caller does not know keep their defaults, so that old callers go on
 * working. ND_ERR_INVALID_ARGUMENT, with *full as it was: `given` was never initialised (a size of
 * less than `size_bytes` itself), or it is of a later version and sets a field unknown here. */
ND_NODISCARD nd_status nd_option_struct_copy(void *full, const void *given);

#endif
