// SPDX-License-Identifier: Apache-2.0
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "fakes/troupe.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct troupe troupe;

static void a_sum_is_opened_and_nothing_else(void **state)
{
    (void)state;
    troupe_prepare(&troupe, 4);
    troupe_run(&troupe);
    troupe_expect_done(&troupe, 2);
    troupe_expect_model(&troupe, 0xf, 2);
    const struct store_round *record = &troupe.record[1];
    assert_int_equal(record->attempt, 1);
    assert_int_equal(record->reporters, 4);
    assert_int_equal(record->weight, 100);
    assert_float_equal(record->loss, (float)3, 1e-5);
    assert_float_equal(record->training_accuracy, 0.5, 1e-5);
    assert_int_equal(record->opened.images, 400);
    assert_float_equal(record->opened.train_seconds, 8, 1e-2);
    for (size_t i = 0; i < 4; i++) {
        const struct store_reporter *reporter = &record->reporter[i];
        assert_true(reporter->reported);
        assert_int_equal(reporter->weight + reporter->images, 0);
        assert_float_equal(reporter->loss, 0, 0);
    }
    assert_int_equal(round_refused(troupe.round), 0);
    troupe_close(&troupe);
}

/* Five of six go on without the one that is silent at a step. */
static void who_is_silent_at_a_step_leaves_the_attempt(void **state)
{
    (void)state;
    static const struct {
        unsigned step;
        bool counted; // its update is in the sum
        const char *reason;
    } cases[] = {{EXCHANGE_STEP_KEYS, false, "its keys came too late"},
                 {EXCHANGE_STEP_SHARES, false, "its shares came too late"},
                 {TROUPE_UPLOAD, false, "its update came too late"},
                 {EXCHANGE_STEP_SIGNATURES, true, NULL},
                 {EXCHANGE_STEP_RELEASE, true, NULL}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        troupe_prepare(&troupe, 6);
        troupe.config.federation.deadline_seconds = 60;
        troupe.member[2].silent[cases[i].step] = true;
        troupe_run(&troupe);
        troupe_expect_done(&troupe, 2);
        troupe_expect_model(&troupe, cases[i].counted ? 0x3f : 0x3b, 2);
        const struct store_round *record = &troupe.record[0];
        assert_int_equal(record->attempt, 1);
        assert_int_equal(record->cohort, 6);
        assert_int_equal(record->reporters, cases[i].counted ? 6 : 5);
        assert_int_equal(record->reporter[2].reported, cases[i].counted);
        if (!cases[i].counted) assert_string_equal(record->reporter[2].reason, cases[i].reason);
        troupe_close(&troupe);
    }
}

/* Where the payload of a step is changed, and what the culprit is told. */
static void who_lies_at_a_step_is_named_and_excluded(void **state)
{
    (void)state;
    static const struct {
        enum exchange_step step;
        size_t byte;
        bool counted;
        const char *reason;
    } cases[] = {{EXCHANGE_STEP_KEYS, 1, false, "place 2: keys of place 3, allowed: its own"},
                 {EXCHANGE_STEP_KEYS, 20, false, "place 2: it has not signed its keys"},
                 {EXCHANGE_STEP_SHARES, 150, false, "place 2"},
                 {EXCHANGE_STEP_SIGNATURES, 20, true, "place 2"},
                 {EXCHANGE_STEP_RELEASE, 20, true, "place 2"}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        troupe_prepare(&troupe, 6);
        troupe.config.federation.rounds = 1;
        troupe.member[2].spoils[cases[i].step] = cases[i].byte;
        troupe_run(&troupe);
        troupe_expect_done(&troupe, 1);
        troupe_expect_model(&troupe, cases[i].counted ? 0x3f : 0x3b, 1);
        assert_true(troupe.member[2].refused);
        if (strstr(troupe.member[2].reason, cases[i].reason) == NULL) {
            fail_msg("case %zu: %s", i, troupe.member[2].reason);
        }
        troupe_expect_logged(&troupe, "refused p2: place 2");
        assert_int_equal(round_refused(troupe.round), 1);
        troupe_close(&troupe);
    }
}

static void too_few_at_any_step_is_another_attempt_and_at_last_the_end(void **state)
{
    (void)state;
    static const struct {
        unsigned step;
        const char *note, *reason;
    } cases[] = {{EXCHANGE_STEP_KEYS, "a board of 2 participants, allowed: at least 3", NULL},
                 {EXCHANGE_STEP_SHARES, "of 2 participants, allowed: at least 3", NULL},
                 {TROUPE_UPLOAD, "2 of 3 reported, at least 3 are needed", NULL},
                 {EXCHANGE_STEP_SIGNATURES, "1 of 3 signed the list of the counted", NULL},
                 {EXCHANGE_STEP_RELEASE, "1 of 3 gave their shares", NULL}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        troupe_prepare(&troupe, 3);
        troupe.config.federation.secure.dropout = 0;
        troupe.config.federation.deadline_seconds = 60;
        troupe.member[1].silent[cases[i].step] = true;
        if (cases[i].step > EXCHANGE_STEP_COUNTED && cases[i].step != TROUPE_UPLOAD) {
            troupe.member[0].silent[cases[i].step] = true;
        }
        troupe_run(&troupe);
        assert_true(troupe.ended);
        assert_false(troupe.success);
        assert_int_equal(troupe.rounds, 0);
        troupe_expect_logged(&troupe, cases[i].note);
        troupe_expect_logged(&troupe, "attempt 2 follows");
        troupe_expect_logged(&troupe, "attempt 3 follows");
        assert_non_null(strstr(troupe.reason, "round 1 failed in 3 attempts"));
        troupe_close(&troupe);
    }
}

static void a_second_attempt_has_fresh_keys_and_succeeds(void **state)
{
    (void)state;
    troupe_prepare(&troupe, 3);
    troupe.config.federation.rounds = 1;
    troupe.member[1].silent[EXCHANGE_STEP_SHARES] = true;
    troupe_start(&troupe);
    troupe_wait(&troupe, 10000, PHASE_SHARES);
    assert_int_equal(round_phase(troupe.round), PHASE_SHARES);
    troupe.member[1].silent[EXCHANGE_STEP_SHARES] = false;
    troupe.member[1].spoils[EXCHANGE_STEP_SHARES] = 0;
    troupe.member[1].gone = true; // it does not hear that it is asked again
    troupe_wait(&troupe, 22000, PHASE_KEYS);
    troupe.member[1].gone = false;
    troupe_wait(&troupe, 600000, PHASE_DONE);
    troupe_expect_done(&troupe, 1);
    troupe_expect_model(&troupe, 7, 1);
    assert_int_equal(troupe.record[0].attempt, 2);
    troupe_close(&troupe);
}

static void who_begins_anew_sits_the_attempt_out(void **state)
{
    (void)state;
    troupe_prepare(&troupe, 6);
    troupe.member[3].silent[EXCHANGE_STEP_SHARES] = true;
    troupe_start(&troupe);
    troupe_wait(&troupe, 10000, PHASE_SHARES);
    troupe.member[3].silent[EXCHANGE_STEP_SHARES] = false;
    memset(&troupe.member[3].model.context, 0, sizeof troupe.member[3].model.context);
    troupe.member[3].forgets = true; // the program is started again
    troupe_join(&troupe, 3);
    troupe_talk(&troupe);
    troupe_wait(&troupe, 600000, PHASE_DONE);
    troupe_expect_done(&troupe, 2);
    assert_int_equal(troupe.record[0].reporters, 5);
    assert_string_equal(troupe.record[0].reporter[3].reason, "it began anew and has other keys");
    assert_int_equal(troupe.record[1].reporters, 6);
    assert_int_equal(round_refused(troupe.round), 0);
    troupe_close(&troupe);
}

static void other_keys_in_one_attempt_are_refused(void **state)
{
    (void)state;
    static const uint8_t bytes[132];
    troupe_prepare(&troupe, 6);
    troupe.member[3].silent[EXCHANGE_STEP_SHARES] = true;
    troupe_start(&troupe);
    troupe_wait(&troupe, 10000, PHASE_SHARES);
    troupe_say_step(&troupe, 3, EXCHANGE_STEP_KEYS, bytes, sizeof bytes);
    troupe_talk(&troupe);
    assert_true(troupe.member[3].refused);
    assert_string_equal(troupe.member[3].reason, "other keys in the same attempt");
    troupe_wait(&troupe, 600000, PHASE_DONE);
    troupe_expect_done(&troupe, 2);
    troupe_close(&troupe);
}

static void an_update_before_the_parcels_is_refused(void **state)
{
    (void)state;
    troupe_prepare(&troupe, 6);
    troupe.member[3].silent[EXCHANGE_STEP_SHARES] = true;
    troupe_start(&troupe);
    troupe_wait(&troupe, 10000, PHASE_SHARES);
    struct from_participant *offer = troupe_say(&troupe, 3, PARTICIPANT_OFFER, PHASE_UPDATES);
    offer->offer.size = 1;
    offer->offer.weight = 1;
    troupe_talk(&troupe);
    assert_true(troupe.member[3].refused);
    assert_string_equal(troupe.member[3].reason, "no offer is taken in phase shares");
    troupe_close(&troupe);
}

static void a_step_that_has_not_begun_is_refused(void **state)
{
    (void)state;
    static const uint8_t bytes[68];
    troupe_prepare(&troupe, 6);
    troupe.member[3].silent[EXCHANGE_STEP_SHARES] = true;
    troupe_start(&troupe);
    troupe_wait(&troupe, 10000, PHASE_SHARES);
    troupe_say_step(&troupe, 5, EXCHANGE_STEP_RELEASE, bytes, sizeof bytes);
    troupe_talk(&troupe);
    assert_true(troupe.member[5].refused);
    assert_string_equal(troupe.member[5].reason, "phase unblind has not begun");
    troupe_close(&troupe);
}

/* Nobody releases in the first attempt; in the others one is missing. */
static void another_sum_on_the_same_model_is_not_asked_for(void **state)
{
    (void)state;
    troupe_prepare(&troupe, 6);
    troupe.config.federation.deadline_seconds = 60;
    for (size_t i = 0; i < 6; i++) {
        troupe.member[i].silent[EXCHANGE_STEP_RELEASE] = true;
    }
    troupe_start(&troupe);
    troupe_wait(&troupe, 10000, PHASE_UNBLIND);
    assert_int_equal(round_phase(troupe.round), PHASE_UNBLIND);
    for (size_t i = 0; i < 6; i++) {
        troupe.member[i].silent[EXCHANGE_STEP_RELEASE] = false;
        troupe.member[i].gone = true;
    }
    troupe.member[4].silent[TROUPE_UPLOAD] = true;
    troupe_wait(&troupe, 30000, PHASE_KEYS);
    for (size_t i = 0; i < 6; i++) {
        troupe.member[i].gone = false;
    }
    troupe_wait(&troupe, 600000, PHASE_DONE);
    assert_false(troupe.success);
    assert_non_null(strstr(troupe.reason, "5 are counted, of 6 whose sum was agreed upon"));
    assert_null(strstr(troupe.log, "whose sum was agreed upon; attempt 4"));
    assert_int_equal(troupe.rounds, 0);
    troupe_close(&troupe);
}

/* Who never comes would else be drawn again and again. */
static void a_cohort_is_drawn_among_those_who_are_here(void **state)
{
    (void)state;
    troupe_prepare(&troupe, 6);
    troupe.config.federation.rounds = 6;
    troupe.config.federation.cohort = 5;
    troupe_start(&troupe);
    troupe.member[2].gone = true;
    troupe_wait(&troupe, 600000, PHASE_DONE);
    troupe_expect_done(&troupe, 6);
    for (size_t i = 1; i < 6; i++) {
        assert_int_equal(troupe.record[i].cohort, 5);
    }
    troupe_close(&troupe);
}

static void says_whose_answer_is_waited_for(void **state)
{
    (void)state;
    static const struct {
        enum phase phase;
        unsigned step;
        const char *text;
    } cases[] = {{PHASE_KEYS, EXCHANGE_STEP_KEYS, "round 1: 3/4 keys in, waiting for p1 "},
                 {PHASE_SHARES, EXCHANGE_STEP_SHARES, "round 1: 3/4 shares in, waiting for p1 "},
                 {PHASE_UPDATES, TROUPE_UPLOAD, "round 1: 3/4 in, waiting for p1 "},
                 {PHASE_CONSISTENCY, EXCHANGE_STEP_SIGNATURES,
                  "round 1: 3/4 signatures in, waiting for p1 "}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[300];
        troupe_prepare(&troupe, 4);
        troupe.member[1].silent[cases[i].step] = true;
        troupe_start(&troupe);
        troupe_wait(&troupe, 10000, cases[i].phase);
        assert_int_equal(round_phase(troupe.round), cases[i].phase);
        round_waiting(troupe.round, text, sizeof text);
        if (strncmp(text, cases[i].text, strlen(cases[i].text)) != 0) fail_msg("%s", text);
        if (cases[i].step != TROUPE_UPLOAD) assert_non_null(strstr(text, ", deadline in 20 s"));
        troupe_close(&troupe);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_sum_is_opened_and_nothing_else),
        cmocka_unit_test(who_is_silent_at_a_step_leaves_the_attempt),
        cmocka_unit_test(who_lies_at_a_step_is_named_and_excluded),
        cmocka_unit_test(too_few_at_any_step_is_another_attempt_and_at_last_the_end),
        cmocka_unit_test(a_second_attempt_has_fresh_keys_and_succeeds),
        cmocka_unit_test(who_begins_anew_sits_the_attempt_out),
        cmocka_unit_test(other_keys_in_one_attempt_are_refused),
        cmocka_unit_test(an_update_before_the_parcels_is_refused),
        cmocka_unit_test(a_step_that_has_not_begun_is_refused),
        cmocka_unit_test(another_sum_on_the_same_model_is_not_asked_for),
        cmocka_unit_test(a_cohort_is_drawn_among_those_who_are_here),
        cmocka_unit_test(says_whose_answer_is_waited_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
