// SPDX-License-Identifier: Apache-2.0
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "frequency/mask.h"
#include "image/dataset.h"
#include "train/basis.h"
#include "train/trainer.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { SIZE = 16, PEOPLE = 4, SHOTS = 5 };

static struct config tiny(enum config_input kind)
{
    struct config config;
    config_defaults(&config);
    config.federation.input.kind = kind;
    config.federation.input.size = SIZE;
    config.federation.mask.method = MASK_EIGENFACES;
    config.federation.mask.bands = 10;
    config.data.people = PEOPLE;
    config.data.images = SHOTS;
    config.log_level = 0;
    return config;
}

static struct basis learn(const struct config *config, size_t components)
{
    struct basis basis;
    if (basis_learn(&basis, config, components) != STATUS_OK) fail_msg("%s", status_message());
    return basis;
}

/* With a vector for each direction of the images, all of them are within vectors and ranges. */
static void all_components_leave_the_images_they_are_of(void **state)
{
    (void)state;
    for (int kind = INPUT_BANDS; kind <= INPUT_PIXELS; kind++) {
        struct config config = tiny((enum config_input)kind);
        struct basis basis = learn(&config, PEOPLE * SHOTS - 1);
        struct dataset *dataset = NULL;
        struct mask *mask = NULL;
        assert_int_equal(basis.images, PEOPLE * SHOTS);
        assert_int_equal(basis.people, PEOPLE);
        assert_int_equal(mask_create(&mask, &config.federation, NULL), STATUS_OK);
        assert_int_equal(trainer_images(&dataset, &config), STATUS_OK);
        const size_t values = mask_values(mask);
        const double scale = kind == INPUT_PIXELS ? 1 : 128;
        float *image = malloc(values * sizeof *image), *back = malloc(values * sizeof *back);
        assert_true(image != NULL && back != NULL);
        for (size_t i = 0; i < dataset->count; i++) {
            double coefficients[PEOPLE * SHOTS - 1];
            mask_bands(mask, image, dataset_pixels(dataset, i), dataset->channels);
            eigenfaces_project(basis.faces, coefficients, image);
            for (size_t k = 0; k < basis.faces->count; k++) {
                assert_true(coefficients[k] >= (double)basis.faces->low[k] - 1e-5 * scale);
                assert_true(coefficients[k] <= (double)basis.faces->high[k] + 1e-5 * scale);
            }
            eigenfaces_rebuild(basis.faces, back, coefficients);
            for (size_t n = 0; n < values; n++) {
                assert_float_equal(back[n], image[n], (1e-4 * scale));
            }
        }
        free(image);
        free(back);
        dataset_destroy(&dataset);
        mask_destroy(&mask);
        basis_destroy(&basis);
    }
}

static void shares_of_the_variance_fall_and_add_up_to_all(void **state)
{
    (void)state;
    const struct config config = tiny(INPUT_PIXELS);
    struct basis basis = learn(&config, PEOPLE * SHOTS - 1);
    double sum = 0;
    for (size_t k = 0; k < basis.faces->count; k++) {
        assert_true(k == 0 || basis.share[k] <= basis.share[k - 1]);
        sum += basis.share[k];
    }
    assert_float_equal(sum, 1, 1e-9);
    assert_string_equal(basis.input, "grey pixels of 16 x 16");
    basis_destroy(&basis);
}

static void the_same_config_gives_the_same_eigenfaces(void **state)
{
    (void)state;
    const struct config config = tiny(INPUT_BANDS);
    struct basis first = learn(&config, 6), second = learn(&config, 6);
    assert_memory_equal(first.faces->model.values, second.faces->model.values,
                        first.faces->model.manifest.count * sizeof(float));
    assert_string_equal(first.input, "grey bands of 16 x 16, maps of 2 x 2: 1 2 3 8 9 10 16 17 24");
    basis_destroy(&first);
    basis_destroy(&second);
}

static void too_few_images_are_refused(void **state)
{
    (void)state;
    struct config config = tiny(INPUT_PIXELS);
    struct basis basis;
    assert_int_equal(basis_learn(&basis, &config, PEOPLE * SHOTS), STATUS_BAD_CONFIG);
    assert_non_null(strstr(status_message(), "20 eigenfaces: at least 21 images are needed, there "
                                             "are 20"));
    config.data.memory = 0;
    assert_int_equal(basis_learn(&basis, &config, 2), STATUS_BAD_CONFIG);
    assert_non_null(strstr(status_message(), "data.memory has room for 0"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_components_leave_the_images_they_are_of),
        cmocka_unit_test(shares_of_the_variance_fall_and_add_up_to_all),
        cmocka_unit_test(the_same_config_gives_the_same_eigenfaces),
        cmocka_unit_test(too_few_images_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
