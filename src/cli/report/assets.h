/* The style and the script of a report, put into the program by embed.cmake. */
#ifndef CLI_REPORT_ASSETS_H
#define CLI_REPORT_ASSETS_H

#include <stddef.h>

typedef struct nd_asset {
    const char *bytes;
    size_t len_bytes;
    const char *sha256; /* in base64, as a content security policy has it */
} nd_asset;

extern const nd_asset nd_asset_report_css, nd_asset_report_js;

#endif
