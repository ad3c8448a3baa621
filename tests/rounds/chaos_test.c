// SPDX-License-Identifier: Apache-2.0
/* Participants that die, come back, fall silent and say anything at any time, on a bad network: the
 * run ends, with a reason, and what it published is sound. FEDVEIL_SEEDS: how many runs. */
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "fakes/assembly.h"
#include "fakes/messages.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { NUMBERS = 60, MEMBERS = 6, MINIMUM = 2, ROUNDS = 4, STEPS = 4000 };

static struct assembly assembly;

static void prepare(uint32_t seed, enum config_privacy privacy)
{
    assembly_prepare(&assembly, MEMBERS, NUMBERS);
    struct config_federation *federation = &assembly.config.federation;
    federation->privacy = privacy;
    federation->secure.answer_seconds = 10;
    federation->reporters_min = MINIMUM;
    federation->rounds = ROUNDS;
    federation->join_seconds = 30;
    federation->deadline_seconds = seed % 3 == 0 ? 0 : 20;
    federation->cohort = seed % 2 == 0 ? 0 : 4;
    random_start(&assembly.random, seed, 0, RANDOM_TEST, 1, 0);
    assembly.loss = 30;
    assembly.repeats = 50;
    assembly.delay_ms = 300;
    assembly_open(&assembly);
}

/* A message of any kind with a context that is nearly right. */
static void say_anything(size_t member)
{
    static uint8_t payload[LIMIT_CHUNK];
    struct random *random = &assembly.random;
    const enum participant_message kind = random_below(random, PARTICIPANT_MESSAGES);
    struct from_participant *message = assembly_message(&assembly, kind);
    const struct envelope_context context = message->context;
    messages_participant(message, kind, random, payload, 300);
    message->context = context;
    if (random_below(random, 2) == 0) message->context.round = random_below(random, ROUNDS + 2);
    message->context.attempt = 1 + random_below(random, 2);
    message->context.phase = random_below(random, PHASE_COUNT);
    if (kind == PARTICIPANT_EXCHANGE) { // else it would not travel
        message->context.phase = envelope_step_phase(message->exchange.step);
    }
    assembly_inject(&assembly, member, message);
}

static void do_something(void)
{
    struct random *random = &assembly.random;
    const size_t index = random_below(random, MEMBERS);
    struct assembly_member *member = &assembly.member[index];
    const uint32_t what = random_below(random, 100);
    if (what < 6 && member->running) {
        assembly_kill(&assembly, index);
    } else if (what < 40 && !member->running) {
        member->unreachable = false;
        assembly_start(&assembly, index);
    } else if (what < 48) {
        member->unreachable = !member->unreachable;
    } else if (what < 51 && member->running) {
        session_leave(member->session, "no more power");
    } else if (what < 55 && member->connected) {
        say_anything(index);
    }
}

static void expect_sound(void)
{
    assert_true(assembly.ended);
    assert_true(assembly.reason[0] != 0);
    assert_true(!assembly.success || assembly.rounds == ROUNDS);
    for (size_t i = 0; i < assembly.rounds; i++) {
        const struct store_round *record = &assembly.record[i];
        uint64_t weight = 0;
        size_t reporters = 0;
        assert_int_equal(record->round, i + 1);
        assert_in_range(record->attempt, 1, ROUND_ATTEMPTS);
        assert_in_range(record->reporters, MINIMUM, record->cohort);
        for (size_t j = 0; j < record->cohort; j++) {
            const struct store_reporter *reporter = &record->reporter[j];
            if (j > 0) assert_true(reporter->participant > reporter[-1].participant);
            assert_true(reporter->reported || reporter->reason[0] != 0);
            reporters += reporter->reported;
            weight += reporter->weight;
        }
        assert_int_equal(record->reporters, reporters);
        if (record->privacy == PRIVACY_TRUSTED_COORDINATOR) {
            assert_int_equal(record->weight, weight);
        } else {
            assert_int_equal(weight, 0);
            assert_true(record->weight > 0 && record->reporters >= CONFIG_SECURE_MIN);
        }
    }
    const struct model *model = round_model(assembly.round);
    for (size_t i = 0; model != NULL && i < NUMBERS; i++) {
        assert_true(isfinite(model->values[i]));
    }
}

/* An exchange takes four of six, or three of four, at every step: `calm` steps of peace follow each
 * mishap. */
static void run_all(enum config_privacy privacy, int calm)
{
    const char *wish = getenv("FEDVEIL_SEEDS");
    const unsigned long seeds = wish == NULL ? 25 : strtoul(wish, NULL, 10);
    unsigned successes = 0, failures = 0;
    for (uint32_t seed = 1; seed <= seeds; seed++) {
        if (wish != NULL) print_message("chaos %u\n", (unsigned)seed);
        prepare(seed, privacy);
        assembly_start_all(&assembly);
        for (int i = 0; i < STEPS && !assembly.ended; i++) {
            if (i % (calm + 1) == 0) do_something();
            assembly_run(&assembly, 200);
        }
        if (wish != NULL) print_message("%s\n", assembly.reason);
        expect_sound();
        successes += assembly.success;
        failures += !assembly.success;
        assembly_close(&assembly);
    }
    print_message("%u runs succeeded, %u failed\n", successes, failures);
    assert_true(successes > 0 && failures > 0); // both ways were gone
}

static void every_run_ends_and_what_it_published_is_sound(void **state)
{
    (void)state;
    run_all(PRIVACY_TRUSTED_COORDINATOR, 0);
}

static void so_does_every_run_with_a_secure_sum(void **state)
{
    (void)state;
    run_all(PRIVACY_SECURE_SUM, 40);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_run_ends_and_what_it_published_is_sound),
        cmocka_unit_test(so_does_every_run_with_a_secure_sum),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
