#include "neardup/status.h"

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
