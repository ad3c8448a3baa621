// SPDX-License-Identifier: Apache-2.0
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "base/files.h"
#include "base/limits.h"
#include "base/random.h"
#include "image/image.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The pictures of tests/fuzz/make_image_corpus.c. */
enum { WIDTH = 24, HEIGHT = 16 };

static const char *path_of(const char *name)
{
    static char path[LIMIT_PATH];
    snprintf(path, sizeof path, "%s/fuzz/corpus/image/%s", TEST_SOURCE_DIR, name);
    return path;
}

static int drawn(int x, int y, int channel)
{
    return channel == 0 ? 10 * x : channel == 1 ? 15 * y : 128;
}

static int at(const struct image *image, int x, int y, int channel)
{
    return image->pixels[(y * image->width + x) * image->channels + channel];
}

/* Reads a file of the corpus and compares each value with its formula. */
static void check_drawn(const char *name, int channels, int tolerance)
{
    struct image image;
    const enum status status = image_read(&image, path_of(name));
    if (status != STATUS_OK) fail_msg("%s", status_message());
    assert_int_equal(image.width, WIDTH);
    assert_int_equal(image.height, HEIGHT);
    assert_int_equal(image.channels, channels);
    for (int i = 0; i < WIDTH * HEIGHT * channels; i++) {
        const int x = i / channels % WIDTH, y = i / channels / WIDTH, c = i % channels;
        if (abs(at(&image, x, y, c) - drawn(x, y, c)) > tolerance) {
            fail_msg("%s at %d, %d, channel %d: %d", name, x, y, c, at(&image, x, y, c));
        }
    }
    image_destroy(&image);
}

static void jpegs_show_what_they_were_made_from(void **state)
{
    (void)state;
    check_drawn("grey.jpg", 1, 3);
    check_drawn("colour.jpg", 3, 12); // colours are stored at half the resolution
    check_drawn("progressive.jpg", 3, 12);
}

static void pngs_and_pnms_show_exactly_what_they_were_made_from(void **state)
{
    (void)state;
    check_drawn("grey8.png", 1, 0);
    check_drawn("rgb16.png", 3, 0);
    check_drawn("plain.pgm", 1, 0);
    check_drawn("plain.ppm", 3, 0);
    check_drawn("binary.pgm", 1, 0);
    check_drawn("binary.ppm", 3, 0);
    check_drawn("binary16.ppm", 3, 0);
}

static int over_black(int value, int alpha)
{
    return (value * alpha + 127) / 255;
}

static void alpha_is_laid_over_black(void **state)
{
    (void)state;
    struct image colour, grey;
    assert_int_equal(image_read(&colour, path_of("rgb_alpha8.png")), STATUS_OK);
    assert_int_equal(image_read(&grey, path_of("grey_alpha16.png")), STATUS_OK);
    assert_int_equal(colour.channels, 3);
    assert_int_equal(grey.channels, 1);
    for (int y = 0; y < HEIGHT; y++) {
        for (int x = 0; x < WIDTH; x++) {
            const int alpha = x < WIDTH / 2 ? 255 : 128;
            assert_int_equal(at(&grey, x, y, 0), over_black(drawn(x, y, 0), alpha));
            for (int c = 0; c < 3; c++) {
                assert_int_equal(at(&colour, x, y, c), over_black(drawn(x, y, c), alpha));
            }
        }
    }
    image_destroy(&colour);
    image_destroy(&grey);
}

static void palettes_and_single_bits_become_bytes(void **state)
{
    (void)state;
    struct image image;
    assert_int_equal(image_read(&image, path_of("palette4.png")), STATUS_OK);
    assert_int_equal(image.channels, 3);
    for (int x = 0; x < WIDTH; x++) {
        const int entry = x % 16, alpha = entry == 0 ? 0 : entry == 1 ? 128 : 255;
        assert_int_equal(at(&image, x, 3, 0), over_black(17 * entry, alpha));
        assert_int_equal(at(&image, x, 3, 1), over_black(255 - 17 * entry, alpha));
        assert_int_equal(at(&image, x, 3, 2), over_black(64, alpha));
    }
    image_destroy(&image);
    assert_int_equal(image_read(&image, path_of("grey1.png")), STATUS_OK);
    assert_int_equal(image.channels, 1);
    for (int i = 0; i < WIDTH * HEIGHT; i++) {
        assert_int_equal(image.pixels[i], (i % WIDTH + i / WIDTH) % 2 * 255);
    }
    image_destroy(&image);
}

/* The call must fail, name the picture and say `reason`. */
static void check_refused(const void *bytes, size_t size, const char *reason)
{
    struct image image;
    assert_int_equal(image_decode(&image, bytes, size, "anna/3.jpg"), STATUS_BAD_INPUT);
    assert_null(image.pixels);
    assert_non_null(strstr(status_message(), "anna/3.jpg"));
    if (strstr(status_message(), reason) == NULL) fail_msg("%s", status_message());
}

static void every_truncated_picture_is_an_error_that_names_it(void **state)
{
    (void)state;
    static const char *const names[] = {"grey.jpg",         "colour.jpg",  "progressive.jpg",
                                        "grey8.png",        "rgb16.png",   "palette4.png",
                                        "grey_alpha16.png", "binary16.ppm"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        uint8_t *bytes = NULL;
        size_t size = 0;
        assert_int_equal(files_read(&bytes, &size, path_of(names[i]), LIMIT_FILE_IMAGE), STATUS_OK);
        for (size_t cut = 0; cut < size; cut++) {
            check_refused(bytes, cut, "");
        }
        free(bytes);
    }
}

static void a_damaged_byte_inside_a_jpeg_never_passes_as_grey_filling(void **state)
{
    (void)state;
    uint8_t *bytes = NULL;
    size_t size = 0;
    assert_int_equal(files_read(&bytes, &size, path_of("colour.jpg"), LIMIT_FILE_IMAGE), STATUS_OK);
    // A marker in the middle of the picture's data ends it early.
    bytes[size - 60] = 0xFF;
    bytes[size - 59] = 0xD9;
    check_refused(bytes, size, "JPEG");
    free(bytes);
}

static void colours_of_print_are_refused_by_name(void **state)
{
    (void)state;
    struct image image;
    assert_int_equal(image_read(&image, path_of("cmyk.jpg")), STATUS_BAD_INPUT);
    assert_non_null(strstr(status_message(), "cmyk.jpg"));
    assert_non_null(strstr(status_message(), "CMYK"));
}

static void broken_and_foreign_files_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *text, *reason;
    } cases[] = {
        {"", "empty"},
        {"GIF89a", "allowed are JPEG, PNG, PGM and PPM"},
        {"P4\n8 1\n\xff", "allowed are JPEG, PNG, PGM and PPM"},
        {"P5", "header"},
        {"P5 4", "header"},
        {"P5 4 x 255\n1234", "header"},
        {"P5 1 1 0\n1", "header"},
        {"P5 1 1 65536\n11", "header"},
        {"P5 1 1 255", "header"},
        {"P5 0 1 255\n", "0 x 1 pixels"},
        {"P5 8193 1 255\n1", "allowed are sides of 1 to 8192"},
        {"P6 8192 8192 255\n1", "too early"},
        {"P5 2 2 7\n\1\2\3\10", "after 3 of 4 values"},
        {"P2 2 2 255\n1 2 3", "after 3 of 4 values"},
        {"P2 2 2 255\n1 2 3 -4", "after 3 of 4 values"},
        {"P2 2 2 255\n1 2 3 256", "after 3 of 4 values"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        check_refused(cases[i].text, strlen(cases[i].text), cases[i].reason);
    }
}

static void a_jpeg_that_claims_a_huge_side_is_refused_before_memory_is_asked_for(void **state)
{
    (void)state;
    uint8_t *bytes = NULL;
    size_t size = 0;
    assert_int_equal(files_read(&bytes, &size, path_of("grey.jpg"), LIMIT_FILE_IMAGE), STATUS_OK);
    size_t frame = 0;
    while (bytes[frame] != 0xFF || bytes[frame + 1] != 0xC0) {
        frame++;
        assert_true(frame + 9 < size);
    }
    memset(bytes + frame + 5, 0xF0, 4); // height and width
    check_refused(bytes, size, "61680 x 61680 pixels");
    free(bytes);
}

static void comments_and_any_greatest_value_of_a_pgm_are_understood(void **state)
{
    (void)state;
    struct image image;
    static const char plain[] = "P2#one\n#two\n 2#three\n1 # four\n7 0 7";
    assert_int_equal(image_decode(&image, (const uint8_t *)plain, strlen(plain), "x"), STATUS_OK);
    assert_int_equal(image.pixels[0], 0);
    assert_int_equal(image.pixels[1], 255);
    image_destroy(&image);
    static const char binary[] = "P5 2 1 3\n\1\2 and another picture";
    assert_int_equal(image_decode(&image, (const uint8_t *)binary, strlen(binary), "x"), STATUS_OK);
    assert_int_equal(image.pixels[0], 85);
    assert_int_equal(image.pixels[1], 170);
    image_destroy(&image);
}

static void fill(struct image *image, uint32_t step)
{
    struct random random;
    random_start(&random, 1, 0, RANDOM_TEST, 0, step);
    for (int i = 0; i < image->height * image->width * image->channels; i++) {
        image->pixels[i] = (uint8_t)random_bits(&random);
    }
}

static void a_square_of_its_own_form_is_the_same_bytes(void **state)
{
    (void)state;
    for (int channels = 1; channels <= 3; channels += 2) {
        struct image image, square;
        assert_int_equal(image_create(&image, 112, 112, channels), STATUS_OK);
        fill(&image, 1);
        assert_int_equal(image_square(&square, &image, 112, channels), STATUS_OK);
        assert_memory_equal(square.pixels, image.pixels, (size_t)(112 * 112 * channels));
        image_destroy(&image);
        image_destroy(&square);
    }
}

static void the_centre_of_a_longer_picture_is_taken(void **state)
{
    (void)state;
    uint8_t wide[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}; // 2 x 6
    const struct image image = {wide, 2, 6, 1}, tall = {wide, 6, 2, 1};
    struct image square;
    assert_int_equal(image_square(&square, &image, 2, 1), STATUS_OK);
    assert_memory_equal(square.pixels, ((const uint8_t[]){3, 4, 9, 10}), 4);
    image_destroy(&square);
    assert_int_equal(image_square(&square, &tall, 2, 1), STATUS_OK);
    assert_memory_equal(square.pixels, ((const uint8_t[]){5, 6, 7, 8}), 4);
    image_destroy(&square);
}

static void grey_is_the_rounded_weighted_sum(void **state)
{
    (void)state;
    uint8_t pixels[] = {255, 0, 0, 0, 255, 0, 0, 0, 255, 10, 20, 30};
    const struct image image = {pixels, 2, 2, 3};
    struct image grey;
    assert_int_equal(image_square(&grey, &image, 2, 1), STATUS_OK);
    // 76.245, 149.685, 29.07 and 2.99 + 11.74 + 3.42 = 18.15
    assert_memory_equal(grey.pixels, ((const uint8_t[]){76, 150, 29, 18}), 4);
    struct image back;
    assert_int_equal(image_square(&back, &grey, 2, 3), STATUS_OK);
    assert_memory_equal(back.pixels, ((const uint8_t[]){76, 76, 76, 150, 150, 150}), 6);
    image_destroy(&grey);
    image_destroy(&back);
}

static void shrinking_averages_areas(void **state)
{
    (void)state;
    // 3 x 3 to 2 x 2: a target pixel covers one and a half source pixels in each direction.
    uint8_t pixels[] = {10, 40, 90, 20, 60, 100, 30, 80, 250};
    const struct image image = {pixels, 3, 3, 1};
    struct image half;
    assert_int_equal(image_square(&half, &image, 2, 1), STATUS_OK);
    const double first = (10 + 0.5 * 40 + 0.5 * 20 + 0.25 * 60) / 2.25;
    const double last = (250 + 0.5 * 80 + 0.5 * 100 + 0.25 * 60) / 2.25;
    assert_int_equal(half.pixels[0], (int)(first + 0.5));
    assert_int_equal(half.pixels[3], (int)(last + 0.5));
    image_destroy(&half);
}

static void growing_is_bilinear_between_the_middles_of_pixels(void **state)
{
    (void)state;
    uint8_t pixels[] = {0, 100, 0, 100};
    const struct image image = {pixels, 2, 2, 1};
    struct image twice;
    assert_int_equal(image_square(&twice, &image, 4, 1), STATUS_OK);
    for (int y = 0; y < 4; y++) {
        assert_memory_equal(twice.pixels + 4 * y, ((const uint8_t[]){0, 25, 75, 100}), 4);
    }
    image_destroy(&twice);
}

static void one_colour_stays_that_colour_at_every_size(void **state)
{
    (void)state;
    static const int sides[] = {1, 2, 7, 8, 31, 112, 200};
    for (size_t i = 0; i < 49; i++) {
        const int from = sides[i / 7], to = sides[i % 7];
        struct image image, square;
        assert_int_equal(image_create(&image, from, from + 3, 3), STATUS_OK);
        for (int j = 0; j < from * (from + 3); j++) {
            memcpy(image.pixels + 3 * j, "\x01\xfe\x80", 3);
        }
        assert_int_equal(image_square(&square, &image, to, 3), STATUS_OK);
        for (int j = 0; j < to * to; j++) {
            assert_memory_equal(square.pixels + 3 * j, "\x01\xfe\x80", 3);
        }
        image_destroy(&image);
        image_destroy(&square);
    }
}

static void a_png_gives_back_what_was_written(void **state)
{
    (void)state;
    struct random random;
    random_start(&random, 2, 0, RANDOM_TEST, 0, 0);
    for (uint32_t i = 0; i < 40; i++) {
        struct image image, again;
        const int channels = i % 2 == 0 ? 1 : 3;
        assert_int_equal(image_create(&image, (int)random_below(&random, 60) + 1,
                                      (int)random_below(&random, 60) + 1, channels),
                         STATUS_OK);
        fill(&image, i);
        uint8_t *bytes = NULL;
        size_t size = 0;
        assert_int_equal(image_encode_png(&bytes, &size, &image), STATUS_OK);
        assert_int_equal(image_decode(&again, bytes, size, "again"), STATUS_OK);
        assert_int_equal(again.height, image.height);
        assert_int_equal(again.width, image.width);
        assert_int_equal(again.channels, channels);
        assert_memory_equal(again.pixels, image.pixels,
                            (size_t)(image.height * image.width * channels));
        free(bytes);
        image_destroy(&image);
        image_destroy(&again);
    }
}

static void files_that_cannot_be_read_or_written_are_named(void **state)
{
    (void)state;
    struct image image;
    assert_int_equal(image_read(&image, "/nowhere/anna.jpg"), STATUS_NOT_FOUND);
    assert_null(image.pixels);
    assert_non_null(strstr(status_message(), "/nowhere/anna.jpg"));
    assert_int_equal(image_create(&image, 1, 1, 1), STATUS_OK);
    assert_int_not_equal(image_write_png(&image, "/nowhere/anna.png"), STATUS_OK);
    assert_non_null(strstr(status_message(), "/nowhere/anna.png"));
    image_destroy(&image);
    image_destroy(&image);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(jpegs_show_what_they_were_made_from),
        cmocka_unit_test(pngs_and_pnms_show_exactly_what_they_were_made_from),
        cmocka_unit_test(alpha_is_laid_over_black),
        cmocka_unit_test(palettes_and_single_bits_become_bytes),
        cmocka_unit_test(every_truncated_picture_is_an_error_that_names_it),
        cmocka_unit_test(a_damaged_byte_inside_a_jpeg_never_passes_as_grey_filling),
        cmocka_unit_test(colours_of_print_are_refused_by_name),
        cmocka_unit_test(broken_and_foreign_files_are_refused),
        cmocka_unit_test(a_jpeg_that_claims_a_huge_side_is_refused_before_memory_is_asked_for),
        cmocka_unit_test(comments_and_any_greatest_value_of_a_pgm_are_understood),
        cmocka_unit_test(a_square_of_its_own_form_is_the_same_bytes),
        cmocka_unit_test(the_centre_of_a_longer_picture_is_taken),
        cmocka_unit_test(grey_is_the_rounded_weighted_sum),
        cmocka_unit_test(shrinking_averages_areas),
        cmocka_unit_test(growing_is_bilinear_between_the_middles_of_pixels),
        cmocka_unit_test(one_colour_stays_that_colour_at_every_size),
        cmocka_unit_test(a_png_gives_back_what_was_written),
        cmocka_unit_test(files_that_cannot_be_read_or_written_are_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
