/*   file     | journal_head | terms | entry | entry | ...
 *   entry    | entry_head | subject | bytes |
 *
 * Each head has a checksum of its own, seeded with the journal's number and its place, so that
 * nothing is taken for an entry that was not written there. An entry is appended by one write under
 * the lock: what a process that was killed leaves unfinished is the last one, which is cut off.
 * Bytes are checked when they are read.
 *
 * The file is locked (flock) as long as it is open. */
#include "io/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "io/leftovers.h"
#include "io/place.h"
#include "util/error.h"
#include "util/threads.h"
#include "util/u64_map.h"
#include "util/xxh.h"

enum { JOURNAL_VERSION = 2, TERMS_MAX_BYTES = 1 << 20, LOSS_BYTES = 512 };

static const char MAGIC[16] = "neardup resume\n";

typedef struct journal_head {
    char magic[16];
    uint64_t check; /* of what follows, and of the terms */
    uint64_t version;
    uint64_t seed;
    uint64_t terms_len;
} journal_head;

typedef struct entry_head {
    uint64_t check; /* of what follows, but not of the bytes */
    uint64_t bytes_check;
    nd_journal_key key;
    uint64_t len; /* of subject and bytes */
    uint32_t subject_len;
    uint32_t kind;
} entry_head;

/* An entry that there is. */
typedef struct entry {
    entry_head head;
    uint64_t at;    /* of the head */
    bool is_needed; /* it was asked for, or written by this run */
} entry;

struct nd_journal {
    nd_allocator allocator;
    nd_byte_vec path; /* terminated */
    int fd;
    uint64_t seed;
    uint64_t begin, end; /* of the entries */
    bool goes_on, is_finished;
    bool is_ours;         /* all of it was read, or it was begun: it may be removed */
    pthread_mutex_t lock; /* of what follows, and of `end` */
    bool has_lock;
    ND_VEC(entry) entries;
    nd_u64_map by_key; /* low half -> place in entries */
    nd_byte_vec scratch;
    uint64_t num_damaged;
    char loss[LOSS_BYTES];     /* that was seen when it was opened */
    char unneeded[LOSS_BYTES]; /* or later */
};

static nd_status fail(const nd_journal *journal, const char *doing, nd_error *error)
{
    return nd_error_set(error, ND_ERR_IO, "cannot %s '%s': %s", doing,
                        nd_show_path(journal->path.items).text, strerror(errno));
}

static bool read_at(const nd_journal *journal, uint64_t at, void *bytes, size_t len)
{
    char *p = bytes;
    while (len > 0) {
        const ssize_t got = pread(journal->fd, p, len, (off_t)at);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0) {
            errno = got == 0 ? EIO : errno;
            return false;
        }
        p += got;
        at += (uint64_t)got;
        len -= (size_t)got;
    }
    return true;
}

static bool write_at(const nd_journal *journal, uint64_t at, const void *bytes, size_t len)
{
    const char *p = bytes;
    while (len > 0) {
        const ssize_t put = pwrite(journal->fd, p, len, (off_t)at);
        if (put < 0 && errno == EINTR)
            continue;
        if (put <= 0) {
            errno = put == 0 ? ENOSPC : errno;
            return false;
        }
        p += put;
        at += (uint64_t)put;
        len -= (size_t)put;
    }
    return true;
}

static uint64_t head_check(const entry_head *head, uint64_t seed, uint64_t at)
{
    return XXH3_64bits_withSeed((const char *)head + sizeof head->check,
                                sizeof *head - sizeof head->check, seed ^ at);
}

static uint64_t journal_check(const journal_head *head, const char *terms, size_t terms_len)
{
    const size_t before = offsetof(journal_head, version);
    const uint64_t seed = XXH3_64bits((const char *)head + before, sizeof *head - before);
    return XXH3_64bits_withSeed(terms, terms_len, seed);
}

/* ---- what was there ---- */

/* Why another run's journal is of no use: its first line that these terms lack. */
static void explain_terms(nd_journal *journal, const char *old, const char *terms)
{
    while (*old && *terms) {
        const size_t old_len = strcspn(old, "\n"), len = strcspn(terms, "\n");
        if (old_len != len || memcmp(old, terms, len) != 0) {
            snprintf(
                journal->loss, sizeof journal->loss,
                "'%.*s' is not what it was when the run was interrupted, '%.*s': it starts anew",
                (int)(len < 180 ? len : 180), terms, (int)(old_len < 180 ? old_len : 180), old);
            return;
        }
        old += old_len + (old[old_len] == '\n');
        terms += len + (terms[len] == '\n');
    }
    snprintf(journal->loss, sizeof journal->loss,
             "the options are not those of the run that was interrupted: it starts anew");
}

/* Reads the head of a journal: whether it can be gone on with. Not, with a loss that says why, or
 * without one where nothing was ever written. */
static nd_status read_head(nd_journal *journal, uint64_t size, const char *terms, size_t terms_len,
                           bool *is_usable, nd_error *error)
{
    journal_head head;
    *is_usable = false;
    if (size == 0)
        return ND_OK;
    const size_t known = size < sizeof head ? (size_t)size : sizeof head;
    if (!read_at(journal, 0, &head, known))
        return fail(journal, "read", error);
    if (memcmp(head.magic, MAGIC, known < sizeof MAGIC ? known : sizeof MAGIC) != 0)
        return nd_error_set(error, ND_ERR_EXISTS,
                            "'%s' is in the way: it was not made by '--resume'; move it elsewhere",
                            nd_show_path(journal->path.items).text);
    if (known < sizeof head) /* ended before the first entry */
        return ND_OK;
    if (head.version != JOURNAL_VERSION) {
        snprintf(journal->loss, sizeof journal->loss,
                 "'%s' is of another version: the run starts anew",
                 nd_show_path(journal->path.items).text);
        return ND_OK;
    }
    const bool has_terms =
        head.terms_len <= TERMS_MAX_BYTES && head.terms_len <= size - sizeof head;
    const size_t old_len = has_terms ? (size_t)head.terms_len : 0;
    nd_byte_vec *const old = &journal->scratch;
    old->len = 0;
    const nd_status status = ND_VEC_RESERVE(&journal->allocator, old, old_len + 1);
    if (status != ND_OK)
        return status;
    if (!read_at(journal, sizeof head, old->items, old_len))
        return fail(journal, "read", error);
    old->items[old_len] = '\0';
    if (!has_terms || head.check != journal_check(&head, old->items, old_len) || head.seed == 0) {
        snprintf(journal->loss, sizeof journal->loss, "'%s' is damaged: the run starts anew",
                 nd_show_path(journal->path.items).text);
        return ND_OK;
    }
    *is_usable = old_len == terms_len && memcmp(old->items, terms, terms_len) == 0;
    if (!*is_usable)
        explain_terms(journal, old->items, terms);
    journal->seed = head.seed;
    journal->begin = sizeof head + old_len;
    return ND_OK;
}

/* Where the same key comes again, the later entry counts. */
static nd_status list_entry(nd_journal *journal, const entry_head *head, uint64_t at,
                            bool is_needed)
{
    nd_status status = ND_VEC_RESERVE(&journal->allocator, &journal->entries, 1);
    if (status == ND_OK)
        status = nd_u64_map_reserve(&journal->by_key, 1);
    if (status != ND_OK)
        return status;
    const uint64_t *const before = nd_u64_map_find(&journal->by_key, head->key.low);
    if (before)
        journal->entries.items[*before].is_needed = true; /* what has its place is looked for */
    nd_u64_map_set(&journal->by_key, head->key.low, journal->entries.len);
    journal->entries.items[journal->entries.len++] = (entry){*head, at, is_needed};
    return ND_OK;
}

/* Lists the entries, up to one that is not whole. */
static nd_status list_entries(nd_journal *journal, uint64_t size, nd_error *error)
{
    entry_head head;
    nd_status status = ND_OK;
    uint64_t at = journal->begin;
    bool is_torn = false;
    while (status == ND_OK && size - at >= sizeof head) {
        if (!read_at(journal, at, &head, sizeof head))
            return fail(journal, "read", error);
        const bool is_right =
            head.check == head_check(&head, journal->seed, at) && head.subject_len <= head.len;
        is_torn = is_right && head.len > size - at - sizeof head;
        if (!is_right) {
            snprintf(journal->loss, sizeof journal->loss,
                     "'%s' is damaged at byte %" PRIu64 ": what came after it is done anew",
                     nd_show_path(journal->path.items).text, at);
            break;
        }
        if (is_torn)
            break;
        status = list_entry(journal, &head, at, false);
        at += sizeof head + head.len;
    }
    journal->end = at;
    return status;
}

/* Empties it for these terms. */
static nd_status begin_anew(nd_journal *journal, const char *terms, size_t terms_len,
                            nd_error *error)
{
    journal_head head = {.version = JOURNAL_VERSION, .terms_len = terms_len};
    do
        head.seed = nd_random_seed();
    while (head.seed == 0);
    memcpy(head.magic, MAGIC, sizeof MAGIC);
    head.check = journal_check(&head, terms, terms_len);
    journal->seed = head.seed;
    journal->begin = journal->end = sizeof head + terms_len;
    journal->is_ours = true;
    if (ftruncate(journal->fd, 0) != 0 || !write_at(journal, 0, &head, sizeof head) ||
        !write_at(journal, sizeof head, terms, terms_len))
        return fail(journal, "write", error);
    return ND_OK;
}

/* Whether the open file is still the one of that path: who had the lock before may have removed it.
 */
static bool is_in_place(const nd_journal *journal, const struct stat *info)
{
    struct stat there;
    return lstat(journal->path.items, &there) == 0 && there.st_dev == info->st_dev &&
           there.st_ino == info->st_ino;
}

static nd_status open_locked(nd_journal *journal, struct stat *info, nd_error *error)
{
    journal->fd =
        open(journal->path.items, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
    if (journal->fd < 0 || fstat(journal->fd, info) != 0)
        return fail(journal, "open", error);
    if (!S_ISREG(info->st_mode))
        return nd_error_set(error, ND_ERR_EXISTS, "'%s' is in the way: it is no file",
                            nd_show_path(journal->path.items).text);
    if (nd_lock_take(journal->fd) == EWOULDBLOCK)
        return nd_error_set(error, ND_ERR_BUSY, "'%s' is used by another run",
                            nd_show_path(journal->path.items).text);
    if (fstat(journal->fd, info) != 0)
        return fail(journal, "open", error);
    return ND_OK;
}

static nd_status open_file(nd_journal *journal, uint64_t *size, nd_error *error)
{
    struct stat info = {0};
    nd_status status;
    while ((status = open_locked(journal, &info, error)) == ND_OK && !is_in_place(journal, &info))
        close(journal->fd);
    *size = status == ND_OK ? (uint64_t)info.st_size : 0;
    return status;
}

static nd_status open_all(nd_journal *journal, const char *terms, size_t terms_len, nd_error *error)
{
    uint64_t size = 0;
    bool is_usable = false;
    nd_status status = open_file(journal, &size, error);
    if (status == ND_OK)
        status = read_head(journal, size, terms, terms_len, &is_usable, error);
    if (status == ND_OK && is_usable)
        status = list_entries(journal, size, error);
    else if (status == ND_OK)
        status = begin_anew(journal, terms, terms_len, error);
    journal->goes_on = journal->entries.len > 0;
    if (status == ND_OK && is_usable && ftruncate(journal->fd, (off_t)journal->end) != 0)
        status = fail(journal, "write", error);
    journal->is_ours |= status == ND_OK;
    return status;
}

nd_status nd_journal_open(const char *path, const char *terms, size_t terms_len_bytes,
                          const nd_allocator *allocator, nd_journal **out, nd_error *error)
{
    *out = NULL;
    const nd_allocator a = nd_allocator_or_default(allocator);
    nd_journal *const journal = nd_alloc_zeroed(&a, 1, sizeof *journal);
    nd_status status = ND_ERR_NO_MEMORY;
    if (journal) {
        journal->allocator = a;
        journal->fd = -1;
        nd_u64_map_init(&journal->by_key, &a);
        status = nd_bytes_append(&a, &journal->path, path, strlen(path) + 1);
        journal->has_lock = pthread_mutex_init(&journal->lock, NULL) == 0;
        if (!journal->has_lock)
            status = ND_ERR_NO_MEMORY;
        if (status == ND_OK)
            status = open_all(journal, terms, terms_len_bytes, error);
    }
    if (status == ND_ERR_NO_MEMORY)
        nd_error_set(error, status, "%s", nd_status_message(status));
    if (status == ND_OK)
        *out = journal;
    else
        nd_journal_close(journal);
    return status;
}

bool nd_journal_goes_on(const nd_journal *journal)
{
    return journal->goes_on;
}

uint64_t nd_journal_seed(const nd_journal *journal)
{
    return journal->seed;
}

int nd_journal_descriptor(const nd_journal *journal)
{
    return journal->fd;
}

const char *nd_journal_path(const nd_journal *journal)
{
    return journal->path.items;
}

bool nd_journal_is_empty(nd_journal *journal)
{
    pthread_mutex_lock(&journal->lock);
    const bool is_empty = journal->entries.len == 0;
    pthread_mutex_unlock(&journal->lock);
    return is_empty;
}

/* ---- entries ---- */

static entry *find_entry(const nd_journal *journal, nd_journal_key key)
{
    const uint64_t *const place = nd_u64_map_find(&journal->by_key, key.low);
    entry *const found = place ? &journal->entries.items[*place] : NULL;
    return found && found->head.key.high == key.high ? found : NULL;
}

nd_status nd_journal_find(nd_journal *journal, nd_journal_key key, nd_byte_vec *out, bool *found,
                          nd_error *error)
{
    entry one = {0};
    *found = false;
    pthread_mutex_lock(&journal->lock);
    entry *const there = find_entry(journal, key);
    if (there) {
        there->is_needed = true;
        one = *there;
    }
    pthread_mutex_unlock(&journal->lock);
    if (!there)
        return ND_OK;
    const size_t len = (size_t)one.head.len - one.head.subject_len;
    out->len = 0;
    const nd_status status = ND_VEC_RESERVE(&journal->allocator, out, len);
    if (status != ND_OK)
        return status;
    if (!read_at(journal, one.at + sizeof one.head + one.head.subject_len, out->items, len))
        return fail(journal, "read", error);
    out->len = len;
    *found = XXH3_64bits(out->items, len) == one.head.bytes_check;
    if (!*found) {
        pthread_mutex_lock(&journal->lock);
        journal->num_damaged++;
        pthread_mutex_unlock(&journal->lock);
    }
    return ND_OK;
}

/* Under the lock. */
static nd_status append(nd_journal *journal, const entry_head *head, nd_error *error)
{
    nd_byte_vec *const all = &journal->scratch;
    const uint64_t at = journal->end;
    entry_head there = *head;
    there.check = head_check(&there, journal->seed, at);
    memcpy(all->items, &there, sizeof there);
    if (!write_at(journal, at, all->items, all->len)) {
        const nd_status status = fail(journal, "write", error);
        const int is_left = ftruncate(journal->fd, (off_t)at);
        (void)is_left; /* the next run cuts it off, too */
        return status;
    }
    journal->end = at + all->len;
    return list_entry(journal, &there, at, true);
}

nd_status nd_journal_add(nd_journal *journal, nd_journal_kind kind, nd_journal_key key,
                         nd_journal_subject subject, const void *bytes, size_t len_bytes,
                         nd_error *error)
{
    const entry_head head = {.bytes_check = XXH3_64bits(bytes, len_bytes),
                             .key = key,
                             .len = subject.len_bytes + len_bytes,
                             .subject_len = (uint32_t)subject.len_bytes,
                             .kind = (uint32_t)kind};
    const nd_allocator *const a = &journal->allocator;
    pthread_mutex_lock(&journal->lock);
    journal->scratch.len = 0;
    nd_status status = nd_bytes_append(a, &journal->scratch, &head, sizeof head);
    if (status == ND_OK)
        status = nd_bytes_append(a, &journal->scratch, subject.p, subject.len_bytes);
    if (status == ND_OK)
        status = nd_bytes_append(a, &journal->scratch, bytes, len_bytes);
    if (status == ND_OK)
        status = append(journal, &head, error);
    pthread_mutex_unlock(&journal->lock);
    return status;
}

/* ---- the end ---- */

uint64_t nd_journal_file_state(const char *path)
{
    struct stat info;
    if (stat(path, &info) != 0)
        return 0;
    const int64_t all[] = {(int64_t)info.st_dev,          (int64_t)info.st_ino,
                           (int64_t)info.st_size,         (int64_t)info.st_mtim.tv_sec,
                           (int64_t)info.st_mtim.tv_nsec, (int64_t)info.st_ctim.tv_sec,
                           (int64_t)info.st_ctim.tv_nsec};
    return XXH3_64bits(all, sizeof all) | 1;
}

/* The first file of the subject that is not what it was; else the first of all, *is_changed false.
 */
static const char *find_changed(const char *p, size_t len, bool *is_changed)
{
    const char *const first = p;
    uint64_t state;
    *is_changed = false;
    while (len > 0) {
        const size_t used = strnlen(p, len) + 1;
        if (len < used + sizeof state)
            break;
        memcpy(&state, p + used, sizeof state);
        *is_changed = state != nd_journal_file_state(p);
        if (*is_changed)
            return p;
        p += used + sizeof state;
        len -= used + sizeof state;
    }
    return first;
}

static void name_unneeded(nd_journal *journal, const entry *first, uint64_t num)
{
    const size_t len = first->head.subject_len;
    nd_byte_vec *const subject = &journal->scratch;
    bool is_changed = true;
    const char *path = "?";
    subject->len = 0;
    if (ND_VEC_RESERVE(&journal->allocator, subject, len + 1) == ND_OK &&
        read_at(journal, first->at + sizeof first->head, subject->items, len)) {
        subject->items[len] = '\0';
        path = find_changed(subject->items, len, &is_changed);
    }
    snprintf(journal->unneeded, sizeof journal->unneeded,
             is_changed ? "'%s' is not what it was when the run was interrupted; parts of the "
                          "input that are read anew: %" PRIu64
                        : "files before '%s' were added or removed since the run was interrupted; "
                          "parts of the input that are read anew: %" PRIu64,
             nd_show_path(path).text, num);
}

const char *nd_journal_loss(nd_journal *journal)
{
    const entry *first = NULL;
    uint64_t num = 0;
    pthread_mutex_lock(&journal->lock);
    for (size_t i = 0; i < journal->entries.len; i++) {
        const entry *const one = &journal->entries.items[i];
        if (one->is_needed || one->head.kind != ND_JOURNAL_WHOLE)
            continue;
        num++;
        first = first ? first : one;
    }
    journal->unneeded[0] = '\0';
    if (journal->num_damaged > 0)
        snprintf(journal->unneeded, sizeof journal->unneeded,
                 "'%s' is damaged; parts of the input that are read anew: %" PRIu64,
                 nd_show_path(journal->path.items).text, journal->num_damaged);
    else if (first)
        name_unneeded(journal, first, num);
    pthread_mutex_unlock(&journal->lock);
    return journal->loss[0] ? journal->loss : journal->unneeded;
}

void nd_journal_finish(nd_journal *journal)
{
    journal->is_finished = true;
}

void nd_journal_close(nd_journal *journal)
{
    if (!journal)
        return;
    if (journal->is_ours && (journal->is_finished || journal->entries.len == 0))
        (void)unlink(journal->path.items); /* while it is locked */
    if (journal->fd >= 0)
        close(journal->fd);
    if (journal->has_lock)
        pthread_mutex_destroy(&journal->lock);
    const nd_allocator a = journal->allocator;
    ND_VEC_RELEASE(&a, &journal->path);
    ND_VEC_RELEASE(&a, &journal->entries);
    ND_VEC_RELEASE(&a, &journal->scratch);
    nd_u64_map_release(&journal->by_key);
    nd_release(&a, journal);
}
