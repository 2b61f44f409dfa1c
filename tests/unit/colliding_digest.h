/* Included before the file that makes documents' digests: test_digest_collisions decides what they
 * are. */
#ifndef TESTS_UNIT_COLLIDING_DIGEST_H
#define TESTS_UNIT_COLLIDING_DIGEST_H

#include "util/digest.h"

nd_digest128 colliding_digest(const void *bytes, size_t len_bytes);
#define nd_digest128_of(bytes, len_bytes) colliding_digest((bytes), (len_bytes))

#endif
