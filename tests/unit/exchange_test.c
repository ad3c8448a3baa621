// SPDX-License-Identifier: Apache-2.0
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "secure/digest.h"
#include "secure/exchange.h"

#include <string.h>

static const struct exchange_context plain = {
    .session = {1}, .round = 2, .attempt = 3, .roster = {4}, .model = {5}, .config = {6}};

static void the_bytes_are_those_of_the_header(void **state)
{
    (void)state;
    uint8_t bytes[32 + 32 + 16 + 8 + 64 + 8 + 3] = "fsa1/share", expected[32], found[32];
    bytes[32] = 4;
    bytes[64] = 1;
    bytes[80] = 2;
    bytes[84] = 3;
    bytes[88] = 5;
    bytes[120] = 6;
    memcpy(bytes + 152, (const uint8_t[]){0x0d, 0x0c, 0x0b, 0x0a, 7, 0, 0, 0}, 8);
    memcpy(bytes + 160, "abc", 3);
    digest_compute(expected, bytes, sizeof bytes);
    exchange_hash(found, NULL, EXCHANGE_SHARE, &plain, 0x0a0b0c0d, 7, "abc", 3);
    assert_memory_equal(found, expected, sizeof found);
}

/* The hash of one input, bit `flip` of the context turned unless it is negative. */
static void hash(uint8_t out[32], int flip, const uint8_t *key, enum exchange_purpose purpose,
                 uint32_t first, uint32_t second)
{
    struct exchange_context context;
    memset(&context, 0, sizeof context);
    if (flip >= 0) ((uint8_t *)&context)[flip / 8] ^= (uint8_t)(1 << flip % 8);
    exchange_hash(out, key, purpose, &context, first, second, NULL, 0);
}

static void every_bit_of_the_context_counts(void **state)
{
    (void)state;
    static uint8_t found[8 * sizeof(struct exchange_context) + 1][32];
    const int bits = 8 * (int)sizeof(struct exchange_context);
    assert_int_equal(sizeof(struct exchange_context), 16 + 8 + 3 * 32); // no padding
    for (int i = -1; i < bits; i++) {
        hash(found[i + 1], i, NULL, EXCHANGE_PAIR, 1, 2);
        for (int j = 0; j <= i; j++) {
            assert_memory_not_equal(found[i + 1], found[j], 32);
        }
    }
}

static void key_purpose_and_numbers_count(void **state)
{
    (void)state;
    const uint8_t zero[32] = {0}, other[32] = {[31] = 1};
    uint8_t found[7][32];
    hash(found[0], -1, NULL, EXCHANGE_PAIR, 1, 2);
    hash(found[1], -1, zero, EXCHANGE_PAIR, 1, 2);
    hash(found[2], -1, other, EXCHANGE_PAIR, 1, 2);
    hash(found[3], -1, NULL, EXCHANGE_SHARE, 1, 2);
    hash(found[4], -1, NULL, EXCHANGE_MESSAGE, 1, 2);
    hash(found[5], -1, NULL, EXCHANGE_RING, 1, 2);
    hash(found[6], -1, NULL, EXCHANGE_PAIR, 2, 1);
    for (int i = 0; i < 7; i++) {
        for (int j = 0; j < i; j++) {
            assert_memory_not_equal(found[i], found[j], 32);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_bytes_are_those_of_the_header),
        cmocka_unit_test(every_bit_of_the_context_counts),
        cmocka_unit_test(key_purpose_and_numbers_count),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
