#include "cli/truth_pairs.h"

#include <stdlib.h>
#include <string.h>

#include "util/radix_sort.h"

enum { NAME_CHUNK_BYTES = 1 << 16, MAX_KINDS = 1000 };

/* Where the lines of a file of pairs go. */
typedef struct pairs_reader {
    nd_truth_pairs *truth;
    const nd_held_documents *held;
    const char *kind_column;
    size_t kind_field;         /* 0: no header has named it yet */
    ND_VEC(nd_key_value) read; /* pair and kind */
    ND_VEC(nd_tsv_field) kinds;
    uint32_t last_kind;
} pairs_reader;

static void take_header(pairs_reader *r, const nd_tsv_line *line)
{
    const size_t len = r->kind_column ? strlen(r->kind_column) : 0;
    for (size_t i = 2; r->kind_column && i < line->num_fields; i++)
        if (line->fields[i].len_bytes == len && memcmp(line->fields[i].p, r->kind_column, len) == 0)
            r->kind_field = i;
}

static nd_status add_kind(pairs_reader *r, const nd_tsv_line *line, nd_tsv_field name,
                          nd_error *error)
{
    if (r->kinds.len == MAX_KINDS)
        return nd_tsv_refuse(line, error, "more than %d kinds in column '%s'", MAX_KINDS,
                             r->kind_column);
    const nd_status status = ND_VEC_RESERVE(r->held->allocator, &r->kinds, 1);
    if (status != ND_OK)
        return status;
    name = nd_tsv_keep(&r->truth->names, name);
    if (!name.p)
        return ND_ERR_NO_MEMORY;
    r->last_kind = (uint32_t)r->kinds.len;
    r->kinds.items[r->kinds.len++] = name;
    return ND_OK;
}

/* Finds the kind of a line, and makes it last_kind. */
static nd_status take_kind(pairs_reader *r, const nd_tsv_line *line, nd_error *error)
{
    if (r->kind_field == 0)
        return nd_tsv_refuse(line, error, "no line that begins with '#' names a column '%s' before",
                             r->kind_column);
    if (line->num_fields <= r->kind_field)
        return nd_tsv_refuse(line, error, "no column '%s' in this line", r->kind_column);
    const nd_tsv_field name = line->fields[r->kind_field];
    if (r->last_kind < r->kinds.len && nd_tsv_compare(&r->kinds.items[r->last_kind], &name) == 0)
        return ND_OK;
    for (r->last_kind = 0; r->last_kind < r->kinds.len; r->last_kind++)
        if (nd_tsv_compare(&r->kinds.items[r->last_kind], &name) == 0)
            return ND_OK;
    return add_kind(r, line, name, error);
}

static nd_status add_pair(pairs_reader *r, const nd_tsv_line *line)
{
    uint32_t number[2];
    for (int i = 0; i < 2; i++) {
        const nd_tsv_field id = line->fields[i];
        if (!nd_held_documents_find(r->held, id.p, id.len_bytes, &number[i])) {
            nd_tsv_leave_out(&r->truth->unknown, line, "no document", (size_t)i);
            return ND_OK;
        }
    }
    if (number[0] == number[1]) {
        nd_tsv_leave_out(&r->truth->selves, line, "twice", 0);
        return ND_OK;
    }
    if (r->read.len == ND_PAIR_LIST_MAX)
        return ND_ERR_LIMIT;
    const nd_status status = ND_VEC_RESERVE(r->held->allocator, &r->read, 1);
    if (status == ND_OK)
        r->read.items[r->read.len++] =
            (nd_key_value){nd_pair_key(number[0], number[1]), r->last_kind};
    return status;
}

/* An nd_tsv_line_fn. */
static nd_status take_pair(void *ctx, const nd_tsv_line *line, nd_error *error)
{
    pairs_reader *const r = ctx;
    if (line->kind == ND_TSV_HEADER) {
        take_header(r, line);
        return ND_OK;
    }
    if (line->num_fields < 2 || line->fields[0].len_bytes == 0 || line->fields[1].len_bytes == 0)
        return nd_tsv_refuse(line, error, "two ids with a tab between them are expected");
    const nd_status status = r->kind_column ? take_kind(r, line, error) : ND_OK;
    return status == ND_OK ? add_pair(r, line) : status;
}

static int compare_kinds(const void *a, const void *b)
{
    return nd_tsv_compare(a, b);
}

/* Sorts the kinds, and gives the pairs their new numbers. */
static nd_status sort_kinds(pairs_reader *r)
{
    nd_truth_pairs *const truth = r->truth;
    const size_t num = r->kinds.len;
    truth->kinds = nd_alloc(r->held->allocator, num, sizeof *truth->kinds);
    uint32_t *const moved = nd_alloc(r->held->allocator, num, sizeof *moved);
    if (truth->kinds && moved && num > 0) {
        memcpy(truth->kinds, r->kinds.items, num * sizeof *truth->kinds);
        truth->num_kinds = num;
        qsort(truth->kinds, num, sizeof *truth->kinds, compare_kinds);
        for (size_t i = 0; i < num; i++) {
            const nd_tsv_field *const now =
                bsearch(&r->kinds.items[i], truth->kinds, num, sizeof *now, compare_kinds);
            moved[i] = (uint32_t)(now - truth->kinds);
        }
        for (size_t i = 0; i < r->read.len; i++)
            r->read.items[i].value = moved[r->read.items[i].value];
    }
    nd_release(r->held->allocator, moved);
    return truth->kinds && moved ? ND_OK : ND_ERR_NO_MEMORY;
}

/* Sorts what was read, and keeps each pair once, as it stood first. */
static nd_status sort_pairs(pairs_reader *r)
{
    nd_truth_pairs *const truth = r->truth;
    const nd_allocator *const a = r->held->allocator;
    const size_t num = r->read.len;
    nd_key_value *const scratch = nd_alloc(a, num, sizeof *scratch);
    if (!scratch)
        return ND_ERR_NO_MEMORY;
    nd_radix_sort_pairs(r->read.items, scratch, num);
    nd_release(a, scratch);
    if (r->kind_column)
        truth->kind_of = nd_alloc(a, num, sizeof *truth->kind_of);
    const nd_status status = r->kind_column && !truth->kind_of
                                 ? ND_ERR_NO_MEMORY
                                 : ND_VEC_RESERVE(a, &truth->pairs.pairs, num);
    if (status != ND_OK)
        return status;
    for (size_t i = 0; i < num; i++) {
        if (i > 0 && r->read.items[i].key == r->read.items[i - 1].key) {
            truth->num_repeated++;
            continue;
        }
        if (truth->kind_of)
            truth->kind_of[truth->pairs.pairs.len] = (uint32_t)r->read.items[i].value;
        truth->pairs.pairs.items[truth->pairs.pairs.len++] = r->read.items[i].key;
    }
    return ND_OK;
}

nd_status nd_truth_pairs_read(nd_truth_pairs *truth, const char *path, const char *kind_column,
                              const nd_held_documents *held, nd_error *error)
{
    *truth = (nd_truth_pairs){.pairs = {.allocator = held->allocator}};
    nd_arena_init(&truth->names, held->allocator, NAME_CHUNK_BYTES);
    pairs_reader r = {.truth = truth, .held = held, .kind_column = kind_column};
    nd_status status = nd_tsv_file_read(path, held->allocator, take_pair, &r, error);
    if (status == ND_OK && kind_column)
        status = sort_kinds(&r);
    if (status == ND_OK)
        status = sort_pairs(&r);
    ND_VEC_RELEASE(held->allocator, &r.read);
    ND_VEC_RELEASE(held->allocator, &r.kinds);
    return status;
}

void nd_truth_pairs_subtract(nd_truth_pairs *truth, const nd_pair_list *ignored)
{
    size_t num = 0, at = 0;
    for (size_t i = 0; i < truth->pairs.pairs.len; i++) {
        if (nd_pair_list_meets(ignored, truth->pairs.pairs.items[i], &at))
            continue;
        if (truth->kind_of)
            truth->kind_of[num] = truth->kind_of[i];
        truth->pairs.pairs.items[num++] = truth->pairs.pairs.items[i];
    }
    truth->pairs.pairs.len = num;
}

void nd_truth_pairs_release(nd_truth_pairs *truth)
{
    const nd_allocator *const a = truth->pairs.allocator;
    if (!a)
        return;
    nd_release(a, truth->kind_of);
    nd_release(a, truth->kinds);
    nd_pair_list_release(&truth->pairs);
    nd_arena_release(&truth->names);
    *truth = (nd_truth_pairs){0};
}
