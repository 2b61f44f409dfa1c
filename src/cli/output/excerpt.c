#include "cli/output/excerpt.h"

#include <stdbool.h>

#include "cli/output/columns.h"

void nd_excerpt_print(nd_page *page, const char *p, size_t len_bytes, size_t columns)
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
