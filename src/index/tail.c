#include "index/tail.h"

#include "index/sampling.h"
#include "neardup/sketch.h"
#include "util/xxh.h"

uint64_t nd_id_hash(const char *id, size_t len_bytes, uint64_t salt)
{
    return XXH3_64bits_withSeed(id, len_bytes, salt);
}

uint32_t nd_chains_find(const nd_chains *chains, uint64_t key)
{
    const uint64_t *const latest = nd_u64_map_find(&chains->latest, key);
    return latest ? (uint32_t)*latest : ND_NO_NUMBER;
}

static nd_status add_to_chain(nd_chains *chains, uint64_t key, uint32_t number,
                              const nd_allocator *allocator)
{
    const size_t more = number + (size_t)1 - chains->before.len;
    nd_status status = nd_u64_map_reserve(&chains->latest, 1);
    if (status == ND_OK)
        status = ND_VEC_RESERVE(allocator, &chains->before, more);
    if (status != ND_OK)
        return status;
    while (chains->before.len <= number)
        chains->before.items[chains->before.len++] = ND_NO_NUMBER;
    chains->before.items[number] = nd_chains_find(chains, key);
    nd_u64_map_set(&chains->latest, key, number);
    return ND_OK;
}

static void release_chains(nd_chains *chains, const nd_allocator *allocator)
{
    nd_u64_map_release(&chains->latest);
    ND_VEC_RELEASE(allocator, &chains->before);
}

nd_status nd_tail_init(nd_tail *tail, const nd_allocator *allocator)
{
    tail->allocator = allocator;
    nd_u64_map_init(&tail->ids.latest, allocator);
    nd_u64_map_init(&tail->digests.latest, allocator);
    nd_u64_map_init(&tail->copies.latest, allocator);
    nd_u64_map_init(&tail->samples.latest, allocator);
    return tail->bands > 0 ? nd_bucket_table_new(tail->bands, allocator, &tail->buckets) : ND_OK;
}

void nd_tail_release(nd_tail *tail)
{
    const nd_allocator *const a = tail->allocator;
    if (!a)
        return;
    ND_VEC_RELEASE(a, &tail->documents);
    ND_VEC_RELEASE(a, &tail->texts);
    ND_VEC_RELEASE(a, &tail->keys);
    ND_VEC_RELEASE(a, &tail->holders);
    ND_VEC_RELEASE(a, &tail->sample_keys);
    ND_VEC_RELEASE(a, &tail->first_holders);
    release_chains(&tail->ids, a);
    release_chains(&tail->digests, a);
    release_chains(&tail->copies, a);
    release_chains(&tail->samples, a);
    nd_bucket_table_free(tail->buckets);
    *tail = (nd_tail){0};
}

static nd_status add_to_buckets(nd_tail *tail, const uint32_t *keys, uint32_t number)
{
    uint64_t wide[ND_SKETCH_MAX_SLOTS];
    for (uint32_t band = 0; band < tail->bands; band++)
        wide[band] = keys[band];
    return nd_bucket_table_insert(tail->buckets, wide, number);
}

/* The samples stand at the beginning of the set, and the picks before the others. */
static nd_status add_samples(nd_tail *tail, const uint64_t *set, uint32_t num, uint32_t number)
{
    const nd_allocator *const a = tail->allocator;
    if (num >= ND_NO_NUMBER - tail->holders.len)
        return ND_ERR_LIMIT;
    nd_status status = ND_VEC_RESERVE(a, &tail->holders, num);
    if (status == ND_OK)
        status = ND_VEC_RESERVE(a, &tail->first_holders, 1);
    if (status == ND_OK)
        status = ND_VEC_RESERVE(a, &tail->sample_keys, num);
    if (status != ND_OK)
        return status;
    tail->first_holders.items[tail->first_holders.len++] = (uint32_t)tail->holders.len;
    for (uint32_t i = 0; i < num; i++) {
        tail->sample_keys.items[tail->sample_keys.len++] = nd_sample_key(set[i]);
        tail->holders.items[tail->holders.len++] = number;
    }
    return ND_OK;
}

nd_status nd_tail_map_samples(nd_tail *tail)
{
    const size_t first = tail->samples.before.len, end = tail->holders.len;
    nd_status status = nd_u64_map_reserve(&tail->samples.latest, end - first);
    for (size_t i = first; status == ND_OK && i < end; i++)
        status =
            add_to_chain(&tail->samples, tail->sample_keys.items[i], (uint32_t)i, tail->allocator);
    return status;
}

uint64_t nd_tail_sample_member(const nd_tail *tail, uint32_t holder)
{
    const uint32_t own = tail->holders.items[holder];
    return nd_sampling_member(tail->first_text + own, tail->texts.items[own].num_shingles,
                              holder - tail->first_holders.items[own]);
}

nd_status nd_tail_add_text(nd_tail *tail, const nd_text_change *change, uint64_t offset,
                           const uint64_t *set)
{
    const nd_allocator *const a = tail->allocator;
    const uint32_t number = (uint32_t)tail->texts.len;
    uint32_t num_samples = 0;
    const nd_sampling sampling = tail->bands > 0
                                     ? (nd_sampling){0}
                                     : nd_sampling_of(set, change->num_shingles, &num_samples);
    nd_status status = ND_VEC_RESERVE(a, &tail->texts, 1);
    if (status == ND_OK)
        status = ND_VEC_RESERVE(a, &tail->keys, tail->bands);
    if (status == ND_OK)
        status = add_to_chain(&tail->digests, change->digest[0], number, a);
    if (status == ND_OK)
        status = tail->bands > 0 ? add_to_buckets(tail, nd_text_change_keys(change), number)
                                 : add_samples(tail, set, num_samples, number);
    if (status != ND_OK)
        return status;
    for (uint32_t band = 0; band < tail->bands; band++)
        tail->keys.items[tail->keys.len++] = nd_text_change_keys(change)[band];
    tail->texts.items[tail->texts.len++] =
        (nd_text_entry){.offset = offset,
                        .digest = {change->digest[0], change->digest[1]},
                        .num_tokens = change->num_tokens,
                        .num_shingles = change->num_shingles,
                        .normalised_bytes = change->normalised_bytes,
                        .stored_bytes = change->stored_bytes,
                        .first_document = ND_NO_NUMBER,
                        .sample_shift = sampling.shift};
    return ND_OK;
}

/* The text of a document; NULL where the runs have it, or there is none. */
static nd_text_entry *own_text(nd_tail *tail, uint32_t text)
{
    return text == ND_NO_NUMBER || text < tail->first_text
               ? NULL
               : &tail->texts.items[text - tail->first_text];
}

nd_status nd_tail_add_document(nd_tail *tail, const nd_document_change *change, uint64_t offset)
{
    const nd_allocator *const a = tail->allocator;
    const uint32_t number = (uint32_t)tail->documents.len;
    nd_text_entry *const text = own_text(tail, change->text);
    const bool is_first = text && text->first_document == ND_NO_NUMBER;
    nd_status status = ND_VEC_RESERVE(a, &tail->documents, 1);
    if (status == ND_OK)
        status = add_to_chain(
            &tail->ids, nd_id_hash(nd_document_change_id(change), change->id_bytes, tail->salt),
            number, a);
    if (status == ND_OK && change->text != ND_NO_NUMBER && !is_first)
        status = add_to_chain(&tail->copies, change->text, number, a);
    if (status != ND_OK)
        return status;
    if (is_first)
        text->first_document = tail->first_document + number;
    tail->documents.items[tail->documents.len++] = (nd_document_entry){
        .offset = offset,
        .time = change->time,
        .text = change->text,
        .record_bytes = change->head.bytes,
    };
    return ND_OK;
}
