#include "io/date.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* What is left to read. */
typedef struct cursor {
    const char *p;
    size_t len;
} cursor;

static bool take(cursor *c, const char *any_of)
{
    if (!c->len || !*c->p || !strchr(any_of, *c->p))
        return false;
    c->p++;
    c->len--;
    return true;
}

static size_t num_digits(const cursor *c)
{
    size_t n = 0;
    while (n < c->len && c->p[n] >= '0' && c->p[n] <= '9')
        n++;
    return n;
}

/* Takes a number of exactly `digits` digits that lies in [low, high]. */
static bool take_number(cursor *c, size_t digits, int64_t low, int64_t high, int64_t *out)
{
    if (num_digits(c) < digits)
        return false;
    *out = 0;
    for (size_t i = 0; i < digits; i++)
        *out = *out * 10 + (c->p[i] - '0');
    c->p += digits;
    c->len -= digits;
    return *out >= low && *out <= high;
}

static int64_t days_in_month(int64_t year, int64_t month)
{
    static const int8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    const bool is_leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return days[month - 1] + (month == 2 && is_leap);
}

/* Days from 1970-01-01 (Hinnant, chrono-Compatible Low-Level Date Algorithms, days_from_civil),
 * for years from 0: a year begins in March, so that the leap day is its last. */
static int64_t days_from_civil(int64_t year, int64_t month, int64_t day)
{
    year -= month <= 2;
    const int64_t era = (year >= 0 ? year : year - 399) / 400;
    const int64_t year_of_era = year - era * 400;
    const int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    const int64_t day_of_era =
        year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * 146097 + day_of_era - 719468;
}

/* Takes YYYY, YYYY-MM, YYYY-MM-DD or YYYYMMDD. */
static bool take_day(cursor *c, int64_t *days)
{
    int64_t year, month = 1, day = 1;
    const bool is_basic = num_digits(c) == 8;
    if (!is_basic && num_digits(c) != 4)
        return false;
    if (!take_number(c, 4, 0, 9999, &year))
        return false;
    if (is_basic || take(c, "-")) {
        if (!take_number(c, 2, 1, 12, &month))
            return false;
        if ((is_basic || take(c, "-")) && !take_number(c, 2, 1, days_in_month(year, month), &day))
            return false;
    }
    *days = days_from_civil(year, month, day);
    return true;
}

/* Takes a fraction of a second, if there is one. */
static bool take_fraction(cursor *c, double *seconds)
{
    if (!take(c, ".,"))
        return true;
    const size_t digits = num_digits(c);
    double scale = 0.1;
    for (size_t i = 0; i < digits; i++, scale /= 10)
        *seconds += scale * (c->p[i] - '0');
    c->p += digits;
    c->len -= digits;
    return digits > 0;
}

/* Takes HH[:MM[:SS[.fraction]]] or HHMM[SS[.fraction]]. 24:00 ends a day, a leap second is :60. */
static bool take_time(cursor *c, double *seconds)
{
    int64_t hour, minute = 0, second = 0;
    bool has_second = false;
    const bool is_basic = num_digits(c) >= 4;
    if (!take_number(c, 2, 0, 24, &hour))
        return false;
    if (is_basic || take(c, ":")) {
        if (!take_number(c, 2, 0, 59, &minute))
            return false;
        has_second = is_basic ? num_digits(c) >= 2 : take(c, ":");
        if (has_second && !take_number(c, 2, 0, 60, &second))
            return false;
    }
    const double whole = (double)(hour * 3600 + minute * 60 + second);
    *seconds = whole;
    if (has_second && !take_fraction(c, seconds))
        return false;
    return hour < 24 || (minute == 0 && second == 0 && !(*seconds > whole));
}

/* Takes Z, +HH, +HH:MM or +HHMM, or nothing. */
static bool take_zone(cursor *c, double *seconds_east)
{
    *seconds_east = 0;
    if (!c->len || take(c, "Zz"))
        return true;
    const double sign = *c->p == '-' ? -1 : 1;
    int64_t hour, minute = 0;
    if (!take(c, "+-") || !take_number(c, 2, 0, 23, &hour))
        return false;
    const bool has_minute = take(c, ":") || c->len;
    if (has_minute && !take_number(c, 2, 0, 59, &minute))
        return false;
    *seconds_east = sign * (double)(hour * 3600 + minute * 60);
    return true;
}

static bool iso_seconds(cursor c, double *out)
{
    int64_t days;
    double time = 0, seconds_east = 0;
    if (!take_day(&c, &days))
        return false;
    if (take(&c, "Tt ") && (!take_time(&c, &time) || !take_zone(&c, &seconds_east)))
        return false;
    *out = (double)days * 86400 + time - seconds_east;
    return c.len == 0;
}

/* The bits of a double, made to compare as unsigned numbers: those of a negative one are turned
 * over, a positive one gets the top bit. NaN is none of our inputs, so UINT64_MAX is free. */
static uint64_t order_of(double seconds)
{
    const double unsigned_zero = seconds + 0.0; /* -0 and 0 are one moment */
    uint64_t bits;
    memcpy(&bits, &unsigned_zero, sizeof bits);
    const uint64_t top = (uint64_t)1 << 63;
    return bits & top ? ~bits : bits | top;
}

bool nd_number_order(const char *p, size_t len_bytes, uint64_t *out)
{
    char text[64];
    if (!len_bytes || len_bytes >= sizeof text)
        return false;
    memcpy(text, p, len_bytes);
    text[len_bytes] = '\0';
    if (strspn(text, "0123456789+-.eE") != len_bytes)
        return false;
    char *end;
    const double seconds = strtod(text, &end);
    if (end != text + len_bytes || !isfinite(seconds))
        return false;
    *out = order_of(seconds);
    return true;
}

bool nd_date_order(const char *p, size_t len_bytes, uint64_t *out)
{
    const cursor date = {p, len_bytes};
    double seconds;
    if (iso_seconds(date, &seconds)) {
        *out = order_of(seconds);
        return true;
    }
    const bool is_bad_day = len_bytes == 8 && num_digits(&date) == 8;
    return !is_bad_day && nd_number_order(p, len_bytes, out);
}
