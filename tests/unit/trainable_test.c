// SPDX-License-Identifier: Apache-2.0
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "nn/trainable.h"
#include "unit/net_fixture.h"

static void every_trainable_number_is_in_one_piece_and_no_other(void **state)
{
    (void)state;
    struct net_fixture f;
    net_fixture_start(&f, (struct net_shape){8, 8, 16}, 2);
    int x = net_conv(f.net, 0, "one", (struct net_window){3, 1, 1}, 128);
    x = net_prelu(f.net, net_norm(f.net, x, "first", true), "slope");
    net_linear(f.net, net_norm(f.net, x, "second", false), "out", 5, true);
    net_fixture_finish(&f);
    struct trainable trainable;
    assert_int_equal(trainable_create(&trainable, f.net), STATUS_OK);
    unsigned char *seen = calloc(net_parameters(f.net), 1);
    assert_non_null(seen);
    for (size_t i = 0; i < trainable.count; i++) {
        const struct trainable_piece piece = trainable.pieces[i];
        assert_true(piece.count > 0);
        for (size_t at = piece.first; at < piece.first + piece.count; at++) {
            assert_true(at < net_parameters(f.net));
            seen[at]++;
        }
    }
    for (size_t t = 0; t < net_tensors(f.net); t++) {
        const struct net_tensor *tensor = net_tensor(f.net, t);
        for (size_t i = 0; i < tensor->count; i++) {
            assert_int_equal(seen[tensor->offset + i], tensor->trainable);
        }
    }
    free(seen);
    trainable_destroy(&trainable);
    trainable_destroy(&trainable); // twice is safe
    net_fixture_stop(&f);
}

static void a_net_without_weights_has_no_pieces(void **state)
{
    (void)state;
    struct net_fixture f;
    net_fixture_start(&f, (struct net_shape){2, 2, 3}, 1);
    net_relu(f.net, 0);
    net_fixture_finish(&f);
    struct trainable trainable;
    assert_int_equal(trainable_create(&trainable, f.net), STATUS_OK);
    assert_int_equal(trainable.count, 0);
    trainable_destroy(&trainable);
    net_fixture_stop(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_trainable_number_is_in_one_piece_and_no_other),
        cmocka_unit_test(a_net_without_weights_has_no_pieces),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
