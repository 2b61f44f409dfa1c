#include "neardup/shingle.h"

#include <stdbool.h>
#include <string.h>

#include "text/tokenise/tokeniser.h"
#include "util/sort.h"
#include "util/xxh.h"

enum { UTF8_MAX_BYTES = 4 };

/* Continuation bytes do not begin a character; neither does the space after a token. */
static bool begins_char(char byte)
{
    return byte != ' ' && ((unsigned char)byte & 0xC0) != 0x80;
}

static size_t num_chars(const nd_text *text)
{
    size_t num = 0;
    for (size_t i = 0; i < text->token_start[text->num_tokens]; i++)
        num += begins_char(text->normalised[i]);
    return num;
}

size_t nd_shingle_count(const nd_text *text, nd_shingle_spec spec)
{
    const size_t units = spec.kind == ND_SHINGLE_WORD ? text->num_tokens : num_chars(text);
    if (units == 0)
        return 0;
    return units < spec.width ? 1 : units - spec.width + 1;
}

/* --- shingles of words: XXH3 of many short strings --- */

/* The library asks of each string whether it has more than 32 bytes. Shingles of words have about
 * as many, so that no processor guesses the answer, and a wrong guess costs as much as the hash.
 * Here the part that strings of 17 to 64 bytes have in common is computed of all, and what longer
 * ones have besides of a list of them; the others are left to the library. The algorithm is that of
 * the xxHash specification (Collet, xxhash_spec.md, "Medium inputs" of XXH3) with the first 64
 * bytes of its default secret. */

enum { MEDIUM_LEAST = 17, MEDIUM_HALF = 32, MEDIUM_MOST = 64, BATCH = 128 };

static inline uint64_t read_u64(const char *p)
{
    uint64_t word;
    memcpy(&word, p, sizeof word);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    word = __builtin_bswap64(word);
#endif
    return word;
}

static inline uint64_t mix_16_bytes(const char *p, uint64_t secret_low, uint64_t secret_high)
{
    __extension__ typedef unsigned __int128 u128;
    const u128 product = (u128)(read_u64(p) ^ secret_low) * (read_u64(p + 8) ^ secret_high);
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static inline uint64_t mix_ends(const char *p, size_t len)
{
    return len * UINT64_C(0x9E3779B185EBCA87) +
           mix_16_bytes(p, UINT64_C(0xBE4BA423396CFEB8), UINT64_C(0x1CAD21F72C81017C)) +
           mix_16_bytes(p + len - 16, UINT64_C(0xDB979083E96DD4DE), UINT64_C(0x1F67B3B7A4A44072));
}

/* Of more than MEDIUM_HALF bytes. */
static inline uint64_t mix_inside(const char *p, size_t len)
{
    return mix_16_bytes(p + 16, UINT64_C(0x78E5C0CC4EE679CB), UINT64_C(0x2172FFCC7DD05A82)) +
           mix_16_bytes(p + len - 32, UINT64_C(0x8E2443F7744608B8), UINT64_C(0x4C263A81E69035E0));
}

static inline uint64_t avalanche(uint64_t hash)
{
    hash ^= hash >> 37;
    hash *= UINT64_C(0x165667919E3779F9);
    return hash ^ hash >> 32;
}

/* Hashes num strings, at most BATCH: the i-th is `span` tokens from start[i] on. */
static void hash_batch(const char *bytes, const uint32_t *start, size_t span, size_t num,
                       uint64_t *hashes)
{
    uint32_t longer[BATCH], others[BATCH];
    size_t num_longer = 0, num_others = 0;
    for (size_t i = 0; i < num; i++) {
        const size_t len = start[i + span] - start[i] - 1;
        if (len - MEDIUM_LEAST > MEDIUM_MOST - MEDIUM_LEAST) {
            others[num_others++] = (uint32_t)i;
            hashes[i] = 0;
            continue;
        }
        hashes[i] = mix_ends(bytes + start[i], len);
        longer[num_longer] = (uint32_t)i;
        num_longer += len > MEDIUM_HALF;
    }
    for (size_t k = 0; k < num_longer; k++) {
        const uint32_t i = longer[k];
        hashes[i] += mix_inside(bytes + start[i], start[i + span] - start[i] - 1);
    }
    for (size_t i = 0; i < num; i++)
        hashes[i] = avalanche(hashes[i]);
    for (size_t k = 0; k < num_others; k++) {
        const uint32_t i = others[k];
        hashes[i] = XXH3_64bits(bytes + start[i], start[i + span] - start[i] - 1);
    }
}

static void hash_words(const nd_text *text, uint32_t width, uint64_t *hashes)
{
    const size_t span = text->num_tokens < width ? text->num_tokens : width;
    const size_t num = text->num_tokens - span + 1;
    for (size_t i = 0; i < num; i += BATCH)
        hash_batch(text->normalised, text->token_start + i, span, num - i < BATCH ? num - i : BATCH,
                   hashes + i);
}

/* --- of characters --- */

/* `width` consecutive characters of the tokens joined by nothing, in a buffer that is moved back to
 * its front when it is full, so that each shingle is contiguous:
 *
 *   bytes:  | gone | the window's characters | room for the next |
 *                  ^ begin                   ^ end
 */
typedef struct char_window {
    size_t begin, end;
    uint32_t num_chars;
    char bytes[16 * ND_SHINGLE_WIDTH_MAX * UTF8_MAX_BYTES];
} char_window;

/* Takes in the character at `from`, and returns how many bytes it has. */
static size_t window_push(char_window *window, const char *from, const char *end)
{
    size_t len = 1;
    while (from + len < end && ((unsigned char)from[len] & 0xC0) == 0x80)
        len++;
    if (window->end + len > sizeof window->bytes) {
        window->end -= window->begin;
        memmove(window->bytes, window->bytes + window->begin, window->end);
        window->begin = 0;
    }
    memcpy(window->bytes + window->end, from, len);
    window->end += len;
    window->num_chars++;
    return len;
}

static void window_pop(char_window *window)
{
    do
        window->begin++;
    while (window->begin < window->end && !begins_char(window->bytes[window->begin]));
    window->num_chars--;
}

static uint64_t window_hash(const char_window *window)
{
    return XXH3_64bits(window->bytes + window->begin, window->end - window->begin);
}

static void hash_chars(const nd_text *text, uint32_t width, uint64_t *hashes)
{
    char_window window;
    window.begin = window.end = window.num_chars = 0;
    size_t num = 0;
    const char *at = text->normalised;
    const char *const end = at + text->token_start[text->num_tokens];
    while (at < end) {
        if (*at == ' ') {
            at++;
            continue;
        }
        at += window_push(&window, at, end);
        if (window.num_chars == width) {
            hashes[num++] = window_hash(&window);
            window_pop(&window);
        }
    }
    if (num == 0 && window.num_chars > 0)
        hashes[0] = window_hash(&window);
}

nd_status nd_shingle_hashes(const nd_text *text, nd_shingle_spec spec, uint64_t *hashes)
{
    if (spec.width < 1 || spec.width > ND_SHINGLE_WIDTH_MAX)
        return ND_ERR_INVALID_ARGUMENT;
    switch (spec.kind) {
    case ND_SHINGLE_WORD:
        if (text->num_tokens > 0)
            hash_words(text, spec.width, hashes);
        return ND_OK;
    case ND_SHINGLE_CHAR:
        if (text->num_tokens > 0)
            hash_chars(text, spec.width, hashes);
        return ND_OK;
    }
    return ND_ERR_INVALID_ARGUMENT;
}

/* Moves items[at] down until no child is larger. */
static void sift_down(uint64_t *items, size_t at, size_t num)
{
    const uint64_t item = items[at];
    for (size_t child; (child = 2 * at + 1) < num; at = child) {
        child += child + 1 < num && items[child + 1] > items[child];
        if (items[child] <= item)
            break;
        items[at] = items[child];
    }
    items[at] = item;
}

/* Heapsort (Williams 1964): in place, and never slow. */
static void sort_in_place(uint64_t *items, size_t num)
{
    for (size_t i = num / 2; i-- > 0;)
        sift_down(items, i, num);
    for (size_t i = num; i-- > 1;) {
        const uint64_t largest = items[0];
        items[0] = items[i];
        items[i] = largest;
        sift_down(items, 0, i);
    }
}

size_t nd_shingle_set(uint64_t *hashes, size_t num, uint64_t *scratch)
{
    if (num == 0)
        return 0;
    if (scratch)
        nd_radix_sort_u64(hashes, scratch, num);
    else
        sort_in_place(hashes, num);
    size_t kept = 1;
    uint64_t before = hashes[0];
    for (size_t i = 1; i < num; i++) {
        const uint64_t hash = hashes[i];
        hashes[kept] = hash;
        kept += hash != before;
        before = hash;
    }
    return kept;
}
