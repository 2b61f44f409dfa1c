/* Markup is cut into tokens (markup.c), what is hidden is found (hidden_markup.c), and all that is
 * no text is replaced by what a browser puts between words there. */
#include "text/repair/markup.h"

#include <string.h>
#include <strings.h>

#include "text/repair/repair_pass.h"
#include "util/alloc.h"

struct nd_page_text {
    nd_allocator allocator;
    nd_markup markup;
    nd_repair_pass passes[2]; /* markup, and then character references */
};

nd_status nd_repair_tags(nd_repair_pass *pass, nd_markup_dialect dialect, nd_markup *markup)
{
    nd_status status = nd_markup_read(markup, pass->allocator, dialect, pass->in, pass->in_len);
    if (status == ND_OK)
        status = nd_markup_hide(markup, pass->allocator);
    for (size_t i = 0; i < markup->tokens.len && status == ND_OK; i++) {
        const nd_markup_token *const token = &markup->tokens.items[i];
        if (token->kind == ND_MARKUP_TEXT)
            continue;
        const char *const gap = nd_markup_gap(token);
        status = nd_repair_pass_replace(pass, token->start, token->end, gap, strlen(gap));
    }
    return status;
}

nd_status nd_page_text_new(const nd_allocator *allocator, nd_page_text **out)
{
    const nd_allocator a = nd_allocator_or_default(allocator);
    *out = NULL;
    nd_page_text *const page = nd_alloc_zeroed(&a, 1, sizeof *page);
    if (!page)
        return ND_ERR_NO_MEMORY;
    page->allocator = a;
    page->passes[0].allocator = page->passes[1].allocator = &page->allocator;
    *out = page;
    return ND_OK;
}

nd_status nd_page_text_read(nd_page_text *page, const char *bytes, size_t len_bytes,
                            const char **text, size_t *text_len_bytes)
{
    nd_repair_pass *const tags = &page->passes[0], *const references = &page->passes[1];
    *text = NULL;
    *text_len_bytes = 0;
    nd_repair_pass_begin(tags, bytes, len_bytes);
    nd_repair_pass_begin(references, NULL, 0);
    nd_status status = nd_repair_tags(tags, ND_MARKUP_PAGE, &page->markup);
    if (status == ND_OK)
        status = nd_repair_pass_end(tags);
    if (status != ND_OK)
        return status;
    nd_repair_pass_begin(references, nd_repair_pass_out(tags), nd_repair_pass_out_len(tags));
    status = nd_repair_page_references(references);
    if (status == ND_OK)
        status = nd_repair_pass_end(references);
    if (status != ND_OK)
        return status;
    *text = nd_repair_pass_out(references);
    *text_len_bytes = nd_repair_pass_out_len(references);
    return ND_OK;
}

void nd_page_text_locate(const nd_page_text *page, size_t *start, size_t *end)
{
    nd_repair_pass_locate(&page->passes[1], start, end);
    nd_repair_pass_locate(&page->passes[0], start, end);
}

/* Whether `text`, in lower case, stands at bytes[at..len). */
static bool stands_at(const char *bytes, size_t len, size_t at, const char *text)
{
    const size_t text_len = strlen(text);
    return len - at >= text_len && strncasecmp(bytes + at, text, text_len) == 0;
}

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f';
}

/* Where what ends with `mark` ends, looked for from `at` on; `len` where it does not. */
static size_t end_of(const char *bytes, size_t len, size_t at, const char *mark)
{
    while (at < len && !stands_at(bytes, len, at, mark))
        at++;
    return at < len ? at + strlen(mark) : len;
}

bool nd_page_begins(const char *bytes, size_t len)
{
    static const char *const first_tags[] = {"<!doctype html", "<html", "<head", "<body"};
    size_t at = stands_at(bytes, len, 0, "\xEF\xBB\xBF") ? 3 : 0;
    while (at < len) {
        if (is_space(bytes[at]))
            at++;
        else if (stands_at(bytes, len, at, "<!--"))
            at = end_of(bytes, len, at + 4, "-->");
        else if (stands_at(bytes, len, at, "<?xml"))
            at = end_of(bytes, len, at + 5, ">");
        else
            break;
    }
    for (size_t i = 0; i < sizeof first_tags / sizeof *first_tags; i++) {
        const size_t end = at + strlen(first_tags[i]);
        if (stands_at(bytes, len, at, first_tags[i]) && end < len &&
            (bytes[end] == '>' || bytes[end] == '/' || is_space(bytes[end])))
            return true;
    }
    return false;
}

/* Writes the name at the start of p[0..len) lower-cased, or nothing where it does not fit. */
static void copy_name(const char *p, size_t len, char encoding[ND_PAGE_ENCODING_BYTES])
{
    size_t num = 0;
    while (num < len && !is_space(p[num]) && p[num] != ';')
        num++;
    const bool fits = num < ND_PAGE_ENCODING_BYTES;
    for (size_t i = 0; i < num && fits; i++)
        encoding[i] = p[i] >= 'A' && p[i] <= 'Z' ? (char)(p[i] | 0x20) : p[i];
    encoding[fits ? num : 0] = '\0';
}

void nd_page_encoding(const char *bytes, size_t len, char encoding[ND_PAGE_ENCODING_BYTES])
{
    enum { PRESCAN_BYTES = 1024 };
    const size_t end = len < PRESCAN_BYTES ? len : PRESCAN_BYTES;
    encoding[0] = '\0';
    for (size_t at = 0; at < end; at++) {
        if (!stands_at(bytes, end, at, "<meta") || at + 5 == end || !is_space(bytes[at + 5]))
            continue;
        const nd_markup_token tag = {.start = (uint32_t)at, .end = (uint32_t)end};
        const char *value;
        size_t value_len, name = 0;
        if (nd_markup_attribute(bytes, &tag, "charset", &value, &value_len)) {
            copy_name(value, value_len, encoding);
            return;
        }
        if (nd_markup_attribute(bytes, &tag, "content", &value, &value_len))
            name = end_of(value, value_len, 0, "charset=");
        if (name > 0 && name < value_len) {
            copy_name(value + name, value_len - name, encoding);
            return;
        }
    }
}

void nd_page_text_free(nd_page_text *page)
{
    if (!page)
        return;
    const nd_allocator a = page->allocator;
    nd_markup_release(&page->markup, &a);
    nd_repair_pass_release(&page->passes[0]);
    nd_repair_pass_release(&page->passes[1]);
    nd_release(&a, page);
}
