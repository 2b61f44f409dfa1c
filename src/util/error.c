#include "util/error.h"

#include <stdarg.h>
#include <stdio.h>

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
