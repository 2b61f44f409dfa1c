#include "passages/passage_finder.h"
#include "util/heap_sort.h"

static int compare_repeats(void *ctx, const void *left, const void *right)
{
    (void)ctx;
    const nd_place *const a = ((const nd_repeat *)left)->places;
    const nd_place *const b = ((const nd_repeat *)right)->places;
    if (a->start != b->start)
        return a->start < b->start ? -1 : 1;
    if (a->end != b->end)
        return a->end > b->end ? -1 : 1;
    const nd_repeat *const ra = left, *const rb = right;
    if (a[1].start != b[1].start)
        return a[1].start < b[1].start ? -1 : 1;
    return (ra->num_places < rb->num_places) - (ra->num_places > rb->num_places);
}

/* One character can hold the end of a place and the start of the next ("½" is 1, 2). */
static void separate_places(nd_place *places, size_t num)
{
    for (size_t i = 1; i < num; i++)
        if (places[i].start < places[i - 1].end)
            places[i].start = places[i - 1].end;
}

/* Writes the group's places ascending; they come nearly descending. */
static void write_places(const nd_passage_finder *f, const nd_repeat_group *group, nd_place *places)
{
    size_t at = group->num_places;
    for (uint32_t p = group->first_place; at-- > 0; p = f->grouper.places.items[p].next_of_repeat) {
        const nd_span span = f->grouper.places.items[p].span;
        nd_place place = nd_finder_place(
            f, (nd_span){span.start + group->trim_start, span.end - group->trim_end});
        nd_finder_set_lines(&place, &f->lines_a);
        size_t to = at;
        for (; to + 1 < group->num_places && places[to + 1].start < place.start; to++)
            places[to] = places[to + 1];
        places[to] = place;
    }
    separate_places(places, group->num_places);
}

static nd_status write_repeats(nd_passage_finder *f)
{
    const size_t num = f->grouper.groups.len;
    nd_status status = ND_VEC_RESERVE(&f->allocator, &f->repeats, num);
    if (status == ND_OK)
        status = ND_VEC_RESERVE(&f->allocator, &f->places, f->grouper.places.len);
    if (status != ND_OK)
        return status;
    nd_place *places = f->places.items;
    for (size_t i = 0; i < num; i++) {
        const nd_repeat_group *const group = &f->grouper.groups.items[i];
        write_places(f, group, places);
        f->repeats.items[f->repeats.len++] = (nd_repeat){
            .similarity = group->similarity,
            .words = nd_span_len(group->first) - group->trim_start - group->trim_end,
            .num_places = group->num_places,
            .places = places,
        };
        places += group->num_places;
    }
    nd_heap_sort(f->repeats.items, num, sizeof *f->repeats.items, compare_repeats, NULL);
    return ND_OK;
}

static nd_status find_repeats(nd_passage_finder *f, const char *bytes, size_t len_bytes)
{
    nd_status status = nd_finder_begin(f, bytes, len_bytes);
    if (status != ND_OK)
        return status;
    nd_chainer_begin(&f->chainer, &f->seeds, ND_SEED_NONE, 0);
    for (uint32_t from = 0; from < f->seeds.num_seeds && status == ND_OK;) {
        const uint32_t to = nd_seed_block_end(from, f->seeds.num_seeds);
        nd_seed_link links[ND_SEED_BLOCK];
        uint32_t num_links;
        status = nd_seed_index_add(&f->seeds, from, to, links, &num_links);
        if (status == ND_OK)
            status = nd_chainer_feed(&f->chainer, links, num_links);
        from = to;
    }
    if (status == ND_OK)
        status = nd_finder_fit(f, bytes);
    if (status != ND_OK || f->fitter.pairs.len == 0)
        return status;
    status =
        nd_repeat_grouper_run(&f->grouper, &f->seeds, f->fitter.pairs.items, f->fitter.pairs.len);
    f->stats.dropped_occurrences += f->grouper.dropped;
    if (status == ND_OK)
        status = nd_line_index_set(&f->lines_a, &f->allocator, bytes, len_bytes);
    return status == ND_OK ? write_repeats(f) : status;
}

nd_status nd_passage_finder_repeats(nd_passage_finder *finder, const char *bytes, size_t len_bytes,
                                    const nd_repeat **repeats, size_t *num_repeats)
{
    *repeats = NULL;
    *num_repeats = 0;
    finder->repeats.len = 0;
    const nd_status status = find_repeats(finder, bytes, len_bytes);
    if (status != ND_OK)
        return status;
    *repeats = finder->repeats.items;
    *num_repeats = finder->repeats.len;
    return ND_OK;
}
