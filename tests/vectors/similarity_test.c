// SPDX-License-Identifier: Apache-2.0
#include "reference/vector_file.h"

#include "measures/similarity.h"

#include <math.h>

enum { CASES = 5, SIZE_MAX_HERE = 24, VALUES_MAX = SIZE_MAX_HERE * SIZE_MAX_HERE * 3 };

static void one_pair(FILE *file)
{
    static uint8_t a[VALUES_MAX], b[VALUES_MAX];
    int size = 0, channels = 0;
    double psnr = 0, ssim = 0;
    assert_int_equal(fscanf(file, "%d %d %lf %lf", &size, &channels, &psnr, &ssim), 4);
    assert_in_range(size, 1, SIZE_MAX_HERE);
    assert_in_range(channels, 1, 3);
    const size_t values = (size_t)(size * size * channels);
    vector_file_bytes(file, a, values);
    vector_file_bytes(file, b, values);
    assert_true(fabs(similarity_psnr(a, b, values) - psnr) < 1e-9);
    assert_true(fabs(similarity_ssim(a, b, size, channels) - ssim) < 1e-9);
}

static void both_measures_agree_with_scikit_image(void **state)
{
    (void)state;
    vector_file_each("similarity.txt", NULL, one_pair, CASES);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(both_measures_agree_with_scikit_image)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
