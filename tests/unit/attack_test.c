// SPDX-License-Identifier: Apache-2.0
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "defence/attack.h"
#include "fakes/album.h"
#include "fakes/trained.h"
#include "image/image.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void each_person_is_shown_once_before_any_is_shown_twice(void **state)
{
    (void)state;
    struct dataset *faces = trained_faces(0, 6, 3);
    uint32_t index[ATTACK_PICTURES];
    assert_int_equal(attack_shown(index, faces), ATTACK_PICTURES);
    for (size_t i = 0; i < 6; i++) {
        assert_int_equal(faces->labels[index[i]], i);
        assert_int_equal(index[6 + i], index[i] + 1);
    }
    dataset_destroy(&faces);
    faces = trained_faces(0, 2, 1);
    assert_int_equal(attack_shown(index, faces), 2);
    dataset_destroy(&faces);
}

static void pictures_stand_in_a_row(void **state)
{
    (void)state;
    struct dataset *faces = trained_faces(0, 2, 1);
    const struct attack_data data = {.victims = faces};
    char folder[LIMIT_PATH];
    struct image row = {0};
    snprintf(folder, sizeof folder, "%s", album_path(""));
    const struct attack_context context = {.data = &data, .folder = folder};
    assert_int_equal(attack_pictures(&context, "linear", faces->pixels, 2), STATUS_OK);
    assert_int_equal(image_read(&row, album_path("linear.png")), STATUS_OK);
    assert_int_equal(row.height, 56);
    assert_int_equal(row.width, 112);
    assert_memory_equal(row.pixels + 9 * 112, dataset_pixels(faces, 0) + 9 * 56, 56);
    assert_memory_equal(row.pixels + 9 * 112 + 56, dataset_pixels(faces, 1) + 9 * 56, 56);
    image_destroy(&row);
    dataset_destroy(&faces);
}

/* Three pictures of four faces: of the third, of the first, and of the third again. */
static void a_picture_stands_under_what_it_shows_and_grey_where_there_is_none(void **state)
{
    (void)state;
    static const uint32_t truth[] = {2, 0, 2};
    static struct figures figures;
    struct dataset *faces = trained_faces(0, 4, 1);
    const struct attack_data data = {.victims = faces};
    const size_t bytes = (size_t)56 * 56;
    char folder[LIMIT_PATH];
    struct image row = {0};
    uint8_t *pictures = malloc(3 * bytes);
    assert_non_null(pictures);
    for (size_t i = 0; i < 3; i++) {
        memset(pictures + i * bytes, (int)(10 * i), bytes);
    }
    snprintf(folder, sizeof folder, "%s", album_path(""));
    const struct attack_context context = {.data = &data, .folder = folder};
    assert_int_equal(attack_measure_as(&context, &figures, "x", pictures, truth, 3), STATUS_OK);
    assert_int_equal(image_read(&row, album_path("x.png")), STATUS_OK);
    assert_int_equal(row.width, 4 * 56);
    assert_int_equal(row.pixels[0 * 56], 10);
    assert_int_equal(row.pixels[1 * 56], 128);
    assert_int_equal(row.pixels[2 * 56], 20); // number 2, which is of image 2, before number 0
    assert_int_equal(row.pixels[3 * 56], 128);
    image_destroy(&row);
    free(pictures);
    dataset_destroy(&faces);
}

static bool refuse(void *context, const char *what, uint64_t done, uint64_t total)
{
    (void)what;
    *(uint64_t *)context = done * 100 + total;
    return false;
}

static void a_tick_that_refuses_stops(void **state)
{
    (void)state;
    uint64_t told = 0;
    struct attack_context context = {0};
    assert_int_equal(attack_progress(&context, "learning", 1, 2), STATUS_OK);
    context.tick = refuse;
    context.tick_context = &told;
    assert_int_equal(attack_progress(&context, "learning", 1, 2), STATUS_STOPPED);
    assert_int_equal(told, 102);
    assert_non_null(strstr(status_message(), "learning"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_person_is_shown_once_before_any_is_shown_twice),
        cmocka_unit_test_setup_teardown(pictures_stand_in_a_row, album_create, album_destroy),
        cmocka_unit_test_setup_teardown(
            a_picture_stands_under_what_it_shows_and_grey_where_there_is_none, album_create,
            album_destroy),
        cmocka_unit_test(a_tick_that_refuses_stops),
    };
    return cmocka_run_group_tests_name("attack", tests, NULL, NULL);
}
