// SPDX-License-Identifier: Apache-2.0
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "fakes/album.h"
#include "image/pairs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void add_text(const char *name, const char *text)
{
    album_add_bytes(name, text, strlen(text));
}

static enum status load(struct pairs **pairs, struct dataset **images)
{
    return pairs_load(pairs, images, album_path("pairs.txt"), album_path("in"), 8, 1);
}

static const uint8_t *shade(const struct dataset *images, uint32_t index)
{
    return dataset_pixels(images, index);
}

/* Images NAME_0001 and so on with shades first, first + 1, ... */
static void add_person(const char *name, int count, int first, const char *ending)
{
    for (int i = 0; i < count; i++) {
        char path[128];
        snprintf(path, sizeof path, "in/%s/%s_%04d.%s", name, name, i + 1, ending);
        album_add_shade(path, first + i);
    }
}

static void folds_of_pairs_are_read_in_the_order_of_the_file(void **state)
{
    (void)state;
    add_person("Ann", 3, 10, "pgm");
    add_person("Bob_B", 2, 20, "png");
    add_person("Eve", 1, 30, "PGM");
    add_text("pairs.txt", "2\t1\nAnn\t1\t3\nAnn\t2\tBob_B\t1\nBob_B 2 1\r\nEve 1 Ann 3\n");
    struct pairs *pairs = NULL;
    struct dataset *images = NULL;
    assert_int_equal(load(&pairs, &images), STATUS_OK);
    assert_int_equal(pairs->folds, 2);
    assert_int_equal(pairs->count, 4);
    assert_int_equal(pairs->missing, 0);
    static const int shades[4][2] = {{10, 12}, {11, 20}, {21, 20}, {30, 12}};
    for (size_t i = 0; i < 4; i++) {
        const struct pair *pair = &pairs->list[i];
        assert_int_equal(pair->same, i % 2 == 0);
        assert_int_equal(*shade(images, pair->first), shades[i][0]);
        assert_int_equal(*shade(images, pair->second), shades[i][1]);
        assert_int_equal(images->labels[pair->first] == images->labels[pair->second], pair->same);
    }
    assert_int_equal(images->count, 6); // each image once
    assert_int_equal(images->people, 3);
    assert_string_equal(images->people_names[1], "Bob_B");
    assert_string_equal(images->names[pairs->list[3].first], "Eve/Eve_0001.PGM");
    pairs_destroy(&pairs);
    pairs_destroy(&pairs);
    dataset_destroy(&images);
}

static void a_list_with_one_number_is_one_fold_and_names_may_hold_blanks(void **state)
{
    (void)state;
    add_person("Ann Lee", 2, 10, "png");
    add_person("Bob", 1, 20, "png");
    add_text("pairs.txt", "1\nAnn Lee\t1\t2\nAnn Lee\t1\tBob\t1\n\n");
    struct pairs *pairs = NULL;
    struct dataset *images = NULL;
    assert_int_equal(load(&pairs, &images), STATUS_OK);
    assert_int_equal(pairs->folds, 1);
    assert_int_equal(pairs->count, 2);
    pairs_destroy(&pairs);
    dataset_destroy(&images);
}

static void pairs_of_missing_and_broken_images_are_named_and_left_out(void **state)
{
    (void)state;
    add_person("Ann", 3, 10, "png");
    add_person("Bob", 2, 20, "png");
    album_add_truncated("in/Eve/Eve_0001.jpg");
    add_text("pairs.txt",
             "1 3\nAnn 1 2\nAnn 1 4\nBob 1 2\nAnn 1 Bob 1\nEve 1 Ann 2\nAnn 3 Bob 2\n");
    struct pairs *pairs = NULL;
    struct dataset *images = NULL;
    album_listen();
    assert_int_equal(load(&pairs, &images), STATUS_OK);
    char *heard = album_heard();
    assert_non_null(strstr(heard, "pairs.txt:3: pair left out: Ann_0004"));
    assert_non_null(strstr(heard, "pairs.txt:6: pair left out: Eve_0001"));
    assert_non_null(strstr(heard, "Eve_0001.jpg: broken JPEG"));
    free(heard);
    assert_int_equal(pairs->missing, 2);
    assert_int_equal(pairs->count, 4);
    static const int shades[4][2] = {{10, 11}, {20, 21}, {10, 20}, {12, 21}};
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(*shade(images, pairs->list[i].first), shades[i][0]);
        assert_int_equal(*shade(images, pairs->list[i].second), shades[i][1]);
    }
    pairs_destroy(&pairs);
    dataset_destroy(&images);
}

static void a_file_whose_images_are_mostly_missing_fails(void **state)
{
    (void)state;
    add_person("Ann", 2, 10, "png");
    add_text("pairs.txt", "2\nAnn 1 2\nAnn 2 3\nAnn 1 Bob 1\nAnn 2 Bob 2\n");
    struct pairs *pairs = NULL;
    struct dataset *images = NULL;
    assert_int_equal(load(&pairs, &images), STATUS_BAD_INPUT);
    assert_null(pairs);
    assert_null(images);
    assert_non_null(strstr(status_message(), "3 of 4 pairs"));
    assert_non_null(strstr(status_message(), "Ann/Ann_0003"));
}

static void missing_files_and_folders_are_named(void **state)
{
    (void)state;
    struct pairs *pairs = NULL;
    struct dataset *images = NULL;
    assert_int_equal(load(&pairs, &images), STATUS_NOT_FOUND);
    assert_non_null(strstr(status_message(), "pairs.txt"));
    add_text("pairs.txt", "1\nAnn 1 2\nAnn 1 Bob 1\n");
    assert_int_equal(load(&pairs, &images), STATUS_NOT_FOUND);
    assert_non_null(strstr(status_message(), album_path("in")));
}

static void malformed_lines_are_named_by_their_number(void **state)
{
    (void)state;
    static const struct {
        const char *text, *message;
    } cases[] = {
        {"", "pairs.txt:1:"},
        {"hello\n", "pairs.txt:1:"},
        {"0\n", "pairs.txt:1:"},
        {"11 2\n", "pairs.txt:1:"},
        {"1 2 3\n", "pairs.txt:1:"},
        {"1 -2\n", "pairs.txt:1:"},
        {"1 1000001\n", "pairs.txt:1:"},
        {"1\nA 1 2\nA 1 B\n", "pairs.txt:3: not a pair, expected NAME NUMBER NAME NUMBER"},
        {"1\nA 1 B 2\nA 1 B 2\n", "pairs.txt:2: not a pair, expected NAME NUMBER NUMBER"},
        {"1\nA 1 x\nA 1 B 2\n", "pairs.txt:2:"},
        {"1\nA 1 2 3 4 5 6\nA 1 B 2\n", "pairs.txt:2:"},
        {"1\nA 1 1000000\nA 1 B 2\n", "pairs.txt:2:"},
        {"1\n../A 1 2\nA 1 B 2\n", "pairs.txt:2:"},
        {"1\n.. 1 2\nA 1 B 2\n", "pairs.txt:2:"},
        {"1\nA/B 1 2\nA 1 B 2\n", "pairs.txt:2:"},
        {"1\nA 1 2\n\nA 1 B 2\n", "pairs.txt:3:"},
        {"2 1\nA 1 2\nA 1 B 2\nA 1 2\n", "pairs.txt:5: the file ends before all its pairs"},
        {"1\nA 1 2\nA 1 B 2\n\nA 1 2\n", "pairs.txt:5: more lines than the 2 pairs"},
    };
    add_person("A", 2, 0, "png");
    add_person("B", 2, 4, "png");
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct pairs *pairs = NULL;
        struct dataset *images = NULL;
        add_text("pairs.txt", cases[i].text);
        assert_int_equal(load(&pairs, &images), STATUS_BAD_INPUT);
        if (strstr(status_message(), cases[i].message) == NULL) {
            fail_msg("case %zu: %s", i, status_message());
        }
    }
}

/* A dataset without pixels: people with 1, 2, ... images. */
static struct dataset *make_people(uint32_t *labels, size_t people)
{
    static struct dataset dataset;
    dataset = (struct dataset){.size = 8, .channels = 1, .people = people, .labels = labels};
    for (size_t i = 0; i < people; i++) {
        for (size_t j = 0; j <= i; j++) {
            labels[dataset.count++] = (uint32_t)i;
        }
    }
    return &dataset;
}

static int compare_pairs(const void *first, const void *second)
{
    const struct pair *a = first, *b = second;
    const uint32_t keys[4] = {a->first < a->second ? a->first : a->second,
                              b->first < b->second ? b->first : b->second, a->first + a->second,
                              b->first + b->second};
    return keys[0] != keys[1] ? (keys[0] > keys[1]) - (keys[0] < keys[1])
                              : (keys[2] > keys[3]) - (keys[2] < keys[3]);
}

static void check_drawn(const struct pairs *pairs, const struct dataset *images, size_t count)
{
    assert_int_equal(pairs->count, count);
    assert_int_equal(pairs->folds, 10);
    for (size_t i = 0; i < count; i++) {
        const struct pair *pair = &pairs->list[i];
        assert_int_equal(pair->same, i % 2 == 0);
        assert_int_not_equal(pair->first, pair->second);
        assert_int_equal(images->labels[pair->first] == images->labels[pair->second], pair->same);
    }
    struct pair *sorted = malloc(count * sizeof *sorted);
    assert_non_null(sorted);
    memcpy(sorted, pairs->list, count * sizeof *sorted);
    qsort(sorted, count, sizeof *sorted, compare_pairs);
    for (size_t i = 1; i < count; i++) {
        assert_int_not_equal(compare_pairs(&sorted[i - 1], &sorted[i]), 0);
    }
    free(sorted);
}

static void drawn_pairs_are_distinct_and_half_of_them_of_one_person(void **state)
{
    (void)state;
    uint32_t labels[120];
    const struct dataset *images = make_people(labels, 15);
    // 560 pairs of one person exist: the last draw takes nearly all of them.
    for (size_t count = 20; count <= 1120; count += 55) {
        struct pairs *pairs = NULL;
        assert_int_equal(pairs_draw(&pairs, images, count, count), STATUS_OK);
        check_drawn(pairs, images, count);
        pairs_destroy(&pairs);
    }
}

static void the_same_seed_draws_the_same_pairs(void **state)
{
    (void)state;
    uint32_t labels[120];
    const struct dataset *images = make_people(labels, 15);
    struct pairs *pairs[3] = {NULL};
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(pairs_draw(&pairs[i], images, 200, i / 2), STATUS_OK);
    }
    int moved = 0;
    for (size_t i = 0; i < 200; i++) {
        assert_int_equal(pairs[0]->list[i].first, pairs[1]->list[i].first);
        assert_int_equal(pairs[0]->list[i].second, pairs[1]->list[i].second);
        moved += pairs[0]->list[i].first != pairs[2]->list[i].first;
    }
    assert_true(moved > 150);
    for (size_t i = 0; i < 3; i++) {
        pairs_destroy(&pairs[i]);
    }
}

static void more_pairs_than_exist_are_refused(void **state)
{
    (void)state;
    uint32_t labels[120];
    const struct dataset *images = make_people(labels, 15);
    struct pairs *pairs = NULL;
    assert_int_equal(pairs_draw(&pairs, images, 1121, 1), STATUS_BAD_INPUT);
    assert_non_null(strstr(status_message(), "560 pairs of one person"));
    assert_int_equal(pairs_draw(&pairs, images, 19, 1), STATUS_BAD_INPUT);
    for (size_t i = 0; i < 15; i++) {
        labels[i] = (uint32_t)i;
    }
    const struct dataset single = {
        .size = 8, .channels = 1, .count = 15, .people = 15, .labels = labels};
    assert_int_equal(pairs_draw(&pairs, &single, 20, 1), STATUS_BAD_INPUT);
    assert_null(pairs);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, album_create, album_destroy)
    const struct CMUnitTest tests[] = {
        TEST(folds_of_pairs_are_read_in_the_order_of_the_file),
        TEST(a_list_with_one_number_is_one_fold_and_names_may_hold_blanks),
        TEST(pairs_of_missing_and_broken_images_are_named_and_left_out),
        TEST(a_file_whose_images_are_mostly_missing_fails),
        TEST(missing_files_and_folders_are_named),
        TEST(malformed_lines_are_named_by_their_number),
        cmocka_unit_test(drawn_pairs_are_distinct_and_half_of_them_of_one_person),
        cmocka_unit_test(the_same_seed_draws_the_same_pairs),
        cmocka_unit_test(more_pairs_than_exist_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
