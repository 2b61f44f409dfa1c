/* What a call that can fail returns. */
#ifndef NEARDUP_STATUS_H
#define NEARDUP_STATUS_H

#include <stdint.h>

#include "neardup/visibility.h"

ND_BEGIN_DECLS

/* ND_OK is 0; a failed call leaves its outputs NULL (or 0) and its object as it was. */
typedef enum nd_status {
    ND_OK = 0,
    ND_ERR_NO_MEMORY,        /* the allocator returned NULL */
    ND_ERR_INVALID_ARGUMENT, /* an argument outside the range its declaration states */
    ND_ERR_LIMIT,            /* the input is larger than a stated limit */
    ND_ERR_IO,               /* the system refused to read or write; the message says why */
    ND_ERR_FORMAT,           /* the bytes are not what they were said to be */
    ND_ERR_NOT_FOUND,        /* no such document, field or file */
    ND_ERR_EXISTS,           /* the id is taken */
    ND_ERR_VERSION,          /* made by another hash spec or format version */
    ND_ERR_UNSUPPORTED,      /* this machine or build lacks it */
    ND_ERR_CANCELLED,        /* a callback asked to stop */
    ND_ERR_BUSY,             /* somebody else holds it */
} nd_status;

enum { ND_ERROR_MESSAGE_BYTES = 512 };

/* Filled by parsers and openers that are given one; never needed to free. `line` counts from 1 and
 * `offset` from 0; both are 0 where they do not apply. `message` is lower case, without full stop,
 * names its subject in quotes, and is always terminated. */
typedef struct nd_error {
    nd_status code;
    uint64_t offset;
    uint64_t line;
    char message[ND_ERROR_MESSAGE_BYTES];
} nd_error;

/* A short English text for a status, static, never NULL. Thread-safe. */
ND_API const char *nd_status_message(nd_status status);

ND_END_DECLS

#endif
