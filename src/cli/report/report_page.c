#include "cli/report/report_page.h"

#include "cli/report/assets.h"
#include "cli/report/html.h"
#include "neardup/version.h"

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
