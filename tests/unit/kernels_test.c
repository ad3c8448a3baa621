// SPDX-License-Identifier: Apache-2.0
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "base/random.h"
#include "nn/kernels.h"

#include <math.h>
#include <string.h>

enum { ROWS = 13, CHANNELS = 37, COUNT = ROWS * CHANNELS };

struct data {
    float a[COUNT], b[COUNT], out[COUNT];
    float p[CHANNELS], q[CHANNELS], r[CHANNELS], sum[CHANNELS], product[CHANNELS];
};

static void fill(struct data *data)
{
    struct random random;
    random_start(&random, 4, 0, RANDOM_TEST, 0, 0);
    float *numbers = data->a;
    for (size_t i = 0; i < sizeof *data / sizeof(float); i++) {
        float value = random_normal(&random);
        memcpy((char *)numbers + i * sizeof(float), &value, sizeof value);
    }
}

/* Runs every kernel of a set on the same numbers, one after the other. */
static void run(const struct kernels *k, struct data *d)
{
    k->affine(d->out, d->a, d->p, d->q, ROWS, CHANNELS);
    k->column_sums(d->sum, d->out, ROWS, CHANNELS);
    k->column_squares(d->product, d->out, d->p, ROWS, CHANNELS);
    k->column_products(d->sum, d->product, d->a, d->b, d->q, ROWS, CHANNELS);
    k->affine_pair(d->out, d->a, d->b, (const float *const[3]){d->p, d->q, d->r}, ROWS, CHANNELS,
                   1);
    k->prelu_backward(d->out, d->sum, d->b, d->a, d->p, ROWS, CHANNELS, 1);
    k->prelu(d->b, d->out, d->q, ROWS, CHANNELS);
    k->sum(d->a, d->b, d->out, COUNT);
    k->accumulate(d->out, d->a, COUNT, 1);
    k->gate(d->out, d->a, d->r, ROWS, CHANNELS, 1);
    k->column_dots(d->product, d->a, d->out, ROWS, CHANNELS);
    k->sgd(d->a, d->b, d->out, COUNT, (const float[4]){0.1f, 0.9f, 0.01f, 0.5f});
    d->out[0] = (float)k->squares(d->a, COUNT);
}

static void every_set_agrees_with_the_portable_one(void **state)
{
    (void)state;
    static struct data expected, found;
    fill(&expected);
    fill(&found);
    run(kernels_portable(), &expected);
    run(kernels_get(), &found);
    const float *e = expected.a, *f = found.a;
    for (size_t i = 0; i < sizeof expected / sizeof(float); i++) {
        float left, right;
        memcpy(&left, (const char *)e + i * sizeof left, sizeof left);
        memcpy(&right, (const char *)f + i * sizeof right, sizeof right);
        // The sets may fuse products and sums differently.
        assert_true(fabsf(left - right) <= 1e-4f * (1.0f + fabsf(left)));
    }
}

static void prelu_bends_at_zero(void **state)
{
    (void)state;
    const float x[4] = {-2, 3, 0, -1}, slope[2] = {0.5f, 0.25f};
    float y[4];
    kernels_get()->prelu(y, x, slope, 2, 2);
    const float expected[4] = {-1, 3, 0, -0.25f};
    assert_memory_equal(y, expected, sizeof y);
}

static void sgd_steps_as_pytorch_does(void **state)
{
    (void)state;
    // torch.optim.SGD(lr=0.1, momentum=0.9, weight_decay=0.01): w=1, g=2 twice
    // v = 2.01; w = 0.799; then v = 0.9*2.01 + 2 + 0.00799 = 3.81699; w = 0.417301
    float w = 1, v = 0;
    const float g = 2, constants[4] = {0.1f, 0.9f, 0.01f, 1.0f};
    kernels_get()->sgd(&w, &v, &g, 1, constants);
    assert_true(fabsf(w - 0.799f) < 1e-6f);
    kernels_get()->sgd(&w, &v, &g, 1, constants);
    assert_true(fabsf(w - 0.417301f) < 1e-6f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_set_agrees_with_the_portable_one),
        cmocka_unit_test(prelu_bends_at_zero),
        cmocka_unit_test(sgd_steps_as_pytorch_does),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
