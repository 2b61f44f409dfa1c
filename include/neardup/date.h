/* Dates and numbers in texts, as numbers that keep their order: what a document is preferred by. */
#ifndef NEARDUP_DATE_H
#define NEARDUP_DATE_H

#include <stddef.h>
#include <stdint.h>

#include "neardup/status.h"

ND_BEGIN_DECLS

/* All of these are thread-safe, and take time in proportion to len_bytes. */

/* Reads a date and sets *out to a number that is smaller for an earlier one; never UINT64_MAX. 1,
 * or 0 if it is none. Understood are (ISO 8601-1:2019; RFC 5322, section 3.3; RFC 850)
 *
 *   2024   2024-05   2024-05-17   20240517              the day's or month's first moment
 *   2024-05-17T09:30   2024-05-17 09:30:15.250   20240517T093015
 *   ...Z   ... UTC   ...+02   ... +02:00   ...-0530     otherwise the time is taken as UTC
 *   Fri, 17 May 2024 09:30:15 +0200   17 May 24   Friday, 17-May-24 09:30:15 GMT
 *   Fri May 17 09:30:15 2024   May 17, 2024
 *   1715938215   -3.5   1.7e9                           seconds since 1970
 *
 * Digits alone are a year if there are four, a day if there are eight, seconds otherwise. Of the
 * names of zones, those of RFC 822 are known: UT, UTC, GMT, Z, and EST to PDT. White space around
 * the date does not count. Times are told apart to the quarter of a microsecond (in this century).
 */
ND_API int nd_date_order(const char *p, size_t len_bytes, uint64_t *out);

/* The same for a number: it is seconds whatever its length, and finite. */
ND_API int nd_number_order(const char *p, size_t len_bytes, uint64_t *out);

/* The same dates and numbers as microseconds since 1970 in UTC, rounded. Never 0, which stands for
 * no date elsewhere: the first moment of 1970 is 1. 0 also for what does not fit. */
ND_API int nd_date_microseconds(const char *p, size_t len_bytes, int64_t *out);
ND_API int nd_number_microseconds(const char *p, size_t len_bytes, int64_t *out);

ND_END_DECLS

#endif
