// SPDX-License-Identifier: Apache-2.0
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "fakes/network_files.h"
#include "measures/recovered.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { SIZE = 32, PEOPLE = 8, IMAGES = 4, COUNT = PEOPLE * IMAGES };

static struct dataset *faces;
static uint8_t *recovered;
static size_t bytes;

static int make_faces(void **state)
{
    (void)state;
    const struct dataset_options options = {.size = SIZE, .channels = 3, .images_min = 1};
    assert_int_equal(dataset_synthesize(&faces, 6, 0, PEOPLE, IMAGES, &options), STATUS_OK);
    assert_int_equal(faces->count, COUNT);
    bytes = (size_t)COUNT * SIZE * SIZE * 3;
    recovered = malloc(bytes);
    return recovered == NULL;
}

static int remove_faces(void **state)
{
    (void)state;
    free(recovered);
    dataset_destroy(&faces);
    return 0;
}

/* Features of 4 numbers: the quarters' sums of the picture about the middle, of length one. */
static enum status embed(void *context, float *out, const uint8_t *pixels, size_t count)
{
    const size_t quarter = (size_t)SIZE * SIZE * 3 / 4;
    *(size_t *)context += count;
    for (size_t i = 0; i < count; i++, out += 4) {
        double sums[4], squares = 0;
        for (size_t k = 0; k < 4; k++) {
            sums[k] = 0;
            for (size_t at = 0; at < quarter; at++) {
                sums[k] += pixels[(i * 4 + k) * quarter + at] - 127.5;
            }
            squares += sums[k] * sums[k];
        }
        for (size_t k = 0; k < 4; k++) {
            out[k] = (float)(sums[k] / sqrt(squares));
        }
    }
    return STATUS_OK;
}

static enum status embed_not(void *context, float *out, const uint8_t *pixels, size_t count)
{
    (void)context, (void)out, (void)pixels, (void)count;
    return status_fail(STATUS_NO_MEMORY, "no features today");
}

static void perfect_recovery_is_told_as_such(void **state)
{
    (void)state;
    size_t embedded = 0;
    const struct recovered_features f1 = {embed, &embedded, 4};
    struct recovered_figures figures;
    assert_int_equal(recovered_measure(&figures, faces, faces->pixels, NULL, NULL, &f1), STATUS_OK);
    assert_true(isinf(figures.psnr));
    assert_true(fabs(figures.ssim - 1) < 1e-12);
    assert_true(fabs(figures.f1_cosine - 1) < 1e-6);
    assert_int_equal(embedded, 2 * COUNT);
}

static void what_has_no_instrument_is_not_measured(void **state)
{
    (void)state;
    struct recovered_figures figures;
    assert_int_equal(recovered_measure(&figures, faces, faces->pixels, NULL, NULL, NULL),
                     STATUS_OK);
    assert_true(isnan(figures.lpips) && isnan(figures.judge_cosine));
    assert_true(isnan(figures.f1_cosine) && isnan(figures.judge_verification));
}

static void figures_are_means_over_the_faces(void **state)
{
    (void)state;
    size_t embedded = 0;
    const struct recovered_features f1 = {embed, &embedded, 4};
    struct recovered_figures figures;
    for (size_t i = 0; i < bytes; i++) { // half of the faces in negative, half off by one
        const uint8_t value = faces->pixels[i];
        recovered[i] = i < bytes / 2 ? 255 - value : (uint8_t)(value ^ 1);
    }
    assert_int_equal(recovered_measure(&figures, faces, recovered, NULL, NULL, &f1), STATUS_OK);
    assert_true(fabs(figures.f1_cosine) < 1e-3); // half -1, half 1
    double psnr = 0;
    for (size_t i = 0; i < COUNT; i++) {
        double squares = 0;
        for (size_t k = i * bytes / COUNT; k < (i + 1) * bytes / COUNT; k++) {
            squares += pow((double)recovered[k] - faces->pixels[k], 2);
        }
        psnr += 10 * log10(255.0 * 255 / (squares * COUNT / (double)bytes)) / COUNT;
    }
    assert_true(fabs(figures.psnr - psnr) < 1e-9);
    assert_true(figures.ssim < 0.6);
}

/* Pictures of the person after the right one, by their places. */
static void move_on(uint8_t *to)
{
    const size_t person = bytes / PEOPLE;
    memcpy(to, faces->pixels + person, bytes - person);
    memcpy(to + bytes - person, faces->pixels, person);
}

static void the_judge_knows_recovered_faces_again_or_not(void **state)
{
    (void)state;
    struct network_files files;
    struct judge *judge = NULL;
    struct recovered_figures figures;
    network_files_make_judge(&files);
    assert_int_equal(judge_open(&judge, files.folder), STATUS_OK);
    assert_int_equal(recovered_measure(&figures, faces, faces->pixels, NULL, judge, NULL),
                     STATUS_OK);
    assert_true(fabs(figures.judge_cosine - 1) < 1e-6);
    assert_true(figures.judge_verification > 0.99);
    move_on(recovered);
    assert_int_equal(recovered_measure(&figures, faces, recovered, NULL, judge, NULL), STATUS_OK);
    assert_true(figures.judge_cosine < 0.9999);
    assert_true(figures.judge_verification < 0.75);
    struct dataset few = *faces;
    few.count = 9;
    assert_int_equal(recovered_measure(&figures, &few, few.pixels, NULL, judge, NULL), STATUS_OK);
    assert_true(fabs(figures.judge_cosine - 1) < 1e-6);
    assert_true(isnan(figures.judge_verification));
    uint32_t one[COUNT] = {0};
    struct dataset alone = *faces;
    alone.labels = one;
    assert_int_equal(recovered_measure(&figures, &alone, recovered, NULL, judge, NULL), STATUS_OK);
    assert_true(isnan(figures.judge_verification));
    judge_close(&judge);
    network_files_remove(&files);
}

static void lpips_is_the_mean_of_distances(void **state)
{
    (void)state;
    struct network_files files;
    struct lpips *lpips = NULL;
    struct recovered_figures figures;
    double each[COUNT], sum = 0;
    network_files_make_lpips(&files);
    assert_int_equal(lpips_open(&lpips, files.stem), STATUS_OK);
    move_on(recovered);
    assert_int_equal(lpips_distance(lpips, each, faces->pixels, recovered, COUNT, SIZE, 3),
                     STATUS_OK);
    for (int i = 0; i < COUNT; i++) {
        sum += each[i];
    }
    assert_int_equal(recovered_measure(&figures, faces, recovered, lpips, NULL, NULL), STATUS_OK);
    assert_true(fabs(figures.lpips - sum / COUNT) < 1e-12);
    assert_true(fabs(sum) > 1e-6);
    lpips_close(&lpips);
    network_files_remove(&files);
}

static void failures_of_features_are_passed_on(void **state)
{
    (void)state;
    const struct recovered_features f1 = {embed_not, NULL, 4};
    struct recovered_figures figures;
    assert_int_equal(recovered_measure(&figures, faces, faces->pixels, NULL, NULL, &f1),
                     STATUS_NO_MEMORY);
    assert_string_equal(status_message(), "no features today");
    const struct dataset none = {.size = SIZE, .channels = 3};
    assert_int_equal(recovered_measure(&figures, &none, recovered, NULL, NULL, NULL),
                     STATUS_BAD_INPUT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(perfect_recovery_is_told_as_such),
        cmocka_unit_test(what_has_no_instrument_is_not_measured),
        cmocka_unit_test(figures_are_means_over_the_faces),
        cmocka_unit_test(the_judge_knows_recovered_faces_again_or_not),
        cmocka_unit_test(lpips_is_the_mean_of_distances),
        cmocka_unit_test(failures_of_features_are_passed_on),
    };
    return cmocka_run_group_tests(tests, make_faces, remove_faces);
}
