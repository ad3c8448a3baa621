// SPDX-License-Identifier: Apache-2.0
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "aggregate.h"
#include "fakes/parties.h"

#include <stdlib.h>
#include <string.h>

enum { COUNT = 5, NUMBERS = 9001 }; // more than one block, the last one short

static struct parties parties;

struct bench {
    struct quantise plan;
    struct model model;
    struct aggregate *plain, *blinded;
};

static void open_bench(struct bench *bench, int bits)
{
    struct config config;
    struct manifest manifest = {0};
    const size_t shape[] = {NUMBERS};
    memset(bench, 0, sizeof *bench);
    config_defaults(&config);
    config.federation.quantise.bits = bits;
    config.federation.quantise.weight_max = 100;
    assert_int_equal(manifest_add(&manifest, "backbone.a", shape, 1, true), STATUS_OK);
    assert_int_equal(model_create(&bench->model, &manifest), STATUS_OK);
    assert_int_equal(quantise_plan(&bench->plan, &bench->model, &config.federation, COUNT),
                     STATUS_OK);
    manifest_destroy(&manifest);
    assert_int_equal(aggregate_create(&bench->plain, NUMBERS, 2), STATUS_OK);
    assert_int_equal(aggregate_create(&bench->blinded, NUMBERS, 2), STATUS_OK);
    parties_start(&parties, COUNT,
                  (struct neighbours_assumption){
                      .corrupt = 0.2, .dropout = 0.2, .coordinator = NEIGHBOURS_CURIOUS});
    parties_give_keys(&parties);
    parties_give_shares(&parties);
    parties_hold(&parties);
}

static void close_bench(struct bench *bench)
{
    parties_end(&parties);
    aggregate_destroy(&bench->plain);
    aggregate_destroy(&bench->blinded);
    quantise_destroy(&bench->plan);
    model_destroy(&bench->model);
}

/* An update of random integers, added plain to one sum and blinded to the other. */
static void add(struct bench *bench, size_t party, uint64_t weight)
{
    const size_t size = quantise_bytes(&bench->plan, NUMBERS);
    const struct tally tally = {.weight = weight, .loss = 2, .images = 7};
    struct random random;
    uint8_t *body = malloc(size + TALLY_BYTES);
    assert_non_null(body);
    random_start(&random, 3, (uint32_t)party, RANDOM_TEST, 0, 0);
    for (size_t i = 0; i < size; i++) {
        body[i] = (uint8_t)random_below(&random, 256);
    }
    assert_int_equal(tally_pack(body + size, &tally), STATUS_OK);
    aggregate_add(bench->plain, &bench->plan, body, tally.weight);
    assert_int_equal(blinder_blind(parties.blinders[party], body, NUMBERS, bench->plan.bits,
                                   body + size, TALLY_WORDS),
                     STATUS_OK);
    aggregate_add_blinded(bench->blinded, &bench->plan, body);
    free(body);
}

/* All but the last are counted. */
static void unblind(void)
{
    const bool counted[PARTIES_MAX] = {true, true, true, true, false};
    uint32_t culprit = 0;
    parties_count(&parties, counted);
    parties_sign(&parties);
    parties_agree(&parties);
    parties_release(&parties);
    assert_int_equal(unblinder_open(parties.unblinder, &culprit), STATUS_OK);
}

static void an_opened_sum_moves_the_model_as_a_plain_one(void **state)
{
    (void)state;
    static const int bits[] = {16, 24, 32};
    const struct aggregate_step step = {1, 0};
    for (size_t i = 0; i < sizeof bits / sizeof bits[0]; i++) {
        static float moved[NUMBERS];
        struct bench bench;
        open_bench(&bench, bits[i]);
        for (size_t party = 0; party + 1 < COUNT; party++) {
            add(&bench, party, 10 * (party + 1));
        }
        unblind();
        assert_int_equal(aggregate_open(bench.blinded, &bench.plan, parties.unblinder, 100),
                         STATUS_OK);
        assert_int_equal(aggregate_weight(bench.blinded), 100);
        assert_int_equal(aggregate_reporters(bench.blinded), COUNT - 1);
        assert_int_equal(aggregate_tally(bench.blinded)->images, 7 * (COUNT - 1));
        assert_int_equal(aggregate_apply(bench.blinded, &bench.plan, step, &bench.model),
                         STATUS_OK);
        memcpy(moved, bench.model.values, sizeof moved);
        memset(bench.model.values, 0, sizeof moved);
        assert_int_equal(aggregate_apply(bench.plain, &bench.plan, step, &bench.model), STATUS_OK);
        assert_memory_equal(moved, bench.model.values, sizeof moved);
        close_bench(&bench);
    }
}

static void a_weight_that_cannot_be_is_found(void **state)
{
    (void)state;
    static const uint64_t weights[] = {400, 99};
    for (size_t i = 0; i < 2; i++) {
        struct bench bench;
        open_bench(&bench, 32);
        for (size_t party = 0; party + 1 < COUNT; party++) {
            add(&bench, party, party == 0 ? weights[i] : 1);
        }
        unblind();
        const enum status status =
            aggregate_open(bench.blinded, &bench.plan, parties.unblinder, 100);
        assert_int_equal(status, i == 0 ? STATUS_BAD_MESSAGE : STATUS_OK);
        if (i == 0) {
            assert_string_equal(status_message(),
                                "a weight of 403 of 4 reporters, allowed: 1 to 400");
        }
        close_bench(&bench);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_opened_sum_moves_the_model_as_a_plain_one),
        cmocka_unit_test(a_weight_that_cannot_be_is_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
