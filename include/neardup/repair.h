/* What web sites do to text, undone before it is compared; and what scripts write in two ways. */
#ifndef NEARDUP_REPAIR_H
#define NEARDUP_REPAIR_H

#include <stddef.h>
#include <stdint.h>

#include "neardup/allocator.h"
#include "neardup/status.h"

ND_BEGIN_DECLS

/* Kinds of repair; a set of them is their sum. What the tokeniser does anyway needs none: case,
 * typographic quotes and dashes, soft hyphens, compatibility forms, whitespace. */
enum {
    ND_REPAIR_NONE = 0,
    /* &eacute; &#233; &#xE9; become characters, also where the & was itself escaped, up to
     * twice. A name without a semicolon, or an unknown one, stays. */
    ND_REPAIR_ENTITIES = 1,
    /* Markup. A text that begins as a page of HTML does, with a doctype, <html>, <head> or <body>,
     * keeps what a browser shows of it: neither scripts, style sheets, comments, the title, nor
     * what is hidden. In any other text the tags of HTML's elements go, as <p class="a"> or </b>,
     * as do comments, scripts, style sheets and hidden elements that have an end, doctypes and
     * processing instructions. The tags of a block, a row or a cell become a line break, those of
     * an image or a button a blank. */
    ND_REPAIR_TAGS = 2,
    /* UTF-8 that was read as Windows-1252, Latin-1, Windows-1251, Windows-1253 or (Cyrillic only)
     * KOI8-R, and encoded again, up to twice; and text in Windows-1251, KOI8-R, Windows-1253, -1255
     * or -1256 (Cyrillic, Greek, Hebrew, Arabic) that was read as Windows-1252 or Latin-1, where it
     * is long enough to be certain: two words. */
    ND_REPAIR_MOJIBAKE = 4,
    /* A word broken by a hyphen at the end of a line, where it goes on in lower case, also with
     * white space, a form feed, the "=" of quoted-printable or the quote marks of a mail around the
     * break; and one broken by quoted-printable without a hyphen. */
    ND_REPAIR_HYPHENATION = 8,
    /* What stands in a text without being any goes: data: URIs and other runs of base64 or hex of
     * 100 letters and more, minified scripts, style sheets and compact JSON of 160 bytes and more,
     * the rows of hex dumps. Two articles with the same one are no copies of each other. */
    ND_REPAIR_BLOBS = 16,
    ND_REPAIR_ALL = 31,
};

/* Name of the kind of repair with the flag 1 << index, as options give it: "entities", "tags", ...;
 * static. NULL from the first index on that has none. Thread-safe. */
ND_API const char *nd_repair_name(unsigned index);

/* Kinds of fold; a set of them is their sum. What a script writes in two ways becomes one, before
 * characters are normalised. Those of ND_FOLD_SAFE join no two words of a language: the news preset
 * has them on. */
enum {
    ND_FOLD_NONE = 0,
    /* Arabic vowel marks and tatweel, Hebrew points and accents go: most texts do without, and
     * those with them are read as those without. */
    ND_FOLD_MARKS = 1,
    /* Letters that are apostrophes, as U+02BC in Ukrainian, U+02BB in Uzbek and U+02BE in
     * transcribed Arabic, become the apostrophe that others write there, which separates. */
    ND_FOLD_APOSTROPHES = 2,
    /* Persian yeh and keheh (U+06CC, U+06A9) become Arabic yeh and kaf; no language has both. */
    ND_FOLD_YEH_KAF = 4,
    /* Digits of Arabic, Persian, Indian and Southeast Asian scripts become those of ASCII. */
    ND_FOLD_DIGITS = 8,
    /* Romanian s and t with a comma get the cedilla that older texts have. */
    ND_FOLD_CEDILLAS = 16,
    /* A capital I with a dot, and a small one with a dot too many, become i as in the same word
     * without capitals. */
    ND_FOLD_DOTTED = 32,
    /* A letter and a stroke laid over it become the letter with a stroke (l and U+0335 become
     * U+0142); strokes over other characters, and U+0336, go. */
    ND_FOLD_STROKES = 64,
    /* Letters of another script in a word of Latin, Cyrillic or Greek become those of its own that
     * look the same: no language has such words. */
    ND_FOLD_HOMOGLYPHS = 128,
    /* Dotless i becomes i, as capitals without a language do. In Turkish it makes one of two words:
     * not for news. */
    ND_FOLD_DOTLESS = 256,
    ND_FOLD_SAFE = 255,
    ND_FOLD_ALL = 511,
};

/* Name of the kind of fold with the flag 1 << index: "marks", "apostrophes", ...; static, and the
 * same in every version. NULL from the first index on that has none. Thread-safe. */
ND_API const char *nd_fold_name(unsigned index);

/* Repairs one text at a time; exclusive, meant to be used again and again. */
typedef struct nd_repairer nd_repairer;

/* ND_ERR_INVALID_ARGUMENT: not a set of repairs, or of folds. Free with nd_repairer_free. */
ND_API ND_NODISCARD nd_status nd_repairer_new(uint32_t repairs, uint32_t folds,
                                              const nd_allocator *allocator, nd_repairer **out);

/* Repairs bytes[0..len_bytes), and folds them then. *repaired is `bytes` itself where there is
 * nothing to do, which one quick look at the text tells; else it belongs to the repairer and holds
 * until its next call. Bytes that are not UTF-8 stay as they are. O(len_bytes). ND_ERR_LIMIT:
 * longer than ND_TEXT_MAX_BYTES. */
ND_API ND_NODISCARD nd_status nd_repairer_apply(nd_repairer *repairer, const char *bytes,
                                                size_t len_bytes, const char **repaired,
                                                size_t *repaired_len_bytes);

/* Where a stretch [start, end) of the last repaired text, start < end, stood in the original bytes:
 * with the whole of an entity, sequence or tag that either end fell into. O(log repairs). */
ND_API void nd_repairer_locate(const nd_repairer *repairer, size_t *start, size_t *end);

/* Repairs the last call made; folds are not counted. */
ND_API size_t nd_repairer_count(const nd_repairer *repairer);

/* How many bytes the blobs had that the last call left out. */
ND_API size_t nd_repairer_blob_bytes(const nd_repairer *repairer);

ND_API void nd_repairer_free(nd_repairer *repairer);

ND_END_DECLS

#endif
