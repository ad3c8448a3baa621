// SPDX-License-Identifier: Apache-2.0
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "traffic.h"

#include "base/log.h"

static void frames_arrive_whole(void **state)
{
    (void)state;
    struct traffic_result result;
    assert_int_equal(traffic_upload(&result, 8), STATUS_OK);
    assert_int_equal(result.bytes, 8u << 20);
    assert_true(result.seconds > 0);
}

static void rounds_take_an_update_of_each_participant(void **state)
{
    (void)state;
    struct traffic_result result;
    assert_int_equal(traffic_rounds(&result, 3, 100000, 2), STATUS_OK);
    assert_true(result.bytes > 2u * 3 * 100000 * 2); // two bytes a number at least
    assert_int_equal(result.model_bytes, 400000);
    assert_true(result.peak_memory >= result.memory);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(frames_arrive_whole),
        cmocka_unit_test(rounds_take_an_update_of_each_participant),
    };
    log_start("traffic", LOG_ERROR);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
