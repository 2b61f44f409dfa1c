/* gen: writes a made-up corpus as JSON Lines, and its planted pairs as TSV. */
#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench_settings.h"
#include "news_text.h"
#include "news_truth.h"
#include "util/error.h"

static bool add_script(bench_corpus_spec *spec, const char *name)
{
    bool found = false;
    for (bench_script s = 0; s < BENCH_NUM_SCRIPTS; s++) {
        const bool is_named = strcmp(bench_script_name(s), name) == 0 || strcmp(name, "all") == 0;
        if (is_named && spec->num_scripts < BENCH_NUM_SCRIPTS) {
            spec->scripts[spec->num_scripts++] = s;
            found = true;
        }
    }
    return found;
}

static nd_status read_scripts(bench_corpus_spec *spec, const nd_name_list *list, nd_error *error)
{
    spec->num_scripts = 0;
    for (size_t i = 0; i < list->num_names; i++)
        if (!add_script(spec, list->names[i]))
            return nd_error_set(error, ND_ERR_INVALID_ARGUMENT, "'%s' is no script",
                                list->names[i]);
    return ND_OK;
}

static nd_status read_edits(bench_corpus_spec *spec, const nd_name_list *list, nd_error *error)
{
    spec->num_edits = 0;
    for (size_t i = 0; i < list->num_names; i++) {
        char *end;
        const double value = strtod(list->names[i], &end);
        if (*end || !(value >= 0 && value <= 1) || spec->num_edits == BENCH_MAX_EDITS)
            return nd_error_set(
                error, ND_ERR_INVALID_ARGUMENT,
                "invalid value '%s' in '--edits', allowed: at most %d numbers from 0 "
                "to 1",
                list->names[i], BENCH_MAX_EDITS);
        spec->edits[spec->num_edits++] = value;
    }
    return ND_OK;
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

/* From what was said to a corpus spec. */
static nd_status check(bench_settings *settings, nd_error *error)
{
    bench_corpus_spec *const spec = &settings->corpus;
    nd_status status = read_scripts(spec, &settings->scripts, error);
    if (status == ND_OK)
        status = read_edits(spec, &settings->edits, error);
    if (status == ND_OK && spec->copies + spec->contained + spec->variants > 0.9)
        status = nd_error_set(error, ND_ERR_INVALID_ARGUMENT,
                              "'--copies', '--contained' and '--variants' together are above 0.9");
    spec->mean_bytes = (uint32_t)settings->workload.mean_bytes;
    spec->seed = settings->workload.seed;
    if (settings->size_bytes)
        spec->num_documents = documents_for(spec, settings->size_bytes);
    return status;
}

/* path NULL: standard output. */
static nd_status refuse_file(const char *path, nd_error *error)
{
    if (path)
        return nd_error_set(error, ND_ERR_IO, "cannot write '%s': %s", path, strerror(errno));
    return nd_error_set(error, ND_ERR_IO, "cannot write standard output: %s", strerror(errno));
}

typedef struct truth_file {
    const bench_corpus *corpus;
    FILE *file;
} truth_file;

/* A variant's own name, else NULL. */
static const char *variant_name(const bench_corpus *corpus, uint64_t index)
{
    return bench_corpus_role(corpus, index) == BENCH_ROLE_VARIANT
               ? bench_variant_name(bench_corpus_variant(corpus, index))
               : NULL;
}

/* The names of the variants in it, or the kind of match where there is none. */
static const char *kind_name(const truth_file *truth, const bench_planted_pair *pair, char name[64])
{
    const char *const a = variant_name(truth->corpus, pair->index_a);
    const char *const b = variant_name(truth->corpus, pair->index_b);
    const bool is_both = a && b && strcmp(a, b) != 0;
    const char *const first = is_both && strcmp(a, b) > 0 ? b : a ? a : b;
    const char *const second = first == a ? b : a;
    if (!first)
        return nd_match_kind_name(pair->kind);
    snprintf(name, 64, is_both ? "%s|%s" : "%s", first, second);
    return name;
}

static nd_status write_pair(void *ctx, const bench_planted_pair *pair)
{
    const truth_file *const truth = ctx;
    char a[BENCH_ID_DIGITS + 2], b[BENCH_ID_DIGITS + 2], name[64];
    bench_document_id(pair->position_a, a);
    bench_document_id(pair->position_b, b);
    const nd_similarity *const s = &pair->similarity;
    const int len = fprintf(truth->file, "%s\t%s\t%s\t%.6f\t%.6f\t%.6f\n", a, b,
                            kind_name(truth, pair, name), s->jaccard, s->a_in_b, s->b_in_a);
    return len < 0 ? ND_ERR_IO : ND_OK;
}

static nd_status write_truth(const bench_corpus *corpus, FILE *file)
{
    const nd_allocator allocator = nd_allocator_or_default(NULL);
    fputs("#id1\tid2\tkind\tjaccard_w5\tid1_in_id2\tid2_in_id1\n", file);
    truth_file truth = {corpus, file};
    return bench_corpus_each_planted(corpus, &allocator, write_pair, &truth);
}

typedef nd_status (*write_fn)(const bench_corpus *corpus, FILE *file);

static nd_status write_file(const bench_corpus *corpus, write_fn write, const char *path,
                            nd_error *error)
{
    FILE *const file = path ? fopen(path, "wb") : stdout;
    if (!file)
        return refuse_file(path, error);
    const nd_status status = write(corpus, file);
    const bool is_written = !fflush(file) && !ferror(file);
    const bool is_closed = file == stdout || fclose(file) == 0;
    if (!is_written || !is_closed || status == ND_ERR_IO)
        return refuse_file(path, error);
    return status;
}

static nd_status gen(const bench_settings *settings, nd_error *error)
{
    bench_corpus *corpus;
    nd_status status = bench_corpus_new(&settings->corpus, NULL, &corpus);
    if (status != ND_OK)
        return status;
    status = write_file(corpus, bench_corpus_write, settings->output, error);
    if (status == ND_OK && settings->truth)
        status = write_file(corpus, write_truth, settings->truth, error);
    bench_corpus_free(corpus);
    return status;
}

const bench_command bench_command_gen = {
    .info.name = "gen",
    .info.summary = "make a news-like corpus, with planted copies and their truth",
    .info.operands = "",
    .info.description = "Makes a news-like corpus as JSON Lines; the same options make the same "
                        "bytes on every machine.\n",
    .info.options = {bench_options, BENCH_GEN},
    .check = check,
    .run = gen,
};
