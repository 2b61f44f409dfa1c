#include "cli/output/columns.h"

#include <utf8proc.h>

#include "text/utf8.h"

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
