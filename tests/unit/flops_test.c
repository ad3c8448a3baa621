// SPDX-License-Identifier: Apache-2.0
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "flops.h"

#include <stdint.h>

static uint64_t counted(const struct irse *irse)
{
    struct net *net = NULL;
    assert_int_equal(irse_create(&net, irse, 1), STATUS_OK);
    const double flops = flops_irse(net, irse);
    net_destroy(&net);
    return (uint64_t)flops;
}

static void a_convolution_is_its_formula(void **state)
{
    (void)state;
    // 7 x 7 pixels, each 3 x 3 x 256 products for 512 filters.
    assert_int_equal((int)flops_conv(7, 3, 256, 512), 2 * 49 * 2304 * 512);
}

static void native_ir_se_18_by_hand(void **state)
{
    (void)state;
    const struct irse irse = {
        .depth = 18, .width = 1, .strides = {1, 1, 2, 1}, .input = {14, 14, 35}, .embedding = 512};
    double products = 3951360;                                // stem: 196 x 9 x 35 x 64
    products += 4 * 7225344 + 2 * 512;                        // 64 channels, 14 x 14, gates by 4
    products += 1605632 + 14450688 + 3 * 28901376 + 2 * 2048; // to 128: shortcut, first, others
    products += 1605632 + 57802752 + 3 * 28901376 + 2 * 8192; // to 256: the first still on 14 x 14
    products += 6422528 + 57802752 + 3 * 115605504 + 2 * 32768; // to 512, on 7 x 7
    products += 12845056;                                       // 25088 to 512
    assert_int_equal(counted(&irse), (uint64_t)(2 * products));
}

static void strides_of_pixels_halve_four_times(void **state)
{
    (void)state;
    const struct irse irse = {.depth = 18,
                              .width = 0.0625, // 4, 8, 16, 32 channels
                              .strides = {2, 2, 2, 2},
                              .input = {112, 112, 3},
                              .embedding = 8};
    double products = 12544.0 * 9 * 3 * 4;
    products += 12544.0 * 9 * 4 * 4 + 3136.0 * 9 * 4 * 4 * 3 + 2 * 8;
    products += 784.0 * 4 * 8 + 3136.0 * 9 * 4 * 8 + 784.0 * 9 * 8 * 8 * 3 + 2 * 16;
    products += 196.0 * 8 * 16 + 784.0 * 9 * 8 * 16 + 196.0 * 9 * 16 * 16 * 3 + 2 * 32;
    products += 49.0 * 16 * 32 + 196.0 * 9 * 16 * 32 + 49.0 * 9 * 32 * 32 * 3 + 2 * 128;
    products += 49.0 * 32 * 8;
    assert_int_equal(counted(&irse), (uint64_t)(2 * products));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_convolution_is_its_formula),
        cmocka_unit_test(native_ir_se_18_by_hand),
        cmocka_unit_test(strides_of_pixels_halve_four_times),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
