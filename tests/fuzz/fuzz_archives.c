/* Any bytes as a file that may be an archive, compressed, or UTF-16: the documents and the report
 * are the same however the blocks are cut. */
#define _GNU_SOURCE /* memfd_create */

#include "read_twice.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const nd_input_options options = {
        .preference = ND_PREFERENCE_DATE, .max_bytes = 1000, .max_entries = 50};
    read_twice(data, size, options);
    return 0;
}
