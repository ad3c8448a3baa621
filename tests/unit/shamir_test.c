// SPDX-License-Identifier: Apache-2.0
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "base/random.h"
#include "reference/slow_field.h"
#include "secure/shamir.h"

#include <string.h>

static const struct exchange_context context = {.session = {9}, .round = 1, .attempt = 1};

static void draw(struct random *random, uint8_t *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        bytes[i] = (uint8_t)random_bits(random);
    }
}

static struct random stream_of(uint32_t salt)
{
    struct random random;
    random_start(&random, 23, 0, RANDOM_TEST, 0, salt);
    return random;
}

static void all_products_are_those_of_the_slow_field(void **state)
{
    (void)state;
    for (int a = 0; a < 256; a++) {
        for (int b = 0; b < 256; b++) {
            assert_int_equal(shamir_multiply((uint8_t)a, (uint8_t)b),
                             slow_field_multiply((uint8_t)a, (uint8_t)b));
        }
        const uint8_t inverse = shamir_invert((uint8_t)a);
        assert_int_equal(slow_field_multiply((uint8_t)a, inverse), a == 0 ? 0 : 1);
    }
    // FIPS 197, sections 4.2 and 4.2.1, and the S-box's inverse of {53}.
    assert_int_equal(shamir_multiply(0x57, 0x83), 0xc1);
    assert_int_equal(shamir_multiply(0x57, 0x13), 0xfe);
    assert_int_equal(shamir_invert(0x53), 0xca);
}

/* Joins the shares that the bits of `chosen` name, in descending order of holders. */
static void join_chosen(uint8_t secret[SHAMIR_BYTES], const struct shamir_share *shares,
                        unsigned chosen, size_t threshold)
{
    struct shamir_share some[8];
    size_t count = 0;
    for (int i = 7; i >= 0; i--) {
        if (chosen >> i & 1) some[count++] = shares[i];
    }
    assert_int_equal(count, threshold);
    assert_int_equal(shamir_join(secret, some, threshold), STATUS_OK);
}

static int bits_of(unsigned set)
{
    int count = 0;
    for (; set != 0; set &= set - 1) {
        count++;
    }
    return count;
}

static void any_threshold_of_shares_recovers(void **state)
{
    (void)state;
    struct random random = stream_of(0);
    for (size_t holders = 2; holders <= 8; holders++) {
        for (size_t threshold = 2; threshold <= holders; threshold++) {
            uint8_t secret[SHAMIR_BYTES], found[SHAMIR_BYTES];
            struct shamir_share shares[8];
            draw(&random, secret, sizeof secret);
            memcpy(secret, (const uint8_t[]){0, 0x80, 0xc5, 0xff}, 4);
            shamir_split(shares, secret, holders, threshold);
            for (unsigned set = 0; set < 1u << holders; set++) {
                if ((size_t)bits_of(set) != threshold) continue;
                join_chosen(found, shares, set, threshold);
                assert_memory_equal(found, secret, sizeof found);
            }
            if (threshold == 2) continue;
            // One fewer, taken for enough, gives something else.
            assert_int_equal(shamir_join(found, shares, threshold - 1), STATUS_OK);
            assert_memory_not_equal(found, secret, sizeof found);
        }
    }
}

static void the_largest_sizes_recover(void **state)
{
    (void)state;
    static struct shamir_share shares[SHAMIR_HOLDERS_MAX];
    const size_t thresholds[] = {2, 67, 128, 254, 255};
    struct random random = stream_of(1);
    for (size_t i = 0; i < sizeof thresholds / sizeof thresholds[0]; i++) {
        uint8_t secret[SHAMIR_BYTES], found[SHAMIR_BYTES];
        draw(&random, secret, sizeof secret);
        shamir_split(shares, secret, SHAMIR_HOLDERS_MAX, thresholds[i]);
        const size_t last = SHAMIR_HOLDERS_MAX - thresholds[i];
        assert_int_equal(shamir_join(found, shares + last, thresholds[i]), STATUS_OK);
        assert_memory_equal(found, secret, sizeof found);
        assert_int_equal(shares[254].holder, 255);
    }
}

/* Two of two: over all coefficients each holder's share of every byte takes each value once,
 * whatever the secret. All bytes of a secret differ, so one call tries 32 of them. */
static void one_share_of_two_tells_nothing(void **state)
{
    (void)state;
    for (int base = 0; base < 256; base += SHAMIR_BYTES) {
        uint8_t seen[3][SHAMIR_BYTES][256] = {0};
        uint8_t secret[SHAMIR_BYTES], coefficients[SHAMIR_BYTES];
        for (int b = 0; b < SHAMIR_BYTES; b++) {
            secret[b] = (uint8_t)(base + b);
        }
        for (int c = 0; c < 256; c++) {
            struct shamir_share shares[3];
            memset(coefficients, c, sizeof coefficients);
            shamir_split_with(shares, secret, 3, 2, coefficients);
            for (int h = 0; h < 3; h++) {
                for (int b = 0; b < SHAMIR_BYTES; b++) {
                    assert_int_equal(seen[h][b][shares[h].bytes[b]]++, 0);
                }
            }
        }
    }
}

/* Three of five: over all pairs of coefficients each pair of shares takes each pair of values once,
 * whatever the secret. The 32 bytes of a call try 32 first coefficients. */
static void two_shares_of_three_tell_nothing(void **state)
{
    (void)state;
    const uint8_t secrets[] = {0, 1, 0x80, 0xff};
    const int pairs[][2] = {{0, 1}, {0, 4}, {2, 3}};
    static uint8_t seen[3][65536];
    for (size_t s = 0; s < sizeof secrets; s++) {
        uint8_t secret[SHAMIR_BYTES], coefficients[2 * SHAMIR_BYTES];
        memset(secret, secrets[s], sizeof secret);
        memset(seen, 0, sizeof seen);
        for (int call = 0; call < 65536 / SHAMIR_BYTES; call++) {
            struct shamir_share shares[5];
            for (int b = 0; b < SHAMIR_BYTES; b++) {
                coefficients[b] = (uint8_t)(call % 8 * SHAMIR_BYTES + b);
                coefficients[SHAMIR_BYTES + b] = (uint8_t)(call / 8);
            }
            shamir_split_with(shares, secret, 5, 3, coefficients);
            for (int p = 0; p < 3; p++) {
                for (int b = 0; b < SHAMIR_BYTES; b++) {
                    const int low = shares[pairs[p][0]].bytes[b];
                    const int high = shares[pairs[p][1]].bytes[b];
                    assert_int_equal(seen[p][high << 8 | low]++, 0);
                }
            }
        }
    }
}

static void coefficients_are_fresh(void **state)
{
    (void)state;
    const uint8_t secret[SHAMIR_BYTES] = {0};
    struct shamir_share first[3], second[3];
    shamir_split(first, secret, 3, 2);
    shamir_split(second, secret, 3, 2);
    assert_memory_not_equal(first[0].bytes, second[0].bytes, SHAMIR_BYTES);
}

static void zero_and_repeated_holders_are_refused(void **state)
{
    (void)state;
    const uint8_t secret[SHAMIR_BYTES] = {1, 2, 3}, zero[SHAMIR_BYTES] = {0};
    uint8_t found[SHAMIR_BYTES];
    struct shamir_share shares[4];
    shamir_split(shares, secret, 4, 3);
    shares[2].holder = 0;
    assert_int_equal(shamir_join(found, shares, 3), STATUS_BAD_MESSAGE);
    assert_string_equal(status_message(), "share 2: of holder 0, allowed: 1 to 255");
    assert_memory_equal(found, zero, sizeof zero);
    shares[2].holder = 1;
    assert_int_equal(shamir_join(found, shares, 3), STATUS_BAD_MESSAGE);
    assert_string_equal(status_message(), "share 2: of holder 1 again, allowed: each holder once");
    assert_memory_equal(found, zero, sizeof zero);
}

static void a_wrong_share_gives_another_secret(void **state)
{
    (void)state;
    const uint8_t secret[SHAMIR_BYTES] = {1, 2, 3};
    uint8_t found[SHAMIR_BYTES];
    struct shamir_share shares[3];
    shamir_split(shares, secret, 3, 2);
    shares[1].bytes[31] ^= 1;
    assert_int_equal(shamir_join(found, shares, 2), STATUS_OK);
    assert_memory_equal(found, secret, 31);
    assert_int_not_equal(found[31], secret[31]);
}

static void wiped_shares_are_zero(void **state)
{
    (void)state;
    const uint8_t secret[SHAMIR_BYTES] = {7}, zero[sizeof(struct shamir_share) * 3] = {0};
    struct shamir_share shares[3];
    shamir_split(shares, secret, 3, 2);
    shamir_wipe(shares, 3);
    assert_memory_equal(shares, zero, sizeof zero);
}

static void a_commitment_holds_for_one_share_only(void **state)
{
    (void)state;
    struct shamir_share share = {.holder = 4, .bytes = {1, 2, 3}}, other = share;
    uint8_t opening[32] = {5}, commitment[32];
    shamir_commit(commitment, &share, opening, &context, 6, SHAMIR_OWN_SEED);
    assert_true(shamir_is_committed(commitment, &share, opening, &context, 6, SHAMIR_OWN_SEED));
    assert_false(shamir_is_committed(commitment, &share, opening, &context, 7, SHAMIR_OWN_SEED));
    assert_false(shamir_is_committed(commitment, &share, opening, &context, 6, SHAMIR_SECRET_KEY));
    other.holder = 5;
    assert_false(shamir_is_committed(commitment, &other, opening, &context, 6, SHAMIR_OWN_SEED));
    for (int b = 0; b < SHAMIR_BYTES; b++) {
        other = share;
        other.bytes[b] ^= 0x40;
        assert_false(
            shamir_is_committed(commitment, &other, opening, &context, 6, SHAMIR_OWN_SEED));
    }
    struct exchange_context elsewhere = context;
    elsewhere.attempt++;
    assert_false(shamir_is_committed(commitment, &share, opening, &elsewhere, 6, SHAMIR_OWN_SEED));
    opening[31] ^= 1;
    assert_false(shamir_is_committed(commitment, &share, opening, &context, 6, SHAMIR_OWN_SEED));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_products_are_those_of_the_slow_field),
        cmocka_unit_test(any_threshold_of_shares_recovers),
        cmocka_unit_test(the_largest_sizes_recover),
        cmocka_unit_test(one_share_of_two_tells_nothing),
        cmocka_unit_test(two_shares_of_three_tell_nothing),
        cmocka_unit_test(coefficients_are_fresh),
        cmocka_unit_test(zero_and_repeated_holders_are_refused),
        cmocka_unit_test(a_wrong_share_gives_another_secret),
        cmocka_unit_test(wiped_shares_are_zero),
        cmocka_unit_test(a_commitment_holds_for_one_share_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
