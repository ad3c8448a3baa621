// SPDX-License-Identifier: Apache-2.0
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "attacks/unmix.h"
#include "attacks/unmix_labels.h"
#include "base/random.h"
#include "frequency/mix.h"

#include <stdlib.h>
#include <string.h>

enum { PEOPLE = 6, EACH = 3, IMAGES = PEOPLE * EACH, VALUES = 80, EPOCHS = 12 };
enum { ROWS = EPOCHS * IMAGES };

static float images[IMAGES * VALUES], found[IMAGES * VALUES], ordered[IMAGES * VALUES];
static float mixed[ROWS * VALUES];
static uint32_t labels[IMAGES], to[IMAGES];
static struct observe_mix mixes[ROWS], guessed[ROWS];

static struct unmix_problem draw(int k)
{
    struct random random;
    random_start(&random, 7, 0, RANDOM_TEST, 0, 0);
    for (uint32_t i = 0; i < IMAGES; i++) {
        labels[i] = i / EACH;
    }
    for (int i = 0; i < IMAGES * VALUES; i++) {
        images[i] = random_normal(&random);
    }
    for (size_t i = 0; i < ROWS; i++) {
        mixes[i].k = k;
        mixes[i].image[0] = (uint32_t)(i % IMAGES);
        for (int j = 1; j < k; j++) {
            mixes[i].image[j] = random_below(&random, IMAGES);
        }
        mix_draw_weights(mixes[i].weight, &random, k, 0.55);
    }
    unmix_mix(mixed, mixes, ROWS, images, VALUES);
    return (struct unmix_problem){.mixes = mixes,
                                  .mixed = mixed,
                                  .count = ROWS,
                                  .values = VALUES,
                                  .labels = labels,
                                  .images = IMAGES,
                                  .people = PEOPLE,
                                  .seed = 1,
                                  .steps = 50};
}

static double error_of(void)
{
    assert_int_equal(unmix_labels_match(to, found, images, VALUES, labels, IMAGES), STATUS_OK);
    for (size_t i = 0; i < IMAGES; i++) {
        assert_int_equal(labels[to[i]], labels[i]);
        memcpy(ordered + to[i] * VALUES, found + i * VALUES, VALUES * sizeof *found);
    }
    return unmix_error(ordered, images, IMAGES * VALUES);
}

static void labels_alone_tell_images_of_few_mixes(void **state)
{
    (void)state;
    const struct unmix_problem problem = draw(2);
    assert_int_equal(unmix_labels_find(&problem, guessed, found), STATUS_OK);
    assert_true(error_of() < 0.3);
    size_t right = 0, all = 0;
    for (size_t i = 0; i < ROWS; i++) {
        for (int j = 0; j < guessed[i].k; j++, all++) {
            right += to[guessed[i].image[j]] == mixes[i].image[j];
        }
    }
    assert_true(all > ROWS && 10 * right > 9 * all);
}

static void a_person_twice_in_a_mix_is_passed_over(void **state)
{
    (void)state;
    const struct unmix_problem problem = draw(3);
    assert_int_equal(unmix_labels_find(&problem, guessed, found), STATUS_OK);
    size_t passed = 0;
    for (size_t i = 0; i < ROWS; i++) {
        const uint32_t *image = mixes[i].image;
        const bool twice = labels[image[0]] == labels[image[1]] ||
                           labels[image[0]] == labels[image[2]] ||
                           labels[image[1]] == labels[image[2]];
        assert_int_equal(guessed[i].k, twice ? 0 : 3);
        for (int j = 0; j < guessed[i].k; j++) {
            assert_int_equal(labels[guessed[i].image[j]], labels[image[j]]);
        }
        passed += twice;
    }
    assert_true(passed > 0);
}

static void guessed_mixes_serve_other_values(void **state)
{
    (void)state;
    const struct unmix_problem problem = draw(2);
    assert_int_equal(unmix_labels_find(&problem, guessed, found), STATUS_OK);
    memcpy(guessed, mixes, sizeof mixes); // as if all had been guessed
    assert_int_equal(unmix_labels_solve(&problem, guessed, found), STATUS_OK);
    assert_true(unmix_error(found, images, IMAGES * VALUES) < 0.1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(labels_alone_tell_images_of_few_mixes),
        cmocka_unit_test(a_person_twice_in_a_mix_is_passed_over),
        cmocka_unit_test(guessed_mixes_serve_other_values),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
