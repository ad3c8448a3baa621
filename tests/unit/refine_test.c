// SPDX-License-Identifier: Apache-2.0
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "attacks/refine.h"
#include "base/files.h"
#include "defence/observe.h"
#include "fakes/album.h"
#include "fakes/attacked.h"
#include "fakes/trained.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SIZE = 32, FACE = SIZE * SIZE, PEOPLE = 9, IMAGES = 2, VICTIMS = PEOPLE * IMAGES };

#define OF "0123456789abcdef"

struct scene {
    struct attacked run;
    float *masked;
    uint8_t *pictures;
};

static struct dataset *faces(int first, int people, int images)
{
    const struct dataset_options options = {.size = SIZE, .channels = 1, .images_min = 1};
    struct dataset *made = NULL;
    assert_int_equal(dataset_synthesize(&made, 1, first, people, images, &options), STATUS_OK);
    return made;
}

static struct config without_mixes(void)
{
    struct config config = trained_config();
    config.federation.input.size = SIZE;
    config.federation.mix.method = MIX_NONE;
    return config;
}

/* The pictures to begin with are the mean face of others. */
static void start_pictures(struct scene *scene)
{
    for (size_t j = 0; j < FACE; j++) {
        double sum = 0;
        for (size_t i = 0; i < scene->run.data.known->count; i++) {
            sum += dataset_pixels(scene->run.data.known, i)[j];
        }
        for (size_t i = 0; i < VICTIMS; i++) {
            scene->pictures[i * FACE + j] =
                (uint8_t)lrint(sum / (double)scene->run.data.known->count);
        }
    }
}

static void open_scene(struct scene *scene, const struct config *config)
{
    attacked_open(
        &scene->run, config, 0,
        (struct attack_data){.known = faces(20, 10, 2), .victims = faces(0, PEOPLE, IMAGES)},
        (struct attack_budget){.quick = true, .steps = 5, .batch = 4, .seed = 1});
    scene->masked = malloc(VICTIMS * target_values(scene->run.target) * sizeof *scene->masked);
    scene->pictures = malloc((size_t)VICTIMS * FACE);
    assert_non_null(scene->masked);
    assert_non_null(scene->pictures);
    assert_int_equal(observe_faces(scene->run.target, scene->masked, NULL, scene->run.data.victims,
                                   NULL, VICTIMS, 1, 0),
                     STATUS_OK);
    start_pictures(scene);
}

static void close_scene(struct scene *scene)
{
    attacked_close(&scene->run);
    free(scene->masked);
    free(scene->pictures);
}

static double distance(const struct scene *scene)
{
    double sum = 0;
    for (size_t i = 0; i < (size_t)VICTIMS * FACE; i++) {
        const double d =
            (double)scene->pictures[i] - (double)dataset_pixels(scene->run.data.victims, 0)[i];
        sum += d * d;
    }
    return sqrt(sum / ((double)VICTIMS * FACE));
}

static void refine(struct scene *scene, double *before, double *after)
{
    const enum status status = refine_pictures(&scene->run.context, OF, scene->pictures,
                                               scene->masked, VICTIMS, before, after);
    if (status != STATUS_OK) fail_msg("%s", status_message());
}

/* Where nothing is hidden what fits is nearer to the face, too. */
static void faces_that_are_only_transformed_come_nearer(void **state)
{
    (void)state;
    struct scene scene;
    double before = 0, after = 0;
    struct config config = without_mixes();
    config.federation.mask.method = MASK_NONE;
    config.federation.mask.bands = 64;
    config.federation.mask.drop_dc = false;
    config.federation.mask.normalise = false;
    open_scene(&scene, &config);
    const double guessed = distance(&scene);
    refine(&scene, &before, &after);
    if (!(after < 0.1 * before)) fail_msg("misfit %g, then %g", before, after);
    if (!(distance(&scene) < 0.9 * guessed)) fail_msg("%g of %g", distance(&scene), guessed);
    close_scene(&scene);
}

/* From a mean face sizes alone lead to pictures that fit, and nearer to the faces. */
static void sizes_without_signs_are_fitted(void **state)
{
    (void)state;
    struct scene scene;
    double before = 0, after = 0;
    struct config config = without_mixes();
    config.federation.mask.drop_signs = true;
    config.federation.mask.drop_dc = false;
    open_scene(&scene, &config);
    refine(&scene, &before, &after);
    if (!(after < 0.1 * before)) fail_msg("misfit %g, then %g", before, after);
    close_scene(&scene);
}

static bool stop_after_the_first(void *context, const char *what, uint64_t done, uint64_t total)
{
    (void)context;
    (void)what;
    return done == total;
}

static void a_search_that_was_stopped_goes_on_to_the_same_bits(void **state)
{
    (void)state;
    struct scene scene;
    double before = 0, after = 0, again = 0;
    struct config config = without_mixes();
    config.federation.mask.drop_signs = true;
    open_scene(&scene, &config);
    uint8_t *whole = malloc((size_t)VICTIMS * FACE);
    assert_non_null(whole);
    refine(&scene, &before, &after);
    memcpy(whole, scene.pictures, (size_t)VICTIMS * FACE);
    assert_int_equal(unlink(album_path("refine.pictures.safetensors")), 0);
    start_pictures(&scene);
    scene.run.context.tick = stop_after_the_first;
    assert_int_equal(refine_pictures(&scene.run.context, OF, scene.pictures, scene.masked, VICTIMS,
                                     &before, &again),
                     STATUS_STOPPED);
    scene.run.context.tick = NULL;
    start_pictures(&scene);
    refine(&scene, &before, &again);
    assert_float_equal(again, after, 0);
    assert_memory_equal(whole, scene.pictures, (size_t)VICTIMS * FACE);
    free(whole);
    close_scene(&scene);
}

static void the_attack_leaves_its_figures(void **state)
{
    (void)state;
    struct scene scene;
    struct figures figures = {0};
    struct config config = without_mixes();
    config.federation.mix.method = MIX_UNIFORM;
    config.federation.mask.drop_signs = true;
    config.federation.mask.pool = 2;
    open_scene(&scene, &config);
    if (refine_attack(&scene.run.context, &figures) != STATUS_OK) fail_msg("%s", status_message());
    assert_true(isfinite(figures_get(&figures, "refine.ssim")));
    assert_true(figures_get(&figures, "refine.misfit") <
                figures_get(&figures, "refine.misfit_start"));
    assert_true(access(album_path("refine.png"), R_OK) == 0);
    close_scene(&scene);
}

static void signs_that_nobody_knows_are_left_out(void **state)
{
    (void)state;
    struct scene scene;
    struct figures figures = {0};
    struct config config = without_mixes();
    config.federation.mix.signs = true;
    open_scene(&scene, &config);
    assert_int_equal(refine_attack(&scene.run.context, &figures), STATUS_OK);
    assert_int_equal(figures.note_count, 1);
    assert_false(files_exists(album_path("refine.png")));
    close_scene(&scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(faces_that_are_only_transformed_come_nearer, album_create,
                                        album_destroy),
        cmocka_unit_test_setup_teardown(sizes_without_signs_are_fitted, album_create,
                                        album_destroy),
        cmocka_unit_test_setup_teardown(a_search_that_was_stopped_goes_on_to_the_same_bits,
                                        album_create, album_destroy),
        cmocka_unit_test_setup_teardown(the_attack_leaves_its_figures, album_create, album_destroy),
        cmocka_unit_test_setup_teardown(signs_that_nobody_knows_are_left_out, album_create,
                                        album_destroy),
    };
    return cmocka_run_group_tests_name("refine", tests, NULL, NULL);
}
