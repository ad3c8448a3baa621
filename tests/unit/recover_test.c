// SPDX-License-Identifier: Apache-2.0
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "attacks/recover_parts.h"
#include "defence/observe.h"
#include "fakes/trained.h"
#include "measures/similarity.h"

#include <math.h>
#include <stdlib.h>

enum { KNOWN = 24, VICTIMS = 2, SIZE = 40, BYTES = SIZE * SIZE };

static struct dataset *known, *victims;

static int paint(void **state)
{
    (void)state;
    struct dataset *faces = trained_faces(0, VICTIMS + KNOWN, 1);
    uint32_t index[VICTIMS + KNOWN];
    for (uint32_t i = 0; i < VICTIMS + KNOWN; i++) {
        index[i] = i;
    }
    assert_int_equal(dataset_pick(&victims, faces, SIZE, 1, index, VICTIMS), STATUS_OK);
    assert_int_equal(dataset_pick(&known, faces, SIZE, 1, index + VICTIMS, KNOWN), STATUS_OK);
    dataset_destroy(&faces);
    return 0;
}

static int wipe(void **state)
{
    (void)state;
    dataset_destroy(&known);
    dataset_destroy(&victims);
    return 0;
}

static struct config small(void)
{
    struct config config = trained_config();
    config.federation.input.size = SIZE;
    config.federation.mask.bands = 16; // an odd number without DC, and fewer than places
    return config;
}

/* Mean SSIM of recovered victims with the originals, by each way. */
static void recover_all(double ssim[RECOVER_WAYS], const struct config *config, bool wrong_order)
{
    struct target *target = trained_open("t", config, 0);
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
    for (int way = 0; way < RECOVER_WAYS; way++) {
        assert_int_equal(
            recover_faces(recover, (enum recover_way)way, pictures, 1, masked, VICTIMS), STATUS_OK);
        ssim[way] = 0;
        for (size_t i = 0; i < VICTIMS; i++) {
            const double one_ssim =
                similarity_ssim(pictures + i * BYTES, dataset_pixels(victims, i), SIZE, 1);
            ssim[way] += one_ssim / VICTIMS;
        }
        assert_true(isfinite(recover_likeness(recover, (enum recover_way)way)));
    }
    assert_true(!wrong_order || recover_invertible(recover));
    assert_true(!wrong_order || recover_best(recover) == RECOVER_REGRESSION);
    recover_destroy(&recover);
    recover_destroy(&recover);
    target_close(&target);
    free(masked);
    free(pictures);
}

static void both_ways_undo_a_native_mask_but_not_in_a_wrong_order(void **state)
{
    (void)state;
    const struct config config = small();
    double right[RECOVER_WAYS], wrong[RECOVER_WAYS];
    recover_all(right, &config, false);
    assert_true(right[RECOVER_ALGEBRA] > 0.5);
    assert_true(right[RECOVER_REGRESSION] > 0.5);
    recover_all(wrong, &config, true);
    assert_true(wrong[RECOVER_ALGEBRA] < 0.7 * right[RECOVER_ALGEBRA]);
}

static void regression_undoes_an_up8_mask(void **state)
{
    (void)state;
    struct config config = small();
    double ssim[RECOVER_WAYS];
    config.federation.input.layout = LAYOUT_UP8;
    recover_all(ssim, &config, false);
    assert_true(ssim[RECOVER_REGRESSION] > 0.7);
}

static void little_noise_hides_little_and_much_noise_much(void **state)
{
    (void)state;
    struct config config = small();
    double ssim[RECOVER_WAYS];
    config.federation.mask.method = MASK_LAPLACE;
    config.federation.mask.epsilon = 300;
    recover_all(ssim, &config, false);
    assert_true(ssim[RECOVER_REGRESSION] > 0.4);
    config.federation.mask.epsilon = 0.3;
    recover_all(ssim, &config, false);
    assert_true(ssim[RECOVER_REGRESSION] < 0.4);
}

static void bands_without_a_mask_and_pixels_come_back(void **state)
{
    (void)state;
    struct config config = small();
    double ssim[RECOVER_WAYS];
    config.federation.mask.method = MASK_NONE;
    config.federation.mask.drop_dc = false;
    config.federation.mask.normalise = false;
    recover_all(ssim, &config, false);
    assert_true(ssim[RECOVER_ALGEBRA] > 0.8);
    config.federation.input.kind = INPUT_PIXELS;
    recover_all(ssim, &config, false);
    assert_true(ssim[RECOVER_ALGEBRA] > 0.999);
}

/* Whatever becomes of coefficients before their bands are mixed. */
static void who_believes_in_the_true_order_sees_what_the_mask_shows(void **state)
{
    (void)state;
    for (int what = 0; what < 3; what++) {
        struct config config = small();
        config.federation.input.size = 48; // cells of two blocks fit
        config.federation.mask.drop_signs = what > 0;
        config.federation.mask.shifts = what > 1 ? 4 : 1;
        config.federation.mask.pool = what > 1 ? 2 : 1;
        struct target *target = trained_open("t", &config, 0);
        struct dataset *faces = NULL;
        struct recover *recover = NULL;
        uint32_t one[LIMIT_BANDS], two[LIMIT_BANDS], index[] = {0, 1}, principal[2];
        assert_int_equal(dataset_pick(&faces, known, 48, 1, NULL, KNOWN), STATUS_OK);
        mask_partners(target->mask, one, two);
        const struct recover_options options = {
            .target = target, .known = faces, .one = one, .two = two};
        assert_int_equal(recover_learn(&recover, &options), STATUS_OK);
        const size_t values = target_values(target);
        float *seen = malloc(4 * values * sizeof *seen), *believed = seen + 2 * values;
        assert_non_null(seen);
        assert_int_equal(
            recover_see(recover, &options, believed, principal, faces, index, 2, false), STATUS_OK);
        assert_int_equal(observe_masked(target, seen, faces, index, 2, 1, 0), STATUS_OK);
        for (size_t i = 0; i < 2 * values; i++) {
            assert_true(fabs((double)(seen[i] - believed[i])) < 1e-3);
        }
        recover_destroy(&recover);
        dataset_destroy(&faces);
        target_close(&target);
        free(seen);
    }
}

static void a_handful_of_faces_teaches_nothing(void **state)
{
    (void)state;
    const struct config config = small();
    struct target *target = trained_open("t", &config, 0);
    struct dataset *few = NULL;
    assert_int_equal(dataset_pick(&few, known, SIZE, 1, NULL, 3), STATUS_OK);
    struct recover *recover = NULL;
    const struct recover_options options = {.target = target, .known = few};
    assert_int_equal(recover_learn(&recover, &options), STATUS_BAD_INPUT);
    assert_null(recover);
    dataset_destroy(&few);
    target_close(&target);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_ways_undo_a_native_mask_but_not_in_a_wrong_order),
        cmocka_unit_test(regression_undoes_an_up8_mask),
        cmocka_unit_test(little_noise_hides_little_and_much_noise_much),
        cmocka_unit_test(bands_without_a_mask_and_pixels_come_back),
        cmocka_unit_test(who_believes_in_the_true_order_sees_what_the_mask_shows),
        cmocka_unit_test(a_handful_of_faces_teaches_nothing),
    };
    return cmocka_run_group_tests(tests, paint, wipe);
}
