#include "cli/output/amounts.h"

#include <stdio.h>
#include <string.h>

nd_amount nd_amount_count(uint64_t count)
{
    char digits[24];
    const int len = snprintf(digits, sizeof digits, "%llu", (unsigned long long)count);
    nd_amount amount = {""};
    size_t out = 0;
    for (int i = 0; i < len; i++) {
        if (i > 0 && (len - i) % 3 == 0)
            amount.text[out++] = ',';
        amount.text[out++] = digits[i];
    }
    return amount;
}

nd_amount nd_amount_of(uint64_t count, const char *noun)
{
    nd_amount amount = nd_amount_count(count);
    const size_t len = strlen(amount.text);
    snprintf(amount.text + len, sizeof amount.text - len, " %s%s", noun, count == 1 ? "" : "s");
    return amount;
}

nd_amount nd_amount_bytes(double bytes)
{
    static const char *const units[] = {"kB", "MB", "GB", "TB", "PB"};
    nd_amount amount;
    if (bytes < 1000) {
        snprintf(amount.text, sizeof amount.text, "%.0f bytes", bytes);
        return amount;
    }
    size_t unit = 0;
    for (bytes /= 1000; bytes >= 999.5 && unit + 1 < sizeof units / sizeof *units; unit++)
        bytes /= 1000;
    snprintf(amount.text, sizeof amount.text, bytes < 9.95 ? "%.1f %s" : "%.0f %s", bytes,
             units[unit]);
    return amount;
}

nd_amount nd_amount_percent(double ratio)
{
    nd_amount amount;
    double percent = 100 * ratio;
    if (percent > 99 && percent < 100)
        percent = 99;
    if (percent > 0 && percent < 1)
        snprintf(amount.text, sizeof amount.text, "<1 %%");
    else
        snprintf(amount.text, sizeof amount.text, "%.0f %%", percent);
    return amount;
}

nd_amount nd_amount_alike(uint64_t words, double similarity)
{
    nd_amount amount = nd_amount_of(words, "word");
    const size_t len = strlen(amount.text), room = sizeof amount.text - len;
    if (similarity < 1)
        snprintf(amount.text + len, room, ", %.12s alike", nd_amount_percent(similarity).text);
    else
        snprintf(amount.text + len, room, ", the same");
    return amount;
}

nd_amount nd_amount_seconds(double seconds)
{
    nd_amount amount;
    const unsigned long whole = (unsigned long)(seconds + 0.5);
    if (seconds < 60)
        snprintf(amount.text, sizeof amount.text, "%.2f s", seconds);
    else if (whole < 3600)
        snprintf(amount.text, sizeof amount.text, "%lu:%02lu", whole / 60, whole % 60);
    else
        snprintf(amount.text, sizeof amount.text, "%lu:%02lu:%02lu", whole / 3600, whole / 60 % 60,
                 whole % 60);
    return amount;
}
