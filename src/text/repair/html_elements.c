#include "text/repair/html_elements.h"

#include <string.h>

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
