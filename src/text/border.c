#include "text/border.h"

#include <stdbool.h>
#include <string.h>

#include "text/characters.h"
#include "text/tokenise/tokeniser.h"

/* An abbreviated title is capitalised and this short. */
enum { TITLE_MAX_BYTES = 3 };

static bool is_title(const char *word, size_t len_bytes)
{
    return len_bytes <= TITLE_MAX_BYTES && word[0] >= 'A' && word[0] <= 'Z';
}

/* Ends a sentence wherever it stands. */
static bool is_full_stop_alone(uint32_t code_point)
{
    switch (code_point) {
    case 0x061F: /* Arabic question mark */
    case 0x06D4: /* Arabic full stop */
    case 0x0964: /* danda */
    case 0x3002: /* ideographic full stop */
    case 0xFF01:
    case 0xFF0E:
    case 0xFF1F:
    case 0xFF61:
        return true;
    default:
        return false;
    }
}

static bool is_line_break(uint32_t code_point)
{
    return code_point == '\n' || code_point == '\r' || code_point == '\f' || code_point == 0x85 ||
           code_point == 0x2028 || code_point == 0x2029;
}

static bool is_white_space(uint32_t code_point)
{
    return code_point == ' ' || code_point == '\t' || code_point == 0xA0 || code_point == 0x3000 ||
           (code_point >= 0x2000 && code_point <= 0x200A) || code_point == 0x202F;
}

/* The same for separators that hold other characters than ASCII. */
static nd_border border_of_wide_gap(const char *bytes, size_t len_bytes, bool after_title)
{
    nd_border border = ND_BORDER_NONE;
    bool has_stop = false;
    for (size_t at = 0; at < len_bytes;) {
        const nd_utf8_char c = nd_utf8_decode(bytes + at, len_bytes - at);
        at += c.len_bytes;
        if (is_line_break(c.code_point))
            return ND_BORDER_LINE;
        if (is_full_stop_alone(c.code_point) || (has_stop && is_white_space(c.code_point)))
            border = ND_BORDER_SENTENCE;
        has_stop |= c.code_point == '!' || c.code_point == '?' || c.code_point == 0x2026 ||
                    (c.code_point == '.' && !after_title);
    }
    return border;
}

typedef enum separator {
    OTHER = 0,
    WHITE_SPACE, /* no border alone, as those above */
    LINE_BREAK,
    FULL_STOP,
    STOP, /* ends a sentence after a title, too */
    WIDE,
} separator;

static separator separator_of(unsigned char byte)
{
    static const uint8_t of_ascii[128] = {
        ['\n'] = LINE_BREAK,  ['\r'] = LINE_BREAK, ['\f'] = LINE_BREAK, [' '] = WHITE_SPACE,
        ['\t'] = WHITE_SPACE, ['.'] = FULL_STOP,   ['!'] = STOP,        ['?'] = STOP,
    };
    return byte < 128 ? (separator)of_ascii[byte] : WIDE;
}

/* The border that the separators bytes[0..len_bytes) after a word make. */
static nd_border border_of_gap(const char *bytes, size_t len_bytes, bool after_title)
{
    nd_border border = ND_BORDER_NONE;
    bool has_stop = false;
    for (size_t at = 0; at < len_bytes; at++) {
        switch (separator_of((unsigned char)bytes[at])) {
        case LINE_BREAK:
            return ND_BORDER_LINE;
        case WHITE_SPACE:
            border = has_stop ? ND_BORDER_SENTENCE : border;
            break;
        case FULL_STOP:
            has_stop |= !after_title;
            break;
        case STOP:
            has_stop = true;
            break;
        case WIDE:
            return border_of_wide_gap(bytes, len_bytes, after_title);
        case OTHER:
            break;
        }
    }
    return border;
}

/* Sets the top bit of some byte if one of eight bytes is `byte`, or not ASCII (Mycroft 1987;
 * Warren, Hacker's Delight, section 6-1). */
static inline uint64_t find_byte(uint64_t eight, char byte)
{
    const uint64_t ones = 0x0101010101010101u;
    return (eight ^ ones * (unsigned char)byte) - ones;
}

/* What the separators of a gap hold. Most are a line feed and indentation, or nothing that makes a
 * border, and which of the two is more than a branch can foresee. */
typedef struct gap_content {
    uint64_t line_feed; /* not 0: wherever it stands in the gap, it makes the border */
    uint64_t others;    /* not 0: there is what else may make one, which is to be read */
} gap_content;

static inline gap_content content_of_eight(uint64_t eight)
{
    const uint64_t ones = 0x0101010101010101u, tops = 0x8080808080808080u;
    const uint64_t others = find_byte(eight | ones, '\r') | /* or a form feed, one below it */
                            find_byte(eight, '.') | find_byte(eight, '!') | find_byte(eight, '?') |
                            eight;
    return (gap_content){find_byte(eight, '\n') & ~eight & tops, others & tops};
}

/* The first of at most eight bytes, zeros behind them; eight can be read. */
static inline uint64_t eight_of(const char *bytes, size_t len_bytes)
{
    static const uint8_t kept[16] = {0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF};
    uint64_t eight, mask;
    memcpy(&eight, bytes, 8);
    memcpy(&mask, kept + 8 - len_bytes, 8);
    return eight & mask;
}

/* The same of a gap of more than eight bytes, where eight can be read from any of them on. */
static __attribute__((noinline)) gap_content content_of_long_gap(const char *bytes,
                                                                 size_t len_bytes)
{
    const uint64_t spaces = 0x2020202020202020u; /* columns are set apart by many of them */
    gap_content content = {0, 0};
    for (; len_bytes > 8 && !content.line_feed; bytes += 8, len_bytes -= 8) {
        const uint64_t eight = eight_of(bytes, 8);
        if (eight == spaces)
            continue;
        const gap_content next = content_of_eight(eight);
        content.line_feed |= next.line_feed;
        content.others |= next.others;
    }
    const gap_content last = content_of_eight(eight_of(bytes, len_bytes < 8 ? len_bytes : 8));
    return (gap_content){content.line_feed | last.line_feed, content.others | last.others};
}

nd_status nd_borders_begin(nd_borders *borders, const nd_allocator *allocator, const nd_text *text,
                           const char *bytes)
{
    const size_t num = nd_text_num_tokens(text);
    borders->known.len = 0;
    const nd_status status = ND_VEC_RESERVE(allocator, &borders->known, num + 1);
    if (status != ND_OK)
        return status;
    borders->text = text;
    borders->bytes = bytes;
    borders->tokens_end = num > 0 ? text->source_end[num - 1] : 0;
    borders->known.len = num + 1;
    memset(borders->known.items, ND_BORDER_UNKNOWN, num + 1);
    borders->known.items[0] = borders->known.items[num] = ND_BORDER_LINE;
    return ND_OK;
}

/* The same byte by byte, of the gap before a token; rare, and apart from what is done for each. */
static __attribute__((noinline)) nd_border read_gap(const nd_borders *borders, uint32_t token,
                                                    uint32_t len_bytes)
{
    const uint32_t word = borders->text->source_start[token - 1];
    const uint32_t from = borders->text->source_end[token - 1];
    const char *const bytes = borders->bytes;
    return border_of_gap(bytes + from, len_bytes, is_title(bytes + word, from - word));
}

nd_border nd_borders_look(nd_borders *borders, uint32_t token)
{
    const nd_text *const text = borders->text;
    const char *const bytes = borders->bytes;
    const uint32_t from = text->source_end[token - 1], to = text->source_start[token];
    const uint32_t num = from < to ? to - from : 0;
    gap_content content = {0, 1};
    if ((uint64_t)from + num + 8 <= borders->tokens_end)
        content = num <= 8 ? content_of_eight(eight_of(bytes + from, num))
                           : content_of_long_gap(bytes + from, num);
    nd_border border = content.line_feed ? ND_BORDER_LINE : ND_BORDER_NONE;
    if (!content.line_feed && content.others)
        border = read_gap(borders, token, num);
    borders->known.items[token] = (uint8_t)border;
    return border;
}

void nd_borders_release(nd_borders *borders, const nd_allocator *allocator)
{
    ND_VEC_RELEASE(allocator, &borders->known);
}

/* --- lines --- */

/* len_bytes is at most ND_LINE_BLOCK, so that eight bits do. */
static uint32_t count_line_feeds(const char *bytes, size_t len_bytes)
{
    uint8_t num = 0;
    for (size_t i = 0; i < len_bytes; i++)
        num = (uint8_t)(num + (bytes[i] == '\n'));
    return num;
}

nd_status nd_line_index_set(nd_line_index *index, const nd_allocator *allocator, const char *bytes,
                            size_t len_bytes)
{
    const size_t num_blocks = len_bytes / ND_LINE_BLOCK;
    index->before.len = 0;
    const nd_status status = ND_VEC_RESERVE(allocator, &index->before, num_blocks + 1);
    if (status != ND_OK)
        return status;
    index->bytes = bytes;
    index->before.len = num_blocks + 1;
    uint32_t num = 0;
    for (size_t i = 0; i < num_blocks; i++) {
        index->before.items[i] = num;
        num += count_line_feeds(bytes + i * ND_LINE_BLOCK, ND_LINE_BLOCK);
    }
    index->before.items[num_blocks] = num;
    return ND_OK;
}

/* The same of the first `num` bytes of a whole block, without a branch for how many these are. */
static uint32_t count_first_line_feeds(const char bytes[ND_LINE_BLOCK], uint8_t num)
{
    const uint8_t end = ND_LINE_BLOCK;
    uint8_t found = 0;
    for (uint8_t i = 0; i < end; i++)
        found = (uint8_t)(found + ((bytes[i] == '\n') & (i < num)));
    return found;
}

uint64_t nd_line_index_line(const nd_line_index *index, uint64_t offset)
{
    const uint64_t block = offset / ND_LINE_BLOCK, num = offset % ND_LINE_BLOCK;
    const char *const bytes = index->bytes + block * ND_LINE_BLOCK;
    const uint32_t found = block + 1 < index->before.len
                               ? count_first_line_feeds(bytes, (uint8_t)num)
                               : count_line_feeds(bytes, num);
    return 1 + index->before.items[block] + found;
}

void nd_line_index_release(nd_line_index *index, const nd_allocator *allocator)
{
    ND_VEC_RELEASE(allocator, &index->before);
}
