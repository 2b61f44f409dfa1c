#include "neardup/date.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

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

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Whether there was any. */
static bool skip_space(cursor *c)
{
    const size_t before = c->len;
    while (c->len && is_space(*c->p)) {
        c->p++;
        c->len--;
    }
    return c->len < before;
}

/* Takes the letters at hand if they are one of `names`, in either case: the number of it, or -1.
 * Of a name longer than `shortest`, any shorter form down to that will do; 0: no shorter form. */
static int take_name(cursor *c, const char *const *names, int num, size_t shortest)
{
    size_t len = 0;
    while (len < c->len && ((c->p[len] | 0x20) >= 'a' && (c->p[len] | 0x20) <= 'z'))
        len++;
    for (int i = 0; i < num; i++) {
        const size_t full = strlen(names[i]);
        const bool fits = shortest ? len >= shortest && len <= full : len == full;
        if (fits && strncasecmp(c->p, names[i], len) == 0) {
            c->p += len;
            c->len -= len;
            return i;
        }
    }
    return -1;
}

/* Takes +HH, +HH:MM or +HHMM. */
static bool take_offset(cursor *c, double *seconds_east)
{
    const double sign = c->len && *c->p == '-' ? -1 : 1;
    int64_t hour, minute = 0;
    if (!take(c, "+-") || !take_number(c, 2, 0, 23, &hour))
        return false;
    const bool has_minute = take(c, ":") || num_digits(c) > 0;
    if (has_minute && !take_number(c, 2, 0, 59, &minute))
        return false;
    *seconds_east = sign * (double)(hour * 3600 + minute * 60);
    return true;
}

/* Takes an offset or one of the names that RFC 822 has for them, with blanks in front of it or not;
 * nothing at all is UTC. Names of other zones mean different things in different places. */
static bool take_zone(cursor *c, double *seconds_east)
{
    static const char *const names[] = {"Z",   "UT",  "UTC", "GMT", "EST", "EDT",
                                        "CST", "CDT", "MST", "MDT", "PST", "PDT"};
    static const int8_t hours[] = {0, 0, 0, 0, -5, -4, -6, -5, -7, -6, -8, -7};
    skip_space(c);
    *seconds_east = 0;
    if (!c->len || take_offset(c, seconds_east))
        return true;
    const int name = take_name(c, names, sizeof names / sizeof *names, 0);
    if (name >= 0)
        *seconds_east = hours[name] * 3600.0;
    return name >= 0;
}

/* YYYY-MM-DD and its like (ISO 8601), with a time or not. */
static bool iso_seconds(cursor c, double *out)
{
    int64_t days;
    double time = 0, seconds_east = 0;
    if (!take_day(&c, &days))
        return false;
    const bool has_time = c.len && (take(&c, "Tt") || skip_space(&c));
    if (has_time && (!take_time(&c, &time) || !take_zone(&c, &seconds_east)))
        return false;
    *out = (double)days * 86400 + time - seconds_east;
    return c.len == 0;
}

static bool take_month(cursor *c, int64_t *month)
{
    static const char *const names[] = {"January",   "February", "March",    "April",
                                        "May",       "June",     "July",     "August",
                                        "September", "October",  "November", "December"};
    *month = take_name(c, names, 12, 3) + 1;
    take(c, ".");
    return *month > 0;
}

/* Takes a day of one or two digits. */
static bool take_month_day(cursor *c, int64_t *day)
{
    const size_t digits = num_digits(c);
    return (digits == 1 || digits == 2) && take_number(c, digits, 1, 31, day);
}

/* Takes a year of four digits, or of two: RFC 5322, section 4.3. */
static bool take_year(cursor *c, int64_t *year)
{
    const size_t digits = num_digits(c);
    if ((digits != 4 && digits != 2) || !take_number(c, digits, 0, 9999, year))
        return false;
    if (digits == 2)
        *year += *year < 50 ? 2000 : 1900;
    return true;
}

/* A zone may have its name behind it, in brackets. */
static void skip_comment(cursor *c)
{
    skip_space(c);
    if (c->len > 1 && *c->p == '(' && c->p[c->len - 1] == ')')
        c->len = 0;
}

typedef struct mail_day {
    int64_t year, month, day;
    bool is_year_last; /* behind the time: not yet taken */
} mail_day;

/* Takes [Tue,] 5 Mar 2024, 05-Mar-24, March 5, 2024 or Tue Mar 5. */
static bool take_mail_day(cursor *c, mail_day *date)
{
    static const char *const week[] = {"Monday", "Tuesday",  "Wednesday", "Thursday",
                                       "Friday", "Saturday", "Sunday"};
    if (take_name(c, week, 7, 3) >= 0) {
        take(c, ",.");
        skip_space(c);
    }
    const bool is_month_first = take_month(c, &date->month);
    if (is_month_first)
        skip_space(c);
    if (!take_month_day(c, &date->day))
        return false;
    take(c, is_month_first ? "," : "-");
    skip_space(c);
    if (!is_month_first && !take_month(c, &date->month))
        return false;
    take(c, "-");
    skip_space(c);
    date->is_year_last = c->len > 2 && c->p[2] == ':';
    return date->is_year_last || take_year(c, &date->year);
}

/* Takes the time and the zone behind a day, which may be missing, and the year where that is last,
 * behind the zone. */
static bool take_mail_time(cursor *c, mail_day *date, double *seconds)
{
    double seconds_east = 0;
    skip_space(c);
    *seconds = 0;
    if (c->len && *c->p != '(' && !take_time(c, seconds))
        return false;
    skip_space(c);
    if (date->is_year_last) {
        if (c->len && strchr("+-", *c->p) && !take_offset(c, &seconds_east))
            return false;
        skip_space(c);
        if (!take_year(c, &date->year))
            return false;
    } else if (c->len && *c->p != '(' && !take_zone(c, &seconds_east)) {
        return false;
    }
    *seconds -= seconds_east;
    return true;
}

/* What feeds and letters have: "Tue, 05 Mar 2024 10:00:00 +0100" (RFC 822 and 850), and the C
 * library's "Tue Mar  5 10:00:00 2024". */
static bool mail_seconds(cursor c, double *out)
{
    mail_day date = {0};
    double time;
    if (!take_mail_day(&c, &date) || !take_mail_time(&c, &date, &time))
        return false;
    skip_comment(&c);
    *out = (double)days_from_civil(date.year, date.month, date.day) * 86400 + time;
    return c.len == 0 && date.day <= days_in_month(date.year, date.month);
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

static bool number_seconds(const char *p, size_t len_bytes, double *out)
{
    char text[64];
    if (!len_bytes || len_bytes >= sizeof text)
        return false;
    memcpy(text, p, len_bytes);
    text[len_bytes] = '\0';
    if (strspn(text, "0123456789+-.eE") != len_bytes)
        return false;
    char *end;
    *out = strtod(text, &end);
    return end == text + len_bytes && isfinite(*out);
}

static bool date_seconds(const char *p, size_t len_bytes, double *out)
{
    cursor date = {p, len_bytes};
    skip_space(&date);
    while (date.len && is_space(date.p[date.len - 1]))
        date.len--;
    if (iso_seconds(date, out) || mail_seconds(date, out))
        return true;
    const bool is_bad_day = date.len == 8 && num_digits(&date) == 8;
    return !is_bad_day && number_seconds(date.p, date.len, out);
}

static bool microseconds_of(double seconds, int64_t *out)
{
    const double most = 9.2e12;
    if (!(seconds >= -most && seconds <= most))
        return false;
    *out = llround(seconds * 1e6);
    *out += *out == 0;
    return true;
}

int nd_number_order(const char *p, size_t len_bytes, uint64_t *out)
{
    double seconds;
    if (!number_seconds(p, len_bytes, &seconds))
        return false;
    *out = order_of(seconds);
    return true;
}

int nd_date_order(const char *p, size_t len_bytes, uint64_t *out)
{
    double seconds;
    if (!date_seconds(p, len_bytes, &seconds))
        return false;
    *out = order_of(seconds);
    return true;
}

int nd_number_microseconds(const char *p, size_t len_bytes, int64_t *out)
{
    double seconds;
    return number_seconds(p, len_bytes, &seconds) && microseconds_of(seconds, out);
}

int nd_date_microseconds(const char *p, size_t len_bytes, int64_t *out)
{
    double seconds;
    return date_seconds(p, len_bytes, &seconds) && microseconds_of(seconds, out);
}
