#include "news_truth.h"

#include <stdbool.h>

#include "news_text.h"

typedef struct member {
    uint64_t position, index;
    bench_role role;
    uint64_t *set;
    size_t size;
} member;

/* The family being looked at: the members so far. */
typedef struct family {
    const bench_corpus *corpus;
    const nd_allocator *allocator;
    ND_VEC(member) members;
    bench_item_vec items;
} family;

static nd_status add_member(family *f, uint64_t index)
{
    nd_status status = ND_VEC_RESERVE(f->allocator, &f->members, 1);
    if (status == ND_OK)
        status = bench_corpus_items(f->corpus, index, f->allocator, &f->items);
    if (status != ND_OK)
        return status;
    member *const m = &f->members.items[f->members.len];
    *m = (member){.position = bench_corpus_position(f->corpus, index),
                  .index = index,
                  .role = bench_corpus_role(f->corpus, index)};
    status = bench_shingle_set(&f->items, f->allocator, &m->set, &m->size);
    if (status == ND_OK)
        f->members.len++;
    return status;
}

static void clear(family *f)
{
    for (size_t i = 0; i < f->members.len; i++)
        nd_release(f->allocator, f->members.items[i].set);
    f->members.len = 0;
}

static nd_match_kind planted_kind(const member *a, const member *b, const nd_similarity *s)
{
    const bool a_holds = a->role == BENCH_ROLE_CONTAINER;
    const bool b_holds = b->role == BENCH_ROLE_CONTAINER;
    if (s->common == s->size_a && s->common == s->size_b)
        return ND_MATCH_EXACT;
    if (a_holds && b_holds)
        return ND_MATCH_PARTIAL;
    return a_holds ? ND_MATCH_CONTAINS : b_holds ? ND_MATCH_CONTAINED : ND_MATCH_NEAR;
}

static nd_status emit_pair(const member *a, const member *b, bench_planted_pair_fn each, void *ctx)
{
    if (a->position > b->position) {
        const member *const first = b;
        b = a;
        a = first;
    }
    bench_planted_pair pair = {.position_a = a->position,
                               .position_b = b->position,
                               .index_a = a->index,
                               .index_b = b->index};
    pair.similarity = nd_similarity_compute(a->set, a->size, b->set, b->size);
    pair.kind = planted_kind(a, b, &pair.similarity);
    return each(ctx, &pair);
}

static nd_status emit_family(const family *f, bench_planted_pair_fn each, void *ctx)
{
    nd_status status = ND_OK;
    for (size_t i = 0; i < f->members.len; i++)
        for (size_t j = i + 1; j < f->members.len && status == ND_OK; j++)
            status = emit_pair(&f->members.items[i], &f->members.items[j], each, ctx);
    return status;
}

nd_status bench_corpus_each_planted(const bench_corpus *corpus, const nd_allocator *allocator,
                                    bench_planted_pair_fn each, void *ctx)
{
    family f = {.corpus = corpus, .allocator = allocator};
    const uint64_t num = bench_corpus_num_documents(corpus);
    nd_status status = ND_OK;
    for (uint64_t original = 0; original < num && status == ND_OK;) {
        uint64_t end = original + 1;
        while (end < num && bench_corpus_role(corpus, end) != BENCH_ROLE_ORIGINAL)
            end++;
        for (uint64_t i = original; end - original > 1 && i < end && status == ND_OK; i++)
            status = add_member(&f, i);
        if (status == ND_OK)
            status = emit_family(&f, each, ctx);
        clear(&f);
        original = end;
    }
    ND_VEC_RELEASE(allocator, &f.members);
    ND_VEC_RELEASE(allocator, &f.items);
    return status;
}
