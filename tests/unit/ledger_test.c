// SPDX-License-Identifier: Apache-2.0
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "session/ledger.h"

#include <string.h>

enum { COHORT = 6 };

/* An entry for model `model` of these places. */
#define ENTRY(name, kind_of, model_number, ...)                                                    \
    static const uint32_t name##_places[] = {__VA_ARGS__};                                         \
    static const struct ledger_entry name = {.kind = kind_of,                                      \
                                             .session = {1},                                       \
                                             .round = 4,                                           \
                                             .attempt = 2,                                         \
                                             .model = {model_number},                              \
                                             .count =                                              \
                                                 sizeof name##_places / sizeof name##_places[0],   \
                                             .places = name##_places}

ENTRY(list, LEDGER_SIGNED, 1, 0, 1, 2, 3, 4);
ENTRY(one_less, LEDGER_SIGNED, 1, 0, 1, 2, 3);
ENTRY(one_more, LEDGER_SIGNED, 1, 0, 1, 2, 3, 4, 5);
ENTRY(one_other, LEDGER_SIGNED, 1, 0, 1, 2, 3, 5);
ENTRY(list_of_stranger, LEDGER_SIGNED, 1, 8, 9);
ENTRY(of_another_model, LEDGER_SIGNED, 2, 0, 1, 2);
ENTRY(board, LEDGER_BLINDED, 1, 0, 1, 2, 3, 4);
ENTRY(board_of_last, LEDGER_BLINDED, 1, 1, 2, 3, 4, 5);
ENTRY(board_of_stranger, LEDGER_BLINDED, 1, 0, 1, 2, 3, 9);
ENTRY(board_of_another_model, LEDGER_BLINDED, 2, 0, 1, 2, 3, 9);
ENTRY(board_of_a_third_model, LEDGER_BLINDED, 3, 0, 1, 2);

static void expect(const struct ledger *ledger, const struct ledger_entry *next,
                   const char *refusal)
{
    const enum status status = ledger_check(ledger, next, COHORT);
    assert_int_equal(status, refusal == NULL ? STATUS_OK : STATUS_BAD_MESSAGE);
    if (refusal != NULL) assert_non_null(strstr(status_message(), refusal));
}

static void a_model_has_one_list(void **state)
{
    (void)state;
    struct ledger ledger = {0};
    expect(&ledger, &list, NULL);
    assert_int_equal(ledger_add(&ledger, &of_another_model), STATUS_OK);
    assert_int_equal(ledger_add(&ledger, &board_of_last), STATUS_OK); // a board is no list
    expect(&ledger, &list, NULL);
    assert_int_equal(ledger_add(&ledger, &list), STATUS_OK);
    expect(&ledger, &list, NULL);
    expect(&ledger, &one_less, "differ in 1 places");
    expect(&ledger, &one_more, "round 4, attempt 2");
    expect(&ledger, &one_other, "differ in 2 places");
    assert_int_equal(ledger_add(&ledger, &list), STATUS_OK);
    expect(&ledger, &list, NULL);
    expect(&ledger, &of_another_model, NULL);
    ledger_destroy(&ledger);
}

static void a_model_has_one_cohort(void **state)
{
    (void)state;
    struct ledger ledger = {0};
    expect(&ledger, &board, NULL);
    assert_int_equal(ledger_add(&ledger, &board), STATUS_OK);
    assert_int_equal(ledger_add(&ledger, &board_of_another_model), STATUS_OK);
    assert_int_equal(ledger_add(&ledger, &list_of_stranger), STATUS_OK); // a list is no board
    expect(&ledger, &board, NULL);
    expect(&ledger, &board_of_last, NULL); // six together
    expect(&ledger, &board_of_stranger, NULL);
    assert_int_equal(ledger_add(&ledger, &board_of_last), STATUS_OK);
    expect(&ledger, &board_of_stranger, "7 participants are on the board");
    expect(&ledger, &board_of_last, NULL);
    expect(&ledger, &board_of_another_model, NULL);
    ledger_destroy(&ledger);
}

static void what_was_given_is_given_again_or_nothing(void **state)
{
    (void)state;
    struct ledger ledger = {0};
    assert_int_equal(ledger_check_given(&ledger, board.model, false, 2), STATUS_OK);
    assert_int_equal(ledger_add(&ledger, &list), STATUS_OK); // without noise
    assert_int_equal(ledger_check_given(&ledger, board.model, false, 2), STATUS_OK);
    assert_int_equal(ledger_add(&ledger, &board), STATUS_OK);
    assert_int_equal(ledger_check_given(&ledger, board.model, true, 2), STATUS_OK);
    assert_int_equal(ledger_check_given(&ledger, board.model, false, 2), STATUS_BAD_MESSAGE);
    assert_non_null(strstr(status_message(), "is gone"));
    assert_int_equal(ledger_check_given(&ledger, list.model, false, 2), STATUS_BAD_MESSAGE);
    assert_int_equal(ledger_check_given(&ledger, of_another_model.model, false, 2), STATUS_OK);
    ledger_destroy(&ledger);
}

static void no_more_models_get_noise_than_there_are_rounds(void **state)
{
    (void)state;
    struct ledger ledger = {0};
    assert_int_equal(ledger_add(&ledger, &list), STATUS_OK);
    assert_int_equal(ledger_add(&ledger, &board), STATUS_OK);
    assert_int_equal(ledger_add(&ledger, &board_of_another_model), STATUS_OK);
    assert_int_equal(ledger_add(&ledger, &board), STATUS_OK);
    assert_int_equal(ledger.models, 2);
    const uint8_t *third = board_of_a_third_model.model;
    assert_int_equal(ledger_check_given(&ledger, third, false, 3), STATUS_OK);
    assert_int_equal(ledger_check_given(&ledger, third, false, 2), STATUS_BAD_MESSAGE);
    assert_non_null(strstr(status_message(), "on 2 models"));
    assert_int_equal(ledger_check_given(&ledger, board.model, true, 2), STATUS_OK);
    ledger_destroy(&ledger);
}

static void what_is_added_is_a_copy(void **state)
{
    (void)state;
    struct ledger ledger = {0};
    uint32_t places[] = {1, 2, 3};
    const struct ledger_entry entry = {.round = 7, .attempt = 1, .count = 3, .places = places};
    for (int i = 0; i < 40; i++) { // it grows
        assert_int_equal(ledger_add(&ledger, &entry), STATUS_OK);
    }
    places[0] = 0;
    assert_int_equal(ledger.count, 40);
    assert_int_equal(ledger.list[39].places[0], 1);
    assert_int_equal(ledger.list[0].round, 7);
    ledger_destroy(&ledger);
    assert_int_equal(ledger.count, 0);
    ledger_destroy(&ledger);
}

static void there_is_a_limit(void **state)
{
    (void)state;
    struct ledger ledger = {0};
    for (size_t i = 0; i < LEDGER_MAX; i++) {
        assert_int_equal(ledger_add(&ledger, &of_another_model), STATUS_OK);
    }
    assert_int_equal(ledger_add(&ledger, &of_another_model), STATUS_FULL);
    ledger_destroy(&ledger);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_model_has_one_list),
        cmocka_unit_test(a_model_has_one_cohort),
        cmocka_unit_test(what_was_given_is_given_again_or_nothing),
        cmocka_unit_test(no_more_models_get_noise_than_there_are_rounds),
        cmocka_unit_test(what_is_added_is_a_copy),
        cmocka_unit_test(there_is_a_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
