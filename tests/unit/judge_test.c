// SPDX-License-Identifier: Apache-2.0
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "fakes/network_files.h"
#include "image/dataset.h"
#include "measures/judge.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { PEOPLE = 3, IMAGES = 6, COUNT = PEOPLE * IMAGES, SIZE = 7 };

static struct network_files files;
static struct judge *judge;

static int make_judge(void **state)
{
    (void)state;
    network_files_make_judge(&files);
    assert_int_equal(judge_open(&judge, files.folder), STATUS_OK);
    assert_int_equal(judge_size(judge), SIZE);
    return 0;
}

static int remove_judge(void **state)
{
    (void)state;
    judge_close(&judge);
    judge_close(&judge);
    network_files_remove(&files);
    return 0;
}

static struct dataset *make_faces(int size, int channels)
{
    struct dataset *faces = NULL;
    const struct dataset_options options = {.size = size, .channels = channels, .images_min = 1};
    assert_int_equal(dataset_synthesize(&faces, 6, 0, PEOPLE, IMAGES, &options), STATUS_OK);
    assert_int_equal(faces->count, COUNT);
    return faces;
}

static void embeddings_have_length_one_whatever_the_batch(void **state)
{
    (void)state;
    struct dataset *faces = make_faces(JUDGE_SIDE, 3);
    float all[COUNT * SIZE], one[SIZE];
    assert_int_equal(judge_embed(judge, all, faces->pixels, COUNT, JUDGE_SIDE, 3), STATUS_OK);
    for (size_t i = 0; i < COUNT; i++) {
        double squares = 0;
        assert_int_equal(judge_embed(judge, one, dataset_pixels(faces, i), 1, JUDGE_SIDE, 3),
                         STATUS_OK);
        for (size_t k = 0; k < SIZE; k++) {
            squares += (double)one[k] * (double)one[k];
            assert_true(fabs((double)one[k] - (double)all[i * SIZE + k]) < 1e-5);
        }
        assert_true(fabs(squares - 1) < 1e-5);
        if (i > 0) assert_memory_not_equal(all, all + i * SIZE, sizeof one);
    }
    dataset_destroy(&faces);
}

static void grey_pictures_are_as_colours_of_equal_parts(void **state)
{
    (void)state;
    struct dataset *grey = make_faces(JUDGE_SIDE, 1);
    const size_t pixels = (size_t)JUDGE_SIDE * JUDGE_SIDE;
    uint8_t *colour = malloc(3 * pixels);
    assert_non_null(colour);
    for (size_t i = 0; i < 3 * pixels; i++) {
        colour[i] = grey->pixels[i / 3];
    }
    float a[SIZE], b[SIZE];
    assert_int_equal(judge_embed(judge, a, grey->pixels, 1, JUDGE_SIDE, 1), STATUS_OK);
    assert_int_equal(judge_embed(judge, b, colour, 1, JUDGE_SIDE, 3), STATUS_OK);
    assert_memory_equal(a, b, sizeof a);
    free(colour);
    dataset_destroy(&grey);
}

static void pictures_of_another_side_are_resized(void **state)
{
    (void)state;
    uint8_t small[28 * 28 * 3], large[JUDGE_SIDE * JUDGE_SIDE * 3];
    memset(small, 90, sizeof small);
    memset(large, 90, sizeof large);
    float a[SIZE], b[SIZE];
    assert_int_equal(judge_embed(judge, a, small, 1, 28, 3), STATUS_OK);
    assert_int_equal(judge_embed(judge, b, large, 1, JUDGE_SIDE, 3), STATUS_OK);
    assert_memory_equal(a, b, sizeof a);
}

static void a_folder_without_the_network_is_named(void **state)
{
    (void)state;
    struct judge *none = NULL;
    assert_int_equal(judge_open(&none, "/tmp/no-such-folder"), STATUS_NOT_FOUND);
    assert_non_null(strstr(status_message(), "/tmp/no-such-folder/refnet.graph.tsv"));
    assert_null(none);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(embeddings_have_length_one_whatever_the_batch),
        cmocka_unit_test(grey_pictures_are_as_colours_of_equal_parts),
        cmocka_unit_test(pictures_of_another_side_are_resized),
        cmocka_unit_test(a_folder_without_the_network_is_named),
    };
    return cmocka_run_group_tests(tests, make_judge, remove_judge);
}
