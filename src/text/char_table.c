#include "text/char_table.h"

#include <pthread.h>
#include <string.h>
#include <utf8proc.h>

#include "text/char_class.h"
#include "text/chunk.h"
#include "text/utf8.h"

/* Pairs that compose, by their UTF-8 forms: open addressing, first = 0 is a free place. Unicode 15
 * has 940 of them; should a later version outgrow the table every pair is taken to compose, which
 * is slower and still right. */
enum { PAIR_PLACES = 4096, MAX_PAIRS = PAIR_PLACES / 2 };

static struct {
    uint32_t first, second;
} pairs[PAIR_PLACES];
static size_t num_pairs;
static bool pairs_overflowed;

static nd_char_entry planes[ND_CHAR_PLANES][ND_CHAR_PLANE_SIZE];

static uint32_t utf8_word(uint32_t code_point, uint8_t *len_bytes)
{
    char bytes[4] = {0};
    uint32_t word;
    *len_bytes = (uint8_t)nd_utf8_encode(code_point, bytes);
    memcpy(&word, bytes, sizeof word);
    return word;
}

static size_t pair_place(uint32_t first, uint32_t second)
{
    size_t place = (first * 0x9E3779B1u ^ second * 0x85EBCA77u) >> 20;
    while (pairs[place].first && (pairs[place].first != first || pairs[place].second != second))
        place = (place + 1) % PAIR_PLACES;
    return place;
}

bool nd_char_pair_composes(const nd_char_entry *first, const nd_char_entry *second)
{
    return pairs_overflowed || pairs[pair_place(first->utf8, second->utf8)].first != 0;
}

static void add_pair(uint32_t first, uint32_t second)
{
    uint8_t len;
    const uint32_t a = utf8_word(first, &len), b = utf8_word(second, &len);
    const size_t place = pair_place(a, b);
    if (pairs[place].first)
        return;
    pairs_overflowed |= num_pairs == MAX_PAIRS;
    if (pairs_overflowed)
        return;
    pairs[place].first = a;
    pairs[place].second = b;
    num_pairs++;
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
    if (composes_to_one(parts, num) && composes_to_one(head, num - 1))
        add_pair((uint32_t)head[0], last);
}

static void make_pairs(void)
{
    for (uint32_t c = 0; c < ND_CHAR_PLANES * ND_CHAR_PLANE_SIZE; c++)
        add_pairs_of(c);
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

/* Writes what parts become in UTF-8 to the entry; false if that is too long. */
static bool store_utf8(nd_char_entry *entry, const int32_t *parts, size_t num)
{
    char bytes[ND_CHUNK_DECOMPOSED * 4] = {0};
    size_t len = 0;
    for (size_t i = 0; i < num; i++)
        len += nd_utf8_encode((uint32_t)parts[i], bytes + len);
    if (len > sizeof entry->utf8)
        return false;
    memcpy(&entry->utf8, bytes, sizeof entry->utf8);
    entry->len_bytes = (uint8_t)len;
    return true;
}

nd_char_entry nd_char_describe(uint32_t code_point)
{
    nd_char_entry entry = {.flags = nd_char_is_boundary(code_point) ? ND_CHAR_BOUNDARY : 0};
    int32_t parts[ND_CHUNK_DECOMPOSED];
    const size_t num = nd_chunk_normalise(&code_point, 1, parts);
    if (num == 0)
        return entry;
    const nd_char_class class = nd_char_class_of((uint32_t)parts[0]);
    entry.char_class = (uint8_t) class;
    entry.combining_class =
        (uint8_t)utf8proc_get_property((utf8proc_int32_t)code_point)->combining_class;
    const bool is_short = store_utf8(&entry, parts, num);
    if (num == 1)
        entry.flags |= ND_CHAR_SINGLE;
    if (is_atomic(parts, num))
        entry.flags |= ND_CHAR_ATOMIC;
    if (!(entry.flags & ND_CHAR_BOUNDARY)) {
        if (class == ND_CHAR_MARK && (entry.flags & ND_CHAR_ATOMIC) &&
            (uint32_t)parts[0] == code_point)
            entry.flags |= ND_CHAR_PLAIN_MARK;
        return entry;
    }
    if (class == ND_CHAR_SEPARATOR)
        entry.len_bytes = 0;
    if ((is_short || class == ND_CHAR_SEPARATOR) && is_one_token(parts, num))
        entry.flags |= ND_CHAR_SIMPLE;
    return entry;
}

/* Marks the characters of a plane that are the second of a pair. */
static void flag_seconds(unsigned plane)
{
    for (size_t i = 0; i < PAIR_PLACES; i++) {
        if (!pairs[i].first)
            continue;
        const uint32_t c = nd_utf8_decode((const char *)&pairs[i].second, 4).code_point;
        if (c / ND_CHAR_PLANE_SIZE == plane)
            planes[plane][c % ND_CHAR_PLANE_SIZE].flags |= ND_CHAR_COMPOSES;
    }
    for (size_t i = 0; pairs_overflowed && i < ND_CHAR_PLANE_SIZE; i++)
        planes[plane][i].flags |= ND_CHAR_COMPOSES;
}

static void make_plane(unsigned plane)
{
    for (uint32_t i = 0; i < ND_CHAR_PLANE_SIZE; i++) {
        const uint32_t c = plane * ND_CHAR_PLANE_SIZE + i;
        const bool is_surrogate = c >= 0xD800 && c <= 0xDFFF;
        if (!is_surrogate)
            planes[plane][i] = nd_char_describe(c);
    }
    flag_seconds(plane);
}

static void make_plane_0(void)
{
    make_plane(0);
}

static void make_plane_1(void)
{
    make_plane(1);
}

const nd_char_entry *nd_char_plane(unsigned plane)
{
    static pthread_once_t pairs_once = PTHREAD_ONCE_INIT;
    static pthread_once_t plane_once[ND_CHAR_PLANES] = {PTHREAD_ONCE_INIT, PTHREAD_ONCE_INIT};
    static void (*const make[ND_CHAR_PLANES])(void) = {make_plane_0, make_plane_1};
    pthread_once(&pairs_once, make_pairs);
    pthread_once(&plane_once[plane], make[plane]);
    return planes[plane];
}
