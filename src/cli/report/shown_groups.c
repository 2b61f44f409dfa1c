/* Groups are visited twice: for their sizes, and, once it is known which are listed, for their
 * members. Documents are found again by their tags, and read on all threads. Texts have a rank, the
 * order in which they are wanted: whenever those that are kept exceed the limit, the last ones are
 * dropped. At the end that leaves the longest run of ranks that fits, in whatever order texts came:
 * no text of that run can have been dropped, for all before it fit with it. */
#include "cli/report/shown_groups.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "neardup/document_map.h"
#include "util/error.h"

enum { SOURCE_CHUNK_BYTES = 1 << 16 };

bool nd_shown_groups_can_read_again(const nd_settings *settings)
{
    for (size_t i = 0; i < settings->line.num_operands; i++) {
        struct stat info;
        const char *const path = settings->line.operands[i];
        const int failed = strcmp(path, "-") == 0 ? fstat(STDIN_FILENO, &info) : stat(path, &info);
        if (failed != 0 || !(S_ISREG(info.st_mode) || S_ISDIR(info.st_mode)))
            return false;
    }
    return true;
}

/* --- which groups --- */

/* What is known of a group after the first visit. */
typedef struct outline {
    uint64_t num_members;
    uint32_t ordinal;   /* in the order in which the scan tells groups */
    uint32_t len_bytes; /* in the list, about */
} outline;

typedef struct visit {
    nd_shown_groups *shown;
    ND_VEC(outline) outlines;
    uint32_t *place_of; /* of each group in the list; UINT32_MAX: not listed */
    uint32_t next;
} visit;

/* An nd_group_fn. */
static nd_status outline_group(void *ctx, const nd_group *group)
{
    enum { MEMBER_BYTES = 80 }; /* of figures */
    visit *const v = ctx;
    uint64_t len_bytes = MEMBER_BYTES + group->representative.len_bytes;
    for (size_t i = 0; i < group->num_members; i++)
        len_bytes += MEMBER_BYTES + group->members[i].id.len_bytes;
    const nd_status status = ND_VEC_RESERVE(v->shown->allocator, &v->outlines, 1);
    if (status == ND_OK)
        v->outlines.items[v->outlines.len++] =
            (outline){group->num_members, v->next++,
                      len_bytes < UINT32_MAX ? (uint32_t)len_bytes : UINT32_MAX};
    return status;
}

static int compare_outlines(const void *left, const void *right)
{
    const outline *const a = left, *const b = right;
    if (a->num_members != b->num_members)
        return a->num_members > b->num_members ? -1 : 1;
    return (a->ordinal > b->ordinal) - (a->ordinal < b->ordinal);
}

/* Says the place of each group that is listed. */
static nd_status choose_groups(visit *v, uint64_t most)
{
    nd_shown_groups *const shown = v->shown;
    const size_t num = v->outlines.len;
    shown->num_groups = num;
    v->place_of = nd_alloc(shown->allocator, num, sizeof *v->place_of);
    if (!v->place_of)
        return ND_ERR_NO_MEMORY;
    if (num > 0)
        qsort(v->outlines.items, num, sizeof *v->outlines.items, compare_outlines);
    uint64_t len_bytes = 0, num_members = 0;
    size_t num_listed = 0;
    for (size_t i = 0; i < num; i++) {
        const outline *const o = &v->outlines.items[i];
        const bool has_room = (most == 0 || i < most) && num_listed == i &&
                              (i == 0 || len_bytes + o->len_bytes <= ND_SHOWN_LIST_BYTES);
        v->place_of[o->ordinal] = has_room ? (uint32_t)i : UINT32_MAX;
        len_bytes += o->len_bytes;
        num_listed += has_room;
        num_members += has_room ? o->num_members : 0;
    }
    const nd_allocator *const a = shown->allocator;
    nd_status status = ND_VEC_RESERVE(a, &shown->groups, num_listed);
    if (status == ND_OK)
        status = ND_VEC_RESERVE(a, &shown->members, num_members);
    if (status == ND_OK)
        status = ND_VEC_RESERVE(a, &shown->documents, num_members + num_listed);
    if (status != ND_OK)
        return status;
    shown->groups.len = num_listed;
    size_t first = 0;
    for (size_t i = 0; i < num_listed; i++) {
        shown->groups.items[i].first_member = first;
        first += shown->groups.items[i].num_members = v->outlines.items[i].num_members;
    }
    shown->members.len = first;
    return ND_OK;
}

static size_t add_document(nd_shown_groups *shown, nd_id id, nd_kept_text text)
{
    shown->documents.items[shown->documents.len] =
        (nd_shown_document){.id = id, .text_rank = UINT32_MAX};
    if (!shown->are_texts_ours)
        shown->documents.items[shown->documents.len].text = text;
    return shown->documents.len++;
}

/* An nd_group_fn. */
static nd_status take_group(void *ctx, const nd_group *group)
{
    visit *const v = ctx;
    nd_shown_groups *const shown = v->shown;
    const uint32_t place = v->place_of[v->next++];
    if (place == UINT32_MAX)
        return ND_OK;
    nd_shown_group *const to = &shown->groups.items[place];
    to->representative = add_document(shown, group->representative, group->representative_text);
    for (size_t i = 0; i < group->num_members; i++) {
        const nd_member *const member = &group->members[i];
        shown->members.items[to->first_member + i] =
            (nd_shown_member){add_document(shown, member->id, member->text),
                              member->kind,
                              member->similarity,
                              member->coverage,
                              member->score,
                              UINT32_MAX};
    }
    return ND_OK;
}

static nd_status list_groups(nd_shown_groups *shown, const nd_scan *scan, uint64_t most)
{
    visit v = {.shown = shown};
    nd_status status = nd_scan_each_group(scan, outline_group, &v);
    if (status == ND_OK)
        status = choose_groups(&v, most);
    v.next = 0;
    if (status == ND_OK)
        status = nd_scan_each_group(scan, take_group, &v);
    nd_release(shown->allocator, v.place_of);
    ND_VEC_RELEASE(shown->allocator, &v.outlines);
    return status;
}

/* --- which texts --- */

static nd_status want_text(nd_shown_groups *shown, size_t document)
{
    const nd_status status = ND_VEC_RESERVE(shown->allocator, &shown->by_rank, 1);
    if (status != ND_OK)
        return status;
    shown->documents.items[document].text_rank = (uint32_t)shown->by_rank.len;
    shown->by_rank.items[shown->by_rank.len++] = document;
    return ND_OK;
}

/* Ranks the documents whose texts are wanted: group by group, the representative first. */
static nd_status want_texts(nd_shown_groups *shown)
{
    nd_status status = ND_OK;
    for (size_t g = 0; g < shown->groups.len && shown->by_rank.len < ND_SHOWN_TEXTS; g++) {
        const nd_shown_group *const group = &shown->groups.items[g];
        status = want_text(shown, group->representative);
        for (size_t i = 0; i < group->num_members && i < ND_SHOWN_MEMBERS && status == ND_OK; i++)
            status = want_text(shown, shown->members.items[group->first_member + i].document);
        if (status != ND_OK)
            break;
    }
    shown->end_of_texts = (uint32_t)shown->by_rank.len;
    return status;
}

/* Drops the last texts until the others fit. */
static void drop_texts(nd_shown_groups *shown, bool are_ours)
{
    while (shown->text_bytes > shown->most_text_bytes) {
        nd_shown_document *const last =
            &shown->documents.items[shown->by_rank.items[--shown->end_of_texts]];
        shown->text_bytes -= last->text.len_bytes;
        if (are_ours)
            nd_release(shown->allocator, (char *)(uintptr_t)last->text.p);
        last->text = (nd_kept_text){0};
    }
}

/* Where the scan kept all texts: those that are wanted, and fit. */
static void choose_kept_texts(nd_shown_groups *shown)
{
    for (size_t i = 0; i < shown->documents.len; i++) {
        nd_shown_document *const document = &shown->documents.items[i];
        if (document->text_rank == UINT32_MAX)
            document->text = (nd_kept_text){0};
        else
            shown->text_bytes += document->text.len_bytes;
    }
    drop_texts(shown, false);
}

/* --- reading again --- */

typedef struct tagged {
    uint64_t tag;
    size_t document;
} tagged;

static int compare_tagged(const void *left, const void *right)
{
    const tagged *const a = left, *const b = right;
    return (a->tag > b->tag) - (a->tag < b->tag);
}

typedef struct reading {
    nd_shown_groups *shown;
    const tagged *by_tag;
    size_t num;
} reading;

/* The document of a file that may have changed: by its tag, and by its id. */
static nd_shown_document *find(const reading *r, const nd_document *document)
{
    const tagged key = {document->tag, 0};
    const tagged *const found = bsearch(&key, r->by_tag, r->num, sizeof *r->by_tag, compare_tagged);
    if (!found)
        return NULL;
    nd_shown_document *const d = &r->shown->documents.items[found->document];
    const size_t len = document->id_len_bytes;
    const bool is_same = d->id.len_bytes >= len && memcmp(d->id.p, document->id, len) == 0 &&
                         (d->id.len_bytes == len || d->id.p[len] == '#');
    return is_same ? d : NULL;
}

static char *copy(const nd_allocator *allocator, const char *p, size_t len_bytes)
{
    char *const bytes = nd_alloc(allocator, len_bytes + 1, 1);
    if (bytes && len_bytes > 0)
        memcpy(bytes, p, len_bytes);
    return bytes;
}

/* Keeps what is wanted of the document; with the lock. */
static nd_status keep(nd_shown_groups *shown, nd_shown_document *d, const nd_document *document)
{
    d->time = document->time;
    if (document->source && document->source_len_bytes > 0) {
        char *const source = nd_arena_alloc(&shown->source_names, document->source_len_bytes);
        if (!source)
            return ND_ERR_NO_MEMORY;
        memcpy(source, document->source, document->source_len_bytes);
        d->source = source;
        d->source_len_bytes = document->source_len_bytes;
    }
    if (d->text_rank >= shown->end_of_texts || d->text.p)
        return ND_OK;
    d->text.p = copy(shown->allocator, document->text, document->text_len_bytes);
    if (!d->text.p)
        return ND_ERR_NO_MEMORY;
    d->text.len_bytes = document->text_len_bytes;
    shown->text_bytes += document->text_len_bytes;
    drop_texts(shown, true);
    return ND_OK;
}

/* An nd_document_map_fn. */
static nd_status see_document(void *ctx, uint32_t worker, const nd_document *document)
{
    (void)worker;
    const reading *const r = ctx;
    nd_shown_document *const found = find(r, document);
    if (!found)
        return ND_OK;
    pthread_mutex_lock(&r->shown->lock);
    const nd_status status = keep(r->shown, found, document);
    pthread_mutex_unlock(&r->shown->lock);
    return status;
}

static nd_status read_input(nd_job *job, reading *r, const uint64_t *tags, nd_error *error)
{
    const nd_keep_keys no_keys = {.num = 0};
    nd_input_options options = nd_settings_input(job->settings, &no_keys);
    options.has_attributes = true;
    options.wanted_tags = tags;
    options.num_wanted_tags = r->num;
    options.date_field =
        nd_settings_given(job->settings, "date-field") ? job->settings->date_field : NULL;
    options.source_field =
        nd_settings_given(job->settings, "source-field") ? job->settings->source_field : NULL;
    nd_input *input = NULL;
    nd_status status =
        nd_input_new(&options, job->settings->line.operands, job->settings->line.num_operands,
                     job->allocator, &input, error);
    const nd_output *const outputs[] = {job->output, job->removed};
    for (size_t i = 0; i < 2 && status == ND_OK; i++)
        if (outputs[i])
            status = nd_input_leave_out(input, nd_output_descriptor(outputs[i]), error);
    nd_document_map_options map = nd_job_map_options(job);
    map.progress = NULL; /* the steps are those of the first reading */
    if (status == ND_OK)
        status = nd_document_map(nd_input_source(input), &map, see_document, r, error);
    nd_input_free(input);
    return status;
}

static nd_status read_again(nd_shown_groups *shown, nd_job *job, nd_error *error)
{
    const size_t num = shown->documents.len;
    tagged *const by_tag = nd_alloc(shown->allocator, num, sizeof *by_tag);
    uint64_t *const tags = nd_alloc(shown->allocator, num, sizeof *tags);
    nd_status status = ND_ERR_NO_MEMORY;
    if (by_tag && tags) {
        for (size_t i = 0; i < num; i++)
            by_tag[i] = (tagged){shown->documents.items[i].id.tag, i};
        qsort(by_tag, num, sizeof *by_tag, compare_tagged);
        for (size_t i = 0; i < num; i++)
            tags[i] = by_tag[i].tag;
        reading r = {shown, by_tag, num};
        status = read_input(job, &r, tags, error);
    }
    nd_release(shown->allocator, tags);
    nd_release(shown->allocator, by_tag);
    return status;
}

/* --- details --- */

/* Numbers the members whose text is there, as is the representative's, as long as a page has room
 * for both. */
static nd_status number_details(nd_shown_groups *shown)
{
    uint64_t len_bytes = 0;
    for (size_t g = 0; g < shown->groups.len; g++) {
        const nd_shown_group *const group = &shown->groups.items[g];
        const nd_shown_document *const texts = shown->documents.items;
        if (!texts[group->representative].text.p)
            continue;
        for (size_t i = 0; i < group->num_members; i++) {
            nd_shown_member *const member = &shown->members.items[group->first_member + i];
            const uint64_t both = texts[group->representative].text.len_bytes +
                                  texts[member->document].text.len_bytes;
            if (!texts[member->document].text.p || len_bytes + both > shown->most_text_bytes)
                continue;
            len_bytes += both;
            const nd_status status = ND_VEC_RESERVE(shown->allocator, &shown->details, 1);
            if (status != ND_OK)
                return status;
            member->detail = (uint32_t)shown->details.len;
            shown->details.items[shown->details.len++] =
                (nd_shown_detail){g, group->first_member + i};
        }
    }
    return ND_OK;
}

/* --- sources --- */

typedef struct sourced {
    const char *p;
    size_t len_bytes, document;
} sourced;

static int compare_sources(const void *left, const void *right)
{
    const sourced *const a = left, *const b = right;
    const size_t len = a->len_bytes < b->len_bytes ? a->len_bytes : b->len_bytes;
    const int order = memcmp(a->p, b->p, len);
    return order != 0 ? order : (a->len_bytes > b->len_bytes) - (a->len_bytes < b->len_bytes);
}

/* Numbers the sources by their names, and keeps a document of each. */
static nd_status number_sources(nd_shown_groups *shown)
{
    const nd_allocator *const a = shown->allocator;
    nd_shown_document *const documents = shown->documents.items;
    sourced *const list = nd_alloc(a, shown->documents.len, sizeof *list);
    nd_status status = list ? ND_OK : ND_ERR_NO_MEMORY;
    size_t num = 0;
    for (size_t i = 0; i < shown->documents.len && status == ND_OK; i++)
        if (documents[i].source)
            list[num++] = (sourced){documents[i].source, documents[i].source_len_bytes, i};
    if (num > 0)
        qsort(list, num, sizeof *list, compare_sources);
    for (size_t i = 0; i < num && status == ND_OK; i++) {
        if (i == 0 || compare_sources(&list[i - 1], &list[i]) != 0) {
            status = ND_VEC_RESERVE(a, &shown->sources, 1);
            if (status == ND_OK)
                shown->sources.items[shown->sources.len++] = list[i].document;
        }
        documents[list[i].document].source_number = (uint32_t)shown->sources.len;
    }
    nd_release(a, list);
    return status;
}

nd_status nd_shown_groups_init(nd_shown_groups *shown, nd_job *job, const nd_scan *scan,
                               uint64_t most, nd_error *error)
{
    *shown = (nd_shown_groups){.allocator = job->allocator, .lock = PTHREAD_MUTEX_INITIALIZER};
    nd_arena_init(&shown->source_names, job->allocator, SOURCE_CHUNK_BYTES);
    const uint64_t share = nd_scan_stats_get(scan).text_bytes / ND_SHOWN_TEXT_SHARE;
    shown->most_text_bytes = share < ND_SHOWN_TEXT_MIN   ? ND_SHOWN_TEXT_MIN
                             : share > ND_SHOWN_TEXT_MAX ? ND_SHOWN_TEXT_MAX
                                                         : share;
    const bool can_read = nd_shown_groups_can_read_again(job->settings);
    shown->are_texts_ours = can_read;
    nd_status status = list_groups(shown, scan, most);
    if (status == ND_OK)
        status = want_texts(shown);
    if (status == ND_OK && !can_read)
        choose_kept_texts(shown);
    if (status == ND_OK && can_read && shown->documents.len > 0)
        status = read_again(shown, job, error);
    if (status == ND_OK)
        status = number_details(shown);
    return status == ND_OK ? number_sources(shown) : status;
}

void nd_shown_groups_release(nd_shown_groups *shown)
{
    const nd_allocator *const a = shown->allocator;
    for (size_t i = 0; i < shown->documents.len && shown->are_texts_ours; i++)
        nd_release(a, (char *)(uintptr_t)shown->documents.items[i].text.p);
    ND_VEC_RELEASE(a, &shown->groups);
    ND_VEC_RELEASE(a, &shown->members);
    ND_VEC_RELEASE(a, &shown->documents);
    ND_VEC_RELEASE(a, &shown->details);
    ND_VEC_RELEASE(a, &shown->by_rank);
    ND_VEC_RELEASE(a, &shown->sources);
    nd_arena_release(&shown->source_names);
}
