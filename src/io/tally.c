#include "io/tally.h"

#include <stdarg.h>
#include <stdio.h>

/* clang-format off */
static const nd_issue_text texts[ND_NUM_ISSUES] = {
    [ND_ISSUE_UNREADABLE] = {"unreadable", "left out, files or folders that cannot be read", ND_ERR_IO, true},
    [ND_ISSUE_PARTLY_READ] = {"partly_read", "read in part, files that cannot be read to their end", ND_ERR_IO, true},
    [ND_ISSUE_CHANGED] = {"changed", "files that changed while they were read", ND_ERR_IO, true},
    [ND_ISSUE_SPECIAL] = {"special", "left out, links and special files", ND_ERR_UNSUPPORTED, true},
    [ND_ISSUE_BINARY] = {"binary", "left out, binary files", ND_ERR_FORMAT, true},
    [ND_ISSUE_NESTED] = {"nested", "left out, archives inside archives inside archives", ND_ERR_LIMIT, true},
    [ND_ISSUE_MANY_ENTRIES] = {"many_entries", "archives with more entries than are read, 10,000,000", ND_ERR_LIMIT, true},
    [ND_ISSUE_NO_PAGE] = {"no_page", "passed over, records of WARC archives that are no page or text that was found", ND_ERR_UNSUPPORTED, false},
    [ND_ISSUE_HIDDEN] = {"hidden", "passed over, hidden files and folders, which '--hidden' reads", ND_ERR_UNSUPPORTED, false},
    [ND_ISSUE_SAME_FILE] = {"same_file", "passed over, second paths to a file", ND_ERR_UNSUPPORTED, false},
    [ND_ISSUE_OWN_OUTPUT] = {"own_output", "passed over, files that this run writes", ND_ERR_UNSUPPORTED, false},
    [ND_ISSUE_TOO_LARGE] = {"too_large", "left out, documents longer than '--max-document-bytes'", ND_ERR_LIMIT, true},
    [ND_ISSUE_NO_MEMORY] = {"no_memory", "left out, large documents that there was no memory for", ND_ERR_NO_MEMORY, true},
    [ND_ISSUE_MALFORMED_JSON] = {"malformed_json", "left out, records that are not a JSON object", ND_ERR_FORMAT, true},
    [ND_ISSUE_TOO_DEEP] = {"too_deep", "left out, JSON nested deeper than 1,024 levels", ND_ERR_LIMIT, true},
    [ND_ISSUE_MALFORMED_ROW] = {"malformed_row", "left out, rows of a table that do not fit its header", ND_ERR_FORMAT, true},
    [ND_ISSUE_NO_TEXT_FIELD] = {"no_text_field", "left out, records without the text field", ND_ERR_NOT_FOUND, true},
    [ND_ISSUE_NO_ID_FIELD] = {"no_id_field", "left out, records without the id field", ND_ERR_NOT_FOUND, true},
    [ND_ISSUE_FIELD_TYPE] = {"field_type", "left out, records with a field of the wrong type", ND_ERR_FORMAT, true},
    [ND_ISSUE_INVALID_UTF8] = {"invalid_utf8_lines", "JSON with invalid UTF-8, read as U+FFFD", ND_ERR_FORMAT, true},
    [ND_ISSUE_ENCODING] = {"invalid_encoding", "files with bytes that their encoding does not have, read as U+FFFD", ND_ERR_FORMAT, true},
    [ND_ISSUE_NO_PREFERENCE] = {"without_preference", "documents without the field that names the representative, which come last", ND_ERR_NOT_FOUND, true},
    [ND_ISSUE_UNREADABLE_PREFERENCE] = {"unreadable_preference", "documents whose date or source cannot be read, which come last", ND_ERR_FORMAT, true},
};
/* clang-format on */

const nd_issue_text *nd_issue_text_of(nd_input_issue issue)
{
    return &texts[issue];
}

static bool is_before(nd_input_place a, nd_input_place b)
{
    return a.file < b.file || (a.file == b.file && a.record < b.record);
}

bool nd_tally_count(nd_tally *tally, nd_input_issue issue, nd_input_place place)
{
    if (tally->findings[issue].count++ && !is_before(place, tally->first[issue]))
        return false;
    tally->first[issue] = place;
    tally->findings[issue].first = (nd_error){.code = texts[issue].code, .line = place.line};
    return true;
}

void nd_tally_describe(nd_tally *tally, nd_input_issue issue, const char *format, ...)
{
    nd_error *const first = &tally->findings[issue].first;
    va_list args;
    va_start(args, format);
    vsnprintf(first->message, sizeof first->message, format, args);
    va_end(args);
}

static void move_finding(nd_tally *into, nd_tally *from, unsigned issue)
{
    nd_input_finding *const to = &into->findings[issue];
    nd_input_finding *const finding = &from->findings[issue];
    if (!finding->count)
        return;
    if (!to->count || is_before(from->first[issue], into->first[issue])) {
        to->first = finding->first;
        into->first[issue] = from->first[issue];
    }
    to->count += finding->count;
    to->bytes += finding->bytes;
    finding->count = finding->bytes = 0;
}

void nd_tally_move(nd_tally *into, nd_tally *from)
{
    into->files += from->files;
    into->documents += from->documents;
    from->files = from->documents = 0;
    for (unsigned issue = 0; issue < ND_NUM_ISSUES; issue++)
        move_finding(into, from, issue);
}
