// SPDX-License-Identifier: Apache-2.0
#include "reference/vector_context.h"
#include "reference/vector_file.h"
#include "secure/shamir.h"

#include <string.h>

enum { HOLDERS_MAX = 20, CASES = 5 };

static void compare_case(FILE *file)
{
    size_t holders = 0, threshold = 0;
    assert_int_equal(fscanf(file, " case %zu %zu", &holders, &threshold), 2);
    assert_true(threshold >= 2 && threshold <= holders && holders <= HOLDERS_MAX);
    uint8_t secret[32], coefficients[(HOLDERS_MAX - 1) * 32], found[32];
    struct shamir_share shares[HOLDERS_MAX], read[HOLDERS_MAX];
    const struct exchange_context context = vector_context();
    vector_file_bytes(file, secret, 32);
    for (size_t j = 0; j + 1 < threshold; j++) {
        vector_file_bytes(file, coefficients + 32 * j, 32);
    }
    shamir_split_with(shares, secret, holders, threshold, coefficients);
    for (size_t i = 0; i < holders; i++) {
        uint8_t opening[32], commitment[32];
        read[i].holder = (uint8_t)(i + 1);
        vector_file_bytes(file, read[i].bytes, 32);
        vector_file_bytes(file, opening, 32);
        vector_file_bytes(file, commitment, 32);
        assert_memory_equal(shares[i].bytes, read[i].bytes, 32);
        assert_true(shamir_is_committed(commitment, &read[i], opening, &context,
                                        (uint32_t)(1000 + holders), SHAMIR_SECRET_KEY));
    }
    assert_int_equal(shamir_join(found, read + holders - threshold, threshold), STATUS_OK);
    assert_memory_equal(found, secret, 32);
}

static void shares_and_commitments_are_those_of_the_program(void **state)
{
    (void)state;
    vector_file_each("shamir.txt", NULL, compare_case, CASES);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shares_and_commitments_are_those_of_the_program),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
