#include "text/tokenise/char_table.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

#include "text/characters.h"

/* Entries are made in runs of so many, as a script or a block of symbols is met. */
enum { RUN = 64 };

/* Pairs that compose, by their UTF-8 forms: open addressing, first = 0 is a free place. Unicode 15
 * has 940 of them, and a new version adds a few. Up to Unicode 15 the second of a pair is a mark or
 * a conjoining jamo; `is_second` has a bit for each that is another letter. */
enum { PAIR_PLACES = 4096, LAST_UNICODE_WITHOUT_SUCH_LETTERS = 15 };

static struct {
    uint32_t first, second;
    nd_char_entry composite;
} pairs[PAIR_PLACES];

static uint8_t is_second[ND_CHAR_TABLE_SIZE / 8];

_Atomic(nd_char_entry) nd_char_table[ND_CHAR_TABLE_SIZE];

static uint32_t utf8_of(const char bytes[4])
{
    const uint8_t *const b = (const uint8_t *)bytes;
    return b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 | (uint32_t)b[3] << 24;
}

nd_char_entry nd_char_normalised(uint32_t code_point)
{
    char bytes[4] = {0};
    const size_t len = nd_utf8_encode(code_point, bytes);
    const nd_char_class class = nd_char_class_of(code_point);
    return nd_char_entry_of(utf8_of(bytes), class == ND_CHAR_SEPARATOR ? 0 : (unsigned)len, class);
}

static size_t pair_place(uint32_t first, uint32_t second)
{
    size_t place = (first * 0x9E3779B1u ^ second * 0x85EBCA77u) >> 20;
    while (pairs[place].first && (pairs[place].first != first || pairs[place].second != second))
        place = (place + 1) % PAIR_PLACES;
    return place;
}

static uint32_t code_point_of(uint32_t utf8)
{
    const char bytes[4] = {(char)utf8, (char)(utf8 >> 8), (char)(utf8 >> 16), (char)(utf8 >> 24)};
    return nd_utf8_decode(bytes, sizeof bytes).code_point;
}

/* Hangul syllables are composed by arithmetic (Unicode Standard, section 3.12); 0 where none is. */
static uint32_t compose_hangul(uint32_t first, uint32_t second)
{
    enum { S = 0xAC00, L = 0x1100, V = 0x1161, T = 0x11A7, NUM_L = 19, NUM_V = 21, NUM_T = 28 };
    if (first - L < NUM_L && second - V < NUM_V)
        return S + ((first - L) * NUM_V + (second - V)) * NUM_T;
    const bool is_open = first - S < NUM_L * NUM_V * NUM_T && (first - S) % NUM_T == 0;
    return is_open && second > T && second < T + NUM_T ? first + (second - T) : 0;
}

static bool is_conjoining_jamo(uint32_t code_point)
{
    return (code_point >= 0x1161 && code_point <= 0x1175) ||
           (code_point >= 0x11A8 && code_point <= 0x11C2);
}

static void add_pair(uint32_t first, uint32_t second, uint32_t composite)
{
    is_second[second / 8] |= (uint8_t)(1u << second % 8);
    const uint32_t a = nd_char_utf8(nd_char_normalised(first));
    const uint32_t b = nd_char_utf8(nd_char_normalised(second));
    const size_t place = pair_place(a, b);
    pairs[place].first = a;
    pairs[place].second = b;
    pairs[place].composite = nd_char_normalised(composite);
}

/* Whether parts[0..num) compose to a single code point, which is then left in parts[0]. */
static bool composes_to_one(utf8proc_int32_t *parts, utf8proc_ssize_t num)
{
    return utf8proc_normalize_utf32(parts, num,
                                    (utf8proc_option_t)(UTF8PROC_STABLE | UTF8PROC_COMPOSE)) == 1;
}

/* A composite is its last part composed with the composite of the parts before it. */
static void add_pairs_of(uint32_t composite)
{
    const utf8proc_property_t *const property = utf8proc_get_property((utf8proc_int32_t)composite);
    if (property->decomp_type != 0 || property->decomp_seqindex == UINT16_MAX)
        return;
    utf8proc_int32_t parts[ND_CHUNK_DECOMPOSED], head[ND_CHUNK_DECOMPOSED];
    int last_boundclass = 0;
    const utf8proc_ssize_t num = utf8proc_decompose_char(
        (utf8proc_int32_t)composite, parts, ND_CHUNK_DECOMPOSED,
        (utf8proc_option_t)(UTF8PROC_STABLE | UTF8PROC_DECOMPOSE), &last_boundclass);
    if (num < 2)
        return;
    memcpy(head, parts, sizeof *head * (size_t)num);
    const uint32_t last = (uint32_t)parts[num - 1];
    /* Some are never composed, but others with the same parts are. */
    if (composes_to_one(parts, num) && parts[0] == (utf8proc_int32_t)composite &&
        composes_to_one(head, num - 1))
        add_pair((uint32_t)head[0], last, composite);
}

static void make_pairs(void)
{
    for (uint32_t c = 0; c < ND_CHAR_TABLE_SIZE; c++)
        add_pairs_of(c);
}

/* Makes the pairs if nobody did: about 2 ms. */
static void need_pairs(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, make_pairs);
}

/* Whether a character that is no mark composes with one before it. */
static bool is_second_letter(uint32_t code_point)
{
    if (is_conjoining_jamo(code_point))
        return true;
    if (code_point >= ND_CHAR_TABLE_SIZE ||
        atoi(utf8proc_unicode_version()) <= LAST_UNICODE_WITHOUT_SUCH_LETTERS)
        return false;
    need_pairs();
    return is_second[code_point / 8] >> code_point % 8 & 1;
}

bool nd_char_is_boundary(uint32_t code_point)
{
    int32_t parts[ND_CHUNK_DECOMPOSED];
    if (nd_chunk_normalise(&code_point, 1, parts) == 0)
        return false; /* dropped: transparent to what stands around it */
    const uint32_t first = (uint32_t)parts[0];
    return nd_char_class_of(first) != ND_CHAR_MARK && !is_second_letter(first);
}

nd_char_entry nd_char_compose(nd_char_entry first, nd_char_entry second)
{
    const uint32_t a = nd_char_utf8(first), b = nd_char_utf8(second);
    if (is_conjoining_jamo(code_point_of(b))) {
        const uint32_t syllable = compose_hangul(code_point_of(a), code_point_of(b));
        return syllable ? nd_char_entry_get(syllable) : 0;
    }
    need_pairs();
    return pairs[pair_place(a, b)].composite;
}

/* Whether all of parts belongs to the token the first one is in. */
static bool is_one_token(const int32_t *parts, size_t num)
{
    const nd_char_class first = nd_char_class_of((uint32_t)parts[0]);
    for (size_t i = 1; i < num; i++) {
        const nd_char_class class = nd_char_class_of((uint32_t)parts[i]);
        const bool follows = class == ND_CHAR_MARK || class == ND_CHAR_WORD;
        if (first == ND_CHAR_SEPARATOR
                ? class != first
                : !follows || (first == ND_CHAR_ALONE && class != ND_CHAR_MARK))
            return false;
    }
    return true;
}

/* Whether a character is one code point that neither composed nor can be taken apart. */
static bool is_atomic(const int32_t *parts, size_t num)
{
    utf8proc_int32_t apart[ND_CHUNK_DECOMPOSED];
    int last_boundclass = 0;
    return num == 1 &&
           utf8proc_decompose_char(parts[0], apart, ND_CHUNK_DECOMPOSED,
                                   (utf8proc_option_t)(UTF8PROC_STABLE | UTF8PROC_DECOMPOSE),
                                   &last_boundclass) == 1;
}

/* Whether a character is nothing but itself in normalised text; conjoining jamo, which compose, are
 * looked at more closely. */
static bool is_unchanged(uint32_t code_point, const utf8proc_property_t *property)
{
    const bool is_jamo = code_point >= 0x1100 && code_point <= 0x11FF;
    return property->decomp_seqindex == UINT16_MAX && property->casefold_seqindex == UINT16_MAX &&
           !property->ignorable && !is_jamo;
}

static unsigned flags_of_unchanged(uint32_t code_point, unsigned class)
{
    const bool is_syllable = code_point >= 0xAC00 && code_point <= 0xD7A3;
    const unsigned is_atomic = is_syllable ? 0 : ND_CHAR_ATOMIC;
    if (class == ND_CHAR_MARK)
        return ND_CHAR_SINGLE | is_atomic | ND_CHAR_FOLLOWS;
    if (is_second_letter(code_point))
        return ND_CHAR_SINGLE | is_atomic | ND_CHAR_FOLLOWS | ND_CHAR_COMPOSES;
    return ND_CHAR_SINGLE | is_atomic | ND_CHAR_BOUNDARY | ND_CHAR_SIMPLE;
}

/* What parts become in UTF-8, where an entry can hold it: its length, else 0. */
static unsigned encode_short(const int32_t *parts, size_t num, uint32_t *utf8)
{
    char bytes[ND_CHUNK_DECOMPOSED * 4] = {0};
    size_t len = 0;
    for (size_t i = 0; i < num; i++)
        len += nd_utf8_encode((uint32_t)parts[i], bytes + len);
    *utf8 = len <= sizeof *utf8 ? utf8_of(bytes) : 0;
    return len <= sizeof *utf8 ? (unsigned)len : 0;
}

/* The flags of a character that becomes parts[0..num), num > 0. */
static unsigned flags_of(uint32_t code_point, const int32_t *parts, size_t num, bool is_short)
{
    const nd_char_class class = nd_char_class_of((uint32_t)parts[0]);
    const bool is_boundary = nd_char_is_boundary(code_point);
    unsigned flags = is_boundary ? ND_CHAR_BOUNDARY : 0;
    if (num == 1)
        flags |= ND_CHAR_SINGLE;
    if (is_atomic(parts, num))
        flags |= ND_CHAR_ATOMIC;
    if (!is_boundary && (flags & ND_CHAR_ATOMIC) && (uint32_t)parts[0] == code_point)
        flags |= class == ND_CHAR_MARK ? ND_CHAR_FOLLOWS : ND_CHAR_FOLLOWS | ND_CHAR_COMPOSES;
    if (is_boundary && (is_short || class == ND_CHAR_SEPARATOR) && is_one_token(parts, num))
        flags |= ND_CHAR_SIMPLE;
    return flags;
}

static nd_char_entry describe_changed(uint32_t code_point)
{
    int32_t parts[ND_CHUNK_DECOMPOSED];
    const size_t num = nd_chunk_normalise(&code_point, 1, parts);
    if (num == 0)
        return (uint64_t)ND_CHAR_DROPPED << 56; /* no boundary: what stands around it may combine */
    const nd_char_class class = nd_char_class_of((uint32_t)parts[0]);
    uint32_t utf8;
    const unsigned len = encode_short(parts, num, &utf8);
    const uint64_t flags = flags_of(code_point, parts, num, len > 0);
    return nd_char_entry_of(utf8, class == ND_CHAR_SEPARATOR ? 0 : len, class) | flags << 56;
}

/* As slow as a normalisation. */
static nd_char_entry describe(uint32_t code_point)
{
    const utf8proc_property_t *const property = utf8proc_get_property((utf8proc_int32_t)code_point);
    const uint64_t combining_class = (uint8_t)property->combining_class;
    nd_char_entry entry;
    if (is_unchanged(code_point, property)) {
        entry = nd_char_normalised(code_point);
        entry |= (uint64_t)flags_of_unchanged(code_point, nd_char_class_in(entry)) << 56;
    } else {
        entry = describe_changed(code_point);
    }
    return entry | combining_class << 48;
}

/* Marks the characters of a run that are the second of a pair. */
static void flag_seconds(uint32_t first, nd_char_entry run[RUN])
{
    need_pairs();
    for (size_t i = 0; i < PAIR_PLACES; i++) {
        if (!pairs[i].first)
            continue;
        const uint32_t at = code_point_of(pairs[i].second) - first;
        if (at < RUN)
            run[at] |= (uint64_t)ND_CHAR_COMPOSES << 56;
    }
}

/* Threads that come for the same run at once write the same. */
static void make_run(uint32_t first)
{
    nd_char_entry run[RUN];
    bool has_followers = false;
    for (uint32_t i = 0; i < RUN; i++) {
        const uint32_t c = first + i;
        const bool is_surrogate = c >= 0xD800 && c <= 0xDFFF;
        run[i] = is_surrogate ? 0 : describe(c);
        /* Whatever composes with a character before it is no boundary. */
        has_followers |= !nd_char_is(run[i], ND_CHAR_BOUNDARY | ND_CHAR_DROPPED);
    }
    if (has_followers)
        flag_seconds(first, run);
    for (uint32_t i = 0; i < RUN; i++)
        atomic_store_explicit(&nd_char_table[first + i], run[i], memory_order_relaxed);
}

nd_char_entry nd_char_entry_get(uint32_t code_point)
{
    if (code_point >= ND_CHAR_TABLE_SIZE)
        return describe(code_point);
    if (!nd_char_peek(code_point))
        make_run(code_point / RUN * RUN);
    return nd_char_peek(code_point);
}
