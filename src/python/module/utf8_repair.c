#include "python/module/utf8_repair.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

static const char REPLACEMENT[] = "\xef\xbf\xbd";
enum { REPLACEMENT_BYTES = sizeof REPLACEMENT - 1 };

/* Lead bytes, and what may follow them (Unicode Standard, table 3-7). */
typedef struct lead {
    uint8_t first, last;
    uint8_t len;
    uint8_t second_first, second_last;
} lead;

static const lead leads[] = {
    {0xc2, 0xdf, 2, 0x80, 0xbf}, {0xe0, 0xe0, 3, 0xa0, 0xbf}, {0xe1, 0xec, 3, 0x80, 0xbf},
    {0xed, 0xed, 3, 0x80, 0x9f}, {0xee, 0xef, 3, 0x80, 0xbf}, {0xf0, 0xf0, 4, 0x90, 0xbf},
    {0xf1, 0xf3, 4, 0x80, 0xbf}, {0xf4, 0xf4, 4, 0x80, 0x8f},
};

/* Bytes of the character, or of the maximal part that is none, at p; len > 0. */
static size_t next_len(const char *p, size_t len, bool *is_valid)
{
    const uint8_t *const bytes = (const uint8_t *)p;
    *is_valid = bytes[0] < 0x80;
    for (size_t i = 0; i < sizeof leads / sizeof *leads; i++) {
        const lead *const l = &leads[i];
        if (bytes[0] < l->first || bytes[0] > l->last)
            continue;
        size_t num = 1;
        while (num < l->len && num < len && bytes[num] >= (num == 1 ? l->second_first : 0x80) &&
               bytes[num] <= (num == 1 ? l->second_last : 0xbf))
            num++;
        *is_valid = num == l->len;
        return num;
    }
    return 1;
}

static size_t ascii_len(const char *p, size_t len)
{
    size_t i = 0;
    for (uint64_t word; i + sizeof word <= len; i += sizeof word) {
        memcpy(&word, p + i, sizeof word);
        if (word & UINT64_C(0x8080808080808080))
            break;
    }
    while (i < len && (uint8_t)p[i] < 0x80)
        i++;
    return i;
}

/* Writes where `out` is not NULL. */
static size_t repair(const char *p, size_t len, char *out)
{
    size_t at = 0, written = 0;
    while (at < len) {
        bool is_valid = true;
        size_t num = ascii_len(p + at, len - at);
        if (num == 0)
            num = next_len(p + at, len - at, &is_valid);
        if (out)
            memcpy(out + written, is_valid ? p + at : REPLACEMENT,
                   is_valid ? num : REPLACEMENT_BYTES);
        written += is_valid ? num : REPLACEMENT_BYTES;
        at += num;
    }
    return written;
}

size_t nd_utf8_repaired_len(const char *p, size_t len)
{
    return repair(p, len, NULL);
}

void nd_utf8_repair(const char *p, size_t len, char *out)
{
    repair(p, len, out);
}
