/* Included before the file that makes documents' digests: test_digest_collisions decides what they
 * are. */
#ifndef TESTS_UNIT_COLLIDING_DIGEST_H
#define TESTS_UNIT_COLLIDING_DIGEST_H

#include "util/xxh.h"

XXH128_hash_t colliding_digest(const void *bytes, size_t len_bytes);
#undef XXH3_128bits
#define XXH3_128bits(bytes, len_bytes) colliding_digest((bytes), (len_bytes))

#endif
