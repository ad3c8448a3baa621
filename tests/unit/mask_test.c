// SPDX-License-Identifier: Apache-2.0
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "frequency/dct.h"
#include "frequency/mask.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { SIZE = 112, CELLS = 14 * 14, CHANNELS = 35, PIXELS = SIZE * SIZE * 3 };

static const uint8_t key[MASK_KEY_BYTES] = {1, 2, 3, 4, 5, 6, 7, 8};
static uint8_t pixels[PIXELS];
static float bands[PIXELS], masked[PIXELS], planes[PIXELS];

static void assert_near(float found, double wanted, double tolerance)
{
    if (!(fabs((double)found - wanted) <= tolerance)) {
        fail_msg("%.7g instead of %.7g", (double)found, wanted);
    }
}

static int prepare(void **state)
{
    (void)state;
    struct random random;
    random_start(&random, 31, 0, RANDOM_TEST, 0, 0);
    for (int i = 0; i < PIXELS; i++) {
        pixels[i] = (uint8_t)random_below(&random, 256);
    }
    return 0;
}

static struct config_federation settings(enum config_mask method)
{
    struct config_federation federation;
    memset(&federation, 0, sizeof federation);
    federation.input.kind = INPUT_BANDS;
    federation.input.size = SIZE;
    federation.input.color = COLOR_GREY;
    federation.input.layout = LAYOUT_NATIVE;
    federation.mask.method = method;
    federation.mask.bands = 36;
    federation.mask.shifts = 1;
    federation.mask.pool = 1;
    federation.mask.drop_dc = true;
    federation.mask.normalise = true;
    federation.mask.shuffle = SHUFFLE_DEPLOYMENT;
    return federation;
}

static struct mask *make(const struct config_federation *federation, const uint8_t *with_key)
{
    struct mask *mask = NULL;
    if (mask_create(&mask, federation, with_key) != STATUS_OK) fail_msg("%s", status_message());
    return mask;
}

static void list_bands(struct config_federation *federation, size_t count, const int *values)
{
    federation->mask.band_list.count = count;
    memcpy(federation->mask.band_list.values, values, count * sizeof *values);
}

static void the_usual_mask_keeps_35_bands_of_14_by_14(void **state)
{
    (void)state;
    struct config_federation federation = settings(MASK_PPFR_FD);
    struct mask *mask = make(&federation, key);
    assert_int_equal(mask_side(mask), 14);
    assert_int_equal(mask_channels(mask), CHANNELS);
    assert_int_equal(mask_values(mask), CELLS * CHANNELS);
    assert_int_equal(mask_components(mask), 1);
    char text[200];
    mask_describe(mask, text, sizeof text);
    assert_string_equal(text, "ppfr-fd: 35 of 64 bands without DC, 14 x 14 each, order from the "
                              "mask key, invertible mixing");
    mask_destroy(&mask);
    assert_null(mask);
    mask_destroy(&mask);
}

static void colour_keeps_the_bands_of_each_component(void **state)
{
    (void)state;
    struct config_federation federation = settings(MASK_PPFR_FD);
    federation.input.color = COLOR_YCBCR;
    federation.input.layout = LAYOUT_UP8;
    struct mask *mask = make(&federation, key);
    assert_int_equal(mask_side(mask), SIZE);
    assert_int_equal(mask_channels(mask), 3 * CHANNELS);
    assert_int_equal(mask_components(mask), 3);
    mask_destroy(&mask);
}

static void without_a_mask_the_listed_bands_come_in_ascending_order(void **state)
{
    (void)state;
    static const int listed[] = {65, 9, 0, 64, 2, 191}, kept[] = {2, 9, 65, 191};
    struct config_federation federation = settings(MASK_NONE);
    federation.input.color = COLOR_YCBCR;
    federation.mask.normalise = false;
    list_bands(&federation, 6, listed);
    struct mask *mask = make(&federation, NULL);
    assert_int_equal(mask_channels(mask), 4);
    mask_bands(mask, bands, pixels, 3);
    mask_apply(mask, masked, bands, 0, NULL);
    struct dct *dct = NULL;
    assert_int_equal(dct_create(&dct, (struct dct_shape){SIZE, 3, 0}), STATUS_OK);
    dct_forward(dct, bands, pixels, 3, kept, 4);
    assert_memory_equal(masked, bands, CELLS * 4 * sizeof *bands);
    dct_destroy(&dct);
    mask_destroy(&mask);
}

struct refusal {
    const char *words;
    enum config_input kind;
    enum config_color color;
    enum config_mask method;
    int size, bands, listed[2];
};

static void a_config_that_makes_no_mask_is_refused_with_its_key(void **state)
{
    (void)state;
    static const struct refusal cases[] = {
        {"mask.method", INPUT_PIXELS, COLOR_GREY, MASK_PPFR_FD, SIZE, 36, {1, 2}},
        {"input.color", INPUT_PIXELS, COLOR_YCBCR, MASK_NONE, SIZE, 36, {1, 2}},
        {"input.color", INPUT_BANDS, COLOR_RGB, MASK_NONE, SIZE, 36, {1, 2}},
        {"input.size", INPUT_PIXELS, COLOR_GREY, MASK_NONE, 0, 36, {1, 2}},
        {"multiple of 8", INPUT_BANDS, COLOR_GREY, MASK_NONE, 100, 36, {1, 2}},
        {"band_list: 64", INPUT_BANDS, COLOR_GREY, MASK_NONE, SIZE, 36, {1, 64}},
        {"band_list: -1", INPUT_BANDS, COLOR_YCBCR, MASK_NONE, SIZE, 36, {-1, 2}},
        {"band_list: 192", INPUT_BANDS, COLOR_YCBCR, MASK_NONE, SIZE, 36, {192, 2}},
        {"band_list: 5 stands twice", INPUT_BANDS, COLOR_GREY, MASK_NONE, SIZE, 36, {5, 5}},
        {"mask.bands: 65", INPUT_BANDS, COLOR_GREY, MASK_NONE, SIZE, 65, {0, 0}},
        {"no band is left", INPUT_BANDS, COLOR_GREY, MASK_NONE, SIZE, 1, {0, 0}},
        {"mask_key", INPUT_BANDS, COLOR_GREY, MASK_PPFR_FD, SIZE, 36, {1, 2}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct config_federation federation = settings(cases[i].method);
        federation.input.kind = cases[i].kind;
        federation.input.color = cases[i].color;
        federation.input.size = cases[i].size;
        federation.mask.bands = cases[i].bands;
        list_bands(&federation, cases[i].listed[1] == 0 ? 0 : 2, cases[i].listed);
        struct mask *mask = NULL;
        assert_int_equal(mask_create(&mask, &federation, NULL), STATUS_BAD_CONFIG);
        assert_null(mask);
        if (strstr(status_message(), cases[i].words) == NULL) {
            fail_msg("case %zu: %s", i, status_message());
        }
    }
}

/* The two bands that each channel of a masked image is the mean of: band c is 1 at place c
 * alone. */
static void read_pairs(int pairs[CHANNELS][2], const struct config_federation *from,
                       const uint8_t *with_key, struct random *image)
{
    struct config_federation federation = *from;
    federation.mask.normalise = false;
    struct mask *mask = make(&federation, with_key);
    assert_int_equal(mask_channels(mask), CHANNELS);
    memset(bands, 0, CELLS * CHANNELS * sizeof *bands);
    for (int c = 0; c < CHANNELS; c++) {
        bands[c * CHANNELS + c] = 1;
    }
    mask_apply(mask, masked, bands, 0, image);
    for (int c = 0; c < CHANNELS; c++) {
        int found = 0;
        for (int cell = 0; cell < CELLS; cell++) {
            const float value = masked[cell * CHANNELS + c];
            if (value > 0) {
                assert_near(value, 0.5, 0);
                assert_true(found < 2);
                pairs[c][found++] = cell;
            }
        }
        assert_int_equal(found, 2);
    }
    mask_destroy(&mask);
}

/* Neighbours after the first shuffle are mixed, so that the pairs form one ring through all
 * bands. */
static void channels_are_means_of_neighbours_in_one_ring_of_all_bands(void **state)
{
    (void)state;
    struct config_federation federation = settings(MASK_PPFR_FD);
    int pairs[CHANNELS][2], used[CHANNELS] = {0}, steps = 0;
    read_pairs(pairs, &federation, key, NULL);
    for (int band = pairs[0][0], found = 1; found; steps += found) {
        found = 0;
        for (int c = 0; c < CHANNELS && !found; c++) {
            if (!used[c] && (pairs[c][0] == band || pairs[c][1] == band)) {
                used[c] = found = 1;
                band = pairs[c][0] == band ? pairs[c][1] : pairs[c][0];
            }
        }
        if (!found) assert_int_equal(band, pairs[0][0]);
    }
    assert_int_equal(steps, CHANNELS);
}

static void one_key_gives_one_order_and_another_key_another(void **state)
{
    (void)state;
    struct config_federation federation = settings(MASK_PPFR_FD);
    static const uint8_t other[MASK_KEY_BYTES] = {1, 2, 3, 4, 5, 6, 7, 9};
    int first[CHANNELS][2], again[CHANNELS][2], different[CHANNELS][2];
    read_pairs(first, &federation, key, NULL);
    read_pairs(again, &federation, key, NULL);
    read_pairs(different, &federation, other, NULL);
    assert_memory_equal(first, again, sizeof first);
    assert_memory_not_equal(first, different, sizeof first);
}

/* Computed apart from this code, from ChaCha20 of another library: a mask key that is in use keeps
 * its order for ever. */
static void the_order_of_a_key_never_changes(void **state)
{
    (void)state;
    static const int right[][2] = {{14, 21}, {9, 28}, {0, 15}, {16, 17},
                                   {4, 20},  {7, 17}, {8, 21}, {13, 18}};
    struct config_federation federation = settings(MASK_PPFR_FD);
    int pairs[CHANNELS][2];
    read_pairs(pairs, &federation, key, NULL);
    assert_memory_equal(pairs, right, sizeof right);
}

static void no_shuffle_mixes_neighbours_in_place(void **state)
{
    (void)state;
    struct config_federation federation = settings(MASK_PPFR_FD);
    federation.mask.shuffle = SHUFFLE_NONE;
    int pairs[CHANNELS][2];
    read_pairs(pairs, &federation, NULL, NULL);
    for (int c = 0; c < CHANNELS; c++) {
        assert_int_equal(pairs[c][0], c + 1 < CHANNELS ? c : 0);
        assert_int_equal(pairs[c][1], c + 1 < CHANNELS ? c + 1 : c);
    }
}

static void keys_favour_no_order(void **state)
{
    (void)state;
    enum { KEYS = 3500 };
    struct config_federation federation = settings(MASK_PPFR_FD);
    int counts[CHANNELS] = {0};
    for (int n = 0; n < KEYS; n++) {
        const uint8_t some[MASK_KEY_BYTES] = {(uint8_t)n, (uint8_t)(n >> 8), 99};
        int pairs[CHANNELS][2];
        read_pairs(pairs, &federation, some, NULL);
        counts[pairs[n % CHANNELS][0]]++;
        counts[pairs[n % CHANNELS][1]]++;
    }
    double distance = 0; // chi-square of 34 degrees of freedom: above 75 once in 10,000 tries
    for (int c = 0; c < CHANNELS; c++) {
        const double expected = 2.0 * KEYS / CHANNELS;
        distance += (counts[c] - expected) * (counts[c] - expected) / expected;
    }
    assert_true(distance < 75);
}

static void per_image_orders_follow_the_stream_of_the_image(void **state)
{
    (void)state;
    struct config_federation federation = settings(MASK_PPFR_FD);
    federation.mask.shuffle = SHUFFLE_PER_IMAGE;
    int pairs[3][CHANNELS][2];
    for (uint32_t n = 0; n < 3; n++) {
        struct random image;
        random_start(&image, 5, 0, RANDOM_SHUFFLE, 0, n / 2);
        read_pairs(pairs[n], &federation, NULL, &image);
    }
    assert_memory_equal(pairs[0], pairs[1], sizeof pairs[0]);
    assert_memory_not_equal(pairs[0], pairs[2], sizeof pairs[0]);
}

static void pixels_are_scaled_mirrored_and_never_masked(void **state)
{
    (void)state;
    struct config_federation federation = settings(MASK_NONE);
    federation.input.kind = INPUT_PIXELS;
    federation.input.color = COLOR_RGB;
    federation.mask.normalise = false;
    struct mask *mask = make(&federation, NULL);
    assert_int_equal(mask_side(mask), SIZE);
    assert_int_equal(mask_channels(mask), 3);
    mask_bands(mask, bands, pixels, 3);
    mask_apply(mask, masked, bands, 1, NULL);
    assert_near(bands[7], (pixels[7] - 127.5) / 128, 1e-6);
    assert_near(masked[1], (pixels[3 * (SIZE - 1) + 1] - 127.5) / 128, 1e-6);
    mask_look(mask, planes, bands);
    for (int i = 0; i < SIZE * SIZE * 3; i++) {
        assert_near(planes[i % 3 * SIZE * SIZE + i / 3], pixels[i] - 128.0, 1e-4);
    }
    mask_destroy(&mask);
    federation.input.color = COLOR_GREY;
    mask = make(&federation, NULL);
    mask_bands(mask, bands, pixels, 3);
    const double grey = 0.299 * pixels[3] + 0.587 * pixels[4] + 0.114 * pixels[5];
    assert_near(bands[1], (grey - 127.5) / 128, 1e-5);
    mask_destroy(&mask);
}

static void an_onlooker_sees_the_image_without_block_means_where_nothing_is_masked(void **state)
{
    (void)state;
    struct config_federation federation = settings(MASK_NONE);
    federation.mask.normalise = false;
    federation.mask.bands = 64;
    struct mask *mask = make(&federation, NULL);
    mask_bands(mask, bands, pixels, 1);
    mask_apply(mask, masked, bands, 0, NULL);
    mask_look(mask, planes, masked);
    for (int block = 0; block < CELLS; block++) {
        const int corner = block / 14 * 8 * SIZE + block % 14 * 8;
        double mean = 0;
        for (int i = 0; i < 64; i++) {
            mean += pixels[corner + i / 8 * SIZE + i % 8] / 64.0;
        }
        for (int i = 0; i < 64; i++) {
            const int at = corner + i / 8 * SIZE + i % 8;
            assert_near(planes[at], pixels[at] - mean, 1e-3);
        }
    }
    mask_destroy(&mask);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_usual_mask_keeps_35_bands_of_14_by_14),
        cmocka_unit_test(colour_keeps_the_bands_of_each_component),
        cmocka_unit_test(without_a_mask_the_listed_bands_come_in_ascending_order),
        cmocka_unit_test(a_config_that_makes_no_mask_is_refused_with_its_key),
        cmocka_unit_test(channels_are_means_of_neighbours_in_one_ring_of_all_bands),
        cmocka_unit_test(one_key_gives_one_order_and_another_key_another),
        cmocka_unit_test(the_order_of_a_key_never_changes),
        cmocka_unit_test(no_shuffle_mixes_neighbours_in_place),
        cmocka_unit_test(keys_favour_no_order),
        cmocka_unit_test(per_image_orders_follow_the_stream_of_the_image),
        cmocka_unit_test(pixels_are_scaled_mirrored_and_never_masked),
        cmocka_unit_test(an_onlooker_sees_the_image_without_block_means_where_nothing_is_masked),
    };
    return cmocka_run_group_tests(tests, prepare, NULL);
}
