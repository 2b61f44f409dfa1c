#include "cli/output/side_by_side.h"

#include "cli/output/columns.h"
#include "cli/output/style.h"

enum { MOST_ROWS = 12, NUMBER_COLUMNS = 5, GAP_COLUMNS = 2 };

static nd_wrap wrap_of(const nd_side *side)
{
    return (nd_wrap){.p = side->text, .end = side->text + side->len_bytes, .line = side->line};
}

/* One half of a row, filled up to `columns` of text where something stands to the right of it. */
static void print_half(const nd_job *job, nd_page *page, const nd_row *row, size_t fill_to)
{
    nd_page_put(page, nd_style(job, ND_STYLE_FAINT));
    if (row->line > 0)
        nd_page_printf(page, "%*llu", NUMBER_COLUMNS, (unsigned long long)row->line);
    else
        nd_page_fill(page, ' ', NUMBER_COLUMNS);
    nd_page_put(page, nd_style(job, ND_STYLE_PLAIN));
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

void nd_side_by_side_print(const nd_job *job, nd_page *page, const nd_side *left,
                           const nd_side *right)
{
    const size_t columns = (job->columns - 3) / 2 - NUMBER_COLUMNS - GAP_COLUMNS;
    nd_wrap wraps[2] = {wrap_of(left), wrap_of(right)};
    for (int printed = 0; printed < MOST_ROWS && page->status == ND_OK; printed++) {
        nd_row rows[2] = {{.p = ""}, {.p = ""}};
        const int has_left = nd_wrap_next(&wraps[0], columns, &rows[0]);
        const int has_right = nd_wrap_next(&wraps[1], columns, &rows[1]);
        if (!has_left && !has_right)
            return;
        print_half(job, page, &rows[0], columns);
        nd_page_put(page, has_right ? " | " : " |");
        if (has_right)
            print_half(job, page, &rows[1], 0);
        nd_page_put(page, "\n");
    }
    const size_t rest_left = count_rows(wraps[0], columns);
    const size_t rest_right = count_rows(wraps[1], columns);
    const size_t rest = rest_left > rest_right ? rest_left : rest_right;
    if (rest > 0)
        nd_page_printf(page, "%*s  ... %zu more row%s\n", NUMBER_COLUMNS, "", rest,
                       rest == 1 ? "" : "s");
}
