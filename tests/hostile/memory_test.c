// SPDX-License-Identifier: Apache-2.0
/* Every allocation inside of the two protocol cores fails in turn, in the middle of a whole run:
 * the run ends all the same, with a reason, and nothing is left behind (the sanitized build
 * looks for leaks). Linked with --wrap for what allocates and for the doors of the cores. */
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "fakes/assembly.h"

#include <stdlib.h>
#include <string.h>

static long allowed;  // allocations until one fails
static long refused;  // that failed
static bool for_ever; // all that follow fail too
static int inside;    // a core is running

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);

static bool fails(void)
{
    if (inside == 0) return false;
    const bool failing = for_ever ? allowed <= 0 : allowed == 0;
    allowed--;
    refused += failing;
    return failing;
}

void *__wrap_malloc(size_t size)
{
    return fails() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    return fails() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *old, size_t size)
{
    return fails() ? NULL : __real_realloc(old, size);
}

#define DOOR(name, parameters, arguments)                                                          \
    void __real_##name parameters;                                                                 \
    void __wrap_##name parameters;                                                                 \
    void __wrap_##name parameters                                                                  \
    {                                                                                              \
        inside++;                                                                                  \
        __real_##name arguments;                                                                   \
        inside--;                                                                                  \
    }

DOOR(round_message,
     (struct round * round, size_t peer, const struct from_participant *message, uint64_t now_ms),
     (round, peer, message, now_ms))
DOOR(round_tick, (struct round * round, uint64_t now_ms), (round, now_ms))
DOOR(session_message,
     (struct session * session, const struct from_coordinator *message, uint64_t now_ms),
     (session, message, now_ms))
DOOR(session_tick, (struct session * session, uint64_t now_ms), (session, now_ms))

static struct assembly assembly;

/* A run whose n-th allocation fails; returns whether one did. */
static bool run(long n, enum config_privacy privacy)
{
    assembly_prepare(&assembly, 3, 40);
    assembly.config.federation.privacy = privacy;
    assembly.config.federation.rounds = 2;
    assembly.config.federation.join_seconds = 60;
    assembly_open(&assembly);
    assembly_start_all(&assembly);
    allowed = n;
    refused = 0;
    assembly_run(&assembly, 900000);
    assert_true(assembly.ended);
    assert_true(assembly.reason[0] != 0);
    for (size_t i = 0; i < 3; i++) {
        assert_false(assembly.member[i].running);
    }
    if (refused == 0) assert_true(assembly.success);
    assembly_close(&assembly);
    return refused > 0;
}

static void run_until_none_fails(bool all_that_follow, enum config_privacy privacy)
{
    long n = 0;
    for_ever = all_that_follow;
    while (run(n, privacy)) {
        n++;
        assert_true(n < 5000);
    }
    assert_true(n > 20);
}

static void one_failed_allocation_leaves_a_run_that_ends(void **state)
{
    (void)state;
    run_until_none_fails(false, PRIVACY_TRUSTED_COORDINATOR);
}

static void so_does_memory_that_never_comes_back(void **state)
{
    (void)state;
    run_until_none_fails(true, PRIVACY_TRUSTED_COORDINATOR);
}

static void and_with_a_secure_sum(void **state)
{
    (void)state;
    run_until_none_fails(false, PRIVACY_SECURE_SUM);
    run_until_none_fails(true, PRIVACY_SECURE_SUM);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_failed_allocation_leaves_a_run_that_ends),
        cmocka_unit_test(so_does_memory_that_never_comes_back),
        cmocka_unit_test(and_with_a_secure_sum),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
