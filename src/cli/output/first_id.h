/* Counts documents and remembers the first by id, so that any order of work names the same one. */
#ifndef CLI_OUTPUT_FIRST_ID_H
#define CLI_OUTPUT_FIRST_ID_H

#include <stddef.h>
#include <stdint.h>

enum { ND_FIRST_ID_BYTES = 256 };

typedef struct nd_first_id {
    uint64_t count;
    char id[ND_FIRST_ID_BYTES]; /* cut where it is longer; terminated */
} nd_first_id;

void nd_first_id_count(nd_first_id *first, const char *id, size_t id_len_bytes);

/* Adds what another worker counted. */
void nd_first_id_merge(nd_first_id *first, const nd_first_id *other);

#endif
