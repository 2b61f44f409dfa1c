/* Versions of the library and of the format of its sketches. */
#ifndef NEARDUP_VERSION_H
#define NEARDUP_VERSION_H

/* The build reads the version from these three lines: they are its only home. */
#define ND_VERSION_MAJOR 0
#define ND_VERSION_MINOR 1
#define ND_VERSION_PATCH 0

/* Version of the path from bytes to sketch (normalisation, tokens, shingle hash, slots, band keys).
 * Sketches of another version are refused, never misread. Raised with every change that moves a
 * test vector in tests/unit/test_hash_spec.c. */
#define ND_HASH_SPEC_VERSION 1

#endif
