// SPDX-License-Identifier: Apache-2.0
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "attacks/linkage.h"
#include "fakes/album.h"
#include "fakes/trained.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { KNOWN = 40, PEOPLE = 10, IMAGES = 3 };

struct scene { // a defence, F1, and faces of two groups
    struct target *target, *f1;
    struct attack_data data;
    struct attack_budget budget;
    struct attack_context context;
    struct figures *figures;
    char folder[LIMIT_PATH];
};

static void open_scene(struct scene *scene, bool masked)
{
    struct config config = trained_config();
    config.federation.mix.method = MIX_NONE;
    if (!masked) config.federation.mask.method = MASK_NONE;
    memset(scene, 0, sizeof *scene);
    scene->target = trained_open("t", &config, 0);
    config.federation.mask.method = MASK_NONE; // without a mask it is F1 itself
    scene->f1 = trained_open("f1", &config, 0);
    scene->data = (struct attack_data){.known = trained_faces(100, KNOWN, 2),
                                       .victims = trained_faces(0, PEOPLE, IMAGES)};
    scene->budget = (struct attack_budget){.steps = 150, .batch = 16, .seed = 3};
    scene->figures = calloc(1, sizeof *scene->figures);
    assert_non_null(scene->figures);
    snprintf(scene->folder, sizeof scene->folder, "%s", album_path(""));
    scene->context = (struct attack_context){.target = scene->target,
                                             .f1 = scene->f1,
                                             .data = &scene->data,
                                             .budget = &scene->budget,
                                             .folder = scene->folder};
}

static void close_scene(struct scene *scene)
{
    free(scene->figures);
    dataset_destroy(&scene->data.known);
    dataset_destroy(&scene->data.victims);
    target_close(&scene->target);
    target_close(&scene->f1);
}

static double get(const struct scene *scene, const char *key)
{
    return figures_get(scene->figures, key);
}

static void links_what_is_not_masked_far_above_chance(void **state)
{
    (void)state;
    struct scene scene;
    open_scene(&scene, false);
    assert_int_equal(linkage_attack(&scene.context, scene.figures), STATUS_OK);
    assert_true(get(&scene, "linkage.f1.all.verification_same") > 0.72);
    assert_true(get(&scene, "linkage.f1.all.rank1_same") > 0.3);
    assert_true(get(&scene, "linkage.f1.untrained.verification_same") < 0.62);
    assert_true(get(&scene, "linkage.f1.untrained.rank1_same") < 0.15);
    assert_true(fabs(get(&scene, "linkage.f1.all.images") - 2 * KNOWN) < 0.5);
    close_scene(&scene);
}

static bool refuse(void *context, const char *what, uint64_t done, uint64_t total)
{
    (void)what;
    (void)total;
    return done < *(const uint64_t *)context;
}

static void a_restarted_attack_keeps_finished_students(void **state)
{
    (void)state;
    struct scene scene;
    uint64_t last = 5;
    open_scene(&scene, true);
    scene.budget.steps = 5;
    scene.context.tick = refuse;
    scene.context.tick_context = &last;
    assert_int_equal(linkage_attack(&scene.context, scene.figures), STATUS_STOPPED);
    last = 6;
    assert_int_equal(linkage_attack(&scene.context, scene.figures), STATUS_OK);
    const double first = get(&scene, "linkage.f1.all.loss");
    assert_true(isfinite(first));
    last = 0; // now nothing may be learned
    memset(scene.figures, 0, sizeof *scene.figures);
    assert_int_equal(linkage_attack(&scene.context, scene.figures), STATUS_OK);
    assert_true(fabs(get(&scene, "linkage.f1.all.loss") - first) < 1e-6);
    scene.figures->inputs[0] = 'a'; // of another audit
    assert_int_equal(linkage_attack(&scene.context, scene.figures), STATUS_STOPPED);
    close_scene(&scene);
}

static void without_a_teacher_there_is_a_remark(void **state)
{
    (void)state;
    struct scene scene;
    open_scene(&scene, true);
    scene.context.f1 = NULL;
    assert_int_equal(linkage_attack(&scene.context, scene.figures), STATUS_OK);
    assert_int_equal(scene.figures->count, 0);
    assert_int_equal(scene.figures->note_count, 1);
    close_scene(&scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(links_what_is_not_masked_far_above_chance, album_create,
                                        album_destroy),
        cmocka_unit_test_setup_teardown(a_restarted_attack_keeps_finished_students, album_create,
                                        album_destroy),
        cmocka_unit_test_setup_teardown(without_a_teacher_there_is_a_remark, album_create,
                                        album_destroy),
    };
    return cmocka_run_group_tests_name("linkage", tests, NULL, NULL);
}
