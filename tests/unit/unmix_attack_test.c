// SPDX-License-Identifier: Apache-2.0
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "attacks/unmix_attack.h"
#include "fakes/album.h"
#include "fakes/attacked.h"
#include "fakes/trained.h"

#include <math.h>

static struct figures attack(const struct config *config)
{
    const struct attack_budget budget = {.quick = true, .steps = 1, .batch = 1, .seed = 1};
    return attacked_by(unmix_attack, config, 4, 3, &budget);
}

static void mixes_with_known_weights_hide_nothing(void **state)
{
    (void)state;
    struct config config = trained_config();
    config.federation.input.size = 40;
    config.federation.mask.bands = 16;
    const struct figures figures = attack(&config);
    assert_true(figures_get(&figures, "unmix.error.t20") < 1e-3);
    assert_true(figures_get(&figures, "unmix.error.k3.t2") < 1e-2);
    assert_true(figures_get(&figures, "unmix.labels.t1") >
                figures_get(&figures, "unmix.labels.t20"));
    assert_true(figures_get(&figures, "unmix.assigned.t20") > 0.5);
    assert_true(isnan(figures_get(&figures, "unmix.labels.k2.t20"))); // quick
    assert_true(figures_get(&figures, "unmix.ssim") > 0.5);
    assert_true(isfinite(figures_get(&figures, "unmix_labels.ssim")));
    assert_true(isfinite(figures_get(&figures, "unmix_cgan.ssim")));
    attacked_picture("unmix.png");
    attacked_picture("unmix_labels.png");
}

static void signs_leave_the_labels_out(void **state)
{
    (void)state;
    struct config config = trained_config();
    config.federation.input.size = 40;
    config.federation.mask.bands = 16;
    config.federation.mix.method = MIX_FIXED;
    config.federation.mix.signs = true;
    const struct figures figures = attack(&config);
    assert_true(figures_get(&figures, "unmix.error.k2.t20") > 0.1);
    assert_true(isnan(figures_get(&figures, "unmix.labels.t20")));
    assert_true(attacked_noted(&figures, "random signs"));
}

static void what_is_not_mixed_or_not_linear_is_left_alone(void **state)
{
    (void)state;
    struct config config = trained_config();
    config.federation.input.size = 40;
    config.federation.mask.bands = 16;
    config.federation.mask.shuffle = SHUFFLE_PER_IMAGE;
    const struct figures shuffled = attack(&config);
    assert_int_equal(shuffled.count, 0);
    assert_true(attacked_noted(&shuffled, "another order"));
    config.federation.mix.method = MIX_NONE;
    const struct figures alone = attack(&config);
    assert_int_equal(alone.count, 0);
    assert_true(attacked_noted(&alone, "mixes no images"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(mixes_with_known_weights_hide_nothing, album_create,
                                        album_destroy),
        cmocka_unit_test_setup_teardown(signs_leave_the_labels_out, album_create, album_destroy),
        cmocka_unit_test_setup_teardown(what_is_not_mixed_or_not_linear_is_left_alone, album_create,
                                        album_destroy),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
