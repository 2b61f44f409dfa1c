/* One pass over the bytes. Where an attempt to read a tag, a comment or a script fails, the bytes
 * it looked at are looked at again; in prose these are few, and an enemy's are counted (`spare`).
 */
#include "text/repair/markup.h"

#include <string.h>
#include <strings.h>

enum {
    /* Bytes that attempts may look at in vain: so many for each byte of the text, and some. */
    SPARE_PER_BYTE = 4,
    SPARE_BYTES = 1 << 16,
    /* How far an attempt looks when these are used up. */
    SHORT_SIGHT_BYTES = 64,
};

typedef struct scanner {
    const char *bytes;
    size_t len;
    nd_markup_dialect dialect;
    bool is_xml; /* begins as XML does */
    size_t spare;
    size_t cdata_end;       /* where the "]]>" of the open CDATA section stands; 0: none is open */
    bool no_cdata_end;      /* none stands ahead */
    unsigned foreign_depth; /* open svg and math elements */
} scanner;

static bool is_letter(char c)
{
    const char lower = (char)(c | 0x20);
    return lower >= 'a' && lower <= 'z';
}

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f';
}

static bool ends_name(char c)
{
    return is_space(c) || c == '/' || c == '>';
}

/* Whether `text`, in lower case, stands at `at`. */
static bool stands_at(const scanner *s, size_t at, const char *text)
{
    const size_t len = strlen(text);
    return s->len - at >= len && strncasecmp(s->bytes + at, text, len) == 0;
}

static size_t sight_end(const scanner *s, size_t from)
{
    const size_t left = s->len - from;
    return s->spare > 0 || left < SHORT_SIGHT_BYTES ? s->len : from + SHORT_SIGHT_BYTES;
}

static void spend(scanner *s, size_t num_bytes)
{
    s->spare -= num_bytes < s->spare ? num_bytes : s->spare;
}

/* Where `text` ends that is searched from `from` on; 0 where it is not found. */
static size_t end_of_next(scanner *s, size_t from, const char *text)
{
    const size_t len = strlen(text), stop = sight_end(s, from);
    size_t at = from;
    while (at + len <= stop) {
        const char *const first = memchr(s->bytes + at, text[0], stop - len + 1 - at);
        if (!first)
            break;
        at = (size_t)(first - s->bytes);
        if (memcmp(first, text, len) == 0)
            return at + len;
        at++;
    }
    spend(s, stop - from);
    return 0;
}

/* The same for a page, where what is not ended goes on to the end of the text. */
static size_t end_of_next_or_text(scanner *s, size_t from, const char *text)
{
    const size_t end = end_of_next(s, from, text);
    return end || s->dialect == ND_MARKUP_FRAGMENT ? end : s->len;
}

typedef struct attribute {
    const char *name, *value; /* not terminated; the value without quotes */
    size_t name_len, value_len;
} attribute;

/* Reads the value that stands behind an "=", from `at` on. Returns where it ends; `stop` where its
 * quote is not closed. */
static size_t read_value(const scanner *s, size_t at, size_t stop, attribute *a)
{
    const char *const p = s->bytes;
    while (at < stop && is_space(p[at]))
        at++;
    if (at < stop && (p[at] == '"' || p[at] == '\'')) {
        const char *const end = memchr(p + at + 1, p[at], stop - at - 1);
        if (!end)
            return stop;
        a->value = p + at + 1;
        a->value_len = (size_t)(end - a->value);
        return at + a->value_len + 2;
    }
    a->value = p + at;
    while (at < stop && !is_space(p[at]) && p[at] != '>')
        at++;
    a->value_len = (size_t)(p + at - a->value);
    return at;
}

/* Reads the next attribute of a tag and moves *at behind it. False where the tag ends, or may: at
 * ">", at `stop`, and in a fragment at a "<" that does not stand in quotes. */
static bool next_attribute(const scanner *s, size_t *at, size_t stop, attribute *a)
{
    const char *const p = s->bytes;
    const char end_mark = s->dialect == ND_MARKUP_FRAGMENT ? '<' : '>';
    size_t i = *at;
    while (i < stop && (is_space(p[i]) || p[i] == '/'))
        i++;
    *at = i;
    if (i == stop || p[i] == '>' || p[i] == end_mark)
        return false;
    *a = (attribute){.name = p + i++}; /* a "=" may begin a name */
    while (i < stop && !ends_name(p[i]) && p[i] != '=' && p[i] != end_mark)
        i++;
    a->name_len = (size_t)(p + i - a->name);
    while (i < stop && is_space(p[i]))
        i++;
    *at = i < stop && p[i] == '=' ? read_value(s, i + 1, stop, a) : i;
    return true;
}

static bool is_attribute(const attribute *a, const char *name)
{
    return a->name_len == strlen(name) && strncasecmp(a->name, name, a->name_len) == 0;
}

/* Whether a style attribute declares "display: none" or "visibility: hidden". */
static bool style_hides(const attribute *style)
{
    static const char *const hiding[] = {"display:none", "visibility:hidden"};
    for (size_t i = 0; i < sizeof hiding / sizeof *hiding; i++) {
        size_t matched = 0;
        bool is_matching = true;
        for (size_t at = 0; at < style->value_len && hiding[i][matched]; at++) {
            const char c = style->value[at];
            if (is_space(c))
                continue;
            is_matching = is_matching && (c | 0x20) == (hiding[i][matched] | 0x20);
            matched = is_matching ? matched + 1 : 0;
            is_matching |= c == ';';
        }
        if (!hiding[i][matched])
            return true;
    }
    return false;
}

/* Reads attributes from `at` on, and the ">" behind them. Returns where the tag ends, 0 where it
 * does not. */
static size_t read_attributes(scanner *s, size_t at, nd_markup_token *tag)
{
    const size_t start = at, stop = sight_end(s, at);
    attribute a;
    while (next_attribute(s, &at, stop, &a))
        tag->hides |= is_attribute(&a, "hidden") || (is_attribute(&a, "style") && style_hides(&a));
    if (at == stop || s->bytes[at] != '>') {
        spend(s, at - start);
        return 0;
    }
    tag->closes = s->bytes[at - 1] == '/';
    return at + 1;
}

/* Where a tag ends by its next ">" that is before any "<", quotes or not; 0 where there is none. */
static size_t end_of_plain_tag(const scanner *s, size_t at)
{
    while (at < s->len && s->bytes[at] != '>' && s->bytes[at] != '<')
        at++;
    return at < s->len && s->bytes[at] == '>' ? at + 1 : 0;
}

static nd_markup_token plain_token(nd_markup_kind kind, size_t start, size_t end)
{
    return (nd_markup_token){.start = (uint32_t)start, .end = (uint32_t)end, .kind = (uint8_t)kind};
}

static uint8_t element_known(const scanner *s, const char *name, size_t len)
{
    const uint8_t element = nd_html_element_named(name, len);
    const bool is_foreign = nd_html_elements[element].traits & ND_HTML_FOREIGN;
    return is_foreign && !s->foreign_depth ? 0 : element;
}

/* The tag at `at`, where "<", perhaps "/", and a letter stand; its end is 0 where it is none. */
static nd_markup_token read_tag(scanner *s, size_t at)
{
    const bool is_close = s->bytes[at + 1] == '/';
    nd_markup_token tag = {.start = (uint32_t)at,
                           .kind = is_close ? ND_MARKUP_CLOSE : ND_MARKUP_OPEN};
    char name[ND_HTML_NAME_MAX_BYTES];
    const size_t name_start = at + 1 + is_close;
    size_t len = 0;
    for (; name_start + len < s->len && !ends_name(s->bytes[name_start + len]); len++) {
        const char c = s->bytes[name_start + len];
        if (len == sizeof name)
            break; /* the rest of a long name is as good as an attribute */
        name[len] = c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
    }
    const size_t name_end = name_start + len;
    if (name_end == s->len || ends_name(s->bytes[name_end]))
        tag.element = element_known(s, name, len);
    if (s->dialect == ND_MARKUP_FRAGMENT && !tag.element && !s->foreign_depth)
        return tag;
    size_t end = read_attributes(s, name_end, &tag);
    if (end == 0 && s->dialect == ND_MARKUP_PAGE)
        return plain_token(ND_MARKUP_UNSEEN, at, s->len);
    tag.end = (uint32_t)(end ? end : end_of_plain_tag(s, name_end));
    return tag;
}

/* Where a comment ends whose "<!--" stands at `at`; 0 where it does not. */
static size_t end_of_comment(scanner *s, size_t at)
{
    const size_t inside = at + 4;
    if (s->dialect == ND_MARKUP_FRAGMENT)
        return end_of_next(s, inside, "-->");
    if (stands_at(s, inside, ">"))
        return inside + 1;
    if (stands_at(s, inside, "->"))
        return inside + 2;
    for (size_t next = inside; (next = end_of_next(s, next, "--")) != 0; next--)
        if (stands_at(s, next, ">") || stands_at(s, next, "!>"))
            return next + (s->bytes[next] == '!' ? 2 : 1);
    return s->len;
}

/* Where what begins with "<!" ends: a comment, a doctype, the marks of a CDATA section or of a
 * conditional comment. 0 where it is nothing of these. */
static size_t end_of_declaration(scanner *s, size_t at)
{
    if (stands_at(s, at, "<!--"))
        return end_of_comment(s, at);
    const bool may_be_cdata = s->dialect == ND_MARKUP_FRAGMENT || s->foreign_depth;
    if (may_be_cdata && !s->cdata_end && !s->no_cdata_end && stands_at(s, at, "<![CDATA[")) {
        const size_t end = end_of_next(s, at + 9, "]]>");
        s->no_cdata_end = end == 0;
        s->cdata_end = end ? end - 3 : 0;
        return end ? at + 9 : 0;
    }
    if (s->dialect == ND_MARKUP_PAGE)
        return end_of_next_or_text(s, at + 2, ">");
    const bool is_known = stands_at(s, at, "<!doctype ") || stands_at(s, at, "<![if ") ||
                          stands_at(s, at, "<![endif]");
    return is_known ? end_of_plain_tag(s, at + 2) : 0;
}

/* Where the processing instruction at `at` ends. Browsers take the next ">" for its end; code in a
 * fragment may hold that. */
static size_t end_of_instruction(scanner *s, size_t at)
{
    if (s->dialect == ND_MARKUP_PAGE)
        return end_of_next_or_text(s, at + 2, ">");
    if (stands_at(s, at, "<?xml"))
        return end_of_plain_tag(s, at + 2);
    const bool is_code = stands_at(s, at, "<?php") || stands_at(s, at, "<?=");
    return is_code ? end_of_next(s, at + 2, "?>") : 0;
}

/* The markup at `at`, where "<" stands; its end is 0 where there is none. */
static nd_markup_token read_markup(scanner *s, size_t at)
{
    const char next = at + 1 < s->len ? s->bytes[at + 1] : '\0';
    const char after = at + 2 < s->len ? s->bytes[at + 2] : '\0';
    if (is_letter(next) || (next == '/' && is_letter(after)))
        return read_tag(s, at);
    size_t end = 0;
    if (next == '!')
        end = end_of_declaration(s, at);
    else if (next == '?')
        end = end_of_instruction(s, at);
    else if (next == '/' && s->dialect == ND_MARKUP_PAGE && at + 2 < s->len)
        end = end_of_next_or_text(s, at + 2, ">");
    return plain_token(ND_MARKUP_UNSEEN, at, end);
}

/* Whether the end tag of `element` begins at `at`. */
static bool is_end_tag(const scanner *s, size_t at, uint8_t element)
{
    const char *const name = nd_html_elements[element].name;
    const size_t name_end = at + 2 + strlen(name);
    return stands_at(s, at, "</") && name_end < s->len && stands_at(s, at + 2, name) &&
           ends_name(s->bytes[name_end]);
}

/* Where the end tag after a script begins, from `at` on; `stop` where there is none before. One
 * that was written by the script inside a comment is none (section 13.2.5.15 and after, "script
 * data"): <script><!-- document.write("<script></script>") --></script>. */
static size_t end_of_script(const scanner *s, size_t at, size_t stop, uint8_t script)
{
    enum { PLAIN, ESCAPED, DOUBLE_ESCAPED } state = PLAIN;
    for (; at < stop; at++) {
        const char c = s->bytes[at];
        if (c == '-' && state != PLAIN && stands_at(s, at, "-->")) {
            state = PLAIN;
        } else if (c != '<') {
            continue;
        } else if (state == PLAIN && stands_at(s, at, "<!--")) {
            state = ESCAPED;
            at++; /* the hyphens may also be those of a "-->" */
        } else if (state == ESCAPED && stands_at(s, at, "<script") && at + 7 < s->len &&
                   ends_name(s->bytes[at + 7])) {
            state = DOUBLE_ESCAPED;
        } else if (is_end_tag(s, at, script)) {
            if (state != DOUBLE_ESCAPED)
                return at;
            state = ESCAPED;
        }
    }
    return at;
}

/* Where the content of a raw element ends that begins at `at`: where its end tag begins, or with
 * the text; in a fragment an element without an end tag has no content, and this is `at`. */
static size_t end_of_content(scanner *s, size_t at, uint8_t element)
{
    const char *const name = nd_html_elements[element].name;
    const size_t stop = sight_end(s, at);
    size_t end = at;
    if (strcmp(name, "plaintext") == 0)
        end = stop;
    else if (strcmp(name, "script") == 0)
        end = end_of_script(s, at, stop, element);
    while (end < stop && !is_end_tag(s, end, element)) {
        const char *const next = memchr(s->bytes + end + 1, '<', stop - end - 1);
        end = next ? (size_t)(next - s->bytes) : stop;
    }
    if (end < stop || s->dialect == ND_MARKUP_PAGE)
        return end;
    spend(s, stop - at);
    return at;
}

/* Whether the content of a start tag's element is raw. A title in a fragment may be that of a
 * feed's article; other elements than these three are no raw ones in SVG; and <title/> and
 * <script src="..."/> are whole elements in XHTML. */
static bool opens_raw(const scanner *s, const nd_markup_token *token)
{
    const nd_html_element *const element = &nd_html_elements[token->element];
    if (token->kind != ND_MARKUP_OPEN || !(element->traits & ND_HTML_RAW) ||
        (s->is_xml && token->closes))
        return false;
    if (strcmp(element->name, "title") == 0)
        return s->dialect == ND_MARKUP_PAGE || s->foreign_depth;
    return !s->foreign_depth || strcmp(element->name, "script") == 0 ||
           strcmp(element->name, "style") == 0;
}

static void count_foreign(scanner *s, const nd_markup_token *token)
{
    const char *const name = nd_html_elements[token->element].name;
    if (strcmp(name, "svg") != 0 && strcmp(name, "math") != 0)
        return;
    if (token->kind == ND_MARKUP_OPEN && !token->closes)
        s->foreign_depth++;
    else if (token->kind == ND_MARKUP_CLOSE && s->foreign_depth)
        s->foreign_depth--;
}

static void add(nd_markup *markup, nd_markup_token token)
{
    if (token.start < token.end)
        markup->tokens.items[markup->tokens.len++] = token;
}

/* The next markup from `at` on; it stands at the text's end where there is none. */
static nd_markup_token find_markup(scanner *s, size_t at)
{
    if (s->cdata_end < at)
        s->cdata_end = 0; /* a tag went across it */
    while (at < s->len) {
        const char *const next = memchr(s->bytes + at, '<', s->len - at);
        const size_t start = next ? (size_t)(next - s->bytes) : s->len;
        /* In a feed it is markup that stands in such a section, in a formula of a page text. */
        if (s->cdata_end && (s->cdata_end < start || s->dialect == ND_MARKUP_PAGE)) {
            const size_t end = s->cdata_end;
            s->cdata_end = 0;
            return plain_token(ND_MARKUP_UNSEEN, end, end + strlen("]]>"));
        }
        if (start == s->len)
            break;
        const nd_markup_token token = read_markup(s, start);
        if (token.end)
            return token;
        at = start + 1;
    }
    return plain_token(ND_MARKUP_UNSEEN, s->len, s->len);
}

nd_status nd_markup_read(nd_markup *markup, const nd_allocator *allocator,
                         nd_markup_dialect dialect, const char *bytes, size_t len)
{
    scanner s = {.bytes = bytes, .len = len, .dialect = dialect};
    s.spare = dialect == ND_MARKUP_PAGE ? SIZE_MAX : len * SPARE_PER_BYTE + SPARE_BYTES;
    s.is_xml = stands_at(&s, stands_at(&s, 0, "\xef\xbb\xbf") ? 3 : 0, "<?xml ");
    markup->bytes = bytes;
    markup->dialect = dialect;
    markup->tokens.len = 0;
    for (size_t at = 0; at < len;) {
        const nd_status status = ND_VEC_RESERVE(allocator, &markup->tokens, 3);
        if (status != ND_OK)
            return status;
        const nd_markup_token token = find_markup(&s, at);
        add(markup, plain_token(ND_MARKUP_TEXT, at, token.start));
        add(markup, token);
        at = token.end;
        count_foreign(&s, &token);
        if (!opens_raw(&s, &token))
            continue;
        const size_t end = end_of_content(&s, at, token.element);
        const bool is_unseen = nd_html_elements[token.element].traits & ND_HTML_UNSEEN;
        add(markup, plain_token(is_unseen ? ND_MARKUP_UNSEEN : ND_MARKUP_TEXT, at, end));
        at = end;
    }
    return ND_OK;
}

const char *nd_markup_gap(const nd_markup_token *token)
{
    if (token->kind == ND_MARKUP_UNSEEN || token->kind == ND_MARKUP_TEXT)
        return "";
    const unsigned traits = nd_html_elements[token->element].traits;
    return traits & ND_HTML_LINE ? "\n" : traits & ND_HTML_GAP ? " " : "";
}

bool nd_markup_attribute(const char *bytes, const nd_markup_token *tag, const char *name,
                         const char **value, size_t *len)
{
    const scanner s = {.bytes = bytes, .len = tag->end, .dialect = ND_MARKUP_PAGE};
    size_t at = tag->start + 1;
    while (at < tag->end && !ends_name(s.bytes[at]))
        at++;
    for (attribute a; next_attribute(&s, &at, tag->end, &a);)
        if (is_attribute(&a, name)) {
            *value = a.value;
            *len = a.value_len;
            return true;
        }
    return false;
}

void nd_markup_release(nd_markup *markup, const nd_allocator *allocator)
{
    ND_VEC_RELEASE(allocator, &markup->tokens);
}
