// SPDX-License-Identifier: Apache-2.0
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "round/round.h"
#include "secure/digest.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char manifest[] = "backbone.a f32 [4]\n";

struct bench {
    struct config config;
    struct round *round;
    uint64_t now_ms;
};

static struct round_output output;

static void bench_open(struct bench *bench, double join_seconds)
{
    static struct roster_entry entries[4] = {
        {.name = "north"}, {.name = "south"}, {.name = "east"}, {.name = "west"}};
    const struct roster roster = {.count = 4, .entries = entries};
    config_defaults(&bench->config);
    bench->config.federation.participants = 2;
    bench->config.federation.join_seconds = join_seconds;
    bench->config.federation.reporters_min = 1;
    const struct round_options options = {.federation = &bench->config.federation,
                                          .roster = &roster,
                                          .threads = 1,
                                          .silence_ms = 30000,
                                          .session = {1}};
    assert_int_equal(round_create(&bench->round, &options), STATUS_OK);
    bench->now_ms = 1000;
}

static struct from_participant *join_message(const struct bench *bench)
{
    static struct from_participant message;
    char *text = NULL;
    memset(&message, 0, sizeof message);
    message.kind = PARTICIPANT_JOIN;
    message.join.protocol = ENVELOPE_PROTOCOL;
    strncpy(message.join.name, "north", sizeof message.join.name - 1);
    strncpy(message.join.manifest, manifest, sizeof message.join.manifest - 1);
    digest_compute(message.join.model_type, manifest, strlen(manifest));
    assert_int_equal(config_canonical(&bench->config, &text), STATUS_OK);
    digest_compute(message.join.federation, text, strlen(text));
    free(text);
    return &message;
}

static struct from_participant *message_of(enum participant_message kind, enum phase phase)
{
    static struct from_participant message;
    memset(&message, 0, sizeof message);
    message.kind = kind;
    message.context.session[0] = 1;
    message.context.attempt = 1;
    message.context.phase = phase;
    return &message;
}

/* The next message to a participant; fails when there is none. */
static const struct from_coordinator *next_message(struct bench *bench)
{
    while (round_next(bench->round, &output)) {
        if (output.kind == ROUND_SEND) return &output.message;
    }
    fail_msg("no message");
    return NULL;
}

static void expect_refusal(struct bench *bench, const char *reason)
{
    const struct from_coordinator *answer = next_message(bench);
    assert_int_equal(answer->kind, COORDINATOR_REFUSE);
    assert_non_null(strstr(answer->refuse.reason, reason));
}

static void welcomes_who_agrees(void **state)
{
    (void)state;
    struct bench bench;
    bench_open(&bench, 0);
    round_message(bench.round, 2, join_message(&bench), bench.now_ms);
    const struct from_coordinator *answer = next_message(&bench);
    assert_int_equal(answer->kind, COORDINATOR_WELCOME);
    assert_int_equal(answer->welcome.index, 2);
    assert_int_equal(answer->welcome.participants, 4);
    assert_int_equal(answer->welcome.next_round, 0);
    assert_int_equal(answer->welcome.session[0], 1);
    assert_int_equal(round_phase(bench.round), PHASE_JOIN);
    round_destroy(&bench.round);
}

static void refuses_another_protocol_and_a_false_type(void **state)
{
    (void)state;
    struct bench bench;
    bench_open(&bench, 0);
    struct from_participant *join = join_message(&bench);
    join->join.protocol = ENVELOPE_PROTOCOL + 1;
    round_message(bench.round, 0, join, bench.now_ms);
    expect_refusal(&bench, "protocol version 3");
    join = join_message(&bench);
    join->join.model_type[0] ^= 1;
    round_message(bench.round, 0, join, bench.now_ms);
    expect_refusal(&bench, "does not have the digest");
    join = join_message(&bench);
    strncpy(join->join.manifest, "no manifest\n", sizeof join->join.manifest - 1);
    digest_compute(join->join.model_type, "no manifest\n", 12);
    round_message(bench.round, 0, join, bench.now_ms);
    expect_refusal(&bench, "malformed");
    round_destroy(&bench.round);
}

static void before_the_start_nothing_but_joining_is_taken(void **state)
{
    (void)state;
    static const struct {
        enum participant_message kind;
        enum phase phase;
    } refused[] = {{PARTICIPANT_FETCH, PHASE_GATHER},
                   {PARTICIPANT_CHUNK, PHASE_UPDATES},
                   {PARTICIPANT_EVALUATION, PHASE_GATHER}};
    struct bench bench;
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        bench_open(&bench, 0);
        round_message(bench.round, 1, join_message(&bench), bench.now_ms);
        assert_int_equal(next_message(&bench)->kind, COORDINATOR_WELCOME);
        round_message(bench.round, 1, message_of(refused[i].kind, refused[i].phase), bench.now_ms);
        expect_refusal(&bench, "is taken in phase join");
        assert_int_equal(round_refused(bench.round), 1);
        round_destroy(&bench.round);
    }
}

static void an_initial_model_of_the_wrong_size_is_refused(void **state)
{
    (void)state;
    struct bench bench;
    bench_open(&bench, 0);
    round_message(bench.round, 1, join_message(&bench), bench.now_ms);
    assert_int_equal(next_message(&bench)->kind, COORDINATOR_WELCOME);
    struct from_participant *offer = message_of(PARTICIPANT_OFFER, PHASE_GATHER);
    offer->offer.size = 20;
    round_message(bench.round, 1, offer, bench.now_ms);
    expect_refusal(&bench, "an initial model of 20 bytes and weight 0, not 16 and 0");
    round_destroy(&bench.round);
}

static void join_with_manifest(struct bench *bench, size_t peer, const char *text)
{
    struct from_participant *join = join_message(bench);
    snprintf(join->join.manifest, sizeof join->join.manifest, "%s", text);
    digest_compute(join->join.model_type, text, strlen(text));
    round_message(bench->round, peer, join, bench->now_ms);
}

static void offer_initial(struct bench *bench, size_t peer, const uint8_t *body, size_t size)
{
    struct from_participant *offer = message_of(PARTICIPANT_OFFER, PHASE_GATHER);
    offer->offer.size = size;
    digest_compute(offer->offer.digest, body, size);
    round_message(bench->round, peer, offer, bench->now_ms);
}

/* An offer of a large model must not outlive its type and fill a model of a small one. */
static void what_was_offered_of_a_forgotten_type_is_void(void **state)
{
    (void)state;
    static const uint8_t body[4000];
    struct bench bench;
    bench_open(&bench, 0);
    join_with_manifest(&bench, 0, "backbone.a f32 [1000]\n");
    offer_initial(&bench, 0, body, sizeof body);
    join_with_manifest(&bench, 0, manifest);
    join_with_manifest(&bench, 1, manifest);
    offer_initial(&bench, 1, body, 16);
    round_tick(bench.round, bench.now_ms += 250);
    while (round_next(bench.round, &output)) {
        // Nobody is asked for what they offered before: one of two is not ready.
        assert_false(output.kind == ROUND_SEND && output.message.kind == COORDINATOR_FETCH);
    }
    round_destroy(&bench.round);
}

static void a_repeated_join_leaves_a_participant_ready(void **state)
{
    (void)state;
    static const uint8_t body[16];
    struct bench bench;
    bench_open(&bench, 0);
    join_with_manifest(&bench, 0, manifest);
    offer_initial(&bench, 0, body, sizeof body);
    join_with_manifest(&bench, 0, manifest);
    join_with_manifest(&bench, 1, manifest);
    offer_initial(&bench, 1, body, sizeof body);
    round_tick(bench.round, bench.now_ms += 250);
    bool fetched = false;
    while (round_next(bench.round, &output)) {
        fetched =
            fetched || (output.kind == ROUND_SEND && output.message.kind == COORDINATOR_FETCH);
    }
    assert_true(fetched);
    round_destroy(&bench.round);
}

static void says_who_is_waited_for_and_until_when(void **state)
{
    (void)state;
    char text[300];
    struct bench bench;
    bench_open(&bench, 120);
    round_tick(bench.round, bench.now_ms);
    round_message(bench.round, 1, join_message(&bench), bench.now_ms);
    for (int i = 0; i < 40; i++) {
        bench.now_ms += 250;
        round_message(bench.round, 1, message_of(PARTICIPANT_ALIVE, PHASE_JOIN), bench.now_ms);
        round_tick(bench.round, bench.now_ms);
    }
    round_waiting(bench.round, text, sizeof text);
    assert_string_equal(text, "start: 0/2 ready, waiting for north (not here), south (loading, "
                              "last heard 0 s ago), east (not here) and 1 more, deadline in 110 s");
    round_waiting(bench.round, text, 30); // a short buffer is not overrun
    assert_int_equal(strlen(text), 29);
    round_destroy(&bench.round);
}

static void its_own_pause_is_nobodys_silence(void **state)
{
    (void)state;
    struct bench bench;
    bench_open(&bench, 0);
    round_tick(bench.round, bench.now_ms);
    round_message(bench.round, 1, join_message(&bench), bench.now_ms);
    round_tick(bench.round, bench.now_ms + 100000); // the machine was asleep
    while (round_next(bench.round, &output)) {
        assert_true(output.kind != ROUND_NOTE || strstr(output.text, "lost") == NULL);
    }
    uint64_t later = bench.now_ms + 100000;
    bool lost = false;
    for (int i = 0; i < 140; i++) { // but 35 s in which it ran are silence
        round_tick(bench.round, later += 250);
    }
    while (round_next(bench.round, &output)) {
        if (output.kind == ROUND_NOTE && strstr(output.text, "lost south") != NULL) lost = true;
    }
    assert_true(lost);
    round_destroy(&bench.round);
}

static void refuses_a_privacy_that_is_not_built(void **state)
{
    (void)state;
    struct config config;
    struct round *round = NULL;
    struct roster_entry entry = {.name = "north"};
    const struct roster roster = {.count = 1, .entries = &entry};
    config_defaults(&config);
    config.federation.participants = 1;
    config.federation.privacy = PRIVACY_SECURE_SUM;
    struct round_options options = {.federation = &config.federation, .roster = &roster};
    assert_int_equal(round_create(&round, &options), STATUS_BAD_CONFIG);
    assert_null(round);
    config.federation.privacy = PRIVACY_TRUSTED_COORDINATOR;
    config.federation.participants = 2;
    assert_int_equal(round_create(&round, &options), STATUS_BAD_CONFIG);
    assert_null(round);
}

static void the_end_is_repeated_until_everyone_has_gone(void **state)
{
    (void)state;
    struct bench bench;
    bench_open(&bench, 0);
    round_message(bench.round, 1, join_message(&bench), bench.now_ms);
    round_stop(bench.round, "enough");
    assert_int_equal(next_message(&bench)->kind, COORDINATOR_END);
    while (round_next(bench.round, &output)) {
    }
    assert_false(round_settled(bench.round));
    round_tick(bench.round, bench.now_ms + 250);
    const struct from_coordinator *again = next_message(&bench);
    assert_int_equal(again->kind, COORDINATOR_END);
    assert_false(again->end.success);
    assert_string_equal(again->end.reason, "enough");
    round_gone(bench.round, 1, bench.now_ms + 250);
    assert_true(round_settled(bench.round));
    round_destroy(&bench.round);
    round_destroy(&bench.round);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(welcomes_who_agrees),
        cmocka_unit_test(refuses_another_protocol_and_a_false_type),
        cmocka_unit_test(before_the_start_nothing_but_joining_is_taken),
        cmocka_unit_test(an_initial_model_of_the_wrong_size_is_refused),
        cmocka_unit_test(what_was_offered_of_a_forgotten_type_is_void),
        cmocka_unit_test(a_repeated_join_leaves_a_participant_ready),
        cmocka_unit_test(says_who_is_waited_for_and_until_when),
        cmocka_unit_test(its_own_pause_is_nobodys_silence),
        cmocka_unit_test(refuses_a_privacy_that_is_not_built),
        cmocka_unit_test(the_end_is_repeated_until_everyone_has_gone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
