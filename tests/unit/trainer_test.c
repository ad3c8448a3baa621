// SPDX-License-Identifier: Apache-2.0
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "train/trainer.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const uint8_t key[MASK_KEY_BYTES] = {1, 2, 3};

/* A tiny federation: six synthetic people, masked and adaptively mixed. */
static struct config tiny(void)
{
    struct config config;
    config_defaults(&config);
    config.federation.input.size = 56;
    config.federation.network.width = 0.0625;
    config.federation.network.embedding = 16;
    config.federation.policy.width = 0.0625;
    config.federation.policy.recogniser_steps = 2;
    config.federation.optimiser.batch = 8;
    config.federation.rounds = 4;
    config.data.people = 6;
    config.data.images = 6;
    config.data.test_people = 4;
    config.data.test_pairs = 40;
    config.threads = 1;
    return config;
}

static struct trainer *start(const struct config *config)
{
    struct trainer *trainer = NULL;
    const enum status status = trainer_create(&trainer, config, 3, key);
    if (status != STATUS_OK) fail_msg("%s", status_message());
    return trainer;
}

static struct trainer_report train(struct trainer *trainer, uint32_t round)
{
    struct trainer_report report;
    const enum status status = trainer_round(trainer, round, &report);
    if (status != STATUS_OK) fail_msg("%s", status_message());
    return report;
}

static void one_seed_repeats_a_run_whatever_the_threads(void **state)
{
    (void)state;
    enum { ROUNDS = 2 };
    struct trainer_report reports[2][ROUNDS];
    struct trainer *trainers[2];
    struct config config = tiny();
    // One after the other: the number of threads belongs to the process.
    for (int run = 0; run < 2; run++) {
        config.threads = run == 0 ? 1 : 3;
        trainers[run] = start(&config);
        for (uint32_t round = 0; round < ROUNDS; round++) {
            reports[run][round] = train(trainers[run], round + 1);
        }
    }
    for (int round = 0; round < ROUNDS; round++) {
        const struct trainer_report *a = &reports[0][round], *b = &reports[1][round];
        assert_memory_equal(&a->loss, &b->loss, sizeof a->loss);
        assert_memory_equal(a->k_count, b->k_count, sizeof a->k_count);
    }
    const struct model *left = trainer_model(trainers[0]), *right = trainer_model(trainers[1]);
    assert_memory_equal(left->values, right->values, left->manifest.count * sizeof(float));
    trainer_destroy(&trainers[0]);
    trainer_destroy(&trainers[1]);
}

static void another_seed_gives_another_run(void **state)
{
    (void)state;
    struct config config = tiny();
    struct trainer *first = start(&config);
    config.seed++;
    struct trainer *second = start(&config);
    const struct trainer_report a = train(first, 1), b = train(second, 1);
    assert_true(fabs(a.loss - b.loss) > 1e-6);
    trainer_destroy(&first);
    trainer_destroy(&second);
}

static void the_head_is_no_part_of_the_model(void **state)
{
    (void)state;
    const struct config config = tiny();
    struct trainer *trainer = start(&config);
    const struct manifest *manifest = &trainer_model(trainer)->manifest;
    size_t policy = 0;
    for (size_t i = 0; i < manifest->tensors; i++) {
        const char *name = manifest->entries[i].name;
        assert_true(strncmp(name, "backbone.", 9) == 0 || strncmp(name, "policy.", 7) == 0);
        policy += strncmp(name, "policy.", 7) == 0;
    }
    assert_true(policy > 0);
    trainer_destroy(&trainer);
}

static void the_initial_model_is_the_same_for_all(void **state)
{
    (void)state;
    const struct config config = tiny();
    struct model initial = {0};
    struct manifest manifest = {0};
    assert_int_equal(trainer_initial_model(&initial, &config), STATUS_OK);
    assert_int_equal(trainer_manifest(&manifest, &config), STATUS_OK);
    struct trainer *trainer = start(&config);
    const struct model *model = trainer_model(trainer);
    assert_int_equal(manifest.count, model->manifest.count);
    assert_memory_equal(initial.values, model->values, manifest.count * sizeof(float));
    trainer_destroy(&trainer);
    manifest_destroy(&manifest);
    model_destroy(&initial);
}

static void a_round_reports_what_it_did(void **state)
{
    (void)state;
    const struct config config = tiny();
    struct trainer *trainer = start(&config);
    const struct trainer_report report = train(trainer, 1);
    assert_int_equal(report.weight, 36);
    assert_int_equal(report.images, 32); // four whole batches
    assert_int_equal(report.choices, 4);
    uint64_t steps = 0;
    for (size_t i = 0; i < report.choices; i++) {
        steps += report.k_count[i];
    }
    assert_int_equal(steps, 4);
    assert_true(isfinite(report.loss) && report.loss > 0);
    assert_true(report.training_accuracy >= 0 && report.training_accuracy <= 1);
    trainer_destroy(&trainer);
}

static void evaluation_gives_folds_and_identification(void **state)
{
    (void)state;
    struct config config = tiny();
    config.data.holdout = 2;
    struct trainer *trainer = start(&config);
    assert_true(trainer_can_evaluate(trainer));
    struct trainer_evaluation evaluation;
    assert_int_equal(trainer_evaluate(trainer, &evaluation), STATUS_OK);
    assert_int_equal(evaluation.folds, 10);
    assert_true(evaluation.accuracy >= 0 && evaluation.accuracy <= 1);
    assert_true(evaluation.identification >= 0 && evaluation.identification <= 1);
    assert_true(evaluation.roc_points > 0);
    trainer_destroy(&trainer);
}

static void a_rate_that_explodes_stops_with_advice(void **state)
{
    (void)state;
    struct config config = tiny();
    config.federation.optimiser.learning_rate = 1e30;
    config.federation.optimiser.clip_norm = 0;
    struct trainer *trainer = start(&config);
    struct trainer_report report;
    enum status status = STATUS_OK;
    for (uint32_t round = 1; round <= 3 && status == STATUS_OK; round++) {
        status = trainer_round(trainer, round, &report);
    }
    assert_int_equal(status, STATUS_NOT_FINITE);
    assert_non_null(strstr(status_message(), "round "));
    assert_non_null(strstr(status_message(), "learning_rate"));
    trainer_destroy(&trainer);
}

static bool refuse(void *context, const char *what, uint64_t done, uint64_t total)
{
    (void)context;
    (void)what;
    (void)total;
    return done < 2;
}

static void the_caller_can_stop_it(void **state)
{
    (void)state;
    const struct config config = tiny();
    struct trainer *trainer = start(&config);
    trainer_set_tick(trainer, refuse, NULL);
    struct trainer_report report;
    assert_int_equal(trainer_round(trainer, 1, &report), STATUS_STOPPED);
    trainer_destroy(&trainer);
}

static void a_head_from_means_knows_its_people(void **state)
{
    (void)state;
    struct config config = tiny();
    config.federation.mix.method = MIX_NONE;
    config.federation.optimiser.learning_rate = 1e-9;
    struct trainer *cold = start(&config), *warm = start(&config);
    assert_int_equal(trainer_head_from_means(warm), STATUS_OK);
    const double before = train(cold, 1).training_accuracy;
    const double after = train(warm, 1).training_accuracy;
    assert_true(after > before + 0.1);
    trainer_destroy(&cold);
    trainer_destroy(&warm);
}

static void networks_that_no_memory_holds_are_refused_before_images_are_made(void **state)
{
    (void)state;
    struct trainer *trainer = NULL;
    struct config config = tiny();
    config.federation.input.size = 1024;
    config.federation.network.width = 1;
    config.federation.optimiser.batch = 65536;
    config.data.people = 8000000; // it would take days to draw them
    config.data.images = 65536;
    assert_int_equal(trainer_create(&trainer, &config, 3, key), STATUS_NO_MEMORY);
    assert_non_null(strstr(status_message(), "lower the batch"));
    assert_null(trainer);
}

static void a_batch_beyond_the_images_needs_no_memory_for_what_is_not_there(void **state)
{
    (void)state;
    struct config config = tiny();
    config.federation.optimiser.batch = 65536;
    struct trainer *trainer = start(&config);
    trainer_destroy(&trainer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(networks_that_no_memory_holds_are_refused_before_images_are_made),
        cmocka_unit_test(a_batch_beyond_the_images_needs_no_memory_for_what_is_not_there),
        cmocka_unit_test(one_seed_repeats_a_run_whatever_the_threads),
        cmocka_unit_test(another_seed_gives_another_run),
        cmocka_unit_test(the_head_is_no_part_of_the_model),
        cmocka_unit_test(the_initial_model_is_the_same_for_all),
        cmocka_unit_test(a_round_reports_what_it_did),
        cmocka_unit_test(evaluation_gives_folds_and_identification),
        cmocka_unit_test(a_rate_that_explodes_stops_with_advice),
        cmocka_unit_test(the_caller_can_stop_it),
        cmocka_unit_test(a_head_from_means_knows_its_people),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
