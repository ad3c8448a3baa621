// SPDX-License-Identifier: Apache-2.0
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "base/clock.h"
#include "reference/numbers.h"
#include "train/supply.h"

#include <omp.h>

enum { SIDE = 64, PEOPLE = 3 };

static const uint8_t key[MASK_KEY_BYTES] = {4, 5, 6};

/* A mask of the defaults for images of this side. */
static struct mask *make_mask(int side, enum config_layout layout, enum config_shuffle shuffle)
{
    struct config config;
    config_defaults(&config);
    config.federation.input.size = side;
    config.federation.input.layout = layout;
    config.federation.mask.shuffle = shuffle;
    struct mask *mask = NULL;
    if (mask_create(&mask, &config.federation, key) != STATUS_OK) fail_msg("%s", status_message());
    return mask;
}

/* Grey images whose pixels are drawn from a stream; image i is the same in every dataset. */
static struct dataset *make_images(int side, size_t count)
{
    struct dataset *made = calloc(1, sizeof *made);
    assert_non_null(made);
    *made = (struct dataset){.size = side, .channels = 1, .count = count, .people = PEOPLE};
    const size_t bytes = (size_t)(side * side);
    made->pixels = malloc(count * bytes);
    made->labels = calloc(count, sizeof *made->labels);
    assert_true(made->pixels && made->labels);
    for (size_t i = 0; i < count * bytes; i++) {
        made->pixels[i] = (uint8_t)(i * 2654435761u >> 24);
    }
    for (size_t i = 0; i < count; i++) {
        made->labels[i] = (uint32_t)(i % PEOPLE);
    }
    return made;
}

static struct supply *make_supply_in(const struct mask *mask, struct dataset *images,
                                     struct supply_options options)
{
    struct supply *supply = NULL;
    if (supply_create(&supply, mask, &images, options) != STATUS_OK) {
        fail_msg("%s", status_message());
    }
    assert_null(images); // taken over
    return supply;
}

static struct supply *make_supply(const struct mask *mask, struct dataset *images)
{
    return make_supply_in(mask, images, (struct supply_options){.bytes_max = 1u << 30});
}

/* The same by the mask's own two functions. */
static void mask_directly(float *out, const struct mask *mask, const struct dataset *images,
                          uint32_t index, int flip, uint64_t seed, uint32_t pass)
{
    float *bands = malloc(mask_values(mask) * sizeof *bands);
    assert_non_null(bands);
    struct random random;
    random_start(&random, seed, index, RANDOM_SHUFFLE, pass, 0);
    mask_bands(mask, bands, dataset_pixels(images, index), images->channels);
    mask_apply(mask, out, bands, flip, &random);
    free(bands);
}

static void a_batch_is_masked_image_by_image(void **state)
{
    (void)state;
    static const uint32_t index[5] = {7, 0, 3, 7, 8}; // any order, and one twice
    static const uint8_t flip[5] = {0, 1, 0, 1, 1};
    for (int kind = 0; kind < 2; kind++) {
        struct mask *mask =
            make_mask(SIDE, LAYOUT_NATIVE, kind == 0 ? SHUFFLE_DEPLOYMENT : SHUFFLE_PER_IMAGE);
        struct dataset *images = make_images(SIDE, 9);
        struct supply *supply = make_supply(mask, make_images(SIDE, 9));
        const size_t values = mask_values(mask);
        float *found = numbers_random(5 * values, 1), *expected = numbers_random(5 * values, 2);
        for (int with_flip = 0; with_flip < 2; with_flip++) {
            supply_masked(supply, found, index, with_flip ? flip : NULL, 5, 11, 2);
            for (size_t i = 0; i < 5; i++) {
                mask_directly(expected + i * values, mask, images, index[i],
                              with_flip ? flip[i] : 0, 11, 2);
            }
            assert_memory_equal(found, expected, 5 * values * sizeof *found);
        }
        free(found);
        free(expected);
        dataset_destroy(&images);
        supply_destroy(&supply);
        mask_destroy(&mask);
    }
}

static void an_order_per_image_changes_with_seed_and_pass(void **state)
{
    (void)state;
    static const uint32_t index[2] = {1, 2};
    struct mask *mask = make_mask(SIDE, LAYOUT_NATIVE, SHUFFLE_PER_IMAGE);
    struct supply *supply = make_supply(mask, make_images(SIDE, 3));
    const size_t count = 2 * mask_values(mask);
    float *first = numbers_random(count, 1), *other = numbers_random(count, 2);
    supply_masked(supply, first, index, NULL, 2, 1, 1);
    supply_masked(supply, other, index, NULL, 2, 1, 1);
    assert_memory_equal(first, other, count * sizeof *first);
    supply_masked(supply, other, index, NULL, 2, 1, 2);
    assert_memory_not_equal(first, other, count * sizeof *first);
    supply_masked(supply, other, index, NULL, 2, 2, 1);
    assert_memory_not_equal(first, other, count * sizeof *first);
    free(first);
    free(other);
    supply_destroy(&supply);
    mask_destroy(&mask);
}

static void bands_are_the_same_wherever_they_are_kept(void **state)
{
    (void)state;
    enum { COUNT = 37, BATCH = 5 };
    static const enum config_layout layouts[] = {LAYOUT_NATIVE, LAYOUT_UP8};
    static const uint32_t index[BATCH] = {36, 0, 17, 36, 2};
    static const uint8_t flip[BATCH] = {1, 0, 0, 1, 1};
    for (size_t l = 0; l < 2; l++) {
        struct mask *mask = make_mask(SIDE, layouts[l], SHUFFLE_DEPLOYMENT);
        const size_t values = mask_values(mask), bytes = COUNT * values * sizeof(float);
        struct supply *supplies[3] = {
            make_supply_in(mask, make_images(SIDE, COUNT),
                           (struct supply_options){.bytes_max = bytes, .folder = NULL}),
            make_supply_in(mask, make_images(SIDE, COUNT),
                           (struct supply_options){.bytes_max = bytes - 1, .folder = "/tmp"}),
            make_supply_in(mask, make_images(SIDE, COUNT),
                           (struct supply_options){.bytes_max = bytes - 1, .folder = ""}),
        };
        float *first = numbers_random(BATCH * values, 1),
              *other = numbers_random(BATCH * values, 2);
        supply_masked(supplies[0], first, index, flip, BATCH, 1, 1);
        assert_int_equal(supply_bytes(supplies[0]), bytes);
        for (int i = 0; i < 6; i++) {
            omp_set_num_threads(i < 3 ? 1 : 3);
            supply_expect(supplies[i % 3], index, BATCH);
            supply_masked(supplies[i % 3], other, index, flip, BATCH, 1, 1);
            assert_memory_equal(first, other, BATCH * values * sizeof *first);
        }
        for (int i = 0; i < 3; i++) {
            if (i > 0) assert_int_equal(supply_bytes(supplies[i]), 0);
            supply_destroy(&supplies[i]);
        }
        free(first);
        free(other);
        mask_destroy(&mask);
    }
}

/* 60 images of the large layout have 105 MB of bands. */
static void bands_in_a_file_take_no_memory(void **state)
{
    (void)state;
#ifdef FEDVEIL_SANITIZED_THREADS
    skip(); // it takes memory for each byte that is looked at, of files as well
#endif
    enum { LARGE = 112, COUNT = 60 };
    struct mask *mask = make_mask(LARGE, LAYOUT_UP8, SHUFFLE_DEPLOYMENT);
    const size_t values = mask_values(mask);
    const uint64_t before = clock_peak_memory();
    struct supply *supply = make_supply_in(
        mask, make_images(LARGE, COUNT), (struct supply_options){.bytes_max = 0, .folder = "/tmp"});
    float *out = numbers_random(values, 1);
    for (uint32_t i = 0; i < COUNT; i++) {
        supply_masked(supply, out, &i, NULL, 1, 1, 1);
    }
    assert_true(clock_peak_memory() - before < COUNT * values * sizeof(float) / 2);
    free(out);
    supply_destroy(&supply);
    mask_destroy(&mask);
}

static void a_folder_that_is_none_is_told(void **state)
{
    (void)state;
    struct mask *mask = make_mask(SIDE, LAYOUT_NATIVE, SHUFFLE_NONE);
    struct dataset *images = make_images(SIDE, 7);
    struct supply *supply = NULL;
    assert_int_equal(supply_create(&supply, mask, &images,
                                   (struct supply_options){.bytes_max = 0, .folder = "/nowhere"}),
                     STATUS_IO);
    assert_null(supply);
    assert_null(images);
    mask_destroy(&mask);
}

static void it_tells_how_many_images_of_whom_it_has(void **state)
{
    (void)state;
    struct mask *mask = make_mask(SIDE, LAYOUT_NATIVE, SHUFFLE_NONE);
    struct supply *supply = make_supply(mask, make_images(SIDE, 7));
    assert_int_equal(supply_count(supply), 7);
    assert_int_equal(supply_people(supply), PEOPLE);
    for (uint32_t i = 0; i < 7; i++) {
        assert_int_equal(supply_labels(supply)[i], i % PEOPLE);
    }
    supply_destroy(&supply);
    supply_destroy(&supply); // twice is safe
    mask_destroy(&mask);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_batch_is_masked_image_by_image),
        cmocka_unit_test(an_order_per_image_changes_with_seed_and_pass),
        cmocka_unit_test(bands_are_the_same_wherever_they_are_kept),
        cmocka_unit_test(bands_in_a_file_take_no_memory),
        cmocka_unit_test(a_folder_that_is_none_is_told),
        cmocka_unit_test(it_tells_how_many_images_of_whom_it_has),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
