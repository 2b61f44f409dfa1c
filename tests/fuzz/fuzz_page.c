/* Any bytes as a page, or as numbers of tags: what comes out is found again in what went in, and a
 * page that hides nothing keeps all its text, whatever the parser makes of its tags. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "text/repair/markup.h"
#include "util/alloc.h"

static void require(int holds)
{
    if (!holds)
        abort();
}

static void require_located(const nd_page_text *page, size_t text_len, size_t page_len)
{
    size_t last_start = 0, last_end = 0;
    for (size_t at = 0; at < text_len; at++) {
        size_t start = at, end = at + 1;
        nd_page_text_locate(page, &start, &end);
        require(start < end && end <= page_len && start >= last_start && end >= last_end);
        last_start = start;
        last_end = end;
    }
}

static size_t num_texts(const nd_markup *markup)
{
    size_t num = 0;
    for (size_t i = 0; i < markup->tokens.len; i++)
        num += markup->tokens.items[i].kind == ND_MARKUP_TEXT;
    return num;
}

/* The tokens of the page cover it; with an empty hidden element behind it, it is parsed. */
static void require_kept(const char *bytes, size_t len)
{
    static const char hidden[] = "<p><div hidden></div>";
    char *const page = malloc(len + sizeof hidden);
    require(page != NULL);
    memcpy(page, bytes, len);
    memcpy(page + len, hidden, sizeof hidden - 1);
    const nd_allocator allocator = nd_allocator_or_default(NULL);
    nd_markup markup = {0};
    require(nd_markup_read(&markup, &allocator, ND_MARKUP_PAGE, page, len + sizeof hidden - 1) ==
            ND_OK);
    size_t end = 0;
    bool hides_some = false; /* of its own */
    for (size_t i = 0; i < markup.tokens.len; i++) {
        const nd_markup_token *const token = &markup.tokens.items[i];
        require(token->start == end && token->end > end);
        end = token->end;
        const bool hides =
            token->hides || (nd_html_elements[token->element].traits & ND_HTML_UNSEEN);
        hides_some |= token->kind == ND_MARKUP_OPEN && hides && token->start < len;
    }
    require(end == len + sizeof hidden - 1);
    const size_t num = num_texts(&markup);
    require(nd_markup_hide(&markup, &allocator) == ND_OK);
    require(num_texts(&markup) <= num && (hides_some || num_texts(&markup) == num));
    nd_markup_release(&markup, &allocator);
    free(page);
}

/* A page of the tags whose numbers the bytes are, with a letter of text here and there. */
static size_t make_page(const uint8_t *data, size_t size, char *page)
{
    size_t len = 0;
    for (size_t i = 0; i + 1 < size; i += 2) {
        const uint8_t form = data[i + 1] % 8;
        const char *const name =
            data[i] < ND_HTML_NUM_ELEMENTS ? nd_html_elements[data[i]].name : "x-y";
        if (form == 0)
            len += (size_t)sprintf(page + len, "t");
        else
            len += (size_t)sprintf(page + len, "<%s%s%s>", form < 4 ? "/" : "", name,
                                   form == 7 ? " hidden" : "");
    }
    return len;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    char *const made = malloc(size * 16);
    require(made != NULL);
    const bool is_numbers = data[0] & 1;
    const char *const bytes = is_numbers ? made : (const char *)data + 1;
    const size_t len = is_numbers ? make_page(data + 1, size - 1, made) : size - 1;
    nd_page_text *page;
    const char *text;
    size_t text_len;
    char encoding[ND_PAGE_ENCODING_BYTES];
    require(nd_page_text_new(NULL, &page) == ND_OK);
    require(nd_page_text_read(page, bytes, len, &text, &text_len) == ND_OK);
    require(text_len <= len);
    require_located(page, text_len, len);
    nd_page_text_free(page);
    require_kept(bytes, len);
    nd_page_encoding(bytes, len, encoding);
    require(strlen(encoding) < sizeof encoding);
    free(made);
    return 0;
}
