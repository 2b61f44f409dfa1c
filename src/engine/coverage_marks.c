/* What a short text may share with a long one at most, without a look at the long one: a matcher by
 * coverage meets many such pairs, most of them for a formula or a footer that both have. Marks of a
 * long text are made where they are asked for first, by whichever thread that is. */
#include <stdatomic.h>

#include "engine/coverage_matcher.h"

enum {
    LEAST_MARKED = 256, /* shingles of a text that is marked */
    TIMES_AS_LONG = 4,  /* as the text that is looked up in its marks */
};

nd_status nd_coverage_make_marks(nd_coverage_matcher *c)
{
    const nd_scan_set *const sets = c->base.sets;
    size_t num = 0; /* texts are numbered by size, the largest first */
    while (num < c->base.catalog->num_texts && sets[num].num >= LEAST_MARKED)
        num++;
    c->marks = nd_alloc_zeroed(c->base.allocator, num, sizeof *c->marks);
    c->num_marked = c->marks ? num : 0;
    return c->marks || num == 0 ? ND_OK : ND_ERR_NO_MEMORY;
}

/* Two threads may make the same marks; the first ones stay. */
static const nd_shingle_marks *marks_of(const nd_coverage_matcher *c, nd_coverage_worker *w,
                                        uint32_t text)
{
    nd_shingle_marks *marks = atomic_load_explicit(&c->marks[text], memory_order_acquire);
    if (marks)
        return marks;
    const nd_sampled_text *const t = &c->shared.texts[text];
    nd_shingle_marks *const made = nd_arena_alloc(&w->words, nd_shingle_marks_bytes(t->num));
    if (!made)
        return NULL;
    nd_shingle_marks_set(made, t->shingles, t->num);
    return atomic_compare_exchange_strong(&c->marks[text], &marks, made) ? made : marks;
}

nd_status nd_coverage_bound_common(const nd_coverage_matcher *c, nd_coverage_worker *w,
                                   uint32_t held, uint32_t other, uint32_t *most)
{
    const uint32_t num_held = c->base.sets[held].num, num_other = c->base.sets[other].num;
    *most = num_held < num_other ? num_held : num_other;
    if (other >= c->num_marked || num_other / TIMES_AS_LONG < num_held)
        return ND_OK;
    const nd_shingle_marks *const marks = marks_of(c, w, other);
    if (!marks)
        return ND_ERR_NO_MEMORY;
    *most = nd_shingle_marks_count(marks, c->shared.texts[held].shingles, num_held);
    return ND_OK;
}
