// SPDX-License-Identifier: Apache-2.0
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "fakes/assembly.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { NUMBERS = 400, LARGE = 700001 };

static void expect_end(const struct assembly *assembly)
{
    assert_true(assembly->ended);
    assert_string_equal(assembly->reason, "all 3 rounds are done");
    assert_true(assembly->success);
    for (size_t i = 0; i < assembly->members; i++) {
        assert_true(assembly->member[i].ended);
        assert_true(assembly->member[i].success);
    }
}

/* Number j of the model after all rounds with all participants, by the definition of the mean. */
static double expected_number(const struct assembly *assembly, size_t j)
{
    double value = (double)assembly->member[0].initial;
    for (uint32_t round = 1; round <= 3; round++) {
        double sum = 0, weight = 0;
        for (size_t i = 0; i < assembly->members; i++) {
            const double w = (double)assembly->member[i].weight;
            sum += w * (double)assembly_step(i, round, j);
            weight += w;
        }
        value += sum / weight;
    }
    return value;
}

static void a_run_gives_the_weighted_mean_of_each_round(void **state)
{
    (void)state;
    static struct assembly assembly;
    assembly_prepare(&assembly, 5, NUMBERS);
    assembly_open(&assembly);
    assembly_start_all(&assembly);
    assembly_run(&assembly, 60000);
    expect_end(&assembly);
    assert_int_equal(assembly.rounds, 3);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(assembly.record[i].round, i + 1);
        assert_int_equal(assembly.record[i].attempt, 1);
        assert_int_equal(assembly.record[i].reporters, 5);
        assert_int_equal(assembly.record[i].weight, 600);
        assert_string_equal(assembly.record[i].reporter[4].name, "p4");
        assert_true(assembly.record[i].seconds > 2 && assembly.record[i].seconds < 4);
    }
    for (size_t i = 0; i < 5; i++) {
        assert_int_equal(assembly.member[i].trainings, 3);
    }
    const struct model *model = round_model(assembly.round);
    for (size_t j = 0; j < NUMBERS; j++) {
        const double error = (double)model->values[j] - expected_number(&assembly, j);
        assert_true(fabs(error) < 1e-5);
    }
    assert_int_equal(round_refused(assembly.round), 0);
    assembly_close(&assembly);
}

static void a_server_rate_scales_each_step(void **state)
{
    (void)state;
    static struct assembly assembly;
    assembly_prepare(&assembly, 5, NUMBERS);
    assembly.config.federation.server.learning_rate = 0.5;
    assembly_open(&assembly);
    assembly_start_all(&assembly);
    assembly_run(&assembly, 60000);
    expect_end(&assembly);
    const struct model *model = round_model(assembly.round);
    const double initial = (double)assembly.member[0].initial;
    for (size_t j = 0; j < NUMBERS; j++) {
        const double moved = 0.5 * (expected_number(&assembly, j) - initial);
        assert_true(fabs((double)model->values[j] - initial - moved) < 1e-5);
    }
    assembly_close(&assembly);
}

static void every_model_is_evaluated_by_who_holds_pairs(void **state)
{
    (void)state;
    static struct assembly assembly;
    assembly_prepare(&assembly, 3, NUMBERS);
    assembly.member[2].evaluates = true;
    assembly_open(&assembly);
    assembly_start_all(&assembly);
    assembly_run(&assembly, 60000);
    expect_end(&assembly);
    assert_int_equal(assembly.evaluations, 8); // models 0 to 3, two participants
    unsigned seen = 0;
    for (size_t i = 0; i < 8; i++) {
        const struct store_evaluation *one = &assembly.evaluation[i];
        assert_true(one->participant == 0 || one->participant == 2);
        assert_true(fabs(one->accuracy - (0.5 + 0.01 * one->model_round)) < 1e-12);
        seen |= 1u << (4 * (one->participant / 2) + one->model_round);
    }
    assert_int_equal(seen, 0xff);
    assembly_close(&assembly);
}

struct weather {
    unsigned loss, repeats; // in 1000
    uint64_t delay_ms;
    uint32_t seed;
    bool backwards; // who is first becomes last
};

/* Runs on such a network; gives the final model. */
static void run_on(float *values, struct weather weather)
{
    static struct assembly assembly;
    assembly_prepare(&assembly, 5, NUMBERS);
    assembly.loss = weather.loss;
    assembly.repeats = weather.repeats;
    assembly.delay_ms = weather.delay_ms;
    random_start(&assembly.random, weather.seed, 0, RANDOM_TEST, 0, 0);
    for (size_t i = 0; weather.backwards && i < 5; i++) {
        assembly.member[i].work_ms = 3000 - 500 * i;
        assembly.member[i].load_ms = 5000 - 1000 * i;
    }
    assembly_open(&assembly);
    assembly_start_all(&assembly);
    assembly_run(&assembly, 600000);
    expect_end(&assembly);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(assembly.record[i].reporters, 5);
    }
    assert_int_equal(round_refused(assembly.round), 0);
    memcpy(values, round_model(assembly.round)->values, NUMBERS * sizeof *values);
    assembly_close(&assembly);
}

static void the_model_does_not_depend_on_who_is_first(void **state)
{
    (void)state;
    float first[NUMBERS], second[NUMBERS];
    run_on(first, (struct weather){0});
    run_on(second, (struct weather){.delay_ms = 400, .backwards = true});
    assert_memory_equal(first, second, sizeof first);
}

/* FEDVEIL_SEEDS: how many networks are tried. */
static void lost_repeated_and_late_messages_change_nothing(void **state)
{
    (void)state;
    float first[NUMBERS], second[NUMBERS];
    const char *wish = getenv("FEDVEIL_SEEDS");
    const unsigned long seeds = wish == NULL ? 40 : strtoul(wish, NULL, 10);
    run_on(first, (struct weather){0});
    for (uint32_t seed = 1; seed <= seeds; seed++) {
        print_message("network %u\n", (unsigned)seed);
        run_on(second, (struct weather){50, 150, 2500, seed, seed % 2 == 1});
        assert_memory_equal(first, second, sizeof first);
    }
}

static void a_model_of_several_chunks_survives_a_bad_network(void **state)
{
    (void)state;
    static struct assembly assembly;
    assembly_prepare(&assembly, 3, LARGE);
    assembly.config.federation.rounds = 1;
    assembly.loss = 150;
    assembly.repeats = 100;
    assembly.delay_ms = 300;
    assembly_open(&assembly);
    assembly_start_all(&assembly);
    assembly_run(&assembly, 600000);
    assert_true(assembly.success);
    assert_int_equal(assembly.rounds, 1);
    assert_int_equal(assembly.record[0].reporters, 3);
    assert_int_equal(round_refused(assembly.round), 0);
    assembly_close(&assembly);
}

static void a_cohort_trains_and_the_others_wait(void **state)
{
    (void)state;
    static struct assembly assembly;
    unsigned seen[2] = {0, 0};
    for (int again = 0; again < 2; again++) {
        assembly_prepare(&assembly, 6, NUMBERS);
        assembly.config.federation.cohort = 2;
        assembly.config.federation.rounds = 5;
        assembly_open(&assembly);
        assembly_start_all(&assembly);
        assembly_run(&assembly, 60000);
        assert_true(assembly.success);
        unsigned trainings = 0;
        for (size_t i = 0; i < 6; i++) {
            trainings += assembly.member[i].trainings;
        }
        assert_int_equal(trainings, 10);
        for (size_t i = 0; i < 5; i++) {
            assert_int_equal(assembly.record[i].cohort, 2);
            assert_int_equal(assembly.record[i].reporters, 2);
            const uint32_t a = assembly.record[i].reporter[0].participant;
            const uint32_t b = assembly.record[i].reporter[1].participant;
            seen[again] = seen[again] * 37 + 6 * a + b;
        }
        assembly_close(&assembly);
    }
    assert_int_equal(seen[0], seen[1]); // the same seed chooses the same cohorts
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_run_gives_the_weighted_mean_of_each_round),
        cmocka_unit_test(a_server_rate_scales_each_step),
        cmocka_unit_test(every_model_is_evaluated_by_who_holds_pairs),
        cmocka_unit_test(the_model_does_not_depend_on_who_is_first),
        cmocka_unit_test(lost_repeated_and_late_messages_change_nothing),
        cmocka_unit_test(a_model_of_several_chunks_survives_a_bad_network),
        cmocka_unit_test(a_cohort_trains_and_the_others_wait),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
