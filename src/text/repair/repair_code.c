/* Code that stands in a text for machines: minified scripts and style sheets, compact JSON. Two
 * articles with the same are no copies of each other.
 *
 * It is looked for where 64 bytes follow each other without a blank, which prose has few of: the
 * stretch of chunks between blanks with the most signs of syntax for its length, a maximal scoring
 * segment (J. Bentley, Programming Pearls, 1984), left where its score drops by MAX_DROP. */
#include <stdbool.h>

#include "text/repair/repair_pass.h"
#include "text/repair/repair_scan.h"

enum {
    MIN_CODE_BYTES = 160,
    MIN_CODE_SCORE = 140, /* which is the most that counts */
    MAX_DROP = 80,
    MAX_BACK_BYTES = 400, /* before the mark */
    SIGN_SCORE = 10,
    LINK_SCORE = -20,
    CHUNK_SCORE = -8, /* and -1 a byte: a word has -12, a chunk of minified code +10 to +100 */
    MARK_BYTES = 64,
};

static bool is_blank(char c)
{
    return (uint8_t)c <= ' ';
}

/* Signs of syntax, of which prose has few. */
static bool is_sign(char c)
{
    static const bool signs[128] = {
        ['{'] = 1, ['}'] = 1, ['('] = 1, [')'] = 1, ['['] = 1, [']'] = 1,  [';'] = 1,
        ['='] = 1, ['<'] = 1, ['>'] = 1, ['|'] = 1, ['&'] = 1, ['!'] = 1,  ['?'] = 1,
        [':'] = 1, ['"'] = 1, [','] = 1, ['+'] = 1, ['*'] = 1, ['\''] = 1, ['`'] = 1,
    };
    return (uint8_t)c < 128 && signs[(uint8_t)c];
}

static bool is_ascii(char c)
{
    return (uint8_t)c < 0x80;
}

/* Chunks end at blanks, and where ASCII meets other characters, so that a long address in Chinese
 * prose is a chunk of its own. */
static size_t chunk_end(const nd_repair_pass *pass, size_t at)
{
    const size_t start = at;
    while (at < pass->in_len && !is_blank(pass->in[at]) &&
           is_ascii(pass->in[at]) == is_ascii(pass->in[start]))
        at++;
    return at;
}

/* The links of a list in Markdown have many signs, but names between them that are read. */
static bool is_link(const nd_repair_pass *pass, size_t start, size_t at)
{
    return at > start && pass->in[at] == '(' && pass->in[at - 1] == ']';
}

static int64_t score_of(const nd_repair_pass *pass, size_t start, size_t end)
{
    int64_t score = CHUNK_SCORE;
    for (size_t at = start; at < end && score < MIN_CODE_SCORE; at++) {
        const char c = pass->in[at];
        const bool is_repeated = at > start && c == pass->in[at - 1]; /* as in rulers */
        score += is_link(pass, start, at)     ? LINK_SCORE
                 : is_sign(c) && !is_repeated ? SIGN_SCORE
                                              : 0;
        score--;
    }
    return score;
}

/* A stretch of chunks and what it scores. */
typedef struct segment {
    size_t start, end;
    int64_t score;
} segment;

/* The stretch that scores best around the mark at *at, of what was not left out before `from`. *at
 * goes to where all was looked at. */
static segment find_code(const nd_repair_pass *pass, size_t from, size_t *at)
{
    const size_t mark_end = *at + MARK_BYTES;
    const size_t first = *at > from + MAX_BACK_BYTES ? *at - MAX_BACK_BYTES : from;
    segment best = {0}, now = {.start = first};
    size_t i = first;
    while (i < pass->in_len && (i < mark_end || now.score > 0) &&
           (best.score < MIN_CODE_SCORE || now.score >= best.score - MAX_DROP)) {
        while (i < pass->in_len && is_blank(pass->in[i]))
            i++;
        if (now.score <= 0)
            now = (segment){.start = i};
        const size_t end = chunk_end(pass, i);
        now.score += score_of(pass, i, end);
        now.score = now.score < MIN_CODE_SCORE ? now.score : MIN_CODE_SCORE;
        now.end = i = end;
        if (now.score >= best.score)
            best = now;
    }
    *at = i > mark_end ? i : mark_end;
    return best;
}

nd_status nd_repair_code(nd_repair_pass *pass)
{
    const nd_repair_scan *const scan = nd_repair_scan_current();
    nd_status status = ND_OK;
    size_t left_out = 0, looked_at = 0;
    for (size_t at; status == ND_OK &&
                    (at = scan->next_blob_mark(pass->in, pass->in_len, looked_at)) < pass->in_len;
         looked_at = at) {
        const segment code = find_code(pass, left_out, &at);
        if (code.score < MIN_CODE_SCORE || code.end - code.start < MIN_CODE_BYTES)
            continue;
        status = nd_repair_pass_replace(pass, code.start, code.end, " ", 1);
        left_out = at = code.end;
    }
    return status;
}
