/* Looking for bytes LANES at a time. gcc and clang make registers of the vectors where the machine
 * has such. A file that includes this one defines before it: LANES, which is 16 or 32; `lanes`, a
 * vector of so many bytes; and perhaps, with BLOCK_TESTS_LANES, any(v): whether a lane is not 0. */
#ifndef TEXT_REPAIR_LANES_H
#define TEXT_REPAIR_LANES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum {
    LOOK_AHEAD = 6,    /* bytes that are read behind a position; before it, it is one */
    CHUNK_BYTES = 256, /* looked at together: what most texts do not have, most chunks have not */
};

#define INLINE static inline __attribute__((always_inline))

/* Which byte of a word in memory is the first that is not 0. */
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#    define FIRST_BYTE(word) (size_t)(__builtin_ctzll(word) / 8)
#else
#    define FIRST_BYTE(word) (size_t)(__builtin_clzll(word) / 8)
#endif

INLINE lanes load(const uint8_t *bytes)
{
    lanes v;
    memcpy(&v, bytes, sizeof v);
    return v;
}

/* A comparison gives 0xFF where it holds. */
INLINE lanes is(lanes v, uint8_t byte)
{
    return (lanes)(v == byte);
}

INLINE lanes is_between(lanes v, uint8_t first, uint8_t last)
{
    return (lanes)(v - first <= (uint8_t)(last - first));
}

#ifndef BLOCK_TESTS_LANES
INLINE int any(lanes v)
{
    uint64_t words[LANES / 8], all = 0;
    memcpy(words, &v, sizeof words);
    for (int i = 0; i < LANES / 8; i++)
        all |= words[i];
    return all != 0;
}
#endif

/* The first lane of v that is not 0; LANES where all are. */
INLINE size_t first_lane(lanes v)
{
    uint64_t words[LANES / 8];
    memcpy(words, &v, sizeof words);
    for (size_t i = 0; i < LANES / 8; i++)
        if (words[i])
            return 8 * i + FIRST_BYTE(words[i]);
    return LANES;
}

/* What is looked for at the LANES positions from p on. */
typedef lanes find_marks(const uint8_t *p);

/* The first position from `from` on, and before `to`, that is marked; `to` where none is. Marks of
 * up to LANES positions more are looked at. */
INLINE size_t first_mark(const uint8_t *p, size_t from, size_t to, find_marks *find)
{
    for (; from < to; from += LANES) {
        const lanes found = find(p + from);
        if (!any(found))
            continue;
        const size_t lane = first_lane(found);
        return from + lane < to ? from + lane : to;
    }
    return to;
}

/* How many positions from `from` on can be looked at where they are; the rest in a copy. */
INLINE size_t num_inside(size_t from, size_t len)
{
    return len > from + LANES + LOOK_AHEAD ? len - from - LANES - LOOK_AHEAD : 0;
}

/* The last bytes of a text, from the one before position `from` on, with zeros behind them. */
typedef struct text_end {
    uint8_t bytes[5 * LANES + 2 * LOOK_AHEAD];
} text_end;

INLINE text_end copy_end(const char *bytes, size_t len, size_t from)
{
    text_end end = {{0}};
    memcpy(end.bytes, bytes + from - 1, len - from + 1);
    return end;
}

#endif
