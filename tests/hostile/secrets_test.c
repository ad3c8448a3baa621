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

#include "fakes/parties.h"
#include "secure/blinder_parts.h"
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

static struct parties parties;

static void draw_hidden(uint8_t *bytes, size_t size)
{
    parties_random(bytes, size);
    hide(bytes, size);
}

/* Three who have read the board. */
static struct blinder *first_of_three(void)
{
    const struct neighbours_assumption assumption = {
        .corrupt = 0, .dropout = 0, .coordinator = NEIGHBOURS_CURIOUS};
    parties_start(&parties, 3, assumption);
    parties_give_keys(&parties);
    parties_give_shares(&parties);
    return parties.blinders[0];
}

/* The secret key of parcels stays in sight: X25519 says whether it gave zero, which anybody knows
 * from the public key of the other. */
static void dealing_parcels(void **state)
{
    (void)state;
    struct blinder *blinder = first_of_three();
    struct payload shares = {0};
    blinder->options.random = draw_hidden;
    hide(blinder->secret_keys[EXCHANGE_C], sizeof blinder->secret_keys[EXCHANGE_C]);
    assert_int_equal(blinder_deal(blinder, &shares.bytes, &shares.size), STATUS_OK);
    show(shares.bytes, shares.size);
    const struct exchange_shares *sent = (const struct exchange_shares *)shares.bytes;
    const struct exchange_way way = {1, 3};
    assert_true(exchange_verify_parcel(&sent->parcels[1], way, &parties.context, parties.digest,
                                       parties.sign_keys[1]));
    payload_free(&shares);
    parties_end(&parties);
}

static void opening_blinding_and_releasing(void **state)
{
    (void)state;
    struct blinder *blinder = first_of_three();
    const bool counted[PARTIES_MAX] = {true, true, true};
    uint8_t update[12] = {0}, metrics[8] = {0};
    struct payload release = {0};
    hide(blinder->own_seed, sizeof blinder->own_seed);
    hide(blinder->pair_seeds, sizeof blinder->pair_seeds);
    hide(blinder->dealt, sizeof blinder->dealt);
    parties_hold(&parties);
    for (size_t i = 0; i < 3; i++) {
        hide(blinder->held[i].contents, sizeof blinder->held[i].contents);
        hide(update, sizeof update);
        assert_int_equal(blinder_blind(parties.blinders[i], update, 3, 32, metrics, 1), STATUS_OK);
    }
    parties_count(&parties, counted);
    parties_sign(&parties);
    parties_agree(&parties);
    assert_int_equal(blinder_release(blinder, &release.bytes, &release.size), STATUS_OK);
    show(release.bytes, release.size);
    assert_int_equal(unblinder_take_release(parties.unblinder, 1, release.bytes, release.size),
                     STATUS_OK);
    payload_free(&release);
    parties_end(&parties);
}

static void checking_and_joining_what_was_released(void **state)
{
    (void)state;
    const struct exchange_context context = {.round = 1};
    struct exchange_share share;
    struct shamir_share shares[2] = {{.holder = 1}, {.holder = 4}};
    uint8_t commitment[EXCHANGE_HASH_BYTES] = {0}, secret[SHAMIR_BYTES];
    fill((uint8_t *)&share, sizeof share, 6);
    hide(&share, sizeof share);
    hide(shares[0].bytes, SHAMIR_BYTES);
    hide(shares[1].bytes, SHAMIR_BYTES);
    bool right = exchange_is_committed(&share, commitment, 4, &context, 5, SHAMIR_SECRET_KEY);
    show(&right, sizeof right);
    assert_false(right);
    assert_int_equal(shamir_join(secret, shares, 2), STATUS_OK);
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
        cmocka_unit_test(dealing_parcels),
        cmocka_unit_test(opening_blinding_and_releasing),
        cmocka_unit_test(checking_and_joining_what_was_released),
    };
    const struct CMUnitTest control[] = {cmocka_unit_test(deciding_by_a_secret)};
    if (count > 1) return cmocka_run_group_tests(control, NULL, NULL);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
