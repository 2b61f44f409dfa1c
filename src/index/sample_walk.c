/* Which texts share enough sampled shingles with one to be looked at.
 *
 * A sample that few texts have counts for each pair of them, the more the rarer it is: what a pair
 * shares of those is added up. Where at least half of a text's picks are hot, had by many (an
 * agency's footer, a form, a story that everybody runs), it follows the first of these to the first
 * of their holders, which are the largest, and to those right before it. So the texts of a footer
 * meet without all meeting all. As the smaller text of a pair follows its picks, those that come
 * after the seeker in a list of its samples are asked for theirs. */
#include "index/members.h"
#include "index/sampling.h"
#include "util/sort.h"

/* Lists that are looked through whole for a pick, before their order is. */
enum { SHORT_LIST = 1024 };

/* A text that picks a sample by which it would be proposed with the seeker, if it follows it. */
typedef struct claim {
    uint64_t text, key;
} claim;

typedef struct walk {
    nd_index *index;
    const nd_seeker *seeker;
    nd_sampling sampling;
    uint32_t num_samples;
    uint64_t used[ND_PICKS_FOLLOWED]; /* keys of the picks that the seeker follows */
    uint32_t num_used;
    nd_member_lists lists;
    nd_key_members members, others;
    ND_VEC(uint64_t) shares; /* see share_of */
    ND_VEC(uint64_t) scratch;
    ND_VEC(claim) claims;
    nd_run_cursor entries; /* of the texts that share some */
    nd_numbers *mates;
} walk;

static nd_status add_mate(walk *w, nd_key_member member)
{
    const nd_status status = ND_VEC_RESERVE(&w->index->allocator, w->mates, 1);
    if (status == ND_OK)
        w->mates->items[w->mates->len++] = (uint32_t)member;
    return status;
}

/* --- rare samples --- */

/* What one text shares: | text, 32 bits | class, 3 | weight, 29 |. */
enum { WEIGHT_BITS = 29 };

static nd_status share(walk *w)
{
    const uint64_t weight = nd_shingle_weight((uint32_t)w->members.len + 1);
    const nd_status status = ND_VEC_RESERVE(&w->index->allocator, &w->shares, w->members.len);
    for (size_t i = 0; status == ND_OK && i < w->members.len; i++) {
        const nd_key_member member = w->members.items[i];
        w->shares.items[w->shares.len++] =
            member << 32 | (member >> ND_MEMBER_CLASS_SHIFT) << WEIGHT_BITS | weight;
    }
    return status;
}

/* Adds the text if it shares enough. */
static nd_status consider(walk *w, uint64_t share, uint64_t weight, nd_error *error)
{
    const uint32_t text = (uint32_t)(share >> 32);
    nd_text_entry entry;
    if (!nd_sampling_may_be_near(w->sampling, (uint32_t)share >> WEIGHT_BITS, weight))
        return ND_OK;
    const nd_status status = nd_index_text_entry_near(w->index, &w->entries, text, &entry, error);
    if (status != ND_OK)
        return status;
    return nd_samplings_are_near(w->sampling, nd_sampling_of_entry(&entry), weight)
               ? add_mate(w, text)
               : ND_OK;
}

/* Adds up what each text shares: those that share enough are the first mates, ascending. */
static nd_status add_sharers(walk *w, nd_error *error)
{
    const size_t num = w->shares.len;
    const uint64_t weight_mask = (UINT64_C(1) << WEIGHT_BITS) - 1;
    nd_status status = ND_VEC_RESERVE(&w->index->allocator, &w->scratch, num);
    if (status != ND_OK || num == 0)
        return status;
    nd_radix_sort_u64(w->shares.items, w->scratch.items, num);
    for (size_t i = 0, end; status == ND_OK && i < num; i = end) {
        uint64_t weight = 0;
        for (end = i; end < num && w->shares.items[end] >> 32 == w->shares.items[i] >> 32; end++)
            weight += w->shares.items[end] & weight_mask;
        status = consider(w, w->shares.items[i], weight, error);
    }
    return status;
}

/* --- picks --- */

static bool seeker_samples(const walk *w, uint64_t key)
{
    const uint64_t *const set = w->seeker->set;
    const size_t at = nd_first_u64(set, w->num_samples, key << ND_SAMPLE_KEY_SHIFT);
    return at < w->num_samples && nd_sample_key(set[at]) == key;
}

/* Finds the texts that have a sample, the seeker left out: `enough` of them at most, in w->members.
 * *num becomes how many they are with it. */
static nd_status look_up(walk *w, uint64_t key, size_t enough, bool has_seeker, uint32_t *num,
                         nd_error *error)
{
    uint64_t most = 0;
    w->members.len = 0;
    nd_status status = nd_member_lists_find(&w->lists, ND_TABLE_SAMPLES, key, &most, error);
    if (status == ND_OK && most > 0)
        status = nd_member_lists_all(&w->lists, enough, &w->members, error);
    *num = (uint32_t)w->members.len + has_seeker;
    return status;
}

static nd_status look_whether_hot(walk *w, uint64_t key, bool *is_hot, nd_error *error)
{
    uint32_t frequency = 0;
    *is_hot = false;
    if (!nd_member_lists_may_exceed(&w->lists, key, ND_HOT_FREQUENCY - 1)) /* without the seeker */
        return ND_OK;
    const nd_status status =
        look_up(w, key, ND_HOT_FREQUENCY + 1, seeker_samples(w, key), &frequency, error);
    *is_hot = frequency > ND_HOT_FREQUENCY;
    return status;
}

/* Which of a text's picks it follows; keys has those, of num picks. Most texts follow none, as most
 * of their picks are had by few. */
static nd_status choose_picks(walk *w, uint64_t *keys, uint32_t num, uint32_t *num_used,
                              nd_error *error)
{
    nd_status status = ND_OK;
    uint32_t num_hot = 0, kept = 0;
    for (uint32_t i = 0; status == ND_OK && i < num && 2 * (i - num_hot) <= num; i++) {
        bool is_hot = false;
        status = look_whether_hot(w, keys[i], &is_hot, error);
        if (!is_hot)
            continue;
        num_hot++;
        if (kept < ND_PICKS_FOLLOWED)
            keys[kept++] = keys[i];
    }
    *num_used = 2 * num_hot >= num ? kept : 0;
    return status;
}

/* The picks of a set whose first num_samples are sampled. */
static uint32_t list_picks(const uint64_t *set, uint32_t num_samples, uint64_t keys[ND_PICKS])
{
    const uint32_t num = num_samples < ND_PICKS ? num_samples : ND_PICKS;
    for (uint32_t i = 0; i < num; i++)
        keys[i] = nd_sample_key(set[i]);
    return num;
}

static nd_status choose_own_picks(walk *w, nd_error *error)
{
    uint64_t keys[ND_PICKS];
    const uint32_t num = list_picks(w->seeker->set, w->num_samples, keys);
    const nd_status status = choose_picks(w, keys, num, &w->num_used, error);
    for (uint32_t i = 0; i < w->num_used; i++)
        w->used[i] = keys[i];
    return status;
}

static bool is_used(const walk *w, uint64_t key)
{
    bool is_used = false;
    for (uint32_t i = 0; i < w->num_used; i++)
        is_used |= w->used[i] == key;
    return is_used;
}

/* --- samples that many texts have --- */

static bool has_pick(const nd_key_members *members)
{
    for (size_t i = 0; i < members->len; i++)
        if (members->items[i] & ND_MEMBER_PICKS)
            return true;
    return false;
}

static nd_status add_all(walk *w, const nd_key_members *members)
{
    nd_status status = ND_OK;
    for (size_t i = 0; status == ND_OK && i < members->len; i++)
        status = add_mate(w, members->items[i]);
    return status;
}

/* Those of `members` that pick the sample, but for the ones among `before`. */
static nd_status add_claims(walk *w, uint64_t key, const nd_key_members *members,
                            const nd_key_members *before)
{
    nd_status status = ND_VEC_RESERVE(&w->index->allocator, &w->claims, members->len);
    for (size_t i = 0; status == ND_OK && i < members->len; i++) {
        bool is_before = false;
        for (size_t k = 0; k < before->len; k++)
            is_before |= (uint32_t)before->items[k] == (uint32_t)members->items[i];
        if (members->items[i] & ND_MEMBER_PICKS && !is_before)
            w->claims.items[w->claims.len++] = (claim){(uint32_t)members->items[i], key};
    }
    return status;
}

/* The seeker is one of the first holders: it meets those before it if it follows the sample, and
 * all after it that do. */
static nd_status meet_as_first(walk *w, uint64_t key, nd_error *error)
{
    w->members.len = w->others.len = 0;
    nd_status status = nd_member_lists_next(&w->lists, &w->seeker->entry, ND_BACKWARD,
                                            ND_PICK_LEADERS, &w->others, error);
    if (status == ND_OK)
        status = nd_member_lists_all(&w->lists, SIZE_MAX, &w->members, error);
    if (status == ND_OK && is_used(w, key))
        status = add_all(w, &w->others);
    return status == ND_OK ? add_claims(w, key, &w->members, &w->others) : status;
}

/* Another: the first ones, which stand in w->members, and those right before it if it follows the
 * sample, and those right after it that do. */
static nd_status meet_near(walk *w, uint64_t key, nd_error *error)
{
    const nd_text_entry *const text = &w->seeker->entry;
    nd_status status = ND_OK;
    if (is_used(w, key)) {
        status = nd_member_lists_next(&w->lists, text, ND_BACKWARD, ND_PICK_NEIGHBOURS, &w->members,
                                      error);
        if (status == ND_OK)
            status = add_all(w, &w->members);
    }
    w->members.len = w->others.len = 0;
    if (status == ND_OK)
        status = nd_member_lists_next(&w->lists, text, ND_FORWARD, ND_PICK_NEIGHBOURS, &w->members,
                                      error);
    return status == ND_OK ? add_claims(w, key, &w->members, &w->others) : status;
}

/* w->members are the first SHORT_LIST of the list, in no order. */
static nd_status meet(walk *w, uint64_t key, nd_error *error)
{
    nd_text_entry last = {0};
    if (!is_used(w, key) && w->members.len < SHORT_LIST && !has_pick(&w->members))
        return ND_OK; /* as most lists are nobody's pick */
    w->members.len = 0;
    const nd_status status =
        nd_member_lists_first(&w->lists, ND_PICK_LEADERS, &w->members, &last, error);
    if (status != ND_OK)
        return status;
    return nd_index_compare_texts(w->index, &w->seeker->entry, &last) < 0
               ? meet_as_first(w, key, error)
               : meet_near(w, key, error);
}

/* An nd_compare_fn of claims. */
static int compare_claims(void *ctx, const void *left, const void *right)
{
    (void)ctx;
    const claim *const a = left, *const b = right;
    return (a->text > b->text) - (a->text < b->text);
}

/* The picks that another text follows. */
static nd_status choose_picks_of(walk *w, uint32_t text, uint64_t keys[ND_PICKS], uint32_t *num,
                                 nd_error *error)
{
    nd_text_entry entry;
    uint32_t words[ND_PICKS_WORDS];
    nd_status status = nd_index_text_entry_near(w->index, &w->entries, text, &entry, error);
    if (status == ND_OK)
        status = nd_index_read_keys(w->index, &entry, words, error);
    return status == ND_OK ? choose_picks(w, keys, nd_picks_unpack(words, keys), num, error)
                           : status;
}

/* Adds the texts that follow a pick they claim, but for the first num_mates, which are mates
 * anyway. */
static nd_status settle_claims(walk *w, size_t num_mates, nd_error *error)
{
    nd_status status = ND_OK;
    if (w->claims.len > 1)
        nd_heap_sort(w->claims.items, w->claims.len, sizeof(claim), compare_claims, NULL);
    for (size_t i = 0, end; status == ND_OK && i < w->claims.len; i = end) {
        const uint32_t text = (uint32_t)w->claims.items[i].text;
        const size_t at = nd_first_u32(w->mates->items, num_mates, text);
        uint64_t keys[ND_PICKS];
        uint32_t num = 0;
        bool follows = false;
        if (at == num_mates || w->mates->items[at] != text)
            status = choose_picks_of(w, text, keys, &num, error);
        for (end = i; end < w->claims.len && w->claims.items[end].text == text; end++)
            for (uint32_t k = 0; k < num; k++)
                follows |= keys[k] == w->claims.items[end].key;
        if (status == ND_OK && follows)
            status = add_mate(w, text);
    }
    return status;
}

/* --- all --- */

static nd_status follow(walk *w, uint64_t hash, nd_error *error)
{
    const uint64_t key = nd_sample_key(hash);
    uint32_t frequency = 0;
    nd_status status = look_up(w, key, SHORT_LIST, true, &frequency, error);
    if (status == ND_OK && frequency <= ND_RARE_FREQUENCY)
        status = share(w);
    if (status == ND_OK && frequency > ND_HOT_FREQUENCY)
        status = meet(w, key, error);
    return status;
}

static nd_status find_all(walk *w, nd_error *error)
{
    nd_numbers by_picks = {0};
    nd_numbers *const mates = w->mates;
    nd_status status = choose_own_picks(w, error);
    w->mates = &by_picks;
    for (uint32_t i = 0; status == ND_OK && i < w->num_samples; i++)
        status = follow(w, w->seeker->set[i], error);
    w->mates = mates;
    if (status == ND_OK)
        status = add_sharers(w, error);
    if (status == ND_OK)
        status = settle_claims(w, mates->len, error);
    for (size_t i = 0; status == ND_OK && i < by_picks.len; i++)
        status = add_mate(w, by_picks.items[i]);
    ND_VEC_RELEASE(&w->index->allocator, &by_picks);
    return status;
}

nd_status nd_index_find_sharers(nd_index *index, const nd_seeker *seeker, nd_numbers *mates,
                                nd_error *error)
{
    const nd_allocator *const a = &index->allocator;
    walk w = {.index = index, .seeker = seeker, .mates = mates};
    nd_run_cursor_init(&w.entries, NULL, ND_TABLE_TEXTS, index->blocks);
    w.sampling = nd_sampling_of(seeker->set, seeker->entry.num_shingles, &w.num_samples);
    nd_status status = nd_member_lists_init(&w.lists, index, seeker->number);
    if (status == ND_OK)
        status = nd_tail_map_samples(&index->tail);
    if (status == ND_OK)
        status = find_all(&w, error);
    nd_member_lists_release(&w.lists);
    ND_VEC_RELEASE(a, &w.members);
    ND_VEC_RELEASE(a, &w.others);
    ND_VEC_RELEASE(a, &w.shares);
    ND_VEC_RELEASE(a, &w.scratch);
    ND_VEC_RELEASE(a, &w.claims);
    return status;
}
