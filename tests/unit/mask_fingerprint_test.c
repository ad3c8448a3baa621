// SPDX-License-Identifier: Apache-2.0
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "frequency/mask.h"

#include <string.h>

static struct config_federation masked(enum config_mask method, enum config_shuffle shuffle)
{
    static struct config config;
    config_defaults(&config);
    config.federation.mask.method = method;
    config.federation.mask.shuffle = shuffle;
    return config.federation;
}

static void one_bit_of_the_key_gives_another_fingerprint(void **state)
{
    (void)state;
    const struct config_federation federation = masked(MASK_PPFR_FD, SHUFFLE_DEPLOYMENT);
    uint8_t key[MASK_KEY_BYTES] = {1, 2, 3}, first[DIGEST_BYTES], other[DIGEST_BYTES];
    mask_fingerprint(first, &federation, key);
    mask_fingerprint(other, &federation, key);
    assert_memory_equal(first, other, DIGEST_BYTES);
    for (size_t i = 0; i < MASK_KEY_BYTES; i++) {
        key[i] ^= 0x80;
        mask_fingerprint(other, &federation, key);
        assert_memory_not_equal(first, other, DIGEST_BYTES);
        key[i] ^= 0x80;
    }
}

static void it_is_not_a_plain_digest_of_the_key(void **state)
{
    (void)state;
    const struct config_federation federation = masked(MASK_PPFR_FD, SHUFFLE_DEPLOYMENT);
    const uint8_t key[MASK_KEY_BYTES] = {7};
    uint8_t fingerprint[DIGEST_BYTES], plain[DIGEST_BYTES];
    mask_fingerprint(fingerprint, &federation, key);
    digest_compute(plain, key, sizeof key);
    assert_memory_not_equal(fingerprint, plain, DIGEST_BYTES);
}

static void that_of_eigenfaces_is_of_the_digest_of_their_file(void **state)
{
    (void)state;
    static const uint8_t none[DIGEST_BYTES] = {0};
    const struct config_federation federation = masked(MASK_EIGENFACES, SHUFFLE_NONE);
    uint8_t digest[DIGEST_BYTES] = {7}, first[DIGEST_BYTES], other[DIGEST_BYTES];
    mask_fingerprint(first, &federation, digest);
    assert_memory_not_equal(first, none, DIGEST_BYTES);
    digest[31] = 1;
    mask_fingerprint(other, &federation, digest);
    assert_memory_not_equal(first, other, DIGEST_BYTES);
}

static void a_mask_without_a_secret_has_none(void **state)
{
    (void)state;
    static const uint8_t none[DIGEST_BYTES] = {0};
    const struct config_federation without[] = {
        masked(MASK_NONE, SHUFFLE_DEPLOYMENT),
        masked(MASK_PPFR_FD, SHUFFLE_NONE),
        masked(MASK_PPFR_FD, SHUFFLE_PER_IMAGE),
    };
    const uint8_t key[MASK_KEY_BYTES] = {7};
    for (size_t i = 0; i < sizeof without / sizeof without[0]; i++) {
        uint8_t fingerprint[DIGEST_BYTES] = {1};
        mask_fingerprint(fingerprint, &without[i], i == 0 ? key : NULL);
        assert_memory_equal(fingerprint, none, DIGEST_BYTES);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_bit_of_the_key_gives_another_fingerprint),
        cmocka_unit_test(it_is_not_a_plain_digest_of_the_key),
        cmocka_unit_test(that_of_eigenfaces_is_of_the_digest_of_their_file),
        cmocka_unit_test(a_mask_without_a_secret_has_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
