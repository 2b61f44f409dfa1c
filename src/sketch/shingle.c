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

static void hash_words(const nd_text *text, uint32_t width, uint64_t *hashes)
{
    const uint32_t *const start = text->token_start;
    const size_t span = text->num_tokens < width ? text->num_tokens : width;
    for (size_t i = 0; i + span <= text->num_tokens; i++)
        hashes[i] = XXH3_64bits(text->normalised + start[i], start[i + span] - start[i] - 1);
}

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
