/* Shingles: runs of consecutive tokens or characters, as 64-bit hashes, and sets of them. */
#ifndef NEARDUP_SHINGLE_H
#define NEARDUP_SHINGLE_H

#include <stddef.h>
#include <stdint.h>

#include "neardup/text.h"

ND_BEGIN_DECLS

typedef enum nd_shingle_kind {
    ND_SHINGLE_WORD = 0, /* `width` consecutive tokens joined by one space */
    ND_SHINGLE_CHAR,     /* `width` consecutive code points of the tokens joined by nothing */
} nd_shingle_kind;

enum { ND_SHINGLE_WIDTH_MAX = 64 };

/* Which shingles; width is 1 to ND_SHINGLE_WIDTH_MAX. The default of the field is word 5. */
typedef struct nd_shingle_spec {
    nd_shingle_kind kind;
    uint32_t width;
} nd_shingle_spec;

/* How many shingles, repeated ones counted, `text` has: tokens (or characters) - width + 1; one for
 * a text with 1 to width - 1 of them; none for a text with none. O(1) for words, O(n) for
 * characters. Thread-safe. */
ND_API size_t nd_shingle_count(const nd_text *text, nd_shingle_spec spec);

/* Writes the hash of every shingle in text order to hashes[0..nd_shingle_count): XXH3_64bits of the
 * shingle's bytes (Collet, xxHash 0.8 specification). Thread-safe; allocates nothing.
 * ND_ERR_INVALID_ARGUMENT: a kind or a width out of range. */
ND_API ND_NODISCARD nd_status nd_shingle_hashes(const nd_text *text, nd_shingle_spec spec,
                                                uint64_t *hashes);

/* Sorts hashes[0..num) ascending, drops repeated values, and returns how many remain: the shingle
 * set all similarities are computed on. O(n) on hashes. Thread-safe. `scratch` has room for num
 * values, or is NULL (then a slower sort in place). */
ND_API size_t nd_shingle_set(uint64_t *hashes, size_t num, uint64_t *scratch);

ND_END_DECLS

#endif
