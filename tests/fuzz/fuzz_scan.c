/* Any bytes as a small collection, scanned whole: what is reported is true of the texts, every
 * exact copy is found, and neither threads nor the order of the documents change a byte of the
 * result.
 *
 *   byte 0     the options
 *   bytes 1..  documents, each ended by a NUL; the first byte of one chooses its id and preference
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "neardup/repair.h"
#include "neardup/scan.h"
#include "neardup/text.h"

static void require(int holds)
{
    if (!holds)
        abort();
}

enum { MAX_DOCUMENTS = 48, MAX_RESULT_BYTES = 1 << 20 };

typedef struct collection {
    nd_document documents[MAX_DOCUMENTS];
    char ids[MAX_DOCUMENTS][8];
    uint64_t *sets[MAX_DOCUMENTS];
    size_t set_sizes[MAX_DOCUMENTS];
    size_t num;
} collection;

/* What a scan reported, as bytes, and what is looked for in it. */
typedef struct result {
    const collection *collection;
    const nd_scan_options *options;
    char *bytes;
    size_t len;
    unsigned char is_paired[MAX_DOCUMENTS][MAX_DOCUMENTS];
    unsigned char is_grouped[MAX_DOCUMENTS];
} result;

static nd_scan_options options_of(uint8_t choice)
{
    nd_scan_options options;
    nd_scan_options_init_preset(&options, choice & 1 ? ND_PRESET_NEWS : ND_PRESET_CORPUS);
    options.output = choice & 2 ? ND_SCAN_PAIRS : ND_SCAN_GROUPS;
    options.link = choice & 4 ? ND_LINK_SINGLE : ND_LINK_ANCHORED;
    options.representative = (nd_representative)((choice >> 3) % 3);
    options.max_matches = 0;
    if (choice & 32) {
        options.rule.jaccard = 0.3;
        options.rule.containment = 0.5;
    }
    return options;
}

typedef enum id_choice {
    IDS_DIFFER,
    IDS_REPEAT, /* one of four */
} id_choice;

static void cut_documents(collection *c, const uint8_t *data, size_t size, id_choice ids)
{
    for (size_t at = 0; at < size && c->num < MAX_DOCUMENTS;) {
        const uint8_t *const end = memchr(data + at, '\0', size - at);
        const size_t len = end ? (size_t)(end - data) - at : size - at;
        if (len > 0) {
            char *const id = c->ids[c->num];
            const unsigned number = ids == IDS_DIFFER ? (unsigned)c->num : data[at] / 4 % 4;
            const int id_len = snprintf(id, sizeof c->ids[0], "#%u", number);
            c->documents[c->num++] = (nd_document){.id = id,
                                                   .id_len_bytes = (size_t)id_len,
                                                   .text = (const char *)data + at + 1,
                                                   .text_len_bytes = len - 1,
                                                   .preference = data[at] % 4,
                                                   .tag = c->num - 1};
        }
        at += len + 1;
    }
}

static void make_sets(collection *c, const nd_scan_options *options)
{
    nd_repairer *repairer;
    nd_text *text;
    require(nd_repairer_new(options->repairs, options->folds, NULL, &repairer) == ND_OK);
    require(nd_text_new(NULL, &text) == ND_OK);
    for (size_t i = 0; i < c->num; i++) {
        const char *bytes;
        size_t len;
        require(nd_repairer_apply(repairer, c->documents[i].text, c->documents[i].text_len_bytes,
                                  &bytes, &len) == ND_OK);
        require(nd_text_set(text, bytes, len, ND_TEXT_NO_OFFSETS) == ND_OK);
        const size_t num = nd_shingle_count(text, options->shingle);
        c->sets[i] = malloc((num + 1) * sizeof *c->sets[i]);
        require(c->sets[i] != NULL);
        require(nd_shingle_hashes(text, options->shingle, c->sets[i]) == ND_OK);
        c->set_sizes[i] = nd_shingle_set(c->sets[i], num, NULL);
    }
    nd_text_free(text);
    nd_repairer_free(repairer);
}

static void append(result *r, const char *line, int len)
{
    require(len > 0 && r->len + (size_t)len <= MAX_RESULT_BYTES);
    memcpy(r->bytes + r->len, line, (size_t)len);
    r->len += (size_t)len;
}

/* The similarity is that of the sets, and the kind follows from it. */
static void require_true(const result *r, size_t a, size_t b, nd_match_kind kind,
                         const nd_similarity *similarity, const nd_coverage *coverage)
{
    const collection *const c = r->collection;
    const nd_similarity s =
        nd_similarity_compute(c->sets[a], c->set_sizes[a], c->sets[b], c->set_sizes[b]);
    require(s.common == similarity->common && s.size_a == similarity->size_a &&
            s.size_b == similarity->size_b && s.jaccard == similarity->jaccard);
    require(coverage->a_in_b >= 0 && coverage->a_in_b <= 1 && coverage->b_in_a >= 0 &&
            coverage->b_in_a <= 1);
    if (!nd_scan_options_has_coverage(r->options))
        require(kind == nd_match_classify(&s, &r->options->rule));
}

static nd_status look_at_pair(void *ctx, const nd_pair *pair)
{
    result *const r = ctx;
    const size_t a = (size_t)pair->a.tag, b = (size_t)pair->b.tag;
    require(a < r->collection->num && b < r->collection->num && a != b);
    require(!r->is_paired[a][b]);
    require(pair->kind != ND_MATCH_NONE);
    r->is_paired[a][b] = r->is_paired[b][a] = 1;
    require_true(r, a, b, pair->kind, &pair->similarity, &pair->coverage);
    char line[160];
    append(r, line,
           snprintf(line, sizeof line, "%.*s %.*s %d %.17g %.17g %.17g\n", (int)pair->a.len_bytes,
                    pair->a.p, (int)pair->b.len_bytes, pair->b.p, (int)pair->kind,
                    pair->similarity.jaccard, pair->coverage.a_in_b, pair->coverage.b_in_a));
    return ND_OK;
}

static nd_status look_at_group(void *ctx, const nd_group *group)
{
    result *const r = ctx;
    const nd_id *const id = &group->representative;
    const size_t representative = (size_t)id->tag;
    require(representative < r->collection->num && !r->is_grouped[representative]++);
    require(group->num_members > 0);
    char line[160];
    append(r, line, snprintf(line, sizeof line, "%.*s:\n", (int)id->len_bytes, id->p));
    for (size_t i = 0; i < group->num_members; i++) {
        const nd_member *const m = &group->members[i];
        const size_t member = (size_t)m->id.tag;
        require(m->id.len_bytes != id->len_bytes || memcmp(m->id.p, id->p, id->len_bytes) != 0);
        require(member < r->collection->num && !r->is_grouped[member]++);
        require(m->kind != ND_MATCH_NONE || r->options->link == ND_LINK_SINGLE);
        const nd_similarity *const s = &m->similarity;
        append(r, line,
               snprintf(line, sizeof line, " %.*s %d %.17g %.17g\n", (int)m->id.len_bytes, m->id.p,
                        (int)m->kind, s->jaccard, m->coverage.a_in_b));
    }
    return ND_OK;
}

/* Identical texts are matched, whatever the sketch. */
static void require_exact_copies(const result *r)
{
    const collection *const c = r->collection;
    for (size_t a = 0; a < c->num; a++)
        for (size_t b = 0; b < a; b++) {
            const nd_document *const x = &c->documents[a], *const y = &c->documents[b];
            if (c->set_sizes[a] == 0 || x->text_len_bytes != y->text_len_bytes ||
                memcmp(x->text, y->text, x->text_len_bytes) != 0)
                continue;
            require(r->options->output == ND_SCAN_PAIRS ? r->is_paired[a][b]
                                                        : r->is_grouped[a] && r->is_grouped[b]);
        }
}

typedef enum input_order {
    FORWARDS,
    BACKWARDS,
} input_order;

static void scan(result *r, input_order order, uint32_t num_threads)
{
    nd_scan_options options = *r->options;
    options.num_threads = num_threads;
    const collection *const c = r->collection;
    nd_scan *s;
    require(nd_scan_new(&options, NULL, &s, NULL) == ND_OK);
    for (size_t i = 0; i < c->num; i++)
        require(nd_scan_add(s, &c->documents[order == FORWARDS ? i : c->num - 1 - i]) == ND_OK);
    require(nd_scan_finish(s, NULL) == ND_OK);
    require((options.output == ND_SCAN_PAIRS ? nd_scan_each_pair(s, look_at_pair, r)
                                             : nd_scan_each_group(s, look_at_group, r)) == ND_OK);
    nd_scan_free(s);
    require_exact_copies(r);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static char bytes[2][MAX_RESULT_BYTES];
    if (size < 2)
        return 0;
    static collection c;
    memset(&c, 0, sizeof c);
    const nd_scan_options options = options_of(data[0]);
    cut_documents(&c, data + 1, size - 1, data[0] & 64 ? IDS_REPEAT : IDS_DIFFER);
    make_sets(&c, &options);
    static result first, second;
    first = (result){.collection = &c, .options = &options, .bytes = bytes[0]};
    second = (result){.collection = &c, .options = &options, .bytes = bytes[1]};
    scan(&first, FORWARDS, 1);
    scan(&second, BACKWARDS, 3);
    require(first.len == second.len && memcmp(first.bytes, second.bytes, first.len) == 0);
    for (size_t i = 0; i < c.num; i++)
        free(c.sets[i]);
    return 0;
}
