// SPDX-License-Identifier: Apache-2.0
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "base/limits.h"
#include "frequency/view.h"

#include <math.h>
#include <string.h>

enum { SIZE = 56, FACES = 3, GAP = 8, TITLES = 24 };

static struct image faces[FACES];

/* Rings of other widths and places on a slope: something with outlines. */
static int prepare(void **state)
{
    (void)state;
    for (int n = 0; n < FACES; n++) {
        if (image_create(&faces[n], SIZE, SIZE, 3) != STATUS_OK) return 1;
        for (int i = 0; i < SIZE * SIZE * 3; i++) {
            const int x = i / 3 % SIZE - 20 - 5 * n, y = i / 3 / SIZE - 30 + 6 * n;
            const double ring = sin(sqrt(x * x + y * y) / (1 + n)) * (i / 3 % SIZE > 30 ? 60 : 10);
            faces[n].pixels[i] = (uint8_t)(120 + ring + x + i % 3 * 20);
        }
    }
    return 0;
}

static int finish(void **state)
{
    (void)state;
    for (int n = 0; n < FACES; n++) {
        image_destroy(&faces[n]);
    }
    return 0;
}

static struct config_federation settings(enum config_mask method, enum config_color color)
{
    struct config_federation federation;
    memset(&federation, 0, sizeof federation);
    federation.input.kind = color == COLOR_RGB ? INPUT_PIXELS : INPUT_BANDS;
    federation.input.size = SIZE;
    federation.input.color = color;
    federation.mask.method = method;
    federation.mask.bands = method == MASK_NONE ? 64 : 36;
    federation.mask.shifts = 1;
    federation.mask.pool = 1;
    federation.mask.drop_dc = method != MASK_NONE;
    federation.mask.normalise = method != MASK_NONE;
    federation.mask.shuffle = SHUFFLE_PER_IMAGE;
    return federation;
}

static void draw(struct image *picture, struct view_row *rows, enum config_mask method,
                 enum config_color color, int k)
{
    const struct config_federation federation = settings(method, color);
    const struct view_options options = {.color = color, .k = k, .weight_max = 0.55, .seed = 4};
    struct mask *mask = NULL;
    assert_int_equal(mask_create(&mask, &federation, NULL), STATUS_OK);
    assert_int_equal(view_draw(picture, rows, mask, faces, FACES, &options), STATUS_OK);
    mask_destroy(&mask);
}

/* Pixel (y, x) of the panel in a row and column. */
static const uint8_t *pixel_of(const struct image *picture, int row, int column, int y, int x)
{
    const int panel = (picture->width - GAP) / 5 - GAP;
    const int top = TITLES + GAP + row * (panel + GAP), left = GAP + column * (panel + GAP);
    return picture->pixels + 3 * ((top + y) * picture->width + left + x);
}

static void a_picture_has_a_row_of_five_panels_for_each_face_and_shows_it_first(void **state)
{
    (void)state;
    struct image picture;
    struct view_row rows[FACES];
    draw(&picture, rows, MASK_PPFR_FD, COLOR_GREY, 2);
    const int panel = (picture.width - GAP) / 5 - GAP, zoom = panel / SIZE;
    assert_int_equal(panel % SIZE, 0);
    assert_int_equal(picture.height, TITLES + GAP + FACES * (panel + GAP));
    for (int n = 0; n < FACES; n++) {
        for (int i = 0; i < panel * panel; i++) {
            const int y = i / panel, x = i % panel;
            const uint8_t *face = faces[n].pixels + 3 * (y / zoom * SIZE + x / zoom);
            assert_memory_equal(pixel_of(&picture, n, 0, y, x), face, 3);
        }
    }
    image_destroy(&picture);
}

static void what_nothing_hides_is_seen_as_it_is(void **state)
{
    (void)state;
    static const enum config_color colors[] = {COLOR_GREY, COLOR_YCBCR, COLOR_RGB};
    for (size_t c = 0; c < 3; c++) {
        struct image picture;
        struct view_row rows[FACES];
        draw(&picture, rows, MASK_NONE, colors[c], 1);
        for (int n = 0; n < FACES; n++) {
            assert_true(rows[n].masked.brightness > 0.999);
            assert_true(rows[n].masked.outline > 0.99);
            assert_memory_equal(&rows[n].mixed, &rows[n].masked, sizeof rows[n].masked);
        }
        // Red lies below blue in these faces, and must where colour is kept.
        const uint8_t *pixel = pixel_of(&picture, 0, 3, 10, 10);
        assert_true(colors[c] == COLOR_GREY ? pixel[0] == pixel[2] : pixel[0] + 10 < pixel[2]);
        image_destroy(&picture);
    }
}

static void a_mask_and_a_mix_lower_the_likeness(void **state)
{
    (void)state;
    struct image picture, plain;
    struct view_row rows[FACES], plain_rows[FACES];
    draw(&picture, rows, MASK_PPFR_FD, COLOR_GREY, 3);
    draw(&plain, plain_rows, MASK_NONE, COLOR_GREY, 3);
    int lowered = 0;
    for (int n = 0; n < FACES; n++) {
        assert_true(fabs(rows[n].masked.brightness) < 0.3);
        assert_true(rows[n].masked.outline < plain_rows[n].masked.outline);
        lowered += plain_rows[n].mixed.brightness < 0.99;
    }
    assert_true(lowered >= 2); // a face may be its own partner
    assert_memory_not_equal(pixel_of(&picture, 0, 3, 0, 0), pixel_of(&plain, 0, 3, 0, 0), 300);
    image_destroy(&picture);
    image_destroy(&plain);
}

static void a_flat_face_resembles_nothing(void **state)
{
    (void)state;
    struct image flat = {0}, picture;
    struct view_row row;
    assert_int_equal(image_create(&flat, SIZE, SIZE, 3), STATUS_OK);
    const struct config_federation federation = settings(MASK_PPFR_FD, COLOR_GREY);
    const struct view_options options = {.color = COLOR_GREY, .k = 1, .seed = 4};
    struct mask *mask = NULL;
    assert_int_equal(mask_create(&mask, &federation, NULL), STATUS_OK);
    assert_int_equal(view_draw(&picture, &row, mask, &flat, 1, &options), STATUS_OK);
    assert_true(fabs(row.masked.brightness) < 1e-9 && fabs(row.mixed.outline) < 1e-9);
    mask_destroy(&mask);
    image_destroy(&picture);
    image_destroy(&flat);
}

static void bands_of_small_budgets_are_left_out_of_the_inverse(void **state)
{
    (void)state;
    struct config_federation federation = settings(MASK_DCTDP, COLOR_GREY);
    federation.mask.epsilon = 1e9;
    federation.mask.drop_dc = false;
    federation.mask.normalise = false;
    federation.mask.band_list = (struct config_numbers){2, {0, 1}};
    federation.mask.budgets = (struct config_numbers){2, {1500, 500}};
    struct image picture;
    struct view_row row;
    struct mask *mask = NULL;
    double seen[3];
    assert_int_equal(mask_create(&mask, &federation, NULL), STATUS_OK);
    for (int i = 0; i < 3; i++) {
        const struct view_options options = {
            .color = COLOR_GREY, .k = 1, .seed = 4, .budget_min = i};
        assert_int_equal(view_draw(&picture, &row, mask, faces, 1, &options), STATUS_OK);
        image_destroy(&picture);
        seen[i] = row.masked.brightness;
    }
    assert_true(seen[0] > seen[1] && seen[1] > 0.1 && fabs(seen[2]) < 1e-9);
    mask_destroy(&mask);
}

static void as_many_faces_as_fit_make_a_picture_of_the_allowed_height(void **state)
{
    (void)state;
    assert_int_equal(view_capacity(112), 35);
    static const int sizes[] = {8, 56, 112, 1024};
    for (size_t i = 0; i < 4; i++) {
        const int panel = (208 + sizes[i] - 1) / sizes[i] * sizes[i];
        const size_t rows = view_capacity(sizes[i]), row = (size_t)(panel + GAP);
        assert_true(TITLES + GAP + rows * row <= LIMIT_IMAGE_SIDE);
        assert_true(TITLES + GAP + (rows + 1) * row > LIMIT_IMAGE_SIDE);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_picture_has_a_row_of_five_panels_for_each_face_and_shows_it_first),
        cmocka_unit_test(what_nothing_hides_is_seen_as_it_is),
        cmocka_unit_test(a_mask_and_a_mix_lower_the_likeness),
        cmocka_unit_test(a_flat_face_resembles_nothing),
        cmocka_unit_test(bands_of_small_budgets_are_left_out_of_the_inverse),
        cmocka_unit_test(as_many_faces_as_fit_make_a_picture_of_the_allowed_height),
    };
    return cmocka_run_group_tests(tests, prepare, finish);
}
