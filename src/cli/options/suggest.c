#include "cli/options/suggest.h"

#include <stdint.h>
#include <string.h>

enum { LONGEST_NAME = 32 };

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Insertions, deletions, substitutions and swaps of neighbours from a to b (optimal string
 * alignment: Damerau, 1964), each part of a used once. Names past LONGEST_NAME are far away. */
static size_t edit_distance(const char *a, const char *b)
{
    const size_t a_len = strlen(a), b_len = strlen(b);
    if (a_len > LONGEST_NAME || b_len > LONGEST_NAME)
        return SIZE_MAX;
    size_t rows[3][LONGEST_NAME + 1];
    for (size_t j = 0; j <= b_len; j++)
        rows[0][j] = j;
    for (size_t i = 1; i <= a_len; i++) {
        size_t *const row = rows[i % 3];
        const size_t *const above = rows[(i + 2) % 3], *const two_above = rows[(i + 1) % 3];
        row[0] = i;
        for (size_t j = 1; j <= b_len; j++) {
            row[j] = smaller(above[j], row[j - 1]) + 1;
            row[j] = smaller(row[j], above[j - 1] + (a[i - 1] != b[j - 1]));
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                row[j] = smaller(row[j], two_above[j - 2] + 1);
        }
    }
    return rows[a_len % 3][b_len];
}

nd_suggestion nd_suggestion_for(const char *typed)
{
    return (nd_suggestion){.typed = typed, .distance = SIZE_MAX};
}

void nd_suggestion_consider(nd_suggestion *suggestion, const char *name)
{
    const size_t typed_len = strlen(suggestion->typed);
    size_t distance = edit_distance(suggestion->typed, name);
    if (typed_len >= 3 && strncmp(name, suggestion->typed, typed_len) == 0)
        distance = 1; /* the beginning of a name is as good as one slip */
    if (distance <= 1 + strlen(name) / 4 && distance < suggestion->distance) {
        suggestion->nearest = name;
        suggestion->distance = distance;
    }
}
