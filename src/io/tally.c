#include "io/tally.h"

#include <stdarg.h>
#include <stdio.h>

/* clang-format off */
static const nd_issue_text texts[ND_NUM_ISSUES] = {
    [ND_ISSUE_UNREADABLE] = {"unreadable", "files or folders that cannot be read, left out", ND_ERR_IO, true},
    [ND_ISSUE_PARTLY_READ] = {"partly_read", "files that cannot be read to their end, read in part", ND_ERR_IO, true},
    [ND_ISSUE_CHANGED] = {"changed", "files that changed while they were read", ND_ERR_IO, true},
    [ND_ISSUE_SPECIAL] = {"special", "links and special files, left out", ND_ERR_UNSUPPORTED, true},
    [ND_ISSUE_BINARY] = {"binary", "binary files, left out", ND_ERR_FORMAT, true},
    [ND_ISSUE_NESTED] = {"nested", "archives inside archives inside archives, left out", ND_ERR_LIMIT, true},
    [ND_ISSUE_MANY_ENTRIES] = {"many_entries", "archives with more entries than are read, 10,000,000", ND_ERR_LIMIT, true},
    [ND_ISSUE_NO_PAGE] = {"no_page", "records of WARC archives that hold neither a page nor a text, skipped", ND_ERR_UNSUPPORTED, false},
    [ND_ISSUE_HIDDEN] = {"hidden", "hidden files and folders, which '--hidden' reads, skipped", ND_ERR_UNSUPPORTED, false},
    [ND_ISSUE_SAME_FILE] = {"same_file", "second paths to a file, skipped", ND_ERR_UNSUPPORTED, false},
    [ND_ISSUE_OWN_OUTPUT] = {"own_output", "files that this run writes, skipped", ND_ERR_UNSUPPORTED, false},
    [ND_ISSUE_TOO_LARGE] = {"too_large", "documents longer than '--max-document-bytes', left out", ND_ERR_LIMIT, true},
    [ND_ISSUE_NO_MEMORY] = {"no_memory_to_read", "large documents that there was not enough memory to read, left out", ND_ERR_NO_MEMORY, true},
    [ND_ISSUE_MALFORMED_JSON] = {"malformed_json", "records that are not a JSON object, left out", ND_ERR_FORMAT, true},
    [ND_ISSUE_TOO_DEEP] = {"too_deep", "JSON nested deeper than 1,024 levels, left out", ND_ERR_LIMIT, true},
    [ND_ISSUE_MALFORMED_ROW] = {"malformed_row", "rows of a table that do not fit its header, left out", ND_ERR_FORMAT, true},
    [ND_ISSUE_NO_TEXT_FIELD] = {"no_text_field", "records without the text field, left out", ND_ERR_NOT_FOUND, true},
    [ND_ISSUE_NO_ID_FIELD] = {"no_id_field", "records without the id field, left out", ND_ERR_NOT_FOUND, true},
    [ND_ISSUE_FIELD_TYPE] = {"field_type", "records with a field of the wrong type, left out", ND_ERR_FORMAT, true},
    [ND_ISSUE_INVALID_UTF8] = {"invalid_utf8_lines", "JSON with invalid UTF-8, read as U+FFFD", ND_ERR_FORMAT, true},
    [ND_ISSUE_ENCODING] = {"invalid_encoding", "files with bytes that their encoding does not have, read as U+FFFD", ND_ERR_FORMAT, true},
    [ND_ISSUE_NO_PREFERENCE] = {"without_preference", "documents without the field that chooses the representative, chosen last", ND_ERR_NOT_FOUND, true},
    [ND_ISSUE_UNREADABLE_PREFERENCE] = {"unreadable_preference", "documents whose field that chooses the representative cannot be read, chosen last", ND_ERR_FORMAT, true},
    [ND_ISSUE_NO_ATTRIBUTE] = {"without_attribute", "documents without the date or source field that was named", ND_ERR_NOT_FOUND, true},
    [ND_ISSUE_UNREADABLE_ATTRIBUTE] = {"unreadable_attribute", "documents whose date or source cannot be read, taken without it", ND_ERR_FORMAT, true},
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
