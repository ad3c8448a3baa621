// SPDX-License-Identifier: Apache-2.0
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "attacks/unmix.h"
#include "attacks/unmix_bands.h"
#include "fakes/trained.h"

#include <stdlib.h>
#include <string.h>

enum { PEOPLE = 4, EACH = 5, IMAGES = PEOPLE * EACH };

struct scene {
    struct target *target;
    struct dataset *set;
    size_t size;
    float *masked, *bands;
};

static struct scene open_scene(const struct config *config)
{
    struct scene scene = {.target = trained_open("t", config, 0),
                          .set = trained_faces(0, PEOPLE, EACH)};
    scene.size = IMAGES * target_values(scene.target);
    scene.masked = malloc(scene.size * sizeof *scene.masked);
    scene.bands = malloc(scene.size * sizeof *scene.bands);
    assert_true(scene.masked != NULL && scene.bands != NULL);
    assert_int_equal(observe_masked(scene.target, scene.masked, scene.set, NULL, IMAGES, 3, 0),
                     STATUS_OK);
    memcpy(scene.bands, scene.masked, scene.size * sizeof *scene.bands);
    return scene;
}

static double close_scene(struct scene *scene)
{
    const double error = unmix_error(scene->bands, scene->masked, scene->size);
    free(scene->masked);
    free(scene->bands);
    dataset_destroy(&scene->set);
    target_close(&scene->target);
    return error;
}

static void known_weights_give_all_values_back(void **state)
{
    (void)state;
    const struct config config = trained_config();
    struct scene scene = open_scene(&config);
    assert_int_equal(unmix_bands_known(scene.bands, scene.target, scene.set, NULL, 3), STATUS_OK);
    assert_true(close_scene(&scene) < 1e-3);
}

static void signs_are_in_the_way(void **state)
{
    (void)state;
    struct config config = trained_config();
    config.federation.mix.signs = true;
    struct scene scene = open_scene(&config);
    assert_int_equal(unmix_bands_known(scene.bands, scene.target, scene.set, NULL, 3), STATUS_OK);
    assert_true(close_scene(&scene) > 0.1);
}

static void right_guesses_do_as_well_nearly(void **state)
{
    (void)state;
    const struct config config = trained_config();
    struct scene scene = open_scene(&config);
    static struct observe_mix guessed[10 * IMAGES];
    for (uint32_t epoch = 0; epoch < 10; epoch++) {
        observe_mixes(guessed + epoch * IMAGES, scene.target, scene.set, NULL, IMAGES, 3, epoch);
    }
    assert_int_equal(unmix_bands_guessed(scene.bands, scene.target, scene.set, guessed, 10, 3),
                     STATUS_OK);
    assert_true(close_scene(&scene) < 0.2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_weights_give_all_values_back),
        cmocka_unit_test(signs_are_in_the_way),
        cmocka_unit_test(right_guesses_do_as_well_nearly),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
