// SPDX-License-Identifier: Apache-2.0
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "secure/digest.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

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

/* Digests by sha256sum; a file and a stream of pieces give the same. */
static void files_have_the_digest_that_sha256sum_says(void **state)
{
    (void)state;
    static const char million[] =
        "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0";
    char path[] = "/tmp/fedveil-digest-XXXXXX", hex[2 * DIGEST_BYTES + 1];
    uint8_t digest[DIGEST_BYTES];
    static char text[1000000];
    memset(text, 'a', sizeof text);
    const int file = mkstemp(path);
    assert_true(file >= 0);
    assert_int_equal(write(file, text, sizeof text), sizeof text);
    close(file);
    assert_int_equal(digest_file(digest, path), STATUS_OK);
    digest_hex(hex, digest);
    assert_string_equal(hex, million);
    unlink(path);
    assert_int_equal(digest_file(digest, path), STATUS_NOT_FOUND);
    assert_non_null(strstr(status_message(), path));
    struct digest_stream *stream = NULL;
    assert_int_equal(digest_stream_create(&stream), STATUS_OK);
    digest_stream_add(stream, text, 1);
    digest_stream_add(stream, text, sizeof text - 1);
    digest_stream_end(digest, &stream);
    assert_null(stream);
    digest_hex(hex, digest);
    assert_string_equal(hex, million);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(matches_another_implementation_of_blake2b),
        cmocka_unit_test(every_byte_counts),
        cmocka_unit_test(files_have_the_digest_that_sha256sum_says),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
