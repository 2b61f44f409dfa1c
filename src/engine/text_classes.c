#include "engine/text_classes.h"

#include <stdbool.h>
#include <string.h>

#include "util/threads.h"

enum {
    SLICE_DOCUMENTS = 1 << 13, /* what a thread must be given at least to be worth starting */
    AHEAD = 8,                 /* records asked for before their turn: they lie about in memory */
    FAR_AHEAD = 2 * AHEAD,     /* what says where they are */
};
#define HIGH_HALF ((uint64_t)UINT32_MAX << 32)

/* Worker w looks for equal texts among the documents whose digest is in share w.
 *
 *   tags[document]         first half of its digest
 *   has_tokens[document]
 *   counts[slice][share]   documents of a slice in a share                                       */
typedef struct class_search {
    nd_record *const *documents;
    size_t num;
    uint32_t num_shares;
    const nd_allocator *allocator;
    uint64_t *tags;
    uint32_t *num_tokens;
    size_t *counts;
    uint32_t *first_of; /* [documents]: the first one of the same text */
} class_search;

/* By the digest's highest bits: places in the hash tables go by its lowest. */
static uint32_t share_of(const class_search *s, uint64_t tag)
{
    return (uint32_t)((tag >> 32) * s->num_shares >> 32);
}

static nd_status read_slice(void *ctx, uint32_t worker)
{
    const class_search *const s = ctx;
    size_t *const counts = s->counts + (size_t)worker * s->num_shares;
    const size_t end = nd_slice_start(s->num, s->num_shares, worker + 1);
    for (size_t d = nd_slice_start(s->num, s->num_shares, worker); d < end; d++) {
        if (d + AHEAD < end)
            __builtin_prefetch(s->documents[d + AHEAD]);
        const nd_record *const record = s->documents[d];
        s->tags[d] = record->digest[0];
        s->num_tokens[d] = record->num_tokens;
        counts[share_of(s, record->digest[0])]++;
    }
    return ND_OK;
}

/* The digest is known to whoever writes the texts, so that two might be made to share it; the check
 * is not. */
static bool is_same_text(const nd_record *a, const nd_record *b)
{
    return a->digest[0] == b->digest[0] && a->digest[1] == b->digest[1] && a->check == b->check &&
           a->num_tokens == b->num_tokens;
}

/* slots[tag & mask ..]: high half of the tag | document + 1; 0 ends the search. */
static uint32_t find_first(const class_search *s, uint64_t *slots, size_t mask, uint32_t d)
{
    const uint64_t high = s->tags[d] & HIGH_HALF;
    size_t at = s->tags[d] & mask;
    for (; slots[at]; at = (at + 1) & mask) {
        const uint32_t first = (uint32_t)slots[at] - 1;
        if ((slots[at] & HIGH_HALF) == high && is_same_text(s->documents[d], s->documents[first]))
            return first;
    }
    slots[at] = high | (d + 1);
    return d;
}

static nd_status search_share(void *ctx, uint32_t worker)
{
    const class_search *const s = ctx;
    size_t num_here = 0, num_slots = 16;
    for (uint32_t slice = 0; slice < s->num_shares; slice++)
        num_here += s->counts[(size_t)slice * s->num_shares + worker];
    while (num_slots < num_here + num_here / 4)
        num_slots *= 2;
    uint64_t *const slots = nd_alloc_zeroed(s->allocator, num_slots, sizeof *slots);
    if (!slots)
        return ND_ERR_NO_MEMORY;
    for (size_t d = 0; d < s->num; d++) {
        if (d + FAR_AHEAD < s->num)
            __builtin_prefetch(&slots[s->tags[d + FAR_AHEAD] & (num_slots - 1)], 1);
        if (s->num_tokens[d] && share_of(s, s->tags[d]) == worker)
            s->first_of[d] = find_first(s, slots, num_slots - 1, (uint32_t)d);
    }
    nd_release(s->allocator, slots);
    return ND_OK;
}

static nd_status search(class_search *s)
{
    s->tags = nd_alloc(s->allocator, s->num, sizeof *s->tags);
    s->num_tokens = nd_alloc(s->allocator, s->num, sizeof *s->num_tokens);
    s->counts = nd_alloc_zeroed(s->allocator, s->num_shares, s->num_shares * sizeof *s->counts);
    if (!s->tags || !s->num_tokens || !s->counts)
        return ND_ERR_NO_MEMORY;
    const nd_status status = nd_threads_run(s->allocator, s->num_shares, read_slice, s);
    return status == ND_OK ? nd_threads_run(s->allocator, s->num_shares, search_share, s) : status;
}

/* Turns first documents into numbers of classes, in place. */
static void number_classes(nd_text_classes *c, const class_search *s)
{
    for (uint32_t d = 0; d < s->num; d++) {
        if (s->num_tokens[d] == 0) {
            c->class_of[d] = UINT32_MAX;
            continue;
        }
        const uint32_t first = s->first_of[d];
        if (first == d)
            c->classes[c->num_classes] = (nd_text_class){d, 0, 0};
        c->class_of[d] = first == d ? (uint32_t)c->num_classes++ : c->class_of[first];
        c->classes[c->class_of[d]].num++;
        c->num_items++;
    }
}

nd_status nd_text_classes_init(nd_text_classes *classes, nd_record *const *documents, size_t num,
                               uint32_t num_threads, const nd_allocator *allocator)
{
    *classes = (nd_text_classes){
        .class_of = nd_alloc(allocator, num, sizeof *classes->class_of),
        .classes = nd_alloc(allocator, num, sizeof *classes->classes),
    };
    if (!classes->class_of || !classes->classes)
        return ND_ERR_NO_MEMORY;
    class_search s = {.documents = documents,
                      .num = num,
                      .num_shares = nd_threads_worth(num, SLICE_DOCUMENTS, num_threads),
                      .allocator = allocator,
                      .first_of = classes->class_of};
    const nd_status status = search(&s);
    if (status == ND_OK)
        number_classes(classes, &s);
    nd_release(allocator, s.tags);
    nd_release(allocator, s.num_tokens);
    nd_release(allocator, s.counts);
    return status;
}

void nd_text_classes_release(nd_text_classes *classes, const nd_allocator *allocator)
{
    nd_release(allocator, classes->class_of);
    nd_release(allocator, classes->classes);
    *classes = (nd_text_classes){0};
}
