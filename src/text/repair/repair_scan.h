/* Whether a text can need any repair at all, and where. */
#ifndef TEXT_REPAIR_REPAIR_SCAN_H
#define TEXT_REPAIR_REPAIR_SCAN_H

#include <stddef.h>
#include <stdint.h>

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

#endif
