// SPDX-License-Identifier: Apache-2.0
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "base/limits.h"
#include "frequency/dct.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SIDE_MAX = 112, CASES = 7 };

struct vectors {
    struct dct_shape shape;
    int channels, count, side;
    int chosen[LIMIT_BANDS];
    uint8_t *pixels;
    float *values, *planes;
};

/* The image that make_bdct.py describes. */
static void draw(struct vectors *vectors)
{
    const int size = vectors->shape.size, channels = vectors->channels;
    for (int i = 0; i < size * size * channels; i++) {
        const int c = i % channels, x = i / channels % size, y = i / channels / size;
        vectors->pixels[i] = (uint8_t)(31 * x + 17 * y + x * y * (c + 2) + 60 * c);
    }
}

static void start_case(struct vectors *vectors, FILE *file)
{
    assert_int_equal(fscanf(file, "%d %d %d %d %d", &vectors->shape.size, &vectors->channels,
                            &vectors->shape.components, &vectors->shape.up8, &vectors->count),
                     5);
    assert_in_range(vectors->shape.size, 8, SIDE_MAX);
    assert_in_range(vectors->count, 1, LIMIT_BANDS);
    for (int c = 0; c < vectors->count; c++) {
        assert_int_equal(fscanf(file, "%d", &vectors->chosen[c]), 1);
    }
    draw(vectors);
    struct dct *dct = NULL;
    assert_int_equal(dct_create(&dct, vectors->shape), STATUS_OK);
    vectors->side = dct_side(dct);
    dct_forward(dct, vectors->values, vectors->pixels, vectors->channels, vectors->chosen,
                vectors->count);
    dct_inverse(dct, vectors->planes, vectors->values, vectors->chosen, vectors->count);
    dct_destroy(&dct);
}

/* Coefficients reach 1024; single precision is good for about 1e-4 of that scale's unit. */
static void compare(FILE *file, const float *ours, size_t step, int count)
{
    for (int c = 0; c < count; c++) {
        double wanted = 0;
        assert_int_equal(fscanf(file, "%lf", &wanted), 1);
        const double found = (double)ours[(size_t)c * step];
        if (!(fabs(found - wanted) < 1e-3)) fail_msg("%.7g, PyTorch says %.7g", found, wanted);
    }
}

static void bands_and_their_inverse_are_those_of_pytorch(void **state)
{
    (void)state;
    FILE *file = fopen(TEST_SOURCE_DIR "/vectors/bdct.txt", "r");
    assert_non_null(file);
    static uint8_t pixels[SIDE_MAX * SIDE_MAX * 3];
    static float values[SIDE_MAX * SIDE_MAX * 64], planes[SIDE_MAX * SIDE_MAX * 3];
    struct vectors vectors = {.pixels = pixels, .values = values, .planes = planes};
    int cases = 0, places = 0;
    char word[8];
    while (fscanf(file, "%7s", word) == 1) {
        if (strcmp(word, "case") == 0) {
            start_case(&vectors, file);
            cases++;
            continue;
        }
        int y = 0, x = 0;
        assert_int_equal(fscanf(file, "%d %d", &y, &x), 2);
        const int size = vectors.shape.size;
        if (strcmp(word, "f") == 0) {
            compare(file, &values[(y * vectors.side + x) * vectors.count], 1, vectors.count);
        } else {
            compare(file, &planes[y * size + x], (size_t)(size * size), vectors.shape.components);
        }
        places++;
    }
    assert_int_equal(fclose(file), 0);
    assert_int_equal(cases, CASES);
    assert_true(places > 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bands_and_their_inverse_are_those_of_pytorch),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
