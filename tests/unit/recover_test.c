// SPDX-License-Identifier: Apache-2.0
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "attacks/recover.h"
#include "defence/observe.h"
#include "fakes/trained.h"
#include "measures/similarity.h"

#include <math.h>
#include <stdlib.h>

enum { KNOWN = 60, VICTIMS = 4, BYTES = 56 * 56 };

/* Mean SSIM of recovered victims with the originals, and of the masked ones before. */
static double recover_all(const struct config *config, enum recover_way way, bool wrong_order)
{
    struct target *target = trained_open("t", config, 0);
    struct dataset *known = trained_faces(10, KNOWN, 1), *victims = trained_faces(0, VICTIMS, 1);
    struct recover *recover = NULL;
    uint32_t one[LIMIT_BANDS], two[LIMIT_BANDS];
    const uint32_t channels = (uint32_t)mask_channels(target->mask);
    for (uint32_t c = 0; c < channels; c++) { // a cycle, as all orders
        one[c] = c;
        two[c] = (c + 1) % channels;
    }
    const struct recover_options options = {.target = target,
                                            .known = known,
                                            .one = wrong_order ? one : NULL,
                                            .two = wrong_order ? two : NULL};
    assert_int_equal(recover_learn(&recover, &options), STATUS_OK);
    float *masked = malloc(VICTIMS * target_values(target) * sizeof *masked);
    uint8_t *pictures = malloc(VICTIMS * BYTES);
    assert_true(masked != NULL && pictures != NULL);
    assert_int_equal(observe_masked(target, masked, victims, NULL, VICTIMS, 1, 0), STATUS_OK);
    assert_int_equal(recover_faces(recover, way, pictures, 1, masked, VICTIMS), STATUS_OK);
    double sum = 0;
    for (size_t i = 0; i < VICTIMS; i++) {
        sum += similarity_ssim(pictures + i * BYTES, dataset_pixels(victims, i), 56, 1) / VICTIMS;
    }
    assert_true(isfinite(recover_likeness(recover, way)));
    assert_true(!wrong_order || recover_invertible(recover));
    recover_destroy(&recover);
    recover_destroy(&recover);
    dataset_destroy(&known);
    dataset_destroy(&victims);
    target_close(&target);
    free(masked);
    free(pictures);
    return sum;
}

static void both_ways_undo_a_native_mask(void **state)
{
    (void)state;
    const struct config config = trained_config();
    assert_true(recover_all(&config, RECOVER_ALGEBRA, false) > 0.5);
    assert_true(recover_all(&config, RECOVER_REGRESSION, false) > 0.5);
}

static void a_wrong_order_of_channels_undoes_nothing(void **state)
{
    (void)state;
    const struct config config = trained_config();
    const double right = recover_all(&config, RECOVER_ALGEBRA, false);
    assert_true(recover_all(&config, RECOVER_ALGEBRA, true) < 0.7 * right);
}

static void both_ways_undo_an_up8_mask(void **state)
{
    (void)state;
    struct config config = trained_config();
    config.federation.input.layout = LAYOUT_UP8;
    assert_true(recover_all(&config, RECOVER_REGRESSION, false) > 0.7);
}

static void noise_is_smoothed_by_regression(void **state)
{
    (void)state;
    struct config config = trained_config();
    config.federation.mask.method = MASK_LAPLACE;
    config.federation.mask.epsilon = 300;
    assert_true(recover_all(&config, RECOVER_REGRESSION, false) > 0.3);
}

static void bands_without_a_mask_and_pixels_come_back(void **state)
{
    (void)state;
    struct config config = trained_config();
    config.federation.mask.method = MASK_NONE;
    config.federation.mask.drop_dc = false;
    config.federation.mask.normalise = false;
    assert_true(recover_all(&config, RECOVER_ALGEBRA, false) > 0.8);
    config.federation.input.kind = INPUT_PIXELS;
    assert_true(recover_all(&config, RECOVER_ALGEBRA, false) > 0.999);
}

static void a_handful_of_faces_teaches_nothing(void **state)
{
    (void)state;
    const struct config config = trained_config();
    struct target *target = trained_open("t", &config, 0);
    struct dataset *known = trained_faces(10, 3, 1);
    struct recover *recover = NULL;
    const struct recover_options options = {.target = target, .known = known};
    assert_int_equal(recover_learn(&recover, &options), STATUS_BAD_INPUT);
    assert_null(recover);
    dataset_destroy(&known);
    target_close(&target);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_ways_undo_a_native_mask),
        cmocka_unit_test(a_wrong_order_of_channels_undoes_nothing),
        cmocka_unit_test(both_ways_undo_an_up8_mask),
        cmocka_unit_test(noise_is_smoothed_by_regression),
        cmocka_unit_test(bands_without_a_mask_and_pixels_come_back),
        cmocka_unit_test(a_handful_of_faces_teaches_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
