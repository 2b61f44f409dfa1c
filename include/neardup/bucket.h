/* Which members of a bucket are compared. */
#ifndef NEARDUP_BUCKET_H
#define NEARDUP_BUCKET_H

#include <stdbool.h>
#include <stddef.h>

#include "neardup/visibility.h"

ND_BEGIN_DECLS

/* A bucket is all texts whose key of one band is the same, in the order of their size: the most
 * tokens first, texts of as many by digest. (Exact copies are one text.) Up to ND_BUCKET_WHOLE of
 * them are compared each with each. In a larger one the first ND_BUCKET_LEADERS are compared with
 * all, and each text with the ND_BUCKET_WINDOW that follow it, which are nearest to it in length:
 * so near-copies without number meet those that may represent them, and a footer that a million
 * texts share costs a million times (ND_BUCKET_LEADERS + ND_BUCKET_WINDOW) comparisons at most, in
 * place of their square.
 *
 * The rule looks at a bucket alone, not at what comparing finds or at other bands, so that a batch,
 * an index and a cluster propose the same pairs. */
enum { ND_BUCKET_WHOLE = 512, ND_BUCKET_LEADERS = 16, ND_BUCKET_WINDOW = 48 };

/* Whether the members at places i < j of a bucket of `num` are compared. Thread-safe. */
static inline bool nd_bucket_proposes(size_t num, size_t i, size_t j)
{
    return num <= ND_BUCKET_WHOLE || i < ND_BUCKET_LEADERS || j - i <= ND_BUCKET_WINDOW;
}

ND_END_DECLS

#endif
