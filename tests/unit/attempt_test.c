// SPDX-License-Identifier: Apache-2.0
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "attempt.h"
#include "secure/exchange_records.h"

static size_t up(const struct attempt_result *result, enum attempt_step step)
{
    return result->steps[step].up;
}

static size_t down(const struct attempt_result *result, enum attempt_step step)
{
    return result->steps[step].down;
}

static void sums_are_opened_at_every_width(void **state)
{
    (void)state;
    for (int bits = 16; bits <= 32; bits += 8) {
        struct attempt_result result;
        const struct attempt_task task = {5, 0, 100, bits, 2};
        assert_int_equal(attempt_run(&result, &task), STATUS_OK);
        assert_int_equal(result.plan.degree, 4);
        assert_int_equal(result.dropped, 0);
        const size_t metrics = up(&result, ATTEMPT_UPDATE) - 100 * (size_t)bits / 8;
        assert_true(metrics > 0 && metrics % 8 == 0);
    }
}

static void bytes_are_those_of_the_records(void **state)
{
    (void)state;
    struct attempt_result result;
    const struct attempt_task task = {6, 0, 10, 32, 1};
    assert_int_equal(attempt_run(&result, &task), STATUS_OK);
    assert_int_equal(up(&result, ATTEMPT_KEYS), sizeof(struct exchange_keys));
    assert_int_equal(down(&result, ATTEMPT_KEYS),
                     sizeof(struct exchange_board) + 6 * sizeof(struct exchange_keys));
    assert_int_equal(up(&result, ATTEMPT_SHARES),
                     sizeof(struct exchange_shares) + 6 * sizeof(struct exchange_parcel));
    assert_int_equal(up(&result, ATTEMPT_COUNTED), sizeof(struct exchange_signed));
    assert_int_equal(up(&result, ATTEMPT_RELEASE),
                     sizeof(struct exchange_release) + 6 * sizeof(struct exchange_released));
    assert_int_equal(down(&result, ATTEMPT_UPDATE) + down(&result, ATTEMPT_RELEASE), 0);
}

static void who_takes_a_step_spends_time(void **state)
{
    (void)state;
    struct attempt_result result;
    const struct attempt_task task = {10, 0.1, 1000, 24, 1};
    assert_int_equal(attempt_run(&result, &task), STATUS_OK);
    assert_int_equal(result.dropped, 1);
    for (int i = 0; i < ATTEMPT_STEPS; i++) {
        const bool alone = i == ATTEMPT_OPEN || i == ATTEMPT_REMOVE; // the coordinator's
        assert_true((result.steps[i].participant.wall > 0) != alone);
        assert_true(result.steps[i].coordinator.wall > 0);
        assert_non_null(attempt_names[i]);
    }
}

static void too_many_who_drop_out_leave_no_sum(void **state)
{
    (void)state;
    struct attempt_result result;
    const struct attempt_task task = {4, 0.5, 10, 32, 1};
    assert_int_not_equal(attempt_run(&result, &task), STATUS_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sums_are_opened_at_every_width),
        cmocka_unit_test(bytes_are_those_of_the_records),
        cmocka_unit_test(who_takes_a_step_spends_time),
        cmocka_unit_test(too_many_who_drop_out_leave_no_sum),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
