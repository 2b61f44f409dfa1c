/* Any bytes as a file of any format: the documents and the report are the same however the blocks
 * are cut, and the ids and texts that come out of JSON are UTF-8. The first byte chooses the
 * options. */
#define _GNU_SOURCE /* memfd_create */

#include "read_twice.h"

static nd_input_options options_of(uint8_t choice)
{
    static const char *const sources[] = {"a", "b"};
    return (nd_input_options){
        .format = (nd_input_format)(choice % 8),
        .text_field = choice & 0x08 ? "text,a.b" : NULL,
        .max_bytes = choice & 0x80 ? 50 : 0,
        .id_field = choice & 0x10 ? "id" : NULL,
        .preference = (nd_preference)((choice >> 5 & 3) % 3),
        .sources = sources,
        .num_sources = 2,
    };
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size)
        read_twice(data + 1, size - 1, options_of(data[0]));
    return 0;
}
