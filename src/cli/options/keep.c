#include "cli/options/keep.h"

#include <string.h>

#include "util/alloc.h"
#include "util/error.h"

typedef enum key_use {
    KEY_LONGEST, /* the length of the text, which is no preference */
    KEY_PLAIN,
    KEY_OF_FIELD, /* "name:FIELD" */
    KEY_OF_NAMES, /* "name:FIELD=A,B,...": all that follows */
} key_use;

static const struct key_kind {
    const char *name;
    key_use use;
    nd_preference by;
} kinds[] = {
    {"longest", KEY_LONGEST, ND_PREFERENCE_PLACE},
    {"first", KEY_PLAIN, ND_PREFERENCE_PLACE},
    {"earliest", KEY_OF_FIELD, ND_PREFERENCE_EARLIEST},
    {"latest", KEY_OF_FIELD, ND_PREFERENCE_LATEST},
    {"max", KEY_OF_FIELD, ND_PREFERENCE_LARGEST},
    {"min", KEY_OF_FIELD, ND_PREFERENCE_SMALLEST},
    {"prefer", KEY_OF_NAMES, ND_PREFERENCE_LISTED},
};

/* What is being read: a copy of all that was typed, in which names are ended in place. */
typedef struct parsing {
    nd_keep_keys *keys;
    const char *typed; /* for messages */
    char *at;
    const char **names; /* room for those to come */
    bool has_longest;
    nd_error *error;
} parsing;

static nd_status refuse(const parsing *p)
{
    return nd_error_set(p->error, ND_ERR_INVALID_ARGUMENT,
                        "invalid value '%.200s' for '--keep', allowed: longest, first, "
                        "earliest:FIELD, latest:FIELD, max:FIELD, min:FIELD, "
                        "prefer:FIELD=A,B,... (last), with a comma between them",
                        p->typed);
}

/* Ends the text at p->at with a NUL where the first of `ends` stands, not behind a backslash, and
 * steps over it. *end: what stood there. */
static char *take_text(parsing *p, const char *ends, char *end)
{
    char *const text = p->at;
    char *to = text;
    while (*to && !strchr(ends, *to))
        to += *to == '\\' && to[1] ? 2 : 1;
    *end = *to;
    p->at = to + (*to != '\0');
    *to = '\0';
    return text;
}

static const struct key_kind *find_kind(const char *name)
{
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (strcmp(kinds[i].name, name) == 0)
            return &kinds[i];
    return NULL;
}

/* Takes the names to the end. */
static nd_status take_names(parsing *p, nd_preference_key *key)
{
    char end = ',';
    key->names = p->names;
    while (end == ',') {
        char *const name = p->at, *const comma = strchr(name, ',');
        end = comma ? ',' : '\0';
        p->at = comma ? comma + 1 : name + strlen(name);
        if (comma)
            *comma = '\0';
        if (!*name)
            return refuse(p);
        *p->names++ = name;
        key->num_names++;
    }
    return ND_OK;
}

/* Takes one key; *is_last: it is the last of what was typed. */
static nd_status take_key(parsing *p, bool *is_last)
{
    char end;
    const struct key_kind *const kind = find_kind(take_text(p, ":,", &end));
    const bool has_field = end == ':';
    if (!kind || has_field != (kind->use == KEY_OF_FIELD || kind->use == KEY_OF_NAMES))
        return refuse(p);
    nd_preference_key key = {.by = kind->by};
    if (has_field)
        key.field = take_text(p, kind->use == KEY_OF_NAMES ? "=" : ",", &end);
    *is_last = end != ',';
    if ((key.field && !*key.field) || (kind->use == KEY_OF_NAMES && end != '='))
        return refuse(p);
    if (kind->use == KEY_LONGEST) {
        if (!p->has_longest)
            p->keys->size_place = (uint32_t)p->keys->num;
        p->has_longest = true;
        return ND_OK;
    }
    if (p->keys->num == ND_MAX_PREFERENCES)
        return nd_error_set(p->error, ND_ERR_INVALID_ARGUMENT,
                            "'--keep' takes at most %d keys beside longest", ND_MAX_PREFERENCES);
    const nd_status status = kind->use == KEY_OF_NAMES ? take_names(p, &key) : ND_OK;
    if (status == ND_OK)
        p->keys->items[p->keys->num++] = key;
    return status;
}

/* Copies what was typed behind room for as many names as there may be. */
static nd_status copy_typed(parsing *p, const nd_name_list *typed, const nd_allocator *allocator)
{
    size_t bytes = 0, num_names = 0;
    for (size_t i = 0; i < typed->num_names; i++) {
        bytes += strlen(typed->names[i]) + 1;
        for (const char *c = typed->names[i]; c; c = strchr(c + 1, ','))
            num_names++;
    }
    char *const memory = nd_alloc(allocator, num_names * sizeof *p->names + bytes, 1);
    if (!memory) {
        nd_error_set(p->error, ND_ERR_NO_MEMORY, "out of memory");
        return ND_ERR_NO_MEMORY;
    }
    p->keys->memory = memory;
    p->names = (const char **)(void *)memory;
    p->at = memory + num_names * sizeof *p->names;
    char *to = p->at;
    for (size_t i = 0; i < typed->num_names; i++) {
        const size_t len = strlen(typed->names[i]) + 1;
        memcpy(to, typed->names[i], len);
        to += len;
    }
    return ND_OK;
}

nd_status nd_keep_parse(const nd_name_list *typed, const nd_allocator *allocator,
                        nd_keep_keys *keys, nd_error *error)
{
    parsing p = {.keys = keys, .error = error};
    *keys = (nd_keep_keys){0};
    nd_status status = copy_typed(&p, typed, allocator);
    if (status != ND_OK)
        return status;
    for (size_t i = 0; status == ND_OK && i < typed->num_names; i++) {
        char *const end = p.at + strlen(p.at) + 1;
        bool is_last = false;
        p.typed = typed->names[i];
        while (status == ND_OK && !is_last)
            status = take_key(&p, &is_last);
        p.at = end;
    }
    if (!p.has_longest)
        keys->size_place = (uint32_t)keys->num;
    return status;
}

bool nd_keep_has_field(const nd_keep_keys *keys)
{
    for (size_t i = 0; i < keys->num; i++)
        if (keys->items[i].by != ND_PREFERENCE_PLACE)
            return true;
    return false;
}

void nd_keep_release(nd_keep_keys *keys, const nd_allocator *allocator)
{
    nd_release(allocator, keys->memory);
    *keys = (nd_keep_keys){0};
}
