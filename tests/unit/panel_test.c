// SPDX-License-Identifier: Apache-2.0
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "nn/panel.h"

static void channels_are_cut_into_panels(void **state)
{
    (void)state;
    assert_int_equal(panel_count(1), 1);
    assert_int_equal(panel_count(16), 1);
    assert_int_equal(panel_count(35), 3);
    assert_int_equal(panel_lanes(35, 1), 16);
    assert_int_equal(panel_lanes(35, 2), 3);
}

static void a_view_points_to_its_panel_and_image(void **state)
{
    (void)state;
    static float a[2 * 6 * 20], p[2 * 20], slope[20];
    const struct conv_view x = {.a = a, .p = p, .r = p, .slope = slope, .item_step = 20};
    const struct kernels_view view =
        panel_view(&x, (struct net_shape){2, 3, 20}, 1, 1,
                   (struct panel_lines){.top = -1, .rows = 4, .halo = 1});
    assert_ptr_equal(view.a, a + 6 * 20 + 16);
    assert_null(view.b);
    assert_ptr_equal(view.p, p + 20 + 16);
    assert_ptr_equal(view.r, p + 20 + 16);
    assert_ptr_equal(view.slope, slope + 16);
    assert_int_equal(view.lanes, 4);
    assert_int_equal(view.top, -1);
    assert_int_equal(view.rows, 4);
}

/* A map of 4x6 pixels of 32 channels, halved to 2x3 of 128. */
static void a_halved_map_has_a_panel_for_each_pixel_of_a_square(void **state)
{
    (void)state;
    static float a[2 * 24 * 32], p[32];
    const struct net_shape shape = {2, 3, 128};
    const struct conv_view x = {.a = a, .p = p, .r = p};
    for (size_t square = 0; square < 4; square++) {
        const float *pixel = a + (24 + square / 2 * 6 + square % 2) * 32 + 16;
        const struct kernels_view view = panel_view(
            &x, shape, 1, 2 * square + 1, (struct panel_lines){.rows = 2, .halved = true});
        assert_ptr_equal(view.a, pixel);
        assert_ptr_equal(view.p, p + 16);
        assert_int_equal(view.channels, 2 * 32);
        assert_int_equal(view.line, 2 * 6 * 32);
        const struct conv_sink sink = {.y = a};
        const struct kernels_sink place =
            panel_sink(&sink, shape, 2 * square + 1,
                       (struct panel_pixels){.image = 1, .first = 3, .pixels = 3, .halved = true});
        assert_ptr_equal(place.y, pixel + 2 * 6 * 32);
        assert_int_equal(place.channels, 2 * 32);
    }
}

static void a_sink_points_to_its_pixels_and_sums(void **state)
{
    (void)state;
    static float y[2 * 6 * 20], center[20], sums[5 * 3 * 20];
    const struct conv_sink sink = {
        .y = y, .kind = KERNELS_STATISTICS, .center = center, .sums = sums};
    const struct kernels_sink place =
        panel_sink(&sink, (struct net_shape){2, 3, 20}, 1,
                   (struct panel_pixels){.image = 1, .first = 3, .pixels = 3, .part = 4});
    assert_ptr_equal(place.y, y + (6 + 3) * 20 + 16);
    assert_null(place.x);
    assert_ptr_equal(place.center, center + 16);
    assert_ptr_equal(place.sum[0], sums + 12 * 20 + 16);
    assert_ptr_equal(place.sum[2], sums + 14 * 20 + 16);
    assert_int_equal(place.pixels, 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(channels_are_cut_into_panels),
        cmocka_unit_test(a_view_points_to_its_panel_and_image),
        cmocka_unit_test(a_halved_map_has_a_panel_for_each_pixel_of_a_square),
        cmocka_unit_test(a_sink_points_to_its_pixels_and_sums),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
