// SPDX-License-Identifier: Apache-2.0
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "attacks/restore.h"
#include "base/limits.h"
#include "fakes/trained.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { SIZE = 56, AREA = SIZE * SIZE, AC = 35 };

static float plane[AREA], flat[AREA], maps[AREA * 64];
static double truth[AREA];
static int chosen[64];
static struct restore_band bands[64];

/* The bands of a portrait, the first `count` in zig-zag order from `first` on. */
static void look(int up8, int first, int count)
{
    struct dct *dct = NULL;
    struct dataset *faces = trained_faces(3, 1, 1);
    assert_int_equal(dct_create(&dct, (struct dct_shape){SIZE, 1, up8}), STATUS_OK);
    for (int c = 0; c < count; c++) {
        chosen[c] = dct_zigzag(first + c);
        bands[c] = (struct restore_band){chosen[c], 0.1, 1, 0, 0};
    }
    dct_forward(dct, maps, dataset_pixels(faces, 0), 1, chosen, count);
    for (int i = 0; i < AREA; i++) {
        truth[i] = (double)dataset_pixels(faces, 0)[i] - 128;
    }
    dataset_destroy(&faces);
    dct_destroy(&dct);
}

static void restore(int up8, int count, double slope, double spread)
{
    struct restore *made = NULL;
    const struct restore_prior prior = {flat, slope, spread};
    assert_int_equal(
        restore_create(&made, (struct dct_shape){SIZE, 1, up8}, bands, (size_t)count, &prior),
        STATUS_OK);
    double *room = calloc(restore_room(made), sizeof *room);
    assert_non_null(room);
    restore_plane(made, plane, maps, (size_t)count, room);
    free(room);
    restore_destroy(&made);
}

/* Root mean square error, up to one grey level and one contrast where asked. */
static double error_of(bool fitted)
{
    double x = 0, y = 0, xx = 0, xy = 0, sum = 0;
    for (int i = 0; i < AREA; i++) {
        x += (double)plane[i] / AREA;
        y += truth[i] / AREA;
        xx += (double)plane[i] * (double)plane[i] / AREA;
        xy += (double)plane[i] * truth[i] / AREA;
    }
    const double gain = fitted ? (xy - x * y) / (xx - x * x) : 1;
    for (int i = 0; i < AREA; i++) {
        const double to = fitted ? y + gain * ((double)plane[i] - x) : (double)plane[i];
        sum += pow(to - truth[i], 2) / AREA;
    }
    return sqrt(sum);
}

static void all_bands_give_the_picture(void **state)
{
    (void)state;
    for (int up8 = 0; up8 < 2; up8++) {
        look(up8, 0, 64);
        restore(up8, 64, 20, 100);

        assert_true(error_of(false) < 0.3);
    }
}

static void up8_without_dc_gives_all_but_one_grey(void **state)
{
    (void)state;
    look(1, 1, AC);
    restore(1, AC, 100, 1000);
    assert_true(error_of(true) < 1.5);
}

static void native_without_dc_is_guessed_by_continuity(void **state)
{
    (void)state;
    look(0, 1, AC);
    restore(0, AC, 20, 2000);
    const double smooth = error_of(true);
    restore(0, AC, 1e6, 1); // no continuity: block means stay flat

    assert_true(smooth < 0.3 * error_of(true));
}

static void scales_and_shifts_that_were_lost_are_found(void **state)
{
    (void)state;
    look(1, 1, AC);
    for (int c = 0; c < AC; c++) {
        double sum = 0, squares = 0;
        for (int i = 0; i < AREA; i++) {
            sum += (double)maps[i * AC + c] / AREA;
            squares += pow((double)maps[i * AC + c], 2) / AREA;
        }
        const double deviation = sqrt(squares - sum * sum);

        for (int i = 0; i < AREA; i++) {
            maps[i * AC + c] = (float)(((double)maps[i * AC + c] - sum) / deviation);
        }
        // What the attacker believes is wrong by up to a half.
        bands[c].scale = deviation * (c % 2 == 0 ? 1.4 : 0.7);
        bands[c].error = 0.05 * bands[c].scale;
        bands[c].shift = sum;
    }
    restore(1, AC, 1e4, 1e4);
    const double believed = error_of(true);
    for (int c = 0; c < AC; c++) {
        bands[c].scale_deviation = 0.5 * bands[c].scale;
    }
    restore(1, AC, 1e4, 1e4);

    assert_true(error_of(true) < 0.2 * believed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_bands_give_the_picture),
        cmocka_unit_test(up8_without_dc_gives_all_but_one_grey),
        cmocka_unit_test(native_without_dc_is_guessed_by_continuity),
        cmocka_unit_test(scales_and_shifts_that_were_lost_are_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
