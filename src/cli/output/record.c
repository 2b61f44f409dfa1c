#include "cli/output/records.h"

#include <math.h>
#include <string.h>

#include "neardup/match.h"

static const void *item_of_array(void *ctx, size_t index, nd_page *page)
{
    (void)page;
    const nd_array *const array = ctx;
    return (const char *)array->items + index * array->item_bytes;
}

nd_items nd_items_of(nd_array *array)
{
    return (nd_items){array->num, item_of_array, array};
}

/* The bytes of a column that has some, and they are there; else NULL. */
static const nd_bytes *bytes_of(const nd_column *column, const void *field)
{
    const nd_bytes *const bytes = field;
    return column->kind == ND_VALUE_BYTES || (column->kind == ND_VALUE_BYTES_IF && bytes->p) ? bytes
                                                                                             : NULL;
}

static const void *field_of(const nd_column *column, const void *item)
{
    return (const char *)item + column->offset;
}

static bool is_shown(const nd_column *column, nd_shown_columns shown, unsigned never)
{
    return (column->flags & never) == 0 && (column->when & shown) == column->when;
}

/* In decimal, by hand: results are full of numbers, and printf takes ten times as long over one. */
static void put_large_count(nd_page *page, uint64_t number)
{
    char digits[24];
    char *first = digits + sizeof digits;
    do {
        *--first = (char)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    nd_page_append(page, first, (size_t)(digits + sizeof digits - first));
}

static inline void put_two_digits(char *p, uint32_t number)
{
    static const char digits[] = "00010203040506070809101112131415161718192021222324"
                                 "25262728293031323334353637383940414243444546474849"
                                 "50515253545556575859606162636465666768697071727374"
                                 "75767778798081828384858687888990919293949596979899";
    memcpy(p, digits + 2 * (size_t)number, 2);
}

/* Of its bits, each makes log10(2) of a digit, or one less. */
static inline size_t num_digits(uint32_t number)
{
    static const uint32_t powers[] = {0,      10,      100,      1000,     10000,
                                      100000, 1000000, 10000000, 100000000};
    const uint32_t bits = 32 - (uint32_t)__builtin_clz(number | 1);
    const uint32_t most = bits * 1233 / 4096;
    return most + (number >= powers[most]);
}

/* All eight digits of a small number are written, and those after the leading zeros taken: how many
 * it has is more than a branch can foresee. */
static void put_count(nd_page *page, uint64_t number)
{
    char digits[8 + ND_PIECE_BYTES];
    if (number >= 100000000)
        return put_large_count(page, number);
    const uint32_t n = (uint32_t)number, high = n / 10000, low = n % 10000;
    put_two_digits(digits, high / 100);
    put_two_digits(digits + 2, high % 100);
    put_two_digits(digits + 4, low / 100);
    put_two_digits(digits + 6, low % 100);
    const size_t len = num_digits(n);
    nd_page_append_piece(page, digits + 8 - len, len);
}

/* A key, from `skip` on; a whole piece where it is short. */
static inline void put_key(nd_page *page, const nd_column *column, size_t skip)
{
    const size_t len = column->json_key_len - skip;
    if (len < ND_PIECE_BYTES)
        nd_page_append_piece(page, column->json_key + skip, len);
    else
        nd_page_append(page, column->json_key + skip, len);
}

/* A scalar as both formats write it; false where it is none of those, or nothing. */
static bool put_plain(nd_page *page, const nd_column *column, const void *field)
{
    switch (column->kind) {
    case ND_VALUE_COUNT:
        put_count(page, *(const uint64_t *)field);
        return true;
    case ND_VALUE_ORDINAL:
        if (*(const uint64_t *)field == 0)
            return false;
        put_count(page, *(const uint64_t *)field);
        return true;
    case ND_VALUE_COUNT32:
        put_count(page, *(const uint32_t *)field);
        return true;
    case ND_VALUE_RATIO:
        if (isnan(*(const double *)field))
            return false;
        nd_page_ratio(page, *(const double *)field);
        return true;
    case ND_VALUE_LITERAL:
        nd_page_put(page, *(const char *const *)field);
        return true;
    default:
        return false;
    }
}

/* --- JSON --- */

static void put_name_json(nd_page *page, const char *name)
{
    nd_page_put(page, "\"");
    nd_page_put(page, name);
    nd_page_put(page, "\"");
}

static void put_list_json(nd_page *page, const nd_column *column, nd_shown_columns shown,
                          const nd_items *items)
{
    nd_page_put(page, "[");
    for (size_t i = 0; i < items->num && page->status == ND_OK; i++) {
        const void *const item = items->at(items->ctx, i, page);
        if (!item)
            return;
        nd_page_put(page, i ? "," : "");
        nd_record_json(page, column->record, shown, item);
    }
    nd_page_put(page, "]");
}

static void put_json(nd_page *page, const nd_column *column, nd_shown_columns shown,
                     const void *field)
{
    const nd_bytes *const bytes = bytes_of(column, field);
    if (column->kind == ND_VALUE_COUNT) { /* as most are */
        put_count(page, *(const uint64_t *)field);
    } else if (bytes) {
        nd_page_json(page, bytes->p, bytes->len_bytes);
    } else if (put_plain(page, column, field)) {
        return;
    } else if (column->kind == ND_VALUE_MATCH) {
        put_name_json(page, nd_match_kind_name(*(const nd_match_kind *)field));
    } else if (column->kind == ND_VALUE_NAME && *(const char *const *)field) {
        put_name_json(page, *(const char *const *)field);
    } else if (column->kind == ND_VALUE_OBJECT) {
        nd_record_json(page, column->record, shown, field);
    } else if (column->kind == ND_VALUE_LIST) {
        put_list_json(page, column, shown, field);
    } else {
        nd_page_put(page, "null");
    }
}

void nd_record_json_members(nd_page *page, const nd_record *record, nd_shown_columns shown,
                            const void *item)
{
    size_t skip = 1; /* the comma before the first */
    for (size_t i = 0; i < record->num_columns && page->status == ND_OK; i++) {
        const nd_column *const column = &record->columns[i];
        if (!is_shown(column, shown, ND_COLUMN_TSV_ONLY))
            continue;
        put_key(page, column, skip);
        put_json(page, column, shown, field_of(column, item));
        skip = 0;
    }
}

void nd_record_json(nd_page *page, const nd_record *record, nd_shown_columns shown,
                    const void *item)
{
    nd_page_put(page, "{");
    nd_record_json_members(page, record, shown, item);
    nd_page_put(page, "}");
}

/* --- TSV --- */

static void put_tsv(nd_page *page, const nd_column *column, const void *field)
{
    if (put_plain(page, column, field))
        return;
    const nd_bytes *const bytes = bytes_of(column, field);
    if (bytes) {
        nd_page_tsv(page, bytes->p, bytes->len_bytes);
    } else if (column->kind == ND_VALUE_MATCH) {
        nd_page_put(page, nd_match_kind_name(*(const nd_match_kind *)field));
    } else if (column->kind == ND_VALUE_NAME && *(const char *const *)field) {
        nd_page_put(page, *(const char *const *)field);
    }
}

/* A record on the way to the innermost list. */
enum { MAX_LEVELS = 4 }; /* lists in lists, of which no record has more */
typedef struct level {
    const nd_record *record;
    const void *item;      /* NULL: none, its columns are empty */
    const char *number_of; /* name of the column with the item's number; NULL: none */
    size_t number;
} level;

typedef struct tsv_writing {
    nd_page *page;
    nd_shown_columns shown;
    level levels[MAX_LEVELS];
    size_t num_levels;
    bool is_begun; /* the line at work has a column */
} tsv_writing;

static void separate(tsv_writing *w)
{
    if (w->is_begun)
        nd_page_put(w->page, "\t");
    w->is_begun = true;
}

/* The list whose items are lines, NULL where there is none. */
static const nd_column *list_of_lines(const nd_record *record, nd_shown_columns shown)
{
    for (size_t i = 0; i < record->num_columns; i++) {
        const nd_column *const column = &record->columns[i];
        if (column->kind == ND_VALUE_LIST &&
            is_shown(column, shown, ND_COLUMN_JSON_ONLY | ND_COLUMN_SPREAD))
            return column;
    }
    return NULL;
}

/* What is done with one column of a line: its name goes to the header, its value to a line. The
 * prefix and suffix are of its name. */
typedef void (*cell_fn)(tsv_writing *w, const nd_column *column, const void *item,
                        const char *prefix, nd_bytes suffix);

static const nd_bytes no_suffix = {"", 0};

static void put_head_cell(tsv_writing *w, const nd_column *column, const void *item,
                          const char *prefix, nd_bytes suffix)
{
    (void)item;
    separate(w);
    nd_page_put(w->page, prefix);
    nd_page_put(w->page, *prefix ? "_" : "");
    nd_page_put(w->page, column->name);
    nd_page_put(w->page, suffix.len_bytes ? "_" : "");
    nd_page_tsv(w->page, suffix.p, suffix.len_bytes);
}

static void put_value_cell(tsv_writing *w, const nd_column *column, const void *item,
                           const char *prefix, nd_bytes suffix)
{
    (void)prefix;
    (void)suffix;
    separate(w);
    if (item)
        put_tsv(w->page, column, field_of(column, item));
}

static void put_pair_cell(tsv_writing *w, const nd_column *column, const void *item,
                          const char *prefix, nd_bytes suffix)
{
    w->is_begun = false;
    put_head_cell(w, column, item, prefix, suffix);
    nd_page_put(w->page, "\t");
    put_tsv(w->page, column, field_of(column, item));
    nd_page_put(w->page, "\n");
}

static void each_cell(tsv_writing *w, const nd_record *record, const void *item, const char *prefix,
                      nd_bytes suffix, cell_fn cell);

static void each_spread_cell(tsv_writing *w, const nd_column *column, const void *item,
                             cell_fn cell)
{
    if (!item)
        return;
    const nd_items *const items = field_of(column, item);
    for (size_t i = 0; i < items->num && w->page->status == ND_OK; i++) {
        const void *const one = items->at(items->ctx, i, w->page);
        if (one)
            each_cell(w, column->record, one, "", column->record->label(one), cell);
    }
}

/* Every column of a record that is part of a line, in their order. */
static void each_cell(tsv_writing *w, const nd_record *record, const void *item, const char *prefix,
                      nd_bytes suffix, cell_fn cell)
{
    for (size_t i = 0; i < record->num_columns; i++) {
        const nd_column *const column = &record->columns[i];
        if (!is_shown(column, w->shown, ND_COLUMN_JSON_ONLY))
            continue;
        if (column->kind == ND_VALUE_OBJECT)
            each_cell(w, column->record, item ? field_of(column, item) : NULL,
                      column->flags & ND_COLUMN_UNNAMED ? "" : column->name, suffix, cell);
        else if (column->kind != ND_VALUE_LIST)
            cell(w, column, item, prefix, suffix);
        else if (column->flags & ND_COLUMN_SPREAD)
            each_spread_cell(w, column, item, cell);
    }
}

static void put_line(tsv_writing *w, cell_fn cell)
{
    w->is_begun = false;
    for (size_t i = 0; i < w->num_levels; i++) {
        const level *const l = &w->levels[i];
        each_cell(w, l->record, l->item, "", no_suffix, cell);
        for (size_t k = 1; i == 0 && k < w->num_levels; k++) {
            if (!w->levels[k].number_of)
                continue;
            separate(w);
            if (cell == put_head_cell)
                nd_page_put(w->page, w->levels[k].number_of);
            else if (w->levels[k].item)
                put_count(w->page, w->levels[k].number);
        }
    }
    nd_page_put(w->page, "\n");
}

/* The lines of what the last level holds. */
static void put_lines(tsv_writing *w)
{
    const level *const last = &w->levels[w->num_levels - 1];
    const nd_column *const list = list_of_lines(last->record, w->shown);
    if (!list || w->num_levels == MAX_LEVELS) {
        put_line(w, put_value_cell);
        return;
    }
    const nd_items *const items = field_of(list, last->item);
    level *const inner = &w->levels[w->num_levels++];
    *inner = (level){list->record, NULL, list->item, 0};
    if (items->num == 0 && (list->flags & ND_COLUMN_WHOLE))
        put_line(w, put_value_cell);
    for (size_t i = 0; i < items->num && w->page->status == ND_OK; i++) {
        inner->item = items->at(items->ctx, i, w->page);
        inner->number = i + 1;
        if (inner->item)
            put_lines(w);
    }
    w->num_levels--;
}

void nd_record_tsv_header(nd_page *page, const nd_record *record, nd_shown_columns shown,
                          const void *item)
{
    tsv_writing w = {.page = page, .shown = shown};
    w.levels[w.num_levels++] = (level){.record = record, .item = item};
    const nd_column *list = list_of_lines(record, shown);
    for (; list && w.num_levels < MAX_LEVELS; list = list_of_lines(list->record, shown))
        w.levels[w.num_levels++] = (level){.record = list->record, .number_of = list->item};
    put_line(&w, put_head_cell);
}

void nd_record_tsv(nd_page *page, const nd_record *record, nd_shown_columns shown, const void *item)
{
    tsv_writing w = {.page = page, .shown = shown};
    w.levels[w.num_levels++] = (level){.record = record, .item = item};
    put_lines(&w);
}

void nd_record_tsv_pairs(nd_page *page, const nd_record *record, nd_shown_columns shown,
                         const void *item)
{
    tsv_writing w = {.page = page, .shown = shown};
    nd_page_put(page, "name\tvalue\n");
    each_cell(&w, record, item, "", no_suffix, put_pair_cell);
}

/* --- cells of a table of somebody else's --- */

/* In quotes where it has to be (RFC 4180). */
static void put_cell(nd_page *page, char delimiter, const char *p, size_t len_bytes)
{
    const char *const end = p + len_bytes;
    bool is_plain = true;
    for (const char *q = p; q < end; q++)
        is_plain &= *q != delimiter && *q != '"' && *q != '\n' && *q != '\r';
    if (is_plain) {
        nd_page_append(page, p, len_bytes);
        return;
    }
    nd_page_put(page, "\"");
    for (; p < end; p++)
        nd_page_append(page, *p == '"' ? "\"\"" : p, *p == '"' ? 2 : 1);
    nd_page_put(page, "\"");
}

void nd_record_cells(nd_page *page, const nd_record *record, char delimiter, const void *item)
{
    for (size_t i = 0; i < record->num_columns; i++) {
        const nd_column *const column = &record->columns[i];
        nd_page_append(page, &delimiter, 1);
        if (!item) {
            put_cell(page, delimiter, column->name, strlen(column->name));
            continue;
        }
        const void *const field = field_of(column, item);
        const nd_bytes *const bytes = bytes_of(column, field);
        if (bytes)
            put_cell(page, delimiter, bytes->p, bytes->len_bytes);
        else
            put_tsv(page, column, field);
    }
}
