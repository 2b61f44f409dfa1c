/* Gumbo builds the tree of a page's skeleton: its tags in lower case without attributes, with "x"
 * for every stretch of text, and `hidden` where an element is not shown.
 *
 *   page       <DIV class="a"> One <p style="display:none">two<p>three</DIV>
 *   skeleton   <div>x<p hidden>x<p>x</div>
 *                   ^          ^   ^           `texts`: where each text stands
 *   then       <div>v<p hidden>x<p>v</div>     v: the text is in a node that is shown
 *
 * So the parser sees a tenth of a page, and nothing that it would take long for: it compares the
 * attributes of a tag with each other, and makes a token of each character. What is left is depth:
 * it looks through the stack of open elements for each tag. The stack is an array that begins with
 * room for ten and doubles, so that a block of ten times a power of two pointers is asked for when
 * it gets deeper (other arrays have other sizes): there the allocator refuses. As gumbo does not
 * expect that, refusing leaves it by longjmp; all its memory is in an arena, and nothing is lost.
 */
#include "text/repair/markup.h"

#include <gumbo.h>
#include <setjmp.h>
#include <string.h>

#include "util/alloc.h"

enum {
    MAX_OPEN_ELEMENTS = 320,
    MAX_SKELETON_BYTES = 1 << 20,
    MAX_BYTES_PER_BYTE = 128, /* of the tree, for each of the skeleton: usual is 30 to 60 */
    ARENA_CHUNK_BYTES = 1 << 20,
    FIRST_STACK_ENTRIES = 10,
    MAX_NAME_BYTES = 24,
};

static const char SHOWN = 'v', TEXT = 'x';

/* Where a text of the page stands in the skeleton. */
typedef struct skeleton_text {
    uint32_t at, token;
} skeleton_text;

typedef struct skeleton {
    const nd_allocator *allocator;
    ND_VEC(char) bytes;
    ND_VEC(skeleton_text) texts;
} skeleton;

/* Settles which start tags hide what their elements hold; false where none does. */
static bool mark_hiding(nd_markup *markup)
{
    bool has_end_tag[UINT8_MAX + 1] = {false}; /* further on, by element */
    bool hides_any = false;
    for (size_t i = markup->tokens.len; i-- > 0;) {
        nd_markup_token *const token = &markup->tokens.items[i];
        const unsigned traits = nd_html_elements[token->element].traits;
        if (token->kind == ND_MARKUP_CLOSE)
            has_end_tag[token->element] = true;
        if (token->kind != ND_MARKUP_OPEN)
            continue;
        token->hides = (token->hides || (traits & ND_HTML_UNSEEN)) && !(traits & ND_HTML_FLAT) &&
                       (has_end_tag[token->element] || markup->dialect == ND_MARKUP_PAGE);
        hides_any |= token->hides;
    }
    return hides_any;
}

static bool is_blank(const char *p, size_t len)
{
    size_t at = 0;
    while (at < len && (p[at] == ' ' || (p[at] >= '\t' && p[at] <= '\r')))
        at++;
    return at == len;
}

static nd_status add_bytes(skeleton *s, const char *p, size_t len)
{
    const nd_status status = ND_VEC_RESERVE(s->allocator, &s->bytes, len);
    if (status != ND_OK)
        return status;
    memcpy(s->bytes.items + s->bytes.len, p, len);
    s->bytes.len += len;
    return ND_OK;
}

/* Writes a tag as the parser is to read it. */
static nd_status add_tag(skeleton *s, const nd_markup *markup, const nd_markup_token *tag)
{
    char text[MAX_NAME_BYTES + sizeof "</ hidden/>"];
    size_t len = 0;
    const bool is_close = tag->kind == ND_MARKUP_CLOSE;
    const char *const name = markup->bytes + tag->start + 1 + is_close;
    text[len++] = '<';
    if (is_close)
        text[len++] = '/';
    for (size_t i = 0; i < MAX_NAME_BYTES && !strchr(" \t\r\n\f/>", name[i]); i++) {
        const char lower = (char)(name[i] | 0x20);
        const bool is_letter = lower >= 'a' && lower <= 'z';
        text[len++] = is_letter ? lower : name[i] >= '0' && name[i] <= '9' ? name[i] : '-';
    }
    if (tag->hides) {
        for (const char *attribute = " hidden"; *attribute; attribute++)
            text[len++] = *attribute;
    }
    if (tag->closes)
        text[len++] = '/';
    text[len++] = '>';
    return add_bytes(s, text, len);
}

static nd_status build_skeleton(skeleton *s, const nd_markup *markup)
{
    nd_status status = ND_OK;
    for (size_t i = 0; i < markup->tokens.len && status == ND_OK; i++) {
        const nd_markup_token *const token = &markup->tokens.items[i];
        const bool is_tag = token->kind == ND_MARKUP_OPEN || token->kind == ND_MARKUP_CLOSE;
        if (is_tag && !(nd_html_elements[token->element].traits & ND_HTML_FLAT))
            status = add_tag(s, markup, token);
        if (token->kind != ND_MARKUP_TEXT ||
            is_blank(markup->bytes + token->start, token->end - token->start))
            continue;
        status = ND_VEC_RESERVE(s->allocator, &s->texts, 1);
        if (status != ND_OK)
            return status;
        s->texts.items[s->texts.len++] = (skeleton_text){(uint32_t)s->bytes.len, (uint32_t)i};
        status = add_bytes(s, &TEXT, 1);
    }
    return status;
}

/* What the parser's allocator keeps. */
typedef struct tree_memory {
    nd_arena arena;
    size_t max_bytes;
    nd_status refused; /* why the parser was left */
    jmp_buf leave;
} tree_memory;

static bool holds_too_many_elements(size_t size_bytes)
{
    size_t entries = size_bytes / sizeof(void *);
    if (size_bytes % sizeof(void *) || entries <= MAX_OPEN_ELEMENTS ||
        entries % FIRST_STACK_ENTRIES)
        return false;
    entries /= FIRST_STACK_ENTRIES;
    return (entries & (entries - 1)) == 0;
}

static void *allocate(void *ctx, size_t size_bytes)
{
    tree_memory *const memory = ctx;
    memory->refused = ND_ERR_LIMIT;
    if (holds_too_many_elements(size_bytes) || memory->arena.total_bytes > memory->max_bytes)
        longjmp(memory->leave, 1);
    void *const block = nd_arena_alloc(&memory->arena, size_bytes);
    memory->refused = ND_ERR_NO_MEMORY;
    if (!block)
        longjmp(memory->leave, 1);
    return block;
}

/* The arena is released as a whole. */
static void deallocate(void *ctx, void *block)
{
    (void)ctx;
    (void)block;
}

/* The parsed skeleton, or NULL where the allocator refused. */
static const GumboNode *parse(tree_memory *memory, const skeleton *s)
{
    GumboOptions options = kGumboDefaultOptions;
    options.allocator = allocate;
    options.deallocator = deallocate;
    options.userdata = memory;
    options.max_errors = 0;
    if (setjmp(memory->leave))
        return NULL;
    return gumbo_parse_with_options(&options, s->bytes.items, s->bytes.len)->document;
}

typedef ND_VEC(const GumboNode *) node_vec;

static nd_status push_children(const nd_allocator *allocator, node_vec *nodes,
                               const GumboVector *children)
{
    const nd_status status = ND_VEC_RESERVE(allocator, nodes, children->length);
    for (size_t i = 0; i < children->length && status == ND_OK; i++)
        nodes->items[nodes->len++] = children->data[i];
    return status;
}

/* Marks in the skeleton what the text of a node covers. */
static void mark_shown(skeleton *s, const GumboText *text)
{
    if (!s->bytes.items)
        return;
    char *const p = s->bytes.items + (text->original_text.data - s->bytes.items);
    for (size_t i = 0; i < text->original_text.length; i++)
        if (p[i] == TEXT)
            p[i] = SHOWN;
}

/* Marks all text outside elements with an attribute: the only one a skeleton has is `hidden`. */
static nd_status mark_all_shown(skeleton *s, const GumboNode *document)
{
    node_vec nodes = {0};
    nd_status status = push_children(s->allocator, &nodes, &document->v.document.children);
    while (nodes.len > 0 && status == ND_OK) {
        const GumboNode *const node = nodes.items[--nodes.len];
        const bool is_element =
            node->type == GUMBO_NODE_ELEMENT || node->type == GUMBO_NODE_TEMPLATE;
        if (is_element && node->v.element.attributes.length == 0)
            status = push_children(s->allocator, &nodes, &node->v.element.children);
        else if (node->type == GUMBO_NODE_TEXT)
            mark_shown(s, &node->v.text);
    }
    ND_VEC_RELEASE(s->allocator, &nodes);
    return status;
}

static nd_status mark_by_tree(skeleton *s)
{
    tree_memory memory = {.max_bytes = s->bytes.len * MAX_BYTES_PER_BYTE + ARENA_CHUNK_BYTES};
    nd_arena_init(&memory.arena, s->allocator, ARENA_CHUNK_BYTES);
    const GumboNode *const document = parse(&memory, s);
    const nd_status status = document ? mark_all_shown(s, document) : memory.refused;
    nd_arena_release(&memory.arena);
    return status;
}

nd_status nd_markup_hide(nd_markup *markup, const nd_allocator *allocator)
{
    if (!mark_hiding(markup))
        return ND_OK;
    skeleton s = {.allocator = allocator};
    nd_status status = build_skeleton(&s, markup);
    const bool is_parsed = status == ND_OK && s.bytes.len <= MAX_SKELETON_BYTES;
    if (is_parsed)
        status = mark_by_tree(&s);
    for (size_t i = 0; i < s.texts.len && is_parsed && status == ND_OK; i++)
        if (s.bytes.items[s.texts.items[i].at] != SHOWN)
            markup->tokens.items[s.texts.items[i].token].kind = ND_MARKUP_UNSEEN;
    ND_VEC_RELEASE(allocator, &s.bytes);
    ND_VEC_RELEASE(allocator, &s.texts);
    return status == ND_ERR_LIMIT ? ND_OK : status;
}

/* --- the elements of HTML --- */

enum {
    LINE = ND_HTML_LINE,
    GAP = ND_HTML_GAP,
    VOID = ND_HTML_VOID,
    RAW = ND_HTML_RAW,
    UNSEEN = ND_HTML_UNSEEN,
    FLAT = ND_HTML_FLAT,
    FOREIGN = ND_HTML_FOREIGN,
};

/* The elements of the HTML Living Standard and those of older HTML that browsers know, ascending.
 * Unseen are those that the rendering section (15.3) does not display, whose content is for
 * browsers without the element, and the dialog, which is shut until a script opens it. noscript is
 * read as a browser with scripts reads it. */
const nd_html_element nd_html_elements[ND_HTML_NUM_ELEMENTS] = {
    {"", 0},
    /* clang-format off */
    {"a", 0}, {"abbr", 0}, {"acronym", 0}, {"address", LINE}, {"annotation", UNSEEN | FOREIGN},
    {"annotation-xml", UNSEEN | FOREIGN}, {"applet", GAP | UNSEEN}, {"area", VOID | FLAT},
    {"article", LINE}, {"aside", LINE}, {"audio", GAP | UNSEEN}, {"b", 0}, {"base", VOID | FLAT},
    {"basefont", VOID | FLAT}, {"bdi", 0}, {"bdo", 0}, {"bgsound", VOID | FLAT}, {"big", 0},
    {"blink", 0}, {"blockquote", LINE}, {"body", LINE | FLAT}, {"br", LINE | VOID | FLAT},
    {"button", GAP}, {"canvas", GAP | UNSEEN}, {"caption", LINE}, {"center", LINE}, {"cite", 0},
    {"code", 0}, {"col", VOID | FLAT}, {"colgroup", 0}, {"data", 0}, {"datalist", UNSEEN},
    {"dd", LINE}, {"defs", UNSEEN | FOREIGN}, {"del", 0}, {"desc", UNSEEN | FOREIGN},
    {"details", LINE}, {"dfn", 0}, {"dialog", LINE | UNSEEN}, {"dir", LINE}, {"div", LINE},
    {"dl", LINE}, {"dt", LINE}, {"em", 0}, {"embed", GAP | VOID | FLAT}, {"fieldset", LINE},
    {"figcaption", LINE}, {"figure", LINE}, {"font", 0}, {"footer", LINE}, {"form", LINE},
    {"frame", LINE | VOID | FLAT}, {"frameset", LINE | FLAT}, {"h1", LINE}, {"h2", LINE},
    {"h3", LINE}, {"h4", LINE}, {"h5", LINE}, {"h6", LINE}, {"head", LINE | FLAT},
    {"header", LINE}, {"hgroup", LINE}, {"hr", LINE | VOID}, {"html", LINE | FLAT}, {"i", 0},
    {"iframe", GAP | RAW | UNSEEN | FLAT}, {"img", GAP | VOID | FLAT},
    {"input", GAP | VOID | FLAT}, {"ins", 0}, {"isindex", LINE | VOID | FLAT}, {"kbd", 0},
    {"keygen", GAP | VOID | FLAT}, {"label", 0}, {"legend", LINE}, {"li", LINE},
    {"link", VOID | FLAT}, {"listing", LINE}, {"main", LINE}, {"map", 0}, {"mark", 0},
    {"marquee", 0}, {"math", 0}, {"menu", LINE}, {"meta", VOID | FLAT},
    {"metadata", UNSEEN | FOREIGN}, {"meter", GAP}, {"nav", LINE}, {"nobr", 0},
    {"noembed", RAW | UNSEEN | FLAT}, {"noframes", RAW | UNSEEN | FLAT},
    {"noscript", RAW | UNSEEN | FLAT}, {"object", GAP | UNSEEN}, {"ol", LINE}, {"optgroup", LINE},
    {"option", LINE}, {"output", 0}, {"p", LINE}, {"param", VOID | FLAT}, {"picture", 0},
    {"plaintext", LINE | RAW}, {"pre", LINE}, {"progress", GAP}, {"q", 0}, {"rb", 0}, {"rp", 0},
    {"rt", 0}, {"rtc", 0}, {"ruby", 0}, {"s", 0}, {"samp", 0}, {"script", RAW | UNSEEN | FLAT},
    {"search", LINE}, {"section", LINE}, {"select", GAP}, {"slot", 0}, {"small", 0},
    {"source", VOID | FLAT}, {"span", 0}, {"strike", 0}, {"strong", 0},
    {"style", RAW | UNSEEN | FLAT}, {"sub", 0}, {"summary", LINE}, {"sup", 0}, {"svg", GAP},
    {"symbol", UNSEEN | FOREIGN}, {"table", LINE}, {"tbody", LINE}, {"td", LINE},
    {"template", UNSEEN}, {"textarea", GAP | RAW}, {"tfoot", LINE}, {"th", LINE}, {"thead", LINE},
    {"time", 0}, {"title", LINE | RAW | UNSEEN | FLAT}, {"tr", LINE}, {"track", VOID | FLAT},
    {"tt", 0}, {"u", 0}, {"ul", LINE}, {"var", 0}, {"video", GAP | UNSEEN}, {"wbr", VOID | FLAT},
    {"xmp", LINE | RAW},
    /* clang-format on */
};

uint8_t nd_html_element_named(const char *name, size_t len)
{
    size_t low = 1, high = ND_HTML_NUM_ELEMENTS;
    if (len == 0 || len > ND_HTML_NAME_MAX_BYTES)
        return 0;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        const char *const other = nd_html_elements[middle].name;
        const int order = strncmp(other, name, len);
        if (order == 0 && other[len] == '\0')
            return (uint8_t)middle;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return 0;
}
