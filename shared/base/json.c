// SPDX-License-Identifier: Apache-2.0
#include "base/json.h"

#include <math.h>
#include <stddef.h>

/* Bytes of the UTF-8 character at `text`; 0 when there is none (RFC 3629: no overlong forms, no
 * surrogates, nothing above U+10FFFF). */
static size_t character(const unsigned char *text)
{
    const unsigned first = text[0];
    const size_t size = first < 0x80                    ? 1
                        : first >= 0xc2 && first < 0xe0 ? 2
                        : first >= 0xe0 && first < 0xf0 ? 3
                        : first >= 0xf0 && first < 0xf5 ? 4
                                                        : 0;
    const unsigned least = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
    const unsigned most = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;
    if (size > 1 && (text[1] < least || text[1] > most)) return 0;
    for (size_t i = 2; i < size; i++) {
        if ((text[i] & 0xc0) != 0x80) return 0;
    }
    return size;
}

void json_text(FILE *out, const char *text)
{
    const unsigned char *at = (const unsigned char *)text;
    putc('"', out);
    while (*at != '\0') {
        const size_t size = character(at);
        if (size == 0) {
            fputs("\\ufffd", out);
        } else if (*at < 0x20 || *at == 0x7f) {
            fprintf(out, "\\u%04x", *at);
        } else {
            if (*at == '"' || *at == '\\') putc('\\', out);
            fwrite(at, 1, size, out);
        }
        at += size == 0 ? 1 : size;
    }
    putc('"', out);
}

void json_number(FILE *out, double number)
{
    if (isfinite(number)) {
        fprintf(out, "%.10g", number);
    } else {
        fputs("null", out);
    }
}

void json_fixed(FILE *out, double number, int digits)
{
    if (isfinite(number)) {
        fprintf(out, "%.*f", digits, number);
    } else {
        fputs("null", out);
    }
}
