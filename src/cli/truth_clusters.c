#include "cli/truth_clusters.h"

#include <stdlib.h>

enum { NAME_CHUNK_BYTES = 1 << 16 };

/* An id in a cluster, as it stood in the file. */
typedef struct membership {
    nd_tsv_field cluster;
    uint32_t id;
    uint64_t line;
} membership;

typedef struct clusters_reader {
    nd_truth_clusters *truth;
    const nd_held_documents *held;
    nd_arena names;
    ND_VEC(membership) read;
} clusters_reader;

/* An nd_tsv_line_fn. */
static nd_status take_membership(void *ctx, const nd_tsv_line *line, nd_error *error)
{
    clusters_reader *const r = ctx;
    if (line->kind == ND_TSV_HEADER)
        return ND_OK;
    const nd_tsv_field id = line->fields[0];
    if (line->num_fields < 2 || id.len_bytes == 0 || line->fields[1].len_bytes == 0)
        return nd_tsv_refuse(line, error, "an id and a cluster with a tab between are expected");
    membership m = {.line = line->number};
    if (!nd_held_documents_find(r->held, id.p, id.len_bytes, &m.id)) {
        nd_tsv_leave_out(&r->truth->unknown, line, "no document", 0);
        return ND_OK;
    }
    const nd_status status = ND_VEC_RESERVE(r->held->allocator, &r->read, 1);
    if (status != ND_OK)
        return status;
    m.cluster = nd_tsv_keep(&r->names, line->fields[1]);
    if (!m.cluster.p)
        return ND_ERR_NO_MEMORY;
    r->read.items[r->read.len++] = m;
    return ND_OK;
}

static int compare_by_id(const void *left, const void *right)
{
    const membership *const a = left, *const b = right;
    return a->id != b->id ? (a->id > b->id) - (a->id < b->id)
                          : (a->line > b->line) - (a->line < b->line);
}

static int compare_by_cluster(const void *left, const void *right)
{
    const membership *const a = left, *const b = right;
    const int order = nd_tsv_compare(&a->cluster, &b->cluster);
    return order != 0 ? order : compare_by_id(left, right);
}

/* Keeps each id once. An id in two clusters is an error. */
static nd_status sort_by_id(clusters_reader *r, const char *path, nd_error *error)
{
    membership *const items = r->read.items;
    size_t num = 0;
    if (r->read.len > 1)
        qsort(items, r->read.len, sizeof *items, compare_by_id);
    for (size_t i = 0; i < r->read.len; i++) {
        if (num == 0 || items[i].id != items[num - 1].id) {
            items[num++] = items[i];
        } else if (nd_tsv_compare(&items[i].cluster, &items[num - 1].cluster) != 0) {
            const nd_tsv_line at = {.path = path, .number = items[i].line};
            return nd_tsv_refuse(&at, error, "this id is in another cluster already, see line %llu",
                                 (unsigned long long)items[num - 1].line);
        }
    }
    r->read.len = num;
    return ND_OK;
}

/* Labels members[0..num), which are ids of one cluster, ascending. */
static nd_status add_cluster(clusters_reader *r, const membership *members, size_t num)
{
    uint32_t *const ids = nd_alloc(r->held->allocator, num, sizeof *ids);
    if (!ids)
        return ND_ERR_NO_MEMORY;
    for (size_t i = 0; i < num; i++) {
        ids[i] = members[i].id;
        r->truth->label[ids[i]] = ids[0];
    }
    const nd_status status = nd_pair_list_add_all(&r->truth->pairs, ids, num);
    nd_release(r->held->allocator, ids);
    return status;
}

static nd_status add_clusters(clusters_reader *r)
{
    membership *const items = r->read.items;
    const size_t num = r->read.len;
    nd_status status = ND_OK;
    if (num > 1)
        qsort(items, num, sizeof *items, compare_by_cluster);
    for (size_t run = 0, end; run < num && status == ND_OK; run = end) {
        for (end = run + 1; end < num; end++)
            if (nd_tsv_compare(&items[run].cluster, &items[end].cluster) != 0)
                break;
        status = add_cluster(r, items + run, end - run);
    }
    return status == ND_OK ? nd_pair_list_sort(&r->truth->pairs) : status;
}

nd_status nd_truth_clusters_read(nd_truth_clusters *truth, const char *path,
                                 const nd_held_documents *held, nd_error *error)
{
    *truth = (nd_truth_clusters){.pairs = {.allocator = held->allocator}};
    clusters_reader r = {.truth = truth, .held = held};
    nd_arena_init(&r.names, held->allocator, NAME_CHUNK_BYTES);
    truth->label = nd_alloc(held->allocator, held->num_ids, sizeof *truth->label);
    nd_status status = truth->label ? ND_OK : ND_ERR_NO_MEMORY;
    for (size_t i = 0; status == ND_OK && i < held->num_ids; i++)
        truth->label[i] = (uint32_t)i;
    if (status == ND_OK)
        status = nd_tsv_file_read(path, held->allocator, take_membership, &r, error);
    if (status == ND_OK)
        status = sort_by_id(&r, path, error);
    if (status == ND_OK)
        status = add_clusters(&r);
    ND_VEC_RELEASE(held->allocator, &r.read);
    nd_arena_release(&r.names);
    return status;
}

void nd_truth_clusters_release(nd_truth_clusters *truth)
{
    if (!truth->pairs.allocator)
        return;
    nd_release(truth->pairs.allocator, truth->label);
    nd_pair_list_release(&truth->pairs);
    *truth = (nd_truth_clusters){0};
}
