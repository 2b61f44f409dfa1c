#include "cli/report/html.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>
#include <utf8proc.h>
#include <zlib.h>

#include "cli/output/screen.h"
#include "neardup/version.h"
#include "util/alloc.h"

/* --- text and names from outside --- */

static const char replacement[] = "\xEF\xBF\xBD"; /* U+FFFD */

typedef enum escaping { IS_TEXT, IS_NAME } escaping;

/* What is written in place of the character at p, NULL where it is kept; *len_bytes is its length.
 */
static const char *instead_of(const char *p, size_t rest, escaping purpose, size_t *len_bytes)
{
    const unsigned char c = (unsigned char)p[0];
    *len_bytes = 1;
    switch (c) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&quot;";
    case '\'':
        return "&#39;";
    case '\r': /* a parser would make a line feed of it */
        return purpose == IS_NAME ? " " : rest > 1 && p[1] == '\n' ? "" : "&#13;";
    case '\n':
    case '\t':
    case '\f':
        return purpose == IS_NAME ? " " : NULL;
    default:
        break;
    }
    if (c >= ' ' && c < 0x7F)
        return NULL;
    const nd_shown_char shown = nd_shown_char_at(p, rest);
    *len_bytes = shown.len_bytes;
    if (shown.kind == ND_SHOWN_REPLACED || c < ' ')
        return replacement;
    if (purpose == IS_TEXT || shown.len_bytes != 3 || c != 0xE2)
        return NULL;
    /* U+202A to U+202E, and U+2066 to U+2069: embeddings, overrides and isolates */
    const unsigned char second = (unsigned char)p[1], third = (unsigned char)p[2];
    const bool turns = (second == 0x80 && third >= 0xAA && third <= 0xAE) ||
                       (second == 0x81 && third >= 0xA6 && third <= 0xA9);
    return turns ? replacement : NULL;
}

/* The high bit of every byte that is zero, and perhaps of bytes above such a one. */
static uint64_t zeros(uint64_t bytes)
{
    const uint64_t ones = UINT64_C(0x0101010101010101);
    return (bytes - ones) & ~bytes & ones << 7;
}

/* How many bytes from p[0] on are kept whatever they are part of: ASCII without control characters
 * and what means something to HTML. Eight at a time, so that some may be missed. */
static size_t plain_length(const char *p, size_t len_bytes)
{
    const uint64_t ones = UINT64_C(0x0101010101010101);
    size_t len = 0;
    for (; len + 8 <= len_bytes; len += 8) {
        uint64_t bytes;
        memcpy(&bytes, p + len, 8);
        const uint64_t others = bytes | (bytes - ones * ' ') | zeros(bytes ^ ones * 0x7F) |
                                zeros(bytes ^ ones * '"') |
                                zeros((bytes & ones * 0xFE) ^ ones * '&') | /* and the apostrophe */
                                zeros((bytes & ones * 0xFD) ^ ones * '<');  /* and '>' */
        if (others & ones << 7)
            break;
    }
    return len;
}

static void escape(nd_page *page, const char *p, size_t len_bytes, escaping purpose)
{
    size_t written = 0, len;
    for (size_t i = 0; i < len_bytes; i += len) {
        i += plain_length(p + i, len_bytes - i);
        if (i == len_bytes)
            break;
        const char *const text = instead_of(p + i, len_bytes - i, purpose, &len);
        if (!text)
            continue;
        nd_page_append(page, p + written, i - written);
        nd_page_put(page, text);
        written = i + len;
    }
    nd_page_append(page, p + written, len_bytes - written);
}

void nd_html_text(nd_page *page, const char *p, size_t len_bytes)
{
    escape(page, p, len_bytes, IS_TEXT);
}

void nd_html_name(nd_page *page, const char *p, size_t len_bytes)
{
    escape(page, p, len_bytes, IS_NAME);
}

void nd_html_json(nd_page *page, const char *p, size_t len_bytes)
{
    const size_t start = page->bytes.len;
    nd_page_json(page, p, len_bytes);
    if (page->status != ND_OK)
        return;
    size_t num = 0;
    for (size_t i = start; i < page->bytes.len; i++)
        num += page->bytes.items[i] == '<';
    const size_t len = page->bytes.len;
    nd_page_fill(page, ' ', 5 * num);
    if (page->status != ND_OK)
        return;
    /* Moved from the end, so that nothing is overwritten before it was moved. */
    for (size_t from = len, to = page->bytes.len; from < to;) {
        const char c = page->bytes.items[--from];
        to -= c == '<' ? 6 : 1;
        if (c == '<')
            memcpy(page->bytes.items + to, "\\u003c", 6);
        else
            page->bytes.items[to] = c;
    }
}

void nd_html_number(nd_page *page, uint64_t number)
{
    char digits[20];
    size_t at = sizeof digits;
    do
        digits[--at] = (char)('0' + number % 10);
    while (number /= 10);
    nd_page_append(page, digits + at, sizeof digits - at);
}

int nd_html_has_word(const char *p, size_t len_bytes)
{
    for (size_t i = 0; i < len_bytes;) {
        utf8proc_int32_t code_point;
        const utf8proc_ssize_t len = utf8proc_iterate(
            (const utf8proc_uint8_t *)p + i, (utf8proc_ssize_t)(len_bytes - i), &code_point);
        i += len > 0 ? (size_t)len : 1;
        const utf8proc_category_t category =
            len > 0 ? utf8proc_category(code_point) : UTF8PROC_CATEGORY_CN;
        if (category >= UTF8PROC_CATEGORY_LU && category <= UTF8PROC_CATEGORY_NO)
            return 1;
    }
    return 0;
}

/* --- the page --- */

void nd_report_begin(nd_page *page, const char *title)
{
    nd_page_put(page, "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n");
    nd_page_printf(page,
                   "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
                   "style-src 'sha256-%s'; script-src 'sha256-%s'; base-uri 'none'; "
                   "form-action 'none'\">\n",
                   nd_asset_report_css.sha256, nd_asset_report_js.sha256);
    nd_page_put(page, "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
                      "<meta name=\"color-scheme\" content=\"light dark\">\n");
    nd_page_printf(page, "<meta name=\"generator\" content=\"neardup %d.%d.%d\">\n",
                   ND_VERSION_MAJOR, ND_VERSION_MINOR, ND_VERSION_PATCH);
    nd_page_put(page, "<title>");
    nd_html_name(page, title, strlen(title));
    nd_page_put(page, "</title>\n<style>");
    nd_page_append(page, nd_asset_report_css.bytes, nd_asset_report_css.len_bytes);
    nd_page_put(page, "</style>\n<script>");
    nd_page_append(page, nd_asset_report_js.bytes, nd_asset_report_js.len_bytes);
    nd_page_put(page, "</script>\n<main>\n<h1>");
    nd_html_name(page, title, strlen(title));
    nd_page_put(page, "</h1>\n");
}

void nd_report_end(nd_page *page)
{
    nd_page_put(page, "</main>\n</html>\n");
}

void nd_report_name(nd_page *page, const char *id, size_t id_len_bytes)
{
    nd_page_put(page, "<bdi class=\"name\">");
    nd_html_name(page, id, id_len_bytes);
    nd_page_put(page, "</bdi>");
}

void nd_report_figure(nd_page *page, const char *name, const char *value)
{
    nd_page_printf(page, "<div><dt>%s<dd>%s</div>", name, value);
}

/* --- charts --- */

/* Places are within 0 .. WIDTH and HEIGHT .. 0 (y grows downwards); around that is a margin for the
 * numbers of the axes and their names. */

enum {
    WIDTH = 640,
    HEIGHT = 300,
    LEFT = 48,
    RIGHT = 16,
    TOP = 16,
    BOTTOM = 40,
    EDGE = 40, /* as far as a name may reach to both sides */
    Y_STEPS = 5,
    X_STEPS = 10
};

typedef struct axis {
    double from, to, step;
} axis;

/* A range of round numbers that holds all x. */
static axis axis_of(const nd_chart *chart)
{
    double least = INFINITY, most = -INFINITY;
    for (size_t i = 0; i < chart->num_points; i++) {
        least = fmin(least, chart->x[i]);
        most = fmax(most, chart->x[i]);
    }
    if (!(most > least))
        return (axis){least - 1, least + 1, 1};
    double step = pow(10, floor(log10((most - least) / X_STEPS)));
    const double factors[] = {2, 2.5, 2};
    for (int i = 0; (most - least) / step > X_STEPS; i++)
        step *= factors[i % 3];
    return (axis){floor(least / step + 1e-9) * step, ceil(most / step - 1e-9) * step, step};
}

static double place_x(const axis *x, double value)
{
    return fmax(0, (value - x->from) / (x->to - x->from) * WIDTH); /* no -0 */
}

static double place_y(double value)
{
    return fmax(0, (1 - value) * HEIGHT);
}

static void print_grid(nd_page *page, const nd_chart *chart, const axis *x)
{
    for (int i = 0; i <= Y_STEPS; i++) {
        const double value = (double)i / Y_STEPS;
        nd_page_printf(page, "<path class=\"grid\" d=\"M0 %.1fH%d\"/>", place_y(value), WIDTH);
        nd_page_printf(page, "<text x=\"-8\" y=\"%.1f\" text-anchor=\"end\">%.1f</text>",
                       place_y(value) + 4, value);
    }
    const int num_steps = (int)((x->to - x->from) / x->step + 0.5);
    for (int i = 0; i <= num_steps; i++) {
        const double value = x->from + i * x->step;
        nd_page_printf(page, "<path class=\"grid\" d=\"M%.1f 0V%d\"/>", place_x(x, value), HEIGHT);
        nd_page_printf(page, "<text x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">%.4g</text>",
                       place_x(x, value), HEIGHT + 18, fabs(value) < 1e-12 ? 0 : value);
    }
    nd_page_printf(page, "<text x=\"%d\" y=\"%d\" text-anchor=\"middle\">%s</text>\n", WIDTH / 2,
                   HEIGHT + 36, chart->x_name);
    if (isnan(chart->marked_x))
        return;
    /* At the left it would stand in the way of the axis's numbers, at the right be cut. */
    const double at = place_x(x, chart->marked_x);
    const char *const anchor = at < EDGE ? "start" : at > WIDTH - EDGE ? "end" : "middle";
    nd_page_printf(page,
                   "<path class=\"marked\" d=\"M%.1f 0V%d\"/>"
                   "<text x=\"%.1f\" y=\"-4\" text-anchor=\"%s\">%s</text>\n",
                   at, HEIGHT, at, anchor, chart->marked_name);
}

/* Points without a number are passed over. */
static void print_curve(nd_page *page, const nd_chart *chart, const axis *x, size_t number)
{
    const nd_curve *const curve = &chart->curves[number];
    nd_page_printf(page, "<path class=\"curve c%zu\" d=\"", number);
    const char *command = "M";
    for (size_t i = 0; i < chart->num_points; i++) {
        if (isnan(curve->y[i]))
            continue;
        nd_page_printf(page, "%s%.1f %.1f", command, place_x(x, chart->x[i]), place_y(curve->y[i]));
        command = "L";
    }
    nd_page_printf(page, "\"><title>%s</title></path>\n", curve->name);
}

void nd_chart_print(nd_page *page, const nd_chart *chart)
{
    const axis x = axis_of(chart);
    nd_page_printf(page,
                   "<figure><svg class=\"chart\" viewBox=\"%d %d %d %d\" role=\"img\" "
                   "aria-label=\"%s\">\n",
                   -LEFT, -TOP, WIDTH + LEFT + RIGHT, HEIGHT + TOP + BOTTOM, chart->title);
    print_grid(page, chart, &x);
    for (size_t i = 0; i < chart->num_curves; i++)
        print_curve(page, chart, &x, i);
    nd_page_put(page, "</svg>\n<figcaption>");
    for (size_t i = 0; i < chart->num_curves; i++)
        nd_page_printf(page, "<span class=\"key\"><span class=\"dot c%zu\"></span>%s</span> ", i,
                       chart->curves[i].name);
    nd_page_put(page, "</figcaption></figure>\n");
}

/* --- packed data --- */

/* RFC 1952 (gzip) within RFC 4648, section 4 (base64, padded). */

/* Good enough, and several times faster than the best. */
enum { LEVEL = 1, GZIP_WINDOW = 15 + 16, MEMORY_LEVEL = 8, OUT_BYTES = 3 << 12 };

struct nd_packer {
    const nd_allocator *allocator;
    z_stream stream;
    int is_open;
    size_t num_out; /* bytes of `out` that are not written yet: 0 to 2 from one call to the next */
    unsigned char out[OUT_BYTES];
};

static void *allocate(void *ctx, uInt num, uInt size)
{
    return nd_alloc(ctx, num, size);
}

static void release(void *ctx, void *p)
{
    nd_release(ctx, p);
}

nd_status nd_packer_new(const nd_allocator *allocator, nd_packer **out)
{
    *out = nd_alloc_zeroed(allocator, 1, sizeof **out);
    if (!*out)
        return ND_ERR_NO_MEMORY;
    (*out)->allocator = allocator;
    z_stream *const stream = &(*out)->stream;
    stream->zalloc = allocate;
    stream->zfree = release;
    stream->opaque = (void *)(uintptr_t)allocator;
    (*out)->is_open = deflateInit2(stream, LEVEL, Z_DEFLATED, GZIP_WINDOW, MEMORY_LEVEL,
                                   Z_DEFAULT_STRATEGY) == Z_OK;
    return (*out)->is_open ? ND_OK : ND_ERR_NO_MEMORY;
}

void nd_packer_free(nd_packer *packer)
{
    if (!packer)
        return;
    if (packer->is_open)
        (void)deflateEnd(&packer->stream);
    nd_release(packer->allocator, packer);
}

/* Writes three bytes as four letters; at the end what is left of three too. */
static void put_base64(nd_page *page, const unsigned char *p, size_t num)
{
    static const char letters[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    char text[4096];
    size_t len = 0;
    for (size_t i = 0; i < num; i += 3) {
        const size_t have = num - i < 3 ? num - i : 3;
        const unsigned bits = (unsigned)p[i] << 16 | (have > 1 ? (unsigned)p[i + 1] << 8 : 0u) |
                              (have > 2 ? p[i + 2] : 0u);
        text[len++] = letters[bits >> 18];
        text[len++] = letters[bits >> 12 & 63];
        text[len++] = letters[bits >> 6 & 63];
        text[len++] = letters[bits & 63];
        if (have < 3)
            memset(text + len - (3 - have), '=', 3 - have);
        if (len == sizeof text) {
            nd_page_append(page, text, len);
            len = 0;
        }
    }
    nd_page_append(page, text, len);
}

/* Compresses what the stream was given. */
static void run(nd_packer *packer, nd_page *page, int flush)
{
    z_stream *const stream = &packer->stream;
    do {
        stream->next_out = packer->out + packer->num_out;
        stream->avail_out = (uInt)(OUT_BYTES - packer->num_out);
        (void)deflate(stream, flush); /* cannot fail: there is room, and the state is sound */
        const size_t num = OUT_BYTES - stream->avail_out;
        const size_t left = flush == Z_FINISH && stream->avail_out > 0 ? 0 : num % 3;
        put_base64(page, packer->out, num - left);
        memmove(packer->out, packer->out + num - left, left);
        packer->num_out = left;
    } while (stream->avail_out == 0);
}

void nd_packer_begin(nd_packer *packer, nd_page *page, const char *id)
{
    nd_page_printf(page, "<script type=\"text/plain\" id=\"%s\">", id);
    (void)deflateReset(&packer->stream);
    packer->num_out = 0;
}

void nd_packer_add(nd_packer *packer, nd_page *page, nd_page *from)
{
    const size_t most = (size_t)1 << 30; /* zlib counts in 32 bits */
    for (size_t at = 0; at < from->bytes.len;) {
        const size_t len = from->bytes.len - at < most ? from->bytes.len - at : most;
        packer->stream.next_in = (unsigned char *)from->bytes.items + at;
        packer->stream.avail_in = (uInt)len;
        run(packer, page, Z_NO_FLUSH);
        at += len;
    }
    if (page->status == ND_OK)
        page->status = from->status;
    nd_page_clear(from);
}

void nd_packer_end(nd_packer *packer, nd_page *page)
{
    packer->stream.avail_in = 0;
    run(packer, page, Z_FINISH);
    nd_page_put(page, "</script>\n");
}
