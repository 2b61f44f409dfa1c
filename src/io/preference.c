#include "io/preference.h"

#include <string.h>

#include "io/date.h"

static uint64_t date_preference(const nd_json_field *field)
{
    uint64_t order;
    if (field->type == ND_JSON_NUMBER && nd_number_order(field->p, field->len_bytes, &order))
        return order;
    if (field->type == ND_JSON_STRING && nd_date_order(field->p, field->len_bytes, &order))
        return order;
    return ND_PREFERENCE_UNKNOWN;
}

static uint64_t source_preference(const nd_input_options *options, const nd_json_field *field)
{
    if (field->type != ND_JSON_STRING)
        return ND_PREFERENCE_UNKNOWN;
    for (size_t i = 0; i < options->num_sources; i++)
        if (strlen(options->sources[i]) == field->len_bytes &&
            memcmp(options->sources[i], field->p, field->len_bytes) == 0)
            return i;
    return options->num_sources;
}

uint64_t nd_preference_of(const nd_input_options *options, const nd_json_field *field)
{
    switch (options->preference) {
    case ND_PREFERENCE_NONE:
        return 0;
    case ND_PREFERENCE_DATE:
        return date_preference(field);
    case ND_PREFERENCE_SOURCE:
        return source_preference(options, field);
    }
    return ND_PREFERENCE_UNKNOWN;
}
