#include "text/border.h"

#include <stdbool.h>

#include "text/token_buffer.h"
#include "text/utf8.h"

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

/* The border that the separators bytes[0..len_bytes) after a word make. */
static nd_border border_of_gap(const char *bytes, size_t len_bytes, bool after_title)
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

void nd_text_borders(const nd_text *text, const char *bytes, size_t len_bytes, uint8_t *borders)
{
    const size_t num = text->num_tokens;
    borders[0] = borders[num] = ND_BORDER_LINE;
    for (size_t t = 1; t < num; t++) {
        const uint32_t from = text->source_end[t - 1], to = text->source_start[t];
        if (to <= from || to > len_bytes || (to - from == 1 && bytes[from] == ' ')) {
            borders[t] = ND_BORDER_NONE;
            continue;
        }
        const uint32_t word = text->source_start[t - 1];
        borders[t] =
            (uint8_t)border_of_gap(bytes + from, to - from, is_title(bytes + word, from - word));
    }
}
