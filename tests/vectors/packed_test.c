// SPDX-License-Identifier: Apache-2.0
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "fakes/album.h"
#include "image/dataset.h"
#include "image/pairs.h"

#include "base/files.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Made by make_packed.py; picture i of packed.pgm is 12 x 12 pixels, and its first pixel is i. */
#define VECTORS TEST_SOURCE_DIR "/vectors/"
#define BINS    TEST_SOURCE_DIR "/fuzz/corpus/pickle/"

enum { SIDE = 12, PIXELS = SIDE * SIDE, PICTURES = 20 };

static const struct dataset_options plain = {.size = SIDE, .channels = 1, .images_min = 1};
static struct image all; // pictures, one below the other

static int read_pictures(void **state)
{
    (void)state;
    return image_read(&all, VECTORS "packed.pgm") == STATUS_OK && all.height == PICTURES * SIDE
               ? 0
               : -1;
}

static int forget_pictures(void **state)
{
    (void)state;
    image_destroy(&all);
    return 0;
}

static void check_picture(const struct dataset *dataset, size_t index, size_t picture)
{
    assert_memory_equal(dataset_pixels(dataset, index), all.pixels + picture * PIXELS, PIXELS);
}

static struct dataset *load(const char *path, const struct dataset_options *options)
{
    struct dataset *dataset = NULL;
    if (dataset_load(&dataset, path, options) != STATUS_OK) fail_msg("%s", status_message());
    return dataset;
}

static void records_with_people_give_their_pictures_in_order(void **state)
{
    (void)state;
    static const uint32_t labels[] = {0, 0, 0, 1, 1, 2, 3, 3, 3, 3};
    album_listen();
    struct dataset *dataset = load(VECTORS "packed_people.rec", &plain);
    char *heard = album_heard();
    assert_non_null(strstr(heard, "left out: 00000003 has 0 readable images"));
    free(heard);
    assert_int_equal(dataset->count, 10);
    assert_int_equal(dataset->people, 4);
    for (size_t i = 0; i < dataset->count; i++) {
        assert_int_equal(dataset->labels[i], labels[i]);
        check_picture(dataset, i, i);
    }
    assert_string_equal(dataset->people_names[3], "00000004");
    assert_string_equal(dataset->names[9], "00000004/00000010");
    dataset_destroy(&dataset);
}

static void records_without_people_are_grouped_by_label(void **state)
{
    (void)state;
    struct dataset *dataset = load(VECTORS "packed_labels.rec", &plain);
    assert_int_equal(dataset->count, PICTURES);
    assert_int_equal(dataset->people, 3);
    static const char *const names[] = {"00000000", "00000005", "00000010"};
    for (size_t person = 0, next = 0; person < 3; person++) {
        assert_string_equal(dataset->people_names[person], names[person]);
        for (size_t picture = person; picture < PICTURES; picture += 3, next++) {
            assert_int_equal(dataset->labels[next], person);
            check_picture(dataset, next, picture);
        }
    }
    dataset_destroy(&dataset);
}

static void options_mean_for_records_what_they_mean_for_folders(void **state)
{
    (void)state;
    struct dataset_options options = plain;
    options.images_min = 2; // people 0, 1 and 4 are left
    options.images_max = 2;
    options.people_skip = 1;
    options.people_max = 1;
    album_listen();
    struct dataset *dataset = load(VECTORS "packed_people.rec", &options), *held = NULL;
    free(album_heard());
    assert_int_equal(dataset->count, 2);
    assert_string_equal(dataset->people_names[0], "00000001");
    check_picture(dataset, 1, 4);
    assert_int_equal(dataset_hold_out(&held, dataset, 1), STATUS_OK);
    assert_int_equal(held->count, 1);
    check_picture(held, 0, 4);
    dataset_destroy(&dataset);
    dataset_destroy(&held);
    struct dataset *whole = load(VECTORS "packed_people.rec", &plain);
    options = plain;
    options.sample = (struct dataset_sample){whole->count / 2, 1};
    dataset = load(VECTORS "packed_people.rec", &options);
    assert_int_equal(dataset->count, whole->count / 2);
    for (size_t i = 0, of = 0; i < dataset->count; i++) {
        while (strcmp(whole->names[of], dataset->names[i]) != 0) {
            of++;
        }
        check_picture(dataset, i, dataset_pixels(whole, of)[0]);
    }
    dataset_destroy(&whole);
    dataset_destroy(&dataset);
    int seen[PICTURES] = {0};
    for (int part = 0; part < 3; part++) {
        options = plain;
        options.split_count = 3;
        options.split_index = part;
        dataset = load(VECTORS "packed_labels.rec", &options);
        assert_int_equal(dataset->people, 1);
        for (size_t i = 0; i < dataset->count; i++) {
            seen[dataset_pixels(dataset, i)[0]]++;
        }
        dataset_destroy(&dataset);
    }
    for (int i = 0; i < PICTURES; i++) {
        assert_int_equal(seen[i], 1);
    }
}

static void the_records_that_were_cut_are_among_them(void **state)
{
    (void)state;
    static const uint8_t magic[4] = {0x0a, 0x23, 0xd7, 0xce};
    assert_memory_equal(all.pixels + 1 * PIXELS + 23, magic, 4);
    assert_memory_equal(all.pixels + 7 * PIXELS + 7, magic, 4);
    assert_memory_equal(all.pixels + 7 * PIXELS + 11, magic, 4);
    uint8_t *bytes = NULL;
    size_t size = 0;
    int kinds[4] = {0};
    assert_int_equal(files_read(&bytes, &size, VECTORS "packed_people.rec", 1 << 16), STATUS_OK);
    for (size_t i = 0; i + 8 <= size; i += 4) {
        if (memcmp(bytes + i, magic, 4) == 0) kinds[bytes[i + 7] >> 5]++;
    }
    free(bytes);
    static const int expected[4] = {14, 2, 1, 2};
    assert_memory_equal(kinds, expected, sizeof kinds);
}

static void sets_of_every_python_and_numpy_hold_the_same_pairs(void **state)
{
    (void)state;
    static const char *const names[] = {"python2", "python3", "python4", "python5",
                                        "numpy3",  "numpy4",  "numpy5",  "numpy_array"};
    for (size_t n = 0; n < sizeof names / sizeof names[0]; n++) {
        char path[1024];
        struct pairs *pairs = NULL;
        struct dataset *images = NULL;
        snprintf(path, sizeof path, BINS "%s.bin", names[n]);
        if (pairs_load_bin(&pairs, &images, path, SIDE, 1) != STATUS_OK) {
            fail_msg("%s", status_message());
        }
        assert_int_equal(pairs->count, PICTURES / 2);
        assert_int_equal(pairs->folds, 10);
        assert_int_equal(pairs->missing, 0);
        assert_int_equal(images->count, PICTURES);
        assert_int_equal(images->people, 15); // five pairs of one, five of two
        for (size_t i = 0; i < pairs->count; i++) {
            const struct pair *pair = &pairs->list[i];
            assert_int_equal(pair->same, i % 2 == 0);
            assert_int_equal(pair->first, 2 * i);
            assert_int_equal(pair->second, 2 * i + 1);
            check_picture(images, pair->first, 2 * i);
            check_picture(images, pair->second, 2 * i + 1);
            assert_int_equal(images->labels[2 * i] == images->labels[2 * i + 1], pair->same);
        }
        pairs_destroy(&pairs);
        dataset_destroy(&images);
    }
}

/* Writes python2.bin again, with what follows `at` changed. */
static enum status load_changed(size_t at, const char *bytes, size_t size, struct pairs **pairs,
                                struct dataset **images)
{
    uint8_t *file = NULL;
    size_t file_size = 0;
    assert_int_equal(files_read(&file, &file_size, BINS "python2.bin", 1 << 16), STATUS_OK);
    memcpy(file + at, bytes, size);
    album_add_bytes("in/set.bin", file, file_size);
    free(file);
    return pairs_load_bin(pairs, images, album_path("in/set.bin"), SIDE, 1);
}

static void a_pair_with_a_broken_picture_is_left_out_and_counted(void **state)
{
    (void)state;
    struct pairs *pairs = NULL;
    struct dataset *images = NULL;
    album_listen();
    assert_int_equal(load_changed(8, "XX", 2, &pairs, &images), STATUS_OK);
    char *heard = album_heard();
    assert_non_null(strstr(heard, "in/set.bin: byte 6: not a known picture format"));
    assert_non_null(strstr(heard, "pair 0 left out"));
    free(heard);
    assert_int_equal(pairs->missing, 1);
    assert_int_equal(pairs->count, 9);
    check_picture(images, pairs->list[0].first, 2);
    check_picture(images, pairs->list[8].second, 19);
    assert_false(pairs->list[0].same);
    pairs_destroy(&pairs);
    dataset_destroy(&images);
}

static void a_set_of_other_things_is_refused_by_file_and_byte(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        size_t size;
        const char *reason;
    } cases[] = {
        {"\x80\x02K\x01.", 5, "byte 2: expected two lists"},
        {"\x80\x02]]\x86.", 6, "0 pairs, at least 10 are needed"},
        {"\x80\x02](NNe]\x88"
         "a\x86.",
         12, "at least 10 are needed"},
        {"\x80\x02]Na]\x88"
         "a\x86.",
         10, "1 pictures for 1 pairs"},
        {"\x80\x02](NNNNNNNNNNNNNNNNNNNNe](\x88\x88\x88\x88\x88\x88\x88\x88\x88Ne\x86.", 40,
         "byte 36: neither true nor false"},
        {"\x80\x02](NNNNNNNNNNNNNNNNNNNNe](\x88\x88\x88\x88\x88\x88\x88\x88\x88\x88"
         "e\x86.",
         40, "byte 4: not a picture"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct pairs *pairs = NULL;
        struct dataset *images = NULL;
        album_add_bytes("in/set.bin", cases[i].bytes, cases[i].size);
        const char *path = album_path("in/set.bin");
        assert_int_equal(pairs_load_bin(&pairs, &images, path, SIDE, 1), STATUS_BAD_INPUT);
        assert_null(pairs);
        assert_null(images);
        assert_non_null(strstr(status_message(), path));
        if (strstr(status_message(), cases[i].reason) == NULL) fail_msg("%s", status_message());
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, album_create, album_destroy)
    const struct CMUnitTest tests[] = {
        TEST(records_with_people_give_their_pictures_in_order),
        TEST(records_without_people_are_grouped_by_label),
        TEST(options_mean_for_records_what_they_mean_for_folders),
        TEST(the_records_that_were_cut_are_among_them),
        TEST(sets_of_every_python_and_numpy_hold_the_same_pairs),
        TEST(a_pair_with_a_broken_picture_is_left_out_and_counted),
        TEST(a_set_of_other_things_is_refused_by_file_and_byte),
    };
    return cmocka_run_group_tests(tests, read_pictures, forget_pictures);
}
