// SPDX-License-Identifier: Apache-2.0
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "nn/irse.h"
#include "nn/tuning.h"
#include "tuner.h"

static void the_models_plan_stays_unless_another_gains_enough(void **state)
{
    (void)state;
    assert_int_equal(tuner_choose((const double[]){1.0}, 1), 0);
    assert_int_equal(tuner_choose((const double[]){1.0, 0.98, 0.975}, 3), 0);
    assert_int_equal(tuner_choose((const double[]){1.0, 0.96, 0.95, 0.97}, 4), 2);
    assert_int_equal(tuner_choose((const double[]){1.0, 1.5, 0.9}, 3), 2);
    assert_int_equal(tuner_choose((const double[]){1.0, 1.5, 2.0}, 3), 0);
}

static void a_plan_is_tried_once_and_only_where_it_fits(void **state)
{
    (void)state;
    struct conv_plan plans[TUNER_PLANS_MAX];
    struct conv conv = {.in = {8, 8, 4},
                        .out = {8, 8, 4},
                        .window = {3, 1, 1},
                        .images = 2,
                        .plan = {CONV_WINOGRAD, 32}};
    assert_int_equal(tuner_plans(plans, &conv), 5);
    assert_int_equal(plans[0].tiles, 32);
    assert_int_equal(plans[1].algorithm, CONV_UNROLLED);
    assert_int_equal(plans[4].tiles, 128);
    conv.plan.tiles = 48; // none of those that are always tried
    assert_int_equal(tuner_plans(plans, &conv), TUNER_PLANS_MAX);
    conv.plan = (struct conv_plan){CONV_UNROLLED, 64};
    assert_int_equal(tuner_plans(plans, &conv), 5);
    assert_int_equal(plans[0].algorithm, CONV_UNROLLED);
    conv.window.stride = 2;
    assert_int_equal(tuner_plans(plans, &conv), 1);
}

static void a_networks_shapes_are_collected_once_each(void **state)
{
    (void)state;
    static struct tuner_shapes shapes;
    const struct irse irse = {
        .depth = 18, .width = 0.125, .input = {8, 8, 8}, .embedding = 8, .dropout = 0.1};
    struct net *net = NULL;
    assert_int_equal(irse_create(&net, &irse, 3), STATUS_OK);
    assert_int_equal(tuner_collect(&shapes, net), STATUS_OK);
    // Stem and first stage share one; the others have two and a shortcut, the third one a stride.
    assert_int_equal(shapes.count, 11);
    assert_int_equal(shapes.list[0].conv.images, 3);
    assert_true(shapes.list[0].inner && shapes.list[0].block);
    for (int i = 0; i < shapes.count; i++) {
        for (int j = 0; j < i; j++) {
            assert_false(tuning_same(&shapes.list[i].conv, &shapes.list[j].conv));
        }
    }
    assert_int_equal(tuner_collect(&shapes, net), STATUS_OK);
    assert_int_equal(shapes.count, 11);
    net_destroy(&net);
}

static void the_first_layer_forms_no_gradient_to_the_input(void **state)
{
    (void)state;
    static struct tuner_shapes shapes;
    struct net *net = NULL;
    assert_int_equal(net_create(&net, (struct net_shape){6, 6, 3}, 2, "p."), STATUS_OK);
    net_conv(net, net_conv(net, 0, "a", (struct net_window){3, 1, 1}, 4), "b",
             (struct net_window){3, 2, 1}, 4);
    assert_int_equal(net_finish(net), STATUS_OK);
    assert_int_equal(tuner_collect(&shapes, net), STATUS_OK);
    assert_int_equal(shapes.count, 2);
    assert_false(shapes.list[0].inner || shapes.list[0].block);
    assert_true(shapes.list[1].inner);
    for (int i = 0; i < shapes.count; i++) {
        struct tuner_result result;
        assert_int_equal(tuner_run(&result, &shapes.list[i], 2), STATUS_OK);
        assert_int_equal(result.model.algorithm, shapes.list[i].conv.plan.algorithm);
        assert_true(result.best_seconds > 0 && result.best_seconds <= result.model_seconds);
        assert_true(result.best.tiles > 0);
    }
    net_destroy(&net);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_models_plan_stays_unless_another_gains_enough),
        cmocka_unit_test(a_plan_is_tried_once_and_only_where_it_fits),
        cmocka_unit_test(a_networks_shapes_are_collected_once_each),
        cmocka_unit_test(the_first_layer_forms_no_gradient_to_the_input),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
