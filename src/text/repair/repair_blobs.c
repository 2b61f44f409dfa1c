/* What stands in a text without being any: numbers and bytes, and code for machines. Two articles
 * that embed the same are no copies of each other. Both are looked for where 64 bytes follow each
 * other without a blank, which prose has few of.
 *
 * Images in base64, long numbers in hex, the rows of hex dumps: runs of base64 and hex, over lines
 * of 40 letters and more; small letters, capitals and digits take turns in them as they do at
 * random. Dumps are found by the offset that begins a row.
 *
 * Minified scripts and style sheets, compact JSON: the stretch of chunks between blanks with the
 * most signs of syntax for its length, a maximal scoring segment (J. Bentley, Programming Pearls,
 * 1984), left where its score drops by MAX_DROP. */
#include <stdbool.h>
#include <string.h>

#include "text/repair/repair_pass.h"

/* --- numbers and bytes --- */

enum {
    MIN_RUN_LETTERS = 100,
    MIN_LINE_BYTES = 40,
    MIN_LAST_LETTERS = 8,
    MAX_DATA_PREFIX_BYTES = 100, /* data:image/svg+xml;charset=utf-8;base64, */
    MIN_OFFSET_DIGITS = 6,
    MIN_ROW_BYTES = 8,
    MIN_ROWS = 2,
};

static bool is_blank(char c)
{
    return (uint8_t)c <= ' ';
}

static bool is_solid(char c)
{
    return (c > ' ' && c < 0x7F) || c == '\n' || c == '\r';
}

typedef enum letter_kind { NO_LETTER, CAPITAL, SMALL, DIGIT } letter_kind;

static letter_kind kind_of(char c)
{
    if (c >= '0' && c <= '9')
        return DIGIT;
    if (c >= 'a' && c <= 'z')
        return SMALL;
    return c >= 'A' && c <= 'Z' ? CAPITAL : NO_LETTER;
}

static bool is_base64(char c)
{
    return kind_of(c) != NO_LETTER || c == '+' || c == '/' || c == '-' || c == '_';
}

/* A stretch of the text. */
typedef struct stretch {
    size_t start, end;
} stretch;

/* A run of base64, perhaps over several lines. */
typedef struct run {
    size_t end;
    size_t num_letters, num_digits;
    size_t num_turns; /* letters of another kind than the one before */
} run;

static size_t skip_line_break(const nd_repair_pass *pass, size_t at)
{
    const size_t start = at;
    while (at < pass->in_len && is_blank(pass->in[at]))
        at++;
    while (at < pass->in_len && at > start && (pass->in[at] == '>' || pass->in[at] == ' '))
        at++;
    return at;
}

/* Counts the letters of one line from `at` on, and returns where they end, "=" behind them
 * included. */
static size_t read_line(const nd_repair_pass *pass, size_t at, run *r)
{
    const size_t start = at;
    letter_kind before = NO_LETTER;
    for (; at < pass->in_len && is_base64(pass->in[at]); at++) {
        const letter_kind kind = kind_of(pass->in[at]);
        if (kind == NO_LETTER)
            continue;
        r->num_letters++;
        r->num_digits += kind == DIGIT;
        r->num_turns += kind != before && before != NO_LETTER;
        before = kind;
    }
    while (at < pass->in_len && at > start && pass->in[at] == '=')
        at++;
    return at;
}

/* Whether what was read of a line may be the rest of a run: as long as the others, or ended by "=",
 * or a whole line of letters in such an order. */
static bool may_go_on(const nd_repair_pass *pass, size_t start, size_t end, const run *line)
{
    const bool is_whole = end == pass->in_len || pass->in[end] == '\n' || pass->in[end] == '\r';
    return end - start >= MIN_LINE_BYTES || (end > start && pass->in[end - 1] == '=') ||
           (is_whole && line->num_letters >= MIN_LAST_LETTERS &&
            line->num_turns * 3 >= line->num_letters);
}

/* The run that begins at `at`: more than one line where they are long, as in mails and keys. */
static run read_run(const nd_repair_pass *pass, size_t at)
{
    run all = {.end = at};
    for (size_t line = at; line < pass->in_len;) {
        run one = {0};
        const size_t end = read_line(pass, line, &one);
        if (line > at && !may_go_on(pass, line, end, &one))
            break;
        all = (run){end, all.num_letters + one.num_letters, all.num_digits + one.num_digits,
                    all.num_turns + one.num_turns};
        const bool is_line = end < pass->in_len && (pass->in[end] == '\n' || pass->in[end] == '\r');
        if (end - line < MIN_LINE_BYTES || !is_line)
            break;
        line = skip_line_break(pass, end);
    }
    return all;
}

/* Random letters of base64 turn in 64 of 100 places and have 16 digits, those of hex 47 and 62;
 * paths and words in camel case, without blanks between them, 10 to 35 and hardly a digit. */
static bool is_random(const run *r)
{
    return r->num_letters >= MIN_RUN_LETTERS && r->num_turns * 3 >= r->num_letters &&
           r->num_digits * 25 >= r->num_letters;
}

/* Where "data:" stands before a run at `at` in the same chunk; `at` where it does not. */
static size_t data_start(const nd_repair_pass *pass, size_t from, size_t at)
{
    for (size_t i = at; i > from && at - i < MAX_DATA_PREFIX_BYTES && !is_blank(pass->in[i - 1]);
         i--)
        if (pass->in_len - (i - 1) >= 5 && memcmp(pass->in + i - 1, "data:", 5) == 0)
            return i - 1;
    return at;
}

/* Leaves out the runs that nobody wrote in the stretch without blanks, but perhaps over several
 * lines, around the byte at *at, from which on nothing was looked at before `from`. *at goes to its
 * end. */
static nd_status leave_out_runs(nd_repair_pass *pass, size_t from, size_t *at)
{
    size_t i = *at;
    while (i > from && is_solid(pass->in[i - 1]))
        i--;
    nd_status status = ND_OK;
    while (status == ND_OK && i < pass->in_len && is_solid(pass->in[i])) {
        if (!is_base64(pass->in[i])) {
            i++;
            continue;
        }
        const run r = read_run(pass, i);
        if (is_random(&r)) {
            status = nd_repair_pass_replace(pass, data_start(pass, from, i), r.end, " ", 1);
            from = r.end;
        }
        i = r.end;
    }
    *at = i;
    return status;
}

static bool is_hex(char c)
{
    return kind_of(c) == DIGIT || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/* Where the row of a hex dump ends that begins at `at`: an offset, perhaps a colon, and groups of
 * two, four or eight digits, six in octal. `at` where none begins. */
static size_t row_end(const nd_repair_pass *pass, size_t at)
{
    const size_t start = at;
    while (at < pass->in_len && is_hex(pass->in[at]))
        at++;
    if (at - start < MIN_OFFSET_DIGITS || at == pass->in_len)
        return start;
    at += pass->in[at] == ':';
    size_t num_bytes = 0;
    while (at < pass->in_len && pass->in[at] == ' ') {
        while (at < pass->in_len && pass->in[at] == ' ')
            at++;
        size_t digits = at;
        while (digits < pass->in_len && is_hex(pass->in[digits]))
            digits++;
        const size_t num = digits - at;
        if (num != 2 && num != 4 && num != 6 && num != 8)
            break;
        num_bytes += num / 2;
        at = digits;
    }
    if (num_bytes < MIN_ROW_BYTES)
        return start;
    const char *const line_end = memchr(pass->in + at, '\n', pass->in_len - at);
    return line_end ? (size_t)(line_end - pass->in) : pass->in_len;
}

/* The dump whose row begins behind the line feed at `mark`, with the row before it; empty where
 * there are no two rows. */
static stretch find_dump(const nd_repair_pass *pass, size_t mark, size_t from)
{
    size_t line = mark, num = 0;
    while (line > from && pass->in[line - 1] != '\n')
        line--;
    const bool has_row_before = line < mark && row_end(pass, line) == mark;
    stretch dump = {has_row_before ? line : mark + 1, 0};
    num = has_row_before;
    for (size_t at = mark + 1, end; (end = row_end(pass, at)) > at; at = end + 1, num++) {
        dump.end = end;
        if (end == pass->in_len)
            return num + 1 >= MIN_ROWS ? dump : (stretch){0, 0};
    }
    return num >= MIN_ROWS && dump.end ? dump : (stretch){0, 0};
}

/* Leaves out the dump whose row begins behind the line feed at *at, if one does, and goes on. */
static nd_status leave_out_dump(nd_repair_pass *pass, size_t from, size_t *at)
{
    const stretch dump = find_dump(pass, *at, from);
    *at = dump.end ? dump.end : *at + 1;
    return dump.end ? nd_repair_pass_replace(pass, dump.start, dump.end, " ", 1) : ND_OK;
}

nd_status nd_repair_base64(nd_repair_pass *pass)
{
    const nd_repair_scan *const scan = nd_repair_scan_current();
    nd_status status = ND_OK;
    size_t looked_at = 0; /* all before it */
    for (size_t at; status == ND_OK &&
                    (at = scan->next_blob_mark(pass->in, pass->in_len, looked_at)) < pass->in_len;
         looked_at = at)
        status = pass->in[at] == '\n' && pass->in[at + 1] == '0'
                     ? leave_out_dump(pass, looked_at, &at)
                     : leave_out_runs(pass, looked_at, &at);
    return status;
}

/* --- code --- */

/* Code that stands in a text for machines: minified scripts and style sheets, compact JSON. Two
 * articles with the same are no copies of each other.
 *
 * It is looked for where 64 bytes follow each other without a blank, which prose has few of: the
 * stretch of chunks between blanks with the most signs of syntax for its length, a maximal scoring
 * segment (J. Bentley, Programming Pearls, 1984), left where its score drops by MAX_DROP. */

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
