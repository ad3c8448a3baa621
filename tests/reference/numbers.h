// SPDX-License-Identifier: Apache-2.0
/* numbers - random numbers for tests, and the comparison of results with those of an oracle.
 * Include cmocka first. */
#ifndef REFERENCE_NUMBERS_H
#define REFERENCE_NUMBERS_H

#include "base/random.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* `count` normal numbers, the same for the same salt; the caller frees them. */
static inline float *numbers_random(size_t count, uint32_t salt)
{
    // One more than needed: an empty list is a list, too.
    float *numbers = malloc((count + 1) * sizeof *numbers);
    assert_non_null(numbers);
    struct random random;
    random_start(&random, 17, 0, RANDOM_TEST, 0, salt);
    for (size_t i = 0; i < count; i++) {
        numbers[i] = random_normal(&random);
    }
    return numbers;
}

/* A copy; the caller frees it. */
static inline float *numbers_copy(const float *numbers, size_t count)
{
    float *copy = malloc((count + 1) * sizeof *copy);
    assert_non_null(copy);
    memcpy(copy, numbers, count * sizeof *copy);
    return copy;
}

/* Fails the test unless each number is within `tolerance` of the expected one, in units of the
 * expected numbers' root mean square. */
static inline void numbers_near(const float *found, const float *expected, size_t count,
                                double tolerance)
{
    double squares = 0;
    for (size_t i = 0; i < count; i++) {
        squares += (double)expected[i] * (double)expected[i] / (double)count;
    }
    for (size_t i = 0; i < count; i++) {
        // A number that is not finite is never near.
        if (!(fabs((double)found[i] - (double)expected[i]) <= tolerance * sqrt(squares))) {
            fail_msg("number %zu of %zu: %g, expected %g within %g", i, count, (double)found[i],
                     (double)expected[i], tolerance * sqrt(squares));
        }
    }
}

#endif
