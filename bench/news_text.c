#include "news_text.h"

#include <stdio.h>
#include <string.h>

#include "neardup/shingle.h"
#include "util/xxh.h"

/* What one word can need: itself, copied whole, punctuation, a paragraph's end as JSON. */
enum { ITEM_BYTES = BENCH_WORD_BYTES + 3 + 3 + 4 };

static char *put_string(char *at, const char *string)
{
    while (*string)
        *at++ = *string++;
    return at;
}

static char *put_word(char *at, const bench_word *word)
{
    memcpy(at, word->bytes, BENCH_WORD_BYTES);
    return at + word->len_bytes;
}

static char *put_punctuation(char *at, const bench_vocabulary *v, uint32_t item)
{
    if (item & BENCH_ITEM_COMMA)
        at = put_string(at, v->comma);
    return item & BENCH_ITEM_STOP ? put_string(at, v->stop) : at;
}

static char *put_separator(char *at, const bench_vocabulary *v, uint32_t item, const char *newline)
{
    if (item & BENCH_ITEM_PARAGRAPH)
        return put_string(put_string(at, newline), newline);
    return put_string(at, v->space);
}

nd_status bench_text_append(const bench_vocabulary *vocabulary, const bench_item_vec *items,
                            const char *newline, const nd_allocator *allocator, nd_byte_vec *out)
{
    const nd_status status = ND_VEC_RESERVE(allocator, out, (items->len + 1) * ITEM_BYTES);
    if (status != ND_OK)
        return status;
    const char space = vocabulary->space[0];
    char *at = out->items + out->len;
    for (size_t i = 0; i < items->len; i++) {
        const uint32_t item = items->items[i];
        const bench_word *const words =
            item & BENCH_ITEM_CAPITAL ? vocabulary->capitals : vocabulary->words;
        at = put_word(at, &words[item & BENCH_ITEM_RANK]);
        if (item >= BENCH_ITEM_PARAGRAPH) {
            at = put_punctuation(at, vocabulary, item);
            at = i + 1 < items->len ? put_separator(at, vocabulary, item, newline) : at;
        } else if (space) {
            *at++ = space;
        }
    }
    out->len = (size_t)(at - out->items);
    return ND_OK;
}

void bench_document_id(uint64_t position, char id[BENCH_ID_DIGITS + 2])
{
    id[0] = 'd';
    for (int i = BENCH_ID_DIGITS; i > 0; i--, position /= 10)
        id[i] = (char)('0' + position % 10);
    id[BENCH_ID_DIGITS + 1] = '\0';
}

/* Appends the text with its line ends as JSON escapes them. Nothing else in it needs that. */
static nd_status append_escaped(const nd_byte_vec *text, const nd_allocator *allocator,
                                nd_byte_vec *out)
{
    const nd_status status = ND_VEC_RESERVE(allocator, out, 2 * text->len);
    if (status != ND_OK)
        return status;
    char *at = out->items + out->len;
    for (size_t i = 0; i < text->len; i++) {
        if (text->items[i] == '\n')
            *at++ = '\\';
        *at++ = text->items[i] == '\n' ? 'n' : text->items[i];
    }
    out->len = (size_t)(at - out->items);
    return ND_OK;
}

/* A variant may spell its words in another way: its text is made first. */
static nd_status append_variant(const bench_corpus *corpus, uint64_t index,
                                const bench_item_vec *items, const nd_allocator *allocator,
                                nd_byte_vec *out)
{
    nd_byte_vec text = {0}, spelled = {0};
    nd_status status =
        bench_text_append(bench_corpus_vocabulary(corpus, index), items, "\n", allocator, &text);
    if (status == ND_OK)
        status = bench_corpus_spell(corpus, index, &text, allocator, &spelled);
    if (status == ND_OK)
        status = append_escaped(&spelled, allocator, out);
    ND_VEC_RELEASE(allocator, &text);
    ND_VEC_RELEASE(allocator, &spelled);
    return status;
}

nd_status bench_json_append(const bench_corpus *corpus, uint64_t position,
                            const nd_allocator *allocator, bench_item_vec *items, nd_byte_vec *out)
{
    const uint64_t index = bench_corpus_index(corpus, position);
    char id[BENCH_ID_DIGITS + 2], head[64];
    bench_document_id(position, id);
    const int len = snprintf(head, sizeof head, "{\"id\":\"%s\",\"text\":\"", id);
    nd_status status = bench_corpus_items(corpus, index, allocator, items);
    if (status == ND_OK)
        status = nd_bytes_append(allocator, out, head, (size_t)len);
    if (status == ND_OK)
        status = bench_corpus_role(corpus, index) == BENCH_ROLE_VARIANT
                     ? append_variant(corpus, index, items, allocator, out)
                     : bench_text_append(bench_corpus_vocabulary(corpus, index), items, "\\n",
                                         allocator, out);
    return status == ND_OK ? nd_bytes_append(allocator, out, "\"}\n", 3) : status;
}

nd_status bench_corpus_write(const bench_corpus *corpus, FILE *file)
{
    enum { BUFFER_BYTES = 1 << 20 };
    const nd_allocator allocator = nd_allocator_or_default(NULL);
    bench_item_vec items = {0};
    nd_byte_vec out = {0};
    nd_status status = ND_OK;
    const uint64_t num = bench_corpus_num_documents(corpus);
    for (uint64_t i = 0; i < num && status == ND_OK; i++) {
        status = bench_json_append(corpus, i, &allocator, &items, &out);
        if (status == ND_OK && (out.len >= BUFFER_BYTES || i + 1 == num)) {
            if (fwrite(out.items, 1, out.len, file) != out.len)
                status = ND_ERR_IO;
            out.len = 0;
        }
    }
    ND_VEC_RELEASE(&allocator, &items);
    ND_VEC_RELEASE(&allocator, &out);
    return status == ND_OK && fflush(file) != 0 ? ND_ERR_IO : status;
}

nd_status bench_shingle_set(const bench_item_vec *items, const nd_allocator *allocator,
                            uint64_t **set, size_t *size)
{
    enum { WIDTH = 5 };
    const size_t width = items->len < WIDTH ? items->len : WIDTH;
    const size_t num = items->len ? items->len - width + 1 : 0;
    *size = 0;
    *set = nd_alloc(allocator, num, sizeof **set);
    if (!*set)
        return ND_ERR_NO_MEMORY;
    for (size_t i = 0; i < num; i++) {
        uint32_t ranks[WIDTH];
        for (size_t j = 0; j < width; j++)
            ranks[j] = items->items[i + j] & BENCH_ITEM_RANK;
        (*set)[i] = XXH3_64bits(ranks, width * sizeof *ranks);
    }
    *size = nd_shingle_set(*set, num, NULL);
    return ND_OK;
}
