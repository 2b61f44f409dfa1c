/*   entry of the groups   | kept_head | notes | members of the statistics |
 *   entries of parts      | kept_group | id | kept_member | id | kept_member | id | kept_group ...
 *
 * Parts are cut anywhere. Their keys are made from that of the groups, which is a digest of what
 * the files of the input are. */
#include "cli/kept_groups.h"

#include <string.h>

#include "cli/notes.h"
#include "util/error.h"
#include "util/xxh.h"

enum { PART_BYTES = 1 << 18, KEY_BYTES = 48 };

static const nd_journal_subject NO_SUBJECT = {NULL, 0};

typedef struct kept_head {
    uint64_t num_parts, num_notes, stats_len;
    uint64_t text_bytes;
    nd_scan_stats stats;
    nd_input_report report;
} kept_head;

typedef struct kept_note {
    char key[KEY_BYTES];
    uint64_t count;
    char detail[sizeof((nd_note *)NULL)->detail];
    char first[ND_FIRST_BYTES];
} kept_note;

typedef struct kept_group {
    uint64_t tag, id_len, num_members;
} kept_group;

typedef struct kept_member {
    uint64_t tag, id_len;
    nd_member member; /* but for what it points to */
} kept_member;

static nd_journal_key part_key(const nd_kept_groups *kept, uint64_t part)
{
    const uint64_t all[] = {kept->key.low, kept->key.high, part};
    const XXH128_hash_t digest = XXH3_128bits(all, sizeof all);
    return (nd_journal_key){digest.low64, digest.high64};
}

/* ---- into the journal ---- */

static nd_status end_part(nd_kept_groups *kept, nd_error *error)
{
    const nd_status status =
        nd_journal_add(kept->job->journal, ND_JOURNAL_PART, part_key(kept, kept->num_parts),
                       NO_SUBJECT, kept->bytes.items, kept->bytes.len, error);
    kept->num_parts++;
    kept->bytes.len = 0;
    return status;
}

static nd_status put(nd_kept_groups *kept, const void *bytes, size_t len)
{
    return nd_bytes_append(kept->job->allocator, &kept->bytes, bytes, len);
}

typedef struct saving {
    nd_kept_groups *kept;
    nd_error *error;
} saving;

/* An nd_group_fn. */
static nd_status save_group(void *ctx, const nd_group *group)
{
    const saving *const s = ctx;
    const nd_id *const id = &group->representative;
    const kept_group head = {id->tag, id->len_bytes, group->num_members};
    nd_status status = put(s->kept, &head, sizeof head);
    if (status == ND_OK)
        status = put(s->kept, id->p, id->len_bytes);
    for (size_t i = 0; i < group->num_members && status == ND_OK; i++) {
        kept_member one;
        memset(&one, 0, sizeof one); /* its gaps are written, too */
        one.member = group->members[i];
        one.tag = one.member.id.tag;
        one.id_len = one.member.id.len_bytes;
        one.member.id = (nd_id){NULL, 0, 0};
        one.member.text = (nd_kept_text){NULL, 0};
        status = put(s->kept, &one, sizeof one);
        if (status == ND_OK)
            status = put(s->kept, group->members[i].id.p, group->members[i].id.len_bytes);
        if (status == ND_OK && s->kept->bytes.len >= PART_BYTES)
            status = end_part(s->kept, s->error);
    }
    return status;
}

static nd_status put_notes(nd_kept_groups *kept)
{
    const nd_notes *const notes = &kept->job->notes;
    nd_status status = ND_OK;
    for (size_t i = 0; i < notes->num && status == ND_OK; i++) {
        const nd_note *const note = &notes->items[i];
        kept_note one;
        memset(&one, 0, sizeof one);
        memcpy(one.key, note->key, strnlen(note->key, KEY_BYTES - 1));
        memcpy(one.detail, note->detail, sizeof one.detail);
        memcpy(one.first, note->first, sizeof one.first);
        one.count = note->count;
        status = put(kept, &one, sizeof one);
    }
    return status;
}

nd_status nd_kept_groups_save(nd_kept_groups *kept, const nd_scan *scan, nd_error *error)
{
    nd_job *const job = kept->job;
    kept->num_parts = 0;
    kept->bytes.len = 0;
    nd_status status = nd_scan_each_group(scan, save_group, &(saving){kept, error});
    if (status == ND_OK && kept->bytes.len > 0)
        status = end_part(kept, error);
    if (status != ND_OK)
        return status;
    kept_head head;
    memset(&head, 0, sizeof head);
    head.num_parts = kept->num_parts;
    head.num_notes = job->notes.num;
    head.stats_len = job->stats.bytes.len;
    head.text_bytes = job->text_bytes;
    head.stats = nd_scan_stats_get(scan);
    head.report = job->report;
    status = put(kept, &head, sizeof head);
    if (status == ND_OK)
        status = put_notes(kept);
    if (status == ND_OK)
        status = put(kept, job->stats.bytes.items, job->stats.bytes.len);
    if (status != ND_OK)
        return status;
    return nd_journal_add(job->journal, ND_JOURNAL_PART, kept->key, NO_SUBJECT, kept->bytes.items,
                          kept->bytes.len, error);
}

/* ---- out of it ---- */

/* The note as the tables declare it: its key, what it counts, and its weight. */
static bool find_note(const char *key, nd_note *note)
{
    const nd_counter_list list = nd_counters_of_scan();
    for (int issue = 0; issue < ND_NUM_ISSUES; issue++) {
        const nd_issue_text *const text = nd_issue_text_of((nd_input_issue)issue);
        if (strcmp(text->key, key) != 0)
            continue;
        *note = (nd_note){.weight = text->is_loss ? ND_COUNTER_LOSS : ND_COUNTER_REMARK,
                          .key = text->key,
                          .what = text->what};
        return true;
    }
    for (size_t i = 0; i < list.num; i++) {
        if (strcmp(list.counters[i].name, key) != 0)
            continue;
        *note = (nd_note){.weight = list.counters[i].weight,
                          .key = list.counters[i].name,
                          .what = list.counters[i].meaning};
        return true;
    }
    return false;
}

static bool take_notes(const char *p, uint64_t num, nd_notes *notes)
{
    if (num > ND_NOTES_MAX)
        return false;
    notes->num = (size_t)num;
    for (size_t i = 0; i < num; i++) {
        kept_note one;
        memcpy(&one, p + i * sizeof one, sizeof one);
        one.key[KEY_BYTES - 1] = one.detail[sizeof one.detail - 1] = '\0';
        one.first[sizeof one.first - 1] = '\0';
        if (!find_note(one.key, &notes->items[i]))
            return false;
        notes->items[i].count = one.count;
        memcpy(notes->items[i].detail, one.detail, sizeof one.detail);
        memcpy(notes->items[i].first, one.first, sizeof one.first);
    }
    return true;
}

/* Puts what the scan had left into the job; false: it is not what was written. */
static bool restore(nd_kept_groups *kept)
{
    nd_job *const job = kept->job;
    kept_head head;
    if (kept->bytes.len < sizeof head)
        return false;
    memcpy(&head, kept->bytes.items, sizeof head);
    const char *const notes = kept->bytes.items + sizeof head;
    const size_t left = kept->bytes.len - sizeof head;
    if (head.num_notes > left / sizeof(kept_note) ||
        head.stats_len != left - head.num_notes * sizeof(kept_note) ||
        !take_notes(notes, head.num_notes, &job->notes))
        return false;
    kept->num_parts = head.num_parts;
    kept->stats = head.stats;
    job->text_bytes = head.text_bytes;
    job->report = head.report;
    nd_page_append(&job->stats, notes + head.num_notes * sizeof(kept_note), head.stats_len);
    return job->stats.status == ND_OK;
}

nd_status nd_kept_groups_find(nd_kept_groups *kept, nd_job *job, bool *found, nd_error *error)
{
    *kept = (nd_kept_groups){.job = job};
    *found = false;
    nd_status status =
        nd_input_digest(job->input, nd_journal_seed(job->journal), &kept->key, error);
    if (status == ND_OK)
        status = nd_journal_find(job->journal, kept->key, &kept->bytes, found, error);
    if (status != ND_OK || !*found)
        return status;
    uint64_t num_parts = 0;
    if (kept->bytes.len >= sizeof num_parts)
        memcpy(&num_parts, kept->bytes.items, sizeof num_parts);
    for (uint64_t part = 0; part < num_parts && status == ND_OK && *found; part++)
        status = nd_journal_find(job->journal, part_key(kept, part), &kept->bytes, found, error);
    if (status == ND_OK && *found && num_parts > 0) /* again, behind its parts */
        status = nd_journal_find(job->journal, kept->key, &kept->bytes, found, error);
    if (status == ND_OK && *found && !restore(kept))
        return nd_error_set(error, ND_ERR_FORMAT, "'%s' cannot be used: remove it",
                            nd_journal_path(job->journal));
    return status;
}

/* The bytes of all parts, one after the other. */
typedef struct part_reader {
    nd_kept_groups *kept;
    uint64_t next_part;
    size_t at; /* in kept->bytes */
    nd_error *error;
    nd_byte_vec names;         /* of the group at work, without ends */
    ND_VEC(nd_member) members; /* their names are set when all are read */
} part_reader;

/* Goes on to a part that has bytes; *is_end: there is none. */
static nd_status next_part(part_reader *r, bool *is_end)
{
    nd_kept_groups *const kept = r->kept;
    *is_end = false;
    while (r->at == kept->bytes.len) {
        bool found;
        *is_end = r->next_part == kept->num_parts;
        if (*is_end)
            return ND_OK;
        r->at = 0;
        const nd_status status = nd_journal_find(kept->job->journal, part_key(kept, r->next_part++),
                                                 &kept->bytes, &found, r->error);
        if (status != ND_OK || !found)
            return status == ND_OK ? ND_ERR_FORMAT : status;
    }
    return ND_OK;
}

static nd_status take(part_reader *r, void *to, uint64_t len)
{
    char *p = to;
    while (len > 0) {
        bool is_end;
        const nd_status status = next_part(r, &is_end);
        if (status != ND_OK || is_end)
            return status == ND_OK ? ND_ERR_FORMAT : status;
        const size_t left = r->kept->bytes.len - r->at;
        const size_t num = len < left ? (size_t)len : left;
        memcpy(p, r->kept->bytes.items + r->at, num);
        r->at += num;
        p += num;
        len -= num;
    }
    return ND_OK;
}

static nd_status take_name(part_reader *r, uint64_t len)
{
    const nd_status status =
        len < UINT32_MAX ? ND_VEC_RESERVE(r->kept->job->allocator, &r->names, (size_t)len + 1)
                         : ND_ERR_FORMAT;
    if (status != ND_OK)
        return status;
    char *const to = r->names.items + r->names.len;
    r->names.len += (size_t)len;
    return take(r, to, len);
}

static nd_status take_members(part_reader *r, uint64_t num)
{
    nd_status status = ND_OK;
    r->members.len = 0;
    for (uint64_t i = 0; i < num && status == ND_OK; i++) {
        kept_member one;
        status = take(r, &one, sizeof one);
        if (status == ND_OK)
            status = ND_VEC_RESERVE(r->kept->job->allocator, &r->members, 1);
        if (status != ND_OK)
            break;
        one.member.id = (nd_id){NULL, (size_t)one.id_len, one.tag};
        r->members.items[r->members.len++] = one.member;
        status = take_name(r, one.id_len);
    }
    return status;
}

static nd_status give_group(part_reader *r, nd_group_fn each, void *ctx)
{
    kept_group head;
    r->names.len = 0;
    nd_status status = take(r, &head, sizeof head);
    if (status == ND_OK)
        status = take_name(r, head.id_len);
    if (status == ND_OK)
        status = take_members(r, head.num_members);
    if (status != ND_OK)
        return status;
    const char *name = r->names.items;
    const nd_group group = {.representative = {name, (size_t)head.id_len, head.tag},
                            .num_members = r->members.len,
                            .members = r->members.items};
    name += head.id_len;
    for (size_t i = 0; i < r->members.len; i++) {
        r->members.items[i].id.p = name;
        name += r->members.items[i].id.len_bytes;
    }
    return each(ctx, &group);
}

nd_status nd_kept_groups_each(nd_kept_groups *kept, nd_group_fn each, void *ctx, nd_error *error)
{
    part_reader r = {.kept = kept, .error = error};
    bool is_end = false;
    nd_status status = ND_OK;
    kept->bytes.len = 0;
    while (status == ND_OK && !is_end) {
        status = next_part(&r, &is_end);
        if (status == ND_OK && !is_end)
            status = give_group(&r, each, ctx);
    }
    ND_VEC_RELEASE(kept->job->allocator, &r.names);
    ND_VEC_RELEASE(kept->job->allocator, &r.members);
    return status;
}

void nd_kept_groups_release(nd_kept_groups *kept)
{
    if (kept->job)
        ND_VEC_RELEASE(kept->job->allocator, &kept->bytes);
}
