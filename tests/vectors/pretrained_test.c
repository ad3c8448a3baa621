// SPDX-License-Identifier: Apache-2.0
/* Pretrained networks against what others computed with them. They are not part of the project:
 * FEDVEIL_DATA names a folder with lpips/ and refnet/, else all is skipped. */
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "base/files.h"
#include "base/limits.h"
#include "image/image.h"
#include "measures/judge.h"
#include "measures/lpips.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SKIPPED = 77 };

static const char *data;

static struct image read_picture(const char *folder, const char *name)
{
    char path[LIMIT_PATH];
    struct image image;
    assert_int_equal(files_join(path, folder, name), STATUS_OK);
    assert_int_equal(image_read(&image, path), STATUS_OK);
    assert_int_equal(image.height, image.width);
    assert_int_equal(image.channels, 3);
    return image;
}

static void lpips_of_squeeze_is_as_expected(void **state)
{
    (void)state;
    char folder[LIMIT_PATH], path[LIMIT_PATH], line[LIMIT_PATH], name[2][256];
    assert_int_equal(files_join(folder, data, "lpips"), STATUS_OK);
    assert_int_equal(files_join(path, folder, "lpips_squeeze"), STATUS_OK);
    struct lpips *lpips = NULL;
    assert_int_equal(lpips_open(&lpips, path), STATUS_OK);
    assert_string_equal(lpips_name(lpips), "squeeze");
    assert_int_equal(files_join(path, folder, "expected.tsv"), STATUS_OK);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    int pairs = 0;
    double worst = 0;
    while (fgets(line, sizeof line, file) != NULL) {
        double expected = 0, got[2] = {0};
        if (line[0] == '#') continue;
        assert_int_equal(sscanf(line, "%255s %255s %lf", name[0], name[1], &expected), 3);
        struct image a = read_picture(folder, name[0]), b = read_picture(folder, name[1]);
        assert_int_equal(a.width, b.width);
        assert_int_equal(lpips_distance(lpips, &got[0], a.pixels, b.pixels, 1, a.width, 3),
                         STATUS_OK);
        assert_int_equal(lpips_distance(lpips, &got[1], a.pixels, a.pixels, 1, a.width, 3),
                         STATUS_OK);
        worst = fmax(worst, fabs(got[0] - expected));
        assert_true(fabs(got[1]) < 1e-12);
        image_destroy(&a);
        image_destroy(&b);
        pairs++;
    }
    fclose(file);
    lpips_close(&lpips);
    print_message("LPIPS of %d pairs: largest difference %.2e\n", pairs, worst);
    assert_true(pairs > 0);
    assert_true(worst < 1e-3);
}

/* Reads the embedding of one face and the network's own; returns how far they are apart at most. */
static double embed(struct judge *judge, float *got, const char *folder, const char *face)
{
    char path[LIMIT_PATH], name[LIMIT_PATH];
    uint8_t *expected = NULL;
    size_t bytes = 0;
    double worst = 0;
    snprintf(name, sizeof name, "vectors/%s.emb.f32", face);
    assert_int_equal(files_join(path, folder, name), STATUS_OK);
    assert_int_equal(files_read(&expected, &bytes, path, 1 << 16), STATUS_OK);
    assert_int_equal(bytes, judge_size(judge) * sizeof *got);
    snprintf(name, sizeof name, "vectors/%s.ppm", face);
    struct image picture = read_picture(folder, name);
    assert_int_equal(judge_embed(judge, got, picture.pixels, 1, picture.width, 3), STATUS_OK);
    for (size_t k = 0; k < judge_size(judge); k++) {
        float number = 0;
        memcpy(&number, expected + k * sizeof number, sizeof number);
        worst = fmax(worst, fabs((double)got[k] - (double)number));
    }
    free(expected);
    image_destroy(&picture);
    return worst;
}

static void the_judge_embeds_as_its_vectors_say(void **state)
{
    (void)state;
    char folder[LIMIT_PATH], path[LIMIT_PATH], name[2][128];
    assert_int_equal(files_join(folder, data, "refnet"), STATUS_OK);
    struct judge *judge = NULL;
    assert_int_equal(judge_open(&judge, folder), STATUS_OK);
    float *got[2];
    for (int i = 0; i < 2; i++) {
        got[i] = calloc(judge_size(judge), sizeof **got);
        assert_non_null(got[i]);
    }
    assert_int_equal(files_join(path, folder, "vectors/cosines.tsv"), STATUS_OK);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    int pairs = 0;
    double expected = 0, worst = 0;
    while (fscanf(file, " %127s %127s %lf", name[0], name[1], &expected) == 3) {
        double cosine = 0;
        for (int i = 0; i < 2; i++) {
            worst = fmax(worst, embed(judge, got[i], folder, name[i]));
        }
        for (size_t k = 0; k < judge_size(judge); k++) {
            cosine += (double)got[0][k] * (double)got[1][k];
        }
        assert_true(fabs(cosine - expected) < 1e-4);
        pairs++;
    }
    fclose(file);
    free(got[0]);
    free(got[1]);
    judge_close(&judge);
    print_message("embeddings of %d pairs: largest difference %.2e\n", pairs, worst);
    assert_true(pairs > 0);
    assert_true(worst < 1e-4);
}

int main(void)
{
    char path[LIMIT_PATH];
    data = getenv("FEDVEIL_DATA");
    if (data == NULL || files_join(path, data, "lpips/expected.tsv") != STATUS_OK ||
        !files_exists(path)) {
        print_message("skipped: FEDVEIL_DATA names no folder with lpips/ and refnet/\n");
        return SKIPPED;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lpips_of_squeeze_is_as_expected),
        cmocka_unit_test(the_judge_embeds_as_its_vectors_say),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
