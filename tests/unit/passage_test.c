// SPDX-License-Identifier: Apache-2.0
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "attacks/passage.h"
#include "fakes/trained.h"
#include "reference/numbers.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { SIDE = 32, BATCH = 3, DIRECTIONS = 4 };

#define STEP      5e-4
#define TOLERANCE 0.15 // some unit of the network bends within a step, see tests/gradients

static double loss(struct passage *passage, const float *pictures, const float *coefficients)
{
    const float *y = passage_forward(passage, pictures, BATCH);
    double sum = 0;
    for (size_t i = 0; i < BATCH * net_outputs(passage->net); i++) {
        sum += (double)y[i] * (double)coefficients[i];
    }
    return sum;
}

/* Pictures of so many channels. */
static float *some_pictures(size_t count)
{
    float *pictures = numbers_random(count, 1);
    for (size_t i = 0; i < count; i++) {
        pictures[i] = 0.5f + 0.1f * pictures[i];
    }
    return pictures;
}

static void check(const struct config *config, int channels)
{
    struct target *target = trained_open("t", config, 0);
    struct passage passage;
    const size_t count = (size_t)(BATCH * SIDE * SIDE * channels);
    float *pictures = some_pictures(count), *moved = numbers_copy(pictures, count);
    assert_int_equal(passage_create(&passage, target, SIDE, channels, BATCH), STATUS_OK);
    passage.soft = 4; // so that no size bends within a step
    float *coefficients = numbers_random(BATCH * net_outputs(passage.net), 2);
    loss(&passage, pictures, coefficients);
    float *gradient = numbers_copy(passage_backward(&passage, coefficients, BATCH), count);
    double norm = 0, off = 0;
    for (uint32_t d = 0; d < DIRECTIONS; d++) {
        float *direction = numbers_random(count, 3 + d);
        double expected = 0, ends[2];
        for (int side = 0; side < 2; side++) {
            for (size_t i = 0; i < count; i++) {
                moved[i] = pictures[i] + (float)(side ? STEP : -STEP) * direction[i];
            }
            ends[side] = loss(&passage, moved, coefficients);
        }
        for (size_t i = 0; i < count; i++) {
            expected += (double)direction[i] * (double)gradient[i];
        }
        norm += expected * expected;
        off += pow((ends[1] - ends[0]) / (2 * STEP) - expected, 2);
        free(direction);
    }
    if (!(norm > 0 && sqrt(off / norm) < TOLERANCE)) {
        fail_msg("off by %g of a gradient of %g", sqrt(off / norm), sqrt(norm));
    }
    free(pictures);
    free(moved);
    free(coefficients);
    free(gradient);
    passage_destroy(&passage);
    target_close(&target);
}

static void gradients_through_mask_and_network_agree_with_differences(void **state)
{
    (void)state;
    struct config config = trained_config();
    check(&config, 1);
    config.federation.mask.drop_signs = true;
    config.federation.mask.shifts = 2;
    check(&config, 1);
    config.federation.mask.drop_signs = false;
    config.federation.mask.shifts = 1;
    config.federation.mix.signs = true;
    check(&config, 3);
    config.federation.mix.signs = false;
    config.federation.input.kind = INPUT_PIXELS;
    config.federation.mask.method = MASK_NONE;
    config.federation.input.color = COLOR_RGB;
    config.federation.input.size = 28;
    check(&config, 1); // grey pictures stand for all colours
}

/* What pulls the deviations of bands, as passage.h writes it. */
static double pulled(struct passage *passage, const float *pictures)
{
    const size_t channels = (size_t)mask_channels(passage->target->mask);
    double sum = 0;
    passage_mask(passage, pictures, 1);
    for (size_t c = 0; c < channels; c++) {
        const double off = (double)passage_spread(passage, 0, c) - (double)passage->spread[c];
        sum += passage->pull * off * off / (double)channels;
    }
    return sum;
}

static void deviations_of_bands_are_pulled_along_their_gradient(void **state)
{
    (void)state;
    const struct config config = trained_config();
    struct target *target = trained_open("t", &config, 0);
    struct passage passage;
    const size_t count = (size_t)SIDE * SIDE;
    float spread[LIMIT_BANDS];
    assert_int_equal(passage_create(&passage, target, SIDE, 1, 1), STATUS_OK);
    float *pictures = some_pictures(count), *nothing = calloc(target_values(target), sizeof(float));
    float *direction = numbers_random(count, 9);
    assert_non_null(nothing);
    for (size_t c = 0; c < LIMIT_BANDS; c++) {
        spread[c] = 0.1f * (float)c - 1;
    }
    passage.spread = spread;
    passage.pull = 3;
    double expected = 0, ends[2] = {pulled(&passage, pictures)};
    const float *gradient = passage_mask_gradient(&passage, nothing, 1);
    for (size_t i = 0; i < count; i++) {
        expected += (double)direction[i] * (double)gradient[i];
    }
    for (int side = 0; side < 2; side++) {
        for (size_t i = 0; i < count; i++) {
            pictures[i] += (float)(side ? 2 * STEP : -STEP) * direction[i];
        }
        ends[side] = pulled(&passage, pictures);
    }
    if (fabs((ends[1] - ends[0]) / (2 * STEP) - expected) > 0.01 * fabs(expected)) {
        fail_msg("%g by a difference, %g", (ends[1] - ends[0]) / (2 * STEP), expected);
    }
    free(pictures);
    free(nothing);
    free(direction);
    passage_destroy(&passage);
    target_close(&target);
}

/* What the attacker differentiates is what verification computes. */
static void embeddings_are_those_of_the_target(void **state)
{
    (void)state;
    const struct config config = trained_config();
    struct target *target = trained_open("t", &config, 0);
    struct dataset *faces = trained_faces(0, 1, BATCH);
    struct passage passage;
    const size_t count = BATCH * 56 * 56, size = net_outputs(target->net);
    float *pictures = malloc(2 * count * sizeof *pictures), *mirrored = pictures + count;
    float *expected = malloc(BATCH * size * sizeof *expected);
    assert_non_null(pictures);
    assert_non_null(expected);
    for (size_t i = 0; i < count; i++) {
        pictures[i] = (float)faces->pixels[i] / 255;
        mirrored[i] = (float)faces->pixels[i - i % 56 + 55 - i % 56] / 255;
    }
    assert_int_equal(passage_create(&passage, target, 56, 1, BATCH), STATUS_OK);
    assert_int_equal(target_embed(target, expected, faces, NULL, BATCH), STATUS_OK);
    float *found = numbers_copy(passage_forward(&passage, pictures, BATCH), BATCH * size);
    const float *other = passage_forward(&passage, mirrored, BATCH);
    for (size_t i = 0; i < BATCH; i++) {
        double squares = 0;
        for (size_t j = 0; j < size; j++) {
            found[i * size + j] += other[i * size + j];
            squares += (double)found[i * size + j] * (double)found[i * size + j];
        }
        for (size_t j = 0; j < size; j++) {
            found[i * size + j] /= (float)sqrt(squares);
        }
    }
    numbers_near(found, expected, BATCH * size, 1e-3);
    free(pictures);
    free(expected);
    free(found);
    passage_destroy(&passage);
    dataset_destroy(&faces);
    target_close(&target);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gradients_through_mask_and_network_agree_with_differences),
        cmocka_unit_test(deviations_of_bands_are_pulled_along_their_gradient),
        cmocka_unit_test(embeddings_are_those_of_the_target),
    };
    return cmocka_run_group_tests_name("passage", tests, NULL, NULL);
}
