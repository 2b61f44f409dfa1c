/* Any bytes as a date: what is read is a number that documents without a date come after, the same
 * with white space around it. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "neardup/date.h"

static void require(int holds)
{
    if (!holds)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint64_t order = 0, again = 0;
    char *const date = malloc(size + 2);
    require(date != NULL);
    date[0] = ' ';
    if (size)
        memcpy(date + 1, data, size);
    date[size + 1] = '\n';
    const int is_date = nd_date_order((const char *)data, size, &order);
    require(nd_date_order(date, size + 2, &again) == is_date);
    require(!is_date || (order == again && order < UINT64_MAX));
    int64_t moment = 0;
    require(!nd_date_microseconds(date, size + 2, &moment) || (is_date && moment != 0));
    free(date);
    return 0;
}
