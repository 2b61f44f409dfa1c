/* Versions of the library and of the format of its sketches. */
#ifndef NEARDUP_VERSION_H
#define NEARDUP_VERSION_H

#include "neardup/visibility.h"

/* The build reads the version from these three lines: they are its only home. */
#define ND_VERSION_MAJOR 0
#define ND_VERSION_MINOR 1
#define ND_VERSION_PATCH 0

/* Version of the path from bytes to sketch (normalisation, tokens, shingle hash, slots, band keys).
 * Sketches of another version are refused, never misread. Raised with every change that moves a
 * test vector in tests/unit/test_hash_spec.c.
 *
 * Normalisation is that of a version of Unicode, which is the linked utf8proc's: two versions agree
 * on every character that both know (Unicode Stability Policy), and differ on those that only one
 * does. Hashes can be compared where both the version of the hash spec and that of Unicode are the
 * same. */
#define ND_HASH_SPEC_VERSION 1

ND_BEGIN_DECLS

/* The versions of the library that is linked, where the macros above are those of this header. */
ND_API const char *nd_version(void); /* as "0.1.0" */
ND_API int nd_hash_spec_version(void);

/* The version of Unicode, as "15.0.0". */
ND_API const char *nd_unicode_version(void);

ND_END_DECLS

#endif
