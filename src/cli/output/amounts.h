/* Numbers as people read them. */
#ifndef CLI_OUTPUT_AMOUNTS_H
#define CLI_OUTPUT_AMOUNTS_H

#include <stdint.h>

typedef struct nd_amount {
    char text[48];
} nd_amount;

/* 1234567 -> "1,234,567". */
nd_amount nd_amount_count(uint64_t count);

/* 1, "group" -> "1 group"; 1234, "group" -> "1,234 groups". */
nd_amount nd_amount_of(uint64_t count, const char *noun);

/* "17 bytes", "3.4 MB" (powers of 1000). */
nd_amount nd_amount_bytes(double bytes);

/* A share in percent: "93 %"; "100 %" and "0 %" only where it is all and nothing. */
nd_amount nd_amount_percent(double ratio);

/* Of a passage: "412 words, 93 % alike", or "412 words, the same". */
nd_amount nd_amount_alike(uint64_t words, double similarity);

/* "0.42 s", "2:05", "1:02:05". */
nd_amount nd_amount_seconds(double seconds);

#endif
