#include "text/repair/repair_scan.h"

#include <string.h>

#include "neardup/repair.h"

enum { LANES = 16, LOOK_AHEAD = 2 };

/* Sixteen bytes; gcc and clang make one vector register of them on any machine that has such. A
 * comparison gives 0xFF where it holds. */
typedef uint8_t lanes __attribute__((vector_size(LANES)));

/* Marks of a text; not zero in a lane where there is one. */
typedef struct marks {
    lanes ampersand, less_than, mojibake, hyphen;
} marks;

static inline lanes load(const uint8_t *bytes)
{
    lanes v;
    memcpy(&v, bytes, sizeof v);
    return v;
}

/* Where mojibake begins. It does with a character from U+00C2 to U+00F4 (the lead byte), C3 82 to
 * C3 B4, and goes on with one that stands for 0x80 to 0xBF: U+0080 to U+00BF, or one of those that
 * Windows-1252 has there instead, which begin with C5, C6, CB and E2. Or it is an A with tilde,
 * C3 83, that lost its no-break space to a plain one. */
static inline lanes misread(lanes first, lanes second, lanes third)
{
    const lanes is_lead = (lanes)(first == 0xC3) & (lanes)(second - 0x82 <= 0xB4 - 0x82);
    const lanes follows = (lanes)(third == 0xC2) | (lanes)((third | 3) == 0xC7) |
                          (lanes)(third == 0xCB) | (lanes)(third == 0xE2);
    return is_lead & (follows | ((lanes)(second == 0x83) & (lanes)(third == ' ')));
}

/* Where a broken word may end a line: a letter, then one of -, U+00AC, U+00AD and U+2010, whose
 * last bytes are 2D, AC, AD and 90, or the "=" of a quoted-printable line, then white space or "=".
 */
static inline lanes ends_line(lanes before, lanes hyphen, lanes after)
{
    const lanes is_hyphen = (lanes)(hyphen == '-') | (lanes)((hyphen | 1) == 0xAD) |
                            (lanes)(hyphen == 0x90) | (lanes)(hyphen == '=');
    return is_hyphen & (lanes)(before >= 'A') & ((lanes)(after <= ' ') | (lanes)(after == '='));
}

/* Looks at LANES positions, reading LOOK_AHEAD bytes past them. */
static inline void add_marks(marks *m, const uint8_t *bytes)
{
    const lanes a = load(bytes), b = load(bytes + 1), c = load(bytes + 2);
    m->ampersand |= (lanes)(a == '&');
    m->less_than |= (lanes)(a == '<');
    m->hyphen |= ends_line(a, b, c);
    m->mojibake |= misread(a, b, c);
}

static int any(lanes v)
{
    uint64_t halves[2];
    memcpy(halves, &v, sizeof halves);
    return (halves[0] | halves[1]) != 0;
}

uint32_t nd_repairs_suspected(const char *bytes, size_t len)
{
    marks m = {0};
    size_t at = 0;
    for (; at + LANES + LOOK_AHEAD <= len; at += LANES)
        add_marks(&m, (const uint8_t *)bytes + at);
    /* The rest is copied, so that looking ahead stays inside. */
    uint8_t rest[2 * LANES + 2 * LOOK_AHEAD] = {0};
    if (len > at)
        memcpy(rest, bytes + at, len - at);
    add_marks(&m, rest);
    add_marks(&m, rest + LANES);
    return (any(m.ampersand) ? ND_REPAIR_ENTITIES : 0u) | (any(m.less_than) ? ND_REPAIR_TAGS : 0u) |
           (any(m.mojibake) ? ND_REPAIR_MOJIBAKE : 0u) |
           (any(m.hyphen) ? ND_REPAIR_HYPHENATION : 0u);
}

/* The first lane that is not zero; LANES where all are. */
static size_t first_lane(lanes v)
{
    size_t lane = 0;
    while (lane < LANES && !v[lane])
        lane++;
    return lane;
}

/* Marks by three bytes that follow each other. */
typedef lanes find_marks(lanes a, lanes b, lanes c);

/* The first position at or after `at` that `find` marks; `len` where there is none. */
static inline __attribute__((always_inline)) size_t next_mark(const char *bytes, size_t len,
                                                              size_t at, find_marks *find)
{
    const uint8_t *const b = (const uint8_t *)bytes;
    for (; at + LANES + LOOK_AHEAD <= len; at += LANES) {
        const lanes found = find(load(b + at), load(b + at + 1), load(b + at + 2));
        if (any(found))
            return at + first_lane(found);
    }
    uint8_t rest[2 * LANES + 2 * LOOK_AHEAD] = {0};
    if (len > at)
        memcpy(rest, b + at, len - at);
    for (size_t i = 0; i < len - at; i += LANES) {
        const lanes found = find(load(rest + i), load(rest + i + 1), load(rest + i + 2));
        if (any(found))
            return at + i + first_lane(found) < len ? at + i + first_lane(found) : len;
    }
    return len;
}

size_t nd_next_misread(const char *bytes, size_t len, size_t at)
{
    return next_mark(bytes, len, at, misread);
}

size_t nd_next_line_end_hyphen(const char *bytes, size_t len, size_t at)
{
    const size_t before = next_mark(bytes, len, at > 0 ? at - 1 : 0, ends_line);
    return before < len ? before + 1 : len;
}
