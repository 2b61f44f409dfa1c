/* The preference of a document, from a field of its line. */
#ifndef IO_PREFERENCE_H
#define IO_PREFERENCE_H

#include <stddef.h>
#include <stdint.h>

#include "io/input.h"
#include "io/json_line.h"

/* Of a line that says nothing: after all others. */
#define ND_PREFERENCE_UNKNOWN UINT64_MAX

/* The preference that the field's value stands for; `field` holds a string with its escapes undone,
 * or a number. ND_PREFERENCE_UNKNOWN where it is absent, null, of another type or unreadable.
 * Cost: sources are looked through one by one. */
uint64_t nd_preference_of(const nd_input_options *options, const nd_json_field *field);

#endif
