// SPDX-License-Identifier: Apache-2.0
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "attacks/linking.h"
#include "reference/numbers.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { PEOPLE = 6, IMAGES = 4, COUNT = PEOPLE * IMAGES, SIZE = 32 };

/* Photographs of a person lie around a direction of its own. */
struct scene {
    float *gallery, *strangers;
    uint32_t labels[COUNT];
};

static void normalise(float *rows)
{
    for (size_t r = 0; r < COUNT; r++) {
        double squares = 0;
        for (size_t i = 0; i < SIZE; i++) {
            squares += (double)rows[r * SIZE + i] * (double)rows[r * SIZE + i];
        }
        for (size_t i = 0; i < SIZE; i++) {
            rows[r * SIZE + i] /= (float)sqrt(squares);
        }
    }
}

static struct scene open_scene(void)
{
    struct scene scene = {.gallery = numbers_random((size_t)COUNT * SIZE, 1),
                          .strangers = numbers_random((size_t)COUNT * SIZE, 2)};
    float *people = numbers_random((size_t)PEOPLE * SIZE, 3);
    for (size_t i = 0; i < COUNT; i++) {
        scene.labels[i] = (uint32_t)(i / IMAGES);
        for (size_t j = 0; j < SIZE; j++) {
            const float own = scene.gallery[i * SIZE + j];
            scene.gallery[i * SIZE + j] = people[i / IMAGES * SIZE + j] + 0.3f * own;
        }
    }
    normalise(scene.gallery);
    normalise(scene.strangers);
    free(people);
    return scene;
}

static struct linking_figures measure(const struct scene *scene, const float *probes,
                                      const uint32_t *face)
{
    const struct linking linking = {.probes = probes,
                                    .face = face,
                                    .gallery = scene->gallery,
                                    .labels = scene->labels,
                                    .count = COUNT,
                                    .size = SIZE,
                                    .seed = 4};
    struct linking_figures figures;
    assert_int_equal(linking_measure(&figures, &linking), STATUS_OK);
    return figures;
}

static void close_scene(struct scene *scene)
{
    free(scene->gallery);
    free(scene->strangers);
}

static void probes_that_say_who_they_are_are_linked(void **state)
{
    (void)state;
    struct scene scene = open_scene();
    const struct linking_figures found = measure(&scene, scene.gallery, NULL);
    assert_true(found.verification > 0.97 && found.verification_same > 0.99);
    assert_true(fabs(found.rank1 - 1) < 1e-9 && fabs(found.rank1_same - 1) < 1e-9);
    close_scene(&scene);
}

static void probes_that_say_nothing_are_not(void **state)
{
    (void)state;
    struct scene scene = open_scene();
    const struct linking_figures found = measure(&scene, scene.strangers, NULL);
    assert_true(found.verification < 0.65 && found.verification_same < 0.7);
    assert_true(found.rank1 < 0.5 && found.rank1_same < 0.3);
    close_scene(&scene);
}

static void a_probe_is_judged_by_the_face_it_shows(void **state)
{
    (void)state;
    struct scene scene = open_scene();
    uint32_t face[COUNT];
    float *probes = calloc((size_t)COUNT * SIZE, sizeof *probes);
    assert_non_null(probes);
    for (uint32_t i = 0; i < COUNT; i++) {
        face[i] = (i * 5 + 3) % COUNT;
        memcpy(probes + i * SIZE, scene.gallery + face[i] * SIZE, SIZE * sizeof *probes);
    }
    assert_true(measure(&scene, probes, face).rank1_same > 0.999);
    assert_true(measure(&scene, probes, NULL).rank1_same < 0.2);
    free(probes);
    close_scene(&scene);
}

static void with_one_photograph_a_person_there_are_no_pairs(void **state)
{
    (void)state;
    struct scene scene = open_scene();
    for (uint32_t i = 0; i < COUNT; i++) {
        scene.labels[i] = i;
    }
    const struct linking_figures found = measure(&scene, scene.gallery, NULL);
    assert_true(isnan(found.verification));
    assert_true(found.verification_same > 0.99);
    close_scene(&scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(probes_that_say_who_they_are_are_linked),
        cmocka_unit_test(probes_that_say_nothing_are_not),
        cmocka_unit_test(a_probe_is_judged_by_the_face_it_shows),
        cmocka_unit_test(with_one_photograph_a_person_there_are_no_pairs),
    };
    return cmocka_run_group_tests_name("linking", tests, NULL, NULL);
}
