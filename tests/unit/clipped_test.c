// SPDX-License-Identifier: Apache-2.0
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "nn/net.h"
#include "reference/numbers.h"
#include "train/clipped.h"
#include "train/networks.h"
#include "train/recogniser.h"

#include <omp.h>

enum { IMAGES = 11, CLASSES = 4 };

#define RATE      0.05
#define HUGE_CLIP 1e9 // no gradient is longer

struct setting {
    struct config config;
    struct recogniser *recogniser;
    struct clipped *clipped;
    float *vectors[3], *input;
    size_t count, head_count;
    uint32_t label[IMAGES], number[IMAGES];
    float weight[IMAGES];
    struct random dropout;
};

static struct config config_for(double clip)
{
    struct config config;
    config_defaults(&config);
    config.federation.input.size = 64;
    config.federation.network.width = 0.125;
    config.federation.network.embedding = 16;
    config.federation.network.dropout = 0;
    config.federation.network.norm = NORM_GROUP;
    config.federation.mix.method = MIX_NONE;
    config.federation.dp.method = DP_SGD;
    config.federation.dp.clip = clip;
    return config;
}

static void start_dropping(struct setting *s, double clip, double dropout)
{
    *s = (struct setting){.config = config_for(clip)};
    s->config.federation.network.dropout = dropout;
    struct net *net = NULL;
    assert_int_equal(networks_backbone(&net, &s->config, IMAGES, NET_TRAIN), STATUS_OK);
    s->count = net_parameters(net);
    s->head_count = CLASSES * net_outputs(net);
    const struct net_shape in = net_shape_of(net, 0);
    s->input = numbers_random(IMAGES * (size_t)(in.height * in.width * in.channels), 1);
    for (int i = 0; i < 3; i++) {
        s->vectors[i] = calloc(s->count, sizeof(float));
        assert_non_null(s->vectors[i]);
    }
    net_bind(net, s->vectors[0], s->vectors[1]);
    net_initialise(net, 2, 0);
    assert_int_equal(
        recogniser_create(&s->recogniser, &net, &s->config.federation, CLASSES, IMAGES, s->vectors),
        STATUS_OK);
    arcface_initialise(recogniser_head(s->recogniser), 2, 0);
    assert_int_equal(clipped_create(&s->clipped, &s->config, CLASSES, s->vectors[0], s->vectors[1]),
                     STATUS_OK);
    for (uint32_t i = 0; i < IMAGES; i++) {
        s->label[i] = i * 7 % CLASSES;
        s->number[i] = 1000 * i;
        s->weight[i] = 1;
    }
    random_start(&s->dropout, 2, 0, RANDOM_DROPOUT, 0, 0);
}

static void start(struct setting *s, double clip)
{
    start_dropping(s, clip, 0);
}

static void stop(struct setting *s)
{
    recogniser_destroy(&s->recogniser);
    clipped_destroy(&s->clipped);
    for (int i = 0; i < 3; i++) {
        free(s->vectors[i]);
    }
    free(s->input);
}

/* Adds images first .. first + count. */
static void add(struct setting *s, size_t first, size_t count)
{
    const struct net_shape in = net_shape_of(recogniser_net(s->recogniser), 0);
    const size_t size = (size_t)(in.height * in.width * in.channels);
    const struct clipped_batch batch = {.input = s->input + first * size,
                                        .count = count,
                                        .label = s->label + first,
                                        .number = s->number + first};
    if (clipped_add(s->clipped, &batch) != STATUS_OK) fail_msg("%s", status_message());
}

static void begin(struct setting *s)
{
    clipped_begin(s->clipped, arcface_weights(recogniser_head(s->recogniser)));
}

static double norm_of(const struct setting *s)
{
    const float *head = clipped_head(s->clipped);
    double squares = 0;
    for (size_t i = 0; i < s->count; i++) {
        squares += (double)s->vectors[1][i] * (double)s->vectors[1][i];
    }
    for (size_t i = 0; i < s->head_count; i++) {
        squares += (double)head[i] * (double)head[i];
    }
    return sqrt(squares);
}

/* The law: uncut, without noise and with every image, the step is that of SGD on all of them. Sums
 * of float32 in another order, through 18 layers. */
static void uncut_and_without_noise_it_is_a_step_of_sgd_on_all_images(void **state)
{
    (void)state;
    struct setting plain, sum;
    start(&plain, HUGE_CLIP);
    start(&sum, HUGE_CLIP);
    for (int step = 0; step < 3; step++) {
        const struct recogniser_batch batch = {
            plain.input, IMAGES, {1, plain.label, plain.weight}, plain.dropout, NULL};
        double loss = 0;
        assert_int_equal(recogniser_step(plain.recogniser, &loss, &batch, RATE), STATUS_OK);
        begin(&sum);
        add(&sum, 0, 5);
        add(&sum, 5, IMAGES - 5);
        const struct clipped_report report = clipped_report(sum.clipped);
        assert_int_equal(report.images, IMAGES);
        assert_int_equal(report.cut, 0);
        assert_int_equal(report.hits, arcface_hits(recogniser_head(plain.recogniser)));
        assert_true(fabs(report.loss / IMAGES - loss) < 1e-4 * loss);
        assert_int_equal(
            recogniser_apply(sum.recogniser, clipped_head(sum.clipped), 1.0 / IMAGES, RATE),
            STATUS_OK);
        numbers_near(sum.vectors[2], plain.vectors[2], plain.count, 2e-4);
        numbers_near(sum.vectors[0], plain.vectors[0], plain.count, 1e-5);
        numbers_near(arcface_weights(recogniser_head(sum.recogniser)),
                     arcface_weights(recogniser_head(plain.recogniser)), plain.head_count, 1e-4);
    }
    stop(&plain);
    stop(&sum);
}

static void no_image_moves_the_sum_further_than_the_clip(void **state)
{
    (void)state;
    struct setting free_run, cut;
    start(&free_run, HUGE_CLIP);
    double least = HUGE_VAL, most = 0, norms[IMAGES];
    for (size_t i = 0; i < IMAGES; i++) {
        begin(&free_run);
        add(&free_run, i, 1);
        norms[i] = norm_of(&free_run);
        least = fmin(least, norms[i]);
        most = fmax(most, norms[i]);
    }
    assert_true(least < most);
    const double clip = (least + most) / 2; // some are cut, some are not
    start(&cut, clip);
    for (size_t i = 0; i < IMAGES; i++) {
        begin(&cut);
        add(&cut, i, 1);
        assert_int_equal(clipped_report(cut.clipped).cut, norms[i] > clip);
        assert_true(fabs(norm_of(&cut) - fmin(norms[i], clip)) < 1e-5 * clip);
        // Scaled, not bent.
        begin(&free_run);
        add(&free_run, i, 1);
        const float scale = (float)fmin(1, clip / norms[i]);
        for (size_t j = 0; j < cut.count; j++) {
            free_run.vectors[1][j] *= scale;
        }
        numbers_near(cut.vectors[1], free_run.vectors[1], cut.count, 1e-5);
    }
    stop(&free_run);
    stop(&cut);
}

static void the_sum_is_that_of_the_cut_gradients_whatever_the_threads(void **state)
{
    (void)state;
    struct setting s;
    start(&s, 0.5);
    double *total = calloc(s.count, sizeof *total);
    float *expected = calloc(s.count, sizeof *expected);
    assert_non_null(total);
    assert_non_null(expected);
    for (size_t i = 0; i < IMAGES; i++) {
        begin(&s);
        add(&s, i, 1);
        for (size_t j = 0; j < s.count; j++) {
            total[j] += (double)s.vectors[1][j];
        }
    }
    for (size_t j = 0; j < s.count; j++) {
        expected[j] = (float)total[j];
    }
    begin(&s);
    add(&s, 0, IMAGES);
    numbers_near(s.vectors[1], expected, s.count, 1e-4);
    float *first = numbers_copy(s.vectors[1], s.count);
    const int threads = omp_get_max_threads();
    for (int other = 1; other <= 3; other += 2) {
        omp_set_num_threads(other);
        struct setting t;
        start(&t, 0.5);
        begin(&t);
        add(&t, 0, IMAGES);
        assert_int_equal(omp_get_max_threads(), other);
        assert_memory_equal(t.vectors[1], first, s.count * sizeof(float));
        assert_memory_equal(clipped_head(t.clipped), clipped_head(s.clipped),
                            s.head_count * sizeof(float));
        stop(&t);
    }
    omp_set_num_threads(threads);
    free(total);
    free(expected);
    free(first);
    stop(&s);
}

static void a_sum_begins_anew_with_the_weights_of_the_head(void **state)
{
    (void)state;
    struct setting s;
    start(&s, 1);
    begin(&s);
    assert_false(norm_of(&s) > 0);
    add(&s, 0, 3);
    float *before = numbers_copy(clipped_head(s.clipped), s.head_count);
    begin(&s);
    assert_false(norm_of(&s) > 0);
    assert_int_equal(clipped_report(s.clipped).images, 0);
    add(&s, 0, 3);
    assert_memory_equal(before, clipped_head(s.clipped), s.head_count * sizeof(float));
    arcface_initialise(recogniser_head(s.recogniser), 3, 0);
    begin(&s);
    add(&s, 0, 3);
    assert_memory_not_equal(before, clipped_head(s.clipped), s.head_count * sizeof(float));
    free(before);
    stop(&s);
}

/* The sum differs by one image's own part where one image more is in the sample, dropout and all:
 * else the noise would be too small for the difference. */
static void an_image_adds_the_same_whoever_else_is_there(void **state)
{
    (void)state;
    struct setting s;
    start_dropping(&s, 0.5, 0.5);
    begin(&s);
    add(&s, 7, 1);
    float *alone = numbers_copy(s.vectors[1], s.count);
    begin(&s);
    add(&s, 0, 4);
    float *others = numbers_copy(s.vectors[1], s.count);
    add(&s, 7, 1);
    for (size_t j = 0; j < s.count; j++) {
        others[j] = s.vectors[1][j] - others[j];
    }
    numbers_near(others, alone, s.count, 1e-4);
    // It is dropout that was looked at: under another number the image gives something else.
    s.number[7]++;
    begin(&s);
    add(&s, 7, 1);
    assert_memory_not_equal(s.vectors[1], alone, s.count * sizeof(float));
    free(alone);
    free(others);
    stop(&s);
}

static void what_is_no_number_is_found(void **state)
{
    (void)state;
    struct setting s;
    start(&s, 1);
    begin(&s);
    s.input[3] = NAN;
    const struct clipped_batch batch = {s.input, 1, s.label, s.number, 0, 0, 0};
    assert_int_equal(clipped_add(s.clipped, &batch), STATUS_NOT_FINITE);
    stop(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(uncut_and_without_noise_it_is_a_step_of_sgd_on_all_images),
        cmocka_unit_test(no_image_moves_the_sum_further_than_the_clip),
        cmocka_unit_test(the_sum_is_that_of_the_cut_gradients_whatever_the_threads),
        cmocka_unit_test(a_sum_begins_anew_with_the_weights_of_the_head),
        cmocka_unit_test(an_image_adds_the_same_whoever_else_is_there),
        cmocka_unit_test(what_is_no_number_is_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
