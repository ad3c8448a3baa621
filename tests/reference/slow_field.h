// SPDX-License-Identifier: Apache-2.0
/* slow_field - GF(2^8) by its definition: the product of two polynomials over GF(2), divided by
 * x^8 + x^4 + x^3 + x + 1. The oracle of secure/shamir. */
#ifndef REFERENCE_SLOW_FIELD_H
#define REFERENCE_SLOW_FIELD_H

#include <stdint.h>

static inline uint8_t slow_field_multiply(uint8_t a, uint8_t b)
{
    uint32_t product = 0;
    for (int i = 0; i < 8; i++) {
        for (int j = 0; j < 8; j++) {
            if ((a >> i & 1) && (b >> j & 1)) product ^= 1u << (i + j);
        }
    }
    for (int degree = 14; degree >= 8; degree--) {
        if (product >> degree & 1) product ^= 0x11bu << (degree - 8);
    }
    return (uint8_t)product;
}

#endif
