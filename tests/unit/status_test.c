// SPDX-License-Identifier: Apache-2.0
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "base/status.h"

#include <pthread.h>
#include <string.h>

static void every_status_has_its_own_text(void **state)
{
    (void)state;
    for (enum status i = STATUS_OK; i <= STATUS_STOPPED; i++) {
        assert_true(strlen(status_text(i)) > 0);
        for (enum status j = STATUS_OK; j < i; j++) {
            assert_string_not_equal(status_text(i), status_text(j));
        }
    }
}

static void keeps_the_last_sentence_and_gives_the_status_back(void **state)
{
    (void)state;
    assert_int_equal(status_fail(STATUS_IO, "%s: line %d", "a.txt", 7), STATUS_IO);
    assert_string_equal(status_message(), "a.txt: line 7");
    assert_int_equal(status_fail(STATUS_FULL, "later"), STATUS_FULL);
    assert_string_equal(status_message(), "later");
}

static void a_sentence_may_hold_the_one_before(void **state)
{
    (void)state;
    assert_int_equal(status_fail(STATUS_IO, "cause"), STATUS_IO);
    assert_int_equal(status_fail(STATUS_IO, "while reading: %s", status_message()), STATUS_IO);
    assert_string_equal(status_message(), "while reading: cause");
}

static void cuts_a_sentence_that_is_too_long(void **state)
{
    (void)state;
    char text[3 * STATUS_MESSAGE_MAX];
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    assert_int_equal(status_fail(STATUS_IO, "%s", text), STATUS_IO);
    assert_int_equal(strlen(status_message()), STATUS_MESSAGE_MAX - 1);
}

static void *fail_elsewhere(void *message_before)
{
    *(int *)message_before = (int)strlen(status_message());
    const enum status status = status_fail(STATUS_IO, "of another thread");
    return status == STATUS_IO ? message_before : NULL;
}

static void each_thread_has_its_own_sentence(void **state)
{
    (void)state;
    assert_int_equal(status_fail(STATUS_IO, "of this thread"), STATUS_IO);
    pthread_t thread;
    int length_before = -1;
    void *result = NULL;
    assert_int_equal(pthread_create(&thread, NULL, fail_elsewhere, &length_before), 0);
    assert_int_equal(pthread_join(thread, &result), 0);
    assert_non_null(result);
    assert_int_equal(length_before, 0);
    assert_string_equal(status_message(), "of this thread");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_status_has_its_own_text),
        cmocka_unit_test(keeps_the_last_sentence_and_gives_the_status_back),
        cmocka_unit_test(a_sentence_may_hold_the_one_before),
        cmocka_unit_test(cuts_a_sentence_that_is_too_long),
        cmocka_unit_test(each_thread_has_its_own_sentence),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
