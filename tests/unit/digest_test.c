// SPDX-License-Identifier: Apache-2.0
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "secure/digest.h"

#include <string.h>

/* Made with Python's hashlib.blake2b(..., digest_size=32). */
static void matches_another_implementation_of_blake2b(void **state)
{
    (void)state;
    uint8_t digest[DIGEST_BYTES];
    char hex[2 * DIGEST_BYTES + 1];
    digest_compute(digest, NULL, 0);
    digest_hex(hex, digest);
    assert_string_equal(hex, "0e5751c026e543b2e8ab2eb06099daa1d1e5df47778f7787faab45cdf12fe3a8");
    digest_compute(digest, "abc", 3);
    digest_hex(hex, digest);
    assert_string_equal(hex, "bddd813c634239723171ef3fee98579b94964e3bb1cb3e427262c8c068d52319");
}

static void every_byte_counts(void **state)
{
    (void)state;
    uint8_t bytes[300] = {0}, all[DIGEST_BYTES], other[DIGEST_BYTES];
    digest_compute(all, bytes, sizeof bytes);
    digest_compute(other, bytes, sizeof bytes - 1);
    assert_memory_not_equal(all, other, sizeof all);
    for (size_t i = 0; i < sizeof bytes; i++) {
        bytes[i] = 1;
        digest_compute(other, bytes, sizeof bytes);
        assert_memory_not_equal(all, other, sizeof all);
        bytes[i] = 0;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(matches_another_implementation_of_blake2b),
        cmocka_unit_test(every_byte_counts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
