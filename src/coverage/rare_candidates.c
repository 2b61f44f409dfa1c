/* Which pairs are worth comparing: those that share enough rare samples, and those of common text
 * by a few picks (the rule stands in neardup/candidates.h).
 *
 * Each text looks for larger ones. What two texts share is summed up shingle by shingle over the
 * posting lists of the smaller one's rare samples, the rarest first. Once what is left of them is
 * too little to reach the weight needed, no text met for the first time can become a candidate any
 * more: the rest, which has the longest lists, is followed only as long as there are texts that it
 * can decide on (prefix filtering: Chaudhuri, Ganti and Kaushik, A primitive operator for
 * similarity joins in data cleaning, 2006; Bayardo, Ma and Srikant, Scaling up all pairs
 * similarity search, 2007). This changes the work, not the outcome. */
#include "coverage/coverage.h"

#include "util/prefetch.h"

enum {
    WEIGHT_OF_RARE = 886, /* nd_shingle_weight(ND_RARE_FREQUENCY): a rare sample's, at least */
    WEIGHT_OF_HOT = 1024, /* nd_shingle_weight(ND_HOT_FREQUENCY): a hot one weighs less */
    RANGES = ND_SAMPLE_MAX_SHIFT + 1,
    RANGE_AT = 48, /* bit of a followed sample, see nd_rare_sample */
    WEIGHT_CLASSES = 64,
    PREFETCH = 16, /* lists asked for ahead */
    MIN_SLOTS = 64,
    LINE_DOCUMENTS = 16, /* in a line of the cache */
    LOOK_UP_COST = 8,    /* of one document in a list, in documents read one after the other */
};

/* --- the search of one text --- */

/* The samples followed, finder->order, rarest first, are as nd_rare_sample makes them. Where the
 * narrower of two texts' ranges is r, a pair needs needed[r]. rest[r] is the weight of the samples
 * that lie in that range and have not been followed. */
typedef struct search {
    uint64_t needed[RANGES], rest[RANGES];
    size_t next; /* in the order */
    uint32_t shift;
} search;

static uint32_t range_of(uint64_t sample)
{
    return (uint32_t)(sample >> RANGE_AT) & 3;
}

static uint32_t num_earlier(uint64_t sample)
{
    return (uint32_t)(sample >> 32) & 0xffff;
}

static uint32_t range_of_shingle(uint64_t shingle)
{
    return (uint32_t)(shingle >> 63 == 0) + (uint32_t)(shingle >> 62 == 0);
}

/* Rarest first; fine enough, a weight of one class being within a 64th of ND_SHINGLE_WEIGHT_ONE. */
static uint32_t weight_class(uint64_t sample)
{
    return (uint32_t)(sample >> 58);
}

/* 1 if a sample is rare and longer texts share it, else 0. */
static uint32_t is_followed(uint64_t sample)
{
    return (uint32_t)(nd_sample_earlier(sample) > 0) &
           (uint32_t)(nd_sample_weight(sample) >= WEIGHT_OF_RARE);
}

/* Writes down the samples that are followed. No branch depends on whether a shingle is sampled, or
 * a sample followed. */
static void gather_rare(nd_candidate_finder *f, const nd_sampled_text *text,
                        const uint64_t *samples)
{
    const uint64_t limit = nd_sampled_up_to(text);
    uint64_t *const gathered = f->scratch.items;
    size_t num = 0;
    if (text->sample_shift == ND_SAMPLE_MAX_SHIFT) {
        for (uint32_t s = 0; s < text->num_samples; s++) {
            gathered[num] = samples[s] | (uint64_t)ND_SAMPLE_MAX_SHIFT << RANGE_AT;
            num += is_followed(samples[s]);
        }
    } else {
        for (uint32_t i = 0, s = 0; s < text->num_samples; i++) {
            const uint32_t is_sampled = text->shingles[i] <= limit;
            gathered[num] = samples[s] | (uint64_t)range_of_shingle(text->shingles[i]) << RANGE_AT;
            num += is_sampled & is_followed(samples[s]);
            s += is_sampled;
        }
    }
    f->scratch.len = num;
}

/* Room for the samples of a text, of which there are none yet. */
static nd_status make_room_for_samples(nd_candidate_finder *f, size_t num,
                                       const nd_allocator *allocator)
{
    f->order.len = f->scratch.len = 0;
    const nd_status status = ND_VEC_RESERVE(allocator, &f->order, num + 1);
    return status == ND_OK ? ND_VEC_RESERVE(allocator, &f->scratch, num + 1) : status;
}

/* Orders the rare samples that were gathered by weight class, then as in the text. */
static void order_samples(nd_candidate_finder *f)
{
    uint32_t places[WEIGHT_CLASSES] = {0}, place = 0;
    for (size_t i = 0; i < f->scratch.len; i++)
        places[weight_class(f->scratch.items[i])]++;
    for (size_t c = 0; c < WEIGHT_CLASSES; c++) {
        const uint32_t count = places[c];
        places[c] = place;
        place += count;
    }
    for (size_t i = 0; i < f->scratch.len; i++)
        f->order.items[places[weight_class(f->scratch.items[i])]++] = f->scratch.items[i];
    f->order.len = f->scratch.len;
}

/* By the samples that were gathered. */
static search begin_search(const nd_candidate_finder *f, uint32_t num_shingles, uint32_t shift)
{
    search s = {.shift = shift};
    for (uint32_t r = 0; r < RANGES; r++)
        s.needed[r] = nd_rare_weight_needed(num_shingles, r);
    for (size_t i = 0; i < f->scratch.len; i++)
        for (uint32_t r = 0; r <= range_of(f->scratch.items[i]); r++)
            s.rest[r] += nd_sample_weight(f->scratch.items[i]);
    return s;
}

/* Takes a sample from the rest. */
static void leave_behind(search *s, uint64_t sample)
{
    for (uint32_t r = 0; r <= range_of(sample); r++)
        s->rest[r] -= nd_sample_weight(sample);
}

/* The range that counts with a text of that shift. */
static uint32_t narrower(const search *s, uint32_t shift)
{
    return shift > s->shift ? shift : s->shift;
}

/* Whether the rest can make a candidate of a text that has not been met. */
static bool may_show_another(const search *s)
{
    bool may = false;
    for (uint32_t r = s->shift; r < RANGES; r++)
        may |= s->rest[r] >= s->needed[r];
    return may;
}

static void prefetch_members(const nd_sample_lists *lists, uint64_t sample)
{
    const uint32_t num = num_earlier(sample);
    if (num < 2)
        return;
    const uint32_t *const documents = lists->members + nd_sample_member(sample) - num;
    nd_prefetch(documents);
    nd_prefetch(documents + (num > LINE_DOCUMENTS ? LINE_DOCUMENTS : 0));
}

/* The first samples in order: those that can show a candidate that none before them has. Asks for
 * the members of the first, and takes them from the rest. */
static size_t take_prefix(const nd_candidate_finder *f, const nd_sample_lists *lists, search *s,
                          uint64_t *postings)
{
    size_t num = 0;
    for (; num < f->order.len && may_show_another(s); num++) {
        if (num < PREFETCH)
            prefetch_members(lists, f->order.items[num]);
        *postings += num_earlier(f->order.items[num]);
        leave_behind(s, f->order.items[num]);
    }
    return num;
}

/* --- tallies: what larger texts hold of the samples followed ---
 *
 *   | document, 32 bits | weight, 1 and up, 32 |      0: nothing stands here                     */

static nd_status clear_tallies(nd_candidate_finder *f, uint64_t postings,
                               const nd_allocator *allocator)
{
    for (size_t i = 0; i < f->touched.len; i++)
        f->tallies[f->touched.items[i]] = 0;
    f->touched.len = f->open.len = f->candidates.len = 0;
    nd_status status = ND_VEC_RESERVE(allocator, &f->touched, postings + 1);
    if (status == ND_OK)
        status = ND_VEC_RESERVE(allocator, &f->open, postings + 1);
    if (status == ND_OK)
        status = ND_VEC_RESERVE(
            allocator, &f->candidates,
            postings + 1 + (size_t)ND_PICKS_FOLLOWED * (ND_PICK_LEADERS + ND_PICK_NEIGHBOURS));
    size_t slots = MIN_SLOTS;
    while (slots < postings * 4)
        slots *= 2;
    f->mask = slots - 1; /* of all that there are, which are zero */
    if (status != ND_OK || slots <= f->tallies_capacity)
        return status;
    uint64_t *const grown = nd_alloc_zeroed(allocator, slots, sizeof *grown);
    if (!grown)
        return ND_ERR_NO_MEMORY;
    nd_release(allocator, f->tallies);
    f->tallies = grown;
    f->tallies_capacity = slots;
    return ND_OK;
}

/* One branch for both: whether a document is met for the first time cannot be predicted, a clash
 * can. */
static bool is_clash(uint64_t tally, uint32_t document)
{
    const uint64_t other_bits = tally >> 32 ^ document;
    return (other_bits & (UINT64_C(0) - (uint64_t)((uint32_t)tally != 0))) != 0;
}

static size_t slot_of(const nd_candidate_finder *f, uint32_t document)
{
    size_t at = (document * UINT64_C(0x9e3779b97f4a7c15) >> 32) & f->mask;
    while (is_clash(f->tallies[at], document))
        at = (at + 1) & f->mask;
    return at;
}

/* The sum stops where there is no more room for it. */
static uint64_t tally_of(uint32_t document, uint32_t sum, uint32_t weight)
{
    const uint32_t raised = sum < UINT32_MAX - weight ? sum + weight : UINT32_MAX;
    return (uint64_t)document << 32 | raised;
}

/* The documents before its own that share a sample: `sample` itself tells of one. */
static const uint32_t *earlier_documents(const uint32_t *members, uint64_t sample, uint32_t num,
                                         uint32_t *single)
{
    *single = nd_sample_member(sample);
    return num == 1 ? single : members + *single - num;
}

/* Counts for whoever shares the first samples. */
static void follow_prefix(nd_candidate_finder *f, const nd_sample_lists *lists, search *s,
                          size_t num)
{
    for (; s->next < num; s->next++) {
        const uint64_t *const sample = &f->order.items[s->next];
        const uint32_t weight = nd_sample_weight(*sample), num_documents = num_earlier(*sample);
        uint32_t single;
        const uint32_t *const documents =
            earlier_documents(lists->members, *sample, num_documents, &single);
        if (s->next + PREFETCH < f->order.len)
            prefetch_members(lists, sample[PREFETCH]);
        for (uint32_t m = 0; m < num_documents; m++) {
            const size_t at = slot_of(f, documents[m]);
            const uint32_t before = (uint32_t)f->tallies[at];
            f->touched.items[f->touched.len] = (uint32_t)at;
            f->touched.len += before == 0;
            f->tallies[at] = tally_of(documents[m], before, weight);
        }
    }
}

/* Keeps of finder->open the slots of texts on which the rest decides: neither candidates already
 * nor out of reach. */
static void keep_open(nd_candidate_finder *f, const uint8_t *shifts, const search *s)
{
    size_t num = 0;
    for (size_t i = 0; i < f->open.len; i++) {
        const uint32_t slot = f->open.items[i], sum = (uint32_t)f->tallies[slot];
        const uint32_t range = narrower(s, shifts[f->tallies[slot] >> 32]);
        f->open.items[num] = slot;
        num += (size_t)((int)(sum < s->needed[range]) &
                        (int)(sum + s->rest[range] >= s->needed[range]));
    }
    f->open.len = num;
}

static bool is_member(const uint32_t *documents, uint32_t num, uint32_t document)
{
    while (num > 1) {
        const uint32_t half = num / 2;
        documents = documents[half] <= document ? documents + half : documents;
        num -= half;
    }
    return *documents == document;
}

/* Counts one sample for the texts met so far; for those that are open alone where they are few. */
static void complete(nd_candidate_finder *f, const uint32_t *documents, uint32_t num,
                     uint32_t weight)
{
    if (f->open.len * LOOK_UP_COST <= num) {
        for (size_t i = 0; i < f->open.len; i++) {
            uint64_t *const tally = &f->tallies[f->open.items[i]];
            const uint32_t document = (uint32_t)(*tally >> 32);
            if (is_member(documents, num, document))
                *tally = tally_of(document, (uint32_t)*tally, weight);
        }
        return;
    }
    for (uint32_t m = 0; m < num; m++) {
        const size_t at = slot_of(f, documents[m]);
        const uint32_t before = (uint32_t)f->tallies[at];
        const uint64_t met = UINT64_C(0) - (uint64_t)(before != 0);
        f->tallies[at] = tally_of(documents[m], before, weight) & met;
    }
}

/* Follows the rest as long as there are open texts. */
static void follow_rest(nd_candidate_finder *f, const nd_sample_lists *lists, search *s)
{
    uint64_t since_kept = 0;
    for (size_t i = 0; i < f->touched.len; i++)
        f->open.items[i] = f->touched.items[i];
    f->open.len = f->touched.len;
    keep_open(f, lists->shifts, s);
    for (; s->next < f->order.len && f->open.len > 0; s->next++) {
        const uint64_t *const sample = &f->order.items[s->next];
        const uint32_t num = num_earlier(*sample);
        uint32_t single;
        if (s->next + PREFETCH < f->order.len)
            prefetch_members(lists, sample[PREFETCH]);
        complete(f, earlier_documents(lists->members, *sample, num, &single), num,
                 nd_sample_weight(*sample));
        leave_behind(s, *sample);
        since_kept += num;
        if (since_kept >= f->open.len) {
            keep_open(f, lists->shifts, s);
            since_kept = 0;
        }
    }
}

/* A document stands before itself where two of its samples are taken for one. */
static void choose(nd_candidate_finder *f, const uint8_t *shifts, uint32_t d, const search *s)
{
    for (size_t i = 0; i < f->touched.len; i++) {
        const uint64_t tally = f->tallies[f->touched.items[i]];
        const uint32_t other = (uint32_t)(tally >> 32);
        f->candidates.items[f->candidates.len] = other;
        f->candidates.len +=
            (size_t)((int)((uint32_t)tally >= s->needed[narrower(s, shifts[other])]) &
                     (int)(other != d));
    }
}

/* --- picks --- */

/* The places of the picks among the samples of a text, lowest shingle first; returns their number.
 */
static uint32_t place_picks(const nd_sampled_text *text, uint32_t places[ND_PICKS])
{
    const uint64_t up_to = nd_sampled_up_to(text);
    uint64_t picks[ND_PICKS];
    uint32_t num = 0;
    for (uint32_t i = 0, s = 0; s < text->num_samples; i++) {
        const uint64_t shingle = text->shingles[i];
        if (shingle > up_to)
            continue;
        const uint32_t place = s++;
        if (num == ND_PICKS && shingle >= picks[ND_PICKS - 1])
            continue;
        uint32_t at = num < ND_PICKS ? num++ : ND_PICKS - 1;
        for (; at > 0 && picks[at - 1] > shingle; at--) {
            picks[at] = picks[at - 1];
            places[at] = places[at - 1];
        }
        picks[at] = shingle;
        places[at] = place;
    }
    return num;
}

/* A document may come twice; the caller's list of pairs does away with that. */
static void meet_common(nd_candidate_finder *f, const nd_shared_shingles *shared, uint64_t sample,
                        uint32_t d)
{
    const uint32_t num = nd_sample_earlier(sample);
    uint32_t single;
    const uint32_t *const members = earlier_documents(shared->members, sample, num, &single);
    for (uint32_t m = 0; m < num; m++) {
        if (!nd_pick_proposes(num, m))
            m = num - ND_PICK_NEIGHBOURS;
        if (members[m] != d)
            f->candidates.items[f->candidates.len++] = members[m];
    }
    f->left_out +=
        num > ND_PICK_LEADERS + ND_PICK_NEIGHBOURS ? num - ND_PICK_LEADERS - ND_PICK_NEIGHBOURS : 0;
}

static bool is_hot(uint64_t sample)
{
    return nd_sample_weight(sample) < WEIGHT_OF_HOT;
}

/* Whether half of the picks can be hot. Most texts have too few hot samples for it, and need not
 * look for their picks. */
static bool may_have_hot_picks(const uint64_t *samples, uint32_t num)
{
    uint32_t num_hot = 0;
    for (uint32_t s = 0; s < num; s++)
        num_hot += is_hot(samples[s]);
    return num_hot > 0 && 2 * num_hot >= (num < ND_PICKS ? num : ND_PICKS);
}

static void follow_picks(nd_candidate_finder *f, const nd_shared_shingles *shared, uint32_t d,
                         const uint64_t *samples)
{
    const nd_sampled_text *const text = &shared->texts[d];
    uint32_t places[ND_PICKS], num_hot = 0, num_followed = 0;
    f->left_out = 0;
    if (!may_have_hot_picks(samples, text->num_samples))
        return;
    const uint32_t num = place_picks(text, places);
    for (uint32_t i = 0; i < num; i++)
        num_hot += is_hot(samples[places[i]]);
    if (2 * num_hot < num)
        return;
    for (uint32_t i = 0; i < num && num_followed < ND_PICKS_FOLLOWED; i++) {
        if (!is_hot(samples[places[i]]))
            continue;
        meet_common(f, shared, samples[places[i]], d);
        num_followed++;
    }
}

/* Finds the candidates of document d by the samples that were gathered; many a text shares too few
 * of them for any. */
static nd_status find_rare(nd_candidate_finder *f, const nd_sample_lists *lists, uint32_t d,
                           search *s, const nd_allocator *allocator)
{
    uint64_t postings = 0;
    if (may_show_another(s))
        order_samples(f);
    const size_t num = take_prefix(f, lists, s, &postings);
    const nd_status status = clear_tallies(
        f, postings < lists->num_documents ? postings : lists->num_documents, allocator);
    if (status != ND_OK)
        return status;
    follow_prefix(f, lists, s, num);
    follow_rest(f, lists, s);
    choose(f, lists->shifts, d, s);
    return ND_OK;
}

nd_status nd_candidate_finder_find(nd_candidate_finder *finder, const nd_shared_shingles *shared,
                                   uint32_t d, const uint64_t *samples,
                                   const nd_allocator *allocator)
{
    const nd_sampled_text *const text = &shared->texts[d];
    const nd_sample_lists lists = {shared->members, shared->shifts, (size_t)d + 1};
    nd_status status = make_room_for_samples(finder, text->num_samples, allocator);
    if (status != ND_OK)
        return status;
    gather_rare(finder, text, samples);
    search s = begin_search(finder, text->num, text->sample_shift);
    status = find_rare(finder, &lists, d, &s, allocator);
    if (status == ND_OK)
        follow_picks(finder, shared, d, samples);
    return status;
}

uint64_t nd_rare_sample(uint32_t weight, uint64_t shingle, uint32_t earlier, uint32_t member)
{
    return (uint64_t)(ND_SHINGLE_WEIGHT_ONE - weight) << 52 |
           (uint64_t)range_of_shingle(shingle) << RANGE_AT | (uint64_t)earlier << 32 | member;
}

nd_status nd_candidate_finder_find_rare(nd_candidate_finder *finder, const nd_sample_lists *lists,
                                        const nd_searching_text *text, const uint64_t *samples,
                                        size_t num, const nd_allocator *allocator)
{
    const nd_status status = make_room_for_samples(finder, num, allocator);
    if (status != ND_OK)
        return status;
    finder->left_out = 0;
    for (size_t i = 0; i < num; i++)
        finder->scratch.items[i] = samples[i];
    finder->scratch.len = num;
    search s = begin_search(finder, text->num_shingles, lists->shifts[text->number]);
    return find_rare(finder, lists, text->number, &s, allocator);
}

void nd_candidate_finder_release(nd_candidate_finder *finder, const nd_allocator *allocator)
{
    ND_VEC_RELEASE(allocator, &finder->order);
    ND_VEC_RELEASE(allocator, &finder->scratch);
    nd_release(allocator, finder->tallies);
    ND_VEC_RELEASE(allocator, &finder->touched);
    ND_VEC_RELEASE(allocator, &finder->open);
    ND_VEC_RELEASE(allocator, &finder->candidates);
    *finder = (nd_candidate_finder){0};
}
