/* Tags of HTML: <p class="lead">, </b>, <br/>. */
#include <stdbool.h>
#include <string.h>

#include "text/repair/repair_pass.h"

enum { MAX_NAME_BYTES = 10, MAX_TAG_BYTES = 4096 };

/* Elements between which a line breaks. */
static const char *const blocks[] = {
    "p",       "br",         "div",    "h1",     "h2",         "h3",      "h4",     "h5", "h6",
    "li",      "ul",         "ol",     "dl",     "dt",         "dd",      "tr",     "td", "th",
    "table",   "thead",      "tbody",  "tfoot",  "blockquote", "section", "header", "hr", "pre",
    "article", "figcaption", "footer", "figure", "main",       "nav",     "aside"};

/* Elements inside a line. */
static const char *const inlines[] = {"a",      "b",    "i",    "u",    "s",    "em",
                                      "strong", "span", "font", "sub",  "sup",  "small",
                                      "img",    "abbr", "cite", "code", "mark", "time",
                                      "big",    "q",    "del",  "ins",  "wbr",  "center"};

static bool is_letter(char c)
{
    const char lower = (char)(c | 0x20);
    return lower >= 'a' && lower <= 'z';
}

static bool is_among(const char *name, const char *const *names, size_t num)
{
    for (size_t i = 0; i < num; i++)
        if (strcmp(name, names[i]) == 0)
            return true;
    return false;
}

/* What stands in place of an element's tags; NULL for a name that HTML does not have. */
static const char *replacement_of(const char *name)
{
    if (is_among(name, blocks, sizeof blocks / sizeof *blocks))
        return "\n";
    return is_among(name, inlines, sizeof inlines / sizeof *inlines) ? "" : NULL;
}

/* The length of the tag at p[0..len), p[0] being '<', and what it becomes; 0 where there is none.
 */
static size_t read_tag(const char *p, size_t len, const char **replacement)
{
    char name[MAX_NAME_BYTES + 1] = {0};
    size_t at = len > 1 && p[1] == '/' ? 2 : 1, num = 0;
    for (; at < len && num < MAX_NAME_BYTES &&
           (is_letter(p[at]) || (num && p[at] <= '9' && p[at] >= '0'));
         at++)
        name[num++] = is_letter(p[at]) ? (char)(p[at] | 0x20) : p[at];
    *replacement = replacement_of(name);
    if (!*replacement || at == len || !strchr("> \t\r\n/", p[at]) || p[at] == '\0')
        return 0;
    const size_t most = len < MAX_TAG_BYTES ? len : MAX_TAG_BYTES;
    while (at < most && p[at] != '>' && p[at] != '<')
        at++;
    return at < most && p[at] == '>' ? at + 1 : 0;
}

nd_status nd_repair_tags(nd_repair_pass *pass)
{
    const char *const end = pass->in + pass->in_len;
    const char *p = pass->in;
    while (p < end && (p = memchr(p, '<', (size_t)(end - p))) != NULL) {
        const char *replacement;
        const size_t len = read_tag(p, (size_t)(end - p), &replacement);
        const size_t at = (size_t)(p - pass->in);
        p += len ? len : 1;
        if (len == 0)
            continue;
        const nd_status status =
            nd_repair_pass_replace(pass, at, at + len, replacement, strlen(replacement));
        if (status != ND_OK)
            return status;
    }
    return ND_OK;
}
