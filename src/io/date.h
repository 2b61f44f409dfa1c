/* Dates as numbers that keep their order. */
#ifndef IO_DATE_H
#define IO_DATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Reads a date and sets *out to a number that is smaller for an earlier one; never UINT64_MAX.
 * False if it is none. Understood are (ISO 8601-1:2019)
 *
 *   2024   2024-05   2024-05-17   20240517              the day's or month's first moment
 *   2024-05-17T09:30   2024-05-17 09:30:15.250   20240517T093015
 *   ...Z   ...+02   ...+02:00   ...-0530                otherwise the time is taken as UTC
 *   1715938215   -3.5   1.7e9                           seconds since 1970
 *
 * Digits alone are a year if there are four, a day if there are eight, seconds otherwise.
 * Times are told apart to the quarter of a microsecond (in this century). */
bool nd_date_order(const char *p, size_t len_bytes, uint64_t *out);

/* The same for a number: it is seconds whatever its length. */
bool nd_number_order(const char *p, size_t len_bytes, uint64_t *out);

#endif
