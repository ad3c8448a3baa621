// SPDX-License-Identifier: Apache-2.0
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "secure/skellam.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>

static uint64_t given_high, given_low; // U, 63 and 64 bits
static bool negative;

static void put(uint8_t *bytes, uint64_t value)
{
    for (int i = 0; i < 8; i++) {
        bytes[i] = (uint8_t)(value >> (8 * i));
    }
}

static void give(uint8_t *bytes, size_t size)
{
    assert_int_equal(size, 16);
    put(bytes, given_high << 1 | negative);
    put(bytes + 8, given_low);
}

static void draws_are_those_of_the_program(void **state)
{
    (void)state;
    FILE *file = fopen(TEST_SOURCE_DIR "/vectors/skellam.txt", "r");
    assert_non_null(file);
    struct skellam *skellam = NULL;
    uint64_t variance = 0, last = 0;
    uint32_t expected = 0;
    size_t lines = 0;
    while (fscanf(file, " %" SCNu64 " %16" SCNx64 "%16" SCNx64 " %" SCNu32, &variance, &given_high,
                  &given_low, &expected) == 4) {
        if (variance != last) {
            skellam_destroy(&skellam);
            assert_int_equal(skellam_create(&skellam, variance), STATUS_OK);
        }
        last = variance;
        uint32_t found[2] = {1000, 1000};
        negative = false;
        skellam_add(skellam, &found[0], 1, give);
        negative = true;
        skellam_add(skellam, &found[1], 1, give);
        if (found[0] != 1000 + expected || found[1] != 1000 - expected) {
            fail_msg("variance %" PRIu64 ", line %zu: %u and %u, not 1000 +- %u", variance, lines,
                     (unsigned)found[0], (unsigned)found[1], (unsigned)expected);
        }
        lines++;
    }
    assert_true(feof(file));
    assert_int_equal(lines, 128);
    skellam_destroy(&skellam);
    fclose(file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(draws_are_those_of_the_program),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
