// SPDX-License-Identifier: Apache-2.0
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "removal.h"

#include <string.h>

enum { WORDS = 50, BYTES = WORDS * 4 };

/* Adds the blinds of all who are counted to words of zero. */
static void upload(struct removal *removal)
{
    memset(removal->sum.bytes, 0, BYTES);
    for (size_t i = 0; i < removal->task.participants; i++) {
        if (removal_is_dropped(removal, i)) continue;
        assert_int_equal(removal_blind(removal, i, &removal->sum), STATUS_OK);
    }
}

/* Everything that was added is removed. */
static void check(const struct removal_task *task, size_t dropped, size_t degree)
{
    static const uint8_t nothing[BYTES];
    struct removal removal;
    assert_int_equal(removal_create(&removal, task), STATUS_OK);
    assert_int_equal(removal.dropped, dropped);
    assert_int_equal(removal.plan.degree, degree);
    upload(&removal);
    assert_memory_not_equal(removal.sum.bytes, nothing, BYTES);
    assert_int_equal(removal_join(&removal), STATUS_OK);
    assert_int_equal(removal_agree(&removal), STATUS_OK);
    removal_remove(&removal);
    assert_memory_equal(removal.sum.bytes, nothing, BYTES);
    removal_destroy(&removal);
    removal_destroy(&removal);
}

static void all_blinds_are_removed(void **state)
{
    (void)state;
    check(&(struct removal_task){8, 0.25, false, WORDS, 32, 1}, 2, 7);
    check(&(struct removal_task){5, 0, false, WORDS, 32, 2}, 0, 4);
}

static void the_same_on_a_ring(void **state)
{
    (void)state;
    struct removal removal;
    const struct removal_task task = {20, 0.1, true, WORDS, 32, 1};
    assert_int_equal(removal_create(&removal, &task), STATUS_OK);
    const size_t degree = removal.plan.degree;
    assert_true(degree % 2 == 0 && degree < 19 && removal.plan.holders == degree);
    removal_destroy(&removal);
    check(&task, 2, degree);
}

static void beyond_255_holders_nothing_is_shared(void **state)
{
    (void)state;
    struct removal removal;
    const struct removal_task task = {256, 0.01, false, WORDS, 32, 1};
    assert_int_equal(removal_create(&removal, &task), STATUS_OK);
    assert_int_equal(removal.plan.holders, 0);
    removal_destroy(&removal);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_blinds_are_removed),
        cmocka_unit_test(the_same_on_a_ring),
        cmocka_unit_test(beyond_255_holders_nothing_is_shared),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
