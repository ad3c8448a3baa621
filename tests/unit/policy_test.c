// SPDX-License-Identifier: Apache-2.0
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "nn/resnet.h"
#include "reference/numbers.h"
#include "train/policy.h"

enum { BATCH = 6, SIDE = 7, CHANNELS = 4, CHOICES = 3 };

struct setting {
    struct policy *policy;
    float *vectors[3];
    float input[BATCH * SIDE * SIDE * CHANNELS];
    size_t count;
    double progress; // of the run
};

static struct config_federation setting_federation(bool baseline, double entropy)
{
    struct config_federation federation = {.mix.k = {CHOICES, {2, 3, 4}}};
    federation.policy.learning_rate = 0.05;
    federation.policy.baseline = baseline;
    federation.policy.entropy = entropy;
    federation.optimiser.clip_norm = 5;
    return federation;
}

static void start_with(struct setting *s, const struct config_federation *federation)
{
    struct net *net = NULL;
    const struct resnet resnet = {
        .input = {SIDE, SIDE, CHANNELS}, .width = 0.0625, .outputs = CHOICES};
    assert_int_equal(resnet_create(&net, &resnet, BATCH), STATUS_OK);
    s->count = net_parameters(net);
    for (int i = 0; i < 3; i++) {
        s->vectors[i] = calloc(s->count, sizeof(float));
        assert_non_null(s->vectors[i]);
    }
    net_bind(net, s->vectors[0], s->vectors[1]);
    net_initialise(net, 6, 1);
    assert_int_equal(policy_create(&s->policy, &net, federation, s->vectors), STATUS_OK);
    struct random random;
    random_start(&random, 6, 0, RANDOM_TEST, 0, 0);
    for (size_t i = 0; i < sizeof s->input / sizeof(float); i++) {
        s->input[i] = random_normal(&random);
    }
}

static void start(struct setting *s, bool baseline, double entropy)
{
    const struct config_federation federation = setting_federation(baseline, entropy);
    start_with(s, &federation);
}

static void stop(struct setting *s)
{
    policy_destroy(&s->policy);
    for (int i = 0; i < 3; i++) {
        free(s->vectors[i]);
    }
}

static size_t draw(struct setting *s, uint32_t step)
{
    struct random random;
    random_start(&random, 6, 0, RANDOM_POLICY, 1, step);
    policy_look(s->policy, s->input, BATCH, s->progress);
    return policy_draw(s->policy, &random);
}

static void probabilities_are_drawn_as_often_as_they_say(void **state)
{
    (void)state;
    struct setting s = {0};
    start(&s, false, 0);
    int counts[CHOICES] = {0};
    enum { DRAWS = 400 };
    for (uint32_t step = 0; step < DRAWS; step++) {
        counts[draw(&s, step)]++;
    }
    double total = 0;
    for (int i = 0; i < CHOICES; i++) {
        const double p = policy_probabilities(s.policy)[i];
        total += p;
        assert_true(fabs(counts[i] / (double)DRAWS - p) < 0.08);
    }
    assert_true(fabs(total - 1) < 1e-9);
    stop(&s);
}

/* REINFORCE must find the choice that pays, and with the paper's preset too. */
static void the_choice_that_pays_wins(void **state)
{
    (void)state;
    for (int with_baseline = 0; with_baseline < 2; with_baseline++) {
        struct setting s = {0};
        start(&s, with_baseline, 0);
        for (uint32_t step = 0; step < 150; step++) {
            const size_t choice = draw(&s, step);
            assert_int_equal(policy_learn(s.policy, choice, choice == 1 ? 1.0 : 0.0), STATUS_OK);
        }
        draw(&s, 1000);
        assert_true(policy_probabilities(s.policy)[1] > 0.8);
        stop(&s);
    }
}

static void the_gradient_is_that_of_reward_times_log_probability(void **state)
{
    (void)state;
    struct setting s = {0};
    start(&s, false, 0.3);
    const double reward = 2.0, weight = 0.3;
    // The same batch statistics are wanted on both sides: nothing but one weight moves.
    const size_t choice = draw(&s, 0);
    float *kept = malloc(s.count * sizeof *kept);
    assert_non_null(kept);
    memcpy(kept, s.vectors[0], s.count * sizeof *kept);
    assert_int_equal(policy_learn(s.policy, choice, reward), STATUS_OK);
    float *gradient = malloc(s.count * sizeof *gradient);
    assert_non_null(gradient);
    memcpy(gradient, s.vectors[1], s.count * sizeof *gradient);
    for (size_t from_end = 1; from_end <= CHOICES; from_end++) { // biases of the last layer
        const size_t i = s.count - from_end;
        double loss[2];
        for (int side = 0; side < 2; side++) {
            memcpy(s.vectors[0], kept, s.count * sizeof *kept);
            s.vectors[0][i] += side ? 1e-2f : -1e-2f;
            draw(&s, 0);
            const double *p = policy_probabilities(s.policy);
            double entropy = 0;
            for (int j = 0; j < CHOICES; j++) {
                entropy -= p[j] * log(p[j]);
            }
            loss[side] = -reward * log(p[choice]) - weight * entropy;
        }
        assert_true(fabs((loss[1] - loss[0]) / 2e-2 - (double)gradient[i]) < 5e-3);
    }
    free(kept);
    free(gradient);
    stop(&s);
}

/* p ~ exp(logit + tau k) is the p of the wanted mean that is nearest to the network's: the ratio
 * of neighbours is that of the network times one factor. */
static void the_mean_of_k_tilts_and_does_not_choose(void **state)
{
    (void)state;
    struct setting s = {0};
    struct config_federation federation = setting_federation(false, 0);
    federation.policy.k_mean = 3.5;
    start_with(&s, &federation);
    s.vectors[0][s.count - 1] = -1.5f; // k = 4 is unlikely to the network
    draw(&s, 0);
    const double *p = policy_probabilities(s.policy);
    const double before[2] = {log(p[1] / p[0]), log(p[2] / p[1])};
    for (uint32_t step = 0; step < 300; step++) {
        draw(&s, step);
    }
    assert_true(fabs(2 * p[0] + 3 * p[1] + 4 * p[2] - 3.5) < 1e-3);
    const double tilt[2] = {log(p[1] / p[0]) - before[0], log(p[2] / p[1]) - before[1]};
    assert_true(tilt[0] > 0.5 && fabs(tilt[0] - tilt[1]) < 1e-4);
    stop(&s);
}

static double mean_of_k(const struct setting *s)
{
    const double *p = policy_probabilities(s->policy);
    return 2 * p[0] + 3 * p[1] + 4 * p[2];
}

static void the_mean_of_k_moves_over_the_run(void **state)
{
    (void)state;
    struct setting s = {0};
    struct config_federation federation = setting_federation(false, 0);
    federation.policy.k_mean = 3.8;
    federation.policy.k_mean_end = 2.2;
    start_with(&s, &federation);
    enum { STEPS = 400 };
    double total = 0;
    for (uint32_t step = 0; step < STEPS; step++) {
        s.progress = (double)step / STEPS;
        draw(&s, step);
        total += mean_of_k(&s) / STEPS;
        if (step == STEPS / 8) assert_true(fabs(mean_of_k(&s) - 3.6) < 0.1);
        if (step == STEPS * 7 / 8) assert_true(fabs(mean_of_k(&s) - 2.4) < 0.1);
    }
    assert_true(fabs(total - 3) < 0.05);
    stop(&s);
}

/* Two kinds of batches in turn. Rewards grow with k for both; that of k = 4 is larger than usual
 * for one kind, that of k = 2 for the other. At a mean of 3 the best policy mixes 4 of the first
 * kind and 2 of the second. */
static void a_held_mean_is_spent_where_it_pays(void **state)
{
    (void)state;
    struct setting s = {0};
    struct config_federation federation = setting_federation(true, 0);
    federation.policy.reward = REWARD_RELATIVE;
    federation.policy.k_mean = 3;
    start_with(&s, &federation);
    const size_t count = sizeof s.input / sizeof(float);
    float *kinds[2] = {numbers_copy(s.input, count), numbers_copy(s.input, count)};
    for (size_t i = 0; i < count; i++) {
        kinds[1][i] = i % (2 * CHANNELS) < CHANNELS ? 1.0f : -1.0f;
    }
    double mean[2] = {0};
    enum { STEPS = 400, LAST = 100 };
    for (uint32_t step = 0; step < STEPS; step++) {
        const int kind = step % 2;
        memcpy(s.input, kinds[kind], sizeof s.input);
        const size_t choice = draw(&s, step);
        if (step >= STEPS - LAST) mean[kind] += mean_of_k(&s) / (LAST / 2);
        const double more = choice == 1 ? 0 : (choice == 2) == (kind == 0) ? 0.5 : -0.5;
        assert_int_equal(policy_learn(s.policy, choice, 10.0 * (double)(choice + 1) * (1 + more)),
                         STATUS_OK);
    }
    assert_true(fabs((mean[0] + mean[1]) / 2 - 3) < 0.05);
    assert_true(mean[0] > 3.5 && mean[1] < 2.5);
    free(kinds[0]);
    free(kinds[1]);
    stop(&s);
}

/* Large rewards of one k teach nothing when they are usual for it; an unusual one does. */
static void a_relative_reward_forgets_which_k_pays(void **state)
{
    (void)state;
    struct setting s = {0};
    struct config_federation federation = setting_federation(false, 0);
    federation.policy.reward = REWARD_RELATIVE;
    start_with(&s, &federation);
    for (uint32_t step = 0; step < 100; step++) {
        const size_t choice = draw(&s, step);
        assert_int_equal(policy_learn(s.policy, choice, 5.0 + 20.0 * (double)choice), STATUS_OK);
    }
    for (int i = 0; i < CHOICES; i++) {
        assert_true(fabs(policy_probabilities(s.policy)[i] - 1.0 / CHOICES) < 1e-4);
    }
    const size_t choice = draw(&s, 200);
    const double before = policy_probabilities(s.policy)[choice];
    assert_int_equal(policy_learn(s.policy, choice, 2 * (5.0 + 20.0 * (double)choice)), STATUS_OK);
    draw(&s, 200);
    assert_true(policy_probabilities(s.policy)[choice] > before + 1e-3);
    stop(&s);
}

static void a_reward_that_is_no_number_is_refused(void **state)
{
    (void)state;
    struct setting s = {0};
    start(&s, false, 0);
    const size_t choice = draw(&s, 0);
    float *kept = malloc(s.count * sizeof *kept);
    assert_non_null(kept);
    memcpy(kept, s.vectors[0], s.count * sizeof *kept);
    assert_int_equal(policy_learn(s.policy, choice, (double)NAN), STATUS_NOT_FINITE);
    assert_memory_equal(kept, s.vectors[0], s.count * sizeof *kept);
    free(kept);
    stop(&s);
}

/* Learns from one reward and tells how far the weights moved. */
static double moved(struct setting *s, uint32_t step, double reward)
{
    const size_t choice = draw(s, step);
    float *kept = numbers_copy(s->vectors[0], s->count);
    memset(s->vectors[2], 0, s->count * sizeof(float)); // no momentum of earlier steps
    assert_int_equal(policy_learn(s->policy, choice, reward), STATUS_OK);
    double squares = 0;
    for (size_t i = 0; i < s->count; i++) {
        squares += pow((double)s->vectors[0][i] - (double)kept[i], 2);
    }
    free(kept);
    return sqrt(squares);
}

static void the_baseline_is_a_slow_mean_of_the_rewards(void **state)
{
    (void)state;
    struct setting s = {0};
    start(&s, true, 0);
    assert_true(moved(&s, 0, 3.0) < 1e-9); // nothing to compare it with
    assert_true(moved(&s, 1, 3.0) < 1e-9);
    assert_true(moved(&s, 2, 5.0) > 1e-4);
    assert_true(moved(&s, 3, 0.9 * 3.0 + 0.1 * 5.0) < 1e-6);
    stop(&s);
}

static void a_gradient_is_cut_to_the_limit(void **state)
{
    (void)state;
    struct setting s = {0};
    start(&s, false, 0);
    assert_true(fabs(moved(&s, 0, 1e6) - 5 * 0.05) < 1e-4); // limit times rate
    stop(&s);
}

static void entropy_draws_towards_equal_chances(void **state)
{
    (void)state;
    struct setting s = {0};
    start(&s, false, 1.0);
    float *bias = s.vectors[0] + s.count - CHOICES;
    bias[1] = 2;
    draw(&s, 0);
    const double before = policy_probabilities(s.policy)[1];
    for (uint32_t step = 0; step < 20; step++) {
        const size_t choice = draw(&s, step);
        assert_int_equal(policy_learn(s.policy, choice, 0), STATUS_OK);
    }
    draw(&s, 100);
    const double after = policy_probabilities(s.policy)[1];
    assert_true(before > 0.75 && after < 0.5 && after > 0.2);
    stop(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(probabilities_are_drawn_as_often_as_they_say),
        cmocka_unit_test(the_choice_that_pays_wins),
        cmocka_unit_test(the_gradient_is_that_of_reward_times_log_probability),
        cmocka_unit_test(the_mean_of_k_tilts_and_does_not_choose),
        cmocka_unit_test(the_mean_of_k_moves_over_the_run),
        cmocka_unit_test(a_held_mean_is_spent_where_it_pays),
        cmocka_unit_test(a_relative_reward_forgets_which_k_pays),
        cmocka_unit_test(a_reward_that_is_no_number_is_refused),
        cmocka_unit_test(the_baseline_is_a_slow_mean_of_the_rewards),
        cmocka_unit_test(a_gradient_is_cut_to_the_limit),
        cmocka_unit_test(entropy_draws_towards_equal_chances),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
