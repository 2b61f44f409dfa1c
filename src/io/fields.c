#include "io/fields.h"

#include <string.h>

#include "util/error.h"

/* Ends the part that is being copied. False: there is no room for another. */
static bool end_part(nd_field *field, const char *begin, const char *end)
{
    if (field->num_parts == ND_FIELD_MAX_PARTS)
        return false;
    field->parts[field->num_parts++] = (nd_field_part){begin, (size_t)(end - begin)};
    return true;
}

/* Copies one name to *copy, with its end, and steps over it in *list. A comma ends it if that is
 * `separator`. */
static bool add_name(nd_field *field, char separator, const char **list, char **copy)
{
    char *to = *copy;
    const char *part = to, *from = *list;
    *field = (nd_field){.name = to};
    for (; *from && *from != separator; from++) {
        if (*from == '\\' && (from[1] == ',' || from[1] == '.'))
            from++;
        else if (*from == '.') {
            if (!end_part(field, part, to))
                return false;
            part = to + 1;
        }
        *to++ = *from;
    }
    if (!end_part(field, part, to))
        return false;
    field->name_len_bytes = (size_t)(to - field->name);
    *to = '\0';
    *list = from;
    *copy = to + 1;
    return true;
}

nd_status nd_fields_add(nd_fields *fields, const char *list, size_t most, char *copy, size_t *num,
                        nd_error *error)
{
    const char *const whole = list;
    *num = 0;
    for (;; list++) {
        if (*num == most || fields->num == ND_MAX_FIELDS)
            return nd_error_set(error, ND_ERR_INVALID_ARGUMENT, "'%s' names more than %zu fields",
                                whole, most);
        if (!add_name(&fields->items[fields->num], most > 1 ? ',' : '\0', &list, &copy))
            return nd_error_set(error, ND_ERR_INVALID_ARGUMENT,
                                "'%s' names a field inside more than %d others", whole,
                                ND_FIELD_MAX_PARTS - 1);
        fields->num++;
        ++*num;
        if (!*list)
            return ND_OK;
    }
}
