// SPDX-License-Identifier: Apache-2.0
/* No branch and no address depends on a secret: under valgrind, to whom secrets are shown as memory
 * that was never written, so that it reports whatever decides by them (as ctgrind does). Without
 * valgrind only the results are compared. With an argument it does decide by a secret: a control
 * that must be reported. */
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "secure/blinding.h"
#include "secure/shamir.h"

#include <stdio.h>
#include <string.h>

#if __has_include(<valgrind/memcheck.h>)
#include <valgrind/memcheck.h>
#else
#define VALGRIND_MAKE_MEM_UNDEFINED(bytes, size) ((void)(bytes), (void)(size))
#define VALGRIND_MAKE_MEM_DEFINED(bytes, size)   ((void)(bytes), (void)(size))
#endif

enum { HOLDERS = 7, THRESHOLD = 4, WORDS = 500 };

static void hide(void *bytes, size_t size)
{
    VALGRIND_MAKE_MEM_UNDEFINED(bytes, size);
}

static void show(void *bytes, size_t size)
{
    VALGRIND_MAKE_MEM_DEFINED(bytes, size);
}

static void fill(uint8_t *bytes, size_t size, uint8_t from)
{
    for (size_t i = 0; i < size; i++) {
        bytes[i] = (uint8_t)(from + 37 * i);
    }
}

static void sharing_and_joining(void **state)
{
    (void)state;
    uint8_t secret[SHAMIR_BYTES], coefficients[(THRESHOLD - 1) * SHAMIR_BYTES];
    uint8_t found[SHAMIR_BYTES];
    struct shamir_share shares[HOLDERS];
    fill(secret, sizeof secret, 1);
    fill(coefficients, sizeof coefficients, 2);
    hide(secret, sizeof secret);
    hide(coefficients, sizeof coefficients);
    shamir_split_with(shares, secret, HOLDERS, THRESHOLD, coefficients);
    assert_int_equal(shamir_join(found, shares + 2, THRESHOLD), STATUS_OK);
    show(secret, sizeof secret);
    show(found, sizeof found);
    assert_memory_equal(found, secret, sizeof found);
}

static void products_and_inverses(void **state)
{
    (void)state;
    for (int i = 0; i < 256; i += 5) {
        uint8_t secret = (uint8_t)i;
        hide(&secret, sizeof secret);
        uint8_t square = shamir_multiply(secret, secret), inverse = shamir_invert(secret);
        uint8_t again = shamir_multiply(square, inverse);
        show(&again, sizeof again);
        assert_int_equal(again, i);
    }
}

static void commitments(void **state)
{
    (void)state;
    const struct exchange_context context = {.round = 1};
    struct shamir_share share = {.holder = 3};
    uint8_t opening[EXCHANGE_HASH_BYTES], commitment[EXCHANGE_HASH_BYTES];
    fill(share.bytes, sizeof share.bytes, 9);
    fill(opening, sizeof opening, 10);
    hide(share.bytes, sizeof share.bytes);
    hide(opening, sizeof opening);
    shamir_commit(commitment, &share, opening, &context, 5, SHAMIR_OWN_SEED);
    show(commitment, sizeof commitment);
    bool same = shamir_is_committed(commitment, &share, opening, &context, 5, SHAMIR_OWN_SEED);
    show(&same, sizeof same);
    assert_true(same);
}

static void blinding_and_unblinding(void **state)
{
    (void)state;
    const int widths[] = {16, 24, 32, 64};
    for (size_t w = 0; w < 4; w++) {
        uint8_t seed[BLINDING_SEED_BYTES], bytes[WORDS * 8], before[WORDS * 8];
        fill(seed, sizeof seed, 3);
        fill(bytes, sizeof bytes, 4);
        memcpy(before, bytes, sizeof bytes);
        hide(seed, sizeof seed);
        hide(bytes, sizeof bytes);
        const struct blinding_words words = {bytes, 11, WORDS, widths[w], BLINDING_UPDATE};
        blinding_add(&words, seed);
        blinding_pair(&words, seed, 4, 2);
        blinding_pair(&words, seed, 2, 4);
        blinding_subtract(&words, seed);
        show(bytes, sizeof bytes);
        assert_memory_equal(bytes, before, sizeof bytes);
    }
}

/* Must be reported. */
static void deciding_by_a_secret(void **state)
{
    (void)state;
    uint8_t secret[SHAMIR_BYTES];
    fill(secret, sizeof secret, 5);
    hide(secret, sizeof secret);
    if (shamir_multiply(secret[0], secret[1]) == 7) puts("seven");
}

int main(int count, char **arguments)
{
    (void)arguments;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sharing_and_joining),
        cmocka_unit_test(products_and_inverses),
        cmocka_unit_test(commitments),
        cmocka_unit_test(blinding_and_unblinding),
    };
    const struct CMUnitTest control[] = {cmocka_unit_test(deciding_by_a_secret)};
    if (count > 1) return cmocka_run_group_tests(control, NULL, NULL);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
