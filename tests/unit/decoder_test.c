// SPDX-License-Identifier: Apache-2.0
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "attacks/decoder.h"
#include "defence/observe.h"
#include "fakes/album.h"
#include "fakes/attacked.h"
#include "fakes/trained.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SIZE = 24, FACE = SIZE * SIZE, STEPS = 80 };

static struct dataset *faces(int size, int first, int people, int images)
{
    const struct dataset_options options = {.size = size, .channels = 1, .images_min = 1};
    struct dataset *made = NULL;
    assert_int_equal(dataset_synthesize(&made, 1, first, people, images, &options), STATUS_OK);
    return made;
}

/* Many steps have more faces to learn from: painting takes its time. */
static void open_scene(struct attacked *scene, const struct config *config, int size, int steps)
{
    attacked_open(scene, config, 0,
                  (struct attack_data){.known = faces(size, 10, steps < STEPS ? 3 : 20, 3),
                                       .victims = faces(size, 0, 4, 2)},
                  (struct attack_budget){.quick = true, .steps = steps, .batch = 4, .seed = 1});
}

/* Bands in their order, all of them: a face that is only transformed. */
static struct config unmasked(void)
{
    struct config config = trained_config();
    config.federation.input.size = SIZE;
    config.federation.mask.method = MASK_NONE;
    config.federation.mask.drop_dc = false;
    config.federation.mask.bands = 64;
    config.federation.mask.normalise = false;
    config.federation.mix.method = MIX_NONE;
    return config;
}

static double distance(const uint8_t *a, const uint8_t *b, size_t count)
{
    double sum = 0;
    for (size_t i = 0; i < count; i++) {
        sum += abs(a[i] - b[i]);
    }
    return sum / (double)count;
}

static void mean_face(uint8_t out[FACE], const struct dataset *set)
{
    for (size_t j = 0; j < FACE; j++) {
        double sum = 0;
        for (size_t i = 0; i < set->count; i++) {
            sum += dataset_pixels(set, i)[j];
        }
        out[j] = (uint8_t)lrint(sum / (double)set->count);
    }
}

static void faces_without_a_mask_are_learned_better_than_the_mean_face(void **state)
{
    (void)state;
    struct attacked scene;
    struct decoder *decoder = NULL;
    const struct config config = unmasked();
    open_scene(&scene, &config, SIZE, STEPS);
    const struct dataset *victims = scene.data.victims;
    float *seen = malloc(victims->count * target_values(scene.target) * sizeof *seen);
    uint8_t *pictures = malloc(victims->count * FACE), mean[FACE];
    assert_non_null(seen);
    assert_non_null(pictures);
    const enum status status =
        decoder_learn(&decoder, &scene.context, &(struct decoder_options){.name = "unet"});
    if (status != STATUS_OK) fail_msg("%s", status_message());
    assert_int_equal(observe_faces(scene.target, seen, NULL, victims, NULL, victims->count, 1, 0),
                     STATUS_OK);
    decoder_faces(decoder, pictures, seen, victims->count);
    mean_face(mean, scene.data.known);
    double decoded = 0, guessed = 0;
    for (size_t i = 0; i < victims->count; i++) {
        decoded += distance(pictures + i * FACE, dataset_pixels(victims, i), FACE);
        guessed += distance(mean, dataset_pixels(victims, i), FACE);
    }
    if (!(decoded < 0.8 * guessed)) fail_msg("decoded %g, mean face %g", decoded, guessed);
    decoder_destroy(&decoder);
    free(seen);
    free(pictures);
    attacked_close(&scene);
}

/* Which step to stop after. */
static bool stop_at(void *context, const char *what, uint64_t done, uint64_t total)
{
    (void)what;
    (void)total;
    return done != *(uint64_t *)context;
}

static void an_interrupted_training_ends_with_the_same_bits(void **state)
{
    (void)state;
    struct attacked scene;
    struct decoder *whole = NULL, *parts = NULL;
    struct config config = trained_config(); // masked, and mixed by k = 2 and 3
    config.federation.input.size = SIZE;
    open_scene(&scene, &config, SIZE, DECODER_SAVED + 3);
    scene.budget.batch = 2;
    const struct decoder_options options = {.name = "cgan", .critic = true};
    struct decoder_options other = options;
    other.name = "again";
    assert_int_equal(decoder_learn(&whole, &scene.context, &options), STATUS_OK);
    uint64_t stop = DECODER_SAVED + 2;
    scene.context.tick = stop_at;
    scene.context.tick_context = &stop;
    assert_int_equal(decoder_learn(&parts, &scene.context, &other), STATUS_STOPPED);
    assert_null(parts);
    stop = 1; // which is passed already
    assert_int_equal(decoder_learn(&parts, &scene.context, &other), STATUS_OK);
    const struct dataset *victims = scene.data.victims;
    const size_t values = target_values(scene.target), count = victims->count;
    float *seen = malloc(count * values * sizeof *seen);
    uint8_t *one = malloc(2 * count * FACE), *two = one + count * FACE;
    assert_non_null(seen);
    assert_non_null(one);
    assert_int_equal(observe_faces(scene.target, seen, NULL, victims, NULL, count, 1, 0),
                     STATUS_OK);
    decoder_faces(whole, one, seen, count);
    decoder_faces(parts, two, seen, count);
    assert_memory_equal(one, two, count * FACE);
    assert_false(decoder_error(whole) > decoder_error(parts));
    assert_false(decoder_error(whole) < decoder_error(parts));
    decoder_destroy(&whole);
    decoder_destroy(&parts);
    free(seen);
    free(one);
    attacked_close(&scene);
}

/* Pixels of 8 x 8 are brought to the side of the faces. */
static void small_pixels_and_mixes_are_attacked_too(void **state)
{
    (void)state;
    struct attacked scene;
    struct figures figures = {0};
    struct config config = trained_config();
    config.federation.input.kind = INPUT_PIXELS;
    config.federation.input.size = 8;
    config.federation.mask.method = MASK_NONE;
    open_scene(&scene, &config, 32, 2);
    scene.budget.batch = 3;
    assert_int_equal(decoder_attack_unet(&scene.context, &figures), STATUS_OK);
    assert_int_equal(decoder_attack_cgan(&scene.context, &figures), STATUS_OK);
    assert_true(isfinite(figures_get(&figures, "unet.ssim")));
    assert_true(isfinite(figures_get(&figures, "cgan.ssim")));
    assert_true(figures_get(&figures, "cgan.steps") > 1);
    FILE *row = fopen(album_path("cgan.png"), "rb");
    assert_non_null(row);
    fclose(row);
    attacked_close(&scene);
}

static void a_face_of_an_odd_side_is_refused(void **state)
{
    (void)state;
    struct attacked scene;
    struct figures figures = {0};
    struct config config = trained_config();
    config.federation.input.size = SIZE;
    open_scene(&scene, &config, 30, 2);
    assert_int_equal(decoder_attack_unet(&scene.context, &figures), STATUS_BAD_INPUT);
    attacked_close(&scene);
}

/* A state whose weights are not finite is gone on with. */
static void numbers_that_run_away_are_said_and_not_measured(void **state)
{
    (void)state;
    struct attacked scene;
    struct figures figures = {0};
    struct model kept = {0};
    uint64_t stop = DECODER_SAVED;
    char *of = NULL;
    const char *path = album_path("unet.state.safetensors");
    const struct config config = unmasked();
    open_scene(&scene, &config, SIZE, DECODER_SAVED + 2);
    scene.budget.batch = 1;
    scene.context.tick = stop_at;
    scene.context.tick_context = &stop;
    assert_int_equal(decoder_attack_unet(&scene.context, &figures), STATUS_STOPPED);
    assert_int_equal(model_load(&kept, path), STATUS_OK);
    assert_int_equal(model_load_note(&of, path, "of"), STATUS_OK);
    kept.values[0] = NAN;
    const struct model_note notes[] = {{"of", of}, {"done", "10"}, {NULL, NULL}};
    assert_int_equal(model_save(&kept, path, notes), STATUS_OK);
    stop = 0;
    assert_int_equal(decoder_attack_unet(&scene.context, &figures), STATUS_OK);
    assert_true(figures_get(&figures, "unet.diverged") > 0);
    assert_true(isnan(figures_get(&figures, "unet.ssim")));
    assert_int_equal(figures.note_count, 1);
    free(of);
    model_destroy(&kept);
    attacked_close(&scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(faces_without_a_mask_are_learned_better_than_the_mean_face,
                                        album_create, album_destroy),
        cmocka_unit_test_setup_teardown(an_interrupted_training_ends_with_the_same_bits,
                                        album_create, album_destroy),
        cmocka_unit_test_setup_teardown(small_pixels_and_mixes_are_attacked_too, album_create,
                                        album_destroy),
        cmocka_unit_test_setup_teardown(a_face_of_an_odd_side_is_refused, album_create,
                                        album_destroy),
        cmocka_unit_test_setup_teardown(numbers_that_run_away_are_said_and_not_measured,
                                        album_create, album_destroy),
    };
    return cmocka_run_group_tests_name("decoder", tests, NULL, NULL);
}
