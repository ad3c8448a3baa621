// SPDX-License-Identifier: Apache-2.0
#include "report/markup.h"

#include <math.h>
#include <string.h>

void markup_text(FILE *out, const char *text)
{
    for (; *text != '\0'; text++) {
        switch (*text) {
        case '&':
            fputs("&amp;", out);
            break;
        case '<':
            fputs("&lt;", out);
            break;
        case '>':
            fputs("&gt;", out);
            break;
        case '"':
            fputs("&quot;", out);
            break;
        case '\'':
            fputs("&#39;", out);
            break;
        default:
            // Control characters are not allowed in XML, not even as entities.
            putc((unsigned char)*text < 0x20 && *text != '\n' ? ' ' : *text, out);
        }
    }
}

void markup_base64(FILE *out, const uint8_t *bytes, size_t size)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (size_t i = 0; i < size; i += 3) {
        const size_t left = size - i;
        const uint32_t group = (uint32_t)bytes[i] << 16 |
                               (left > 1 ? (uint32_t)bytes[i + 1] << 8 : 0u) |
                               (left > 2 ? (uint32_t)bytes[i + 2] : 0u);
        putc(digits[group >> 18 & 63], out);
        putc(digits[group >> 12 & 63], out);
        putc(left > 1 ? digits[group >> 6 & 63] : '=', out);
        putc(left > 2 ? digits[group & 63] : '=', out);
    }
}

void markup_percent(char text[MARKUP_QUANTITY], double share)
{
    if (isfinite(share)) {
        snprintf(text, MARKUP_QUANTITY, "%.1f %%", share * 100);
    } else {
        snprintf(text, MARKUP_QUANTITY, "–");
    }
}

void markup_bytes(char text[MARKUP_QUANTITY], double bytes)
{
    static const char *const units[] = {"B", "kB", "MB", "GB", "TB", "PB"};
    if (!isfinite(bytes) || bytes < 0) {
        snprintf(text, MARKUP_QUANTITY, "–");
        return;
    }
    size_t unit = 0;
    while (bytes >= 999.5 && unit + 1 < sizeof units / sizeof units[0]) {
        bytes /= 1000;
        unit++;
    }
    const int places = unit > 0 && bytes < 99.95 ? 1 : 0;
    snprintf(text, MARKUP_QUANTITY, "%.*f %s", places, bytes, units[unit]);
}

void markup_duration(char text[MARKUP_QUANTITY], double seconds)
{
    if (!isfinite(seconds) || seconds < 0 || seconds > 1e12) {
        snprintf(text, MARKUP_QUANTITY, "–");
    } else if (seconds < 9.95) {
        snprintf(text, MARKUP_QUANTITY, "%.1f s", seconds);
    } else if (seconds < 59.5) {
        snprintf(text, MARKUP_QUANTITY, "%.0f s", seconds);
    } else if (seconds < 3599.5) {
        const long whole = lround(seconds);
        snprintf(text, MARKUP_QUANTITY, "%ld min %02ld s", whole / 60, whole % 60);
    } else {
        const long whole = lround(seconds / 60);
        snprintf(text, MARKUP_QUANTITY, "%ld h %02ld min", whole / 60, whole % 60);
    }
}

void markup_count(char text[MARKUP_QUANTITY], uint64_t count)
{
    char digits[MARKUP_QUANTITY];
    const int length = snprintf(digits, sizeof digits, "%llu", (unsigned long long)count);
    size_t used = 0;
    for (int i = 0; i < length; i++) {
        if (i > 0 && (length - i) % 3 == 0) {
            memcpy(text + used, "\u202f", 3);
            used += 3;
        }
        text[used++] = digits[i];
    }
    text[used] = '\0';
}
