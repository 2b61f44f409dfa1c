/* Any bytes as a file of any format: the documents and the report are the same however the blocks
 * are cut, and the ids and texts that come out of JSON are UTF-8. The first byte chooses the
 * options. */
#define _GNU_SOURCE /* memfd_create */

#include "read_twice.h"

static nd_input_options options_of(uint8_t choice)
{
    static const char *const names[] = {"a", "b"};
    static const nd_preference_key keys[] = {{.by = ND_PREFERENCE_EARLIEST, .field = "date"},
                                             {ND_PREFERENCE_LISTED, "source", names, 2},
                                             {.by = ND_PREFERENCE_LARGEST, .field = "date"}};
    return (nd_input_options){
        .format = (nd_input_format)(choice % 8),
        .text_field = choice & 0x08 ? "text,a.b" : NULL,
        .max_bytes = choice & 0x80 ? 50 : 0,
        .id_field = choice & 0x10 ? "id" : NULL,
        .preferences = keys,
        .num_preferences = choice >> 5 & 3,
    };
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size)
        read_twice(data + 1, size - 1, options_of(data[0]));
    return 0;
}
