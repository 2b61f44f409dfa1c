/* What `neardup scan` does, from the parts of the public API alone: batches of texts to band keys,
 * keys sorted to buckets, buckets to candidates, verification in batches, groups from edges.
 *
 *   scan_from_parts pairs|groups FILE NAME JACCARD      one document a line; its id is NAME:LINE
 *
 * A test compares what it prints with the tool's output, byte by byte. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <neardup/neardup.h>

static void *room(size_t num, size_t size)
{
    void *const block = calloc(num + 1, size);
    if (!block)
        exit(1);
    return block;
}

static void must(nd_status status)
{
    if (status != ND_OK) {
        fprintf(stderr, "%s\n", nd_status_message(status));
        exit(1);
    }
}

/* Everything about the documents, which are numbered by line. */
static size_t num;
static int64_t *offsets;
static char *text, **ids;
static size_t *id_lens;
static uint32_t *tokens, *ranks, *order;
static uint64_t *digests, *keys;
static nd_set_list sets;

static int by_number(uint64_t a, uint64_t b)
{
    return (a > b) - (a < b);
}

static int by_id(const void *a, const void *b)
{
    return strcmp(ids[*(const uint32_t *)a], ids[*(const uint32_t *)b]);
}

/* The larger text first, as in a bucket; then copies of one text by id. */
static int by_size(const void *left, const void *right)
{
    const uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;
    int o = by_number(tokens[b], tokens[a]);
    o = o ? o : by_number(digests[2 * a], digests[2 * b]);
    o = o ? o : by_number(digests[2 * a + 1], digests[2 * b + 1]);
    return o ? o : by_id(left, right);
}

static void read_lines(const char *path, const char *name)
{
    FILE *const f = fopen(path, "rb");
    if (!f || fseek(f, 0, SEEK_END) != 0)
        exit(1);
    const size_t len = (size_t)ftell(f);
    rewind(f);
    text = room(len, 1);
    if (fread(text, 1, len, f) != len)
        exit(1);
    fclose(f);
    offsets = room(len + 1, sizeof *offsets);
    for (size_t i = 0; i < len; i++)
        if (text[i] == '\n')
            offsets[++num] = (int64_t)i + 1;
    ids = room(num, sizeof *ids);
    id_lens = room(num, sizeof *id_lens);
    for (size_t d = 0; d < num; d++) {
        ids[d] = room(strlen(name) + 24, 1);
        id_lens[d] = (size_t)sprintf(ids[d], "%s:%zu", name, d + 1);
    }
}

/* Digests, tokens, band keys and sets of all documents. */
static nd_spec sketch(const nd_scan_options *options)
{
    nd_spec spec;
    nd_sketcher *sketcher;
    must(nd_spec_from_options(options, &spec));
    must(nd_sketcher_new(&spec, 0, NULL, &sketcher, NULL));
    const nd_text_batch batch = {
        .layout = ND_LAYOUT_OFFSETS_64, .num = num, .offsets = offsets, .data = text};
    tokens = room(num, sizeof *tokens);
    digests = room(num, 2 * sizeof *digests);
    keys = room(num, spec.bands * sizeof *keys);
    const nd_batch_output output = {.digests = digests, .num_tokens = tokens, .band_keys = keys};
    must(nd_sketcher_run(sketcher, &batch, &output, NULL));
    must(nd_sketcher_sets(sketcher, &batch, &sets, NULL));
    return spec;
}

typedef struct keyed {
    uint64_t key;
    uint32_t place; /* in `order` */
} keyed;

static int by_key(const void *left, const void *right)
{
    const keyed *const a = left, *const b = right;
    const int o = by_number(a->key, b->key);
    return o ? o : by_number(a->place, b->place);
}

static nd_set_pair *candidates;
static size_t num_candidates, capacity;

static void add_candidate(uint32_t a, uint32_t b)
{
    if (num_candidates == capacity) {
        capacity = capacity * 2 + 1024;
        candidates = realloc(candidates, capacity * sizeof *candidates);
        if (!candidates)
            exit(1);
    }
    candidates[num_candidates++] = (nd_set_pair){a, b};
}

static int is_copy(uint32_t a, uint32_t b)
{
    return digests[2 * a] == digests[2 * b] && digests[2 * a + 1] == digests[2 * b + 1];
}

/* The first copy of each text stands for all in the buckets. */
static void propose(uint32_t bands)
{
    keyed *const bucket = room(num, sizeof *bucket);
    for (uint32_t band = 0; band < bands; band++) {
        size_t n = 0;
        for (uint32_t p = 0; p < num; p++)
            if (tokens[order[p]] > 0 && (p == 0 || !is_copy(order[p - 1], order[p])))
                bucket[n++] = (keyed){keys[order[p] * (size_t)bands + band], p};
        qsort(bucket, n, sizeof *bucket, by_key);
        for (size_t first = 0, end; first < n; first = end) {
            for (end = first; end < n && bucket[end].key == bucket[first].key;)
                end++;
            for (size_t i = first; i < end; i++)
                for (size_t j = i + 1; j < end; j++)
                    if (nd_bucket_proposes(end - first, i - first, j - first))
                        add_candidate(bucket[i].place, bucket[j].place);
        }
    }
    free(bucket);
}

static int by_pair(const void *left, const void *right)
{
    const nd_set_pair *const a = left, *const b = right;
    const int o = by_number(a->a, b->a);
    return o ? o : by_number(a->b, b->b);
}

/* Documents that match, from the texts that do: each copy of the one with each of the other. */
static nd_document_pair *pairs;
static nd_similarity *similarities;
static size_t num_pairs, pair_capacity;

static void add_pair(uint32_t a, uint32_t b, const nd_similarity *similarity)
{
    if (num_pairs == pair_capacity) {
        pair_capacity = pair_capacity * 2 + 1024;
        pairs = realloc(pairs, pair_capacity * sizeof *pairs);
        similarities = realloc(similarities, pair_capacity * sizeof *similarities);
        if (!pairs || !similarities)
            exit(1);
    }
    const int is_in_order = strcmp(ids[a], ids[b]) < 0;
    pairs[num_pairs] = is_in_order ? (nd_document_pair){a, b} : (nd_document_pair){b, a};
    similarities[num_pairs++] =
        is_in_order
            ? *similarity
            : nd_similarity_from_counts(similarity->size_b, similarity->size_a, similarity->common);
}

static void verify(const nd_match_rule *rule)
{
    qsort(candidates, num_candidates, sizeof *candidates, by_pair);
    size_t n = 0;
    for (size_t i = 0; i < num_candidates; i++)
        if (i == 0 || by_pair(&candidates[i], &candidates[i - 1]) != 0)
            candidates[n++] = candidates[i];
    nd_set_pair *const by_document = room(n, sizeof *by_document);
    nd_verified_pair *const verified = room(n, sizeof *verified);
    for (size_t i = 0; i < n; i++)
        by_document[i] = (nd_set_pair){order[candidates[i].a], order[candidates[i].b]};
    must(nd_verify_pairs(&sets, by_document, n, rule, 0, NULL, verified));
    for (size_t i = 0; i < n; i++)
        for (uint32_t a = candidates[i].a;
             verified[i].kind != ND_MATCH_NONE && a < num && is_copy(order[a], by_document[i].a);
             a++)
            for (uint32_t b = candidates[i].b; b < num && is_copy(order[b], by_document[i].b); b++)
                add_pair(order[a], order[b], &verified[i].similarity);
    for (uint32_t a = 0; a < num; a++) {
        const size_t size = sets.starts[order[a] + 1] - sets.starts[order[a]];
        const nd_similarity same = nd_similarity_from_counts(size, size, size);
        for (uint32_t b = a + 1; b < num && size > 0 && is_copy(order[a], order[b]); b++)
            add_pair(order[a], order[b], &same);
    }
}

static uint32_t *places; /* of pairs, in the order they are printed in */

static int by_ids(const void *left, const void *right)
{
    const nd_document_pair *const a = &pairs[*(const uint32_t *)left];
    const nd_document_pair *const b = &pairs[*(const uint32_t *)right];
    const int o = strcmp(ids[a->a], ids[b->a]);
    return o ? o : strcmp(ids[a->b], ids[b->b]);
}

static void print_pairs(const nd_match_rule *rule)
{
    for (size_t i = 0; i < num_pairs; i++) {
        const nd_similarity *const s = &similarities[places[i]];
        printf("{\"a\":\"%s\",\"b\":\"%s\",\"kind\":\"%s\",\"jaccard\":%.6f,\"a_in_b\":%.6f,"
               "\"b_in_a\":%.6f}\n",
               ids[pairs[places[i]].a], ids[pairs[places[i]].b],
               nd_match_kind_name(nd_match_classify(s, rule)), s->jaccard, s->a_in_b, s->b_in_a);
    }
}

/* Pairs are sorted by a, then b: the members of a representative come as a or as b. */
static void print_groups(const nd_match_rule *rule)
{
    const nd_rank_keys rank_keys = {tokens, digests, NULL, (const char *const *)ids, id_lens};
    uint32_t *const representative_of = room(num, sizeof *representative_of);
    uint32_t *const sizes = room(num, sizeof *sizes);
    must(nd_rank_documents(&rank_keys, num, ND_REPRESENTATIVE_LONGEST, NULL, ranks));
    must(nd_group_documents(pairs, num_pairs, num, ranks, ND_LINK_ANCHORED, NULL,
                            representative_of));
    for (uint32_t d = 0; d < num; d++)
        sizes[representative_of[d]]++;
    qsort(order, num, sizeof *order, by_id);
    for (size_t r = 0; r < num; r++) {
        const uint32_t representative = order[r];
        if (representative_of[representative] != representative || sizes[representative] < 2)
            continue;
        printf("{\"representative\":\"%s\",\"size\":%" PRIu32 ",\"members\":[", ids[representative],
               sizes[representative]);
        const char *before = "";
        for (size_t m = 0; m < num; m++) {
            const uint32_t d = order[m];
            if (d == representative || representative_of[d] != representative)
                continue;
            const nd_similarity s = nd_similarity_compute(
                sets.elements + sets.starts[d], sets.starts[d + 1] - sets.starts[d],
                sets.elements + sets.starts[representative],
                sets.starts[representative + 1] - sets.starts[representative]);
            printf("%s{\"id\":\"%s\",\"kind\":\"%s\",\"jaccard\":%.6f,\"in_representative\":%.6f,"
                   "\"representative_in\":%.6f}",
                   before, ids[d],
                   nd_match_kind_name(nd_match_kind_reversed(nd_match_classify(&s, rule))),
                   s.jaccard, s.a_in_b, s.b_in_a);
            before = ",";
        }
        printf("]}\n");
    }
}

int main(int argc, char **argv)
{
    nd_scan_options options;
    nd_scan_options_init(&options);
    if (argc != 5)
        return 2;
    options.rule.jaccard = atof(argv[4]);
    read_lines(argv[2], argv[3]);
    const nd_spec spec = sketch(&options);
    order = room(num, sizeof *order);
    ranks = room(num, sizeof *ranks);
    for (uint32_t d = 0; d < num; d++)
        order[d] = d;
    qsort(order, num, sizeof *order, by_size);
    propose(spec.bands);
    verify(&options.rule);
    places = room(num_pairs, sizeof *places);
    for (uint32_t i = 0; i < num_pairs; i++)
        places[i] = i;
    qsort(places, num_pairs, sizeof *places, by_ids);
    if (strcmp(argv[1], "pairs") == 0)
        print_pairs(&options.rule);
    else
        print_groups(&options.rule);
    return 0;
}
