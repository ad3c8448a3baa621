// SPDX-License-Identifier: Apache-2.0
#include "secure/z85.h"

#include <assert.h>
#include <string.h>

static const char alphabet[] = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                               ".-:+=^!/*?&<>()[]{}@%$#";
_Static_assert(sizeof alphabet == 85 + 1, "base 85");

void z85_encode(char *text, const uint8_t *bytes, size_t size)
{
    assert(size % 4 == 0);
    for (size_t i = 0; i < size; i += 4) {
        uint32_t value = (uint32_t)bytes[i] << 24 | (uint32_t)bytes[i + 1] << 16 |
                         (uint32_t)bytes[i + 2] << 8 | bytes[i + 3];
        for (int digit = 4; digit >= 0; digit--) {
            text[digit] = alphabet[value % 85];
            value /= 85;
        }
        text += 5;
    }
    *text = '\0';
}

bool z85_decode(uint8_t *bytes, size_t size, const char *text)
{
    assert(size % 4 == 0);
    for (size_t i = 0; i < size; i += 4) {
        uint64_t value = 0;
        for (int digit = 0; digit < 5; digit++, text++) {
            const char *place = *text == '\0' ? NULL : strchr(alphabet, *text);
            if (place == NULL) return false;
            value = value * 85 + (uint64_t)(place - alphabet);
        }
        if (value > UINT32_MAX) return false; // five digits hold a little more than four bytes
        for (size_t byte = 0; byte < 4; byte++) {
            bytes[i + byte] = (uint8_t)(value >> (24 - 8 * byte));
        }
    }
    return *text == '\0';
}
