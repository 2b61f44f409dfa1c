/* Tokens of ASCII on any machine: one byte at a time, without branches. */
#include <string.h>

#include "text/tokenise/tokeniser.h"

/* A stretch is short enough not to pass out_stop by more than the slack. */
enum { STRETCH_BYTES = 2048 };

/* What each ASCII byte becomes, 32 a line: lower-cased letters, digits, and spaces for all else. */
static const char folded_bytes[128 + 1] = "                                "
                                          "                0123456789      "
                                          " abcdefghijklmnopqrstuvwxyz     "
                                          " abcdefghijklmnopqrstuvwxyz     ";

/* Where the ASCII that begins at `at` can be cut: before its last byte where more follows, because
 * a mark may come. */
static size_t end_of_ascii(const nd_tokeniser *t, size_t at)
{
    const size_t stop = t->len_bytes - at > STRETCH_BYTES ? at + STRETCH_BYTES : t->len_bytes;
    size_t end = at;
    uint64_t word = 0;
    for (; stop - end >= sizeof word; end += sizeof word) {
        memcpy(&word, t->bytes + end, sizeof word);
        if (word & 0x8080808080808080u)
            break;
    }
    while (end < stop && t->bytes[end] < 0x80)
        end++;
    return end < t->len_bytes && end > at ? end - 1 : end;
}
/* bytes[t->at..end), which are ASCII, to tokens. All of *t the loop uses is held in locals: as far
 * as the compiler knows, a byte it writes may be one of *t. */
static inline void take_ascii(nd_tokeniser *t, size_t end, nd_text_offsets offsets)
{
    const uint8_t *const bytes = t->bytes;
    uint8_t *out = t->out + t->out_len;
    uint32_t *const source_start = t->source_start, *const source_end = t->source_end;
    size_t starts = t->num_starts, ends = t->num_ends;
    uint8_t in_word = t->is_open;
    for (size_t at = t->at; at < end; at++) {
        const uint8_t folded = (uint8_t)folded_bytes[bytes[at]];
        const uint8_t is_word = folded != ' ';
        *out = folded;
        out += is_word | in_word;
        if (offsets == ND_TEXT_WITH_OFFSETS) {
            source_start[starts] = source_end[ends] = (uint32_t)at;
            starts += is_word & ~in_word;
            ends += in_word & ~is_word;
        }
        in_word = is_word;
    }
    t->at = t->token_end = end;
    t->out_len = (size_t)(out - t->out);
    t->num_starts = starts;
    t->num_ends = ends;
    t->is_open = in_word;
}

static void easy(nd_tokeniser *t)
{
    while (t->at < t->len_bytes && t->out_len < t->out_stop) {
        const size_t end = end_of_ascii(t, t->at);
        if (end == t->at)
            return;
        if (t->source_start)
            take_ascii(t, end, ND_TEXT_WITH_OFFSETS);
        else
            take_ascii(t, end, ND_TEXT_NO_OFFSETS);
    }
}

static size_t token_starts(const uint8_t *out, size_t from, size_t to, uint32_t *starts)
{
    size_t num = 0;
    for (size_t at = from; at < to; at++) {
        starts[num] = (uint32_t)(at + 1);
        num += out[at] == ' ';
    }
    return num;
}

const nd_tokenise_kernel nd_tokenise_kernel_scalar = {easy, token_starts, 0};
