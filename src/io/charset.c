#include "io/byte_reader.h"

#include <errno.h>
#include <iconv.h>
#include <string.h>
#include <strings.h>

#include "util/alloc.h"

enum {
    CUT_BYTES = 16,  /* of a character that is not whole yet */
    ROOM_BYTES = 16, /* for a character */
};

struct nd_charset {
    nd_allocator allocator;
    iconv_t converter;
    size_t unit_bytes; /* what is left out where the encoding has no character */
    uint64_t num_invalid;
    char cut[CUT_BYTES];
    size_t cut_len;
};

/* Not in UTF-16, where blanks have a NUL, and the characters of other scripts some byte that is
 * neither. */
static bool is_ascii_text(const char *p, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if ((p[i] < ' ' || p[i] > '~') && (p[i] < '\t' || p[i] > '\r'))
            return false;
    return len > 0;
}

const char *nd_charset_of_mark(const char *p, size_t len_bytes, size_t *mark_len)
{
    static const struct {
        const char *name, *mark;
        size_t len;
    } marks[] = {
        /* That of UTF-32LE begins with that of UTF-16LE. */
        {"UTF-32LE", "\xff\xfe\0\0", 4},
        {"UTF-32BE", "\0\0\xfe\xff", 4},
        {"UTF-16LE", "\xff\xfe", 2},
        {"UTF-16BE", "\xfe\xff", 2},
    };
    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++)
        if (len_bytes >= marks[i].len && memcmp(p, marks[i].mark, marks[i].len) == 0) {
            *mark_len = marks[i].len;
            return is_ascii_text(p + marks[i].len, len_bytes - marks[i].len) ? NULL : marks[i].name;
        }
    return NULL;
}

/* What pages mean by some names. */
static const char *known_name(const char *name)
{
    static const struct {
        const char *said, *meant;
    } names[] = {
        {"iso-8859-1", "windows-1252"},
        {"latin1", "windows-1252"},
        {"us-ascii", "windows-1252"},
        {"ascii", "windows-1252"},
        {"iso-8859-9", "windows-1254"},
        {"gb2312", "gb18030"},
        {"gbk", "gb18030"},
        {"shift_jis", "cp932"},
        {"x-sjis", "cp932"},
        {"euc-kr", "cp949"},
        {"ks_c_5601-1987", "cp949"},
        {"big5", "big5-hkscs"},
        {"x-gbk", "gb18030"},
        {"utf-16", "utf-16le"},
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcasecmp(name, names[i].said) == 0)
            return names[i].meant;
    return name;
}

nd_status nd_charset_new(const nd_allocator *allocator, const char *name, nd_charset **out)
{
    *out = NULL;
    nd_charset *const charset = nd_alloc_zeroed(allocator, 1, sizeof *charset);
    if (!charset)
        return ND_ERR_NO_MEMORY;
    charset->allocator = *allocator;
    charset->unit_bytes = strncasecmp(name, "utf-32", 6) == 0   ? 4
                          : strncasecmp(name, "utf-16", 6) == 0 ? 2
                                                                : 1;
    charset->converter = iconv_open("UTF-8", known_name(name));
    if (charset->converter == (iconv_t)-1) {
        const nd_status status = errno == ENOMEM ? ND_ERR_NO_MEMORY : ND_ERR_UNSUPPORTED;
        nd_release(allocator, charset);
        return status;
    }
    *out = charset;
    return ND_OK;
}

/* Appends U+FFFD for `len` bytes. */
static nd_status replace(nd_charset *charset, size_t len, nd_byte_vec *out)
{
    charset->num_invalid += len;
    return nd_bytes_append(&charset->allocator, out, "\xef\xbf\xbd", 3);
}

/* Converts [*p, end) up to the end or a character that is cut off there. */
static nd_status convert(nd_charset *charset, const char **p, const char *end, nd_byte_vec *out)
{
    while (*p < end) {
        const size_t room = (size_t)(end - *p) + (size_t)(end - *p) / 2 + ROOM_BYTES;
        nd_status status = ND_VEC_RESERVE(&charset->allocator, out, room);
        if (status != ND_OK)
            return status;
        char *in = (char *)(uintptr_t)*p, *to = out->items + out->len;
        size_t in_left = (size_t)(end - *p), to_left = out->capacity - out->len;
        const size_t result = iconv(charset->converter, &in, &in_left, &to, &to_left);
        const int why = errno;
        *p = in;
        out->len = out->capacity - to_left;
        if (result != (size_t)-1 || why == E2BIG)
            continue;
        if (why == EINVAL)
            return ND_OK;
        const size_t bad = in_left < charset->unit_bytes ? in_left : charset->unit_bytes;
        *p += bad;
        status = replace(charset, bad, out);
        if (status != ND_OK)
            return status;
    }
    return ND_OK;
}

/* Completes the character that was cut off, byte by byte. */
static nd_status complete(nd_charset *charset, const char **p, const char *end, nd_byte_vec *out)
{
    nd_status status = ND_OK;
    while (status == ND_OK && charset->cut_len && *p < end) {
        charset->cut[charset->cut_len++] = *(*p)++;
        const char *at = charset->cut;
        const char *const cut_end = charset->cut + charset->cut_len;
        status = convert(charset, &at, cut_end, out);
        charset->cut_len = (size_t)(cut_end - at);
        memmove(charset->cut, at, charset->cut_len);
        if (charset->cut_len == CUT_BYTES) { /* no character is that long */
            status = replace(charset, CUT_BYTES, out);
            charset->cut_len = 0;
        }
    }
    return status;
}

nd_status nd_charset_convert(nd_charset *charset, const char *p, size_t len_bytes, bool is_last,
                             nd_byte_vec *out)
{
    const char *const end = p + len_bytes;
    nd_status status = complete(charset, &p, end, out);
    if (status == ND_OK)
        status = convert(charset, &p, end, out);
    if (status != ND_OK)
        return status;
    const size_t rest = (size_t)(end - p);
    if (rest > CUT_BYTES)
        return replace(charset, rest, out);
    if (rest)
        memcpy(charset->cut, p, rest);
    charset->cut_len += rest;
    if (!is_last || !charset->cut_len)
        return ND_OK;
    const size_t cut_len = charset->cut_len;
    charset->cut_len = 0;
    return replace(charset, cut_len, out);
}

uint64_t nd_charset_num_invalid(const nd_charset *charset)
{
    return charset->num_invalid;
}

void nd_charset_free(nd_charset *charset)
{
    if (!charset)
        return;
    iconv_close(charset->converter);
    const nd_allocator allocator = charset->allocator;
    nd_release(&allocator, charset);
}
