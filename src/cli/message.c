#include "cli/message.h"

#include <stdarg.h>
#include <stdio.h>

void nd_message(const char *format, ...)
{
    char text[1024]; /* one write a line: lines of two processes do not mix */
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    /* Names and ids are anybody's: no line of their own, no colours. */
    for (char *p = text; *p; p++)
        if ((unsigned char)*p < ' ' || *p == 0x7f)
            *p = '?';
    fprintf(stderr, "neardup: %s\n", text);
}
