/* gen: writes a made-up corpus as JSON Lines, and its planted pairs as TSV. */
#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench_options.h"
#include "commands.h"
#include "news_text.h"
#include "news_truth.h"

typedef struct gen_options {
    bench_corpus_spec spec;
    uint64_t mean_bytes, size_bytes;
    const char *scripts, *edits, *truth, *output;
} gen_options;

static bench_parse_result parse_options(gen_options *o, int argc, char **argv)
{
    const bench_option table[] = {
        {"--documents", BENCH_OPTION_COUNT, "N", "how many (default 1000; 10k, 5m)",
         &o->spec.num_documents},
        {"--bytes", BENCH_OPTION_SIZE, "SIZE", "about so much text instead (300M, 1G)",
         &o->size_bytes},
        {"--mean-bytes", BENCH_OPTION_SIZE, "N", "mean length of a text (default 3000)",
         &o->mean_bytes},
        {"--copies", BENCH_OPTION_FRACTION, "F", "documents that copy another (default 0.1)",
         &o->spec.copies},
        {"--edits", BENCH_OPTION_STRING, "LIST",
         "changed words in a copy, one of (default 0,0.005,0.01,0.02,0.05,0.1,0.2)", &o->edits},
        {"--contained", BENCH_OPTION_FRACTION, "F",
         "documents that hold another whole (default 0.02)", &o->spec.contained},
        {"--footer", BENCH_OPTION_FRACTION, "F", "documents under a shared footer (default 0.1)",
         &o->spec.footers},
        {"--scripts", BENCH_OPTION_STRING, "LIST",
         "ascii,latin,cyrillic,greek,arabic,hebrew,devanagari,hangul,han,thai or all (default "
         "latin)",
         &o->scripts},
        {"--seed", BENCH_OPTION_COUNT, "N", "another corpus of the same kind (default 1)",
         &o->spec.seed},
        {"--truth", BENCH_OPTION_STRING, "FILE", "planted pairs: ids, kind, exact similarities",
         &o->truth},
        {"-o", BENCH_OPTION_STRING, "FILE", "where to write (default: standard output)",
         &o->output},
    };
    const bench_usage usage = {"gen", "",
                               "Makes a news-like corpus as JSON Lines; the same options make the "
                               "same bytes on every machine.",
                               table, sizeof table / sizeof *table};
    int num_operands;
    return bench_options_parse(&usage, argc, argv, &num_operands);
}

/* Length of the list item at `list`. */
static size_t item_len(const char *list)
{
    return strcspn(list, ",");
}

static const char *next_item(const char *list)
{
    list += item_len(list);
    return *list ? list + 1 : list;
}

static bool add_script(bench_corpus_spec *spec, const char *name, size_t len)
{
    bool found = false;
    for (bench_script s = 0; s < BENCH_NUM_SCRIPTS; s++) {
        const char *const known = bench_script_name(s);
        const bool is_named = strlen(known) == len && memcmp(known, name, len) == 0;
        const bool is_all = len == 3 && memcmp("all", name, len) == 0;
        if ((is_named || is_all) && spec->num_scripts < BENCH_NUM_SCRIPTS) {
            spec->scripts[spec->num_scripts++] = s;
            found = true;
        }
    }
    return found;
}

static bool read_scripts(bench_corpus_spec *spec, const char *list)
{
    for (spec->num_scripts = 0; *list; list = next_item(list))
        if (!add_script(spec, list, item_len(list))) {
            bench_complain("gen: '%.*s' is no script", (int)item_len(list), list);
            return false;
        }
    return true;
}

static bool read_edits(bench_corpus_spec *spec, const char *list)
{
    for (spec->num_edits = 0; *list; list = next_item(list)) {
        char *end;
        const double value = strtod(list, &end);
        const bool is_fraction = end == list + item_len(list) && value >= 0 && value <= 1;
        if (end == list || !is_fraction || spec->num_edits == BENCH_MAX_EDITS) {
            bench_complain("gen: '%s' is no list of at most %d fractions", list, BENCH_MAX_EDITS);
            return false;
        }
        spec->edits[spec->num_edits++] = value;
    }
    return true;
}

/* What a line has beside its text, and what a container adds, on average. */
static uint64_t documents_for(const bench_corpus_spec *spec, uint64_t size_bytes)
{
    enum { LINE_BYTES = 35, FOOTER_BYTES = 200 };
    const double line =
        spec->mean_bytes * (1 + spec->contained) + LINE_BYTES + spec->footers * FOOTER_BYTES;
    const double num = (double)size_bytes / line;
    return num < 1 ? 1 : (uint64_t)num;
}

/* From what was said to a corpus spec; false after a complaint. */
static bool complete(gen_options *o)
{
    if (o->scripts && !read_scripts(&o->spec, o->scripts))
        return false;
    if (o->edits && !read_edits(&o->spec, o->edits))
        return false;
    if (o->mean_bytes < 50 || o->mean_bytes > 1 << 24) {
        bench_complain("gen: --mean-bytes is 50 to 16M");
        return false;
    }
    o->spec.mean_bytes = (uint32_t)o->mean_bytes;
    if (o->size_bytes)
        o->spec.num_documents = documents_for(&o->spec, o->size_bytes);
    return true;
}

/* path NULL: standard output. */
static bool complain_about_file(const char *path)
{
    if (path)
        bench_complain("cannot write '%s': %s", path, strerror(errno));
    else
        bench_complain("cannot write standard output: %s", strerror(errno));
    return false;
}

static FILE *open_output(const char *path)
{
    FILE *const file = path ? fopen(path, "wb") : stdout;
    if (!file)
        complain_about_file(path);
    return file;
}

/* Closes what open_output gave; false after a complaint. */
static bool close_output(FILE *file, const char *path)
{
    const bool is_written = !fflush(file) && !ferror(file);
    const bool is_closed = file == stdout || fclose(file) == 0;
    return (is_written && is_closed) || complain_about_file(path);
}

static nd_status write_pair(void *ctx, const bench_planted_pair *pair)
{
    char a[BENCH_ID_DIGITS + 2], b[BENCH_ID_DIGITS + 2];
    bench_document_id(pair->position_a, a);
    bench_document_id(pair->position_b, b);
    const nd_similarity *const s = &pair->similarity;
    const int len = fprintf(ctx, "%s\t%s\t%s\t%.6f\t%.6f\t%.6f\n", a, b,
                            nd_match_kind_name(pair->kind), s->jaccard, s->a_in_b, s->b_in_a);
    return len < 0 ? ND_ERR_IO : ND_OK;
}

static nd_status write_truth(const bench_corpus *corpus, FILE *file)
{
    const nd_allocator allocator = nd_allocator_or_default(NULL);
    fputs("#id1\tid2\tkind\tjaccard_w5\tid1_in_id2\tid2_in_id1\n", file);
    return bench_corpus_each_planted(corpus, &allocator, write_pair, file);
}

typedef nd_status (*write_fn)(const bench_corpus *corpus, FILE *file);

/* Writes one file of the corpus; false after a complaint. */
static bool write_file(const bench_corpus *corpus, write_fn write, const char *path)
{
    FILE *const file = open_output(path);
    if (!file)
        return false;
    const nd_status status = write(corpus, file);
    const bool is_closed = close_output(file, path);
    if (status != ND_OK && status != ND_ERR_IO)
        bench_complain("gen: %s", nd_status_message(status));
    return is_closed && status == ND_OK;
}

int bench_cmd_gen(int argc, char **argv)
{
    gen_options o = {0};
    bench_corpus_spec_init(&o.spec);
    o.mean_bytes = o.spec.mean_bytes;
    const bench_parse_result parsed = parse_options(&o, argc, argv);
    if (parsed != BENCH_PARSED)
        return parsed == BENCH_PARSED_HELP ? BENCH_EXIT_DONE : BENCH_EXIT_USAGE;
    if (!complete(&o))
        return BENCH_EXIT_USAGE;
    bench_corpus *corpus;
    const nd_status status = bench_corpus_new(&o.spec, NULL, &corpus);
    if (status == ND_ERR_INVALID_ARGUMENT) {
        bench_complain("gen: 1 to 9999999999 documents, and --copies and --contained together at "
                       "most 0.9");
        return BENCH_EXIT_USAGE;
    }
    bool done = status == ND_OK;
    if (!done)
        bench_complain("gen: %s", nd_status_message(status));
    done = done && write_file(corpus, bench_corpus_write, o.output);
    done = done && (!o.truth || write_file(corpus, write_truth, o.truth));
    bench_corpus_free(corpus);
    return done ? BENCH_EXIT_DONE : BENCH_EXIT_FAILED;
}
