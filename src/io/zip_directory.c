/*   central | PK\1\2 ... | name | extra | comment |       one an entry, with the place of the local
 *   large   | PK\6\6 ... number, length and place of the central headers |   \ where these have no
 *   locator | PK\6\7 ... place of `large` |                                  / room in the next one
 *   end     | PK\5\6 ... the same in fewer bits | comment |
 *
 * (PKWARE, APPNOTE 6.3.9, "ZIP64".) A number that has no room in its field is all ones there, and
 * stands in 64 bits in `large`; those of an entry in a field of its `extra`. */
#include "io/zip_directory.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "io/place.h"
#include "io/record_visit.h"

enum {
    LARGE_SIGNATURE = 0x06064b50,   /* PK\6\6 */
    LOCATOR_SIGNATURE = 0x07064b50, /* PK\6\7 */
    LARGE_BYTES = 56,
    LOCATOR_BYTES = 20,
    END_BYTES = 22,
    MOST_COMMENT = 0xFFFF,
    LARGE_VERSION = 45, /* of the format: the first with 64 bits */
    LARGE_NUMBERS = 3,
};

uint64_t nd_zip_number(const char *p, size_t len)
{
    uint64_t number = 0;
    for (size_t i = len; i-- > 0;)
        number = number << 8 | (unsigned char)p[i];
    return number;
}

void nd_zip_set_number(char *p, size_t len, uint64_t number)
{
    for (size_t i = 0; i < len; i++)
        p[i] = (char)(number >> i * 8 & 0xFF);
}

size_t nd_zip_extra_without(char *p, size_t len, unsigned id)
{
    size_t kept = 0, at = 0;
    while (len - at >= 4) {
        const size_t field = 4 + (size_t)nd_zip_number(p + at + 2, 2);
        if (field > len - at)
            break;
        if (nd_zip_number(p + at, 2) != id) {
            memmove(p + kept, p + at, field);
            kept += field;
        }
        at += field;
    }
    memmove(p + kept, p + at, len - at); /* what is no field */
    return kept + (len - at);
}

/* ---- reading ---- */

/* What is being read. */
typedef struct reading {
    nd_zip_directory *directory;
    int fd;
    const char *path;
    uint64_t num; /* entries that there are said to be */
    nd_error *error;
} reading;

static nd_status refuse(const reading *r, const char *why)
{
    return nd_error_set(r->error, ND_ERR_UNSUPPORTED, "'%s' cannot be written again: %s",
                        nd_show_path(r->path).text, why);
}

static nd_status read_at(const reading *r, uint64_t at, char *to, size_t len)
{
    return nd_read_at(r->fd, r->path, at, to, len, r->error);
}

/* Finds the end record, which a comment may follow. */
static nd_status find_end(const reading *r, uint64_t size)
{
    nd_byte_vec *const end = &r->directory->end;
    const size_t len = size < END_BYTES + MOST_COMMENT ? (size_t)size : END_BYTES + MOST_COMMENT;
    nd_status status = ND_VEC_RESERVE(&r->directory->allocator, end, len + 1);
    if (status == ND_OK)
        status = read_at(r, size - len, end->items, len);
    if (status != ND_OK)
        return status;
    for (size_t at = len < END_BYTES ? 0 : len - END_BYTES + 1; at-- > 0;) {
        const char *const p = end->items + at;
        if (memcmp(p, "PK\5\6", 4) != 0 || nd_zip_number(p + 20, 2) != len - at - END_BYTES)
            continue;
        end->len = len - at;
        memmove(end->items, p, end->len);
        return ND_OK;
    }
    return refuse(r, "it has no directory at its end");
}

/* Where the directory is, and of how many entries. *at: where what was read so far begins, which it
 * ends at. */
static nd_status find_large(const reading *r, uint64_t *at, uint64_t *num, uint64_t *len,
                            uint64_t *begin)
{
    char locator[LOCATOR_BYTES] = "", large[LARGE_BYTES] = "";
    nd_status status = ND_OK;
    if (*at >= LOCATOR_BYTES)
        status = read_at(r, *at - LOCATOR_BYTES, locator, sizeof locator);
    if (status != ND_OK || memcmp(locator, "PK\6\7", 4) != 0)
        return status;
    const uint64_t place = nd_zip_number(locator + 8, 8), locator_at = *at - LOCATOR_BYTES;
    if (place > locator_at || locator_at - place < LARGE_BYTES)
        return ND_OK;
    status = read_at(r, place, large, sizeof large);
    if (status != ND_OK || memcmp(large, "PK\6\6", 4) != 0 ||
        nd_zip_number(large + 4, 8) != locator_at - place - 12 ||
        nd_zip_number(large + 16, 4) != nd_zip_number(large + 20, 4) ||
        nd_zip_number(large + 24, 8) != nd_zip_number(large + 32, 8))
        return status;
    *at = place;
    *num = nd_zip_number(large + 32, 8);
    *len = nd_zip_number(large + 40, 8);
    *begin = nd_zip_number(large + 48, 8);
    return ND_OK;
}

static int compare_entries(const void *a, const void *b)
{
    const nd_zip_entry *const x = a, *const y = b;
    return (x->local > y->local) - (x->local < y->local);
}

/* Whether a local header stands there, of an entry that ends before the next one. */
static nd_status check_entry(const reading *r, size_t i)
{
    char header[ND_ZIP_LOCAL_BYTES];
    const nd_zip_entry *const entry = &r->directory->entries.items[i];
    const uint64_t end = nd_zip_entry_end(r->directory, i);
    if (end < entry->local || end - entry->local < ND_ZIP_LOCAL_BYTES)
        return refuse(r, "its entries overlap");
    const nd_status status = read_at(r, entry->local, header, sizeof header);
    if (status != ND_OK)
        return status;
    const uint64_t begin =
        ND_ZIP_LOCAL_BYTES + nd_zip_number(header + 26, 2) + nd_zip_number(header + 28, 2);
    const uint64_t room = end - entry->local;
    if (memcmp(header, "PK\3\4", 4) != 0 || begin > room || entry->packed_bytes > room - begin)
        return refuse(r, "its directory tells of other entries");
    return ND_OK;
}

/* Takes the numbers of an entry that stand in its extra field, in this order. */
static void take_large(const char *central, nd_zip_entry *entry)
{
    uint64_t *const numbers[LARGE_NUMBERS] = {&entry->bytes, &entry->packed_bytes, &entry->local};
    const char *const extra = central + ND_ZIP_CENTRAL_BYTES + nd_zip_number(central + 28, 2);
    const size_t len = (size_t)nd_zip_number(central + 30, 2);
    for (size_t i = 0; i + 4 <= len; i += 4 + (size_t)nd_zip_number(extra + i + 2, 2)) {
        const size_t field = (size_t)nd_zip_number(extra + i + 2, 2);
        if (nd_zip_number(extra + i, 2) != ND_ZIP_EXTRA_LARGE || field > len - i - 4)
            continue;
        size_t at = 0;
        for (size_t k = 0; k < LARGE_NUMBERS; k++)
            if (*numbers[k] == UINT32_MAX && at + 8 <= field) {
                *numbers[k] = nd_zip_number(extra + i + 4 + at, 8);
                at += 8;
            }
        return;
    }
}

static nd_status list_entries(const reading *r)
{
    nd_zip_directory *const d = r->directory;
    size_t at = 0;
    while (at < d->bytes.len) {
        const char *const p = d->bytes.items + at;
        const size_t left = d->bytes.len - at;
        if (left < ND_ZIP_CENTRAL_BYTES || memcmp(p, "PK\1\2", 4) != 0)
            break;
        const uint64_t len = ND_ZIP_CENTRAL_BYTES + nd_zip_number(p + 28, 2) +
                             nd_zip_number(p + 30, 2) + nd_zip_number(p + 32, 2);
        if (len > left)
            break;
        if (nd_zip_number(p + 34, 2) != 0)
            return refuse(r, "it is one of several files");
        const nd_status status = ND_VEC_RESERVE(&d->allocator, &d->entries, 1);
        if (status != ND_OK)
            return status;
        nd_zip_entry *const entry = &d->entries.items[d->entries.len++];
        *entry = (nd_zip_entry){.local = nd_zip_number(p + 42, 4),
                                .central = at,
                                .bytes = nd_zip_number(p + 24, 4),
                                .packed_bytes = nd_zip_number(p + 20, 4)};
        take_large(p, entry);
        at += (size_t)len;
    }
    if (at < d->bytes.len || d->entries.len != r->num)
        return refuse(r, "its directory is damaged");
    if (r->num > 1)
        qsort(d->entries.items, d->entries.len, sizeof *d->entries.items, compare_entries);
    nd_status status = ND_OK;
    for (size_t i = 0; i < d->entries.len && status == ND_OK; i++)
        status = check_entry(r, i);
    return status;
}

nd_status nd_zip_directory_read(nd_zip_directory *directory, int fd, const char *path,
                                const nd_allocator *allocator, nd_error *error)
{
    nd_zip_directory *const d = directory;
    reading r = {d, fd, path, 0, error};
    struct stat info;
    d->allocator = *allocator;
    if (fstat(fd, &info) != 0 || info.st_size < END_BYTES)
        return refuse(&r, "it has no directory at its end");
    const uint64_t size = (uint64_t)info.st_size;
    nd_status status = find_end(&r, size);
    if (status != ND_OK)
        return status;
    const char *const end = d->end.items;
    uint64_t begins = size - d->end.len, len = nd_zip_number(end + 12, 4);
    r.num = nd_zip_number(end + 10, 2);
    d->at = nd_zip_number(end + 16, 4);
    if (nd_zip_number(end + 4, 4) != 0 || r.num != nd_zip_number(end + 8, 2))
        return refuse(&r, "it is one of several files");
    status = find_large(&r, &begins, &r.num, &len, &d->at);
    if (status != ND_OK)
        return status;
    if (d->at > begins || len != begins - d->at)
        return refuse(&r, "its directory does not stand at its end");
    status = ND_VEC_RESERVE(&d->allocator, &d->bytes, (size_t)len + 1);
    if (status == ND_OK)
        status = read_at(&r, d->at, d->bytes.items, (size_t)len);
    d->bytes.len = (size_t)len;
    return status == ND_OK ? list_entries(&r) : status;
}

uint64_t nd_zip_entry_end(const nd_zip_directory *directory, size_t entry)
{
    return entry + 1 < directory->entries.len ? directory->entries.items[entry + 1].local
                                              : directory->at;
}

void nd_zip_directory_release(nd_zip_directory *directory)
{
    ND_VEC_RELEASE(&directory->allocator, &directory->bytes);
    ND_VEC_RELEASE(&directory->allocator, &directory->end);
    ND_VEC_RELEASE(&directory->allocator, &directory->entries);
}

/* ---- writing ---- */

/* Sets a number of 32 bits, or puts it into the field of large ones. */
static void set_or_add(char *to, uint64_t number, char *large, size_t *large_len)
{
    nd_zip_set_number(to, 4, number < UINT32_MAX ? number : UINT32_MAX);
    if (number < UINT32_MAX)
        return;
    nd_zip_set_number(large + *large_len, 8, number);
    *large_len += 8;
}

nd_status nd_zip_listing_add(nd_zip_listing *listing, const nd_allocator *allocator,
                             const char *central, const nd_zip_entry *entry)
{
    const size_t name = (size_t)nd_zip_number(central + 28, 2);
    const size_t extra = (size_t)nd_zip_number(central + 30, 2);
    const size_t comment = (size_t)nd_zip_number(central + 32, 2);
    char large[4 + 8 * LARGE_NUMBERS];
    size_t large_len = 4;
    nd_byte_vec *const to = &listing->bytes;
    const nd_status status =
        ND_VEC_RESERVE(allocator, to, ND_ZIP_CENTRAL_BYTES + name + extra + comment + sizeof large);
    if (status != ND_OK)
        return status;
    char *const header = to->items + to->len;
    memcpy(header, central, ND_ZIP_CENTRAL_BYTES + name + extra);
    set_or_add(header + 24, entry->bytes, large, &large_len);
    set_or_add(header + 20, entry->packed_bytes, large, &large_len);
    set_or_add(header + 42, entry->local, large, &large_len);
    char *const fields = header + ND_ZIP_CENTRAL_BYTES + name;
    size_t kept = nd_zip_extra_without(fields, extra, ND_ZIP_EXTRA_LARGE);
    if (large_len > 4 && kept + large_len > UINT16_MAX)
        return ND_ERR_LIMIT;
    if (large_len > 4) {
        nd_zip_set_number(large, 2, ND_ZIP_EXTRA_LARGE);
        nd_zip_set_number(large + 2, 2, large_len - 4);
        memcpy(fields + kept, large, large_len);
        kept += large_len;
        if (nd_zip_number(header + 6, 2) < LARGE_VERSION)
            nd_zip_set_number(header + 6, 2, LARGE_VERSION);
    }
    nd_zip_set_number(header + 30, 2, kept);
    memcpy(fields + kept, central + ND_ZIP_CENTRAL_BYTES + name + extra, comment);
    to->len += ND_ZIP_CENTRAL_BYTES + name + kept + comment;
    listing->num++;
    return ND_OK;
}

nd_status nd_zip_listing_end(nd_zip_listing *listing, const nd_allocator *allocator, uint64_t at,
                             const nd_byte_vec *end)
{
    nd_byte_vec *const to = &listing->bytes;
    const uint64_t len = to->len;
    const bool is_large = listing->num >= UINT16_MAX || len >= UINT32_MAX || at >= UINT32_MAX;
    const nd_status status = ND_VEC_RESERVE(allocator, to, LARGE_BYTES + LOCATOR_BYTES + end->len);
    if (status != ND_OK)
        return status;
    if (is_large) {
        char *const large = to->items + to->len, *const locator = large + LARGE_BYTES;
        memset(large, 0, LARGE_BYTES + LOCATOR_BYTES);
        nd_zip_set_number(large, 4, LARGE_SIGNATURE);
        nd_zip_set_number(large + 4, 8, LARGE_BYTES - 12);
        nd_zip_set_number(large + 12, 2, LARGE_VERSION);
        nd_zip_set_number(large + 14, 2, LARGE_VERSION);
        nd_zip_set_number(large + 24, 8, listing->num);
        nd_zip_set_number(large + 32, 8, listing->num);
        nd_zip_set_number(large + 40, 8, len);
        nd_zip_set_number(large + 48, 8, at);
        nd_zip_set_number(locator, 4, LOCATOR_SIGNATURE);
        nd_zip_set_number(locator + 8, 8, at + len);
        nd_zip_set_number(locator + 16, 4, 1);
        to->len += LARGE_BYTES + LOCATOR_BYTES;
    }
    char *const p = to->items + to->len;
    memcpy(p, end->items, end->len);
    to->len += end->len;
    nd_zip_set_number(p + 8, 2, listing->num < UINT16_MAX ? listing->num : UINT16_MAX);
    nd_zip_set_number(p + 10, 2, listing->num < UINT16_MAX ? listing->num : UINT16_MAX);
    nd_zip_set_number(p + 12, 4, len < UINT32_MAX ? len : UINT32_MAX);
    nd_zip_set_number(p + 16, 4, at < UINT32_MAX ? at : UINT32_MAX);
    return ND_OK;
}
