// SPDX-License-Identifier: Apache-2.0
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "base/random.h"
#include "image/portrait.h"

#include <stdlib.h>
#include <string.h>

enum { BYTES = PORTRAIT_SIDE * PORTRAIT_SIDE * 3, PIXELS = PORTRAIT_SIDE * PORTRAIT_SIDE };

static struct image paint(uint64_t seed, uint32_t person, uint32_t shot)
{
    struct image image;
    assert_int_equal(portrait_paint(&image, seed, person, shot), STATUS_OK);
    assert_int_equal(image.height, PORTRAIT_SIDE);
    assert_int_equal(image.width, PORTRAIT_SIDE);
    assert_int_equal(image.channels, 3);
    return image;
}

static void the_same_numbers_paint_the_same_bytes(void **state)
{
    (void)state;
    struct image first = paint(5, 6, 7), second = paint(5, 6, 7);
    assert_memory_equal(first.pixels, second.pixels, BYTES);
    image_destroy(&first);
    image_destroy(&second);
}

/* FNV-1a of some portraits: the same for every compiler and machine. It changes only when the way
 * that people are painted changes, and with it every figure measured on them. */
static void every_compiler_paints_the_same_people(void **state)
{
    (void)state;
    uint64_t sum = 0xcbf29ce484222325u;
    for (uint32_t i = 0; i < 24; i++) {
        struct image image = paint(1, i, 3 * i);
        for (size_t j = 0; j < BYTES; j++) {
            sum = (sum ^ image.pixels[j]) * 0x100000001b3u;
        }
        image_destroy(&image);
    }
    assert_int_equal(sum, 0xada43c1821e7f70u);
}

static void seed_person_and_shot_each_change_the_picture(void **state)
{
    (void)state;
    struct image base = paint(5, 6, 7);
    struct image others[] = {paint(4, 6, 7), paint(5, 5, 7), paint(5, 6, 6)};
    for (int i = 0; i < 3; i++) {
        assert_memory_not_equal(base.pixels, others[i].pixels, BYTES);
        image_destroy(&others[i]);
    }
    image_destroy(&base);
}

static void people_beyond_the_last_are_refused(void **state)
{
    (void)state;
    struct image image;
    assert_int_equal(portrait_paint(&image, 1, RANDOM_PARTICIPANT_MAX + 1, 0), STATUS_BAD_INPUT);
    assert_null(image.pixels);
    image = paint(1, RANDOM_PARTICIPANT_MAX, UINT32_MAX);
    image_destroy(&image);
}

/* Squared distance of two grey pictures. */
static double distance(const uint8_t *first, const uint8_t *second)
{
    double sum = 0;
    for (int i = 0; i < PIXELS; i++) {
        const double gap = (double)first[i] - (double)second[i];
        sum += gap * gap;
    }
    return sum;
}

static int compare_numbers(const void *first, const void *second)
{
    const double a = *(const double *)first, b = *(const double *)second;
    return (a > b) - (a < b);
}

/* Greatest share of pairs that one threshold can tell apart. */
static double best_accuracy(const double *same, const double *different, size_t count)
{
    size_t best = 0;
    for (size_t i = 0; i < count; i++) {
        size_t below = 0; // of `different`: both are sorted
        while (below < count && different[below] <= same[i]) {
            below++;
        }
        const size_t right = i + 1 + (count - below);
        if (right > best) best = right;
    }
    return (double)best / (double)(2 * count);
}

/* A task for a network: the pixels themselves must not tell who it is. */
static void raw_pixels_verify_people_below_three_quarters(void **state)
{
    (void)state;
    enum { PEOPLE = 90, SHOTS = 2, COUNT = PEOPLE * SHOTS };
    uint8_t *grey = malloc((size_t)COUNT * PIXELS);
    assert_non_null(grey);
    for (uint32_t i = 0; i < COUNT; i++) {
        struct image image = paint(9, i / SHOTS, i % SHOTS), square;
        assert_int_equal(image_square(&square, &image, PORTRAIT_SIDE, 1), STATUS_OK);
        memcpy(grey + i * PIXELS, square.pixels, PIXELS);
        image_destroy(&image);
        image_destroy(&square);
    }
    double same[COUNT], different[COUNT];
    for (size_t i = 0; i < COUNT; i++) {
        const size_t next = i / SHOTS * SHOTS + (i + 1) % SHOTS;
        same[i] = distance(grey + i * PIXELS, grey + next * PIXELS);
        different[i] = distance(grey + i * PIXELS, grey + (i + SHOTS + 1) % COUNT * PIXELS);
    }
    free(grey);
    qsort(same, COUNT, sizeof *same, compare_numbers);
    qsort(different, COUNT, sizeof *different, compare_numbers);
    const double accuracy = best_accuracy(same, different, COUNT);
    print_message("raw pixels: %.1f %%\n", 100 * accuracy);
    assert_true(accuracy < 0.75);
    assert_true(accuracy > 0.52); // people do look like themselves
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_numbers_paint_the_same_bytes),
        cmocka_unit_test(every_compiler_paints_the_same_people),
        cmocka_unit_test(seed_person_and_shot_each_change_the_picture),
        cmocka_unit_test(people_beyond_the_last_are_refused),
        cmocka_unit_test(raw_pixels_verify_people_below_three_quarters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
