// SPDX-License-Identifier: Apache-2.0
/* Whole runs with a secure sum: the same models as with plain integers, whoever is lost on the way
 * and whatever the network does; who lies is named. FEDVEIL_SEEDS: how many networks are tried. */
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "fakes/assembly.h"

#include <stdlib.h>
#include <string.h>

enum { NUMBERS = 400 };

static struct assembly assembly;

static void prepare(size_t count, enum config_privacy privacy)
{
    assembly_prepare(&assembly, count, NUMBERS);
    assembly.config.federation.privacy = privacy;
    assembly.config.federation.secure.answer_seconds = 10;
}

static void run(uint64_t duration_ms)
{
    assembly_open(&assembly);
    assembly_start_all(&assembly);
    assembly_run(&assembly, duration_ms);
}

static void expect_done(size_t rounds)
{
    if (!assembly.success) fail_msg("%s\n%s", assembly.reason, assembly.log);
    assert_int_equal(assembly.rounds, rounds);
    for (size_t i = 0; i < assembly.members; i++) {
        if (assembly.member[i].connected) assert_true(assembly.member[i].ended);
    }
}

/* The final model of a run whose participants are all there. */
static void whole_run(float *values, size_t count, enum config_privacy privacy, int bits)
{
    prepare(count, privacy);
    assembly.config.federation.quantise.bits = bits;
    run(600000);
    expect_done(3);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(assembly.record[i].reporters, count);
        assert_int_equal(assembly.record[i].attempt, 1);
        assert_int_equal(assembly.record[i].privacy, privacy);
    }
    assert_int_equal(round_refused(assembly.round), 0);
    memcpy(values, round_model(assembly.round)->values, NUMBERS * sizeof *values);
}

static void the_model_is_bit_for_bit_that_of_plain_integers(void **state)
{
    (void)state;
    static const int bits[] = {16, 24, 32};
    float plain[NUMBERS], secure[NUMBERS];
    for (size_t i = 0; i < sizeof bits / sizeof bits[0]; i++) {
        whole_run(plain, 5, PRIVACY_TRUSTED_COORDINATOR, bits[i]);
        const struct store_round *record = &assembly.record[2];
        const uint64_t weight = record->weight;
        const double loss = record->loss;
        struct store_totals totals;
        store_total(&totals, record);
        assembly_close(&assembly);
        whole_run(secure, 5, PRIVACY_SECURE_SUM, bits[i]);
        assert_memory_equal(plain, secure, sizeof plain);
        assert_int_equal(record->weight, weight);
        assert_true(record->loss > loss - 1e-6 && record->loss < loss + 1e-6);
        assert_int_equal(record->opened.images, totals.images);
        assert_int_equal(record->opened.saturated, totals.saturated);
        for (size_t j = 0; j < 5; j++) {
            assert_true(record->reporter[j].reported);
            assert_int_equal(record->reporter[j].weight, 0);
            assert_int_equal(record->reporter[j].images, 0);
        }
        assembly_close(&assembly);
    }
}

static void a_bad_network_changes_nothing(void **state)
{
    (void)state;
    float plain[NUMBERS];
    const char *wish = getenv("FEDVEIL_SEEDS");
    const unsigned long seeds = wish == NULL ? 20 : strtoul(wish, NULL, 10);
    whole_run(plain, 5, PRIVACY_TRUSTED_COORDINATOR, 32);
    assembly_close(&assembly);
    for (uint32_t seed = 1; seed <= seeds; seed++) {
        prepare(5, PRIVACY_SECURE_SUM);
        assembly.config.federation.secure.answer_seconds = 120;
        assembly.loss = 50;
        assembly.repeats = 150;
        assembly.delay_ms = 2500;
        random_start(&assembly.random, seed, 0, RANDOM_TEST, 0, 0);
        run(1200000);
        if (!assembly.success) fail_msg("network %u: %s", (unsigned)seed, assembly.log);
        assert_int_equal(round_refused(assembly.round), 0);
        for (size_t i = 0; i < 3; i++) {
            assert_int_equal(assembly.record[i].reporters, 5);
        }
        assert_memory_equal(plain, round_model(assembly.round)->values, sizeof plain);
        assembly_close(&assembly);
    }
}

static void who_is_killed_in_any_phase_does_not_stop_the_run(void **state)
{
    (void)state;
    static const enum phase phases[] = {PHASE_KEYS, PHASE_SHARES, PHASE_UPDATES, PHASE_CONSISTENCY,
                                        PHASE_UNBLIND};
    for (size_t i = 0; i < sizeof phases / sizeof phases[0]; i++) {
        for (int again = 0; again < 2; again++) {
            prepare(6, PRIVACY_SECURE_SUM);
            assembly.delay_ms = 400; // no step is over at once
            assembly_open(&assembly);
            assembly_start_all(&assembly);
            assembly_run_to_phase(&assembly, 2, phases[i]);
            assembly_kill(&assembly, 3);
            if (again) assembly_start(&assembly, 3);
            assembly_run(&assembly, 600000);
            expect_done(3);
            const struct store_round *record = &assembly.record[1];
            assert_int_equal(record->attempt, 1);
            assert_in_range(record->reporters, 5, 6);
            assert_in_range(assembly.record[2].reporters, 5, 6);
            assert_int_equal(assembly.record[2].attempt, 1);
            assert_int_equal(round_refused(assembly.round), 0);
            assembly_close(&assembly);
        }
    }
}

/* Three of six are no quorum: another attempt, when one of those who were killed is back. */
static void with_too_many_killed_the_next_attempt_waits_for_a_quorum(void **state)
{
    (void)state;
    static const enum phase phases[] = {PHASE_KEYS, PHASE_SHARES, PHASE_UPDATES};
    for (size_t i = 0; i < sizeof phases / sizeof phases[0]; i++) {
        prepare(6, PRIVACY_SECURE_SUM);
        assembly.delay_ms = 400;
        assembly_open(&assembly);
        assembly_start_all(&assembly);
        assembly_run_to_phase(&assembly, 2, phases[i]);
        for (size_t member = 1; member < 4; member++) {
            assembly_kill(&assembly, member);
        }
        assembly_run(&assembly, 20000);
        assert_false(assembly.ended);
        assert_int_equal(assembly.rounds, 1);
        assembly_start(&assembly, 2);
        assembly_run(&assembly, 600000);
        expect_done(3);
        assert_int_equal(assembly.record[1].reporters, 4);
        assembly_close(&assembly);
    }
}

static void no_more_take_part_than_the_config_means(void **state)
{
    (void)state;
    prepare(6, PRIVACY_SECURE_SUM);
    assembly.config.federation.participants = 5; // six are on the roster, and come
    run(600000);
    expect_done(3);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(assembly.record[i].reporters, 5);
    }
    assembly_close(&assembly);
}

static void who_never_comes_is_not_drawn(void **state)
{
    (void)state;
    prepare(8, PRIVACY_SECURE_SUM);
    assembly.config.federation.cohort = 5;
    assembly.config.federation.join_seconds = 10;
    assembly_open(&assembly);
    for (size_t i = 0; i < 5; i++) {
        assembly_start(&assembly, i);
    }
    for (size_t i = 5; i < 8; i++) {
        assembly.member[i].ended = true;
    }
    assembly_run(&assembly, 600000);
    expect_done(3);
    assert_int_equal(assembly.record[2].reporters, 5);
    assembly_close(&assembly);
}

static void of_three_none_can_be_spared(void **state)
{
    (void)state;
    prepare(3, PRIVACY_SECURE_SUM);
    assembly_open(&assembly);
    assembly_start_all(&assembly);
    assembly_run_to_phase(&assembly, 2, PHASE_UPDATES);
    assembly_kill(&assembly, 1);
    assembly_run(&assembly, 600000);
    assert_true(assembly.ended);
    assert_false(assembly.success);
    assert_int_equal(assembly.rounds, 1);
    assert_non_null(strstr(assembly.reason, "at least 3 are needed"));
    assembly_close(&assembly);
}

static void more_than_64_blind_with_their_neighbours_on_a_ring(void **state)
{
    (void)state;
    enum { MANY = 72 };
    static float values[2][NUMBERS];
    for (int secure = 0; secure < 2; secure++) {
        prepare(MANY, secure ? PRIVACY_SECURE_SUM : PRIVACY_TRUSTED_COORDINATOR);
        assembly.config.federation.rounds = 1;
        assembly.config.federation.secure.corrupt = 0.05;
        assembly.config.federation.secure.dropout = 0.05;
        run(600000);
        expect_done(1);
        assert_int_equal(assembly.record[0].reporters, MANY);
        memcpy(values[secure], round_model(assembly.round)->values, sizeof values[secure]);
        if (secure) assert_null(strstr(assembly.log, "blinds with 71"));
        assembly_close(&assembly);
    }
    assert_memory_equal(values[0], values[1], sizeof values[0]);
}

/* ---- participants that lie ---- */

static enum exchange_step lie_step;
static size_t lie_byte, lie_shorter;

static bool lie(struct assembly *of, size_t member, struct from_participant *message)
{
    static uint8_t bytes[LIMIT_CHUNK];
    (void)of;
    (void)member;
    struct envelope_exchange *exchange = &message->exchange;
    if (message->kind != PARTICIPANT_EXCHANGE || exchange->step != lie_step) return true;
    memcpy(bytes, exchange->payload, exchange->size);
    bytes[lie_byte] ^= 1;
    exchange->payload = bytes;
    exchange->size -= lie_shorter;
    return true;
}

static void who_lies_is_named_and_the_others_go_on(void **state)
{
    (void)state;
    static const struct {
        enum exchange_step step;
        size_t byte, shorter;
    } lies[] = {{EXCHANGE_STEP_KEYS, 5, 0},    {EXCHANGE_STEP_KEYS, 0, 1},
                {EXCHANGE_STEP_SHARES, 10, 0}, {EXCHANGE_STEP_SHARES, 200, 0},
                {EXCHANGE_STEP_SHARES, 0, 4},  {EXCHANGE_STEP_SIGNATURES, 30, 0},
                {EXCHANGE_STEP_RELEASE, 0, 8}, {EXCHANGE_STEP_RELEASE, 17, 0}};
    for (size_t i = 0; i < sizeof lies / sizeof lies[0]; i++) {
        prepare(6, PRIVACY_SECURE_SUM);
        // Nobody waits for the shares of the last when others are enough.
        const size_t liar = lies[i].step == EXCHANGE_STEP_RELEASE ? 0 : 4;
        const char *named = liar == 0 ? "refused p0: place 0" : "refused p4: place 4";
        assembly.member[liar].tamper = lie;
        lie_step = lies[i].step;
        lie_byte = lies[i].byte;
        lie_shorter = lies[i].shorter;
        run(600000);
        if (!assembly.success) fail_msg("lie %zu: %s\n%s", i, assembly.reason, assembly.log);
        assert_int_equal(assembly.rounds, 3);
        if (strstr(assembly.log, named) == NULL) fail_msg("%s", assembly.log);
        assert_true(assembly.member[liar].ended);
        assert_false(assembly.member[liar].success);
        assert_int_equal(assembly.record[2].reporters, 5);
        assembly_close(&assembly);
    }
}

/* Says its keys of the round before; they were signed for that one. */
static bool say_old_keys(struct assembly *of, size_t member, struct from_participant *message)
{
    static uint8_t bytes[4096];
    static size_t size;
    (void)member;
    struct envelope_exchange *exchange = &message->exchange;
    if (message->kind != PARTICIPANT_EXCHANGE || exchange->step != EXCHANGE_STEP_KEYS) return true;
    if (of->rounds == 0) {
        size = exchange->size;
        memcpy(bytes, exchange->payload, size);
        return true;
    }
    exchange->payload = bytes;
    exchange->size = size;
    return true;
}

static void keys_of_another_round_are_refused(void **state)
{
    (void)state;
    prepare(6, PRIVACY_SECURE_SUM);
    assembly.member[4].tamper = say_old_keys;
    run(600000);
    if (!assembly.success) fail_msg("%s", assembly.log);
    assert_int_equal(assembly.record[0].reporters, 6);
    assert_int_equal(assembly.record[1].reporters, 5);
    assert_non_null(strstr(assembly.log, "refused p4: place 4: it has not signed its keys"));
    assembly_close(&assembly);
}

/* A blinded update cannot be looked at, but its size and its digest can. */
static void an_update_of_the_wrong_size_is_left_out(void **state)
{
    (void)state;
    prepare(6, PRIVACY_SECURE_SUM);
    assembly.member[4].extra_bytes = 4;
    run(600000);
    expect_done(3);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(assembly.record[i].reporters, 5);
        assert_string_equal(assembly.record[i].reporter[4].reason, "the update has the wrong size");
    }
    assembly_close(&assembly);
}

static void a_changed_upload_is_left_out(void **state)
{
    (void)state;
    prepare(6, PRIVACY_SECURE_SUM);
    assembly.member[4].corrupts_chunks = true;
    run(600000);
    expect_done(3);
    assert_int_equal(assembly.record[2].reporters, 5);
    assert_false(assembly.record[2].reporter[4].reported);
    assembly_close(&assembly);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_model_is_bit_for_bit_that_of_plain_integers),
        cmocka_unit_test(a_bad_network_changes_nothing),
        cmocka_unit_test(who_is_killed_in_any_phase_does_not_stop_the_run),
        cmocka_unit_test(with_too_many_killed_the_next_attempt_waits_for_a_quorum),
        cmocka_unit_test(no_more_take_part_than_the_config_means),
        cmocka_unit_test(who_never_comes_is_not_drawn),
        cmocka_unit_test(of_three_none_can_be_spared),
        cmocka_unit_test(more_than_64_blind_with_their_neighbours_on_a_ring),
        cmocka_unit_test(who_lies_is_named_and_the_others_go_on),
        cmocka_unit_test(keys_of_another_round_are_refused),
        cmocka_unit_test(an_update_of_the_wrong_size_is_left_out),
        cmocka_unit_test(a_changed_upload_is_left_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
