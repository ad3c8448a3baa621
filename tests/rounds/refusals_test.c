// SPDX-License-Identifier: Apache-2.0
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "fakes/assembly.h"

#include <math.h>
#include <string.h>

enum { NUMBERS = 200 };

static struct assembly assembly;

/* Four participants, of whom three suffice to start: the last one is the odd one. */
static void open_with_odd_one(void)
{
    assembly_prepare(&assembly, 4, NUMBERS);
    assembly.config.federation.reporters_min = 3;
    assembly.config.federation.join_seconds = 10;
}

static void run_all(void)
{
    assembly_open(&assembly);
    assembly_start_all(&assembly);
    assembly_run(&assembly, 120000);
    assert_true(assembly.ended);
}

static void expect_three_took_part(void)
{
    assert_true(assembly.success);
    assert_int_equal(assembly.rounds, 3);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(assembly.record[i].reporters, 3);
        assert_true(assembly.member[i].success);
    }
}

static void another_federation_section_is_refused_with_both_digests(void **state)
{
    (void)state;
    open_with_odd_one();
    assembly.member[3].other_federation = true;
    run_all();
    expect_three_took_part();
    assert_true(assembly.member[3].ended && !assembly.member[3].success);
    assert_non_null(strstr(assembly.member[3].reason, "your federation section (digest "));
    assert_non_null(strstr(assembly.member[3].reason, "differs from the coordinator's (digest "));
    assembly_close(&assembly);
}

static void another_model_is_refused(void **state)
{
    (void)state;
    open_with_odd_one();
    assembly.member[3].other_model = true;
    run_all();
    expect_three_took_part();
    assert_false(assembly.member[3].success);
    assert_non_null(strstr(assembly.member[3].reason, "your model type (digest "));
    assembly_close(&assembly);
}

static void another_mask_key_is_refused_and_both_are_named(void **state)
{
    (void)state;
    open_with_odd_one();
    assembly.member[3].other_mask = true;
    run_all();
    expect_three_took_part();
    assert_false(assembly.member[3].success);
    assert_non_null(strstr(assembly.member[3].reason, "the mask key of p3 (fingerprint 02"));
    assert_non_null(strstr(assembly.member[3].reason, "differs from that of p0 (fingerprint 01"));
    assembly_close(&assembly);
}

/* The odd one joins first, so that what it has counts, and leaves: the others have their own. */
static void odd_one_leaves_and_three_take_part(const char *reason)
{
    assembly_open(&assembly);
    assembly_start(&assembly, 3);
    assembly_run(&assembly, 1000);
    session_leave(assembly.member[3].session, reason);
    assembly_run(&assembly, 500);
    for (size_t i = 0; i < 3; i++) {
        assembly_start(&assembly, i);
    }
    assembly_run(&assembly, 120000);
    expect_three_took_part();
    assembly_close(&assembly);
}

static void a_mask_key_that_nobody_stands_for_is_forgotten(void **state)
{
    (void)state;
    open_with_odd_one();
    assembly.member[3].other_mask = true;
    odd_one_leaves_and_three_take_part("wrong mask key");
}

static void a_type_that_nobody_stands_for_is_forgotten(void **state)
{
    (void)state;
    open_with_odd_one();
    assembly.member[3].other_model = true;
    odd_one_leaves_and_three_take_part("wrong configuration");
}

static void an_update_of_the_wrong_size_is_left_out(void **state)
{
    (void)state;
    open_with_odd_one();
    assembly.member[3].extra_bytes = 4;
    run_all();
    expect_three_took_part();
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(assembly.record[i].cohort, 4);
        assert_string_equal(assembly.record[i].reporter[3].reason, "the update has the wrong size");
    }
    assert_true(assembly.member[3].success); // it heard why, and may do better
    assembly_close(&assembly);
}

static void an_update_that_arrives_changed_is_left_out(void **state)
{
    (void)state;
    open_with_odd_one();
    assembly_open(&assembly);
    assembly_start_all(&assembly);
    assembly_run(&assembly, 1500); // its initial model was announced and is not fetched
    assembly.member[3].corrupts_chunks = true;
    assembly_run(&assembly, 120000);
    expect_three_took_part();
    assert_string_equal(assembly.record[0].reporter[3].reason,
                        "its bytes do not have the digest it announced");
    assembly_close(&assembly);
}

static void a_weight_above_the_limit_is_left_out(void **state)
{
    (void)state;
    open_with_odd_one();
    assembly.member[3].weight = 1001; // weight_max is 1000
    run_all();
    expect_three_took_part();
    assert_string_equal(assembly.record[0].reporter[3].reason,
                        "the weight of the update is above quantise.weight_max");
    assembly_close(&assembly);
}

static void an_update_without_weight_is_left_out(void **state)
{
    (void)state;
    open_with_odd_one();
    assembly.member[3].weight = 0;
    run_all();
    expect_three_took_part();
    assert_string_equal(assembly.record[0].reporter[3].reason, "the update has no weight");
    assembly_close(&assembly);
}

static void an_initial_model_that_is_not_finite_is_refused(void **state)
{
    (void)state;
    assembly_prepare(&assembly, 4, NUMBERS);
    assembly.config.federation.reporters_min = 3;
    assembly.member[0].initial = NAN; // the lowest place: its model would be taken
    run_all();
    assert_true(assembly.success);
    assert_false(assembly.member[0].success);
    assert_non_null(strstr(assembly.member[0].reason, "not finite"));
    assert_int_equal(assembly.record[0].cohort, 3);
    assembly_close(&assembly);
}

static void initial_models_may_differ_and_the_lowest_place_counts(void **state)
{
    (void)state;
    assembly_prepare(&assembly, 3, NUMBERS);
    assembly.member[0].initial = 3.0f;
    assembly.member[0].load_ms = 5000; // the last one to be ready
    assembly.config.federation.rounds = 1;
    run_all();
    assert_true(assembly.success);
    assert_int_equal(assembly.record[0].reporters, 3);
    const float *values = round_model(assembly.round)->values;
    for (size_t i = 0; i < NUMBERS; i++) {
        assert_true(fabsf(values[i] - 3.0f) < 0.5f);
    }
    assembly_close(&assembly);
}

/* Injects a message as participant 3 when round 2 has begun, and lets it be delivered. */
static void inject(struct from_participant *message)
{
    assembly_inject(&assembly, 3, message);
    assembly_run(&assembly, 100);
}

static void run_to_second_round(void)
{
    open_with_odd_one();
    assembly.member[3].work_ms = 20000;
    assembly_open(&assembly);
    assembly_start_all(&assembly);
    assembly_run_to_round(&assembly, 1);
    assembly_run(&assembly, 200);
    assert_int_equal(round_refused(assembly.round), 0);
}

static void expect_refused(const char *reason)
{
    assert_int_equal(round_refused(assembly.round), 1);
    assert_true(assembly.member[3].ended);
    assert_non_null(strstr(assembly.member[3].reason, reason));
    assembly_run(&assembly, 120000);
    assert_true(assembly.success); // the others go on
    assert_int_equal(assembly.record[1].reporters, 3);
    assert_non_null(strstr(assembly.record[1].reporter[3].reason, "refused: "));
    assembly_close(&assembly);
}

static void a_round_that_has_not_begun_is_refused(void **state)
{
    (void)state;
    run_to_second_round();
    struct from_participant *message = assembly_message(&assembly, PARTICIPANT_ALIVE);
    message->context.round = 3;
    inject(message);
    expect_refused("round 3, attempt 1 has not begun");
}

/* It may have been overtaken by the Join that followed it. */
static void another_runs_message_is_ignored(void **state)
{
    (void)state;
    run_to_second_round();
    const uint64_t stale = round_stale(assembly.round);
    struct from_participant *message = assembly_message(&assembly, PARTICIPANT_ALIVE);
    message->context.session[5] ^= 1;
    inject(message);
    assert_int_equal(round_stale(assembly.round), stale + 1);
    assembly_run(&assembly, 120000);
    assert_true(assembly.success);
    assert_int_equal(assembly.record[1].reporters, 4);
    assert_int_equal(round_refused(assembly.round), 0);
    assembly_close(&assembly);
}

static void a_message_of_a_skipped_phase_is_refused(void **state)
{
    (void)state;
    run_to_second_round();
    struct from_participant *message = assembly_message(&assembly, PARTICIPANT_ALIVE);
    message->context.phase = PHASE_SHARES;
    inject(message);
    expect_refused("alive does not belong to phase shares");
}

static void an_evaluation_of_a_model_to_come_is_refused(void **state)
{
    (void)state;
    run_to_second_round();
    struct from_participant *message = assembly_message(&assembly, PARTICIPANT_EVALUATION);
    message->evaluation.model_round = 2;
    inject(message);
    expect_refused("an evaluation of model 2, which is not published");
}

static void a_chunk_beyond_the_model_is_refused(void **state)
{
    (void)state;
    run_to_second_round();
    struct from_participant *message = assembly_message(&assembly, PARTICIPANT_FETCH);
    message->context.phase = PHASE_GATHER;
    message->fetch = (struct envelope_fetch){LIMIT_MODEL_CHUNK, 1};
    inject(message);
    expect_refused("the model has no chunk at 262144");
}

static void chunks_that_nobody_asked_for_are_ignored(void **state)
{
    (void)state;
    static const uint8_t bytes[16];
    run_to_second_round();
    struct from_participant *message = assembly_message(&assembly, PARTICIPANT_CHUNK);
    message->chunk = (struct envelope_chunk){0, bytes, sizeof bytes};
    inject(message);
    assert_int_equal(round_stale(assembly.round), 1);
    assembly_run(&assembly, 120000);
    assert_true(assembly.success);
    assert_int_equal(round_refused(assembly.round), 0);
    assembly_close(&assembly);
}

static void messages_of_the_round_before_are_ignored(void **state)
{
    (void)state;
    run_to_second_round();
    struct from_participant *message = assembly_message(&assembly, PARTICIPANT_OFFER);
    message->context.round = 1;
    message->offer.size = 1;
    message->offer.weight = 1;
    const uint64_t stale = round_stale(assembly.round);
    inject(message);
    assert_int_equal(round_stale(assembly.round), stale + 1);
    assembly_run(&assembly, 120000);
    assert_true(assembly.success);
    assert_int_equal(assembly.record[1].reporters, 4);
    assembly_close(&assembly);
}

static void who_has_not_joined_is_told_to(void **state)
{
    (void)state;
    open_with_odd_one();
    assembly_open(&assembly);
    for (size_t i = 0; i < 3; i++) {
        assembly_start(&assembly, i);
    }
    assembly_run_to_round(&assembly, 1);
    assembly.member[3].connected = true;
    inject(assembly_message(&assembly, PARTICIPANT_ALIVE));
    assert_int_equal(round_refused(assembly.round), 1);
    assembly_run(&assembly, 120000);
    expect_three_took_part();
    assembly_close(&assembly);
}

static void bytes_that_are_no_message_exclude_their_sender(void **state)
{
    (void)state;
    run_to_second_round();
    round_malformed(assembly.round, 3, "a field is repeated", assembly.now_ms);
    assembly_run(&assembly, 100);
    expect_refused("a field is repeated");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(another_federation_section_is_refused_with_both_digests),
        cmocka_unit_test(another_model_is_refused),
        cmocka_unit_test(another_mask_key_is_refused_and_both_are_named),
        cmocka_unit_test(a_mask_key_that_nobody_stands_for_is_forgotten),
        cmocka_unit_test(a_type_that_nobody_stands_for_is_forgotten),
        cmocka_unit_test(an_update_of_the_wrong_size_is_left_out),
        cmocka_unit_test(an_update_that_arrives_changed_is_left_out),
        cmocka_unit_test(a_weight_above_the_limit_is_left_out),
        cmocka_unit_test(an_update_without_weight_is_left_out),
        cmocka_unit_test(an_initial_model_that_is_not_finite_is_refused),
        cmocka_unit_test(initial_models_may_differ_and_the_lowest_place_counts),
        cmocka_unit_test(a_round_that_has_not_begun_is_refused),
        cmocka_unit_test(another_runs_message_is_ignored),
        cmocka_unit_test(a_message_of_a_skipped_phase_is_refused),
        cmocka_unit_test(an_evaluation_of_a_model_to_come_is_refused),
        cmocka_unit_test(a_chunk_beyond_the_model_is_refused),
        cmocka_unit_test(chunks_that_nobody_asked_for_are_ignored),
        cmocka_unit_test(messages_of_the_round_before_are_ignored),
        cmocka_unit_test(who_has_not_joined_is_told_to),
        cmocka_unit_test(bytes_that_are_no_message_exclude_their_sender),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
