#include "io/shown_path.h"

#include <stdio.h>
#include <string.h>

nd_shown_path nd_show_path(const char *path)
{
    static const char cut[] = "...";
    const size_t most = ND_SHOWN_PATH_BYTES - sizeof cut, len = strlen(path);
    nd_shown_path shown;
    const char *from = path;
    if (len > most) {
        from += len - most;
        while (((unsigned char)*from & 0xC0) == 0x80) /* not from the middle of a character */
            from++;
    }
    snprintf(shown.text, sizeof shown.text, "%s%s", len > most ? cut : "", from);
    return shown;
}
