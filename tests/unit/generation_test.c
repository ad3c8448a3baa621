// SPDX-License-Identifier: Apache-2.0
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "generation.h"

#include <string.h>

static void every_kind_runs_and_counts_what_trains(void **state)
{
    (void)state;
    // Trunk and its norms, ways up and theirs, the last convolution with its bias.
    const uint64_t unet =
        3 * 9 * 8 + 2 * 8 * 9 * 8 + 3 * 16 + 16 * (8 * 4 + 4 * 2 + 2) + 2 * (4 + 2 + 1) + 9 + 1;
    for (int kind = GENERATION_UNET; kind <= GENERATION_GMI; kind++) {
        struct generation generation;
        struct generation_result result = {0};
        generation_defaults(&generation);
        generation.kind = (enum generation_kind)kind;
        generation.channels = 3;
        generation.width = generation.steps = 1;
        generation.batch = 2;
        assert_int_equal(generation_run(&result, &generation), STATUS_OK);
        assert_true(result.seconds > 0 && result.peak_memory > 0);
        if (kind == GENERATION_UNET) assert_int_equal(result.parameters, unet);
        if (kind == GENERATION_CGAN) assert_true(result.parameters > unet);
    }
}

static void options_name_what_is_allowed(void **state)
{
    (void)state;
    struct generation generation;
    generation_defaults(&generation);
    assert_int_equal(generation_option(&generation, 'k', "gmi"), STATUS_OK);
    assert_int_equal(generation.kind, GENERATION_GMI);
    assert_int_equal(generation_option(&generation, 'C', "3"), STATUS_OK);
    assert_int_equal(generation.colours, 3);
    static const struct {
        int key;
        const char *text, *option;
    } wrong[] = {{'k', "vae", "--kind"}, {'C', "4", "--colours"}, {'w', "257", "--width"},
                 {'b', "0", "--batch"},  {'s', "x", "--steps"},   {'i', "up8", "--input"}};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        assert_int_not_equal(generation_option(&generation, wrong[i].key, wrong[i].text),
                             STATUS_OK);
        assert_non_null(strstr(status_message(), wrong[i].option));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_runs_and_counts_what_trains),
        cmocka_unit_test(options_name_what_is_allowed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
