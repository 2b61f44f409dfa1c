#include "set_collection.h"

#include <string.h>

#include "neardup/text.h"
#include "util/xxh.h"

int bench_is_in_sample(const char *id, size_t len_bytes, uint32_t one_in)
{
    return XXH3_64bits(id, len_bytes) % one_in == 0;
}

typedef struct collector {
    bench_set_collection *collection;
    nd_allocator allocator;
    nd_shingle_spec spec;
    uint32_t one_in;
    nd_text *text;
    ND_VEC(uint64_t) hashes, scratch;
} collector;

static nd_status append_id(collector *c, const nd_document *document)
{
    bench_set_collection *const to = c->collection;
    nd_status status = ND_VEC_RESERVE(&c->allocator, &to->ids, document->id_len_bytes);
    if (status == ND_OK)
        status = ND_VEC_RESERVE(&c->allocator, &to->id_starts, 2);
    if (status != ND_OK)
        return status;
    if (document->id_len_bytes > 0)
        memcpy(to->ids.items + to->ids.len, document->id, document->id_len_bytes);
    to->ids.len += document->id_len_bytes;
    to->id_starts.items[0] = 0;
    to->id_starts.items[++to->id_starts.len] = to->ids.len;
    return ND_OK;
}

static nd_status append_set(collector *c, size_t num)
{
    bench_set_collection *const to = c->collection;
    const size_t size = nd_shingle_set(c->hashes.items, num, c->scratch.items);
    nd_status status = ND_VEC_RESERVE(&c->allocator, &to->elements, size);
    if (status == ND_OK)
        status = ND_VEC_RESERVE(&c->allocator, &to->starts, 2);
    if (status != ND_OK)
        return status;
    if (size > 0)
        memcpy(to->elements.items + to->elements.len, c->hashes.items,
               size * sizeof *c->hashes.items);
    to->elements.len += size;
    to->starts.items[0] = 0;
    to->starts.items[++to->starts.len] = to->elements.len;
    return ND_OK;
}

static nd_status take_document(void *ctx, const nd_document *document)
{
    collector *const c = ctx;
    if (!bench_is_in_sample(document->id, document->id_len_bytes, c->one_in))
        return ND_OK;
    nd_status status =
        nd_text_set(c->text, document->text, document->text_len_bytes, ND_TEXT_NO_OFFSETS);
    if (status != ND_OK)
        return status;
    const size_t num = nd_shingle_count(c->text, c->spec);
    status = ND_VEC_RESERVE(&c->allocator, &c->hashes, num + 1);
    if (status == ND_OK)
        status = ND_VEC_RESERVE(&c->allocator, &c->scratch, num + 1);
    if (status == ND_OK)
        status = nd_shingle_hashes(c->text, c->spec, c->hashes.items);
    if (status == ND_OK)
        status = append_id(c, document);
    return status == ND_OK ? append_set(c, num) : status;
}

nd_status bench_set_collection_read(bench_set_collection *collection, const nd_source *source,
                                    nd_shingle_spec spec, uint32_t one_in, nd_error *error)
{
    *collection = (bench_set_collection){0};
    collector c = {.collection = collection,
                   .allocator = nd_allocator_or_default(NULL),
                   .spec = spec,
                   .one_in = one_in};
    nd_status status = nd_text_new(NULL, &c.text);
    void *block = NULL;
    while (status == ND_OK) {
        status = source->next(source->ctx, &block, error);
        if (status != ND_OK || !block)
            break;
        status = source->decode(source->ctx, block, take_document, &c, error);
    }
    nd_text_free(c.text);
    ND_VEC_RELEASE(&c.allocator, &c.hashes);
    ND_VEC_RELEASE(&c.allocator, &c.scratch);
    return status;
}

nd_set_list bench_set_collection_list(const bench_set_collection *collection)
{
    static const size_t no_starts[1] = {0};
    return (nd_set_list){
        .elements = collection->elements.items,
        .starts = collection->starts.items ? collection->starts.items : no_starts,
        .num = collection->starts.len,
    };
}

void bench_set_collection_release(bench_set_collection *collection)
{
    const nd_allocator allocator = nd_allocator_or_default(NULL);
    ND_VEC_RELEASE(&allocator, &collection->ids);
    ND_VEC_RELEASE(&allocator, &collection->id_starts);
    ND_VEC_RELEASE(&allocator, &collection->elements);
    ND_VEC_RELEASE(&allocator, &collection->starts);
}
