// SPDX-License-Identifier: Apache-2.0
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "fakes/album.h"
#include "image/dataset.h"
#include "image/dataset_parts.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct dataset_options plain = {.size = 8, .channels = 1, .images_min = 1};

/* Every third picture is broken: those that were read are the drawn ones alone. */
static void only_a_sample_is_read_when_asked(void **state)
{
    (void)state;
    char name[64];
    for (int i = 0; i < 24; i++) {
        snprintf(name, sizeof name, "in/%c/%d.png", 'a' + i / 4, i % 4);
        if (i % 3 == 0) {
            album_add_truncated(name);
        } else {
            album_add_shade(name, i);
        }
    }
    album_listen();
    for (size_t most = 1; most < 24; most++) {
        struct dataset_options options = plain;
        struct dataset *dataset = NULL, *again = NULL;
        options.sample = (struct dataset_sample){most, 7};
        if (dataset_load(&dataset, album_path("in"), &options) != STATUS_OK) {
            assert_non_null(strstr(status_message(), "nobody has 1 readable images"));
            continue;
        }
        assert_int_equal(dataset_load(&again, album_path("in"), &options), STATUS_OK);
        assert_int_equal(dataset->count + dataset->skipped, most);
        assert_int_equal(dataset->people, 6); // also those of whom nothing is drawn
        assert_int_equal(again->count, dataset->count);
        for (size_t i = 0; i < dataset->count; i++) {
            const int shade = dataset_pixels(dataset, i)[0];
            snprintf(name, sizeof name, "%c/%d.png", 'a' + shade / 4, shade % 4);
            assert_string_equal(dataset->names[i], name);
            assert_string_equal(again->names[i], name);
            assert_int_equal(dataset->labels[i], shade / 4);
            assert_true(i == 0 || shade > dataset_pixels(dataset, i - 1)[0]);
        }
        dataset_destroy(&dataset);
        dataset_destroy(&again);
    }
    free(album_heard());
}

static void samples_of_two_seeds_differ_and_a_large_one_is_all(void **state)
{
    (void)state;
    struct dataset_options options = {.size = 16, .channels = 1, .images_min = 1};
    struct dataset *sets[4] = {NULL};
    static const struct dataset_sample samples[] = {{0, 0}, {30, 1}, {10, 1}, {10, 2}};
    for (size_t i = 0; i < 4; i++) {
        options.sample = samples[i];
        assert_int_equal(dataset_synthesize(&sets[i], 1, 0, 10, 3, &options), STATUS_OK);
    }
    assert_int_equal(sets[1]->count, 30);
    assert_memory_equal(sets[0]->pixels, sets[1]->pixels, 30 * 16 * 16);
    assert_int_equal(sets[2]->count, 10);
    assert_int_equal(sets[3]->count, 10);
    assert_memory_not_equal(sets[2]->pixels, sets[3]->pixels, 10 * 16 * 16);
    for (size_t i = 0; i < 10; i++) { // each with the pixels of its name
        size_t of = 0;
        while (strcmp(sets[0]->names[of], sets[2]->names[i]) != 0) {
            of++;
        }
        assert_memory_equal(dataset_pixels(sets[0], of), dataset_pixels(sets[2], i), 16 * 16);
    }
    for (size_t i = 0; i < 4; i++) {
        dataset_destroy(&sets[i]);
    }
}

/* Checks all parts of one split: disjoint, complete, of the right sizes. */
static void check_split(size_t people, int parts, double skew)
{
    struct dataset_options options = {.split_count = parts, .skew = skew, .seed = 3};
    int *owners = calloc(people, sizeof *owners);
    assert_non_null(owners);
    size_t sum = 0, last = people;
    double shares = 0;
    for (int i = 0; i < parts; i++) {
        shares += exp(-skew * i);
    }
    for (int i = 0; i < parts; i++) {
        uint32_t *chosen = NULL;
        size_t count = 0;
        options.split_index = i;
        assert_int_equal(dataset_split(&chosen, &count, people, &options), STATUS_OK);
        assert_true(count >= 1 && count <= last); // never more than an earlier part
        last = count;
        sum += count;
        for (size_t j = 0; j < count; j++) {
            assert_true(chosen[j] < people && (j == 0 || chosen[j] > chosen[j - 1]));
            assert_int_equal(owners[chosen[j]]++, 0);
        }
        // Within one person of its share, but for what parts of at least one person cost.
        const double share = (double)people * exp(-skew * i) / shares;
        assert_true((double)count < share + 1.0001);
        assert_true((double)count > share - (double)parts);
        if (skew <= 0) assert_true((double)count > share - 1);
        free(chosen);
    }
    assert_int_equal(sum, people);
    free(owners);
}

static void the_parts_of_a_split_are_disjoint_complete_and_of_their_size(void **state)
{
    (void)state;
    static const double skews[] = {0, 0.1, 0.5, 2, 60};
    for (size_t people = 1; people < 60; people += 3) {
        for (int parts = 1; parts <= 12 && (size_t)parts <= people; parts++) {
            for (size_t i = 0; i < sizeof skews / sizeof skews[0]; i++) {
                check_split(people, parts, skews[i]);
            }
        }
    }
}

static void a_split_depends_on_its_seed_and_on_nothing_else(void **state)
{
    (void)state;
    uint32_t *chosen[3] = {NULL};
    size_t count = 0;
    struct dataset_options options = {.split_count = 4, .split_index = 2, .seed = 1};
    assert_int_equal(dataset_split(&chosen[0], &count, 100, &options), STATUS_OK);
    options.size = 99;
    assert_int_equal(dataset_split(&chosen[1], &count, 100, &options), STATUS_OK);
    options.seed = 2;
    assert_int_equal(dataset_split(&chosen[2], &count, 100, &options), STATUS_OK);
    assert_memory_equal(chosen[0], chosen[1], count * sizeof(uint32_t));
    assert_memory_not_equal(chosen[0], chosen[2], count * sizeof(uint32_t));
    for (int i = 0; i < 3; i++) {
        free(chosen[i]);
    }
}

static void more_parts_than_people_are_refused(void **state)
{
    (void)state;
    album_add_shade("in/ann/1.png", 1);
    struct dataset_options options = plain;
    options.split_count = 2;
    struct dataset *dataset = NULL;
    assert_int_equal(dataset_load(&dataset, album_path("in"), &options), STATUS_BAD_INPUT);
    assert_non_null(strstr(status_message(), "1 people cannot be shared out over 2"));
    assert_int_equal(dataset_synthesize(&dataset, 1, 0, 1, 1, &options), STATUS_BAD_INPUT);
}

static void the_parts_of_a_folder_hold_each_image_once(void **state)
{
    (void)state;
    char name[64];
    int seen[30] = {0};
    for (int i = 0; i < 30; i++) {
        snprintf(name, sizeof name, "in/%02d/%d.png", i / 3, i % 3);
        album_add_shade(name, i);
    }
    for (int part = 0; part < 3; part++) {
        struct dataset_options options = plain;
        options.split_count = 3;
        options.split_index = part;
        options.skew = 1;
        struct dataset *dataset = NULL;
        assert_int_equal(dataset_load(&dataset, album_path("in"), &options), STATUS_OK);
        for (size_t i = 0; i < dataset->count; i++) {
            const int shade = dataset_pixels(dataset, i)[0];
            seen[shade]++;
            assert_int_equal(dataset->labels[i], i / 3);
            snprintf(name, sizeof name, "%02d/%d.png", shade / 3, shade % 3);
            assert_string_equal(dataset->names[i], name);
        }
        dataset_destroy(&dataset);
    }
    for (int i = 0; i < 30; i++) {
        assert_int_equal(seen[i], 1);
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, album_create, album_destroy)
    const struct CMUnitTest tests[] = {
        TEST(only_a_sample_is_read_when_asked),
        cmocka_unit_test(samples_of_two_seeds_differ_and_a_large_one_is_all),
        cmocka_unit_test(the_parts_of_a_split_are_disjoint_complete_and_of_their_size),
        cmocka_unit_test(a_split_depends_on_its_seed_and_on_nothing_else),
        TEST(more_parts_than_people_are_refused),
        TEST(the_parts_of_a_folder_hold_each_image_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
