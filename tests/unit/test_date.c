/* Dates brought into an order. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "neardup/date.h"

static uint64_t order_of(const char *date)
{
    uint64_t order = 0;
    if (!nd_date_order(date, strlen(date), &order))
        fail_msg("not read: %s", date);
    return order;
}

static void earlier_dates_are_smaller(void **state)
{
    (void)state;
    static const char *const dates[] = {
        "-1e300",
        "0000",
        "-86400",
        "1969-12-31T23:59:59",
        "1970-01-01",
        "0.5",
        "1",
        "1999-12-31 23:59:59.999",
        "2000",
        "2000-02-29",
        "2000-03",
        "2024-05-17",
        "2024-05-17T00:00:00.000001",
        "2024-05-17T09:30+02:00",
        "2024-05-17T09",
        "20240517T093000-0530",
        "2024-05-17T23:59:60",
        "2024-05-18T00:00:01Z",
        "2024-06",
        "9999-12-31T24:00",
        "1e18",
    };
    for (size_t i = 1; i < sizeof dates / sizeof *dates; i++)
        if (order_of(dates[i - 1]) >= order_of(dates[i]))
            fail_msg("%s does not come before %s", dates[i - 1], dates[i]);
}

static void one_moment_has_one_number(void **state)
{
    (void)state;
    static const char *const same[] = {
        "2024-05-17T07:30:00Z",
        "2024-05-17T07:30",
        "2024-05-17 07:30:00",
        "20240517T073000Z",
        "2024-05-17T09:30:00+02:00",
        "2024-05-17T09:30+02",
        "2024-05-17t02:00-0530",
        "2024-05-17T07:30:00.000z",
        "2024-05-17T07:30:00,0",
        "2024-05-17 07:30:00 UTC",
        "2024-05-17 07:30 gmt",
        "2024-05-17 07:30:00 +0000",
        "2024-05-17T07:30:00 +00:00",
        " 2024-05-17  09:30:00 +0200\n",
        "Fri, 17 May 2024 09:30:00 +0200",
        "Fri, 17 May 2024 09:30:00 +0200 (CEST)",
        "Fri,17 May 2024 07:30:00 GMT",
        "17 May 2024 07:30 UT",
        "17 May 24 07:30:00 Z",
        "fri, 17 may 2024 03:30:00 edt",
        "Fri, 17 May 2024 02:30:00 EST",
        "Friday, 17-May-24 07:30:00 GMT",
        "Fri May 17 07:30:00 2024",
        "Fri May 17 07:30:00 +0000 2024",
        "May 17, 2024 07:30",
        "Fri, 17 May 2024 07:30:00",
        "1715931000",
        "1715931000.0",
        "1.715931e9",
    };
    for (size_t i = 1; i < sizeof same / sizeof *same; i++)
        assert_true(order_of(same[i]) == order_of(same[0]));
    assert_true(order_of("2024") == order_of("2024-01-01T00:00"));
    assert_true(order_of("20240102") == order_of("2024-01-02"));
    assert_true(order_of("2024-05-17T24:00") == order_of("2024-05-18"));
    assert_true(order_of("Tue Mar  5 10:00:00 2024") == order_of("5 March 2024 10:00"));
    assert_true(order_of("5 Mar 50") == order_of("1950-03-05"));
    assert_true(order_of("Sept. 1, 2024") == order_of("2024-09-01"));
    assert_true(order_of("-0") == order_of("1970-01-01"));
}

static void numbers_are_seconds_whatever_their_length(void **state)
{
    (void)state;
    uint64_t year, eight, later;
    assert_true(nd_number_order("2024", 4, &year));
    assert_true(nd_number_order("20240517", 8, &eight));
    assert_true(nd_number_order("1715931000", 10, &later));
    assert_true(year < eight && eight < later);
    assert_true(later == order_of("2024-05-17T07:30"));
    assert_true(year < order_of("2024"));
}

static void all_else_is_no_date(void **state)
{
    (void)state;
    static const char *const others[] = {
        "",
        " ",
        "yesterday",
        "2024-",
        "2024-13",
        "2024-00-01",
        "2024-02-30",
        "2023-02-29",
        "1900-02-29",
        "2024-5-17",
        "2024/05/17",
        "17.05.2024",
        "2024-05-17T",
        "2024-05-17T25",
        "2024-05-17T10:60",
        "2024-05-17T10:30:61",
        "2024-05-17T24:01",
        "2024-05-17T24:00:00.5",
        "2024-05-17T09.9",
        "2024-05-17T09:54.5",
        "2024-05-17T10:30+",
        "2024-05-17T10:30+25:00",
        "2024-05-17T10:30.",
        "2024-05-17Z10",
        "2024-05-17T10:30ZZ",
        "nan",
        "inf",
        "-inf",
        "0x10",
        "1e999",
        "Fri, 17 May 2024 09:30:00 CEST",
        "Fri, 31 Jun 2024 09:30:00 GMT",
        "Fri, 17 Ma 2024",
        "Fri, 17 Mayhem 2024",
        "Fri, 17 May 204",
        "Fri, 17 May 2024 09:30:00 +0200 (CEST",
        "Fri, 17 May",
        "Fri",
        "May",
        "Fri May 17 07:30:00",
        "2024-05-17 10:30 CET",
        "05/17/2024",
        "20240532",
        "1.5.",
        "12345678901234567890123456789012345678901234567890123456789012345",
    };
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        uint64_t order;
        if (nd_date_order(others[i], strlen(others[i]), &order))
            fail_msg("taken for a date: '%s'", others[i]);
    }
}

/* No byte past the length is looked at. */
static void length_is_kept_to(void **state)
{
    (void)state;
    static const char date[] = "2024-05-17T09:30:15.250+02:00";
    for (size_t len = 0; len < sizeof date; len++) {
        char *const copy = malloc(len ? len : 1);
        memcpy(copy, date, len);
        uint64_t order;
        (void)nd_date_order(copy, len, &order);
        free(copy);
    }
    uint64_t order;
    assert_true(nd_date_order(date, 10, &order));
    assert_true(order == order_of("2024-05-17"));
}

static void moments_are_microseconds_since_1970(void **state)
{
    (void)state;
    static const struct {
        const char *date;
        int64_t microseconds;
    } moments[] = {
        {"1970-01-01T00:00:01Z", 1000000},
        {"1970-01-01", 1}, /* 0 stands for none */
        {"1969-12-31T23:59:59.5Z", -500000},
        {"Fri, 17 May 2024 09:30:15 +0200", 1715931015000000},
        {"2024-05-17T09:30:15.250001+02:00", 1715931015250001},
        {"1715931015.25", 1715931015250000},
        {"0000", -62167219200000000},
    };
    int64_t microseconds;
    for (size_t i = 0; i < sizeof moments / sizeof *moments; i++) {
        assert_true(nd_date_microseconds(moments[i].date, strlen(moments[i].date), &microseconds));
        assert_int_equal(microseconds, moments[i].microseconds);
    }
    assert_true(nd_number_microseconds("2024", 4, &microseconds));
    assert_int_equal(microseconds, 2024000000);
    assert_false(nd_date_microseconds("tomorrow", 8, &microseconds));
    assert_false(nd_date_microseconds("1e300", 5, &microseconds));
    assert_false(nd_number_microseconds("-9.3e12", 7, &microseconds));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(earlier_dates_are_smaller),
        cmocka_unit_test(one_moment_has_one_number),
        cmocka_unit_test(numbers_are_seconds_whatever_their_length),
        cmocka_unit_test(moments_are_microseconds_since_1970),
        cmocka_unit_test(all_else_is_no_date),
        cmocka_unit_test(length_is_kept_to),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
