/* The batch engine, from documents to pairs and groups. */
#include <limits.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "failing_allocator.h"
#include "made_up_texts.h"
#include "neardup/neardup.h"

/* Everything a scan reports, as text. */
typedef struct report {
    char *text;
    size_t len, capacity, num_lines;
} report;

static void report_printf(report *r, const char *format, ...)
{
    if (r->capacity - r->len < 512) {
        r->capacity = r->capacity * 2 + 4096;
        r->text = realloc(r->text, r->capacity);
        assert_non_null(r->text);
    }
    va_list args;
    va_start(args, format);
    const int len = vsnprintf(r->text + r->len, r->capacity - r->len, format, args);
    va_end(args);
    r->len += (size_t)len;
}

/* Where a scan tells it. */
static void report_coverage(report *r, const nd_coverage *c)
{
    if (c->a_in_b > 0 || c->b_in_a > 0)
        report_printf(r, " covered %.6f %.6f", c->a_in_b, c->b_in_a);
}

static nd_status report_pair(void *ctx, const nd_pair *p)
{
    report *const r = ctx;
    r->num_lines++;
    report_printf(r, "%.*s %.*s %s %.6f %.6f %.6f", (int)p->a.len_bytes, p->a.p,
                  (int)p->b.len_bytes, p->b.p, nd_match_kind_name(p->kind), p->similarity.jaccard,
                  p->similarity.a_in_b, p->similarity.b_in_a);
    report_coverage(r, &p->coverage);
    report_printf(r, "\n");
    return ND_OK;
}

static nd_status report_group(void *ctx, const nd_group *g)
{
    report *const r = ctx;
    r->num_lines++;
    report_printf(r, "%.*s:", (int)g->representative.len_bytes, g->representative.p);
    for (size_t i = 0; i < g->num_members; i++) {
        const nd_member *const m = &g->members[i];
        report_printf(r, " %.*s %s %.6f %.6f", (int)m->id.len_bytes, m->id.p,
                      nd_match_kind_name(m->kind), m->similarity.jaccard, m->similarity.a_in_b);
        report_coverage(r, &m->coverage);
    }
    report_printf(r, "\n");
    return ND_OK;
}

static nd_status add_corpus(nd_scan *scan, const corpus *c)
{
    for (size_t i = 0; i < c->num; i++) {
        const corpus_document *const d = &c->documents[i];
        const nd_document document = {d->id, strlen(d->id), d->text, strlen(d->text), {{i % 7}}, i,
                                      0};
        const nd_status status = nd_scan_add(scan, &document);
        if (status != ND_OK)
            return status;
    }
    return ND_OK;
}

/* Runs a scan; on success r holds the report and *stats the counts. */
static nd_status run_scan(const nd_scan_options *options, const corpus *c,
                          const nd_allocator *allocator, report *r, nd_scan_stats *stats)
{
    nd_scan *scan;
    nd_status status = nd_scan_new(options, allocator, &scan, NULL);
    if (status != ND_OK)
        return status;
    status = add_corpus(scan, c);
    if (status == ND_OK)
        status = nd_scan_finish(scan, NULL);
    if (status == ND_OK)
        status =
            options->output == ND_SCAN_GROUPS ? ND_OK : nd_scan_each_pair(scan, report_pair, r);
    if (status == ND_OK && options->output != ND_SCAN_PAIRS)
        status = nd_scan_each_group(scan, report_group, r);
    *stats = nd_scan_stats_get(scan);
    nd_scan_free(scan);
    return status;
}

static nd_scan_options default_options(nd_scan_output output)
{
    nd_scan_options options;
    nd_scan_options_init(&options);
    options.output = output;
    options.num_threads = 1;
    return options;
}

static nd_scan_options news_options(nd_scan_output output)
{
    nd_scan_options options;
    nd_scan_options_init_preset(&options, ND_PRESET_NEWS);
    options.output = output;
    options.num_threads = 1;
    return options;
}

/* A shingle set of one text by the public functions alone. */
typedef struct set {
    uint64_t *hashes;
    size_t size;
} set;

static set make_set(const char *bytes, nd_shingle_spec spec)
{
    nd_text *text;
    assert_int_equal(nd_text_new(NULL, &text), ND_OK);
    assert_int_equal(nd_text_set(text, bytes, strlen(bytes), ND_TEXT_NO_OFFSETS), ND_OK);
    set s = {.size = nd_shingle_count(text, spec)};
    s.hashes = malloc((s.size + 1) * sizeof *s.hashes);
    assert_non_null(s.hashes);
    assert_int_equal(nd_shingle_hashes(text, spec, s.hashes), ND_OK);
    s.size = nd_shingle_set(s.hashes, s.size, NULL);
    nd_text_free(text);
    return s;
}

static int compare_documents(const void *a, const void *b)
{
    return strcmp(((const corpus_document *)a)->id, ((const corpus_document *)b)->id);
}

/* All pairs by comparing everything with everything. */
static report all_pairs(const corpus *c, const nd_scan_options *options)
{
    qsort(c->documents, c->num, sizeof *c->documents, compare_documents);
    set *const sets = calloc(c->num, sizeof *sets);
    assert_non_null(sets);
    for (size_t i = 0; i < c->num; i++)
        sets[i] = make_set(c->documents[i].text, options->shingle);
    report r = {0};
    for (size_t i = 0; i < c->num; i++)
        for (size_t j = i + 1; j < c->num; j++) {
            const corpus_document *const a = &c->documents[i], *const b = &c->documents[j];
            const nd_similarity s =
                nd_similarity_compute(sets[i].hashes, sets[i].size, sets[j].hashes, sets[j].size);
            const nd_match_kind kind = nd_match_classify(&s, &options->rule);
            const nd_pair pair = {.a = {a->id, strlen(a->id)},
                                  .b = {b->id, strlen(b->id)},
                                  .kind = kind,
                                  .similarity = s};
            if (kind != ND_MATCH_NONE)
                report_pair(&r, &pair);
        }
    for (size_t i = 0; i < c->num; i++)
        free(sets[i].hashes);
    free(sets);
    return r;
}

static void pairs_are_those_of_the_exact_join(void **state)
{
    (void)state;
    const double thresholds[] = {0.3, 0.5, 0.8, 1.0};
    for (size_t t = 0; t < 4; t++) {
        nd_random random = {40 + t};
        corpus c = corpus_make(400, &random);
        nd_scan_options options = default_options(ND_SCAN_PAIRS);
        options.rule.jaccard = thresholds[t];
        options.recall = 0.999999; /* so that one missed pair is a fault */
        report found = {0};
        nd_scan_stats stats;
        assert_int_equal(run_scan(&options, &c, NULL, &found, &stats), ND_OK);
        const report expected = all_pairs(&c, &options);
        assert_true(expected.num_lines > 50);
        assert_int_equal(found.num_lines, expected.num_lines);
        assert_string_equal(found.text, expected.text);
        assert_int_equal(stats.pairs, found.num_lines);
        free(found.text);
        free(expected.text);
        corpus_free(&c);
    }
}

/* How many lines of the report stand nowhere in the text; cuts the report into lines. */
static size_t num_lines_missing(report *r, const char *text)
{
    size_t num = 0;
    for (char *line = strtok(r->text, "\n"); line; line = strtok(NULL, "\n"))
        num += strstr(text, line) == NULL;
    return num;
}

static void containment_finds_texts_inside_longer_ones(void **state)
{
    (void)state;
    nd_random random = {7};
    corpus c = corpus_make(300, &random);
    nd_scan_options options = default_options(ND_SCAN_PAIRS);
    options.rule.containment = 0.9;
    report found = {0};
    nd_scan_stats stats;
    assert_int_equal(run_scan(&options, &c, NULL, &found, &stats), ND_OK);
    const report expected = all_pairs(&c, &options);
    assert_non_null(strstr(found.text, " contains "));
    assert_non_null(strstr(found.text, " contained "));
    assert_true((double)found.num_lines >= 0.99 * (double)expected.num_lines);
    assert_int_equal(num_lines_missing(&found, expected.text), 0);
    free(found.text);
    free(expected.text);
    corpus_free(&c);
}

/* Runs the scan again with documents shuffled, 1, 2 and 8 threads, and every kernel there is. */
static void assert_same_report_everywhere(nd_scan_options options, corpus *c,
                                          const report *expected)
{
    static const nd_kernel kernels[] = {ND_KERNEL_SCALAR, ND_KERNEL_AVX2, ND_KERNEL_AVX512,
                                        ND_KERNEL_NEON};
    static const uint32_t threads[] = {1, 2, 8};
    const nd_kernel best = nd_kernel_best();
    nd_random random = {99};
    for (size_t i = 0; i < 12; i++) {
        corpus_shuffle(c, &random);
        options.num_threads = threads[i % 3];
        if (nd_kernel_select(kernels[i / 3]) != ND_OK)
            continue;
        report found = {0};
        nd_scan_stats stats;
        assert_int_equal(run_scan(&options, c, NULL, &found, &stats), ND_OK);
        assert_string_equal(found.text, expected->text);
        free(found.text);
    }
    assert_int_equal(nd_kernel_select(best), ND_OK);
}

static void threads_kernels_and_input_order_change_nothing(void **state)
{
    (void)state;
    nd_random random = {3};
    corpus c = corpus_make(500, &random);
    for (int run = 0; run < 5; run++) {
        nd_scan_options options = default_options(run < 2 ? ND_SCAN_PAIRS : ND_SCAN_GROUPS);
        options.rule.jaccard = run % 2 ? 0.3 : 0.7;
        options.max_matches = run == 1 ? 3 : 1000;
        options.link = run == 3 ? ND_LINK_SINGLE : ND_LINK_ANCHORED;
        options.representative = run == 4 ? ND_REPRESENTATIVE_FIRST_ID : ND_REPRESENTATIVE_LONGEST;
        report expected = {0};
        nd_scan_stats stats;
        assert_int_equal(run_scan(&options, &c, NULL, &expected, &stats), ND_OK);
        assert_true(expected.num_lines > 20);
        assert_same_report_everywhere(options, &c, &expected);
        free(expected.text);
    }
    corpus_free(&c);
}

static nd_scan *finished_scan(const nd_scan_options *options, const corpus *c)
{
    nd_scan *scan;
    assert_int_equal(nd_scan_new(options, NULL, &scan, NULL), ND_OK);
    assert_int_equal(add_corpus(scan, c), ND_OK);
    assert_int_equal(nd_scan_finish(scan, NULL), ND_OK);
    return scan;
}

static void parts_of_the_pairs_are_the_whole(void **state)
{
    (void)state;
    static const uint32_t num_parts[] = {1, 2, 7, 300, 5000};
    nd_random random = {13};
    corpus c = corpus_make(500, &random);
    nd_scan_options options = default_options(ND_SCAN_PAIRS);
    options.max_matches = 3;
    nd_scan *const scan = finished_scan(&options, &c);
    report whole = {0};
    assert_int_equal(nd_scan_each_pair(scan, report_pair, &whole), ND_OK);
    assert_true(whole.num_lines > 20);
    for (size_t i = 0; i < sizeof num_parts / sizeof *num_parts; i++) {
        report parts = {0};
        for (uint32_t part = 0; part < num_parts[i]; part++)
            assert_int_equal(
                nd_scan_each_pair_of_part(scan, part, num_parts[i], report_pair, &parts), ND_OK);
        assert_string_equal(parts.text, whole.text);
        free(parts.text);
        assert_int_equal(
            nd_scan_each_pair_of_part(scan, num_parts[i], num_parts[i], report_pair, &parts),
            ND_ERR_INVALID_ARGUMENT);
    }
    free(whole.text);
    nd_scan_free(scan);
    corpus_free(&c);
}

static void threads_kernels_and_input_order_change_no_coverage(void **state)
{
    (void)state;
    nd_random random = {4};
    corpus c = corpus_make(900, &random);
    for (int run = 0; run < 4; run++) {
        nd_scan_options options = news_options(run < 2 ? ND_SCAN_PAIRS : ND_SCAN_GROUPS);
        options.max_matches = run == 1 ? 3 : 1000;
        options.link = run == 3 ? ND_LINK_SINGLE : ND_LINK_ANCHORED;
        report expected = {0};
        nd_scan_stats stats;
        assert_int_equal(run_scan(&options, &c, NULL, &expected, &stats), ND_OK);
        assert_true(expected.num_lines > 20);
        /* Tasks begin among the pairs of one text, and among the texts of one component. */
        assert_true(stats.candidates > (run < 2 ? 3 * 512 : 3 * 64));
        assert_same_report_everywhere(options, &c, &expected);
        free(expected.text);
    }
    corpus_free(&c);
}

static void coverage_loses_no_pair_of_a_high_jaccard(void **state)
{
    (void)state;
    nd_random random = {8};
    corpus c = corpus_make(400, &random);
    nd_scan_options options = news_options(ND_SCAN_PAIRS);
    report found = {0};
    nd_scan_stats stats;
    assert_int_equal(run_scan(&options, &c, NULL, &found, &stats), ND_OK);
    options.coverage = 0;
    report expected = all_pairs(&c, &options);
    assert_true(expected.num_lines > 50);
    assert_int_equal(num_lines_missing(&expected, found.text), 0);
    free(found.text);
    free(expected.text);
    corpus_free(&c);
}

/* Finds a document by id. */
static const corpus_document *find_document(const corpus *c, nd_id id)
{
    for (size_t i = 0; i < c->num; i++)
        if (strlen(c->documents[i].id) == id.len_bytes &&
            memcmp(c->documents[i].id, id.p, id.len_bytes) == 0)
            return &c->documents[i];
    return NULL;
}

typedef struct group_check {
    const corpus *documents;
    const nd_scan_options *options;
    unsigned char *seen; /* [documents] */
    size_t num_members;
} group_check;

static void mark_seen(group_check *check, nd_id id)
{
    const corpus_document *const d = find_document(check->documents, id);
    assert_non_null(d);
    const size_t index = (size_t)(d - check->documents->documents);
    assert_int_equal(check->seen[index], 0);
    check->seen[index] = 1;
}

static nd_status check_group(void *ctx, const nd_group *g)
{
    group_check *const check = ctx;
    mark_seen(check, g->representative);
    const corpus_document *const rep = find_document(check->documents, g->representative);
    const set rep_set = make_set(rep->text, check->options->shingle);
    assert_true(g->num_members > 0);
    for (size_t i = 0; i < g->num_members; i++) {
        mark_seen(check, g->members[i].id);
        const corpus_document *const member = find_document(check->documents, g->members[i].id);
        const set s = make_set(member->text, check->options->shingle);
        const nd_similarity exact =
            nd_similarity_compute(s.hashes, s.size, rep_set.hashes, rep_set.size);
        assert_true(exact.jaccard == g->members[i].similarity.jaccard);
        assert_true(exact.a_in_b == g->members[i].similarity.a_in_b);
        assert_true(exact.jaccard >= check->options->rule.jaccard);
        assert_true(strlen(member->text) <= strlen(rep->text) + 400);
        free(s.hashes);
    }
    free(rep_set.hashes);
    check->num_members += g->num_members;
    return ND_OK;
}

static void every_member_matches_its_representative_and_stands_in_one_group(void **state)
{
    (void)state;
    nd_random random = {11};
    corpus c = corpus_make(400, &random);
    nd_scan_options options = default_options(ND_SCAN_GROUPS);
    options.rule.jaccard = 0.5;
    nd_scan *scan;
    assert_int_equal(nd_scan_new(&options, NULL, &scan, NULL), ND_OK);
    assert_int_equal(add_corpus(scan, &c), ND_OK);
    assert_int_equal(nd_scan_finish(scan, NULL), ND_OK);
    group_check check = {.documents = &c, .options = &options, .seen = calloc(c.num, 1)};
    assert_int_equal(nd_scan_each_group(scan, check_group, &check), ND_OK);
    assert_int_equal(nd_scan_stats_get(scan).group_members, check.num_members);
    assert_true(check.num_members > 50);
    free(check.seen);
    nd_scan_free(scan);
    corpus_free(&c);
}

/* A corpus given text by text; ids a, b, c, ... */
static corpus corpus_of(const char *const *texts, size_t num)
{
    corpus c = {calloc(num, sizeof *c.documents), num};
    assert_non_null(c.documents);
    for (size_t i = 0; i < num; i++) {
        c.documents[i].id[0] = (char)('a' + i);
        c.documents[i].text = strdup(texts[i]);
    }
    return c;
}

static void assert_report(const nd_scan_options *options, const char *const *texts, size_t num,
                          const char *expected)
{
    corpus c = corpus_of(texts, num);
    report r = {0};
    nd_scan_stats stats;
    assert_int_equal(run_scan(options, &c, NULL, &r, &stats), ND_OK);
    assert_string_equal(r.text ? r.text : "", expected);
    free(r.text);
    corpus_free(&c);
}

static void empty_and_one_word_texts_match_only_their_like(void **state)
{
    (void)state;
    const char *const texts[] = {"", "", " ,;- ", "word", "Word!", "other", "one two", "one  two"};
    const nd_scan_options options = default_options(ND_SCAN_PAIRS);
    assert_report(&options, texts, 8,
                  "d e exact 1.000000 1.000000 1.000000\n"
                  "g h exact 1.000000 1.000000 1.000000\n");
}

static void a_chain_of_matches_is_no_group_unless_links_are_single(void **state)
{
    (void)state;
    /* a~b and b~c at 6/10, a~c at 4/12: the middle one is the longest and so no chain is needed;
     * with the first id kept, a takes b and c stays alone. */
    const char *const texts[] = {"1 2 3 4 5 6 7 8", "3 4 5 6 7 8 9 10", "5 6 7 8 9 10 11 12"};
    nd_scan_options options = default_options(ND_SCAN_GROUPS);
    options.shingle.width = 1;
    options.rule.jaccard = 0.6;
    options.representative = ND_REPRESENTATIVE_FIRST_ID;
    options.recall = 0.999999;
    assert_report(&options, texts, 3, "a: b near 0.600000 0.750000\n");
    options.link = ND_LINK_SINGLE;
    assert_report(&options, texts, 3, "a: b near 0.600000 0.750000 c none 0.333333 0.500000\n");
}

static void a_document_over_max_matches_keeps_its_best(void **state)
{
    (void)state;
    const char *const texts[] = {"1 2 3 4 5 6 7 8 9 10", "1 2 3 4 5 6 7 8 9 10",
                                 "1 2 3 4 5 6 7 8 9 11", "1 2 3 4 5 6 7 8 9 11",
                                 "1 2 3 4 5 6 7 8 12"};
    nd_scan_options options = default_options(ND_SCAN_PAIRS);
    options.shingle.width = 1;
    options.rule.jaccard = 0.5;
    options.recall = 0.999999;
    options.max_matches = 1;
    /* e keeps its best: of four equals the text with the smaller digest, by its first name; each
     * text its copy. */
    assert_report(&options, texts, 5,
                  "a b exact 1.000000 1.000000 1.000000\n"
                  "c d exact 1.000000 1.000000 1.000000\n"
                  "c e near 0.727273 0.800000 0.888889\n");
}

enum { WORD_BYTES = 6 };

/* Appends the words w1000 + first .. w1000 + first + num - 1. */
static nd_status see_sizes(void *ctx, const nd_pair *pair)
{
    nd_similarity *const seen = ctx;
    *seen = pair->similarity;
    return ND_OK;
}

/* They are never compared, and still have sets of distinct shingles. */
static void copies_are_reported_with_the_sizes_of_their_sets(void **state)
{
    (void)state;
    const nd_scan_options options = default_options(ND_SCAN_PAIRS);
    nd_scan *scan;
    assert_int_equal(nd_scan_new(&options, NULL, &scan, NULL), ND_OK);
    static const char text[] = "la la la la la la la la la la";
    for (int i = 0; i < 2; i++) {
        const nd_document document = {i ? "b" : "a", 1, text, sizeof text - 1, {{0}}, 0, 0};
        assert_int_equal(nd_scan_add(scan, &document), ND_OK);
    }
    assert_int_equal(nd_scan_finish(scan, NULL), ND_OK);
    nd_similarity seen = {0};
    assert_int_equal(nd_scan_each_pair(scan, see_sizes, &seen), ND_OK);
    assert_int_equal(seen.size_a, 1);
    assert_int_equal(seen.size_b, 1);
    assert_int_equal(seen.common, 1);
    nd_scan_free(scan);
}

/* The last step told of each phase, and what is answered from the stop_at-th on. */
typedef struct phases {
    uint64_t done[ND_PHASE_JOIN + 1], total[ND_PHASE_JOIN + 1];
    int num, stop_at;
} phases;

static nd_status take_step(void *ctx, nd_phase phase, uint64_t done, uint64_t total)
{
    phases *const p = ctx;
    assert_true(done >= p->done[phase]);
    p->done[phase] = done;
    p->total[phase] = total;
    return ++p->num >= p->stop_at ? ND_ERR_CANCELLED : ND_OK;
}

static void coverage_tells_its_progress_and_can_be_stopped(void **state)
{
    (void)state;
    nd_random random = {9};
    corpus c = corpus_make(400, &random);
    phases p = {.stop_at = INT_MAX};
    nd_scan_options options = news_options(ND_SCAN_PAIRS);
    options.progress = take_step;
    options.progress_ctx = &p;
    report r = {0};
    nd_scan_stats stats;
    assert_int_equal(run_scan(&options, &c, NULL, &r, &stats), ND_OK);
    for (nd_phase phase = ND_PHASE_SEARCH; phase <= ND_PHASE_COMPARE; phase++) {
        assert_true(p.total[phase] > 0);
        assert_int_equal(p.done[phase], p.total[phase]);
    }
    const int num = p.num;
    for (int stop_at = 1; stop_at <= num; stop_at++) {
        p = (phases){.stop_at = stop_at};
        assert_int_equal(run_scan(&options, &c, NULL, &r, &stats), ND_ERR_CANCELLED);
        assert_int_equal(p.num, stop_at);
    }
    free(r.text);
    corpus_free(&c);
}

/* Each renamed document: the id, its tag, the name, its tag. */
static nd_status take_renamed(void *ctx, const nd_id *id, const nd_id *name)
{
    report_printf(ctx, "%.*s of %llu: %.*s of %llu\n", (int)id->len_bytes, id->p,
                  (unsigned long long)id->tag, (int)name->len_bytes, name->p,
                  (unsigned long long)name->tag);
    return ND_OK;
}

static void documents_of_one_id_get_names_of_their_own(void **state)
{
    (void)state;
    static const struct {
        const char *id, *text;
    } made[] = {{"a", "the same words stand here"},   {"a#2", "no other has this id"},
                {"a", "the same words stand here"},   {"a", "the same words, stand here!"},
                {"b", "something else is said here"}, {"a", "another text of this id"}};
    enum { NUM = sizeof made / sizeof *made };
    const nd_scan_options options = default_options(ND_SCAN_PAIRS);
    report first = {0};
    for (size_t turn = 0; turn < NUM; turn++) {
        report r = {0};
        nd_scan *scan;
        assert_int_equal(nd_scan_new(&options, NULL, &scan, NULL), ND_OK);
        for (size_t i = 0; i < NUM; i++) {
            const size_t at = (i + turn) % NUM;
            const nd_document document = {made[at].id,
                                          strlen(made[at].id),
                                          made[at].text,
                                          strlen(made[at].text),
                                          {{0}},
                                          at,
                                          0};
            assert_int_equal(nd_scan_add(scan, &document), ND_OK);
        }
        assert_int_equal(nd_scan_finish(scan, NULL), ND_OK);
        assert_int_equal(nd_scan_each_pair(scan, report_pair, &r), ND_OK);
        assert_int_equal(nd_scan_each_renamed(scan, take_renamed, &r), ND_OK);
        assert_int_equal(nd_scan_stats_get(scan).duplicate_ids, 3);
        assert_int_equal(nd_scan_stats_get(scan).exact_copies, 2);
        if (turn == 0) {
            first = r;
            assert_int_equal(r.num_lines, 3);
            assert_non_null(strstr(r.text, ": a#3 of "));
            assert_non_null(strstr(r.text, ": a#5 of "));
            assert_null(strstr(r.text, ": a#2 of "));
        } else {
            assert_string_equal(r.text, first.text);
            free(r.text);
        }
        nd_scan_free(scan);
    }
    free(first.text);
}

/* What a group is told of by its members' names, so that deleting these deletes no representative.
 */
static nd_status check_names(void *ctx, const nd_group *group)
{
    ++*(int *)ctx;
    for (size_t i = 0; i < group->num_members; i++) {
        const nd_id id = group->members[i].id;
        assert_false(id.len_bytes == group->representative.len_bytes &&
                     memcmp(id.p, group->representative.p, id.len_bytes) == 0);
    }
    return ND_OK;
}

static void no_member_bears_its_representatives_name(void **state)
{
    (void)state;
    const char *const texts[] = {"the same words stand here", "the same words stand here",
                                 "the same words stand here"};
    corpus c = corpus_of(texts, 3);
    for (int i = 1; i < 3; i++)
        memcpy(c.documents[i].id, c.documents[0].id, sizeof c.documents[0].id);
    const nd_scan_options options = default_options(ND_SCAN_GROUPS);
    nd_scan *scan;
    assert_int_equal(nd_scan_new(&options, NULL, &scan, NULL), ND_OK);
    assert_int_equal(add_corpus(scan, &c), ND_OK);
    assert_int_equal(nd_scan_finish(scan, NULL), ND_OK);
    int num_groups = 0;
    assert_int_equal(nd_scan_each_group(scan, check_names, &num_groups), ND_OK);
    assert_int_equal(num_groups, 1);
    nd_scan_free(scan);
    corpus_free(&c);
}

/* num texts of 10 words of their own under a footer of 60 that all share. */
static corpus corpus_with_footer(size_t num)
{
    corpus c = {calloc(num, sizeof *c.documents), num};
    assert_non_null(c.documents);
    for (size_t i = 0; i < num; i++) {
        char *const text = malloc(2000);
        assert_non_null(text);
        size_t len = 0;
        for (int w = 0; w < 10; w++)
            len += (size_t)sprintf(text + len, "own%zu%c ", i, 'a' + w);
        for (int w = 0; w < 60; w++)
            len += (size_t)sprintf(text + len, "footer%d ", w);
        c.documents[i].text = text;
        snprintf(c.documents[i].id, sizeof c.documents[i].id, "%zu", i);
    }
    return c;
}

static void comparisons_in_hot_buckets_grow_linearly_and_are_counted(void **state)
{
    (void)state;
    for (int output = 0; output < 2; output++) {
        nd_scan_options options = default_options(output ? ND_SCAN_GROUPS : ND_SCAN_PAIRS);
        uint64_t candidates[2];
        for (size_t i = 0; i < 2; i++) {
            corpus c = corpus_with_footer((size_t)5000 << i);
            report r = {0};
            nd_scan_stats stats;
            assert_int_equal(run_scan(&options, &c, NULL, &r, &stats), ND_OK);
            assert_int_equal(r.num_lines, 0);
            assert_true(stats.capped_buckets > 0);
            assert_true(stats.capped_comparisons > stats.candidates / 4);
            assert_true(stats.capped_comparisons <= c.num * (c.num - 1) / 2);
            candidates[i] = stats.candidates;
            corpus_free(&c);
        }
        assert_true((double)candidates[1] < 2.2 * (double)candidates[0]);
    }
}

/* One text takes all others of a large bucket, so that groups lose nothing by its cap; pairs do. */
static void a_cap_that_leaves_nothing_out_is_not_told(void **state)
{
    (void)state;
    corpus c = corpus_with_footer(2 * ND_BUCKET_WHOLE);
    for (size_t i = 0; i < c.num; i++) {
        char *const footer = strstr(c.documents[i].text, "footer");
        const size_t len = (size_t)sprintf(c.documents[i].text, "own%zu ", i);
        memmove(c.documents[i].text + len, footer, strlen(footer) + 1);
    }
    for (int output = 0; output < 2; output++) {
        nd_scan_options options = default_options(output ? ND_SCAN_GROUPS : ND_SCAN_PAIRS);
        report r = {0};
        nd_scan_stats stats;
        assert_int_equal(run_scan(&options, &c, NULL, &r, &stats), ND_OK);
        assert_int_equal(stats.capped_buckets > 0, output == 0);
        assert_int_equal(stats.capped_comparisons > 0, output == 0);
        assert_true(output == 0 || (stats.groups == 1 && stats.group_members == c.num - 1));
        free(r.text);
    }
    corpus_free(&c);
}

static void each_failing_allocation_is_reported_and_nothing_leaks(void **state)
{
    (void)state;
    nd_random random = {5};
    corpus c = corpus_make(40, &random);
    for (int run = 0; run < 6; run++) {
        const nd_scan_output output = (nd_scan_output)(run % 3);
        nd_scan_options options = run < 3 ? default_options(output) : news_options(output);
        options.num_threads = 2;
        options.max_matches = 2;
        options.rule.jaccard = 0.3;
        nd_status status = ND_ERR_NO_MEMORY;
        for (long left = 0; status != ND_OK; left++) {
            failing_allocator f = {.left = left};
            const nd_allocator a = failing_allocator_make(&f);
            report r = {0};
            nd_scan_stats stats;
            status = run_scan(&options, &c, &a, &r, &stats);
            assert_true(status == ND_OK || status == ND_ERR_NO_MEMORY);
            assert_int_equal(f.live, 0);
            free(r.text);
        }
    }
    corpus_free(&c);
}

static void assert_refused(const nd_scan_options *options, nd_status wanted, const char *why)
{
    nd_scan *scan;
    nd_error error = {0};
    assert_int_equal(nd_scan_new(options, NULL, &scan, &error), wanted);
    assert_null(scan);
    assert_int_equal(error.code, wanted);
    assert_string_equal(error.message, why);
    assert_int_equal(nd_scan_new(options, NULL, &scan, NULL), wanted);
}

static void options_out_of_range_are_refused_by_name(void **state)
{
    (void)state;
    nd_scan_options options = default_options(ND_SCAN_PAIRS);
    options.rule.jaccard = 0;
    assert_refused(&options, ND_ERR_INVALID_ARGUMENT,
                   "'rule.jaccard' must be above 0 and at most 1");
    options.rule.jaccard = NAN;
    assert_refused(&options, ND_ERR_INVALID_ARGUMENT,
                   "'rule.jaccard' must be above 0 and at most 1");
    options = default_options(ND_SCAN_PAIRS);
    options.shingle.width = 0;
    assert_refused(&options, ND_ERR_INVALID_ARGUMENT, "'shingle.width' must be 1 to 64");
    options = default_options(ND_SCAN_PAIRS);
    options.recall = 1;
    assert_refused(&options, ND_ERR_INVALID_ARGUMENT, "'recall' must be above 0 and below 1");
    options = news_options(ND_SCAN_PAIRS);
    options.coverage = 1.1;
    assert_refused(&options, ND_ERR_INVALID_ARGUMENT, "'coverage' must be 0 to 1");
    options = news_options(ND_SCAN_PAIRS);
    options.repairs = 32;
    assert_refused(&options, ND_ERR_INVALID_ARGUMENT, "'repairs' has a flag that is none");
    options.size_bytes = 0;
    assert_refused(&options, ND_ERR_INVALID_ARGUMENT,
                   "the options were not initialised, or are of a later version");
    options = default_options(ND_SCAN_PAIRS);
    options.rule.jaccard = 0.001;
    assert_refused(&options, ND_ERR_LIMIT, "no sketch reaches recall 0.99 at jaccard 0.001");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pairs_are_those_of_the_exact_join),
        cmocka_unit_test(containment_finds_texts_inside_longer_ones),
        cmocka_unit_test(threads_kernels_and_input_order_change_nothing),
        cmocka_unit_test(parts_of_the_pairs_are_the_whole),
        cmocka_unit_test(threads_kernels_and_input_order_change_no_coverage),
        cmocka_unit_test(coverage_loses_no_pair_of_a_high_jaccard),
        cmocka_unit_test(every_member_matches_its_representative_and_stands_in_one_group),
        cmocka_unit_test(empty_and_one_word_texts_match_only_their_like),
        cmocka_unit_test(a_chain_of_matches_is_no_group_unless_links_are_single),
        cmocka_unit_test(a_document_over_max_matches_keeps_its_best),
        cmocka_unit_test(copies_are_reported_with_the_sizes_of_their_sets),
        cmocka_unit_test(coverage_tells_its_progress_and_can_be_stopped),
        cmocka_unit_test(documents_of_one_id_get_names_of_their_own),
        cmocka_unit_test(no_member_bears_its_representatives_name),
        cmocka_unit_test(comparisons_in_hot_buckets_grow_linearly_and_are_counted),
        cmocka_unit_test(a_cap_that_leaves_nothing_out_is_not_told),
        cmocka_unit_test(each_failing_allocation_is_reported_and_nothing_leaks),
        cmocka_unit_test(options_out_of_range_are_refused_by_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
