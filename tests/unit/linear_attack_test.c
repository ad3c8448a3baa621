// SPDX-License-Identifier: Apache-2.0
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "attacks/linear_attack.h"
#include "fakes/album.h"
#include "fakes/attacked.h"
#include "fakes/trained.h"

#include <math.h>

static struct figures attack(const struct config *config)
{
    const struct attack_budget budget = {.seed = 1};
    return attacked_by(linear_attack, config, 5, 2, &budget);
}

static void a_mask_with_a_known_key_shows_the_face(void **state)
{
    (void)state;
    struct config config = trained_config();
    config.federation.input.size = 40;
    config.federation.mask.bands = 16;
    config.federation.mix.method = MIX_NONE;
    const struct figures figures = attack(&config);
    assert_true(figures_get(&figures, "linear.ssim") > 0.5);
    assert_true(figures_get(&figures, "linear.algebra") > 0.5);
    assert_true(figures_get(&figures, "linear.regression") > 0.5);
    assert_true(figures_get(&figures, "linear.order_share") > 0);
    assert_true(isfinite(figures_get(&figures, "linear_unordered.ssim")));
    assert_true(attacked_noted(&figures, "did better"));
    attacked_picture("linear.png");
    attacked_picture("linear_unordered.png");
}

static void a_mix_of_images_is_in_the_way(void **state)
{
    (void)state;
    struct config config = trained_config();
    config.federation.input.size = 40;
    config.federation.mask.bands = 16;
    config.federation.mask.shuffle = SHUFFLE_NONE; // nothing to look for
    config.federation.mix.method = MIX_NONE;
    struct figures figures = attack(&config);
    const double alone = figures_get(&figures, "linear.ssim");
    config.federation.mix.method = MIX_FIXED;
    figures = attack(&config);
    assert_true(figures_get(&figures, "linear.ssim") < alone - 0.05);
}

static void an_order_for_each_image_is_not_looked_for(void **state)
{
    (void)state;
    struct config config = trained_config();
    config.federation.input.size = 40;
    config.federation.mask.bands = 16;
    config.federation.mask.shuffle = SHUFFLE_PER_IMAGE;
    const struct figures figures = attack(&config);
    assert_true(attacked_noted(&figures, "order of its own"));
    assert_true(isnan(figures_get(&figures, "linear.order_share")));
}

static void pixels_are_no_riddle(void **state)
{
    (void)state;
    struct config config = trained_config();
    config.federation.input.size = 40;
    config.federation.mask.bands = 16;
    config.federation.input.kind = INPUT_PIXELS;
    config.federation.input.size = 28; // another size than the faces
    config.federation.mask.method = MASK_NONE;
    config.federation.mask.normalise = false;
    config.federation.mix.method = MIX_NONE;
    const struct figures figures = attack(&config);
    assert_true(figures_get(&figures, "linear.algebra") > 0.99);
    assert_true(figures_get(&figures, "linear.ssim") > 0.5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_mask_with_a_known_key_shows_the_face, album_create,
                                        album_destroy),
        cmocka_unit_test_setup_teardown(a_mix_of_images_is_in_the_way, album_create, album_destroy),
        cmocka_unit_test_setup_teardown(an_order_for_each_image_is_not_looked_for, album_create,
                                        album_destroy),
        cmocka_unit_test_setup_teardown(pixels_are_no_riddle, album_create, album_destroy),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
