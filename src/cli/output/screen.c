#include "cli/output/screen.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <utf8proc.h>

#include "text/characters.h"

/* --- numbers as people read them --- */

nd_amount nd_amount_count(uint64_t count)
{
    char digits[24];
    const int len = snprintf(digits, sizeof digits, "%llu", (unsigned long long)count);
    nd_amount amount = {""};
    size_t out = 0;
    for (int i = 0; i < len; i++) {
        if (i > 0 && (len - i) % 3 == 0)
            amount.text[out++] = ',';
        amount.text[out++] = digits[i];
    }
    return amount;
}

nd_amount nd_amount_of(uint64_t count, const char *noun)
{
    nd_amount amount = nd_amount_count(count);
    const size_t len = strlen(amount.text);
    snprintf(amount.text + len, sizeof amount.text - len, " %s%s", noun, count == 1 ? "" : "s");
    return amount;
}

nd_amount nd_amount_bytes(double bytes)
{
    static const char *const units[] = {"kB", "MB", "GB", "TB", "PB"};
    nd_amount amount;
    if (bytes < 1000) {
        snprintf(amount.text, sizeof amount.text, "%.0f bytes", bytes);
        return amount;
    }
    size_t unit = 0;
    for (bytes /= 1000; bytes >= 999.5 && unit + 1 < sizeof units / sizeof *units; unit++)
        bytes /= 1000;
    snprintf(amount.text, sizeof amount.text, bytes < 9.95 ? "%.1f %s" : "%.0f %s", bytes,
             units[unit]);
    return amount;
}

nd_amount nd_amount_percent(double ratio)
{
    nd_amount amount;
    double percent = 100 * ratio;
    if (percent > 99 && percent < 100)
        percent = 99;
    if (percent > 0 && percent < 1)
        snprintf(amount.text, sizeof amount.text, "<1 %%");
    else
        snprintf(amount.text, sizeof amount.text, "%.0f %%", percent);
    return amount;
}

nd_amount nd_amount_alike(uint64_t words, double similarity)
{
    nd_amount amount = nd_amount_of(words, "word");
    const size_t len = strlen(amount.text), room = sizeof amount.text - len;
    if (similarity < 1)
        snprintf(amount.text + len, room, ", %.12s alike", nd_amount_percent(similarity).text);
    else
        snprintf(amount.text + len, room, ", the same");
    return amount;
}

nd_amount nd_amount_seconds(double seconds)
{
    nd_amount amount;
    const unsigned long whole = (unsigned long)(seconds + 0.5);
    if (seconds < 60)
        snprintf(amount.text, sizeof amount.text, "%.2f s", seconds);
    else if (whole < 3600)
        snprintf(amount.text, sizeof amount.text, "%lu:%02lu", whole / 60, whole % 60);
    else
        snprintf(amount.text, sizeof amount.text, "%lu:%02lu:%02lu", whole / 3600, whole / 60 % 60,
                 whole % 60);
    return amount;
}

/* --- a screen --- */

/* --- the terminal --- */

enum { DEFAULT_COLUMNS = 80, FEWEST_COLUMNS = 40, MOST_COLUMNS = 240 };

static size_t columns_of(int fd)
{
    struct winsize size;
    if (ioctl(fd, TIOCGWINSZ, &size) != 0 || size.ws_col == 0)
        return DEFAULT_COLUMNS;
    if (size.ws_col < FEWEST_COLUMNS)
        return FEWEST_COLUMNS;
    return size.ws_col < MOST_COLUMNS ? size.ws_col : MOST_COLUMNS;
}

nd_screen nd_screen_of(int fd)
{
    if (fd < 0 || isatty(fd) != 1)
        return (nd_screen){.columns = DEFAULT_COLUMNS};
    const char *const no_color = getenv("NO_COLOR");
    const char *const terminal = getenv("TERM");
    return (nd_screen){
        .is_terminal = true,
        .columns = columns_of(fd),
        .is_coloured = !(no_color && *no_color) && terminal && strcmp(terminal, "dumb") != 0,
    };
}

const char *nd_style(const nd_screen *screen, nd_style_name style)
{
    static const char *const sequences[] = {
        [ND_STYLE_PLAIN] = "\033[0m",
        [ND_STYLE_STRONG] = "\033[1m",
        [ND_STYLE_FAINT] = "\033[2m",
    };
    return screen->is_coloured ? sequences[style] : "";
}

/* --- characters --- */

nd_shown_char nd_shown_char_at(const char *p, size_t len_bytes)
{
    const nd_utf8_char c = nd_utf8_decode(p, len_bytes);
    nd_shown_char shown = {.len_bytes = c.len_bytes, .columns = 1};
    if (c.invalid) {
        shown.kind = ND_SHOWN_REPLACED;
        return shown;
    }
    const utf8proc_int32_t code_point = (utf8proc_int32_t)c.code_point;
    const utf8proc_category_t category = utf8proc_category(code_point);
    if ((code_point >= '\t' && code_point <= '\r') || category == UTF8PROC_CATEGORY_ZS ||
        category == UTF8PROC_CATEGORY_ZL || category == UTF8PROC_CATEGORY_ZP)
        shown.kind = ND_SHOWN_SPACE;
    else if (category == UTF8PROC_CATEGORY_CC)
        shown.kind = ND_SHOWN_REPLACED;
    else if (category == UTF8PROC_CATEGORY_CF)
        shown = (nd_shown_char){.len_bytes = c.len_bytes, .kind = ND_SHOWN_NOTHING};
    else
        shown.columns = (size_t)utf8proc_charwidth(code_point);
    return shown;
}

size_t nd_columns_of(const char *p, size_t len_bytes)
{
    size_t columns = 0;
    for (size_t i = 0; i < len_bytes;) {
        const nd_shown_char c = nd_shown_char_at(p + i, len_bytes - i);
        columns += c.columns;
        i += c.len_bytes;
    }
    return columns;
}

size_t nd_page_shown(nd_page *page, const char *p, size_t len_bytes)
{
    size_t columns = 0;
    for (size_t i = 0; i < len_bytes;) {
        const nd_shown_char c = nd_shown_char_at(p + i, len_bytes - i);
        if (c.kind == ND_SHOWN_SPACE)
            nd_page_append(page, " ", 1);
        else if (c.kind == ND_SHOWN_REPLACED)
            nd_page_put(page, "\xEF\xBF\xBD");
        else if (c.kind == ND_SHOWN_AS_IS)
            nd_page_append(page, p + i, c.len_bytes);
        columns += c.columns;
        i += c.len_bytes;
    }
    return columns;
}

void nd_page_excerpt(nd_page *page, const char *p, size_t len_bytes, size_t columns)
{
    const size_t begin_len = page->bytes.len;
    size_t used = 0;
    size_t cut_len = 0; /* where the text is cut if it turns out too long: 0, or after a word */
    size_t fit_len = begin_len; /* the same for one word that is too long by itself */
    bool in_word = false;
    for (size_t i = 0; i < len_bytes && page->status == ND_OK;) {
        const nd_shown_char c = nd_shown_char_at(p + i, len_bytes - i);
        const bool is_space = c.kind == ND_SHOWN_SPACE;
        if (is_space && in_word && used + 4 <= columns /* " ..." */)
            cut_len = page->bytes.len;
        if (used + c.columns + 3 <= columns)
            fit_len = page->bytes.len;
        if (!is_space && used + c.columns > columns) {
            page->bytes.len = cut_len ? cut_len : fit_len;
            nd_page_put(page, cut_len ? " ..." : "...");
            return;
        }
        if (!is_space || in_word)
            used += nd_page_shown(page, p + i, c.len_bytes);
        in_word = !is_space;
        i += c.len_bytes;
    }
}

/* --- rows --- */

/* Past white space, counting the lines that end in it. */
static void skip_space(nd_wrap *wrap)
{
    while (wrap->p < wrap->end) {
        const nd_shown_char c = nd_shown_char_at(wrap->p, (size_t)(wrap->end - wrap->p));
        if (c.kind != ND_SHOWN_SPACE)
            return;
        if (*wrap->p == '\n') {
            wrap->line++;
            wrap->go_on = 0;
        }
        wrap->p += c.len_bytes;
    }
}

int nd_wrap_next(nd_wrap *wrap, size_t columns, nd_row *row)
{
    skip_space(wrap);
    if (wrap->p == wrap->end)
        return 0;
    *row = (nd_row){.p = wrap->p, .line = wrap->go_on ? 0 : wrap->line};
    wrap->go_on = 1;
    size_t width = 0;
    int in_word = 0;
    const char *p = wrap->p;
    while (p < wrap->end && *p != '\n') {
        const nd_shown_char c = nd_shown_char_at(p, (size_t)(wrap->end - p));
        if (c.kind == ND_SHOWN_SPACE && in_word) { /* the row may end before this space */
            row->len_bytes = (size_t)(p - row->p);
            row->columns = width;
        }
        in_word = c.kind != ND_SHOWN_SPACE;
        if (in_word && width + c.columns > columns)
            break;
        width += c.columns;
        p += c.len_bytes;
    }
    const int line_done = p == wrap->end || *p == '\n';
    if ((line_done && in_word) ||
        row->len_bytes == 0) { /* all of it, or one word that is too long */
        row->len_bytes = (size_t)(p - row->p);
        row->columns = width;
    }
    wrap->p = row->p + row->len_bytes;
    return 1;
}

enum { MOST_ROWS = 12, NUMBER_COLUMNS = 5, GAP_COLUMNS = 2 };

static nd_wrap wrap_of(const nd_side *side)
{
    return (nd_wrap){.p = side->text, .end = side->text + side->len_bytes, .line = side->line};
}

/* One half of a row, filled up to `columns` of text where something stands to the right of it. */
static void print_half(nd_page *page, const nd_screen *screen, const nd_row *row, size_t fill_to)
{
    nd_page_put(page, nd_style(screen, ND_STYLE_FAINT));
    if (row->line > 0)
        nd_page_printf(page, "%*llu", NUMBER_COLUMNS, (unsigned long long)row->line);
    else
        nd_page_fill(page, ' ', NUMBER_COLUMNS);
    nd_page_put(page, nd_style(screen, ND_STYLE_PLAIN));
    nd_page_fill(page, ' ', GAP_COLUMNS);
    const size_t columns = nd_page_shown(page, row->p, row->len_bytes);
    nd_page_fill(page, ' ', columns < fill_to ? fill_to - columns : 0);
}

static size_t count_rows(nd_wrap wrap, size_t columns)
{
    size_t num = 0;
    for (nd_row row; nd_wrap_next(&wrap, columns, &row);)
        num++;
    return num;
}

void nd_page_side_by_side(nd_page *page, const nd_screen *screen, const nd_side *left,
                          const nd_side *right)
{
    const size_t columns = (screen->columns - 3) / 2 - NUMBER_COLUMNS - GAP_COLUMNS;
    nd_wrap wraps[2] = {wrap_of(left), wrap_of(right)};
    for (int printed = 0; printed < MOST_ROWS && page->status == ND_OK; printed++) {
        nd_row rows[2] = {{.p = ""}, {.p = ""}};
        const int has_left = nd_wrap_next(&wraps[0], columns, &rows[0]);
        const int has_right = nd_wrap_next(&wraps[1], columns, &rows[1]);
        if (!has_left && !has_right)
            return;
        print_half(page, screen, &rows[0], columns);
        nd_page_put(page, has_right ? " | " : " |");
        if (has_right)
            print_half(page, screen, &rows[1], 0);
        nd_page_put(page, "\n");
    }
    const size_t rest_left = count_rows(wraps[0], columns);
    const size_t rest_right = count_rows(wraps[1], columns);
    const size_t rest = rest_left > rest_right ? rest_left : rest_right;
    if (rest > 0)
        nd_page_printf(page, "%*s  ... %zu more row%s\n", NUMBER_COLUMNS, "", rest,
                       rest == 1 ? "" : "s");
}
