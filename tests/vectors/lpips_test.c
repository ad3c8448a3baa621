// SPDX-License-Identifier: Apache-2.0
#include "reference/vector_file.h"

#include "fakes/network_files.h"
#include "measures/lpips.h"
#include "reference/spread.h"

#include <math.h>
#include <stdlib.h>

enum { CASES = 3, TABLE_MAX = 4096, PAIRS_MAX = 4 };

static uint8_t *make_pictures(size_t bytes, unsigned stream)
{
    uint8_t *pictures = malloc(bytes);
    assert_non_null(pictures);
    for (size_t i = 0; i < bytes; i++) {
        pictures[i] = (uint8_t)(((double)spread_number(i, stream) + 0.5) * 256);
    }
    return pictures;
}

static void one_trunk(FILE *file)
{
    char name[16], table[TABLE_MAX];
    int size = 0, channels = 0;
    size_t pairs = 0, rows = 0, floats = 0;
    double expected[PAIRS_MAX], got[PAIRS_MAX], alone = 0;
    assert_int_equal(
        fscanf(file, "%15s %d %d %zu %zu %zu", name, &size, &channels, &pairs, &rows, &floats), 6);
    assert_in_range(pairs, 2, PAIRS_MAX);
    vector_file_lines(file, table, sizeof table, rows);
    for (size_t i = 0; i < pairs; i++) {
        assert_int_equal(fscanf(file, "%lf", &expected[i]), 1);
    }
    const size_t bytes = (size_t)(size * size * channels);
    uint8_t *a = make_pictures(pairs * bytes, 2), *b = make_pictures(pairs * bytes, 3);
    struct network_files files;
    struct lpips *lpips = NULL;
    network_files_make(&files, name, table, floats);
    assert_int_equal(lpips_open(&lpips, files.stem), STATUS_OK);
    assert_string_equal(lpips_name(lpips), name);
    assert_int_equal(lpips_distance(lpips, got, a, b, pairs, size, channels), STATUS_OK);
    for (size_t i = 0; i < pairs; i++) {
        assert_true(fabs(got[i] - expected[i]) < 1e-5);
        assert_int_equal(
            lpips_distance(lpips, &alone, a + i * bytes, b + i * bytes, 1, size, channels),
            STATUS_OK);
        assert_true(fabs(alone - expected[i]) < 1e-5);
    }
    assert_int_equal(lpips_distance(lpips, got, a, a, pairs, size, channels), STATUS_OK);
    assert_true(fabs(got[0]) < 1e-12);
    lpips_close(&lpips);
    network_files_remove(&files);
    free(a);
    free(b);
}

static void every_trunk_agrees_with_pytorch(void **state)
{
    (void)state;
    vector_file_each("lpips.txt", NULL, one_trunk, CASES);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_trunk_agrees_with_pytorch)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
