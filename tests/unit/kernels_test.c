// SPDX-License-Identifier: Apache-2.0
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "nn/kernels.h"
#include "reference/numbers.h"

#include <stdbool.h>

enum { ROWS = 13, CHANNELS = 37, COUNT = ROWS * CHANNELS, PLANES = 36 };

struct data {
    float a[COUNT], b[COUNT], out[COUNT];
    float p[CHANNELS], q[CHANNELS], r[CHANNELS], sum[CHANNELS], product[CHANNELS];
    float planes[PLANES * CHANNELS], pixels[PLANES * CHANNELS];
};

enum { NUMBERS = sizeof(struct data) / sizeof(float) };

static struct data *random_data(void)
{
    return (struct data *)(void *)numbers_random(NUMBERS, 1);
}

/* Runs every kernel on rows of channels, one after the other, on the results of those before. */
static void run_rows(const struct kernels *k, struct data *d)
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

/* The same kernels where they assign instead of adding. */
static void run_assigning(const struct kernels *k, struct data *d)
{
    k->affine_pair(d->out, d->a, d->b, (const float *const[3]){d->p, d->q, d->r}, ROWS, CHANNELS,
                   0);
    k->prelu_backward(d->b, d->sum, d->out, d->a, d->p, ROWS, CHANNELS, 0);
    k->gate(d->a, d->b, d->r, ROWS, CHANNELS, 0);
    k->accumulate(d->out, d->a, COUNT, 0);
}

/* The five transforms; the last pixel of an output tile lies outside of the map. */
static void run_transforms(const struct kernels *k, struct data *d)
{
    const float *in[PLANES];
    float *out[PLANES];
    for (size_t i = 0; i < PLANES; i++) {
        in[i] = out[i] = d->pixels + i * CHANNELS;
    }
    k->winograd_input(d->planes, CHANNELS, in, CHANNELS);
    out[15] = NULL;
    k->winograd_output(out, d->planes, CHANNELS, CHANNELS, 1);
    k->winograd_gradient(d->planes, CHANNELS, in, CHANNELS);
    k->winograd_output(out, d->planes, CHANNELS, CHANNELS, 0);
    k->winograd_weights(d->planes, CHANNELS, in, CHANNELS);
    k->winograd_taps(out, d->planes, CHANNELS, CHANNELS);
}

static void (*const runs[])(const struct kernels *, struct data *) = {run_rows, run_assigning,
                                                                      run_transforms};

/* The sets that this machine can run. */
static size_t all_sets(const struct kernels *sets[3])
{
    size_t count = 0;
    sets[count++] = kernels_portable();
    sets[count++] = kernels_get();
#ifdef __x86_64__
    // On a machine with AVX-512 the set between the two would never be tried.
    extern const struct kernels kernels_avx2;
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) {
        sets[count++] = &kernels_avx2;
    }
#endif
    return count;
}

static void every_set_agrees_with_the_portable_one(void **state)
{
    (void)state;
    const struct kernels *sets[3];
    const size_t count = all_sets(sets);
    for (size_t r = 0; r < sizeof runs / sizeof runs[0]; r++) {
        struct data *expected = random_data();
        runs[r](sets[0], expected);
        for (size_t s = 1; s < count; s++) {
            struct data *found = random_data();
            runs[r](sets[s], found);
            const float *f = (const float *)(const void *)found;
            const float *e = (const float *)(const void *)expected;
            for (size_t i = 0; i < NUMBERS; i++) {
                // The sets may fuse products and sums differently.
                if (fabsf(f[i] - e[i]) > 1e-4f * (1.0f + fabsf(e[i]))) {
                    fail_msg("%s: number %zu of run %zu is %g, expected %g", sets[s]->name, i, r,
                             (double)f[i], (double)e[i]);
                }
            }
            free(found);
        }
        free(expected);
    }
}

static void a_set_has_a_name_and_stays_the_same(void **state)
{
    (void)state;
    assert_string_equal(kernels_portable()->name, "portable_set");
    assert_ptr_equal(kernels_get(), kernels_get());
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
        cmocka_unit_test(a_set_has_a_name_and_stays_the_same),
        cmocka_unit_test(prelu_bends_at_zero),
        cmocka_unit_test(sgd_steps_as_pytorch_does),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
