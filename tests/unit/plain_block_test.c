// SPDX-License-Identifier: Apache-2.0
// With batch norms it is the oracle of block_test.c; gradients of both kinds are in
// tests/gradients.
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "nn/plain_block.h"
#include "unit/net_fixture.h"

enum { SIDE = 5, CHANNELS = 16, BATCH = 3 };

static const struct net_shape shape = {SIDE, SIDE, CHANNELS};

static const struct {
    int filters, stride;
} plans[] = {{16, 1}, {16, 2}, {20, 1}, {20, 2}};

static bool is_statistic(const char *name)
{
    return strstr(name, ".running_") != NULL;
}

static void group_norms_leave_out_the_statistics_and_nothing_else(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof plans / sizeof plans[0]; i++) {
        struct net_fixture plain, batch;
        net_fixture_start(&plain, shape, BATCH);
        net_fixture_start(&batch, shape, BATCH);
        plain_block(plain.net, 0, "b", plans[i].filters, plans[i].stride, true);
        net_block(batch.net, 0, "b", plans[i].filters, plans[i].stride);
        size_t at = 0;
        for (size_t t = 0; t < net_tensors(batch.net); t++) {
            const struct net_tensor *tensor = net_tensor(batch.net, t);
            if (is_statistic(tensor->name)) continue;
            assert_true(at < net_tensors(plain.net));
            assert_string_equal(net_tensor(plain.net, at)->name, tensor->name);
            assert_int_equal(net_tensor(plain.net, at)->count, tensor->count);
            assert_int_equal(net_tensor(plain.net, at)->start, tensor->start);
            at++;
        }
        assert_int_equal(net_tensors(plain.net), at);
        net_fixture_stop(&plain);
        net_fixture_stop(&batch);
    }
}

/* What a gradient of one image needs: in a batch it is what it is alone. */
static void with_group_norms_an_image_does_not_depend_on_the_others(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof plans / sizeof plans[0]; i++) {
        struct net_fixture f;
        net_fixture_start(&f, shape, BATCH);
        plain_block(f.net, 0, "b", plans[i].filters, plans[i].stride, true);
        net_fixture_finish(&f);
        const size_t size = net_outputs(f.net), parameters = net_parameters(f.net);
        float *dy = numbers_random(BATCH * size, 2), *sum = calloc(parameters, sizeof *sum);
        assert_non_null(sum);
        float *y = numbers_copy(net_fixture_forward(&f), BATCH * size);
        net_backward(f.net, dy, false);
        float *together = numbers_copy(f.gradients, parameters);
        for (size_t item = 0; item < BATCH; item++) {
            const float *x = f.input + item * (f.inputs / BATCH);
            numbers_near(net_forward(f.net, x, 1, NET_TRAIN, NULL), y + item * size, size, 1e-5);
            net_backward(f.net, dy + item * size, false);
            for (size_t j = 0; j < parameters; j++) {
                sum[j] += f.gradients[j];
            }
        }
        numbers_near(sum, together, parameters, 1e-4);
        numbers_near(net_forward(f.net, f.input, BATCH, NET_EVALUATE, NULL), y, BATCH * size, 1e-6);
        free(dy);
        free(sum);
        free(y);
        free(together);
        net_fixture_stop(&f);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(group_norms_leave_out_the_statistics_and_nothing_else),
        cmocka_unit_test(with_group_norms_an_image_does_not_depend_on_the_others),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
