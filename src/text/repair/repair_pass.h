/* What the repairs share: passes over a text, scans for what may have to be repaired, and code
 * pages. */
#ifndef TEXT_REPAIR_REPAIR_PASS_H
#define TEXT_REPAIR_REPAIR_PASS_H

#include <stddef.h>
#include <stdint.h>

#include "neardup/status.h"
#include "text/repair/markup.h"
#include "util/alloc.h"

/* --- passes --- */

/* One pass over a text that replaces some stretches of it and remembers where they were. */

/* A stretch that was replaced. Between two of them the text is the same, only shifted:
 *
 *   in:   | same   | in_start .. in_end   | same ...
 *   out:  | same   | out_start .. out_end | same ...
 */
typedef struct nd_replacement {
    size_t in_start, in_end;
    size_t out_start, out_end;
} nd_replacement;

/* Kept from text to text; nd_repair_pass_begin empties it. */
typedef struct nd_repair_pass {
    const nd_allocator *allocator;
    const char *in; /* borrowed */
    size_t in_len;
    size_t copied; /* of `in` */
    bool is_changed;
    ND_VEC(char) out;
    ND_VEC(nd_replacement) replacements;
} nd_repair_pass;

void nd_repair_pass_begin(nd_repair_pass *pass, const char *in, size_t in_len);

/* Puts text[0..len) in place of in[start..end); calls come in ascending order, without overlap. */
ND_NODISCARD nd_status nd_repair_pass_replace(nd_repair_pass *pass, size_t start, size_t end,
                                              const char *text, size_t len);

/* The same with text of the same length, of which no record is kept: it stands where it stood. */
ND_NODISCARD nd_status nd_repair_pass_overwrite(nd_repair_pass *pass, size_t start,
                                                const char *text, size_t len);

/* Copies what is left, if anything was replaced: else `out` stays empty. */
ND_NODISCARD nd_status nd_repair_pass_end(nd_repair_pass *pass);

/* What came out: `in` itself where nothing was replaced. */
static inline const char *nd_repair_pass_out(const nd_repair_pass *pass)
{
    return !pass->is_changed ? pass->in : pass->out.len ? pass->out.items : "";
}

static inline size_t nd_repair_pass_out_len(const nd_repair_pass *pass)
{
    return pass->is_changed ? pass->out.len : pass->in_len;
}

void nd_repair_pass_locate(const nd_repair_pass *pass, size_t *start, size_t *end);

void nd_repair_pass_release(nd_repair_pass *pass);

/* The repairs: each goes over pass->in once. */
nd_status nd_repair_entities(nd_repair_pass *pass);
nd_status nd_repair_base64(nd_repair_pass *pass);
nd_status nd_repair_code(nd_repair_pass *pass);
nd_status nd_repair_mojibake(nd_repair_pass *pass);
nd_status nd_repair_bytes(nd_repair_pass *pass);
nd_status nd_repair_hyphenation(nd_repair_pass *pass);

/* Makes the folds (ND_FOLD_*). */
nd_status nd_fold(nd_repair_pass *pass, uint32_t folds);

/* Leaves what a reader sees; `markup` is scratch memory. */
nd_status nd_repair_tags(nd_repair_pass *pass, nd_markup_dialect dialect, nd_markup *markup);

/* As nd_repair_entities, but as a browser does: once, and some names without their semicolon too.
 */
nd_status nd_repair_page_references(nd_repair_pass *pass);

/* --- whether a text can need any repair at all, and where --- */

/* Beside ND_REPAIR_*: some byte is not ASCII. */
#define ND_SCAN_NON_ASCII ((uint32_t)1 << 31)

/* One instruction set's scans, several GB/s; all give the same. Those for a place return the first
 * one at or after `at`, and `len` where there is none. */
typedef struct nd_repair_scan {
    /* The repairs of which the text has a mark: an ampersand, a less-than sign, a hyphen or "="
     * that may end a line, or characters that may be mojibake. */
    uint32_t (*suspected)(const char *bytes, size_t len);
    /* The first byte of a character that may begin UTF-8 read as another encoding. */
    size_t (*next_misread)(const char *bytes, size_t len, size_t at);
    /* The first byte of four letters in a row that no language writes, as 'Ìîñêâà': they may be
     * bytes of another script read as Windows-1252. */
    size_t (*next_misread_bytes)(const char *bytes, size_t len, size_t at);
    /* The last byte of a hyphen, or an "=", before which a letter stands and behind which white
     * space or "=": it may belong to the end of a line. */
    size_t (*next_line_end_hyphen)(const char *bytes, size_t len, size_t at);
    /* A byte of 64 of ASCII without a blank, some of which may be ends of lines; or the end of a
     * line before "000". Not one of the last bytes. */
    size_t (*next_blob_mark)(const char *bytes, size_t len, size_t at);
    /* The first byte of a character that may have to be folded, or of one beside a letter of
     * another script. */
    size_t (*next_foldable)(const char *bytes, size_t len, size_t at);
} nd_repair_scan;

extern const nd_repair_scan nd_repair_scan_any;  /* any machine, 16 bytes at a time */
extern const nd_repair_scan nd_repair_scan_avx2; /* x86-64, 32 bytes at a time */

/* The scans for nd_kernel_current(). */
const nd_repair_scan *nd_repair_scan_current(void);

/* --- encodings of a byte a character, for text that was read in the wrong one --- */

/* What the bytes 80 to FF stand for; those below are ASCII. Bytes that a page leaves open are the
 * C1 controls below A0, and 0 above (WHATWG Encoding Standard, section 9). */
typedef uint16_t nd_codepage[128];

extern const nd_codepage nd_windows_1252; /* western European; holds Latin-1 */
extern const nd_codepage nd_windows_1251; /* Cyrillic */
extern const nd_codepage nd_koi8_r;       /* Cyrillic */
extern const nd_codepage nd_windows_1253; /* Greek */
extern const nd_codepage nd_windows_1255; /* Hebrew */
extern const nd_codepage nd_windows_1256; /* Arabic */

/* The byte that a code point is in a page, -1 below 80 and where there is none. The C1 controls are
 * their own bytes, as where a page was taken for Latin-1. */
int nd_codepage_byte(const nd_codepage page, uint32_t code_point);

#endif
