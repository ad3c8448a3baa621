// SPDX-License-Identifier: Apache-2.0
/* argument - values of options, read from text.
 *
 * Each fails with STATUS_BAD_INPUT and a sentence that names the option and what is allowed, and
 * leaves the value alone. */
#ifndef BASE_ARGUMENT_H
#define BASE_ARGUMENT_H

#include "base/status.h"

#include <stdint.h>

/* Decimal digits only: no sign, no space, no exponent. */
enum status argument_integer(int *value, const char *option, const char *text, int least,
                             int most) CHECKED;

/* The same of what an int may be too small for, as seeds. */
enum status argument_unsigned(uint64_t *value, const char *option, const char *text, uint64_t least,
                              uint64_t most) CHECKED;

enum status argument_number(double *value, const char *option, const char *text, double least,
                            double most) CHECKED;

/* The index of the text among `words`, whose end is NULL. */
enum status argument_word(int *index, const char *option, const char *text,
                          const char *const words[]) CHECKED;

/* Exactly `count` integers with commas between; number i lies between 1 and most[i]. `form` is for
 * people: "SIDE,IN,OUT". */
enum status argument_integers(int *values, int count, const char *option, const char *text,
                              const char *form, const int *most) CHECKED;

#endif
