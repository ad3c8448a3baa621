// SPDX-License-Identifier: Apache-2.0
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "base/files.h"
#include "secure/identity.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Keys of libzmq's own tests (tests/testutil_security.hpp). */
#define CLIENT_PUBLIC "Yne@$w-vo<fVvi]a<NY6T1ed:M$fCG*[IaLV{hID"
#define CLIENT_SECRET "D:)Q[IlAW!ahhC2ac:9*A}h:p?([4%wOTJ%JR%cs"
#define SERVER_PUBLIC "rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7"
#define SERVER_SECRET "JTKVSB%%)wK0E.X)V>+}o?pNmC{O&4W4b!Ni{Lh6"

static char folder[] = "/tmp/fedveil-identity-XXXXXX";
static char path[64], beside[64];

static int make_folder(void **state)
{
    (void)state;
    snprintf(folder, sizeof folder, "/tmp/fedveil-identity-XXXXXX");
    if (mkdtemp(folder) == NULL) return -1;
    snprintf(path, sizeof path, "%s/key", folder);
    snprintf(beside, sizeof beside, "%s/key.pub", folder);
    return 0;
}

static int remove_folder(void **state)
{
    (void)state;
    unlink(path);
    unlink(beside);
    return rmdir(folder);
}

static void write_text(const char *text, mode_t mode)
{
    assert_int_equal(files_write(path, text, strlen(text)), STATUS_OK);
    assert_int_equal(chmod(path, mode), 0);
}

static mode_t mode_of(const char *of)
{
    struct stat info;
    assert_int_equal(stat(of, &info), 0);
    return info.st_mode & 07777;
}

static void a_saved_identity_is_loaded_again(void **state)
{
    (void)state;
    struct identity identity, again, other;
    char public_key[IDENTITY_KEY_TEXT];
    identity_generate(&identity);
    identity_generate(&other);
    assert_string_not_equal(identity.secret_key, other.secret_key);
    assert_int_equal(identity_save(&identity, path), STATUS_OK);
    assert_int_equal(mode_of(path), 0600);
    assert_int_equal(identity_load(&again, path), STATUS_OK);
    assert_memory_equal(&again, &identity, sizeof identity);
    assert_int_equal(identity_load_public(public_key, beside), STATUS_OK);
    assert_string_equal(public_key, identity.public_key);
    uint8_t *bytes = NULL;
    size_t size = 0;
    assert_int_equal(files_read(&bytes, &size, beside, 4096), STATUS_OK);
    assert_null(strstr((const char *)bytes, identity.secret_key));
    free(bytes);
    identity_wipe(&again);
    const struct identity zero = {0};
    assert_memory_equal(&again, &zero, sizeof zero);
}

static void keys_are_never_replaced(void **state)
{
    (void)state;
    struct identity identity, other, again;
    identity_generate(&identity);
    identity_generate(&other);
    assert_int_equal(identity_save(&identity, path), STATUS_OK);
    assert_int_not_equal(identity_save(&other, path), STATUS_OK);
    assert_int_equal(unlink(beside), 0);
    assert_int_not_equal(identity_save(&other, path), STATUS_OK);
    assert_false(files_exists(beside));
    assert_int_equal(identity_load(&again, path), STATUS_OK);
    assert_string_equal(again.secret_key, identity.secret_key);
    assert_int_not_equal(identity_make_mask_key(path), STATUS_OK);
    assert_int_equal(rename(path, beside), 0);
    assert_int_not_equal(identity_save(&other, path), STATUS_OK);
    assert_false(files_exists(path));
}

static void a_pair_of_another_program_is_understood(void **state)
{
    (void)state;
    struct identity identity;
    write_text("# remark\n\npublic = " CLIENT_PUBLIC "\nsecret = " CLIENT_SECRET "\n", 0600);
    assert_int_equal(identity_load(&identity, path), STATUS_OK);
    assert_string_equal(identity.public_key, CLIENT_PUBLIC);
    assert_string_equal(identity.secret_key, CLIENT_SECRET);
    assert_int_equal(unlink(path), 0);
    write_text("secret = " SERVER_SECRET "\npublic = " SERVER_PUBLIC, 0400);
    assert_int_equal(identity_load(&identity, path), STATUS_OK);
    assert_string_equal(identity.public_key, SERVER_PUBLIC);
}

static void a_secret_that_others_may_read_is_refused(void **state)
{
    (void)state;
    const mode_t modes[] = {0640, 0604, 0620, 0602, 0610, 0644};
    struct identity identity;
    uint8_t key[IDENTITY_KEY_BYTES];
    for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++) {
        write_text("public = " CLIENT_PUBLIC "\nsecret = " CLIENT_SECRET "\n", modes[i]);
        assert_int_equal(identity_load(&identity, path), STATUS_BAD_INPUT);
        assert_int_equal(identity.secret_key[0], 0);
        assert_int_equal(identity_load_mask_key(key, path), STATUS_BAD_INPUT);
        char mode[16];
        snprintf(mode, sizeof mode, "%04o", (unsigned)modes[i]);
        assert_non_null(strstr(status_message(), mode));
        assert_non_null(strstr(status_message(), "0600"));
    }
}

static void malformed_key_files_are_refused_without_showing_them(void **state)
{
    (void)state;
    static const char *const wrong[] = {
        "",
        "public = " CLIENT_PUBLIC "\n",
        "secret = " CLIENT_SECRET "\n",
        "public = " SERVER_PUBLIC "\nsecret = " CLIENT_SECRET "\n", // not a pair
        "public = " CLIENT_PUBLIC "\nsecret = " CLIENT_SECRET " \n",
        "public = " CLIENT_PUBLIC "\nsecret =" CLIENT_SECRET "\n",
        "public = " CLIENT_PUBLIC "\nsecret = " CLIENT_SECRET "\nsecret = " CLIENT_SECRET "\n",
        "public = " CLIENT_PUBLIC "\nsecret = D:)Q[IlAW!ahhC2ac:9*A}h:p?([4%wOTJ%JR%c\n",
        "public = " CLIENT_PUBLIC "\nsecret = D:)Q[IlAW!ahhC2ac:9*A}h:p?([4%wOTJ%JR%\"s\n",
        "public = #########################################\nsecret = " CLIENT_SECRET "\n",
        "D:)Q[IlAW!ahhC2ac:9*A}h:p?([4%wOTJ%JR%cs\n",
    };
    struct identity identity;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        write_text(wrong[i], 0600);
        assert_int_equal(identity_load(&identity, path), STATUS_BAD_INPUT);
        assert_non_null(strstr(status_message(), path));
        assert_null(strstr(status_message(), "D:)Q["));
        assert_int_equal(identity.secret_key[0], 0);
    }
    write_text("public = " CLIENT_PUBLIC "\nsomething\n", 0600);
    assert_int_equal(identity_load(&identity, path), STATUS_BAD_INPUT);
    assert_non_null(strstr(status_message(), "key:2:"));
    assert_int_equal(unlink(path), 0);
    assert_int_equal(identity_load(&identity, path), STATUS_NOT_FOUND);
}

static void a_public_key_file_holds_no_secret(void **state)
{
    (void)state;
    char key[IDENTITY_KEY_TEXT];
    write_text("public = " CLIENT_PUBLIC "\n", 0644);
    assert_int_equal(identity_load_public(key, path), STATUS_OK);
    assert_string_equal(key, CLIENT_PUBLIC);
    write_text("public = " CLIENT_PUBLIC "\nsecret = " CLIENT_SECRET "\n", 0600);
    assert_int_equal(identity_load_public(key, path), STATUS_BAD_INPUT);
    assert_non_null(strstr(status_message(), "key.pub"));
    assert_int_equal(key[0], 0);
    write_text("", 0644);
    assert_int_equal(identity_load_public(key, path), STATUS_BAD_INPUT);
}

static void a_mask_key_is_made_once_and_loaded(void **state)
{
    (void)state;
    uint8_t key[IDENTITY_KEY_BYTES], again[IDENTITY_KEY_BYTES];
    assert_int_equal(identity_make_mask_key(path), STATUS_OK);
    assert_int_equal(mode_of(path), 0600);
    assert_int_equal(identity_load_mask_key(key, path), STATUS_OK);
    assert_int_equal(identity_load_mask_key(again, path), STATUS_OK);
    assert_memory_equal(key, again, sizeof key);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(identity_make_mask_key(path), STATUS_OK);
    assert_int_equal(identity_load_mask_key(again, path), STATUS_OK);
    assert_memory_not_equal(key, again, sizeof key);
}

static void a_mask_key_is_one_line_of_64_digits(void **state)
{
    (void)state;
#define DIGITS "000102030405060708090a0b0c0d0e0f101112131415161718191A1B1C1D1E"
    static const char *const wrong[] = {"",
                                        DIGITS,
                                        DIGITS "1",
                                        DIGITS "1g",
                                        DIGITS "1f00",
                                        DIGITS "1f\n\n",
                                        " " DIGITS "1f",
                                        DIGITS "1f "};
    uint8_t key[IDENTITY_KEY_BYTES];
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        write_text(wrong[i], 0600);
        assert_int_equal(identity_load_mask_key(key, path), STATUS_BAD_INPUT);
        assert_null(strstr(status_message(), "000102"));
    }
    write_text(DIGITS "1f", 0600);
    assert_int_equal(identity_load_mask_key(key, path), STATUS_OK);
    for (uint8_t i = 0; i < IDENTITY_KEY_BYTES; i++) {
        assert_int_equal(key[i], i);
    }
}

/* From draft-agl-tls-chacha20poly1305-04, section 7: a zero key with the nonces 0 and 01 00 .. 00.
 * */
static void the_stream_is_chacha20(void **state)
{
    (void)state;
    static const uint8_t first[16] = {0x76, 0xb8, 0xe0, 0xad, 0xa0, 0xf1, 0x3d, 0x90,
                                      0x40, 0x5d, 0x6a, 0xe5, 0x53, 0x86, 0xbd, 0x28};
    static const uint8_t second[16] = {0xef, 0x3f, 0xdf, 0xd6, 0xc6, 0x15, 0x78, 0xfb,
                                       0xf5, 0xcf, 0x35, 0xbd, 0x3d, 0xd3, 0x3b, 0x80};
    const uint8_t key[IDENTITY_KEY_BYTES] = {0};
    uint8_t bytes[100], few[7];
    identity_stream(bytes, sizeof bytes, key, 0);
    assert_memory_equal(bytes, first, sizeof first);
    identity_stream(few, sizeof few, key, 0);
    assert_memory_equal(few, first, sizeof few);
    identity_stream(bytes, sizeof bytes, key, 1);
    assert_memory_equal(bytes, second, sizeof second);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, make_folder, remove_folder)
    const struct CMUnitTest tests[] = {
        CASE(a_saved_identity_is_loaded_again),
        CASE(keys_are_never_replaced),
        CASE(a_pair_of_another_program_is_understood),
        CASE(a_secret_that_others_may_read_is_refused),
        CASE(malformed_key_files_are_refused_without_showing_them),
        CASE(a_public_key_file_holds_no_secret),
        CASE(a_mask_key_is_made_once_and_loaded),
        CASE(a_mask_key_is_one_line_of_64_digits),
        cmocka_unit_test(the_stream_is_chacha20),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
