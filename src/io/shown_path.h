/* Paths in messages, whose length is bounded. */
#ifndef IO_SHOWN_PATH_H
#define IO_SHOWN_PATH_H

enum { ND_SHOWN_PATH_BYTES = 304 };

typedef struct nd_shown_path {
    char text[ND_SHOWN_PATH_BYTES]; /* terminated */
} nd_shown_path;

/* Where a document stands, such as 'a.jsonl':12; see io/place.h. */
typedef struct nd_shown_place {
    char text[ND_SHOWN_PATH_BYTES + 48]; /* terminated; empty: not known */
} nd_shown_place;

/* The path, or "..." and its last 300 bytes: what stands behind it in a message is not cut off. */
nd_shown_path nd_show_path(const char *path);

#endif
