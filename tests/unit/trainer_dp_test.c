// SPDX-License-Identifier: Apache-2.0
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "reference/numbers.h"
#include "train/trainer.h"
#include "train/trainer_parts.h"

static const uint8_t key[MASK_KEY_BYTES] = {1, 2, 3};

/* Four synthetic people with six small images each, eight steps of three images a round. */
static struct config tiny(void)
{
    struct config config;
    config_defaults(&config);
    config.federation.input.size = 32;
    config.federation.network.width = 0.0625;
    config.federation.network.embedding = 8;
    config.federation.network.dropout = 0;
    config.federation.network.norm = NORM_GROUP;
    config.federation.mix.method = MIX_NONE;
    config.federation.optimiser.batch = 2; // less than a sample mostly has
    config.federation.rounds = 4;
    config.federation.dp.method = DP_SGD;
    config.federation.dp.sample_rate = 0.125;
    config.data.people = 4;
    config.data.images = 6;
    config.data.test_pairs = 0;
    config.threads = 2;
    assert_int_equal(config_check(&config), STATUS_OK);
    return config;
}

static struct trainer *create(const struct config *config)
{
    struct trainer *trainer = NULL;
    if (trainer_create(&trainer, config, 3, key) != STATUS_OK) fail_msg("%s", status_message());
    return trainer;
}

static void round_of(struct trainer *trainer, uint32_t round, struct trainer_report *report)
{
    if (trainer_round(trainer, round, report) != STATUS_OK) fail_msg("%s", status_message());
}

/* By any of these an image would reach the model other than through a gradient of its own. */
static void other_ways_to_the_model_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *change, *message;
    } cases[] = {
        {"federation.network.norm=batch",
         "federation.network.norm: batch with federation.dp.method dp-sgd, whose gradients are of "
         "single images, allowed: group"},
        {"federation.mix.method=adaptive",
         "federation.mix.method: a mix with federation.dp.method dp-sgd, whose gradients are of "
         "single images, allowed: none"},
        {"federation.mix.signs=true",
         "federation.mix.signs: true with federation.dp.method dp-sgd, allowed: false"},
        {"federation.optimiser.head_epochs=2",
         "federation.optimiser.head_epochs: above 0 with federation.dp.method dp-sgd, whose steps "
         "train all, allowed: 0"},
        {"federation.dp.multiplier=0",
         "federation.dp.multiplier: 0 with federation.dp.method dp-sgd is no noise, allowed: above "
         "0, or method none"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct config config = tiny();
        config.federation.optimiser.batch = 5; // as many as are mixed
        assert_int_equal(config_set(&config, cases[i].change), STATUS_OK);
        assert_int_equal(config_check(&config), STATUS_BAD_CONFIG);
        assert_string_equal(status_message(), cases[i].message);
    }
}

static void a_run_with_little_noise_learns(void **state)
{
    (void)state;
    struct config config = tiny();
    config.federation.dp.sample_rate = 0.25;
    config.federation.dp.clip = 20;
    config.federation.dp.multiplier = 0.002;
    config.federation.local_epochs = 6;
    struct trainer *trainer = create(&config);
    struct trainer_report first, last;
    round_of(trainer, 1, &first);
    for (uint32_t round = 2; round <= 4; round++) {
        round_of(trainer, round, &last);
    }
    assert_true(last.loss < 0.7 * first.loss);
    assert_true(last.training_accuracy > first.training_accuracy);
    trainer_destroy(&trainer);
}

static void steps_are_counted_and_reported(void **state)
{
    (void)state;
    const struct config config = tiny();
    struct trainer *trainer = create(&config);
    struct trainer_report report;
    assert_int_equal(trainer->noisy_steps, 0);
    round_of(trainer, 1, &report);
    assert_int_equal(trainer->noisy_steps, 8);
    round_of(trainer, 2, &report);
    assert_int_equal(trainer->noisy_steps, 16);
    assert_int_equal(report.weight, 24);
    assert_in_range(report.images, 1, 8 * 24);
    assert_true(report.loss > 0 && report.train_seconds > 0);
    assert_true(report.training_accuracy >= 0 && report.training_accuracy <= 1);
    trainer_destroy(&trainer);
}

/* The clip bounds what the images do, the multiplier says what the noise does: with a clip of next
 * to nothing and a multiplier to match only noise of a known size is left. */
static void the_noise_of_a_step_has_the_deviation_that_was_set(void **state)
{
    (void)state;
    struct config config = tiny();
    config.federation.dp.clip = 1e-9;
    config.federation.dp.multiplier = 1e3;
    config.federation.dp.sample_rate = 1;
    config.federation.optimiser.weight_decay = 0;
    config.federation.optimiser.learning_rate = 1e6;
    config.federation.optimiser.clip_norm = 0;
    config.federation.optimiser.schedule = SCHEDULE_CONSTANT;
    struct trainer *trainer = create(&config);
    struct trainer_report report;
    round_of(trainer, 1, &report); // one step
    assert_int_equal(report.images, 24);
    const size_t count = trainer->policy_offset;
    double squares = 0;
    for (size_t i = 0; i < count; i++) {
        squares += (double)trainer->velocity[i] * (double)trainer->velocity[i];
    }
    const double expected = 1e-6 / 24; // of the mean gradient: over the expected batch
    const double found = sqrt(squares / (double)count);
    assert_true(count > 10000);
    assert_true(fabs(found / expected - 1) < 5 / sqrt(2 * (double)count) + 1e-3);
    trainer_destroy(&trainer);
}

static void no_run_repeats_and_a_lost_sample_is_no_failure(void **state)
{
    (void)state;
    struct config config = tiny();
    config.federation.dp.sample_rate = 0.01; // of 24 images: most samples are empty
    config.federation.rounds = 1;
    struct trainer *first = create(&config), *second = create(&config);
    struct trainer_report report;
    const struct model *model = trainer_model(first);
    assert_memory_equal(model->values, trainer_model(second)->values,
                        model->manifest.count * sizeof(float));
    round_of(first, 1, &report);
    round_of(second, 1, &report);
    assert_int_equal(first->noisy_steps, 100);
    assert_memory_not_equal(model->values, trainer_model(second)->values,
                            model->manifest.count * sizeof(float));
    trainer_destroy(&first);
    trainer_destroy(&second);
}

/* Means of embeddings would be learned from the images without noise. */
static void class_means_are_not_taken(void **state)
{
    (void)state;
    const struct config config = tiny();
    struct trainer *trainer = create(&config);
    struct arcface *head = recogniser_head(trainer->recogniser);
    float *before = numbers_copy(arcface_weights(head), arcface_parameters(head));
    assert_int_equal(trainer_head_from_means(trainer), STATUS_OK);
    assert_memory_equal(before, arcface_weights(head), arcface_parameters(head) * sizeof(float));
    free(before);
    trainer_destroy(&trainer);
}

static bool refuse(void *context, const char *what, uint64_t done, uint64_t total)
{
    (void)what;
    (void)total;
    int *left = context;
    assert_true(done <= total);
    return (*left)-- > 0;
}

static void a_stopped_round_says_so_and_counts_the_steps_it_took(void **state)
{
    (void)state;
    const struct config config = tiny();
    struct trainer *trainer = create(&config);
    struct trainer_report report;
    int left = 3;
    trainer_set_tick(trainer, refuse, &left);
    assert_int_equal(trainer_round(trainer, 1, &report), STATUS_STOPPED);
    assert_in_range(trainer->noisy_steps, 0, 4);
    trainer_destroy(&trainer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(other_ways_to_the_model_are_refused),
        cmocka_unit_test(a_run_with_little_noise_learns),
        cmocka_unit_test(steps_are_counted_and_reported),
        cmocka_unit_test(the_noise_of_a_step_has_the_deviation_that_was_set),
        cmocka_unit_test(no_run_repeats_and_a_lost_sample_is_no_failure),
        cmocka_unit_test(class_means_are_not_taken),
        cmocka_unit_test(a_stopped_round_says_so_and_counts_the_steps_it_took),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
