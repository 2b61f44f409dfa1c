/* What `neardup scan` does, from the parts of the public API alone: texts to digests, band keys and
 * sets, those to candidates, verification in batches, groups from edges.
 *
 *   scan_from_parts corpus|news pairs|groups JACCARD <LINES
 *
 * A line is a document, and its number in 8 digits its id: so numbers are in the order of ids. A
 * test compares what it prints with the tool's output, byte by byte. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <neardup/neardup.h>

static void *room(size_t num, size_t size)
{
    void *const block = calloc(num + 1, size);
    return block ? block : (exit(1), NULL);
}

static void must(nd_status status)
{
    if (status != ND_OK)
        exit((fprintf(stderr, "%s\n", nd_status_message(status)), 1));
}

/* Lines as Arrow lays texts out: text i is data[offsets[i] .. offsets[i + 1]). */
static nd_text_batch read_lines(FILE *f)
{
    size_t len = 0, num = 0, capacity = 1 << 20;
    char *data = room(capacity, 1);
    for (size_t got; (got = fread(data + len, 1, capacity - len, f)) > 0;)
        if ((len += got) == capacity && !(data = realloc(data, capacity *= 2)))
            exit(1);
    int64_t *const offsets = room(len, sizeof *offsets);
    for (size_t i = 0; i < len; i++)
        if (data[i] == '\n')
            offsets[++num] = (int64_t)i + 1;
    return (nd_text_batch){ND_LAYOUT_OFFSETS_64, num, .offsets = offsets, .data = data};
}

/* The figures of a match, which are called differently in pairs and in groups. */
static void print_figures(const nd_matched_pair *m, const nd_scan_options *o,
                          const char *const names[4])
{
    printf("\"kind\":\"%s\",\"jaccard\":%.6f,\"%s\":%.6f,\"%s\":%.6f", nd_match_kind_name(m->kind),
           m->similarity.jaccard, names[0], m->similarity.a_in_b, names[1], m->similarity.b_in_a);
    if (o->score > 0)
        printf(",\"%s\":%.6f,\"%s\":%.6f,\"score\":%.6f", names[2], m->coverage.a_in_b, names[3],
               m->coverage.b_in_a, m->score);
    printf("}");
}

static void print_pairs(const nd_document_pair *pairs, const nd_matched_pair *matched, size_t num,
                        const nd_scan_options *o)
{
    static const char *const names[] = {"a_in_b", "b_in_a", "a_covered", "b_covered"};
    for (size_t i = 0; i < num; i++) {
        printf("{\"a\":\"%08" PRIu32 "\",\"b\":\"%08" PRIu32 "\",", pairs[i].a, pairs[i].b);
        print_figures(&matched[i], o, names);
        puts("");
    }
}

/* kept[d] is the representative of document d, edge_of[d] the match of d with it. */
static void print_groups(const uint32_t *kept, const nd_matched_pair *edge_of, uint32_t num,
                         const nd_scan_options *o)
{
    static const char *const names[] = {"in_representative", "representative_in", "covered",
                                        "representative_covered"};
    uint32_t *const sizes = room(num, sizeof *sizes);
    for (uint32_t d = 0; d < num; d++)
        sizes[kept[d]]++;
    for (uint32_t r = 0; r < num; r++) {
        uint32_t left = sizes[r] - (sizes[r] > 0);
        if (left > 0)
            printf("{\"representative\":\"%08" PRIu32 "\",\"size\":%" PRIu32 ",\"members\":[", r,
                   sizes[r]);
        for (uint32_t d = 0; left > 0; d++) {
            if (d == r || kept[d] != r)
                continue;
            nd_matched_pair m = edge_of[d];
            m.kind = nd_match_kind_reversed(m.kind); /* as the representative sees it */
            printf("{\"id\":\"%08" PRIu32 "\",", d);
            print_figures(&m, o, names);
            printf("%s", --left > 0 ? "," : "]}\n");
        }
    }
}

int main(int argc, char **argv)
{
    nd_scan_options o;
    if (argc != 4)
        return 2;
    nd_scan_options_init_preset(&o, strcmp(argv[1], "news") ? ND_PRESET_CORPUS : ND_PRESET_NEWS);
    o.rule.jaccard = atof(argv[3]);

    /* Texts to digests, band keys and sets. */
    const nd_text_batch batch = read_lines(stdin);
    const uint32_t num = (uint32_t)batch.num;
    nd_spec spec;
    nd_sketcher *sketcher;
    nd_set_list sets, sequences;
    must(nd_spec_from_options(&o, &spec));
    must(nd_sketcher_new(&spec, 0, NULL, &sketcher, NULL));
    uint64_t *const digests = room(num, 2 * sizeof *digests), *keys = NULL;
    uint32_t *const tokens = room(num, sizeof *tokens);
    if (spec.bands > 0)
        keys = room(num, spec.bands * sizeof *keys);
    const nd_batch_output output = {.digests = digests, .num_tokens = tokens, .band_keys = keys};
    must(nd_sketcher_run(sketcher, &batch, &output, NULL));
    must(nd_sketcher_sets(sketcher, &batch, &sets, NULL));
    must(nd_sketcher_sequences(sketcher, &batch, &sequences, NULL));

    /* Those to candidates; keys of one band that are the same make a bucket. */
    const nd_candidate_texts texts = {num, digests, tokens, spec.bands, keys, &sequences};
    nd_document_pair *pairs;
    size_t num_pairs, num_edges = 0;
    must(nd_candidates_find(&texts, 0, NULL, &pairs, &num_pairs));

    /* Candidates, verified, are edges. */
    const nd_matched_texts matched_texts = {&sets, &batch, digests};
    nd_matched_pair *const edges = room(num_pairs, sizeof *edges);
    must(nd_match_pairs(&matched_texts, &o, pairs, num_pairs, NULL, edges, NULL));
    for (size_t i = 0; i < num_pairs; i++) {
        pairs[num_edges] = pairs[i];
        edges[num_edges] = edges[i];
        num_edges += edges[i].kind != ND_MATCH_NONE;
    }
    if (strcmp(argv[2], "pairs") == 0)
        return print_pairs(pairs, edges, num_edges, &o), 0;

    /* Edges to groups. */
    const nd_rank_keys rank_keys = {.num_tokens = tokens, .digests = digests};
    uint32_t *const ranks = room(num, sizeof *ranks), *const kept = room(num, sizeof *kept);
    nd_matched_pair *const edge_of = room(num, sizeof *edge_of);
    must(nd_rank_documents(&rank_keys, num, o.representative, NULL, ranks));
    must(nd_group_documents(pairs, num_edges, num, ranks, o.link, NULL, kept));
    for (size_t i = 0; i < num_edges; i++) {
        if (kept[pairs[i].a] == pairs[i].b)
            edge_of[pairs[i].a] = edges[i];
        if (kept[pairs[i].b] == pairs[i].a)
            edge_of[pairs[i].b] = nd_matched_pair_reversed(&edges[i]);
    }
    print_groups(kept, edge_of, num, &o);
    return 0;
}
