/* Specs as lines of text:
 *
 *   neardup hash=1 unicode=15.0.0 shingle=word:5 repair=entities,tags fold=none bands=12 rows=5
 *   slots=60
 */
#include "neardup/spec.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "engine/scan_state.h"
#include "neardup/repair.h"
#include "neardup/sketch.h"
#include "neardup/version.h"
#include "util/error.h"

static const char FIRST_WORD[] = "neardup", NONE[] = "none";

nd_status nd_spec_from_options_sized(const nd_scan_options *options, nd_spec *spec,
                                     size_t size_bytes)
{
    nd_scan_options full;
    nd_plan plan;
    memset(spec, 0, size_bytes);
    const nd_status status = nd_scan_settle(options, &full, &plan, NULL);
    if (status != ND_OK)
        return status;
    nd_spec made = {.size_bytes = sizeof made,
                    .shingle = full.shingle,
                    .repairs = full.repairs,
                    .folds = full.folds,
                    .bands = plan.bands,
                    .rows = plan.rows,
                    .slots = plan.slots,
                    .hash_spec_version = (uint32_t)nd_hash_spec_version()};
    snprintf(made.unicode, sizeof made.unicode, "%s", nd_unicode_version());
    nd_option_struct_init(spec, size_bytes, &made);
    return ND_OK;
}

/* A line being written; what does not fit is dropped, which ND_SPEC_LINE_BYTES rules out. */
typedef struct line_writer {
    char *line;
    size_t len;
} line_writer;

static void put(line_writer *w, const char *before, const char *text)
{
    const size_t room = ND_SPEC_LINE_BYTES - w->len;
    const int len = snprintf(w->line + w->len, room, "%s%s", before, text);
    w->len += (size_t)len < room ? (size_t)len : room - 1;
}

static void put_number(line_writer *w, const char *before, uint32_t number)
{
    char digits[16];
    snprintf(digits, sizeof digits, "%lu", (unsigned long)number);
    put(w, before, digits);
}

typedef const char *flag_name(unsigned index);

static void put_flags(line_writer *w, const char *before, uint32_t flags, flag_name *name)
{
    if (flags == 0)
        put(w, before, NONE);
    for (unsigned i = 0; name(i); i++) {
        if (!(flags >> i & 1))
            continue;
        put(w, before, name(i));
        before = ",";
    }
}

void nd_spec_print(const nd_spec *spec, char line[ND_SPEC_LINE_BYTES])
{
    line_writer w = {line, 0};
    put(&w, "", FIRST_WORD);
    put_number(&w, " hash=", spec->hash_spec_version);
    put(&w, " unicode=", spec->unicode);
    put_number(&w, spec->shingle.kind == ND_SHINGLE_CHAR ? " shingle=char:" : " shingle=word:",
               spec->shingle.width);
    put_flags(&w, " repair=", spec->repairs, nd_repair_name);
    put_flags(&w, " fold=", spec->folds, nd_fold_name);
    put_number(&w, " bands=", spec->bands);
    put_number(&w, " rows=", spec->rows);
    put_number(&w, " slots=", spec->slots);
}

/* A part of the line. */
typedef struct part {
    const char *p;
    size_t len;
} part;

static bool is_word(part text, const char *word)
{
    return text.len == strlen(word) && memcmp(text.p, word, text.len) == 0;
}

/* Takes what comes before the next `end`, or all, off the front. */
static part take_until(part *text, char end)
{
    const char *const found = text->len ? memchr(text->p, end, text->len) : NULL;
    const part taken = {text->p, found ? (size_t)(found - text->p) : text->len};
    const size_t skipped = taken.len + (found != NULL);
    *text = (part){text->p + skipped, text->len - skipped};
    return taken;
}

static bool read_number(part text, uint32_t *number)
{
    uint64_t value = 0;
    for (size_t i = 0; i < text.len; i++) {
        if (text.p[i] < '0' || text.p[i] > '9' || value > UINT32_MAX)
            return false;
        value = value * 10 + (uint64_t)(text.p[i] - '0');
    }
    *number = (uint32_t)value;
    return text.len > 0 && value <= UINT32_MAX;
}

static bool read_shingle(part text, nd_shingle_spec *shingle)
{
    const part kind = take_until(&text, ':');
    shingle->kind = is_word(kind, "char") ? ND_SHINGLE_CHAR : ND_SHINGLE_WORD;
    return (is_word(kind, "char") || is_word(kind, "word")) && read_number(text, &shingle->width) &&
           shingle->width >= 1 && shingle->width <= ND_SHINGLE_WIDTH_MAX;
}

static bool read_flags(part text, flag_name *name_of, uint32_t *flags)
{
    *flags = 0;
    if (is_word(text, NONE))
        return true;
    while (text.len > 0) {
        const part name = take_until(&text, ',');
        unsigned i = 0;
        while (name_of(i) && !is_word(name, name_of(i)))
            i++;
        if (!name_of(i))
            return false;
        *flags |= UINT32_C(1) << i;
    }
    return *flags != 0;
}

static bool read_unicode(part text, char *unicode)
{
    if (text.len == 0 || text.len >= ND_SPEC_UNICODE_BYTES)
        return false;
    memcpy(unicode, text.p, text.len);
    unicode[text.len] = '\0';
    return true;
}

/* The keys, in their order. */
enum { HASH = 0, UNICODE, SHINGLE, REPAIR, FOLD, BANDS, ROWS, SLOTS, NUM_KEYS };
static const char *const keys[NUM_KEYS] = {
    [HASH] = "hash", [UNICODE] = "unicode", [SHINGLE] = "shingle", [REPAIR] = "repair",
    [FOLD] = "fold", [BANDS] = "bands",     [ROWS] = "rows",       [SLOTS] = "slots",
};

static bool read_value(int key, part value, nd_spec *spec)
{
    switch (key) {
    case HASH:
        return read_number(value, &spec->hash_spec_version);
    case UNICODE:
        return read_unicode(value, spec->unicode);
    case SHINGLE:
        return read_shingle(value, &spec->shingle);
    case REPAIR:
        return read_flags(value, nd_repair_name, &spec->repairs);
    case FOLD:
        return read_flags(value, nd_fold_name, &spec->folds);
    case BANDS:
        return read_number(value, &spec->bands);
    case ROWS:
        return read_number(value, &spec->rows);
    default:
        return read_number(value, &spec->slots);
    }
}

/* None of the three, or numbers that a sketch can have. */
static bool is_plan(const nd_spec *spec)
{
    if (spec->bands == 0 && spec->rows == 0 && spec->slots == 0)
        return true;
    return spec->slots >= ND_SKETCH_MIN_SLOTS && spec->slots <= ND_SKETCH_MAX_SLOTS &&
           spec->bands >= 1 && spec->rows >= 1 && spec->rows <= spec->slots / spec->bands;
}

nd_status nd_spec_parse_sized(const char *line, size_t len_bytes, nd_spec *spec, size_t size_bytes,
                              nd_error *error)
{
    nd_spec read = {.size_bytes = sizeof read};
    part rest = {line, len_bytes};
    memset(spec, 0, size_bytes);
    if (rest.len > 0 && rest.p[rest.len - 1] == '\n')
        rest.len--;
    if (!is_word(take_until(&rest, ' '), FIRST_WORD))
        return nd_error_set(error, ND_ERR_FORMAT, "not the line of a spec");
    for (int key = 0; key < NUM_KEYS; key++) {
        part word = take_until(&rest, ' ');
        const part name = take_until(&word, '=');
        if (!is_word(name, keys[key]) || !read_value(key, word, &read))
            return nd_error_set(error, ND_ERR_FORMAT, "the spec has no '%s' that can be read",
                                keys[key]);
    }
    if (rest.len > 0)
        return nd_error_set(error, ND_ERR_FORMAT, "the spec has more than this version knows");
    if (!is_plan(&read))
        return nd_error_set(error, ND_ERR_FORMAT, "the spec has no sketch of %lu bands of %lu rows",
                            (unsigned long)read.bands, (unsigned long)read.rows);
    nd_option_struct_init(spec, size_bytes, &read);
    return ND_OK;
}

nd_status nd_spec_check(const nd_spec *wanted, const nd_spec *found, nd_error *error)
{
    char wanted_line[ND_SPEC_LINE_BYTES], found_line[ND_SPEC_LINE_BYTES];
    nd_spec_print(wanted, wanted_line);
    nd_spec_print(found, found_line);
    part a = {wanted_line, strlen(wanted_line)}, b = {found_line, strlen(found_line)};
    while (a.len > 0 || b.len > 0) {
        const part word_a = take_until(&a, ' '), word_b = take_until(&b, ' ');
        if (word_a.len != word_b.len || memcmp(word_a.p, word_b.p, word_a.len) != 0)
            return nd_error_set(error, ND_ERR_VERSION, "made with '%.*s', not with '%.*s'",
                                (int)word_b.len, word_b.p, (int)word_a.len, word_a.p);
    }
    return ND_OK;
}
