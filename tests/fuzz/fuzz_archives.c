/* Any bytes as a file that may be an archive, compressed, or UTF-16: the documents and the report
 * are the same however the blocks are cut. */
#define _GNU_SOURCE /* memfd_create */

#include "read_twice.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const nd_preference_key by_date = {.by = ND_PREFERENCE_EARLIEST, .field = "date"};
    const nd_input_options options = {
        .preferences = &by_date, .num_preferences = 1, .max_bytes = 1000, .max_entries = 50};
    read_twice(data, size, options);
    return 0;
}
