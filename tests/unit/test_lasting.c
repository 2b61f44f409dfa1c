/* Documents that their source gives again: only what is compared is kept of them. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include <cmocka.h>

#include "engine/scan_state.h"
#include "failing_allocator.h"
#include "made_up_texts.h"
#include "neardup/neardup.h"

enum { DOCUMENTS_A_BLOCK = 16 };

/* A corpus as a source, every third document of which does not last. */
typedef struct lasting_source {
    const corpus *c;
    size_t next;
    const uint64_t *tags; /* of those that are asked for again */
    size_t num_tags, times_again;
    const char *changed_text; /* of one document, when it comes again */
    size_t changed;
    size_t missing;                 /* a document that does not come again */
    struct learnt_document *learnt; /* of each; NULL: nothing is learnt */
    size_t recent_bytes;            /* of hashes that are kept for a while; 0: none */
} lasting_source;

/* What one scan has learnt of a document, for another one. */
typedef struct learnt_document {
    void *bytes;
    size_t len;
} learnt_document;

static nd_status learn(void *ctx, const void *learnt, size_t len_bytes)
{
    learnt_document *const d = ctx;
    if (learnt == d->bytes) /* once more */
        return ND_OK;
    free(d->bytes);
    d->bytes = malloc(len_bytes);
    assert_non_null(d->bytes);
    memcpy(d->bytes, learnt, len_bytes);
    d->len = len_bytes;
    return ND_OK;
}

static uint64_t tag_of(size_t i)
{
    return 1000 + i * 7;
}

static nd_status next_block(void *ctx, void **block, nd_error *error)
{
    (void)error;
    lasting_source *const s = ctx;
    *block = s->next < s->c->num ? &s->c->documents[s->next] : NULL;
    s->next += DOCUMENTS_A_BLOCK;
    return ND_OK;
}

static bool is_asked_for(const lasting_source *s, size_t i)
{
    bool is_among = s->times_again == 0;
    for (size_t k = 0; k < s->num_tags && !is_among; k++)
        is_among = s->tags[k] == tag_of(i);
    return is_among;
}

static nd_status decode_block(void *ctx, void *block, nd_document_fn emit, void *emit_ctx,
                              nd_error *error)
{
    (void)error;
    const lasting_source *const s = ctx;
    const size_t first = (size_t)((corpus_document *)block - s->c->documents);
    nd_status status = ND_OK;
    for (size_t i = first; i < first + DOCUMENTS_A_BLOCK && i < s->c->num && status == ND_OK; i++) {
        if (!is_asked_for(s, i) || (s->times_again > 0 && i == s->missing))
            continue;
        const corpus_document *const d = &s->c->documents[i];
        const char *const text = s->times_again > 0 && i == s->changed ? s->changed_text : d->text;
        nd_document document = {.id = d->id,
                                .id_len_bytes = strlen(d->id),
                                .text = text,
                                .text_len_bytes = strlen(text),
                                .tag = tag_of(i),
                                .is_lasting = i % 3 != 0};
        if (s->learnt && s->times_again == 0) { /* of two in three, or of all */
            document.learn = learn;
            document.learn_ctx = &s->learnt[i];
            document.learnt = s->learnt[i].bytes;
            document.learnt_len_bytes = s->learnt[i].len;
            if (document.learnt)
                document.text = NULL;
        }
        status = emit(emit_ctx, &document);
    }
    return status;
}

static void discard_block(void *ctx, void *block)
{
    (void)ctx;
    (void)block;
}

static nd_status again(void *ctx, const uint64_t *tags, size_t num_tags, nd_error *error)
{
    (void)error;
    lasting_source *const s = ctx;
    for (size_t i = 1; i < num_tags; i++)
        assert_true(tags[i - 1] < tags[i]);
    s->next = 0;
    s->tags = tags;
    s->num_tags = num_tags;
    s->times_again++;
    return ND_OK;
}

static lasting_source source_of(const corpus *c)
{
    return (lasting_source){.c = c, .changed = SIZE_MAX, .missing = SIZE_MAX};
}

static nd_status print_pair(void *ctx, const nd_pair *p)
{
    fprintf(ctx, "%.*s %.*s %d %llu %llu %llu %f %.*s\n", (int)p->a.len_bytes, p->a.p,
            (int)p->b.len_bytes, p->b.p, (int)p->kind, (unsigned long long)p->similarity.size_a,
            (unsigned long long)p->similarity.size_b, (unsigned long long)p->similarity.common,
            p->score, (int)p->a_text.len_bytes, p->a_text.p ? p->a_text.p : "");
    return ND_OK;
}

static nd_status print_group(void *ctx, const nd_group *g)
{
    fprintf(ctx, "%.*s:", (int)g->representative.len_bytes, g->representative.p);
    for (size_t i = 0; i < g->num_members; i++)
        fprintf(ctx, " %.*s %llu", (int)g->members[i].id.len_bytes, g->members[i].id.p,
                (unsigned long long)g->members[i].similarity.common);
    fputc('\n', ctx);
    return ND_OK;
}

static nd_status scan(const nd_scan_options *options, const nd_allocator *allocator,
                      lasting_source *s, bool is_lasting, FILE *out, nd_error *error)
{
    const nd_source source = {s, next_block, decode_block, discard_block,
                              is_lasting ? again : NULL};
    nd_scan *scan;
    nd_status status = nd_scan_new(options, allocator, &scan, NULL);
    if (status != ND_OK)
        return status;
    for (uint32_t w = 0; w < scan->options.num_threads; w++)
        nd_recent_hashes_init(&scan->ingesters[w].recent, s->recent_bytes, &scan->allocator);
    if (is_lasting)
        status = nd_scan_add_source(scan, &source, error);
    for (size_t i = 0; i < s->c->num && !is_lasting && status == ND_OK; i++) {
        const corpus_document *const d = &s->c->documents[i];
        const nd_document document = {.id = d->id,
                                      .id_len_bytes = strlen(d->id),
                                      .text = d->text,
                                      .text_len_bytes = strlen(d->text)};
        status = nd_scan_add(scan, &document);
    }
    if (status == ND_OK)
        status = nd_scan_finish(scan, error);
    if (status == ND_OK)
        status = options->output == ND_SCAN_PAIRS ? nd_scan_each_pair(scan, print_pair, out)
                                                  : nd_scan_each_group(scan, print_group, out);
    nd_scan_free(scan);
    return status;
}

static char *results_with(const nd_scan_options *options, const corpus *c, bool is_lasting,
                          size_t recent_bytes, size_t *num_again)
{
    char *text;
    size_t len;
    FILE *const out = open_memstream(&text, &len);
    assert_non_null(out);
    lasting_source s = source_of(c);
    s.recent_bytes = recent_bytes;
    assert_int_equal(scan(options, NULL, &s, is_lasting, out, NULL), ND_OK);
    fclose(out);
    assert_true(len > 100);
    *num_again = s.num_tags;
    return text;
}

static char *results(const nd_scan_options *options, const corpus *c, bool is_lasting,
                     size_t *num_again)
{
    return results_with(options, c, is_lasting, 0, num_again);
}

static void results_are_those_of_documents_that_come_once(void **state)
{
    (void)state;
    nd_random random = {1};
    corpus c = corpus_make(600, &random);
    for (int output = 0; output < 2; output++)
        for (int preset = 0; preset < 2; preset++)
            for (uint32_t threads = 1; threads < 4; threads++) {
                nd_scan_options options;
                nd_scan_options_init_preset(&options, (nd_preset)preset);
                options.output = (nd_scan_output)output;
                options.num_threads = threads;
                size_t num_again, none;
                char *const once = results(&options, &c, false, &none);
                char *const again_too = results(&options, &c, true, &num_again);
                assert_string_equal(again_too, once);
                if (preset == ND_PRESET_CORPUS)
                    assert_true(num_again > 0 && num_again < c.num * 2 / 3);
                free(once);
                free(again_too);
            }
    corpus_free(&c);
}

/* The more there is room for, the less is read again; what is compared is kept. */
static void recent_hashes_are_not_read_again(void **state)
{
    (void)state;
    static const size_t room[] = {0, 1 << 12, 1 << 15, 1 << 17, 1 << 24};
    nd_random random = {9};
    corpus c = corpus_make(2500, &random);
    for (int output = 0; output < 2; output++) {
        nd_scan_options options;
        nd_scan_options_init(&options);
        options.output = (nd_scan_output)output;
        options.rule.jaccard = 0.5;
        size_t before = c.num, none;
        char *const once = results(&options, &c, false, &none);
        for (size_t i = 0; i < sizeof room / sizeof *room; i++)
            for (uint32_t threads = 1; threads < 4; threads += 2) {
                size_t num_again;
                options.num_threads = threads;
                char *const found = results_with(&options, &c, true, room[i], &num_again);
                assert_string_equal(found, once);
                free(found);
                if (threads > 1)
                    continue;
                assert_true(num_again <= before);
                assert_true(i != 3 || (num_again > 0 && num_again < c.num / 3));
                before = num_again;
            }
        assert_int_equal(before, 0);
        free(once);
    }
    corpus_free(&c);
}

static nd_budget *budget_of(uint64_t limit_bytes, const nd_allocator *allocator)
{
    nd_budget_options options;
    nd_budget_options_init(&options);
    options.limit_bytes = limit_bytes;
    options.allocator = allocator;
    nd_budget *budget = NULL;
    assert_int_equal(nd_budget_new(&options, &budget, NULL), ND_OK);
    return budget;
}

/* The limits are so small that all that can be in a file is there, and sets go in and out of the
 * caches all the time. */
static void results_are_those_without_a_budget(void **state)
{
    (void)state;
    static const uint64_t limits[] = {1, 1 << 14, 1 << 18, 1 << 30};
    nd_random random = {5};
    corpus c = corpus_make(2500, &random);
    for (int way = 0; way < 6; way++) {
        nd_scan_options options;
        nd_scan_options_init_preset(&options, way < 4 ? ND_PRESET_CORPUS : ND_PRESET_NEWS);
        options.output = way % 2 ? ND_SCAN_GROUPS : ND_SCAN_PAIRS;
        options.link = way == 3 ? ND_LINK_SINGLE : ND_LINK_ANCHORED;
        options.max_matches = way == 2 ? 3 : 1000;
        options.rule.jaccard = way < 4 ? 0.5 : 0.9;
        size_t num_again;
        char *const expected = results(&options, &c, false, &num_again);
        for (size_t i = 0; i < 8; i++) {
            options.num_threads = 1 + (uint32_t)i % 3;
            options.budget = budget_of(limits[i / 2], NULL);
            char *const found = results(&options, &c, i % 2, &num_again);
            assert_string_equal(found, expected);
            const nd_budget_use use = nd_budget_use_get(options.budget);
            assert_int_equal(use.memory_bytes, 0);
            assert_int_equal(use.disk_bytes, 0);
            if (way < 4)
                assert_true(use.peak_disk_bytes > 0);
            nd_budget_free(options.budget);
            free(found);
        }
        free(expected);
    }
    corpus_free(&c);
}

/* Wherever the file cannot grow any more, that is said, and nothing else happens. */
static void each_failing_write_is_reported(void **state)
{
    (void)state;
    nd_random random = {6};
    corpus c = corpus_make(150, &random);
    FILE *const out = fopen("/dev/null", "w");
    assert_non_null(out);
    struct rlimit before;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    void (*const handler)(int) = signal(SIGXFSZ, SIG_IGN);
    nd_scan_options options;
    nd_scan_options_init(&options);
    options.num_threads = 2;
    size_t num_failures = 0;
    nd_status status = ND_ERR_IO;
    options.output = ND_SCAN_PAIRS;
    options.max_matches = 2;
    for (rlim_t most = 0; status != ND_OK; most += 1500) {
        const struct rlimit limit = {most, before.rlim_max};
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
        options.budget = budget_of(1 << 14, NULL);
        lasting_source s = source_of(&c);
        nd_error error = {0};
        status = scan(&options, NULL, &s, true, out, &error);
        assert_true(status == ND_OK || status == ND_ERR_IO);
        if (status != ND_OK)
            assert_non_null(strstr(error.message, "cannot write to a temporary file in '"));
        num_failures += status != ND_OK;
        assert_int_equal(nd_budget_use_get(options.budget).memory_bytes, 0);
        nd_budget_free(options.budget);
    }
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    signal(SIGXFSZ, handler);
    assert_true(num_failures > 5);
    fclose(out);
    corpus_free(&c);
}

/* Documents called lasting that nobody gives again: of a source without nd_source.again, and one by
 * one after a source that has it. */
static void documents_without_a_way_to_come_again_are_kept(void **state)
{
    (void)state;
    nd_random random = {3};
    corpus c = corpus_make(100, &random);
    nd_scan_options options;
    nd_scan_options_init(&options);
    options.output = ND_SCAN_PAIRS;
    uint64_t num_pairs[2];
    for (int way = 0; way < 2; way++) {
        const corpus none = {c.documents, 0};
        lasting_source s = source_of(&c), empty = source_of(&none);
        const nd_source once = {&s, next_block, decode_block, discard_block, NULL};
        const nd_source lasting = {&empty, next_block, decode_block, discard_block, again};
        nd_scan *scan;
        assert_int_equal(nd_scan_new(&options, NULL, &scan, NULL), ND_OK);
        assert_int_equal(nd_scan_add_source(scan, way ? &lasting : &once, NULL), ND_OK);
        for (size_t i = 0; way && i < c.num; i++) {
            const nd_document document = {.id = c.documents[i].id,
                                          .id_len_bytes = strlen(c.documents[i].id),
                                          .text = c.documents[i].text,
                                          .text_len_bytes = strlen(c.documents[i].text),
                                          .is_lasting = 1};
            assert_int_equal(nd_scan_add(scan, &document), ND_OK);
        }
        assert_int_equal(nd_scan_finish(scan, NULL), ND_OK);
        num_pairs[way] = nd_scan_stats_get(scan).pairs;
        nd_scan_free(scan);
    }
    assert_true(num_pairs[0] > 10);
    assert_int_equal(num_pairs[0], num_pairs[1]);
    corpus_free(&c);
}

static void documents_that_change_or_go_are_an_error(void **state)
{
    (void)state;
    /* Of a few words all is kept. */
    static const char text[] =
        "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen "
        "sixteen seventeen eighteen nineteen twenty and one and two and three and four and five "
        "and "
        "six and seven and eight and nine thirty and so on until all of it is said";
    corpus c = {calloc(3, sizeof *c.documents), 3};
    assert_non_null(c.documents);
    nd_scan_options options;
    nd_scan_options_init(&options);
    for (size_t i = 0; i < 3; i++) {
        snprintf(c.documents[i].id, sizeof c.documents[i].id, "%zu", i);
        c.documents[i].text = strdup(i > 0 ? text : "a third one has nothing to do with them");
    }
    for (int way = 0; way < 2; way++) {
        lasting_source s = source_of(&c);
        nd_error error = {0};
        s.changed_text = "other words than before";
        if (way == 0)
            s.changed = 1;
        else
            s.missing = 1;
        options.num_threads = 1;
        /* Documents 1 and 2 last; the first stands for the text of both. */
        assert_int_equal(scan(&options, NULL, &s, true, stdout, &error), ND_ERR_IO);
        assert_int_not_equal(error.message[0], '\0');
    }
    corpus_free(&c);
}

static void learnt_free(learnt_document *learnt, size_t num)
{
    for (size_t i = 0; i < num; i++)
        free(learnt[i].bytes);
    free(learnt);
}

/* What was learnt by a scan of other threads, with another budget, is as good as the text. */
static void what_was_learnt_stands_for_texts(void **state)
{
    (void)state;
    nd_random random = {7};
    corpus c = corpus_make(400, &random);
    free(c.documents[5].text);
    c.documents[5].text = strdup("...");
    for (int way = 0; way < 12; way++) {
        learnt_document *const learnt = calloc(c.num, sizeof *learnt);
        nd_scan_options options;
        nd_scan_options_init_preset(&options, way >= 8 ? ND_PRESET_NEWS : ND_PRESET_CORPUS);
        options.output = way % 2 ? ND_SCAN_GROUPS : ND_SCAN_PAIRS;
        options.rule.jaccard = 0.5;
        options.texts = way / 4 == 1 ? ND_TEXTS_KEEP : ND_TEXTS_FORGET;
        if (way >= 10) { /* a coverage alone: no words are kept */
            options.score = 0;
            options.coverage = 0.5;
        }
        options.seed = 42;
        size_t num_again;
        char *const expected = results(&options, &c, true, &num_again);
        for (size_t run = 0; run < 4; run++) {
            for (size_t i = 0; run == 2 && i < c.num; i += 3) { /* as if it had been interrupted */
                free(learnt[i].bytes);
                learnt[i] = (learnt_document){0};
            }
            char *found;
            size_t len;
            FILE *const out = open_memstream(&found, &len);
            lasting_source s = source_of(&c);
            s.learnt = learnt;
            options.num_threads = 1 + (uint32_t)run % 3;
            options.budget = (run + (size_t)way / 2) % 2 ? budget_of(1 << 16, NULL) : NULL;
            assert_int_equal(scan(&options, NULL, &s, true, out, NULL), ND_OK);
            fclose(out);
            assert_string_equal(found, expected);
            nd_budget_free(options.budget);
            options.budget = NULL;
            free(found);
        }
        free(expected);
        learnt_free(learnt, c.num);
    }
    corpus_free(&c);
}

static nd_status add_learnt(const nd_scan_options *options, const void *bytes, size_t len,
                            bool is_lasting)
{
    nd_scan *scan;
    const nd_document document = {.id = "a",
                                  .id_len_bytes = 1,
                                  .is_lasting = is_lasting,
                                  .learnt = bytes,
                                  .learnt_len_bytes = len};
    assert_int_equal(nd_scan_new(options, NULL, &scan, NULL), ND_OK);
    const nd_status status = nd_scan_add(scan, &document);
    assert_true(status != ND_OK || nd_scan_finish(scan, NULL) == ND_OK);
    nd_scan_free(scan);
    return status;
}

static void pieces_are_refused(const nd_scan_options *options, const void *bytes, size_t len)
{
    assert_int_equal(add_learnt(options, bytes, len, false), ND_OK);
    for (size_t less = 0; less < len; less++) {
        const nd_status status = add_learnt(options, bytes, less, false);
        assert_int_equal(status, ND_ERR_FORMAT);
    }
}

static void what_another_scan_has_learnt_is_refused(void **state)
{
    (void)state;
    nd_random random = {8};
    corpus c = corpus_make(30, &random);
    learnt_document *const learnt = calloc(c.num, sizeof *learnt);
    nd_scan_options options;
    nd_scan_options_init(&options);
    options.seed = 42;
    lasting_source s = source_of(&c);
    s.learnt = learnt;
    FILE *const out = fopen("/dev/null", "w");
    assert_int_equal(scan(&options, NULL, &s, true, out, NULL), ND_OK);
    fclose(out);

    char *const bytes = learnt[3].bytes; /* not lasting */
    const size_t len = learnt[3].len;
    pieces_are_refused(&options, bytes, len);
    /* What comes with its source lacks the hashes that one without needs. */
    assert_int_equal(add_learnt(&options, learnt[4].bytes, learnt[4].len, false), ND_ERR_VERSION);
    nd_scan_options other = options;
    other.seed = 43;
    assert_int_equal(add_learnt(&other, bytes, len, false), ND_ERR_VERSION);
    other = options;
    other.shingle.width = 4;
    assert_int_equal(add_learnt(&other, bytes, len, false), ND_ERR_VERSION);
    other = options;
    other.texts = ND_TEXTS_KEEP;
    assert_int_equal(add_learnt(&other, bytes, len, false), ND_ERR_VERSION);
    nd_scan_options_init_preset(&other, ND_PRESET_NEWS);
    other.seed = 42;
    assert_int_equal(add_learnt(&other, bytes, len, false), ND_ERR_VERSION);
    lasting_source news = source_of(&c);
    news.learnt = learnt;
    assert_int_equal(scan(&other, NULL, &news, true, stdout, NULL), ND_ERR_VERSION);
    learnt_free(learnt, c.num);
    corpus_free(&c);
}

/* The same for what the matcher by coverage keeps, with the words of a verdict or without. */
static void what_is_not_of_such_texts_is_refused(void **state)
{
    (void)state;
    static const char text[] = "to be or not to be that is the question to be or not to be";
    for (int way = 0; way < 3; way++) {
        learnt_document learnt = {NULL, 0};
        nd_scan_options options;
        nd_scan *scan;
        nd_scan_options_init_preset(&options, ND_PRESET_NEWS);
        options.num_threads = 1;
        options.seed = 42;
        options.score = way == 1 ? 0 : options.score;
        options.coverage = way == 1 ? 0.5 : 0;
        options.texts = way == 2 ? ND_TEXTS_KEEP : ND_TEXTS_FORGET;
        const nd_document document = {.id = "a",
                                      .id_len_bytes = 1,
                                      .text = text,
                                      .text_len_bytes = sizeof text - 1,
                                      .learn = learn,
                                      .learn_ctx = &learnt};
        assert_int_equal(nd_scan_new(&options, NULL, &scan, NULL), ND_OK);
        assert_int_equal(nd_scan_add(scan, &document), ND_OK);
        nd_scan_free(scan);
        pieces_are_refused(&options, learnt.bytes, learnt.len);
        /* Any word of it, after the digest of its maker, may be anything. */
        char *const words = learnt.bytes;
        for (size_t at = 8; at + 8 <= learnt.len; at += 4)
            for (int flip = 1; flip < 4; flip += 2) {
                words[at] = (char)(words[at] ^ flip);
                const nd_status status = add_learnt(&options, words, learnt.len, false);
                assert_true(status == ND_OK || status == ND_ERR_FORMAT || status == ND_ERR_VERSION);
                words[at] = (char)(words[at] ^ flip);
            }
        free(learnt.bytes);
    }
}

typedef struct reread {
    uint64_t done, total, stop_after;
} reread;

static nd_status see_reread(void *ctx, nd_phase phase, uint64_t done, uint64_t total)
{
    reread *const r = ctx;
    if (phase != ND_PHASE_READ_AGAIN)
        return ND_OK;
    assert_true(done >= r->done && done <= total);
    r->done = done;
    r->total = total;
    return done > r->stop_after ? ND_ERR_CANCELLED : ND_OK;
}

static void reading_again_is_a_phase_that_can_be_stopped(void **state)
{
    (void)state;
    nd_random random = {4};
    corpus c = corpus_make(600, &random);
    FILE *const out = fopen("/dev/null", "w");
    assert_non_null(out);
    reread r = {.stop_after = UINT64_MAX};
    nd_scan_options options;
    nd_scan_options_init(&options);
    options.num_threads = 2;
    options.progress = see_reread;
    options.progress_ctx = &r;
    lasting_source s = source_of(&c);
    assert_int_equal(scan(&options, NULL, &s, true, out, NULL), ND_OK);
    assert_int_equal(r.done, s.num_tags);
    assert_int_equal(r.total, s.num_tags);
    r = (reread){.stop_after = s.num_tags / 2};
    s = source_of(&c);
    assert_int_equal(scan(&options, NULL, &s, true, out, NULL), ND_ERR_CANCELLED);
    assert_true(r.done > r.stop_after);
    fclose(out);
    corpus_free(&c);
}

static void each_failing_allocation_is_reported(void **state)
{
    (void)state;
    nd_random random = {2};
    corpus c = corpus_make(60, &random);
    FILE *const out = fopen("/dev/null", "w");
    assert_non_null(out);
    nd_scan_options options;
    nd_scan_options_init(&options);
    options.num_threads = 1;
    options.max_matches = 1;
    for (int way = 0; way < 3; way++) {
        const bool with_budget = way > 0;
        nd_status status = ND_ERR_NO_MEMORY;
        options.output = way == 2 ? ND_SCAN_PAIRS : ND_SCAN_GROUPS;
        for (long left = with_budget ? 2 : 0; status != ND_OK; left++) {
            failing_allocator f = {.left = left};
            const nd_allocator a = failing_allocator_make(&f);
            lasting_source s = source_of(&c);
            options.budget = with_budget ? budget_of(1 << 14, &a) : NULL;
            status = scan(&options, &a, &s, true, out, NULL);
            assert_true(status == ND_OK || status == ND_ERR_NO_MEMORY);
            nd_budget_free(options.budget);
            assert_int_equal(f.live, 0);
        }
    }
    fclose(out);
    corpus_free(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(results_are_those_of_documents_that_come_once),
        cmocka_unit_test(recent_hashes_are_not_read_again),
        cmocka_unit_test(results_are_those_without_a_budget),
        cmocka_unit_test(each_failing_write_is_reported),
        cmocka_unit_test(documents_without_a_way_to_come_again_are_kept),
        cmocka_unit_test(documents_that_change_or_go_are_an_error),
        cmocka_unit_test(reading_again_is_a_phase_that_can_be_stopped),
        cmocka_unit_test(what_was_learnt_stands_for_texts),
        cmocka_unit_test(what_another_scan_has_learnt_is_refused),
        cmocka_unit_test(what_is_not_of_such_texts_is_refused),
        cmocka_unit_test(each_failing_allocation_is_reported),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
