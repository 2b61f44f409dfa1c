/* The search for larger texts by rare samples, whose lists are in a file: those of a block of texts
 * are in memory at a time, and all texts look for theirs among them. What two texts share does not
 * depend on others, so it makes no difference how they are cut into blocks.
 *
 *   places of the members in the file:   0  1  2  3  4  5  6  7 ...
 *   is_here, a bit each:                 1  0  0  1  1  0  1  0 ...    whether it is of the block
 *   members, those of the block:         m0    m3 m4    m6 ...
 *
 * How many bits are set before a place is where it stands among those of the block. */
#include "engine/filed_candidates.h"
#include "engine/catalog.h"
#include "engine/matcher.h"
#include "util/threads.h"

enum {
    SHARE = 2, /* of what the budget has left */
    /* What a finder may take for each text that can be met, see nd_candidate_finder. */
    FINDER_BYTES = 44,
    MEMBERS_AT_ONCE = 1 << 13,
    WORD_BITS = 64,
};

typedef struct seeker {
    nd_candidate_finder finder;
    ND_VEC(uint64_t) read;    /* of the file of rare samples */
    ND_VEC(uint64_t) samples; /* of a text: those that texts of the block share */
    nd_key_value_vec pairs;
} seeker;

typedef struct searching {
    const nd_filed_samples *samples;
    nd_filed_proposals *proposals;
    seeker *seekers;     /* one a worker */
    uint32_t begin, end; /* the texts of the block */
    uint64_t *is_here;
    uint32_t *before; /* members of the block before each word of is_here */
    uint32_t *members;
    size_t num_members, capacity;
} searching;

/* ---- blocks ---- */

/* The texts whose members fit, at least one range of them. */
static void choose_block(searching *s, uint64_t room)
{
    const nd_filed_samples *const f = s->samples;
    const uint64_t bytes_a_text = (uint64_t)FINDER_BYTES * f->options->num_threads;
    uint64_t num = 0, bytes = 0, texts = 0;
    size_t range = s->begin / f->texts_a_range;
    for (; range < ND_MEMBER_RANGES && texts + s->begin < f->num_texts; range++) {
        const uint64_t more =
            f->members_in[range] * sizeof *s->members + f->texts_a_range * bytes_a_text;
        if (texts > 0 && bytes + more > room)
            break;
        num += f->members_in[range];
        bytes += more;
        texts += f->texts_a_range;
    }
    const uint64_t end = s->begin + texts;
    s->end = end < f->num_texts ? (uint32_t)end : (uint32_t)f->num_texts;
    s->capacity = (size_t)num;
}

static nd_status load_block(searching *s, uint32_t *some)
{
    const nd_filed_samples *const f = s->samples;
    const size_t num_words = f->num_members / WORD_BITS + 1;
    nd_status status = ND_OK;
    s->num_members = 0;
    for (size_t word = 0; word < num_words; word++)
        s->is_here[word] = 0;
    for (size_t first = 0; first < f->num_members && status == ND_OK; first += MEMBERS_AT_ONCE) {
        const size_t left = f->num_members - first;
        const size_t num = left < MEMBERS_AT_ONCE ? left : MEMBERS_AT_ONCE;
        status =
            nd_temp_file_read(f->members, first * sizeof *some, some, num * sizeof *some, NULL);
        for (size_t i = 0; i < num && status == ND_OK; i++) {
            const uint64_t is_here = some[i] >= s->begin && some[i] < s->end;
            s->is_here[(first + i) / WORD_BITS] |= is_here << (first + i) % WORD_BITS;
            s->members[s->num_members] = some[i]; /* there is room for one more */
            s->num_members += is_here;
        }
    }
    uint32_t before = 0;
    for (size_t word = 0; word < num_words; word++) {
        s->before[word] = before;
        before += (uint32_t)__builtin_popcountll(s->is_here[word]);
    }
    return status;
}

/* Where a place of the file stands among the members of the block. */
static uint32_t place_here(const searching *s, uint32_t place)
{
    const size_t word = place / WORD_BITS;
    const uint64_t below = (UINT64_C(1) << place % WORD_BITS) - 1;
    return s->before[word] + (uint32_t)__builtin_popcountll(s->is_here[word] & below);
}

/* ---- texts ---- */

/* The samples of a text that texts of the block share, as the finder takes them. */
static void select_samples(const searching *s, seeker *k, const uint64_t *samples, size_t num)
{
    k->samples.len = 0;
    for (size_t i = 0; i < num; i++) {
        const uint32_t earlier = (uint32_t)(samples[i] >> 32) & UINT16_MAX;
        const uint32_t member = (uint32_t)samples[i];
        const uint32_t end = place_here(s, member);
        const uint32_t num_here = end - place_here(s, member - earlier);
        const uint32_t told = num_here == 1 ? s->members[end - 1] : end;
        const uint64_t rest = samples[i] & ~(((uint64_t)UINT16_MAX << 32) | UINT32_MAX);
        k->samples.items[k->samples.len] = rest | (uint64_t)num_here << 32 | told;
        k->samples.len += num_here > 0;
    }
}

static nd_status seek(const searching *s, seeker *k, uint32_t text, const uint64_t *samples,
                      size_t num)
{
    const nd_filed_samples *const f = s->samples;
    const nd_sample_lists lists = {s->members, f->shifts, (size_t)(s->end - s->begin) + 1};
    const nd_searching_text searching_text = {text, f->num_shingles[text]};
    k->samples.len = 0;
    nd_status status = ND_VEC_RESERVE(f->allocator, &k->samples, num + 1);
    if (status != ND_OK)
        return status;
    select_samples(s, k, samples, num);
    if (k->samples.len == 0)
        return ND_OK;
    status = nd_candidate_finder_find_rare(&k->finder, &lists, &searching_text, k->samples.items,
                                           k->samples.len, f->allocator);
    const size_t num_found = k->finder.candidates.len;
    if (status == ND_OK)
        status = ND_VEC_RESERVE(f->allocator, &k->pairs, num_found);
    if (status != ND_OK)
        return status;
    for (size_t i = 0; i < num_found; i++)
        k->pairs.items[k->pairs.len++] =
            (nd_key_value){(uint64_t)k->finder.candidates.items[i] << 32 | text, 0};
    return k->pairs.len < nd_key_value_runs_most(s->proposals->pairs, f->options->num_threads)
               ? ND_OK
               : nd_key_value_runs_add(s->proposals->pairs, &k->pairs);
}

static nd_status search_stretch(void *ctx, uint32_t worker, size_t number)
{
    const searching *const s = ctx;
    const nd_filed_samples *const f = s->samples;
    seeker *const k = &s->seekers[worker];
    const nd_filed_stretch stretch = f->stretches.items[number];
    const size_t num = stretch.len / sizeof(uint64_t);
    k->read.len = 0;
    nd_status status = ND_VEC_RESERVE(f->allocator, &k->read, num);
    if (status == ND_OK)
        status = nd_temp_file_read(f->rare, stretch.at, k->read.items, stretch.len, NULL);
    for (size_t i = 0; i < num && status == ND_OK;) {
        const uint64_t head = k->read.items[i];
        const size_t num_samples = (uint32_t)head;
        if (head >> 32 > s->begin)
            status = seek(s, k, (uint32_t)(head >> 32), k->read.items + i + 1, num_samples);
        i += 1 + num_samples;
    }
    return status;
}

/* ---- all of it ---- */

static nd_status search_block(searching *s, uint32_t *some)
{
    const nd_filed_samples *const f = s->samples;
    s->members = nd_alloc(f->allocator, s->capacity + 1, sizeof *s->members);
    nd_status status = s->members ? load_block(s, some) : ND_ERR_NO_MEMORY;
    if (status == ND_OK)
        status = nd_run_reported(f->options, f->allocator, ND_PHASE_SEARCH, f->stretches.len,
                                 search_stretch, s);
    nd_release(f->allocator, s->members);
    s->members = NULL;
    return status;
}

static nd_status end_pairs(searching *s)
{
    nd_status status = ND_OK;
    for (uint32_t w = 0; w < s->samples->options->num_threads && status == ND_OK; w++)
        status = nd_key_value_runs_add(s->proposals->pairs, &s->seekers[w].pairs);
    return status;
}

static void release(searching *s)
{
    const nd_allocator *const a = s->samples->allocator;
    for (uint32_t w = 0; s->seekers && w < s->samples->options->num_threads; w++) {
        nd_candidate_finder_release(&s->seekers[w].finder, a);
        ND_VEC_RELEASE(a, &s->seekers[w].read);
        ND_VEC_RELEASE(a, &s->seekers[w].samples);
        ND_VEC_RELEASE(a, &s->seekers[w].pairs);
    }
    nd_release(a, s->seekers);
    nd_release(a, s->is_here);
    nd_release(a, s->before);
}

nd_status nd_filed_samples_search(const nd_filed_samples *samples, nd_filed_proposals *proposals)
{
    const nd_allocator *const a = samples->allocator;
    const size_t num_words = samples->num_members / WORD_BITS + 1;
    searching s = {
        .samples = samples,
        .proposals = proposals,
        .seekers = nd_alloc_zeroed(a, samples->options->num_threads, sizeof *s.seekers),
        .is_here = nd_alloc(a, num_words, sizeof *s.is_here),
        .before = nd_alloc(a, num_words, sizeof *s.before),
    };
    uint32_t *const some = nd_alloc(a, MEMBERS_AT_ONCE, sizeof *some);
    nd_status status = s.seekers && s.is_here && s.before && some ? ND_OK : ND_ERR_NO_MEMORY;
    const uint64_t room = nd_budget_room(samples->options->budget) / SHARE;
    for (s.end = 0; s.end < samples->num_texts && status == ND_OK;) {
        s.begin = s.end;
        choose_block(&s, room);
        if (s.capacity > 0)
            status = search_block(&s, some);
    }
    if (status == ND_OK)
        status = end_pairs(&s);
    nd_release(a, some);
    release(&s);
    return status;
}
