/* The folder of an index:
 *
 *   manifest      what there is: the lines below
 *   log.N         every document and text, as they came (log.h)
 *   run.N ...     sorted tables over the log's beginning (run.h)
 *   gone.N        what was removed of that (removals.h)
 *   lock          held by the process that writes
 *
 * The manifest is lines of text, read strictly: every field in its place, and nothing else.
 *
 *   neardup index 2
 *   spec neardup hash=1 unicode=15.0.0 shingle=word:5 repair=none bands=12 rows=5 slots=60
 *   match jaccard=3fe999999999999a containment=0 recall=... score=0        doubles as their bits
 *   state 5 next=9
 *   log 1 covered=1048576 frames=12
 *   gone 7
 *   run 8 documents=0+16384 texts=0+16200 bytes=2719744 directory=2707456:1f0c...
 *   end 6d1f...                                     XXH3_64bits of all before this line
 *
 * A writer leaves files that no manifest names: before it is done, or when it is killed. */
#include "index/manifest.h"

#include <ctype.h>
#include <inttypes.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/error.h"

static const char NAME[] = "manifest", NEW_NAME[] = "manifest.new";

enum { MAX_BYTES = 1024 + ND_SPEC_LINE_BYTES + 256 * ND_INDEX_MAX_RUNS };

void nd_manifest_file_name(char name[ND_FILE_NAME_BYTES], const char *kind, uint32_t number)
{
    snprintf(name, ND_FILE_NAME_BYTES, "%.8s.%" PRIu32, kind, number);
}

uint32_t nd_manifest_num_documents(const nd_manifest *manifest)
{
    if (manifest->num_runs == 0)
        return 0;
    const nd_run_info *const last = &manifest->runs[manifest->num_runs - 1];
    return last->first_document + last->num_documents;
}

uint32_t nd_manifest_num_texts(const nd_manifest *manifest)
{
    if (manifest->num_runs == 0)
        return 0;
    const nd_run_info *const last = &manifest->runs[manifest->num_runs - 1];
    return last->first_text + last->num_texts;
}

/* --- writing --- */

typedef struct text {
    char bytes[MAX_BYTES];
    size_t len;
} text;

static void put(text *t, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* MAX_BYTES has room for every manifest. */
static void put(text *t, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    const int len = vsnprintf(t->bytes + t->len, sizeof t->bytes - t->len, format, args);
    va_end(args);
    t->len += (size_t)len < sizeof t->bytes - t->len ? (size_t)len : 0;
}

/* Exact, and the same in every locale. */
static uint64_t bits_of(double ratio)
{
    uint64_t bits;
    memcpy(&bits, &ratio, sizeof bits);
    return bits;
}

static void print(const nd_manifest *m, text *t)
{
    char spec[ND_SPEC_LINE_BYTES];
    nd_spec_print(&m->spec, spec);
    put(t, "neardup index %d\nspec %s\n", ND_INDEX_FORMAT, spec);
    put(t, "match jaccard=%" PRIx64 " containment=%" PRIx64 " recall=%" PRIx64 " score=%" PRIx64,
        bits_of(m->rule.jaccard), bits_of(m->rule.containment), bits_of(m->recall),
        bits_of(m->score));
    put(t, "\n");
    put(t, "state %" PRIu64 " next=%" PRIu32 "\n", m->state, m->next_number);
    put(t, "log %" PRIu32 " covered=%" PRIu64 " frames=%" PRIu64 "\n", m->log, m->log_covered,
        m->log_frames);
    put(t, "gone %" PRIu32 "\n", m->gone);
    for (uint32_t i = 0; i < m->num_runs; i++) {
        const nd_run_info *const run = &m->runs[i];
        put(t,
            "run %" PRIu32 " documents=%" PRIu32 "+%" PRIu32 " texts=%" PRIu32 "+%" PRIu32
            " bytes=%" PRIu64 " directory=%" PRIu64 ":%016" PRIx64 "\n",
            run->number, run->first_document, run->num_documents, run->first_text, run->num_texts,
            run->size_bytes, run->directory_at, run->directory_checksum);
    }
    put(t, "end %016" PRIx64 "\n", nd_checksum(t->bytes, t->len, 0));
}

nd_status nd_manifest_write(const nd_folder *folder, const nd_manifest *manifest, nd_error *error)
{
    text t = {.len = 0};
    nd_file file = ND_FILE_CLOSED;
    print(manifest, &t);
    nd_status status = nd_file_open(&file, folder, NEW_NAME, ND_FILE_CREATE, error);
    if (status == ND_OK)
        status = nd_file_write(&file, 0, t.bytes, t.len, error);
    if (status == ND_OK)
        status = nd_file_sync(&file, error);
    nd_file_close(&file);
    if (status == ND_OK)
        status = nd_folder_rename(folder, NEW_NAME, NAME, error);
    if (status != ND_OK)
        nd_folder_remove(folder, NEW_NAME);
    return status;
}

/* --- reading --- */

/* What is left to read; p is NULL from the first place on that is not as it should be. */
typedef struct reader {
    const char *p; /* terminated */
} reader;

static void take(reader *r, const char *words)
{
    const size_t len = strlen(words);
    r->p = r->p && strncmp(r->p, words, len) == 0 ? r->p + len : NULL;
}

static uint64_t take_number(reader *r, int base, uint64_t most)
{
    if (!r->p || !isxdigit((unsigned char)*r->p) || strncmp(r->p, "0x", 2) == 0)
        return r->p = NULL, 0;
    char *end;
    const unsigned long long number = strtoull(r->p, &end, base);
    r->p = end > r->p && number <= most && number < ULLONG_MAX ? end : NULL;
    return number;
}

static uint32_t take_u32(reader *r)
{
    return (uint32_t)take_number(r, 10, UINT32_MAX - 1);
}

/* A place or a size in a file. */
static uint64_t take_size(reader *r)
{
    return take_number(r, 10, INT64_MAX);
}

static double take_ratio(reader *r)
{
    const uint64_t bits = take_number(r, 16, UINT64_MAX);
    double ratio;
    memcpy(&ratio, &bits, sizeof ratio);
    if (!(ratio >= 0 && ratio <= 1))
        r->p = NULL;
    return ratio;
}

static void read_spec(reader *r, nd_spec *spec)
{
    take(r, "spec ");
    const char *const end = r->p ? strchr(r->p, '\n') : NULL;
    const bool is_read = end && nd_spec_parse(r->p, (size_t)(end - r->p), spec, NULL) == ND_OK;
    r->p = is_read ? end : NULL;
}

static void read_run(reader *r, nd_run_info *run)
{
    run->number = take_u32(r);
    take(r, " documents=");
    run->first_document = take_u32(r);
    take(r, "+");
    run->num_documents = take_u32(r);
    take(r, " texts=");
    run->first_text = take_u32(r);
    take(r, "+");
    run->num_texts = take_u32(r);
    take(r, " bytes=");
    run->size_bytes = take_size(r);
    take(r, " directory=");
    run->directory_at = take_size(r);
    take(r, ":");
    run->directory_checksum = take_number(r, 16, UINT64_MAX);
    take(r, "\n");
}

/* The lines after the first. */
static void read_lines(reader *r, nd_manifest *m)
{
    read_spec(r, &m->spec);
    take(r, "\nmatch jaccard=");
    m->rule.jaccard = take_ratio(r);
    take(r, " containment=");
    m->rule.containment = take_ratio(r);
    take(r, " recall=");
    m->recall = take_ratio(r);
    take(r, " score=");
    m->score = take_ratio(r);
    take(r, "\nstate ");
    m->state = take_size(r);
    take(r, " next=");
    m->next_number = take_u32(r);
    take(r, "\nlog ");
    m->log = take_u32(r);
    take(r, " covered=");
    m->log_covered = take_size(r);
    take(r, " frames=");
    m->log_frames = take_size(r);
    take(r, "\ngone ");
    m->gone = take_u32(r);
    take(r, "\n");
    while (r->p && strncmp(r->p, "run ", 4) == 0 && m->num_runs < ND_INDEX_MAX_RUNS) {
        r->p += 4;
        read_run(r, &m->runs[m->num_runs++]);
    }
}

/* Whether the runs follow each other. */
static bool is_whole(const nd_manifest *m)
{
    uint32_t document = 0, text_number = 0;
    for (uint32_t i = 0; i < m->num_runs; i++) {
        const nd_run_info *const run = &m->runs[i];
        if (run->first_document != document || run->first_text != text_number ||
            run->num_documents >= UINT32_MAX - document ||
            run->num_texts >= UINT32_MAX - text_number || run->directory_at > run->size_bytes)
            return false;
        document += run->num_documents;
        text_number += run->num_texts;
    }
    return m->rule.jaccard > 0 && (m->score > 0) == (m->spec.bands == 0);
}

static nd_status parse(const nd_file *file, const text *t, nd_manifest *m, nd_error *error)
{
    reader r = {t->bytes};
    take(&r, "neardup index ");
    if (!r.p)
        return nd_error_set(error, ND_ERR_FORMAT, "'%s' is not an index", file->folder->path);
    const uint64_t format = take_number(&r, 10, UINT32_MAX);
    if (r.p && format != ND_INDEX_FORMAT)
        return nd_error_set(error, ND_ERR_VERSION,
                            "'%s' has format %" PRIu64 "; this version reads format %d",
                            file->folder->path, format, ND_INDEX_FORMAT);
    take(&r, "\n");
    read_lines(&r, m);
    const size_t len = r.p ? (size_t)(r.p - t->bytes) : 0;
    take(&r, "end ");
    const uint64_t checksum = take_number(&r, 16, UINT64_MAX);
    take(&r, "\n");
    if (!r.p || *r.p != '\0' || !nd_checksum_holds(checksum, t->bytes, len, 0) || !is_whole(m))
        return nd_file_damaged(file, error, "its lines are not as they were written");
    return ND_OK;
}

nd_status nd_manifest_read(const nd_folder *folder, nd_manifest *manifest, nd_error *error)
{
    text t = {.len = 0};
    nd_file file = ND_FILE_CLOSED;
    uint64_t size = 0;
    *manifest = (nd_manifest){0};
    nd_status status = nd_file_open(&file, folder, NAME, ND_FILE_READ, error);
    if (status == ND_ERR_NOT_FOUND)
        return nd_error_set(error, ND_ERR_NOT_FOUND, "'%s' is not an index", folder->path);
    if (status == ND_OK)
        status = nd_file_size(&file, &size, error);
    if (status == ND_OK && size >= sizeof t.bytes)
        status = nd_file_damaged(&file, error, "it is too long");
    if (status == ND_OK)
        status = nd_file_read(&file, 0, t.bytes, (size_t)size, error);
    if (status == ND_OK)
        status = parse(&file, &t, manifest, error);
    nd_file_close(&file);
    return status;
}

/* --- leftovers --- */

typedef struct sweep {
    const nd_folder *folder;
    const nd_manifest *manifest;
} sweep;

static bool is_named(const nd_manifest *m, const char *kind, uint32_t number)
{
    bool found = (strcmp(kind, "log") == 0 && number == m->log) ||
                 (strcmp(kind, "gone") == 0 && number == m->gone);
    for (uint32_t i = 0; i < m->num_runs && strcmp(kind, "run") == 0; i++)
        found |= number == m->runs[i].number;
    return found;
}

static nd_status sweep_name(void *ctx, const char *name)
{
    static const char *const kinds[] = {"log", "run", "gone"};
    const sweep *const s = ctx;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        const size_t len = strlen(kinds[i]);
        char again[ND_FILE_NAME_BYTES];
        if (strncmp(name, kinds[i], len) != 0 || name[len] != '.')
            continue;
        const uint32_t number = (uint32_t)strtoul(name + len + 1, NULL, 10);
        nd_manifest_file_name(again, kinds[i], number);
        if (strcmp(name, again) == 0 && !is_named(s->manifest, kinds[i], number))
            nd_folder_remove(s->folder, name);
    }
    if (strcmp(name, NEW_NAME) == 0)
        nd_folder_remove(s->folder, name);
    return ND_OK;
}

nd_status nd_manifest_sweep(const nd_folder *folder, const nd_manifest *manifest, nd_error *error)
{
    sweep s = {folder, manifest};
    return nd_folder_each_name(folder, sweep_name, &s, error);
}
