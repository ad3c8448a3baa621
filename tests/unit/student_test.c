// SPDX-License-Identifier: Apache-2.0
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "attacks/student.h"
#include "fakes/trained.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { PEOPLE = 8, IMAGES = 2, COUNT = PEOPLE * IMAGES, SIZE = 24 };

struct scene {
    struct target *target;
    struct attack_data data;
    struct attack_budget budget;
    struct attack_context context;
    struct student *student;
    float taught[COUNT * SIZE]; // any directions
    uint32_t photo[COUNT];
};

static void open_scene(struct scene *scene, enum config_mix mix)
{
    struct config config = trained_config();
    struct random random;
    memset(scene, 0, sizeof *scene);
    config.federation.mix.method = mix;
    scene->target = trained_open("t", &config, 0);
    scene->data.known = trained_faces(0, PEOPLE, IMAGES);
    scene->budget = (struct attack_budget){.steps = 80, .batch = 16, .seed = 3};
    scene->context = (struct attack_context){
        .target = scene->target, .data = &scene->data, .budget = &scene->budget};
    random_start(&random, 1, 0, RANDOM_TEST, 0, 0);
    for (uint32_t i = 0; i < COUNT; i++) {
        scene->photo[i] = COUNT - 1 - i;
        for (size_t j = 0; j < SIZE; j++) {
            scene->taught[i * SIZE + j] = random_normal(&random) / sqrtf(SIZE);
        }
    }
    assert_int_equal(student_create(&scene->student, scene->target, SIZE, &scene->budget, true),
                     STATUS_OK);
}

static void close_scene(struct scene *scene)
{
    student_destroy(&scene->student);
    student_destroy(&scene->student);
    dataset_destroy(&scene->data.known);
    target_close(&scene->target);
}

/* Mean cosine of what the student says of each face and what was taught of it. */
static double agreement(struct scene *scene)
{
    float out[COUNT * SIZE];
    uint32_t face[COUNT];
    double sum = 0;
    assert_int_equal(student_embed(scene->student, out, face, scene->data.known), STATUS_OK);
    for (size_t i = 0; i < COUNT; i++) {
        double length = 0;
        for (size_t j = 0; j < SIZE; j++) {
            const double own = (double)out[i * SIZE + j];
            length += own * own;
            sum += own * (double)scene->taught[face[i] * SIZE + j] / COUNT;
        }
        assert_true(fabs(length - 1) < 1e-4);
    }
    return sum;
}

static void learns_what_it_is_taught_through_a_mask(void **state)
{
    (void)state;
    struct scene scene;
    double loss = 2;
    open_scene(&scene, MIX_NONE);
    assert_true(fabs(agreement(&scene)) < 0.3);
    assert_int_equal(
        student_learn(scene.student, &loss, &scene.context, scene.taught, scene.photo, COUNT),
        STATUS_OK);
    assert_true(loss < 0.5);
    assert_true(agreement(&scene) > 0.5);
    close_scene(&scene);
}

static void a_mix_is_taught_as_its_principal_face(void **state)
{
    (void)state;
    struct scene scene;
    double loss = 2;
    open_scene(&scene, MIX_ADAPTIVE);
    const double before = agreement(&scene);
    scene.budget.steps = 200;
    assert_int_equal(
        student_learn(scene.student, &loss, &scene.context, scene.taught, scene.photo, COUNT),
        STATUS_OK);
    assert_true(agreement(&scene) > before + 0.15);
    close_scene(&scene);
}

static void a_lesson_that_is_not_finite_is_told(void **state)
{
    (void)state;
    struct scene scene;
    double loss = 2;
    open_scene(&scene, MIX_NONE);
    scene.taught[3] = INFINITY;
    assert_int_equal(
        student_learn(scene.student, &loss, &scene.context, scene.taught, scene.photo, COUNT),
        STATUS_NOT_FINITE);
    close_scene(&scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(learns_what_it_is_taught_through_a_mask),
        cmocka_unit_test(a_mix_is_taught_as_its_principal_face),
        cmocka_unit_test(a_lesson_that_is_not_finite_is_told),
    };
    return cmocka_run_group_tests_name("student", tests, NULL, NULL);
}
