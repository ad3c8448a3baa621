// SPDX-License-Identifier: Apache-2.0
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "train/analysis.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static struct config tiny(void)
{
    struct config config;
    config_defaults(&config);
    config.federation.input.size = 32;
    config.federation.mask.bands = 10;
    config.federation.network.width = 0.0625;
    config.federation.network.embedding = 8;
    config.federation.optimiser.batch = 8;
    config.federation.rounds = 3;
    config.data.people = 4;
    config.data.images = 4;
    config.threads = 1;
    config.log_level = 0;
    return config;
}

static struct analysis learn(const struct config *config, const struct analysis_options *options)
{
    struct analysis analysis;
    if (analysis_learn(&analysis, config, options) != STATUS_OK) fail_msg("%s", status_message());
    return analysis;
}

static void the_bands_of_the_largest_gates_are_kept(void **state)
{
    (void)state;
    const struct config config = tiny();
    const struct analysis_options options = {.penalty = 1, .rate = 0.05};
    const struct analysis analysis = learn(&config, &options), again = learn(&config, &options);
    assert_int_equal(analysis.count, 63); // without DC
    size_t kept = 0;
    double content = 0, lowest = 1, highest = 0;
    for (size_t i = 0; i < analysis.count; i++) {
        const struct analysis_band *band = &analysis.bands[i];
        assert_true(band->weight > 0 && band->weight < 1);
        assert_true(band->weight <= again.bands[i].weight);
        assert_true(band->weight >= again.bands[i].weight);
        content += band->content;
        kept += band->kept;
        if (band->kept) lowest = fmin(lowest, band->weight);
        if (!band->kept) highest = fmax(highest, band->weight);
    }
    assert_int_equal(kept, 9);
    assert_true(lowest >= highest);
    assert_float_equal(content, 1, 1e-6);
}

static void a_heavy_penalty_closes_what_shows_most(void **state)
{
    (void)state;
    const struct config config = tiny();
    const struct analysis_options options = {.penalty = 1e6, .rate = 0.05};
    const struct analysis analysis = learn(&config, &options);
    size_t most = 0;
    for (size_t i = 0; i < analysis.count; i++) {
        if (analysis.bands[i].content > analysis.bands[most].content) most = i;
    }
    assert_true(analysis.bands[most].weight < 0.45);
    assert_false(analysis.bands[most].kept);
}

static void budgets_of_the_kept_bands_have_their_mean(void **state)
{
    (void)state;
    const struct config config = tiny();
    const struct analysis_options options = {.epsilon = 50, .clip = 40, .rate = 0.1};
    const struct analysis analysis = learn(&config, &options);
    assert_int_equal(analysis.count, 9);
    double sum = 0, spread = 0;
    for (size_t i = 0; i < analysis.count; i++) {
        sum += analysis.bands[i].weight;
        spread += fabs(analysis.bands[i].weight - 1);
        assert_float_equal(analysis.bands[i].sensitivity, 80, 1e-9);
    }
    assert_float_equal(sum, 9, 1e-6);
    assert_true(spread > 0.05); // something was learned
}

static void what_is_written_is_a_part_of_a_config(void **state)
{
    (void)state;
    const struct analysis analysis = {.count = 3,
                                      .images = 20,
                                      .people = 2,
                                      .bands = {{.band = 1, .weight = 0.7, .kept = true},
                                                {.band = 2, .weight = 0.2},
                                                {.band = 70, .weight = 1.3, .kept = true}}};
    static const char *const wanted[] = {
        "federation:\n  mask:\n    band_list: [1, 70]\n",
        "federation:\n  mask:\n    method: dctdp\n    epsilon: 2.5\n    clip: 40\n"
        "    band_list: [1, 70]\n    budgets: [700, 1300]\n"};
    for (int budgets = 0; budgets < 2; budgets++) {
        const struct analysis_options options = {.epsilon = budgets ? 2.5 : 0, .clip = 40};
        char *text = NULL;
        assert_int_equal(analysis_write(&text, &analysis, &options), STATUS_OK);
        assert_string_equal(strchr(text, '\n') + 1, wanted[budgets]);
        free(text);
    }
}

static void pixels_are_refused(void **state)
{
    (void)state;
    struct config config = tiny();
    struct analysis analysis;
    const struct analysis_options options = {.rate = 0.1};
    config.federation.input.kind = INPUT_PIXELS;
    assert_int_equal(analysis_learn(&analysis, &config, &options), STATUS_BAD_CONFIG);
    assert_non_null(strstr(status_message(), "federation.input.kind"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_bands_of_the_largest_gates_are_kept),
        cmocka_unit_test(a_heavy_penalty_closes_what_shows_most),
        cmocka_unit_test(budgets_of_the_kept_bands_have_their_mean),
        cmocka_unit_test(what_is_written_is_a_part_of_a_config),
        cmocka_unit_test(pixels_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
