#include "io/foreign_kind.h"

#include <stdbool.h>
#include <string.h>

#include "io/json_string.h"

typedef struct magic {
    size_t at, len_bytes;
    const char *bytes;
    const char *message;
} magic;

#define MAGIC(at, bytes, message)                                                                  \
    {                                                                                              \
        (at), sizeof(bytes) - 1, (bytes), (message)                                                \
    }

#define UNPACK ": unpack it and name the folder"

static const magic magics[] = {
    MAGIC(257, "ustar", "is a tar archive" UNPACK),
    MAGIC(0, "PK\3\4", "is a zip archive (or a document made of one)" UNPACK),
    MAGIC(0, "PK\5\6", "is an empty zip archive"),
    MAGIC(0, "7z\xbc\xaf\x27\x1c", "is a 7z archive" UNPACK),
    MAGIC(0, "Rar!\x1a\x07", "is a rar archive" UNPACK),
    MAGIC(0, "WARC/1.", "is a WARC archive: extract its texts first"),
    MAGIC(0, "%PDF-", "is a PDF file: extract its text first"),
    MAGIC(0, "PAR1", "is a Parquet file: convert it to JSON Lines"),
};

static size_t skip_space(const char *p, size_t len, size_t at)
{
    while (at < len && nd_json_is_space(p[at]))
        at++;
    return at;
}

/* '[', then an object's begin: a text may well begin with a bracket, but not with all of that. */
static bool is_json_array(const char *p, size_t len)
{
    size_t at = len >= 3 && memcmp(p, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
    for (const char *expected = "[{"; *expected; expected++) {
        at = skip_space(p, len, at);
        if (at == len || p[at++] != *expected)
            return false;
    }
    at = skip_space(p, len, at);
    return at < len && (p[at] == '"' || p[at] == '}');
}

/* A byte order mark, and NULs as every other byte of some Latin letter or space. */
static bool is_utf16(const char *p, size_t len)
{
    return len >= 4 && (memcmp(p, "\xff\xfe", 2) == 0 || memcmp(p, "\xfe\xff", 2) == 0) &&
           memchr(p, 0, len) != NULL;
}

const char *nd_foreign_kind(const char *p, size_t len_bytes)
{
    for (size_t i = 0; i < sizeof magics / sizeof *magics; i++) {
        const magic *const m = &magics[i];
        if (len_bytes >= m->at + m->len_bytes && memcmp(p + m->at, m->bytes, m->len_bytes) == 0)
            return m->message;
    }
    if (is_json_array(p, len_bytes))
        return "is a JSON array, not JSON Lines: jq -c '.[]' turns it into one";
    if (is_utf16(p, len_bytes))
        return "is UTF-16: iconv -f UTF-16 -t UTF-8 turns it into UTF-8";
    return NULL;
}
