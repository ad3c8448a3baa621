// SPDX-License-Identifier: Apache-2.0
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "fakes/album.h"
#include "image/dataset.h"

#include <omp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct dataset_options plain = {.size = 8, .channels = 1, .images_min = 1};

static struct dataset *load(const char *name, const struct dataset_options *options)
{
    struct dataset *dataset = NULL;
    const enum status status = dataset_load(&dataset, album_path(name), options);
    if (status != STATUS_OK) fail_msg("%s", status_message());
    size_t people = 0, images = 0; // as many as were read, and those that were broken
    assert_int_equal(dataset_count(&people, &images, album_path(name), options), STATUS_OK);
    assert_true(people == dataset->people ? images == dataset->count + dataset->skipped
                                          : dataset->skipped > 0);
    return dataset;
}

static void check_load_fails(const char *name, enum status status, const char *reason)
{
    struct dataset *dataset = NULL;
    assert_int_equal(dataset_load(&dataset, album_path(name), &plain), status);
    assert_null(dataset);
    assert_non_null(strstr(status_message(), album_path(name)));
    if (strstr(status_message(), reason) == NULL) fail_msg("%s", status_message());
}

static void people_and_images_come_in_the_order_of_their_names(void **state)
{
    (void)state;
    album_add_shade("in/bob/2.pgm", 4);
    album_add_shade("in/bob/1.png", 3);
    album_add_shade("in/ann/b.PGM", 2);
    album_add_shade("in/ann/a.png", 1);
    album_add_shade("in/ann/10.png", 0);
    album_add_shade("in/Zoe/1.pnm", 9);
    struct dataset *dataset = load("in", &plain);
    static const char *const names[] = {"Zoe/1.pnm", "ann/10.png", "ann/a.png",
                                        "ann/b.PGM", "bob/1.png",  "bob/2.pgm"};
    static const uint32_t labels[] = {0, 1, 1, 1, 2, 2};
    assert_int_equal(dataset->count, 6);
    assert_int_equal(dataset->people, 3);
    assert_int_equal(dataset->skipped, 0);
    assert_string_equal(dataset->people_names[0], "Zoe");
    assert_string_equal(dataset->people_names[2], "bob");
    for (size_t i = 0; i < 6; i++) {
        assert_string_equal(dataset->names[i], names[i]);
        assert_int_equal(dataset->labels[i], labels[i]);
        assert_int_equal(dataset_pixels(dataset, i)[63], (int)(i == 0 ? 9 : i - 1));
    }
    dataset_destroy(&dataset);
    dataset_destroy(&dataset);
}

static void hidden_and_other_files_are_passed_over_and_links_followed(void **state)
{
    (void)state;
    album_add_shade("in/ann/1.png", 1);
    album_add_shade("in/ann/.2.png", 2);
    album_add_shade("in/.hidden/1.png", 3);
    album_add_shade("in/1.png", 4);
    album_add_bytes("in/ann/notes.txt", "x", 1);
    album_add_shade("in/ann/folder.png/1.png", 5);
    album_add_shade("elsewhere/face.png", 6);
    assert_int_equal(symlink(album_path("elsewhere/face.png"), album_path("in/ann/link.png")), 0);
    assert_int_equal(symlink(album_path("elsewhere"), album_path("in/eve")), 0);
    struct dataset *dataset = load("in", &plain);
    assert_int_equal(dataset->count, 3);
    assert_string_equal(dataset->names[1], "ann/link.png");
    assert_string_equal(dataset->names[2], "eve/face.png");
    dataset_destroy(&dataset);
}

static void a_truncated_jpeg_among_good_ones_is_named_skipped_and_counted(void **state)
{
    (void)state;
    album_add_shade("in/ann/1.png", 1);
    album_add_truncated("in/ann/2.jpg");
    album_add_shade("in/ann/3.png", 3);
    album_add_bytes("in/bob/1.png", "", 0);
    album_add_shade("in/bob/2.png", 5);
    for (int threads = 1; threads <= 5; threads += 4) {
        omp_set_num_threads(threads);
        album_listen();
        struct dataset *dataset = load("in", &plain);
        char *heard = album_heard();
        const char *first = strstr(heard, "in/ann/2.jpg: broken JPEG");
        const char *second = strstr(heard, "in/bob/1.png: the file is empty");
        assert_true(first != NULL && second != NULL && first < second);
        assert_non_null(strstr(heard, "2 broken images"));
        free(heard);
        assert_int_equal(dataset->skipped, 2);
        assert_int_equal(dataset->count, 3);
        assert_string_equal(dataset->names[1], "ann/3.png");
        assert_int_equal(dataset_pixels(dataset, 1)[0], 3);
        assert_int_equal(dataset->labels[2], 1);
        assert_int_equal(dataset_pixels(dataset, 2)[0], 5);
        dataset_destroy(&dataset);
    }
}

static void a_person_with_too_few_readable_images_is_left_out_by_name(void **state)
{
    (void)state;
    album_add_shade("in/ann/1.png", 1);
    album_add_shade("in/bob/1.png", 2);
    album_add_shade("in/bob/2.png", 3);
    album_add_shade("in/eve/1.png", 4);
    album_add_truncated("in/eve/2.jpg");
    album_add_shade("in/joe/1.png", 5);
    album_add_shade("in/joe/2.png", 6);
    struct dataset_options options = plain;
    options.images_min = 2;
    album_listen();
    struct dataset *dataset = load("in", &options);
    char *heard = album_heard();
    assert_non_null(strstr(heard, "left out: ann has 1"));
    assert_non_null(strstr(heard, "left out: eve has 1"));
    free(heard);
    assert_int_equal(dataset->people, 2);
    assert_int_equal(dataset->count, 4);
    assert_string_equal(dataset->people_names[0], "bob");
    assert_string_equal(dataset->people_names[1], "joe");
    assert_int_equal(dataset->labels[1], 0);
    assert_int_equal(dataset->labels[2], 1);
    dataset_destroy(&dataset);
}

static void a_missing_or_empty_folder_is_told_what_is_expected(void **state)
{
    (void)state;
    check_load_fails("nowhere", STATUS_NOT_FOUND, "DIR/PERSON/IMAGE");
    assert_int_equal(mkdir(album_path("empty"), 0755), 0);
    check_load_fails("empty", STATUS_BAD_INPUT, "DIR/PERSON/IMAGE");
    album_add_shade("flat/1.png", 1);
    check_load_fails("flat", STATUS_BAD_INPUT, "DIR/PERSON/IMAGE");
    check_load_fails("flat/1.png", STATUS_IO, "DIR/PERSON/IMAGE");
    album_add_bytes("texts/ann/1.txt", "x", 1);
    album_listen();
    check_load_fails("texts", STATUS_BAD_INPUT, "none of its 1 people has 1 images");
    album_add_truncated("broken/ann/1.jpg");
    check_load_fails("broken", STATUS_BAD_INPUT, "nobody has 1 readable images");
    free(album_heard());
}

static void only_the_first_people_and_images_are_taken_when_asked(void **state)
{
    (void)state;
    char name[64];
    for (int i = 0; i < 20; i++) {
        snprintf(name, sizeof name, "in/%c/%d.png", 'a' + i / 4, i % 4);
        album_add_shade(name, i);
    }
    struct dataset_options options = plain;
    options.people_max = 3;
    options.images_max = 2;
    struct dataset *dataset = load("in", &options);
    assert_int_equal(dataset->people, 3);
    assert_int_equal(dataset->count, 6);
    assert_string_equal(dataset->names[5], "c/1.png");
    dataset_destroy(&dataset);
}

static void pictures_become_the_side_and_channels_asked_for(void **state)
{
    (void)state;
    album_add_shade("in/ann/1.png", 77);
    album_add_bytes("in/ann/2.ppm", "P6 1 1 255\n\x4d\x4d\x4d", 14);
    const struct dataset_options options = {.size = 16, .channels = 3, .images_min = 1};
    struct dataset *dataset = load("in", &options);
    assert_int_equal(dataset->count, 2);
    for (size_t i = 0; i < 2 * 16 * 16 * 3; i++) {
        assert_int_equal(dataset->pixels[i], 77);
    }
    dataset_destroy(&dataset);
}

static void synthetic_people_are_the_same_from_memory_and_from_files(void **state)
{
    (void)state;
    const struct dataset_options options = {
        .size = 112, .channels = 3, .images_min = 1, .split_count = 2, .split_index = 1};
    struct dataset *made = NULL;
    assert_int_equal(dataset_synthesize(&made, 5, 7, 4, 2, &options), STATUS_OK);
    assert_int_equal(made->people, 2);
    assert_int_equal(made->count, 4);
    for (size_t i = 0; i < made->count; i++) {
        char name[256];
        snprintf(name, sizeof name, "in/%s", made->names[i]);
        album_add_bytes(name, "", 0); // makes its folder
        const struct image image = {made->pixels + i * 112 * 112 * 3, 112, 112, 3};
        assert_int_equal(image_write_png(&image, album_path(name)), STATUS_OK);
    }
    struct dataset_options whole = options;
    whole.split_count = 0;
    whole.split_index = 0;
    struct dataset *read = load("in", &whole);
    assert_int_equal(read->count, made->count);
    assert_memory_equal(read->pixels, made->pixels, made->count * 112 * 112 * 3);
    for (size_t i = 0; i < made->count; i++) {
        assert_string_equal(read->names[i], made->names[i]);
        assert_int_equal(read->labels[i], made->labels[i]);
    }
    dataset_destroy(&made);
    dataset_destroy(&read);
}

static void impossible_numbers_of_synthetic_people_are_refused(void **state)
{
    (void)state;
    static const int cases[][3] = {{0, 0, 1}, {0, 1, 0}, {-1, 1, 1}, {0xFFFFFF, 2, 1}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct dataset *dataset = NULL;
        assert_int_equal(
            dataset_synthesize(&dataset, 1, cases[i][0], cases[i][1], cases[i][2], &plain),
            STATUS_BAD_INPUT);
        assert_null(dataset);
    }
}

static void held_back_images_are_the_last_ones_and_one_always_stays(void **state)
{
    (void)state;
    char name[64];
    static const int images[] = {1, 2, 3, 6};
    for (int i = 0, shade = 0; i < 4; i++) {
        for (int j = 0; j < images[i]; j++) {
            snprintf(name, sizeof name, "in/%d/%d.png", i, j);
            album_add_shade(name, shade++);
        }
    }
    for (int holdout = 0; holdout < 8; holdout++) {
        struct dataset *dataset = load("in", &plain), *held = NULL;
        assert_int_equal(dataset_hold_out(&held, dataset, holdout), STATUS_OK);
        assert_int_equal(dataset->count + held->count, 12);
        assert_int_equal(held->people, 4);
        assert_string_equal(held->people_names[3], "3");
        for (int i = 0, shade = 0, left = 0, moved = 0; i < 4; i++) {
            const int most = images[i] - 1;
            const int stay = images[i] - (holdout < most ? holdout : most);
            for (int j = 0; j < images[i]; j++, shade++) {
                const struct dataset *from = j < stay ? dataset : held;
                const size_t index = (size_t)(j < stay ? left++ : moved++);
                assert_int_equal(dataset_pixels(from, index)[9], shade);
                assert_int_equal(from->labels[index], i);
                snprintf(name, sizeof name, "%d/%d.png", i, j);
                assert_string_equal(from->names[index], name);
            }
        }
        dataset_destroy(&dataset);
        dataset_destroy(&held);
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, album_create, album_destroy)
    const struct CMUnitTest tests[] = {
        TEST(people_and_images_come_in_the_order_of_their_names),
        TEST(hidden_and_other_files_are_passed_over_and_links_followed),
        TEST(a_truncated_jpeg_among_good_ones_is_named_skipped_and_counted),
        TEST(a_person_with_too_few_readable_images_is_left_out_by_name),
        TEST(a_missing_or_empty_folder_is_told_what_is_expected),
        TEST(only_the_first_people_and_images_are_taken_when_asked),
        TEST(pictures_become_the_side_and_channels_asked_for),
        TEST(synthetic_people_are_the_same_from_memory_and_from_files),
        cmocka_unit_test(impossible_numbers_of_synthetic_people_are_refused),
        TEST(held_back_images_are_the_last_ones_and_one_always_stays),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
