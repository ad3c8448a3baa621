// SPDX-License-Identifier: Apache-2.0
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "attacks/inversion_parts.h"
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

enum { PEOPLE = 3, STEPS = 4 };

static void open_scene(struct attacked *scene, const struct config *config, size_t head)
{
    attacked_open(scene, config, head,
                  (struct attack_data){.known = trained_faces(10, 8, 2),
                                       .victims = trained_faces(0, PEOPLE, 2),
                                       .trained = true},
                  (struct attack_budget){.quick = true, .steps = STEPS, .batch = 1, .starts = 1});
}

static void statistics_have_the_gradient_that_differences_show(void **state)
{
    (void)state;
    enum { COUNT = 4, SIZE = 3 };
    const float variance[SIZE] = {0.5f, 0, 2e-5f}; // of which the second one hardly varied
    float *y = numbers_random((size_t)COUNT * SIZE, 3);
    float gradient[COUNT * SIZE], unused[COUNT * SIZE];
    for (size_t count = 1; count <= COUNT; count++) {
        inversion_statistics(gradient, y, variance, count, SIZE);
        for (size_t i = 0; i < count * SIZE; i++) {
            const float kept = y[i];
            y[i] = kept + 1e-3f;
            const double above = inversion_statistics(unused, y, variance, count, SIZE);
            y[i] = kept - 1e-3f;
            const double below = inversion_statistics(unused, y, variance, count, SIZE);
            y[i] = kept;
            const double slope =
                (double)count * (above - below) / ((double)(kept + 1e-3f) - (double)(kept - 1e-3f));
            assert_true(fabs(slope - (double)gradient[i]) < 1e-5 + 1e-4 * fabs(slope));
            assert_true(i % SIZE != 1 || fabs((double)gradient[i]) < 1e-12);
        }
    }
    free(y);
}

static void statistics_are_met_by_a_batch_that_has_them(void **state)
{
    (void)state;
    const float variance[] = {3, 0, 1e-5f + 1e-9f};
    const float half = (float)sqrt((1e-5 + 1e-9) / (2e-5 + 1e-9) / 2); // of two numbers
    const float one = (float)sqrt(3 / (3 + 1e-5) / 2);
    float y[] = {one, 9, -half, -one, -5, half}, gradient[6];
    assert_true(inversion_statistics(gradient, y, variance, 2, 3) < 1e-12);
    for (size_t i = 0; i < 6; i++) {
        assert_true(fabs((double)gradient[i]) < 1e-5);
    }
    y[0] += 1;
    assert_true(inversion_statistics(gradient, y, variance, 2, 3) > 0.1);
    const float constant[] = {0, 0, 0}; // a network that has learned nothing
    assert_true(inversion_statistics(gradient, y, constant, 2, 3) < 1e-12);
}

/* Figures of an attack by this identity, in the folder as it is. */
static void run_by(struct figures *figures, struct attacked *scene, enum attack_identity identity)
{
    *figures = (struct figures){0};
    scene->context.identity = identity;
    const enum status status = inversion_attack(&scene->context, figures);
    if (status != STATUS_OK) fail_msg("%s", status_message());
}

/* Running variances as large as those of embeddings are where nothing was learned. */
static void widen_norm(struct target *target)
{
    const size_t offset = (size_t)(inversion_variance(target) - target->model.values);
    for (size_t j = 0; j < net_outputs(target->net); j++) {
        target->model.values[offset + j] = 1e4f;
    }
}

static void a_search_by_statistics_chooses_no_person(void **state)
{
    (void)state;
    struct attacked scene;
    static struct figures after, alone;
    const struct config config = trained_config();
    open_scene(&scene, &config, 5);
    widen_norm(scene.target);
    run_by(&after, &scene, ATTACK_IDENTITY_TEMPLATE); // though there is a head
    assert_int_equal(after.note_count, 1);
    run_by(&after, &scene, ATTACK_IDENTITY_STATISTICS);
    assert_true(figures_get(&after, "gmi.identity") < figures_get(&after, "gmi.identity_start"));
    assert_true(fabs(figures_get(&after, "gmi.faces") - PEOPLE) < 1e-9);
    assert_true(isnan(figures_get(&after, "gmi.people")));
    assert_true(isnan(figures_get(&after, "gmi.ssim")));
    assert_true(isnan(figures_get(&after, "gmi.target_accuracy")));
    assert_int_equal(after.note_count, 1);
    assert_int_equal(remove(album_path("gmi.png")), 0);
    // Nothing of the search by templates has gone into it.
    scene.data.trained = false;
    assert_int_equal(remove(album_path("gmi.search.safetensors")), 0);
    run_by(&alone, &scene, ATTACK_IDENTITY_STATISTICS);
    assert_int_equal(alone.note_count, 2); // the statistics are of others
    assert_int_equal(alone.count, after.count);
    for (size_t i = 0; i < alone.count; i++) {
        assert_memory_equal(&alone.list[i].value, &after.list[i].value, sizeof(double));
    }
    attacked_close(&scene);
}

static void an_identity_that_is_not_there_is_told(void **state)
{
    (void)state;
    struct attacked scene;
    static struct figures figures;
    struct config config = trained_config();
    open_scene(&scene, &config, 0);
    run_by(&figures, &scene, ATTACK_IDENTITY_CLASS);
    assert_int_equal(figures.count, 0);
    assert_non_null(strstr(figures.note[0], "no class weights"));
    attacked_close(&scene);
    config.federation.network.norm = NORM_GROUP;
    open_scene(&scene, &config, 0);
    run_by(&figures, &scene, ATTACK_IDENTITY_STATISTICS);
    assert_int_equal(figures.count, 0);
    assert_non_null(strstr(figures.note[0], "no batch norm"));
    attacked_close(&scene);
}

/* Faces of victims in another order than theirs, and of the attacker's people before the search. */
static void the_judge_asks_of_an_unchosen_face_whether_it_is_a_victim(void **state)
{
    (void)state;
    struct attacked scene;
    struct network_files files;
    const struct config config = trained_config();
    static struct figures figures;
    float numbers[PEOPLE] = {0};
    uint8_t *found = malloc((size_t)PEOPLE * 56 * 56), *start = malloc((size_t)PEOPLE * 56 * 56);
    assert_non_null(found);
    assert_non_null(start);
    network_files_make_judge(&files);
    open_scene(&scene, &config, 0);
    assert_int_equal(judge_open(&scene.context.judge, files.folder), STATUS_OK);
    for (size_t p = 0; p < PEOPLE; p++) {
        memcpy(found + p * 56 * 56, dataset_pixels(scene.data.victims, 2 * ((p + 1) % PEOPLE)),
               (size_t)56 * 56);
        memcpy(start + p * 56 * 56, dataset_pixels(scene.data.known, 2 * p), (size_t)56 * 56);
    }
    struct inversion inversion = {.context = &scene.context,
                                  .identity = ATTACK_IDENTITY_STATISTICS,
                                  .people = PEOPLE,
                                  .starts = 1,
                                  .slots = PEOPLE,
                                  .loss = numbers,
                                  .loss_start = numbers,
                                  .pictures = found,
                                  .pictures_start = start};
    assert_int_equal(inversion_score(&inversion, &figures), STATUS_OK);
    assert_true(figures_get(&figures, "gmi.victim_1") > 0.9);
    assert_true(figures_get(&figures, "gmi.victim_1_start") < 0.5);
    assert_true(fabs(figures_get(&figures, "gmi.victim_chance") - 3.0 / (PEOPLE + 8)) < 1e-9);
    assert_true(figures_get(&figures, "gmi.feature_distance") < 1e-5);
    assert_true(isfinite(figures_get(&figures, "gmi.judge_frechet")));
    assert_true(isnan(figures_get(&figures, "gmi.accuracy_1")));
    assert_true(isnan(figures_get(&figures, "gmi.accuracy_5")));
    judge_close(&scene.context.judge);
    network_files_remove(&files);
    free(found);
    free(start);
    attacked_close(&scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(statistics_have_the_gradient_that_differences_show),
        cmocka_unit_test(statistics_are_met_by_a_batch_that_has_them),
        cmocka_unit_test_setup_teardown(a_search_by_statistics_chooses_no_person, album_create,
                                        album_destroy),
        cmocka_unit_test_setup_teardown(an_identity_that_is_not_there_is_told, album_create,
                                        album_destroy),
        cmocka_unit_test_setup_teardown(the_judge_asks_of_an_unchosen_face_whether_it_is_a_victim,
                                        album_create, album_destroy),
    };
    return cmocka_run_group_tests_name("inversion_statistics", tests, NULL, NULL);
}
