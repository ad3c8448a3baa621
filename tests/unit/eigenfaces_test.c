// SPDX-License-Identifier: Apache-2.0
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "base/config.h"
#include "base/files.h"
#include "base/random.h"
#include "frequency/eigenfaces.h"
#include "frequency/mask.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SIDE = 8, VALUES = SIDE * SIDE, COUNT = 3, IMAGES = 4000 };

static const char path[] = TEST_BINARY_DIR "/eigenfaces_test.safetensors";
static const char input[] = "grey pixels of 8 x 8";

/* Vectors along pixels 5, 6 and 7, so that coefficients are seen in the image. */
static struct eigenfaces *make(void)
{
    static const float low[COUNT] = {-1, 0, 2}, high[COUNT] = {1, 0, 10};
    struct eigenfaces *faces = NULL;
    assert_int_equal(eigenfaces_create(&faces, SIDE, 1, COUNT), STATUS_OK);
    assert_int_equal(faces->values, VALUES);
    for (size_t i = 0; i < VALUES; i++) {
        faces->mean[i] = (float)i / 100;
    }
    for (size_t k = 0; k < COUNT; k++) {
        faces->vectors[k * VALUES + 5 + k] = 1;
        faces->low[k] = low[k];
        faces->high[k] = high[k];
    }
    return faces;
}

static void save(const struct eigenfaces *faces)
{
    if (eigenfaces_save(faces, path, input) != STATUS_OK) fail_msg("%s", status_message());
}

/* A mask of the config with the file that stands at `path`. */
static struct mask *make_mask(double epsilon)
{
    static struct config config;
    struct mask *mask = NULL;
    config_defaults(&config);
    config.federation.input.kind = INPUT_PIXELS;
    config.federation.input.size = SIDE;
    config.federation.mask.method = MASK_EIGENFACES;
    config.federation.mask.epsilon = epsilon;
    assert_int_equal(mask_check_eigenfaces(&config.federation, path), STATUS_OK);
    assert_int_equal(mask_create(&mask, &config.federation, NULL), STATUS_OK);
    assert_int_equal(mask_use_eigenfaces(mask, path), STATUS_OK);
    return mask;
}

static void what_is_written_is_read(void **state)
{
    (void)state;
    struct eigenfaces *faces = make(), *read = NULL;
    save(faces);
    assert_int_equal(eigenfaces_load(&read, path, input), STATUS_OK);
    assert_int_equal(read->count, COUNT);
    assert_int_equal(read->values, VALUES);
    assert_memory_equal(read->mean, faces->mean, VALUES * sizeof(float));
    assert_memory_equal(read->vectors, faces->vectors, COUNT * VALUES * sizeof(float));
    assert_memory_equal(read->low, faces->low, COUNT * sizeof(float));
    assert_memory_equal(read->high, faces->high, COUNT * sizeof(float));
    eigenfaces_destroy(&read);
    eigenfaces_destroy(&faces);
    assert_null(faces);
    eigenfaces_destroy(&faces);
}

static void an_image_within_the_vectors_comes_back(void **state)
{
    (void)state;
    struct eigenfaces *faces = make();
    double coefficients[COUNT];
    float image[VALUES], back[VALUES];
    memcpy(image, faces->mean, sizeof image);
    image[5] += 0.5f;
    image[7] -= 3;
    eigenfaces_project(faces, coefficients, image);
    assert_float_equal(coefficients[0], 0.5, 1e-6);
    assert_float_equal(coefficients[1], 0, 1e-6);
    assert_float_equal(coefficients[2], -3, 1e-6);
    eigenfaces_rebuild(faces, back, coefficients);
    for (size_t i = 0; i < VALUES; i++) {
        assert_float_equal(back[i], image[i], 1e-6);
    }
    eigenfaces_destroy(&faces);
}

static void ranges_are_what_the_images_span(void **state)
{
    (void)state;
    struct eigenfaces *faces = make();
    float images[3 * VALUES] = {0};
    images[5] = 2;
    images[VALUES + 5] = -4;
    eigenfaces_measure(faces, images, 3);
    assert_float_equal(faces->low[0], -4.05, 1e-6);
    assert_float_equal(faces->high[0], 1.95, 1e-6);
    assert_float_equal(faces->low[1], -0.06, 1e-6);
    assert_float_equal(faces->high[1], -0.06, 1e-6);
    eigenfaces_destroy(&faces);
}

/* What the vectors do not span becomes the mean, what they do is cut to its range. */
static void without_noise_coefficients_are_cut_and_the_rest_is_the_mean(void **state)
{
    (void)state;
    static const uint8_t key[MASK_NOISE_BYTES] = {5};
    struct eigenfaces *faces = make();
    save(faces);
    struct mask *mask = make_mask(1e9);
    float image[VALUES];
    for (size_t i = 0; i < VALUES; i++) {
        image[i] = faces->mean[i] + (i == 5 ? 0.25f : 100);
    }
    mask_perturb(mask, image, key, 0);
    for (size_t i = 0; i < VALUES; i++) {
        const double over = i == 5 ? 0.25 : i == 7 ? 10 : 0;
        assert_float_equal(image[i], ((double)faces->mean[i] + over), 1e-5);
    }
    mask_destroy(&mask);
    eigenfaces_destroy(&faces);
}

/* Mean size b of Laplace(0, b): 2 / 0.5 and 8 / 0.5. An empty range gets none. */
static void noise_has_the_scale_of_range_over_epsilon(void **state)
{
    (void)state;
    static const uint8_t key[MASK_NOISE_BYTES] = {5};
    struct eigenfaces *faces = make();
    save(faces);
    struct mask *mask = make_mask(0.5);
    double size[COUNT] = {0}, sum = 0, both = 0;
    for (uint64_t i = 0; i < IMAGES; i++) {
        float image[VALUES];
        memcpy(image, faces->mean, sizeof image);
        mask_perturb(mask, image, key, i);
        const double first = (double)(image[5] - faces->mean[5]);
        const double last = (double)(image[7] - faces->mean[7]) - 2; // 0 is cut to 2
        size[0] += fabs(first) / IMAGES;
        size[1] += fabs((double)(image[6] - faces->mean[6])) / IMAGES;
        size[2] += fabs(last) / IMAGES;
        sum += first / IMAGES;
        both += first * last / IMAGES;
    }
    assert_float_equal(size[0], 4, 0.25); // deviation 4 / sqrt(4000)
    assert_float_equal(size[1], 0, 1e-9);
    assert_float_equal(size[2], 16, 1);
    assert_float_equal(sum, 0, 0.4);
    assert_float_equal(both, 0, 8); // no coefficient shares the noise of another
    mask_destroy(&mask);
    eigenfaces_destroy(&faces);
}

static void key_and_image_name_the_noise(void **state)
{
    (void)state;
    static const uint8_t keys[2][MASK_NOISE_BYTES] = {{5}, {6}};
    struct eigenfaces *faces = make();
    save(faces);
    struct mask *mask = make_mask(1);
    float image[4][VALUES];
    for (size_t i = 0; i < 4; i++) {
        memcpy(image[i], faces->mean, sizeof image[i]);
        mask_perturb(mask, image[i], keys[i == 3], i == 2);
    }
    assert_memory_equal(image[0], image[1], sizeof image[0]);
    assert_memory_not_equal(image[0], image[2], sizeof image[0]);
    assert_memory_not_equal(image[0], image[3], sizeof image[0]);
    mask_destroy(&mask);
    eigenfaces_destroy(&faces);
}

static void a_mask_without_its_file_says_how_to_make_one(void **state)
{
    (void)state;
    static struct config config;
    config_defaults(&config);
    config.federation.mask.method = MASK_EIGENFACES;
    assert_int_equal(mask_check_eigenfaces(&config.federation, ""), STATUS_BAD_CONFIG);
    assert_non_null(strstr(status_message(), "participant.eigenfaces"));
    assert_non_null(strstr(status_message(), "mask learn CONFIG --eigenfaces N --out FILE.yaml"));
    config.federation.mask.method = MASK_NONE;
    assert_int_equal(mask_check_eigenfaces(&config.federation, ""), STATUS_OK);
}

static void a_mask_of_other_images_is_refused(void **state)
{
    (void)state;
    static struct config config;
    struct eigenfaces *faces = make();
    save(faces);
    config_defaults(&config);
    config.federation.mask.method = MASK_EIGENFACES;
    config.federation.input.size = SIDE;
    config.federation.mask.bands = 3;
    assert_int_equal(mask_check_eigenfaces(&config.federation, path), STATUS_BAD_INPUT);
    assert_non_null(strstr(status_message(), "eigenfaces of grey pixels of 8 x 8, the config has "
                                             "grey bands of 8 x 8, maps of 1 x 1: 1 8"));
    eigenfaces_destroy(&faces);
}

static void the_line_for_people_names_the_budget_of_an_image(void **state)
{
    (void)state;
    struct eigenfaces *faces = make();
    save(faces);
    struct mask *mask = make_mask(0.5);
    char text[256];
    mask_describe(mask, text, sizeof text);
    assert_string_equal(text, "eigenfaces: Laplace noise on 3 coefficients of pixels, 8 x 8 x 1, "
                              "epsilon 0.5 for each, 1.5 for an image, z-scored");
    mask_destroy(&mask);
    eigenfaces_destroy(&faces);
}

static void refuse(const char *words)
{
    struct eigenfaces *read = NULL;
    assert_int_not_equal(eigenfaces_load(&read, path, input), STATUS_OK);
    assert_null(read);
    if (strstr(status_message(), words) == NULL || strstr(status_message(), path) == NULL) {
        fail_msg("no \"%s\" in: %s", words, status_message());
    }
}

static void numbers_that_cannot_be_are_refused(void **state)
{
    (void)state;
    struct eigenfaces *faces = make();
    faces->vectors[9] = NAN;
    save(faces);
    refuse("tensor vectors: number 9 is not finite");
    faces->vectors[9] = 0;
    faces->low[2] = 11;
    save(faces);
    refuse("the range of coefficient 2 is 11 to 10");
    eigenfaces_destroy(&faces);
}

static void a_file_that_ends_early_is_refused(void **state)
{
    (void)state;
    struct eigenfaces *faces = make();
    uint8_t *bytes = NULL;
    size_t size = 0;
    save(faces);
    assert_int_equal(files_read(&bytes, &size, path, 1 << 20), STATUS_OK);
    for (size_t cut = 0; cut < size; cut += 17) {
        assert_int_equal(files_write(path, bytes, cut), STATUS_OK);
        refuse("");
    }
    free(bytes);
    eigenfaces_destroy(&faces);
    unlink(path);
    refuse("No such file");
}

/* A file of tensors, each with a name and up to four axes. */
static void save_tensors(const char *const names[4], const size_t shape[4][4], const int axes[4],
                         const char *note)
{
    struct manifest manifest = {0};
    struct model model = {0};
    const struct model_note notes[] = {{"fedveil.input", note}, {NULL, NULL}};
    for (int i = 0; i < 4; i++) {
        assert_int_equal(manifest_add(&manifest, names[i], shape[i], axes[i], false), STATUS_OK);
    }
    assert_int_equal(model_create(&model, &manifest), STATUS_OK);
    assert_int_equal(model_save(&model, path, note == NULL ? notes + 1 : notes), STATUS_OK);
    model_destroy(&model);
    manifest_destroy(&manifest);
}

static void tensors_of_other_names_and_shapes_are_refused(void **state)
{
    (void)state;
    const char *names[4] = {"mean", "vectors", "low", "high"};
    const size_t good[4][4] = {{2, 2, 1}, {3, 2, 2, 1}, {3}, {3}};
    const int axes[4] = {3, 4, 1, 1};
    struct eigenfaces *read = NULL;
    save_tensors(names, good, axes, input);
    assert_int_equal(eigenfaces_load(&read, path, input), STATUS_OK);
    eigenfaces_destroy(&read);
    save_tensors(names, good, axes, NULL);
    refuse("no note fedveil.input");
    // One axis of one tensor is another.
    for (int i = 0; i < 4; i++) {
        for (int axis = 0; axis < axes[i]; axis++) {
            size_t shape[4][4];
            memcpy(shape, good, sizeof shape);
            shape[i][axis] = 5;
            save_tensors(names, (const size_t(*)[4])shape, axes, input);
            refuse("wanted are the tensors");
        }
    }
    const int fewer[4] = {2, 4, 1, 1};
    save_tensors(names, good, fewer, input);
    refuse("wanted are the tensors");
    const size_t many[4][4] = {{1, 1, 1}, {2000, 1, 1, 1}, {2000}, {2000}};
    save_tensors(names, many, axes, input);
    refuse("at most 1024");
    for (int i = 0; i < 4; i++) {
        const char *renamed[4];
        memcpy(renamed, names, sizeof renamed);
        renamed[i] = "other";
        save_tensors(renamed, good, axes, input);
        refuse("wanted are the tensors");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_is_read),
        cmocka_unit_test(an_image_within_the_vectors_comes_back),
        cmocka_unit_test(ranges_are_what_the_images_span),
        cmocka_unit_test(without_noise_coefficients_are_cut_and_the_rest_is_the_mean),
        cmocka_unit_test(noise_has_the_scale_of_range_over_epsilon),
        cmocka_unit_test(key_and_image_name_the_noise),
        cmocka_unit_test(a_mask_without_its_file_says_how_to_make_one),
        cmocka_unit_test(a_mask_of_other_images_is_refused),
        cmocka_unit_test(the_line_for_people_names_the_budget_of_an_image),
        cmocka_unit_test(numbers_that_cannot_be_are_refused),
        cmocka_unit_test(a_file_that_ends_early_is_refused),
        cmocka_unit_test(tensors_of_other_names_and_shapes_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
