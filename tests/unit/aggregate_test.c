// SPDX-License-Identifier: Apache-2.0
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "aggregate.h"
#include "base/random.h"
#include "secure/quantise.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { COUNT = 9001, UPDATES = 7 }; // blocks of 4096 and a rest

struct world {
    struct config_federation federation;
    struct model base;
    struct quantise plan;
    uint8_t *packed[UPDATES];
    uint64_t weight[UPDATES];
    float *update[UPDATES];
};

static void world_open(struct world *world, int bits)
{
    struct config config;
    struct manifest manifest = {0};
    const size_t first[] = {COUNT - 100}, second[] = {100};
    memset(world, 0, sizeof *world);
    config_defaults(&config);
    world->federation = config.federation;
    world->federation.quantise.bits = bits;
    world->federation.quantise.weight_max = 500;
    assert_int_equal(manifest_add(&manifest, "backbone.weight", first, 1, true), STATUS_OK);
    assert_int_equal(manifest_add(&manifest, "backbone.running_mean", second, 1, false), STATUS_OK);
    assert_int_equal(model_create(&world->base, &manifest), STATUS_OK);
    manifest_destroy(&manifest);
    struct random random;
    random_start(&random, 1, 0, RANDOM_TEST, 0, 0);
    for (size_t i = 0; i < COUNT; i++) {
        world->base.values[i] = random_uniform(&random) - 0.5f;
    }
    assert_int_equal(quantise_plan(&world->plan, &world->base, &world->federation, UPDATES),
                     STATUS_OK);
    uint32_t *integers = malloc(COUNT * sizeof *integers);
    for (uint32_t u = 0; u < UPDATES; u++) {
        uint64_t saturated = 0;
        world->weight[u] = 50 + 60 * u;
        world->update[u] = malloc(COUNT * sizeof(float));
        world->packed[u] = malloc(quantise_bytes(&world->plan, COUNT));
        assert_true(integers != NULL && world->update[u] != NULL && world->packed[u] != NULL);
        for (size_t i = 0; i < COUNT; i++) {
            world->update[u][i] = 0.2f * (random_uniform(&random) - 0.5f);
        }
        assert_int_equal(quantise_encode(&world->plan, integers, world->update[u],
                                         (double)world->weight[u], &random, &saturated),
                         STATUS_OK);
        quantise_pack(&world->plan, world->packed[u], integers, COUNT);
    }
    free(integers);
}

static void world_close(struct world *world)
{
    for (int u = 0; u < UPDATES; u++) {
        free(world->packed[u]);
        free(world->update[u]);
    }
    quantise_destroy(&world->plan);
    model_destroy(&world->base);
}

static const struct aggregate_step plain = {1, 0};

/* One step from the mean, on values that stand in the model's place. */
static enum status apply(struct aggregate *aggregate, const struct world *world,
                         struct aggregate_step step, float *values)
{
    struct model model = {.manifest = world->base.manifest, .values = values};
    return aggregate_apply(aggregate, &world->plan, step, &model);
}

/* The model after adding the updates in the given order with so many threads. */
static void add_in_order(float *model, const struct world *world, const uint32_t *order,
                         int threads)
{
    struct aggregate *aggregate = NULL;
    assert_int_equal(aggregate_create(&aggregate, COUNT, threads), STATUS_OK);
    for (int u = 0; u < UPDATES; u++) {
        aggregate_add(aggregate, &world->plan, world->packed[order[u]], world->weight[order[u]]);
    }
    assert_int_equal(aggregate_reporters(aggregate), UPDATES);
    memcpy(model, world->base.values, COUNT * sizeof *model);
    assert_int_equal(apply(aggregate, world, plain, model), STATUS_OK);
    aggregate_destroy(&aggregate);
}

static void no_order_of_updates_and_no_threads_change_a_bit(void **state)
{
    (void)state;
    static float first[COUNT], other[COUNT];
    uint32_t order[UPDATES] = {0, 1, 2, 3, 4, 5, 6};
    struct world world;
    struct random random;
    for (int bits = 16; bits <= 32; bits += 8) {
        world_open(&world, bits);
        add_in_order(first, &world, order, 1);
        random_start(&random, 2, 0, RANDOM_TEST, 0, 0);
        for (int again = 0; again < 10; again++) {
            random_permutation(&random, order, UPDATES);
            add_in_order(other, &world, order, 1 + again % 3);
            assert_memory_equal(first, other, sizeof first);
        }
        world_close(&world);
    }
}

static void the_result_is_the_weighted_mean(void **state)
{
    (void)state;
    static float model[COUNT];
    const uint32_t order[UPDATES] = {0, 1, 2, 3, 4, 5, 6};
    struct world world;
    world_open(&world, 32);
    add_in_order(model, &world, order, 2);
    for (size_t i = 0; i < COUNT; i++) {
        double sum = 0, weight = 0;
        for (int u = 0; u < UPDATES; u++) {
            sum += (double)world.weight[u] * (double)world.update[u][i];
            weight += (double)world.weight[u];
        }
        const double expected = (double)world.base.values[i] + sum / weight;
        assert_true(fabs((double)model[i] - expected) < 1e-5);
    }
    world_close(&world);
}

static void a_reset_forgets_everything(void **state)
{
    (void)state;
    static float model[COUNT], expected[COUNT];
    struct world world;
    struct aggregate *aggregate = NULL;
    world_open(&world, 24);
    assert_int_equal(aggregate_create(&aggregate, COUNT, 1), STATUS_OK);
    aggregate_add(aggregate, &world.plan, world.packed[3], world.weight[3]);
    memcpy(expected, world.base.values, sizeof expected);
    assert_int_equal(apply(aggregate, &world, plain, expected), STATUS_OK);
    aggregate_add(aggregate, &world.plan, world.packed[1], world.weight[1]);
    aggregate_reset(aggregate);
    assert_int_equal(aggregate_reporters(aggregate), 0);
    assert_int_equal(aggregate_weight(aggregate), 0);
    aggregate_add(aggregate, &world.plan, world.packed[3], world.weight[3]);
    assert_int_equal(aggregate_weight(aggregate), world.weight[3]);
    memcpy(model, world.base.values, sizeof model);
    assert_int_equal(apply(aggregate, &world, plain, model), STATUS_OK);
    assert_memory_equal(model, expected, sizeof model);
    aggregate_destroy(&aggregate);
    aggregate_destroy(&aggregate);
    world_close(&world);
}

static void a_result_that_is_not_finite_leaves_the_model(void **state)
{
    (void)state;
    static float model[COUNT], before[COUNT];
    struct world world;
    struct aggregate *aggregate = NULL;
    world_open(&world, 32);
    assert_int_equal(aggregate_create(&aggregate, COUNT, 1), STATUS_OK);
    aggregate_add(aggregate, &world.plan, world.packed[0], world.weight[0]);
    memcpy(model, world.base.values, sizeof model);
    model[5000] = INFINITY;
    memcpy(before, model, sizeof before);
    assert_int_equal(apply(aggregate, &world, plain, model), STATUS_NOT_FINITE);
    assert_memory_equal(model, before, sizeof model);
    aggregate_destroy(&aggregate);
    world_close(&world);
}

static void rate_1_without_momentum_adds_the_decoded_mean_bit_for_bit(void **state)
{
    (void)state;
    static float model[COUNT], mean[COUNT];
    static uint32_t sum[COUNT];
    struct world world;
    struct aggregate *aggregate = NULL;
    world_open(&world, 32);
    assert_int_equal(aggregate_create(&aggregate, COUNT, 2), STATUS_OK);
    aggregate_add(aggregate, &world.plan, world.packed[2], world.weight[2]);
    memcpy(model, world.base.values, sizeof model);
    assert_int_equal(apply(aggregate, &world, plain, model), STATUS_OK);
    quantise_unpack(&world.plan, sum, world.packed[2], COUNT);
    quantise_decode(&world.plan, mean, sum, (double)world.weight[2]);
    for (size_t i = 0; i < COUNT; i++) {
        mean[i] += world.base.values[i];
    }
    assert_memory_equal(model, mean, sizeof model);
    aggregate_destroy(&aggregate);
    world_close(&world);
}

/* Two rounds of the same update u with rate r and momentum m move weights by r u and r (1 + m) u,
 * statistics by u each time. */
static void rate_and_momentum_move_weights_but_not_statistics(void **state)
{
    (void)state;
    static float model[COUNT];
    const struct aggregate_step step = {0.5, 0.75};
    struct world world;
    struct aggregate *aggregate = NULL;
    world_open(&world, 32);
    assert_int_equal(aggregate_create(&aggregate, COUNT, 2), STATUS_OK);
    memcpy(model, world.base.values, sizeof model);
    for (int round = 0; round < 2; round++) {
        aggregate_reset(aggregate);
        aggregate_add(aggregate, &world.plan, world.packed[4], world.weight[4]);
        assert_int_equal(apply(aggregate, &world, step, model), STATUS_OK);
        for (size_t i = 0; i < COUNT; i++) {
            const bool statistic = i >= COUNT - 100;
            const double steps = statistic ? round + 1 : round == 0 ? 0.5 : 0.5 + 0.5 * 1.75;
            const double expected =
                (double)world.base.values[i] + steps * (double)world.update[4][i];
            assert_true(fabs((double)model[i] - expected) < 1e-5);
        }
    }
    aggregate_destroy(&aggregate);
    world_close(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_order_of_updates_and_no_threads_change_a_bit),
        cmocka_unit_test(the_result_is_the_weighted_mean),
        cmocka_unit_test(a_reset_forgets_everything),
        cmocka_unit_test(rate_1_without_momentum_adds_the_decoded_mean_bit_for_bit),
        cmocka_unit_test(rate_and_momentum_move_weights_but_not_statistics),
        cmocka_unit_test(a_result_that_is_not_finite_leaves_the_model),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
