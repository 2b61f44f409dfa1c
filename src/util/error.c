#include "util/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

nd_status nd_error_set(nd_error *error, nd_status status, const char *format, ...)
{
    if (!error)
        return status;
    *error = (nd_error){.code = status};
    va_list args;
    va_start(args, format);
    vsnprintf(error->message, sizeof error->message, format, args);
    va_end(args);
    return status;
}

const char *nd_status_message(nd_status status)
{
    switch (status) {
    case ND_OK:
        return "done";
    case ND_ERR_NO_MEMORY:
        return "out of memory";
    case ND_ERR_INVALID_ARGUMENT:
        return "invalid argument";
    case ND_ERR_LIMIT:
        return "over a limit";
    case ND_ERR_IO:
        return "input or output failed";
    case ND_ERR_FORMAT:
        return "malformed input";
    case ND_ERR_NOT_FOUND:
        return "not found";
    case ND_ERR_EXISTS:
        return "exists already";
    case ND_ERR_VERSION:
        return "made by another version";
    case ND_ERR_UNSUPPORTED:
        return "not supported here";
    case ND_ERR_CANCELLED:
        return "cancelled";
    case ND_ERR_BUSY:
        return "in use";
    }
    return "unknown status";
}

/* --- option structs --- */

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
