// SPDX-License-Identifier: Apache-2.0
/* On which models a session gives an update, with noise and without. */
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "fakes/circle.h"

#include <stdlib.h>
#include <string.h>

static struct circle circle;

static void open_noisy(bool shares_nothing)
{
    circle_open_with(&circle, &(struct circle_ways){.place = CIRCLE_SELF,
                                                    .noisy = true,
                                                    .shares_nothing = shares_nothing});
}

/* What an earlier program of this participant blinded. */
static void remember(const float values[OPPOSITE_NUMBERS], uint8_t more)
{
    static const uint32_t places[] = {0, 1, CIRCLE_SELF, 3};
    struct ledger_entry entry = {.roster = {7},
                                 .round = CIRCLE_ROUND,
                                 .attempt = 1,
                                 .count = CIRCLE_COUNT,
                                 .places = places};
    digest_compute(entry.model, values, OPPOSITE_NUMBERS * sizeof(float));
    entry.model[0] ^= more;
    assert_int_equal(ledger_add(&circle.ledger, &entry), STATUS_OK);
}

/* Whether the session begins an exchange on this model; else it says that it leaves the round
 * out, and stays. */
static bool begins(uint32_t round, const float values[OPPOSITE_NUMBERS])
{
    bool begun = false, warned = false;
    struct from_coordinator *message = circle_announcement(&circle, 1);
    message->context.round = round;
    message->model.model_round = round - 1;
    digest_compute(message->model.digest, values, OPPOSITE_NUMBERS * sizeof(float));
    opposite_hear(&circle.bench, message);
    while (session_next(circle.bench.session, &opposite_output)) {
        if (opposite_output.kind == SESSION_NOTE) {
            warned = warned || strstr(opposite_output.text, "is left out") != NULL;
        } else {
            assert_int_not_equal(opposite_output.message.kind, PARTICIPANT_LEAVE);
            begun = begun || opposite_output.message.kind == PARTICIPANT_EXCHANGE;
        }
    }
    assert_int_equal(warned, !begun);
    return begun;
}

static void train_in(uint32_t attempt)
{
    circle_begin(&circle, attempt);
    circle_make_board(&circle);
    circle_hear(&circle, EXCHANGE_STEP_KEYS);
    circle_make_parcels(&circle);
    circle_hear(&circle, EXCHANGE_STEP_SHARES);
    circle_train(&circle);
}

/* Trained anew, in the same list, the difference of the two sums would be its own. */
static void what_was_given_and_is_gone_is_not_trained_again(void **state)
{
    (void)state;
    for (int noisy = 0; noisy < 2; noisy++) {
        circle_open_with(&circle, &(struct circle_ways){.place = CIRCLE_SELF, .noisy = noisy == 1});
        remember(opposite_first, 0);
        circle_begin(&circle, 1);
        assert_int_equal(circle.times[EXCHANGE_STEP_KEYS], 0);
        assert_false(circle.left);
        assert_int_equal(opposite_job_of(&circle.bench), SESSION_WAIT); // not trained in vain
        assert_true(begins(CIRCLE_ROUND + 1, opposite_second));
        circle_close(&circle);
    }
}

/* A program that was killed has kept it. */
static void what_was_kept_is_given_again(void **state)
{
    (void)state;
    circle_open_with(&circle, &(struct circle_ways){.place = CIRCLE_SELF, .kept = true});
    remember(opposite_first, 0);
    circle_begin(&circle, 1);
    assert_int_equal(circle.times[EXCHANGE_STEP_KEYS], 1);
    assert_int_equal(opposite_job_of(&circle.bench), SESSION_WAIT); // for the exchange
    circle_make_board(&circle);
    circle_hear(&circle, EXCHANGE_STEP_KEYS);
    circle_make_parcels(&circle);
    circle_hear(&circle, EXCHANGE_STEP_SHARES);
    assert_int_equal(opposite_job_of(&circle.bench), SESSION_ENCODE);
    circle_close(&circle);
}

static void welcome_again(uint32_t next_round)
{
    struct from_coordinator *message = opposite_message_of(COORDINATOR_WELCOME, 0);
    memcpy(message->welcome.session, message->context.session, sizeof message->welcome.session);
    message->welcome.index = CIRCLE_SELF;
    message->welcome.participants = CIRCLE_COUNT;
    message->welcome.next_round = next_round;
    opposite_hear(&circle.bench, message);
    opposite_drop_said(&circle.bench);
}

/* Said to have begun anew, and trained on another model in between, it holds that update only. */
static void what_was_trained_over_is_not_trained_again(void **state)
{
    (void)state;
    circle_open(&circle);
    train_in(1);
    struct from_coordinator *message = opposite_message_of(COORDINATOR_REFUSE, 0);
    message->refuse.again = true;
    opposite_hear(&circle.bench, message);
    welcome_again(CIRCLE_ROUND + 1);
    float *taken = NULL;
    assert_true(begins(CIRCLE_ROUND + 1, opposite_second));
    opposite_give_chunk(&circle.bench, CIRCLE_ROUND + 1, opposite_second);
    assert_int_equal(session_take_model(circle.bench.session, &taken), STATUS_OK);
    free(taken);
    session_trained(circle.bench.session);
    opposite_drop_said(&circle.bench);
    message = opposite_message_of(COORDINATOR_REFUSE, 0);
    message->refuse.again = true;
    opposite_hear(&circle.bench, message);
    welcome_again(CIRCLE_ROUND);
    assert_false(begins(CIRCLE_ROUND, opposite_first));
    circle_close(&circle);
}

static void noise_that_is_here_is_given_again(void **state)
{
    (void)state;
    open_noisy(false);
    train_in(1);
    train_in(2);
    assert_int_equal(circle.offers, 2);
    assert_int_equal(circle.ledger.count, 2);
    assert_int_equal(circle.ledger.models, 1);
    circle_close(&circle);
}

static void no_more_models_get_noise_than_there_are_rounds(void **state)
{
    (void)state;
    for (uint8_t models = OPPOSITE_ROUNDS - 1; models <= OPPOSITE_ROUNDS; models++) {
        open_noisy(false);
        for (uint8_t i = 1; i <= models; i++) {
            remember(opposite_second, i);
        }
        assert_int_equal(begins(CIRCLE_ROUND, opposite_first), models < OPPOSITE_ROUNDS);
        circle_close(&circle);
    }
}

/* All rounds begin with the same model then, and each has its own update. */
static void where_nothing_is_shared_each_round_is_a_model(void **state)
{
    (void)state;
    static const uint32_t round = CIRCLE_ROUND;
    uint8_t model[DIGEST_BYTES], named[DIGEST_BYTES + sizeof round], name[DIGEST_BYTES];
    digest_compute(model, opposite_first, sizeof opposite_first);
    memcpy(named, model, sizeof model);
    memcpy(named + sizeof model, &round, sizeof round);
    digest_compute(name, named, sizeof named);
    for (int nothing = 0; nothing < 2; nothing++) {
        open_noisy(nothing == 1);
        train_in(1);
        const struct ledger_entry *entry = &circle.ledger.list[0];
        assert_memory_equal(entry->model, nothing == 1 ? name : model, sizeof model);
        assert_int_equal(begins(CIRCLE_ROUND + 1, opposite_first), nothing == 1);
        circle_close(&circle);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_given_and_is_gone_is_not_trained_again),
        cmocka_unit_test(what_was_kept_is_given_again),
        cmocka_unit_test(what_was_trained_over_is_not_trained_again),
        cmocka_unit_test(noise_that_is_here_is_given_again),
        cmocka_unit_test(no_more_models_get_noise_than_there_are_rounds),
        cmocka_unit_test(where_nothing_is_shared_each_round_is_a_model),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
