/* A record is a header, an empty line, as many bytes as the header says, and two empty lines:
 *
 *   WARC/1.0\r\n WARC-Type: response\r\n ... Content-Length: 1234\r\n \r\n
 *   HTTP/1.1 200 OK\r\n Content-Type: text/html; charset=...\r\n \r\n <html>...  \r\n\r\n
 *   |                          `left` bytes                                    |
 *
 * The page may come in chunks (RFC 9112, section 7.1): each a size in hexadecimal, its bytes, and
 * an empty line; many crawlers join them and leave the header as it was. */
#include "io/archive.h"

#include <string.h>
#include <strings.h>

#include "util/alloc.h"

enum { HEADER_BYTES = 1 << 16 /* longest header, of a record and of a response */ };

typedef enum chunk_state {
    CHUNK_NONE = 0, /* the page is not in chunks */
    CHUNK_BEGIN,    /* the header says so, and nothing was read yet */
    CHUNK_SIZE,
    CHUNK_DATA,
    CHUNK_END, /* after the last */
} chunk_state;

struct nd_warc {
    nd_content *content;
    uint64_t left; /* bytes of the record that were not read */
    chunk_state chunk;
    uint64_t chunk_left;
    nd_byte_vec name;
    const char *detail;
};

typedef struct span {
    const char *p;
    size_t len;
} span;

static nd_status fail(nd_warc *warc, const char *detail)
{
    warc->detail = detail;
    return ND_ERR_FORMAT;
}

/* ---- headers ---- */

static span trimmed(const char *p, size_t len)
{
    while (len && (*p == ' ' || *p == '\t')) {
        p++;
        len--;
    }
    while (len && (p[len - 1] == ' ' || p[len - 1] == '\t' || p[len - 1] == '\r'))
        len--;
    return (span){p, len};
}

/* The length of the header at p, its empty line included; 0: it is not whole. */
static size_t header_len(const char *p, size_t len)
{
    const char *const end = p + len;
    for (const char *at = p; (at = memchr(at, '\n', (size_t)(end - at))); at++) {
        const char *const next = at + 1;
        if (next < end && *next == '\n')
            return (size_t)(next - p) + 1;
        if (next + 1 < end && *next == '\r' && next[1] == '\n')
            return (size_t)(next - p) + 2;
    }
    return 0;
}

/* The value of the first field of that name in a header, whose first line is none. */
static span field_of(span header, const char *name)
{
    const size_t name_len = strlen(name);
    const char *const end = header.p + header.len;
    const char *at = memchr(header.p, '\n', header.len);
    while (at && ++at < end) {
        const char *const newline = memchr(at, '\n', (size_t)(end - at));
        const size_t len = (size_t)((newline ? newline : end) - at);
        if (len > name_len && at[name_len] == ':' && strncasecmp(at, name, name_len) == 0)
            return trimmed(at + name_len + 1, len - name_len - 1);
        at = newline;
    }
    return (span){"", 0};
}

static bool is_word(span s, const char *word)
{
    return s.len == strlen(word) && strncasecmp(s.p, word, s.len) == 0;
}

static bool contains(span s, const char *word)
{
    const size_t len = strlen(word);
    for (size_t i = 0; i + len <= s.len; i++)
        if (strncasecmp(s.p + i, word, len) == 0)
            return true;
    return false;
}

static void copy_word(char word[ND_ENTRY_WORD_BYTES], const char *p, size_t len)
{
    const size_t kept =
        len < ND_ENTRY_WORD_BYTES ? len : 0; /* a longer one is none that is known */
    memcpy(word, p, kept);
    word[kept] = '\0';
}

static bool parse_number(span s, uint64_t *out)
{
    *out = 0;
    for (size_t i = 0; i < s.len; i++) {
        if (s.p[i] < '0' || s.p[i] > '9' || *out > UINT64_MAX / 16)
            return false;
        *out = *out * 10 + (uint64_t)(s.p[i] - '0');
    }
    return s.len > 0;
}

/* Looks at the header at the content's place, of which at most `most` bytes are its record's. */
static nd_status look_at_header(nd_warc *warc, uint64_t most, span *header)
{
    size_t want = 1024;
    for (;;) {
        const nd_status status = nd_content_look(warc->content, want, NULL);
        if (status != ND_OK)
            return status;
        size_t num = nd_content_num_ahead(warc->content);
        num = num < most ? num : (size_t)most;
        header->p = nd_content_ahead(warc->content);
        header->len = header_len(header->p, num);
        if (header->len)
            return ND_OK;
        if (num == most || num < want || want > HEADER_BYTES)
            return fail(warc, "a WARC record has no end of its header");
        want *= 2;
    }
}

/* ---- what a record says ---- */

/* Says what a type of content means. */
static void take_type(nd_archive_entry *entry, span type)
{
    if (contains(type, "text/html") || contains(type, "application/xhtml"))
        entry->format = ND_INPUT_HTML;
    else if (contains(type, "text/plain"))
        entry->format = ND_INPUT_TEXT;
    else
        entry->why_not = "is neither a page nor a text";
    for (size_t i = 0; i + 8 < type.len; i++)
        if (strncasecmp(type.p + i, "charset=", 8) == 0) {
            span rest = {type.p + i + 8, type.len - i - 8};
            if (*rest.p == '"')
                rest = (span){rest.p + 1, rest.len - 1};
            size_t len = 0;
            while (len < rest.len && !strchr("\"; \t", rest.p[len]))
                len++;
            copy_word(entry->encoding, rest.p, len);
            return;
        }
}

/* Reads the header of a server's response. */
static nd_status take_response(nd_warc *warc, nd_archive_entry *entry)
{
    span header;
    const nd_status status = look_at_header(warc, warc->left, &header);
    if (status == ND_ERR_FORMAT) {
        entry->why_not = "is no response of a web server";
        return ND_OK;
    }
    if (status != ND_OK)
        return status;
    const char *const blank = memchr(header.p, ' ', header.len);
    const bool is_found = blank && blank + 1 < header.p + header.len && blank[1] == '2';
    if (header.len < 5 || memcmp(header.p, "HTTP/", 5) != 0 || !is_found)
        entry->why_not = "is no page that was found";
    else
        take_type(entry, field_of(header, "Content-Type"));
    const span coding = field_of(header, "Content-Encoding");
    if (!entry->why_not && coding.len && !contains(coding, "gzip") && !contains(coding, "zstd") &&
        !is_word(coding, "identity")) {
        entry->why_not = "is compressed in a way that is not known";
        entry->issue = ND_ISSUE_UNREADABLE;
    }
    warc->chunk =
        contains(field_of(header, "Transfer-Encoding"), "chunked") ? CHUNK_BEGIN : CHUNK_NONE;
    warc->left -= header.len;
    nd_content_drop(warc->content, header.len);
    return ND_OK;
}

/* Sets the entry's name to its address; brackets around it, which WARC 1.0 allowed, do not count.
 */
static nd_status take_address(nd_warc *warc, nd_archive_entry *entry, span address)
{
    const nd_allocator *const allocator = &warc->content->reader.raw.allocator;
    if (address.len > 1 && address.p[0] == '<' && address.p[address.len - 1] == '>')
        address = (span){address.p + 1, address.len - 2};
    warc->name.len = 0;
    nd_status status = nd_bytes_append(allocator, &warc->name, address.p, address.len);
    if (status == ND_OK)
        status = nd_bytes_append(allocator, &warc->name, "", 1);
    entry->name = warc->name.items;
    entry->name_is_id = true;
    return status;
}

/* Reads the header of a record. */
static nd_status take_record(nd_warc *warc, nd_archive_entry *entry)
{
    span header;
    nd_status status = look_at_header(warc, UINT64_MAX, &header);
    if (status != ND_OK)
        return status;
    if (header.len < 5 || memcmp(header.p, "WARC/", 5) != 0)
        return fail(warc, "something that is no WARC record follows one");
    if (!parse_number(field_of(header, "Content-Length"), &warc->left))
        return fail(warc, "a WARC record does not say how long it is");
    const span type = field_of(header, "WARC-Type"), date = field_of(header, "WARC-Date");
    const bool is_response = is_word(type, "response");
    const bool is_page = is_response || is_word(type, "resource") || is_word(type, "conversion");
    entry->is_passed_over = !is_page;
    entry->issue = ND_ISSUE_NO_PAGE;
    copy_word(entry->date, date.p, date.len);
    if (is_page)
        status = take_address(warc, entry, field_of(header, "WARC-Target-URI"));
    const bool is_http =
        is_response && contains(field_of(header, "Content-Type"), "application/http");
    if (is_response && !is_http)
        entry->why_not = "is no response of a web server";
    else if (!is_response)
        take_type(entry, field_of(header, "Content-Type"));
    nd_content_drop(warc->content, header.len);
    if (status == ND_OK && is_page && is_http)
        status = take_response(warc, entry);
    return status;
}

/* ---- bytes ---- */

/* Reads bytes of the record. */
static nd_status read_record(nd_warc *warc, char *out, size_t capacity, size_t *got)
{
    *got = 0;
    const size_t most = capacity < warc->left ? capacity : (size_t)warc->left;
    if (!most)
        return ND_OK;
    const nd_status status = nd_content_read(warc->content, out, most, got);
    warc->left -= *got;
    if (status == ND_OK && !*got)
        return fail(warc, "the WARC archive ends inside a record");
    return status;
}

/* Looks for the size of the next chunk at the content's place. Where the first is none, the page is
 * not in chunks; later, it ends. */
static nd_status begin_chunk(nd_warc *warc)
{
    enum { LINE_BYTES = 64 };
    const bool is_first = warc->chunk == CHUNK_BEGIN;
    const nd_status status = nd_content_look(warc->content, LINE_BYTES, NULL);
    if (status != ND_OK)
        return status;
    const char *p = nd_content_ahead(warc->content);
    size_t len = nd_content_num_ahead(warc->content), at = 0;
    len = len < warc->left ? len : (size_t)warc->left;
    while (!is_first && at < len && (p[at] == '\r' || p[at] == '\n'))
        at++;
    uint64_t size = 0;
    size_t digits = 0;
    for (; at < len && digits < 15; at++, digits++) {
        const char c = p[at];
        const int digit = c >= '0' && c <= '9'   ? c - '0'
                          : c >= 'a' && c <= 'f' ? c - 'a' + 10
                          : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                                 : -1;
        if (digit < 0)
            break;
        size = size << 4 | (unsigned)digit;
    }
    const char *const newline = at < len ? memchr(p + at, '\n', len - at) : NULL;
    const bool is_size = digits && newline && strchr("\r\n; \t", p[at]);
    if (!is_size) {
        warc->chunk = is_first ? CHUNK_NONE : CHUNK_END;
        return ND_OK;
    }
    const size_t used = (size_t)(newline - p) + 1;
    nd_content_drop(warc->content, used);
    warc->left -= used;
    warc->chunk_left = size;
    warc->chunk = size ? CHUNK_DATA : CHUNK_END;
    return ND_OK;
}

nd_status nd_warc_read(nd_warc *warc, char *out, size_t capacity, size_t *got)
{
    nd_status status = ND_OK;
    *got = 0;
    while (status == ND_OK && !*got && warc->left && capacity && warc->chunk != CHUNK_END) {
        if (warc->chunk == CHUNK_BEGIN || warc->chunk == CHUNK_SIZE) {
            status = begin_chunk(warc);
            continue;
        }
        size_t most = capacity;
        if (warc->chunk == CHUNK_DATA && most > warc->chunk_left)
            most = (size_t)warc->chunk_left;
        status = read_record(warc, out, most, got);
        if (warc->chunk == CHUNK_DATA) {
            warc->chunk_left -= *got;
            if (!warc->chunk_left)
                warc->chunk = CHUNK_SIZE;
        }
    }
    return status;
}

/* Passes over what is left of the record, and the empty lines after it. */
static nd_status end_record(nd_warc *warc)
{
    char rest[4096];
    size_t got;
    while (warc->left) {
        const nd_status status = read_record(warc, rest, sizeof rest, &got);
        if (status != ND_OK)
            return status;
    }
    for (;;) {
        const nd_status status = nd_content_look(warc->content, 1, NULL);
        if (status != ND_OK)
            return status;
        const size_t num = nd_content_num_ahead(warc->content);
        if (!num ||
            (*nd_content_ahead(warc->content) != '\r' && *nd_content_ahead(warc->content) != '\n'))
            return ND_OK;
        nd_content_drop(warc->content, 1);
    }
}

/* ---- the whole ---- */

nd_status nd_warc_new(nd_content *content, nd_warc **out)
{
    *out = nd_alloc_zeroed(&content->reader.raw.allocator, 1, sizeof **out);
    if (!*out)
        return ND_ERR_NO_MEMORY;
    (*out)->content = content;
    return ND_OK;
}

nd_status nd_warc_next(nd_warc *warc, nd_archive_entry *entry, bool *found)
{
    *found = false;
    nd_status status = end_record(warc);
    *entry = (nd_archive_entry){.name = "", .begin = warc->content->offset};
    if (status != ND_OK || !nd_content_num_ahead(warc->content))
        return status;
    warc->chunk = CHUNK_NONE;
    status = take_record(warc, entry);
    *found = status == ND_OK;
    return status;
}

const char *nd_warc_detail(const nd_warc *warc)
{
    return warc->detail ? warc->detail : "no reason given";
}

void nd_warc_free(nd_warc *warc)
{
    if (!warc)
        return;
    const nd_allocator allocator = warc->content->reader.raw.allocator;
    ND_VEC_RELEASE(&allocator, &warc->name);
    nd_release(&allocator, warc);
}
