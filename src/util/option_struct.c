#include "util/option_struct.h"

#include <string.h>

void nd_option_struct_init(void *given, size_t size_bytes, const void *full)
{
    size_t full_bytes;
    memcpy(&full_bytes, full, sizeof full_bytes);
    memset(given, 0, size_bytes);
    memcpy(given, full, size_bytes < full_bytes ? size_bytes : full_bytes);
    memcpy(given, &size_bytes, sizeof size_bytes);
}

nd_status nd_option_struct_copy(void *full, const void *given)
{
    size_t full_bytes, given_bytes;
    memcpy(&full_bytes, full, sizeof full_bytes);
    memcpy(&given_bytes, given, sizeof given_bytes);
    if (given_bytes < sizeof given_bytes)
        return ND_ERR_INVALID_ARGUMENT;
    const unsigned char *const bytes = given;
    for (size_t i = full_bytes; i < given_bytes; i++)
        if (bytes[i] != 0)
            return ND_ERR_INVALID_ARGUMENT;
    const size_t known = given_bytes < full_bytes ? given_bytes : full_bytes;
    memcpy((char *)full + sizeof known, bytes + sizeof known, known - sizeof known);
    return ND_OK;
}
