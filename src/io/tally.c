#include "io/tally.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>

static bool is_before(nd_input_place a, nd_input_place b)
{
    return a.file < b.file || (a.file == b.file && a.line < b.line);
}

static nd_status status_of(nd_skip_reason reason)
{
    switch (reason) {
    case ND_SKIP_UNREADABLE:
        return ND_ERR_IO;
    case ND_SKIP_TOO_LARGE:
        return ND_ERR_LIMIT;
    case ND_SKIP_NO_TEXT_FIELD:
    case ND_SKIP_NO_ID_FIELD:
        return ND_ERR_NOT_FOUND;
    case ND_SKIP_SPECIAL:
        return ND_ERR_UNSUPPORTED;
    case ND_SKIP_BINARY:
    case ND_SKIP_MALFORMED_JSON:
    case ND_SKIP_FIELD_TYPE:
    case ND_SKIP_NUM_REASONS:
        break;
    }
    return ND_ERR_FORMAT;
}

void nd_tally_skip(nd_tally *tally, nd_skip_reason reason, nd_input_place place, const char *format,
                   ...)
{
    nd_input_skips *const skips = &tally->skips[reason];
    if (skips->count++ && !is_before(place, tally->first[reason]))
        return;
    tally->first[reason] = place;
    skips->first = (nd_error){.code = status_of(reason), .line = place.line};
    va_list args;
    va_start(args, format);
    vsnprintf(skips->first.message, sizeof skips->first.message, format, args);
    va_end(args);
}

static void move_skips(nd_tally *into, nd_tally *from, unsigned reason)
{
    nd_input_skips *const to = &into->skips[reason];
    nd_input_skips *const skips = &from->skips[reason];
    if (!skips->count)
        return;
    if (!to->count || is_before(from->first[reason], into->first[reason])) {
        to->first = skips->first;
        into->first[reason] = from->first[reason];
    }
    to->count += skips->count;
    skips->count = 0;
}

void nd_tally_move(nd_tally *into, nd_tally *from)
{
    into->files += from->files;
    into->documents += from->documents;
    into->invalid_utf8_lines += from->invalid_utf8_lines;
    into->invalid_bytes += from->invalid_bytes;
    into->without_preference += from->without_preference;
    from->files = from->documents = 0;
    from->invalid_utf8_lines = from->invalid_bytes = from->without_preference = 0;
    for (unsigned reason = 0; reason < ND_SKIP_NUM_REASONS; reason++)
        move_skips(into, from, reason);
}
