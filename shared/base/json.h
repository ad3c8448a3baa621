// SPDX-License-Identifier: Apache-2.0
/* json - texts and numbers as JSON has them, for those who print an object by hand. */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include <stdio.h>

/* A quoted text. Quotes, backslashes and control characters are escaped; a byte that is no part of
 * UTF-8, as a path may hold, becomes U+FFFD. */
void json_text(FILE *out, const char *text);

/* Ten significant digits; null when the number is not finite: JSON has no name for it. */
void json_number(FILE *out, double number);

/* The same with so many digits after the point. */
void json_fixed(FILE *out, double number, int digits);

#endif
