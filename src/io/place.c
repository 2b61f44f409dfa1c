#include "io/place.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "io/stream.h"

nd_shown_path nd_show_path(const char *path)
{
    static const char cut[] = "...";
    const size_t most = ND_SHOWN_PATH_BYTES - sizeof cut, len = strlen(path);
    nd_shown_path shown;
    const char *from = path;
    if (len > most) {
        from += len - most;
        while (((unsigned char)*from & 0xC0) == 0x80) /* not from the middle of a character */
            from++;
    }
    snprintf(shown.text, sizeof shown.text, "%s%s", len > most ? cut : "", from);
    return shown;
}

enum { KEEP_BYTES = 1 << 16 };

/* The format of the file; ND_INPUT_AUTO: it is an archive, or cannot be read now. */
static nd_input_format find_format(const nd_allocator *allocator, const nd_reading *reading,
                                   const nd_path_entry *entry)
{
    nd_documents documents;
    nd_tally tally = {0};
    nd_error error;
    nd_stream stream;
    nd_input_format format = ND_INPUT_AUTO;
    if (nd_documents_init(&documents, allocator, reading) != ND_OK)
        return ND_INPUT_AUTO;
    nd_stream_init(&stream, allocator, reading, NULL);
    if (nd_stream_open(&stream, entry, &documents, &tally, &error) == ND_OK && stream.depth > 0 &&
        !stream.levels[0].archive)
        format = stream.levels[0].format.format;
    nd_stream_close(&stream, KEEP_BYTES);
    nd_stream_release(&stream);
    nd_documents_release(&documents);
    return format;
}

nd_shown_place nd_place_of(const nd_allocator *allocator, const nd_path_walk *walk,
                           const nd_reading *reading, uint64_t tag)
{
    nd_shown_place place = {0};
    nd_byte_vec path = {0};
    nd_path_entry entry;
    bool found = false;
    const uint64_t file = tag >> ND_INPUT_TAG_RECORD_BITS;
    const uint64_t record = tag & (((uint64_t)1 << ND_INPUT_TAG_RECORD_BITS) - 1);
    if (tag == UINT64_MAX || nd_path_walk_find(walk, file, &path, &entry, &found) != ND_OK ||
        !found) {
        ND_VEC_RELEASE(allocator, &path);
        return place;
    }
    const nd_shown_path shown = nd_show_path(entry.path);
    const nd_input_format format =
        entry.kind == ND_PATH_FILE ? find_format(allocator, reading, &entry) : ND_INPUT_AUTO;
    if (format == ND_INPUT_TEXT || format == ND_INPUT_HTML)
        snprintf(place.text, sizeof place.text, "'%s'", shown.text);
    else if (format == ND_INPUT_JSONL || format == ND_INPUT_LINES)
        snprintf(place.text, sizeof place.text, "'%s':%" PRIu64, shown.text, record + 1);
    else
        snprintf(place.text, sizeof place.text, "'%s', record %" PRIu64, shown.text, record + 1);
    ND_VEC_RELEASE(allocator, &path);
    return place;
}
