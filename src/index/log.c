/*   file:   | head, 4,096 bytes | frame | frame | ... | zeros: room for what comes |
 *
 *   head:   | "neardup log\n" | salt, 8 bytes at 16 | mark at 64 | mark at 128 | zeros |
 *   mark:   | committed, 8 | frames, 8 | state, 8 | checksum, 8 |
 *   frame:  | magic 4 | flags 4 | number 8 | bytes of the records 8 | their checksum 8 |
 *           | checksum of the 32 bytes before 8 | records (change.h) ... |
 *
 * A commit is some frames, the last of which says so. They are written behind what is committed,
 * then synced, then a mark is written, which is not: after a crash of the machine the frames speak
 * for themselves. The two marks are written in turn, so that one is whole at any time. Checksums
 * are seeded with the log's salt and the place of what they are of: no text that somebody sends in
 * can pass for a frame. Room is taken ahead of need: a disk that fills up is noticed before
 * anything is written, a sync need not wait for the file's length, and a copy that lacks the end of
 * the file is whole. */
#include "index/log.h"

#include <string.h>
#include <time.h>
#include <unistd.h>

#include "index/manifest.h"
#include "util/error.h"

enum {
    HEAD_BYTES = 4096,
    SALT_AT = 16,
    MARK_AT = 64, /* and every MARK_BYTES */
    MARK_STEP = 64,
    NUM_MARKS = 2,
    FRAME_MAGIC = 0x4d52464e, /* "NFRM" */
    FLAG_LAST = 1,            /* of its commit */
    RELIEVED_BYTES = 8 << 20, /* of a frame */
    WINDOW_BYTES = 256 << 10, /* read at a time */
    LEAST_ROOM = 64 << 10,
    MOST_ROOM = 16 << 20,
};

static const char MAGIC[] = "neardup log\n";

typedef struct frame {
    uint32_t magic, flags;
    uint64_t number;
    uint64_t bytes;
    uint64_t records_checksum;
    uint64_t checksum;
} frame;

/* --- marks --- */

typedef struct stored_mark {
    nd_log_mark mark;
    uint64_t checksum;
} stored_mark;

static nd_status write_mark(nd_log *log, const nd_log_mark *mark, nd_error *error)
{
    const uint64_t slot = log->next_mark;
    const uint64_t at = MARK_AT + slot * MARK_STEP;
    const stored_mark stored = {*mark, nd_checksum(mark, sizeof *mark, log->salt ^ slot)};
    const nd_status status = nd_file_write(&log->file, at, &stored, sizeof stored, error);
    if (status == ND_OK) {
        log->mark = *mark;
        log->next_mark = (log->next_mark + 1) % NUM_MARKS;
    }
    return status;
}

/* The later of the marks that are whole, and which is the other. A reader may meet one half
 * written: the other one is as it was then. */
static nd_status read_marks(const nd_log *log, const char *head, nd_log_mark *mark, uint32_t *other,
                            nd_error *error)
{
    bool is_found = false;
    for (uint32_t slot = 0; slot < NUM_MARKS; slot++) {
        stored_mark stored;
        memcpy(&stored, head + (size_t)slot * MARK_STEP, sizeof stored);
        if (stored.mark.committed < HEAD_BYTES ||
            !nd_checksum_holds(stored.checksum, &stored.mark, sizeof stored.mark, log->salt ^ slot))
            continue;
        if (is_found && stored.mark.frames + stored.mark.state < mark->frames + mark->state)
            continue;
        *mark = stored.mark;
        *other = (slot + 1) % NUM_MARKS;
        is_found = true;
    }
    return is_found ? ND_OK : nd_file_damaged(&log->file, error, "it does not say how far it goes");
}

/* Both marks may be met half written where the writer makes one right after the other. */
static nd_status look(const nd_log *log, nd_log_mark *mark, uint32_t *other, nd_error *error)
{
    enum { TRIES = 10 };
    char marks[NUM_MARKS * MARK_STEP];
    nd_status status = ND_ERR_FORMAT;
    for (int i = 0; i < TRIES && status == ND_ERR_FORMAT; i++) {
        status = nd_file_read(&log->file, MARK_AT, marks, sizeof marks, error);
        if (status == ND_OK)
            status = read_marks(log, marks, mark, other, error);
    }
    return status;
}

nd_status nd_log_look(const nd_log *log, nd_log_mark *mark, nd_error *error)
{
    uint32_t other;
    return look(log, mark, &other, error);
}

/* --- life --- */

/* Not to be guessed by whoever sends texts in, nor the same in two logs. */
static uint64_t make_salt(const nd_log *log)
{
    struct timespec now[2];
    clock_gettime(CLOCK_REALTIME, &now[0]);
    clock_gettime(CLOCK_MONOTONIC, &now[1]);
    const uint64_t salt = nd_checksum(now, sizeof now, (uint64_t)getpid());
    return salt ^ (uint64_t)(uintptr_t)log;
}

nd_status nd_log_create(nd_log *log, const nd_folder *folder, uint32_t number, nd_error *error)
{
    char name[ND_FILE_NAME_BYTES], head[HEAD_BYTES] = "";
    *log = (nd_log){.allocator = folder->allocator, .written = HEAD_BYTES};
    log->salt = make_salt(log);
    memcpy(head, MAGIC, sizeof MAGIC);
    memcpy(head + SALT_AT, &log->salt, sizeof log->salt);
    nd_manifest_file_name(name, "log", number);
    nd_status status = nd_file_open(&log->file, folder, name, ND_FILE_CREATE, error);
    if (status == ND_OK)
        status = nd_file_write(&log->file, 0, head, sizeof head, error);
    const nd_log_mark mark = {.committed = HEAD_BYTES};
    if (status == ND_OK)
        status = write_mark(log, &mark, error);
    log->reserved = HEAD_BYTES;
    return status == ND_OK ? nd_file_sync(&log->file, error) : status;
}

nd_status nd_log_open(nd_log *log, const nd_folder *folder, uint32_t number, nd_file_access access,
                      nd_error *error)
{
    char name[ND_FILE_NAME_BYTES], head[MARK_AT];
    *log = (nd_log){.allocator = folder->allocator};
    nd_manifest_file_name(name, "log", number);
    nd_status status = nd_file_open(&log->file, folder, name, access, error);
    if (status == ND_OK)
        status = nd_file_read(&log->file, 0, head, sizeof head, error);
    if (status != ND_OK)
        return status;
    if (memcmp(head, MAGIC, sizeof MAGIC) != 0)
        return nd_file_damaged(&log->file, error, "it does not begin as a log does");
    memcpy(&log->salt, head + SALT_AT, sizeof log->salt);
    status = look(log, &log->mark, &log->next_mark, error);
    log->written = log->mark.committed;
    log->frames = log->mark.frames;
    return status == ND_OK ? nd_file_size(&log->file, &log->reserved, error) : status;
}

void nd_log_close(nd_log *log)
{
    if (log->allocator) {
        nd_file_close(&log->file);
        ND_VEC_RELEASE(log->allocator, &log->pending);
    }
    *log = (nd_log){.file = ND_FILE_CLOSED};
}

bool nd_log_is_whole(const nd_log *log, const nd_change *change, uint64_t offset)
{
    return nd_change_is_whole(change, offset ^ log->salt);
}

uint64_t nd_log_start(void)
{
    return HEAD_BYTES;
}

/* --- reading --- */

/* Consecutive bytes of the file, read ahead. Aligned as records are. */
typedef struct window {
    const nd_log *log;
    uint64_t *words;
    size_t capacity; /* words */
    uint64_t start;  /* place of the first byte in the file */
    size_t len;
    uint64_t end; /* of what may be read */
} window;

/* The bytes [at, at + len) of the file; they stay until the next call. */
static nd_status window_get(window *w, uint64_t at, size_t len, const void **bytes, nd_error *error)
{
    if (at > w->end || len > w->end - at)
        return nd_file_damaged(&w->log->file, error, "byte %llu says it goes beyond its end",
                               (unsigned long long)at);
    if (at < w->start || at + len > w->start + w->len) {
        size_t wanted = len > WINDOW_BYTES ? len : WINDOW_BYTES;
        wanted = wanted < w->end - at ? wanted : (size_t)(w->end - at);
        nd_status status = nd_reserve(w->log->allocator, (void **)&w->words, &w->capacity,
                                      wanted / 8 + 1, sizeof *w->words);
        w->len = 0;
        if (status == ND_OK)
            status = nd_file_read(&w->log->file, at, w->words, wanted, error);
        if (status != ND_OK)
            return status;
        w->start = at;
        w->len = wanted;
    }
    *bytes = (const char *)w->words + (at - w->start);
    return ND_OK;
}

static bool is_frame(const nd_log *log, const frame *f, uint64_t at, uint64_t number)
{
    return f->magic == FRAME_MAGIC && f->number == number && f->bytes % 8 == 0 && f->bytes > 0 &&
           nd_checksum_holds(f->checksum, f, offsetof(frame, checksum), log->salt ^ at);
}

static nd_status read_record(window *w, uint64_t at, uint64_t end, const nd_change **change,
                             nd_error *error)
{
    const void *bytes = NULL;
    nd_status status = window_get(w, at, sizeof **change, &bytes, error);
    if (status != ND_OK)
        return status;
    nd_change head;
    memcpy(&head, bytes, sizeof head);
    size_t need = head.kind == ND_CHANGE_TEXT ? sizeof(nd_text_change) : head.bytes;
    bool can_be = head.bytes % 8 == 0 && head.bytes >= need && head.bytes <= end - at &&
                  need >= sizeof head && need <= ND_CHANGE_MAX_BYTES;
    if (can_be)
        status = window_get(w, at, need, &bytes, error);
    if (can_be && status == ND_OK) {
        need = nd_change_covered_bytes(bytes);
        can_be = need > 0;
        if (can_be)
            status = window_get(w, at, need, &bytes, error);
    }
    if (status != ND_OK)
        return status;
    if (!can_be || !nd_log_is_whole(w->log, bytes, at))
        return nd_file_damaged(&w->log->file, error, "the record at byte %llu",
                               (unsigned long long)at);
    *change = bytes;
    return ND_OK;
}

/* The records of one frame, whose header was read. */
static nd_status replay_frame(window *w, uint64_t at, uint64_t bytes, nd_change_fn each, void *ctx,
                              nd_error *error)
{
    const uint64_t end = at + bytes;
    nd_status status = ND_OK;
    while (status == ND_OK && at < end) {
        const nd_change *change = NULL;
        status = read_record(w, at, end, &change, error);
        if (status != ND_OK)
            return status;
        const uint32_t len = change->bytes;
        status = each(ctx, at, change, error);
        at += len;
    }
    return status;
}

/* Whether the records of a frame have its checksum. */
static nd_status check_frame(window *w, uint64_t at, const frame *f, bool *is_whole,
                             nd_error *error)
{
    const void *bytes = NULL;
    const nd_status status = window_get(w, at + sizeof *f, (size_t)f->bytes, &bytes, error);
    *is_whole = status == ND_OK &&
                nd_checksum_holds(f->records_checksum, bytes, (size_t)f->bytes, w->log->salt ^ at);
    return status;
}

/* Where the whole commits behind the mark end. */
static nd_status find_end(window *w, uint64_t at, uint64_t frames, nd_log_mark *mark)
{
    nd_status status = ND_OK;
    while (status == ND_OK && w->end - at > sizeof(frame)) {
        const void *bytes;
        bool is_whole = false;
        frame f;
        status = window_get(w, at, sizeof f, &bytes, NULL);
        if (status != ND_OK)
            break;
        memcpy(&f, bytes, sizeof f);
        if (!is_frame(w->log, &f, at, frames) || f.bytes > w->end - at - sizeof f)
            break;
        status = check_frame(w, at, &f, &is_whole, NULL);
        if (!is_whole)
            break;
        at += sizeof f + f.bytes;
        frames++;
        if (f.flags & FLAG_LAST)
            *mark = (nd_log_mark){at, frames, mark->state};
    }
    return status;
}

nd_status nd_log_replay(nd_log *log, uint64_t from, uint64_t frames, nd_change_fn each, void *ctx,
                        nd_error *error)
{
    window w = {.log = log};
    nd_log_mark to = log->mark;
    nd_status status = nd_file_size(&log->file, &w.end, error);
    if (status == ND_OK && (w.end < to.committed || from > to.committed || frames > to.frames))
        status = nd_file_damaged(&log->file, error, "it has %llu bytes, not %llu",
                                 (unsigned long long)w.end,
                                 (unsigned long long)(from > to.committed ? from : to.committed));
    if (status == ND_OK)
        status = find_end(&w, to.committed, to.frames, &to);
    uint64_t at = from, number = frames;
    while (status == ND_OK && at < to.committed) {
        const void *bytes = NULL;
        frame f;
        status = window_get(&w, at, sizeof f, &bytes, error);
        if (status != ND_OK)
            break;
        memcpy(&f, bytes, sizeof f);
        if (!is_frame(log, &f, at, number) || f.bytes > to.committed - at - sizeof f)
            status = nd_file_damaged(&log->file, error, "the frame at byte %llu",
                                     (unsigned long long)at);
        else
            status = replay_frame(&w, at + sizeof f, f.bytes, each, ctx, error);
        at += sizeof f + f.bytes;
        number++;
    }
    nd_release(log->allocator, w.words);
    if (status == ND_OK) {
        log->mark = to;
        log->written = to.committed;
        log->frames = to.frames;
    }
    return status;
}

nd_status nd_log_verify(const nd_log *log, nd_error *error)
{
    window w = {.log = log, .end = log->mark.committed};
    nd_status status = ND_OK;
    uint64_t at = HEAD_BYTES;
    for (uint64_t number = 0; status == ND_OK && at < w.end; number++) {
        const void *bytes = NULL;
        bool is_whole = false;
        frame f = {0};
        status = window_get(&w, at, sizeof f, &bytes, error);
        if (status == ND_OK)
            memcpy(&f, bytes, sizeof f);
        if (status == ND_OK && is_frame(log, &f, at, number))
            status = check_frame(&w, at, &f, &is_whole, error);
        if (status == ND_OK && !is_whole)
            status = nd_file_damaged(&log->file, error, "the frame at byte %llu",
                                     (unsigned long long)at);
        at += sizeof f + f.bytes;
    }
    nd_release(log->allocator, w.words);
    return status;
}

nd_status nd_log_read(const nd_log *log, uint64_t offset, void *bytes, size_t len, nd_error *error)
{
    if (offset < log->written || log->pending.len == 0)
        return nd_file_read(&log->file, offset, bytes, len, error);
    const uint64_t at = offset - log->written;
    if (at > log->pending.len || len > log->pending.len - at)
        return nd_file_damaged(&log->file, error, "it points to byte %llu",
                               (unsigned long long)offset);
    memcpy(bytes, log->pending.items + at, len);
    return ND_OK;
}

/* --- writing --- */

uint64_t nd_log_next_offset(const nd_log *log)
{
    return log->written + (log->pending.len > 0 ? log->pending.len : sizeof(frame));
}

void *nd_log_append(nd_log *log, size_t bytes)
{
    const size_t head = log->pending.len > 0 ? 0 : sizeof(frame);
    if (ND_VEC_RESERVE(log->allocator, &log->pending, head + bytes) != ND_OK)
        return NULL;
    char *const from = log->pending.items + log->pending.len;
    memset(from, 0, head + bytes);
    log->pending.len += head + bytes;
    return from + head;
}

void nd_log_seal(const nd_log *log, nd_change *change)
{
    const char *const at = (const char *)change;
    nd_change_seal(change, (log->written + (uint64_t)(at - log->pending.items)) ^ log->salt);
}

/* Room for what comes after `end`, too. */
static nd_status reserve(nd_log *log, uint64_t end, nd_error *error)
{
    if (end <= log->reserved && log->reserved - end >= HEAD_BYTES)
        return ND_OK;
    uint64_t room = end / 8;
    room = room < LEAST_ROOM ? LEAST_ROOM : room > MOST_ROOM ? MOST_ROOM : room;
    const uint64_t wanted = (end + room) / HEAD_BYTES * HEAD_BYTES;
    const nd_status status = nd_file_reserve(&log->file, wanted, error);
    if (status == ND_OK)
        log->reserved = wanted;
    return status;
}

static nd_status write_pending(nd_log *log, uint32_t flags, nd_error *error)
{
    frame f = {.magic = FRAME_MAGIC, .flags = flags, .number = log->frames};
    const uint64_t place = log->salt ^ log->written;
    f.bytes = log->pending.len - sizeof f;
    f.records_checksum = nd_checksum(log->pending.items + sizeof f, (size_t)f.bytes, place);
    f.checksum = nd_checksum(&f, offsetof(frame, checksum), place);
    memcpy(log->pending.items, &f, sizeof f);
    nd_status status = reserve(log, log->written + log->pending.len, error);
    if (status == ND_OK)
        status =
            nd_file_write(&log->file, log->written, log->pending.items, log->pending.len, error);
    if (status != ND_OK)
        return status;
    log->written += log->pending.len;
    log->frames++;
    log->pending.len = 0;
    return ND_OK;
}

nd_status nd_log_relieve(nd_log *log, nd_error *error)
{
    return log->pending.len < RELIEVED_BYTES ? ND_OK : write_pending(log, 0, error);
}

nd_status nd_log_commit(nd_log *log, nd_durability durability, nd_error *error)
{
    nd_status status = ND_OK;
    if (log->pending.len == 0)
        return ND_OK;
    status = write_pending(log, FLAG_LAST, error);
    if (status == ND_OK && durability == ND_DURABLE)
        status = nd_file_sync(&log->file, error);
    const nd_log_mark mark = {log->written, log->frames, log->mark.state};
    return status == ND_OK ? write_mark(log, &mark, error) : status;
}

/* The header of what was written is wiped out, so that nobody takes it for a commit. */
nd_status nd_log_roll_back(nd_log *log, nd_error *error)
{
    const frame nothing = {0};
    const bool is_written = log->written > log->mark.committed || log->pending.len > 0;
    log->written = log->mark.committed;
    log->frames = log->mark.frames;
    log->pending.len = 0;
    if (!is_written || log->reserved < log->written + sizeof nothing)
        return ND_OK;
    return nd_file_write(&log->file, log->written, &nothing, sizeof nothing, error);
}

nd_status nd_log_announce(nd_log *log, uint64_t state, nd_error *error)
{
    nd_log_mark mark = log->mark;
    mark.state = state;
    return write_mark(log, &mark, error);
}
