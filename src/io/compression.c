#include "io/compression.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

static bool begins_with(const char *p, size_t len, const char *magic, size_t magic_len)
{
    return len >= magic_len && memcmp(p, magic, magic_len) == 0;
}

#define BEGINS_WITH(p, len, magic) begins_with((p), (len), (magic), sizeof(magic) - 1)

/* "BZh", a digit, and the number that begins a block or the end. */
static bool is_bzip2(const char *p, size_t len)
{
    return len >= 10 && BEGINS_WITH(p, len, "BZh") && p[3] >= '1' && p[3] <= '9' &&
           (memcmp(p + 4, "1AY&SY", 6) == 0 || memcmp(p + 4, "\x17rE8P\x90", 6) == 0);
}

/* A frame, also after skippable ones (RFC 8878, section 3.1.2) such as pzstd writes. */
static bool is_zstd(const char *p, size_t len)
{
    while (len >= 8 && (p[0] & 0xf0) == 0x50 && memcmp(p + 1, "\x2a\x4d\x18", 3) == 0) {
        const uint8_t *const b = (const uint8_t *)p + 4;
        const size_t skip =
            8 + ((size_t)b[0] | (size_t)b[1] << 8 | (size_t)b[2] << 16 | (size_t)b[3] << 24);
        if (skip > len)
            return false;
        p += skip;
        len -= skip;
    }
    return BEGINS_WITH(p, len, "\x28\xb5\x2f\xfd");
}

nd_compression nd_compression_find(const char *p, size_t len_bytes)
{
    if (BEGINS_WITH(p, len_bytes, "\x1f\x8b\x08"))
        return ND_COMPRESSION_GZIP;
    if (is_zstd(p, len_bytes))
        return ND_COMPRESSION_ZSTD;
    if (BEGINS_WITH(p, len_bytes,
                    "\xfd"
                    "7zXZ\0"))
        return ND_COMPRESSION_XZ;
    if (is_bzip2(p, len_bytes))
        return ND_COMPRESSION_BZIP2;
    if (BEGINS_WITH(p, len_bytes, "\x04\x22\x4d\x18") ||
        BEGINS_WITH(p, len_bytes, "\x02\x21\x4c\x18"))
        return ND_COMPRESSION_LZ4;
    return ND_COMPRESSION_NONE;
}

const char *nd_compression_name(nd_compression compression)
{
    static const char *const names[] = {
        [ND_COMPRESSION_NONE] = "no",     [ND_COMPRESSION_GZIP] = "gzip",
        [ND_COMPRESSION_ZSTD] = "zstd",   [ND_COMPRESSION_XZ] = "xz",
        [ND_COMPRESSION_BZIP2] = "bzip2", [ND_COMPRESSION_LZ4] = "lz4",
    };
    return names[compression];
}
