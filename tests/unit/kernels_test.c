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

enum { ROWS = 13, CHANNELS = 37, COUNT = ROWS * CHANNELS, PLANES = 36, TILED = 19 };

struct data {
    float a[COUNT], b[COUNT], out[COUNT];
    float p[CHANNELS], q[CHANNELS], r[CHANNELS], sum[CHANNELS], product[CHANNELS];
    float planes[PLANES * 16 * 16], map[TILED * TILED * 16];
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
    k->multiply(d->out, d->a, d->a, COUNT, 0);
    k->adam(d->a, d->b, d->out, d->planes, COUNT, (const float[5]){0.5f, 0.1f, 0.01f, 2, 1e-8f});
    k->multiply(d->out, d->a, d->b, COUNT, 1);
    k->draw_kept(d->b, &(struct kernels_stream){{1, 2}, {3, 4, 5, 6}}, 8, COUNT, 1u << 30, 2.0f);
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

/* Tiles of every size on one panel of a map of TILED x TILED pixels, and weights both ways. */
static void run_transforms(const struct kernels *k, struct data *d)
{
    const size_t plane = 16 * 16;
    struct kernels_tile tiles[16];
    for (int i = 0; i < 16; i++) {
        tiles[i] = (struct kernels_tile){.y = i / 4 * 4,
                                         .x = i % 4 * 4,
                                         .rows = i / 4 + 1,
                                         .columns = i % 4 + 1,
                                         .place = (size_t)i};
    }
    k->winograd_input(d->planes, plane, d->map, TILED, tiles, 16);
    k->winograd_output(d->map, TILED, d->planes, plane, tiles, 16);
    k->winograd_gradient(d->planes, plane, d->map, TILED, tiles, 16);
    const float *in[9];
    float *out[9];
    for (size_t i = 0; i < 9; i++) {
        in[i] = d->a + i * 17;
        out[i] = d->b + i * 17;
    }
    k->winograd_weights(d->planes, plane, in, 17, 2, 13);
    k->winograd_taps(out, 17, d->planes, plane, 2, 13);
    in[2] = out[2] = NULL;
    k->winograd_weights(d->planes, plane, in, 17, 2, 13);
    k->winograd_taps(out, 17, d->planes, plane, 2, 13);
}

/* Panels read and written in every way, with all channels and with a few. */
static void run_panels(const struct kernels *k, struct data *d)
{
    struct kernels_view view = {
        .a = d->a, .channels = CHANNELS, .line = 4 * CHANNELS, .height = 3, .width = 4};
    view.top = -1;
    view.rows = 5;
    view.halo = 1;
    for (int lanes = 5; lanes <= 16; lanes += 11) {
        view.lanes = lanes;
        view.b = view.p = view.q = view.r = view.slope = NULL;
        k->panel_read(d->map, &view);
        view.p = d->p;
        view.r = d->r;
        k->panel_read(d->map + 480, &view);
        view.slope = d->q;
        k->panel_read(d->map + 960, &view);
        view.slope = NULL;
        view.b = d->b;
        view.q = d->q;
        k->panel_read(d->map + 1440, &view);
        for (int kind = KERNELS_ASSIGN; kind <= KERNELS_GRADIENT; kind++) {
            const struct kernels_sink sink = {.y = d->out,
                                              .kind = (enum kernels_write)kind,
                                              .x = d->a,
                                              .p = d->p,
                                              .r = d->r,
                                              .slope = d->q,
                                              .center = d->p,
                                              .sum = {d->sum, d->product, d->sum + 16},
                                              .channels = CHANNELS,
                                              .pixels = ROWS,
                                              .lanes = lanes};
            k->panel_write(&sink, d->map + 16 * kind);
        }
    }
    k->panel_copy(d->map + 100, 32, d->a, 16, 5);
    k->panel_add(d->map + 200, 16, d->a, 32, 5);
}

/* Products of every number of rows, and of plain rows. */
static void run_products(const struct kernels *k, struct data *d)
{
    for (size_t rows = 1; rows <= 27; rows++) {
        k->product(&(struct kernels_product){.c = d->planes + rows * 16,
                                             .a = d->map,
                                             .b = d->map + 1000,
                                             .c_step = 32 * 16,
                                             .a_step = 30 * 16,
                                             .b_step = 2 * 256,
                                             .rows = rows,
                                             .inner = 2,
                                             .columns = 3});
    }
    k->dot_rows(&(struct kernels_rows){.c = d->planes + 8000,
                                       .a = d->map,
                                       .b = d->map + 1000,
                                       .c_row = 9,
                                       .a_row = 49,
                                       .b_row = 51,
                                       .rows = 8,
                                       .columns = 4,
                                       .inner = 48,
                                       .add = true});
    for (int add = 0; add < 2; add++) {
        k->product_turned(&(struct kernels_product){.c = d->planes + 4000,
                                                    .a = d->map,
                                                    .b = d->map + 1000,
                                                    .c_row = 16,
                                                    .c_step = 2 * 256,
                                                    .a_step = 11 * 16,
                                                    .b_step = 11 * 16,
                                                    .rows = 32,
                                                    .inner = 11,
                                                    .columns = 3,
                                                    .add = add > 0});
    }
}

static void (*const runs[])(const struct kernels *, struct data *) = {
    run_rows, run_assigning, run_transforms, run_panels, run_products};

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
