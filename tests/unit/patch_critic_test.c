// SPDX-License-Identifier: Apache-2.0
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "attacks/patch_critic.h"

#include <string.h>

static void each_patch_of_a_face_gets_a_logit(void **state)
{
    (void)state;
    static const struct patch_critic plans[] = {{{112, 112, 9}, {112, 112, 3}, 1},
                                                {{14, 14, 9}, {112, 112, 1}, 1},
                                                {{3, 3, 2}, {24, 24, 1}, 2}};
    static const size_t patches[] = {12 * 12, 12 * 12, 1};
    for (size_t i = 0; i < sizeof plans / sizeof plans[0]; i++) {
        struct net *net = NULL;
        assert_int_equal(patch_critic_create(&net, &plans[i], 1), STATUS_OK);
        assert_int_equal(net_outputs(net), patches[i]);
        net_destroy(&net);
    }
}

static void other_sizes_are_refused(void **state)
{
    (void)state;
    static const struct patch_critic plans[] = {{{56, 56, 9}, {112, 112, 3}, 1},
                                                {{16, 16, 9}, {16, 16, 1}, 1},
                                                {{2, 2, 2}, {16, 16, 1}, 2}};
    for (size_t i = 0; i < sizeof plans / sizeof plans[0]; i++) {
        struct net *net = NULL;
        assert_int_equal(patch_critic_create(&net, &plans[i], 1), STATUS_BAD_INPUT);
        assert_non_null(strstr(status_message(), "allowed"));
        assert_null(net);
    }
}

static void an_input_too_large_to_count_is_refused(void **state)
{
    (void)state;
    static const struct patch_critic critic = {{16384, 16384, 7}, {16384, 16384, 1}, 1};
    struct net *net = NULL;
    assert_int_equal(patch_critic_create(&net, &critic, 1), STATUS_FULL);
    assert_null(net);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_patch_of_a_face_gets_a_logit),
        cmocka_unit_test(other_sizes_are_refused),
        cmocka_unit_test(an_input_too_large_to_count_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
