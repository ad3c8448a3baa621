// SPDX-License-Identifier: Apache-2.0
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "base/clock.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

static void time_never_goes_back(void **state)
{
    (void)state;
    uint64_t ms = clock_now_ms();
    double seconds = clock_now_seconds();
    for (int i = 0; i < 1000; i++) {
        assert_true(clock_now_ms() >= ms);
        assert_true(clock_now_seconds() >= seconds);
        ms = clock_now_ms();
        seconds = clock_now_seconds();
    }
}

static void both_clocks_are_one(void **state)
{
    (void)state;
    const double before = clock_now_seconds();
    const double ms = (double)clock_now_ms();
    const double after = clock_now_seconds();
    assert_true(ms >= 1000 * before - 1 && ms <= 1000 * after);
}

static void a_pause_is_seen(void **state)
{
    (void)state;
    const struct timespec pause = {.tv_nsec = 5000000};
    const uint64_t before = clock_now_ms();
    assert_int_equal(nanosleep(&pause, NULL), 0);
    assert_true(clock_now_ms() - before >= 4); // five, less what is rounded away
}

static void a_pause_is_not_computing(void **state)
{
    (void)state;
    const struct timespec pause = {.tv_nsec = 50000000};
    double wall = clock_now_seconds(), processor = clock_processor_seconds();
    assert_int_equal(nanosleep(&pause, NULL), 0);
    const double paused = clock_processor_seconds() - processor;
    assert_true(paused >= 0 && paused < clock_now_seconds() - wall);
    processor = clock_processor_seconds();
    wall = clock_now_seconds();
    volatile double sum = 0;
    while (clock_processor_seconds() <= processor) {
        sum += 1; // until it has counted: no time is asserted
    }
    assert_true(clock_now_seconds() > wall);
}

static void the_peak_of_memory_grows_and_stays(void **state)
{
    (void)state;
    enum { BYTES = 1 << 26 };
    const uint64_t before = clock_peak_memory();
    assert_true(before > 0);
    char *block = malloc(BYTES);
    assert_non_null(block);
    for (size_t i = 0; i < BYTES; i += 512) {
        ((volatile char *)block)[i] = 1;
    }
    const uint64_t during = clock_peak_memory();
    assert_true(during >= before + BYTES / 2);
    free(block);
    assert_true(clock_peak_memory() >= during);
}

static void memory_grows_when_it_is_used(void **state)
{
    (void)state;
    enum { BYTES = 1 << 26 };
    const uint64_t before = clock_memory();
    // The system counts pages of threads late: the two may differ by some.
    assert_in_range(before, 1, clock_peak_memory() + BYTES / 8);
    char *block = malloc(BYTES);
    assert_non_null(block);
    for (size_t i = 0; i < BYTES; i += 512) {
        ((volatile char *)block)[i] = 1;
    }
    assert_true(clock_memory() >= before + BYTES / 2);
    free(block);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(time_never_goes_back),
        cmocka_unit_test(both_clocks_are_one),
        cmocka_unit_test(a_pause_is_seen),
        cmocka_unit_test(a_pause_is_not_computing),
        cmocka_unit_test(the_peak_of_memory_grows_and_stays),
        cmocka_unit_test(memory_grows_when_it_is_used),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
