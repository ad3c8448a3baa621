// SPDX-License-Identifier: Apache-2.0
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "nn/irse.h"
#include "reference/numbers.h"
#include "train/embed.h"

enum { SIDE = 56, IMAGES = 11, SIZE = 24, BATCH = 8 };

static const uint8_t key[MASK_KEY_BYTES] = {7};

struct setting {
    struct mask *mask;
    struct supply *supply;
    struct net *net;
    float *weights;
};

/* Random images; the last one is the first one mirrored. */
static struct dataset *make_images(void)
{
    struct dataset *made = calloc(1, sizeof *made);
    assert_non_null(made);
    *made = (struct dataset){.size = SIDE, .channels = 1, .count = IMAGES, .people = 1};
    made->pixels = malloc(IMAGES * SIDE * SIDE);
    made->labels = calloc(IMAGES, sizeof *made->labels);
    assert_true(made->pixels && made->labels);
    struct random random;
    random_start(&random, 1, 0, RANDOM_TEST, 0, 0);
    for (size_t i = 0; i < IMAGES * SIDE * SIDE; i++) {
        made->pixels[i] = (uint8_t)random_below(&random, 256);
    }
    uint8_t *last = made->pixels + (IMAGES - 1) * SIDE * SIDE;
    for (size_t i = 0; i < SIDE * SIDE; i++) {
        last[i] = made->pixels[i / SIDE * SIDE + SIDE - 1 - i % SIDE];
    }
    return made;
}

static void start(struct setting *s)
{
    struct config config;
    config_defaults(&config);
    config.federation.input.size = SIDE;
    struct dataset *images = make_images();
    assert_int_equal(mask_create(&s->mask, &config.federation, key), STATUS_OK);
    const struct supply_options options = {.bytes_max = 1u << 30};
    assert_int_equal(supply_create(&s->supply, s->mask, &images, options), STATUS_OK);
    const int side = mask_side(s->mask);
    const struct irse irse = {.depth = 18,
                              .width = 0.0625,
                              .input = {side, side, mask_channels(s->mask)},
                              .embedding = SIZE,
                              .dropout = 0.4};
    assert_int_equal(irse_create(&s->net, &irse, BATCH), STATUS_OK);
    s->weights = numbers_random(net_parameters(s->net), 1);
    net_bind(s->net, s->weights, NULL);
    net_initialise(s->net, 1, 0);
    // Statistics of one batch, without which all embeddings would point the same way.
    float *input = numbers_random(BATCH * mask_values(s->mask), 2);
    struct random dropout;
    random_start(&dropout, 1, 0, RANDOM_DROPOUT, 0, 0);
    for (int i = 0; i < 20; i++) {
        net_forward(s->net, input, BATCH, NET_TRAIN, &dropout);
    }
    free(input);
}

static void stop(struct setting *s)
{
    mask_destroy(&s->mask);
    supply_destroy(&s->supply);
    net_destroy(&s->net);
    free(s->weights);
}

static float *embed(const struct setting *s, size_t batch_max)
{
    float *embeddings = NULL;
    const enum status status = embed_images(&embeddings, s->net, s->mask, s->supply, batch_max,
                                            (struct embed_progress){NULL, NULL});
    if (status != STATUS_OK) fail_msg("%s", status_message());
    return embeddings;
}

static void embeddings_are_both_passes_summed_and_normalised(void **state)
{
    (void)state;
    struct setting s;
    start(&s);
    float *found = embed(&s, BATCH), *masked = numbers_random(mask_values(s.mask), 3);
    for (uint32_t i = 0; i < IMAGES; i++) {
        float sum[SIZE] = {0};
        double squares = 0;
        for (uint8_t flip = 0; flip < 2; flip++) {
            supply_masked(s.supply, masked, &i, &flip, 1, 0, flip);
            const float *y = net_forward(s.net, masked, 1, NET_EVALUATE, NULL);
            for (size_t j = 0; j < SIZE; j++) {
                sum[j] += y[j];
            }
        }
        for (size_t j = 0; j < SIZE; j++) {
            squares += (double)sum[j] * (double)sum[j];
        }
        for (size_t j = 0; j < SIZE; j++) {
            sum[j] /= (float)sqrt(squares);
        }
        numbers_near(found + i * SIZE, sum, SIZE, 1e-4);
    }
    free(found);
    free(masked);
    stop(&s);
}

static void every_embedding_has_length_one(void **state)
{
    (void)state;
    struct setting s;
    start(&s);
    float *found = embed(&s, BATCH);
    for (size_t i = 0; i < IMAGES; i++) {
        double squares = 0;
        for (size_t j = 0; j < SIZE; j++) {
            squares += (double)found[i * SIZE + j] * (double)found[i * SIZE + j];
        }
        assert_true(fabs(squares - 1) < 1e-5);
    }
    free(found);
    stop(&s);
}

static void the_size_of_a_batch_does_not_matter(void **state)
{
    (void)state;
    struct setting s;
    start(&s);
    float *expected = embed(&s, BATCH);
    for (size_t batch = 1; batch < BATCH; batch += 2) {
        float *found = embed(&s, batch);
        numbers_near(found, expected, IMAGES * SIZE, 1e-4); // sums in another order
        free(found);
    }
    free(expected);
    stop(&s);
}

static void a_mirrored_image_has_the_embedding_of_the_image(void **state)
{
    (void)state;
    struct setting s;
    start(&s);
    float *found = embed(&s, BATCH);
    numbers_near(found + (IMAGES - 1) * SIZE, found, SIZE, 1e-4);
    assert_true(evaluate_distance(found, found + SIZE, SIZE) > 1e-3); // another image has another
    free(found);
    stop(&s);
}

static bool count_calls(void *context, const char *what, uint64_t done, uint64_t total)
{
    uint64_t *last = context;
    assert_string_equal(what, "verifying");
    assert_int_equal(total, IMAGES);
    assert_true(done > *last && done <= IMAGES);
    *last = done;
    return done < 6;
}

static void the_caller_is_told_and_can_stop_it(void **state)
{
    (void)state;
    struct setting s;
    start(&s);
    uint64_t done = 0;
    float *embeddings = NULL;
    assert_int_equal(embed_images(&embeddings, s.net, s.mask, s.supply, 3,
                                  (struct embed_progress){count_calls, &done}),
                     STATUS_STOPPED);
    assert_int_equal(done, 6);
    assert_null(embeddings);
    stop(&s);
}

static void pairs_are_verified_by_the_distance_of_their_embeddings(void **state)
{
    (void)state;
    // Two people on two axes; the third image of each is on the wrong one.
    static const float embeddings[6 * 2] = {1, 0, 1, 0, 0, 1, 0, 1, 0, 1, 1, 0};
    struct pair list[8] = {{0, 1, true}, {0, 3, false}, {3, 4, true}, {1, 4, false},
                           {0, 1, true}, {1, 3, false}, {0, 2, true}, {0, 4, false}};
    const struct pairs pairs = {.count = 8, .folds = 2, .list = list};
    struct evaluate_result result;
    assert_int_equal(embed_verify(&result, embeddings, 2, &pairs), STATUS_OK);
    assert_int_equal(result.folds, 2);
    assert_true(fabs(result.fold[0] - 1.0) < 1e-9);  // all four right
    assert_true(fabs(result.fold[1] - 0.75) < 1e-9); // all but the pair with the third image
    assert_true(fabs(result.accuracy - 0.875) < 1e-9);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(embeddings_are_both_passes_summed_and_normalised),
        cmocka_unit_test(every_embedding_has_length_one),
        cmocka_unit_test(the_size_of_a_batch_does_not_matter),
        cmocka_unit_test(a_mirrored_image_has_the_embedding_of_the_image),
        cmocka_unit_test(the_caller_is_told_and_can_stop_it),
        cmocka_unit_test(pairs_are_verified_by_the_distance_of_their_embeddings),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
