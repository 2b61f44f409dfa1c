/* What a query answers: the texts that match in their order, best first, and of each the documents
 * that are wanted, by id. */
#include <string.h>

#include "index/query.h"
#include "similarity/similarity.h"
#include "util/sort.h"

/* --- the order of texts --- */

/* ctx: the index. */
static int compare_ranked(void *ctx, const void *left, const void *right)
{
    const nd_ranked_text *const *const a = left, *const *const b = right;
    const nd_similarity *const x = &(*a)->similarity, *const y = &(*b)->similarity;
    const int order = nd_goodness_compare(nd_goodness_of(x->size_a, x->size_b, x->common),
                                          nd_goodness_of(y->size_a, y->size_b, y->common));
    return order != 0 ? order : nd_index_compare_texts(ctx, &(*a)->entry, &(*b)->entry);
}

/* --- documents --- */

static bool is_wanted(const nd_index_query *o, const nd_document_entry *entry)
{
    return (o->since == 0 || (entry->time != 0 && entry->time >= o->since)) &&
           (o->before == 0 || (entry->time != 0 && entry->time < o->before));
}

static bool is_of_unwanted_source(const nd_index_query *o, const nd_document_change *record)
{
    return o->not_source && record->source_bytes == o->not_source_len_bytes &&
           memcmp(nd_document_change_source(record), o->not_source, record->source_bytes) == 0;
}

/* Room for a match, with its strings copied. */
static nd_status append_match(nd_index *index, const nd_ranked_text *ranked)
{
    nd_query_scratch *const s = &index->query;
    const nd_document_change *const record = nd_record_of(&s->record);
    const size_t id_bytes = record->id_bytes, source_bytes = record->source_bytes;
    char *const strings = nd_arena_alloc(&s->strings, id_bytes + source_bytes + 1);
    if (!strings || ND_VEC_RESERVE(&index->allocator, &s->matches, 1) != ND_OK)
        return ND_ERR_NO_MEMORY;
    memcpy(strings, nd_document_change_id(record), id_bytes + source_bytes);
    s->matches.items[s->matches.len++] = (nd_index_match){
        .id = strings,
        .id_len_bytes = id_bytes,
        .source = source_bytes > 0 ? strings + id_bytes : NULL,
        .source_len_bytes = source_bytes,
        .time = record->time,
        .tag = record->tag,
        .kind = ranked->kind,
        .similarity = ranked->similarity,
        .coverage = ranked->coverage,
        .score = ranked->score,
    };
    return ND_OK;
}

static int compare_ids(void *ctx, const void *left, const void *right)
{
    (void)ctx;
    const nd_index_match *const *const a = left, *const *const b = right;
    const size_t len =
        (*a)->id_len_bytes < (*b)->id_len_bytes ? (*a)->id_len_bytes : (*b)->id_len_bytes;
    const int order = memcmp((*a)->id, (*b)->id, len);
    return order != 0 ? order
                      : ((*a)->id_len_bytes > (*b)->id_len_bytes) -
                            ((*a)->id_len_bytes < (*b)->id_len_bytes);
}

/* Sorts matches by id through pointers to them: they are larger than what is sorted in place. */
static nd_status sort_by_id(nd_index *index, nd_index_match *matches, size_t num)
{
    const nd_allocator *const a = &index->allocator;
    if (num < 2)
        return ND_OK;
    nd_index_match **const order = nd_alloc(a, num, sizeof(nd_index_match *));
    nd_index_match *const copy = nd_alloc(a, num, sizeof *copy);
    if (order && copy) {
        memcpy(copy, matches, num * sizeof *copy);
        for (size_t i = 0; i < num; i++)
            order[i] = &copy[i];
        nd_heap_sort(order, num, sizeof *order, compare_ids, NULL);
        for (size_t i = 0; i < num; i++)
            matches[i] = *order[i];
    }
    const bool has_room = order && copy;
    nd_release(a, order);
    nd_release(a, copy);
    return has_room ? ND_OK : ND_ERR_NO_MEMORY;
}

/* Appends the documents of one text that are wanted, by id. */
static nd_status add_documents(nd_search *q, const nd_ranked_text *ranked, nd_error *error)
{
    nd_index *const index = q->index;
    nd_query_scratch *const s = &index->query;
    const size_t before = s->matches.len;
    nd_status status = nd_index_find_copies(index, ranked->number, &s->copies, error);
    for (size_t i = 0; status == ND_OK && i < s->copies.len; i++) {
        nd_document_entry entry;
        if (s->copies.items[i] == q->excluded)
            continue;
        status = nd_index_document_entry(index, s->copies.items[i], &entry, error);
        if (status != ND_OK || !is_wanted(q->options, &entry))
            continue;
        status = nd_index_read_document(index, &entry, &s->record, error);
        if (status == ND_OK && !is_of_unwanted_source(q->options, nd_record_of(&s->record)))
            status = append_match(index, ranked);
    }
    return status == ND_OK ? sort_by_id(index, s->matches.items + before, s->matches.len - before)
                           : status;
}

nd_status nd_search_list_documents(nd_search *search, nd_error *error)
{
    nd_index *const index = search->index;
    nd_query_scratch *const s = &index->query;
    const size_t most = search->options->max_matches ? search->options->max_matches : SIZE_MAX;
    const nd_ranked_text **const order =
        nd_alloc(&index->allocator, search->num_ranked, sizeof(const nd_ranked_text *));
    if (!order)
        return ND_ERR_NO_MEMORY;
    for (size_t i = 0; i < search->num_ranked; i++)
        order[i] = &s->ranked[i];
    nd_heap_sort(order, search->num_ranked, sizeof *order, compare_ranked, index);
    nd_status status = ND_OK;
    for (size_t i = 0; status == ND_OK && i < search->num_ranked && s->matches.len < most; i++)
        status = add_documents(search, order[i], error);
    if (s->matches.len > most)
        s->matches.len = most;
    nd_release(&index->allocator, order);
    return status;
}
