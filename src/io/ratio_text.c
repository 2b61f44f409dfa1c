#include "io/ratio_text.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

/* A number below 100. */
static void put_two_digits(char *out, uint32_t number)
{
    static const char digits[] = "00010203040506070809101112131415161718192021222324"
                                 "25262728293031323334353637383940414243444546474849"
                                 "50515253545556575859606162636465666768697071727374"
                                 "75767778798081828384858687888990919293949596979899";
    memcpy(out, digits + 2 * (size_t)number, 2);
}

size_t nd_ratio_text(char text[ND_RATIO_TEXT_BYTES], double ratio)
{
    const double scaled = ratio * 1e6;
    const uint32_t floor = scaled >= 0 && scaled <= 1e6 ? (uint32_t)scaled : UINT32_MAX;
    const double rest = scaled - floor;
    /* Near a tie the product's own rounding would decide. */
    if (floor == UINT32_MAX || (rest > 0.4999 && rest < 0.5001))
        return (size_t)snprintf(text, ND_RATIO_TEXT_BYTES, "%.6f", ratio);
    const uint32_t millionths = floor + (rest > 0.5);
    text[0] = (char)('0' + millionths / 1000000);
    text[1] = '.';
    put_two_digits(text + 2, millionths / 10000 % 100);
    put_two_digits(text + 4, millionths / 100 % 100);
    put_two_digits(text + 6, millionths % 100);
    return 8;
}
