#include "text/utf8.h"

static nd_utf8_char invalid_part(size_t len_bytes)
{
    return (nd_utf8_char){ND_UTF8_REPLACEMENT, (uint8_t)len_bytes, 1};
}

/* Smallest and largest second byte after `lead`: all of 80..BF but where that would be overlong, a
 * surrogate, or past U+10FFFF. */
static void second_byte_range(uint8_t lead, uint8_t *low, uint8_t *high)
{
    *low = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
    *high = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
}

nd_utf8_char nd_utf8_decode(const char *p, size_t len)
{
    const uint8_t *const b = (const uint8_t *)p;
    const uint8_t lead = b[0];
    if (lead < 0x80)
        return (nd_utf8_char){lead, 1, 0};
    if (lead < 0xC2 || lead > 0xF4)
        return invalid_part(1);
    const size_t need = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    uint32_t code_point = lead & (0x7Fu >> need);
    uint8_t low, high;
    second_byte_range(lead, &low, &high);
    for (size_t i = 1; i < need; i++) {
        if (i >= len || b[i] < low || b[i] > high)
            return invalid_part(i);
        code_point = code_point << 6 | (b[i] & 0x3Fu);
        low = 0x80;
        high = 0xBF;
    }
    return (nd_utf8_char){code_point, (uint8_t)need, 0};
}

size_t nd_utf8_encode(uint32_t code_point, char out[4])
{
    if (code_point < 0x80) {
        out[0] = (char)code_point;
        return 1;
    }
    if (code_point < 0x800) {
        out[0] = (char)(0xC0 | code_point >> 6);
        out[1] = (char)(0x80 | (code_point & 0x3F));
        return 2;
    }
    if (code_point < 0x10000) {
        out[0] = (char)(0xE0 | code_point >> 12);
        out[1] = (char)(0x80 | (code_point >> 6 & 0x3F));
        out[2] = (char)(0x80 | (code_point & 0x3F));
        return 3;
    }
    out[0] = (char)(0xF0 | code_point >> 18);
    out[1] = (char)(0x80 | (code_point >> 12 & 0x3F));
    out[2] = (char)(0x80 | (code_point >> 6 & 0x3F));
    out[3] = (char)(0x80 | (code_point & 0x3F));
    return 4;
}
