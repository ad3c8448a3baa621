// SPDX-License-Identifier: Apache-2.0
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "attacks/channel_order.h"
#include "base/config.h"
#include "base/random.h"
#include "frequency/mask.h"

#include <string.h>

enum { SIZE = 56, SIDE = 7, AREA = SIDE * SIDE, MOST = AREA * 36, KNOWN = 200, SEEN = 60 };

static const uint8_t key[MASK_KEY_BYTES] = "another key of thirty-two bytes:";
static float bands[MOST], plain[MOST], masked[SEEN * MOST], mixed[SEEN * MOST];
static uint32_t one[LIMIT_BANDS], two[LIMIT_BANDS], true_one[LIMIT_BANDS], true_two[LIMIT_BANDS];

/* Noise of which each band has its own at each place: what aligned faces have in common. */
static void draw_face(size_t channels, uint32_t image)
{
    struct random common, own;
    random_start(&common, 4, 0, RANDOM_TEST, 0, 0);
    random_start(&own, 5, 0, RANDOM_TEST, 0, image);
    for (size_t i = 0; i < AREA * channels; i++) {
        bands[i] = 0.7f * random_normal(&common) + random_normal(&own);
    }
}

/* Learns the bands, looks at masked images, alone or as mixes of two; the share of channels found.
 * */
static double share_found(bool drop_dc, size_t seen, bool mixes)
{
    static struct config config;
    struct mask *mask = NULL, *none = NULL;
    struct channel_order order;
    config_defaults(&config);
    config.federation.input.size = SIZE;
    config.federation.input.layout = LAYOUT_NATIVE;
    config.federation.mask.method = MASK_PPFR_FD;
    config.federation.mask.drop_dc = drop_dc;
    assert_int_equal(mask_create(&mask, &config.federation, key), STATUS_OK);
    config.federation.mask.method = MASK_NONE;
    assert_int_equal(mask_create(&none, &config.federation, NULL), STATUS_OK);
    const size_t channels = (size_t)mask_channels(mask), values = AREA * channels;
    assert_int_equal(channel_order_create(&order, channels, SIDE), STATUS_OK);
    for (uint32_t i = 0; i < KNOWN; i++) {
        draw_face(channels, i);
        mask_apply(none, plain, bands, 0, NULL);
        channel_order_know(&order, plain);
    }
    for (uint32_t i = 0; i < seen; i++) {
        draw_face(channels, KNOWN + i);
        mask_apply(mask, masked + i * values, bands, 0, NULL);
    }
    for (size_t i = 0; i < seen * values; i++) {
        const float other = masked[(i + values) % (seen * values)];
        mixed[i] = mixes ? 0.5f * (masked[i] + other) : masked[i];
    }
    assert_int_equal(channel_order_find(&order, one, two, mixed, seen, mixes), STATUS_OK);
    mask_partners(mask, true_one, true_two);
    channel_order_destroy(&order);
    mask_destroy(&mask);
    mask_destroy(&none);
    return channel_order_share(one, two, true_one, true_two, channels);
}

static void a_secret_order_is_told_from_statistics(void **state)
{
    (void)state;
    assert_true(share_found(true, SEEN, false) > 0.99);
}

static void so_it_is_where_the_mix_has_no_inverse(void **state)
{
    (void)state;
    assert_true(share_found(false, SEEN, false) > 0.99);
}

static void mixes_of_images_tell_it_too(void **state)
{
    (void)state;
    assert_true(share_found(true, SEEN, true) > 0.99);
}

static void one_image_tells_little(void **state)
{
    (void)state;
    assert_true(share_found(true, 1, false) < 0.9);
}

static void a_pair_may_be_named_either_way(void **state)
{
    (void)state;
    const uint32_t a[] = {0, 1, 2}, b[] = {1, 2, 0}, c[] = {1, 1, 0}, d[] = {0, 2, 1};
    assert_true(channel_order_share(a, b, c, d, 3) > 0.66);
    assert_true(channel_order_share(a, b, c, d, 3) < 0.67);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_secret_order_is_told_from_statistics),
        cmocka_unit_test(so_it_is_where_the_mix_has_no_inverse),
        cmocka_unit_test(mixes_of_images_tell_it_too),
        cmocka_unit_test(one_image_tells_little),
        cmocka_unit_test(a_pair_may_be_named_either_way),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
