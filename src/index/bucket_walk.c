/* Which texts share a bucket with one, by neardup/bucket.h. Most buckets are small: all members are
 * mates then, and no order is needed. Of a large one the leaders and what stands around the seeker,
 * its window, are. */
#include "index/members.h"
#include "neardup/bucket.h"

/* One bucket. */
typedef struct bucket {
    const nd_seeker *seeker;
    nd_member_lists lists;
    nd_key_members members;
} bucket;

/* A seeker among the first leaders is compared with all. */
static nd_status take_from_large(bucket *b, nd_error *error)
{
    nd_text_entry last = {0};
    nd_key_members *const members = &b->members;
    members->len = 0;
    nd_status status = nd_member_lists_first(&b->lists, ND_BUCKET_LEADERS, members, &last, error);
    if (status != ND_OK)
        return status;
    if (nd_index_compare_texts(b->lists.index, &b->seeker->entry, &last) < 0) {
        members->len = 0;
        return nd_member_lists_all(&b->lists, SIZE_MAX, members, error);
    }
    for (int d = ND_FORWARD; status == ND_OK && d <= ND_BACKWARD; d++)
        status = nd_member_lists_next(&b->lists, &b->seeker->entry, (nd_direction)d,
                                      ND_BUCKET_WINDOW, members, error);
    return status;
}

static nd_status find_mates_of_band(bucket *b, uint32_t band, nd_error *error)
{
    uint64_t num = 0;
    b->members.len = 0;
    nd_status status =
        nd_member_lists_find(&b->lists, ND_TABLE_BANDS + band, b->seeker->keys[band], &num, error);
    if (status == ND_OK && num > 0)
        status = nd_member_lists_all(&b->lists, ND_BUCKET_WHOLE, &b->members, error);
    if (status == ND_OK && b->members.len == ND_BUCKET_WHOLE) /* and the seeker is one more */
        status = take_from_large(b, error);
    return status;
}

nd_status nd_index_find_mates(const nd_index *index, const nd_seeker *seeker, nd_numbers *mates,
                              nd_error *error)
{
    bucket b = {.seeker = seeker};
    nd_status status = nd_member_lists_init(&b.lists, index, seeker->number);
    for (uint32_t band = 0; status == ND_OK && band < index->manifest.spec.bands; band++) {
        status = find_mates_of_band(&b, band, error);
        if (status == ND_OK)
            status = ND_VEC_RESERVE(&index->allocator, mates, b.members.len);
        for (size_t i = 0; status == ND_OK && i < b.members.len; i++)
            mates->items[mates->len++] = (uint32_t)b.members.items[i];
    }
    nd_member_lists_release(&b.lists);
    ND_VEC_RELEASE(&index->allocator, &b.members);
    return status;
}
