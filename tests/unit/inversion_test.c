// SPDX-License-Identifier: Apache-2.0
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "attacks/inversion_parts.h"
#include "base/files.h"
#include "fakes/album.h"
#include "fakes/attacked.h"
#include "fakes/network_files.h"
#include "fakes/trained.h"
#include "measures/judge.h"
#include "reference/numbers.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PEOPLE = 3, STEPS = 12, STEPS_FEW = 4 };

static void open_scene(struct attacked *scene, size_t head)
{
    const struct config config = trained_config();
    attacked_open(scene, &config, head,
                  (struct attack_data){.known = trained_faces(10, 8, 2),
                                       .victims = trained_faces(0, PEOPLE, 2),
                                       .trained = true},
                  (struct attack_budget){.quick = true, .steps = STEPS, .batch = 1, .starts = 2});
}

static void identity_has_the_gradient_that_differences_show(void **state)
{
    (void)state;
    enum { SIZE = 6, ROWS = 4 };
    struct config config = trained_config();
    config.federation.loss.scale = 8;
    struct target target = {.config = config};
    const struct attack_context context = {.target = &target};
    float *rows = numbers_random((size_t)ROWS * SIZE, 1), gradient[SIZE];
    for (int by_class = 0; by_class < 2; by_class++) {
        const struct inversion inversion = {.context = &context,
                                            .identity = by_class ? ATTACK_IDENTITY_CLASS
                                                                 : ATTACK_IDENTITY_TEMPLATE,
                                            .rows = ROWS,
                                            .row_size = SIZE,
                                            .classes = rows,
                                            .first_class = 1};
        float *x = numbers_random(SIZE, 2);
        size_t row = ROWS;
        inversion_identity(&inversion, gradient, &row, x, 1);
        assert_true(row < ROWS);
        for (size_t j = 0; j < SIZE; j++) {
            const float kept = x[j];
            x[j] = kept + 1e-3f;
            const double above = inversion_identity(&inversion, NULL, &row, x, 1);
            x[j] = kept - 1e-3f;
            const double below = inversion_identity(&inversion, NULL, &row, x, 1);
            x[j] = kept;
            const double slope =
                (above - below) / ((double)(kept + 1e-3f) - (double)(kept - 1e-3f));
            assert_true(fabs(slope - (double)gradient[j]) < 2e-3 + 1e-3 * fabs(slope));
        }
        free(x);
    }
    free(rows);
}

static void a_search_comes_nearer_with_and_without_class_weights(void **state)
{
    (void)state;
    for (size_t head = 0; head <= 5; head += 5) {
        struct attacked scene;
        struct figures figures = {0};
        open_scene(&scene, head);
        scene.budget.steps = STEPS_FEW;
        const enum status status = inversion_attack(&scene.context, &figures);
        if (status != STATUS_OK) fail_msg("%s", status_message());
        assert_true(figures_get(&figures, "gmi.identity") <
                    figures_get(&figures, "gmi.identity_start"));
        assert_true(figures_get(&figures, "gmi.people") > PEOPLE - 0.5);
        assert_true(isfinite(figures_get(&figures, "gmi.ssim")));
        assert_true(isnan(figures_get(&figures, "gmi.accuracy_1"))); // nobody judges
        assert_int_equal(figures.note_count, head == 0);
        FILE *row = fopen(album_path("gmi.png"), "rb");
        assert_non_null(row);
        fclose(row);
        attacked_close(&scene);
    }
}

struct stop {
    const char *what;
    uint64_t done;
};

static bool stop_at(void *context, const char *what, uint64_t done, uint64_t total)
{
    const struct stop *stop = context;
    (void)total;
    return strcmp(what, stop->what) != 0 || done != stop->done;
}

static void an_interrupted_attack_ends_with_the_same_figures(void **state)
{
    (void)state;
    struct attacked scene;
    struct figures whole = {0}, parts = {0};
    struct stop stop = {"gmi, generator", INVERSION_SAVED + 1};
    open_scene(&scene, 5);
    scene.budget.starts = 1;
    assert_int_equal(inversion_attack(&scene.context, &whole), STATUS_OK);
    assert_int_equal(remove(album_path("gmi.generator.safetensors")), 0);
    assert_int_equal(remove(album_path("gmi.search.safetensors")), 0);
    scene.context.tick = stop_at;
    scene.context.tick_context = &stop;
    assert_int_equal(inversion_attack(&scene.context, &parts), STATUS_STOPPED);
    stop = (struct stop){"gmi, search", INVERSION_SAVED + 1};
    assert_int_equal(inversion_attack(&scene.context, &parts), STATUS_STOPPED);
    stop.done = 0;
    assert_int_equal(inversion_attack(&scene.context, &parts), STATUS_OK);
    assert_int_equal(whole.count, parts.count);
    for (size_t i = 0; i < whole.count; i++) {
        assert_memory_equal(&whole.list[i].value, &parts.list[i].value, sizeof(double));
    }
    attacked_close(&scene);
}

static bool trains_no_generator(void *context, const char *what, uint64_t done, uint64_t total)
{
    (void)context, (void)done, (void)total;
    return strcmp(what, "gmi, generator") != 0;
}

static void a_generator_is_trained_once_for_all_targets(void **state)
{
    (void)state;
    char folders[2][LIMIT_PATH];
    for (size_t i = 0; i < 2; i++) {
        struct attacked scene;
        struct figures figures = {0};
        open_scene(&scene, i == 0 ? 5 : 0);
        scene.budget.steps = STEPS_FEW;
        snprintf(folders[i], sizeof folders[i], "%s", album_path(i == 0 ? "first" : "second"));
        assert_int_equal(files_make_folder(folders[i]), STATUS_OK);
        scene.context.folder = folders[i];
        if (i == 1) scene.context.tick = trains_no_generator;
        assert_int_equal(inversion_attack(&scene.context, &figures), STATUS_OK);
        attacked_close(&scene);
    }
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(files_remove(folders[i]), STATUS_OK);
    }
}

/* More victims than the gallery has room for others. */
static void many_victims_are_a_gallery_of_their_own(void **state)
{
    (void)state;
    struct network_files files;
    struct figures figures = {0};
    struct attacked scene;
    const struct config config = trained_config();
    network_files_make_judge(&files);
    attacked_open(&scene, &config, 0,
                  (struct attack_data){.known = trained_faces(200, 8, 2),
                                       .victims = trained_faces(0, INVERSION_GALLERY + 20, 1)},
                  (struct attack_budget){.quick = true, .steps = 1, .batch = 1, .starts = 1});
    assert_int_equal(judge_open(&scene.context.judge, files.folder), STATUS_OK);
    if (inversion_attack(&scene.context, &figures) != STATUS_OK) fail_msg("%s", status_message());
    assert_true(fabs(figures_get(&figures, "gmi.chance_1") - 1.0 / (INVERSION_GALLERY + 20)) <
                1e-9);
    judge_close(&scene.context.judge);
    network_files_remove(&files);
    attacked_close(&scene);
}

/* Pictures of the right people, and of the next ones. */
static void the_judge_tells_the_right_people_from_others(void **state)
{
    (void)state;
    struct attacked scene;
    struct network_files files;
    struct figures right = {0}, wrong = {0};
    float numbers[PEOPLE] = {0};
    network_files_make_judge(&files);
    open_scene(&scene, 0);
    assert_int_equal(judge_open(&scene.context.judge, files.folder), STATUS_OK);
    const struct dataset *victims = scene.data.victims;
    uint8_t *pictures = malloc((size_t)PEOPLE * 56 * 56);
    assert_non_null(pictures);
    struct inversion inversion = {.context = &scene.context,
                                  .people = PEOPLE,
                                  .starts = 1,
                                  .slots = PEOPLE,
                                  .loss = numbers,
                                  .loss_start = numbers,
                                  .seen = numbers,
                                  .pictures = pictures};
    for (size_t shift = 0; shift < 2; shift++) {
        for (size_t p = 0; p < PEOPLE; p++) {
            memcpy(pictures + p * 56 * 56, dataset_pixels(victims, 2 * ((p + shift) % PEOPLE)),
                   (size_t)56 * 56);
        }
        assert_int_equal(inversion_score(&inversion, shift ? &wrong : &right), STATUS_OK);
    }
    assert_true(figures_get(&right, "gmi.feature_distance") < 1e-5);
    assert_true(figures_get(&wrong, "gmi.feature_distance") > 1e-4);
    assert_true(figures_get(&right, "gmi.accuracy_1") > 0.9);
    assert_true(figures_get(&wrong, "gmi.accuracy_1") < 0.5);
    assert_true(fabs(figures_get(&right, "gmi.chance_1") - 1.0 / (PEOPLE + 8)) < 1e-9);
    judge_close(&scene.context.judge);
    network_files_remove(&files);
    free(pictures);
    attacked_close(&scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(identity_has_the_gradient_that_differences_show),
        cmocka_unit_test_setup_teardown(the_judge_tells_the_right_people_from_others, album_create,
                                        album_destroy),
        cmocka_unit_test_setup_teardown(a_search_comes_nearer_with_and_without_class_weights,
                                        album_create, album_destroy),
        cmocka_unit_test_setup_teardown(an_interrupted_attack_ends_with_the_same_figures,
                                        album_create, album_destroy),
        cmocka_unit_test_setup_teardown(many_victims_are_a_gallery_of_their_own, album_create,
                                        album_destroy),
        cmocka_unit_test_setup_teardown(a_generator_is_trained_once_for_all_targets, album_create,
                                        album_destroy),
    };
    return cmocka_run_group_tests_name("inversion", tests, NULL, NULL);
}
