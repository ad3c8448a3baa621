// SPDX-License-Identifier: Apache-2.0
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "session/releases.h"

#include <string.h>

enum { MIN = 3 };

/* A release for model `model` of these places. */
#define RELEASE(name, model_number, ...)                                                           \
    static const uint32_t name##_places[] = {__VA_ARGS__};                                         \
    static const struct release name = {.session = {1},                                            \
                                        .round = 4,                                                \
                                        .attempt = 2,                                              \
                                        .model = {model_number},                                   \
                                        .count = sizeof name##_places / sizeof name##_places[0],   \
                                        .places = name##_places}

RELEASE(base, 1, 0, 1, 2, 3, 4, 5);
RELEASE(one_less, 1, 0, 1, 2, 3, 4);
RELEASE(one_more, 1, 0, 1, 2, 3, 4, 5, 9);
RELEASE(one_other, 1, 0, 1, 2, 3, 4, 6); // two places differ
RELEASE(three_less, 1, 0, 1, 2);
RELEASE(three_more, 1, 0, 1, 2, 3, 4, 5, 7, 8, 9);
RELEASE(others, 1, 10, 11, 12);
RELEASE(of_another_model, 2, 0, 1, 2, 3, 4);

static void expect(const struct releases *releases, const struct release *next, const char *refusal)
{
    const enum status status = releases_check(releases, next, MIN, false);
    assert_int_equal(status, refusal == NULL ? STATUS_OK : STATUS_BAD_MESSAGE);
    if (refusal != NULL) assert_non_null(strstr(status_message(), refusal));
}

static void the_first_of_a_model_is_free(void **state)
{
    (void)state;
    struct releases releases = {0};
    expect(&releases, &base, NULL);
    assert_int_equal(releases_add(&releases, &of_another_model), STATUS_OK);
    expect(&releases, &base, NULL);
    releases_destroy(&releases);
}

static void the_same_list_or_one_far_from_it_is_let_through(void **state)
{
    (void)state;
    struct releases releases = {0};
    assert_int_equal(releases_add(&releases, &base), STATUS_OK);
    expect(&releases, &base, NULL);
    expect(&releases, &of_another_model, NULL);
    expect(&releases, &three_less, NULL);
    expect(&releases, &three_more, NULL);
    expect(&releases, &others, NULL);
    expect(&releases, &one_less, "differ in 1 places");
    expect(&releases, &one_more, "round 4, attempt 2");
    expect(&releases, &one_other, "differ in 2 places");
    releases_destroy(&releases);
}

/* Subtracted, two of them may be far from each other and near the third. */
static void every_earlier_one_of_the_model_counts(void **state)
{
    (void)state;
    struct releases releases = {0};
    assert_int_equal(releases_add(&releases, &base), STATUS_OK);
    assert_int_equal(releases_add(&releases, &of_another_model), STATUS_OK);
    assert_int_equal(releases_add(&releases, &others), STATUS_OK);
    expect(&releases, &one_less, "differ in 1 places");
    expect(&releases, &base, NULL);
    expect(&releases, &others, NULL);
    releases_destroy(&releases);
}

/* {1,2,5} - {1,2,3,4} + {3,4,5} = 2 * {5}, and each two of them differ in three places or more. */
static void there_is_no_third_list(void **state)
{
    (void)state;
    RELEASE(a, 1, 1, 2, 5);
    RELEASE(b, 1, 1, 2, 3, 4);
    RELEASE(c, 1, 3, 4, 5);
    struct releases releases = {0};
    assert_int_equal(releases_add(&releases, &a), STATUS_OK);
    expect(&releases, &b, NULL);
    expect(&releases, &c, NULL);
    assert_int_equal(releases_add(&releases, &b), STATUS_OK);
    expect(&releases, &c, "no third");
    assert_int_equal(releases_add(&releases, &a), STATUS_OK);
    expect(&releases, &a, NULL);
    expect(&releases, &b, NULL);
    releases_destroy(&releases);
}

static void under_fresh_noise_a_model_has_one_sum(void **state)
{
    (void)state;
    struct releases releases = {0};
    assert_int_equal(releases_check(&releases, &base, MIN, true), STATUS_OK);
    assert_int_equal(releases_add(&releases, &base), STATUS_OK);
    assert_int_equal(releases_check(&releases, &base, MIN, true), STATUS_BAD_MESSAGE);
    assert_non_null(strstr(status_message(), "the noise would be another"));
    assert_int_equal(releases_check(&releases, &others, MIN, true), STATUS_BAD_MESSAGE);
    assert_int_equal(releases_check(&releases, &of_another_model, MIN, true), STATUS_OK);
    releases_destroy(&releases);
}

static void what_is_added_is_a_copy(void **state)
{
    (void)state;
    struct releases releases = {0};
    uint32_t places[] = {1, 2, 3};
    const struct release release = {.round = 7, .attempt = 1, .count = 3, .places = places};
    for (int i = 0; i < 40; i++) { // it grows
        assert_int_equal(releases_add(&releases, &release), STATUS_OK);
    }
    places[0] = 0;
    assert_int_equal(releases.count, 40);
    assert_int_equal(releases.list[39].places[0], 1);
    assert_int_equal(releases.list[0].round, 7);
    releases_destroy(&releases);
    assert_int_equal(releases.count, 0);
    releases_destroy(&releases);
}

static void there_is_a_limit(void **state)
{
    (void)state;
    struct releases releases = {0};
    for (size_t i = 0; i < RELEASES_MAX; i++) {
        assert_int_equal(releases_add(&releases, &three_less), STATUS_OK);
    }
    assert_int_equal(releases_add(&releases, &three_less), STATUS_FULL);
    releases_destroy(&releases);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_of_a_model_is_free),
        cmocka_unit_test(the_same_list_or_one_far_from_it_is_let_through),
        cmocka_unit_test(every_earlier_one_of_the_model_counts),
        cmocka_unit_test(there_is_no_third_list),
        cmocka_unit_test(under_fresh_noise_a_model_has_one_sum),
        cmocka_unit_test(what_is_added_is_a_copy),
        cmocka_unit_test(there_is_a_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
