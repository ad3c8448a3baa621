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

/* Keys of libzmq's own tests (tests/testutil_security.hpp), and of RFC 8032, section 7.1. */
#define CLIENT_CURVE  "Yne@$w-vo<fVvi]a<NY6T1ed:M$fCG*[IaLV{hID"
#define CLIENT_HIDDEN "D:)Q[IlAW!ahhC2ac:9*A}h:p?([4%wOTJ%JR%cs"
#define CLIENT_SIGN   "/ijKxG0tV(!L2[<:Z+Sq4=IE1*nl8vUl2RQ{xKLl"
#define CLIENT_SEED   "ONF^][blA$X}AYFLi::rl}LviDOPpMA67c69iK^0"
#define CLIENT_PUBLIC CLIENT_CURVE " " CLIENT_SIGN
#define CLIENT_SECRET CLIENT_HIDDEN " " CLIENT_SEED
#define SERVER_CURVE  "rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7"
#define SERVER_HIDDEN "JTKVSB%%)wK0E.X)V>+}o?pNmC{O&4W4b!Ni{Lh6"
#define SERVER_PUBLIC SERVER_CURVE " jWo?3>TghgLd7^@o=FL]Or$>Nf2T6mZ%b)Hd!ErY"
#define SERVER_SECRET SERVER_HIDDEN " oW9<jdf2Q!OWMB9(>8#6tz+echliP1*kL:)pQ)q0"

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
    struct identity_public part;
    identity_generate(&identity);
    identity_generate(&other);
    assert_string_not_equal(identity.secret_key, other.secret_key);
    assert_int_equal(identity_save(&identity, path, NULL), STATUS_OK);
    assert_int_equal(mode_of(path), 0600);
    assert_int_equal(identity_load(&again, path, ""), STATUS_OK);
    assert_memory_equal(&again, &identity, sizeof identity);
    assert_int_equal(identity_load_public(&part, beside), STATUS_OK);
    assert_string_equal(part.public_key, identity.public_key);
    assert_memory_equal(part.sign_key, identity.sign_public, sizeof part.sign_key);
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
    assert_int_equal(identity_save(&identity, path, NULL), STATUS_OK);
    assert_int_not_equal(identity_save(&other, path, NULL), STATUS_OK);
    assert_int_equal(unlink(beside), 0);
    assert_int_not_equal(identity_save(&other, path, NULL), STATUS_OK);
    assert_false(files_exists(beside));
    assert_int_equal(identity_load(&again, path, ""), STATUS_OK);
    assert_string_equal(again.secret_key, identity.secret_key);
    assert_int_not_equal(identity_make_mask_key(path), STATUS_OK);
    assert_int_equal(rename(path, beside), 0);
    assert_int_not_equal(identity_save(&other, path, NULL), STATUS_OK);
    assert_false(files_exists(path));
}

static void a_pair_of_another_program_is_understood(void **state)
{
    (void)state;
    struct identity identity;
    write_text("# remark\n\npublic = " CLIENT_PUBLIC "\nsecret = " CLIENT_SECRET "\n", 0600);
    assert_int_equal(identity_load(&identity, path, ""), STATUS_OK);
    assert_string_equal(identity.public_key, CLIENT_CURVE);
    assert_string_equal(identity.secret_key, CLIENT_HIDDEN);
    assert_int_equal(unlink(path), 0);
    write_text("secret = " SERVER_SECRET "\npublic = " SERVER_PUBLIC, 0400);
    assert_int_equal(identity_load(&identity, path, ""), STATUS_OK);
    assert_string_equal(identity.public_key, SERVER_CURVE);
}

static void a_secret_that_others_may_read_is_refused(void **state)
{
    (void)state;
    const mode_t modes[] = {0640, 0604, 0620, 0602, 0610, 0644};
    struct identity identity;
    uint8_t key[IDENTITY_KEY_BYTES];
    for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++) {
        write_text("public = " CLIENT_PUBLIC "\nsecret = " CLIENT_SECRET "\n", modes[i]);
        assert_int_equal(identity_load(&identity, path, ""), STATUS_BAD_INPUT);
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
        "public = " CLIENT_CURVE
        " jWo?3>TghgLd7^@o=FL]Or$>Nf2T6mZ%b)Hd!ErY\nsecret = " CLIENT_SECRET
        "\n", // only half a pair
        "public = " CLIENT_PUBLIC "\nsecret = " CLIENT_SECRET " \n",
        "public = " CLIENT_PUBLIC "\nsecret =" CLIENT_SECRET "\n",
        "public = " CLIENT_PUBLIC "\nsecret = " CLIENT_SECRET "\nsecret = " CLIENT_SECRET "\n",
        "public = " CLIENT_PUBLIC "\nsecret = D:)Q[IlAW!ahhC2ac:9*A}h:p?([4%wOTJ%JR%c " CLIENT_SEED
        "\n",
        "public = " CLIENT_PUBLIC
        "\nsecret = D:)Q[IlAW!ahhC2ac:9*A}h:p?([4%wOTJ%JR%\"s " CLIENT_SEED "\n",
        "public = #########################################\nsecret = " CLIENT_SECRET "\n",
        "D:)Q[IlAW!ahhC2ac:9*A}h:p?([4%wOTJ%JR%cs\n",
    };
    struct identity identity;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        write_text(wrong[i], 0600);
        assert_int_equal(identity_load(&identity, path, ""), STATUS_BAD_INPUT);
        assert_non_null(strstr(status_message(), path));
        assert_null(strstr(status_message(), "D:)Q["));
        assert_null(strstr(status_message(), "ONF^]["));
        assert_int_equal(identity.secret_key[0], 0);
    }
    write_text("public = " CLIENT_PUBLIC "\nsomething\n", 0600);
    assert_int_equal(identity_load(&identity, path, ""), STATUS_BAD_INPUT);
    assert_non_null(strstr(status_message(), "key:2:"));
    assert_int_equal(unlink(path), 0);
    assert_int_equal(identity_load(&identity, path, ""), STATUS_NOT_FOUND);
}

/* RFC 8032, section 7.1: the keys there, and that what one signs only its own key verifies. */
static void what_is_signed_is_verified(void **state)
{
    (void)state;
    struct identity identity, other;
    uint8_t signature[IDENTITY_SIGNATURE_BYTES];
    write_text("public = " CLIENT_PUBLIC "\nsecret = " CLIENT_SECRET "\n", 0600);
    assert_int_equal(identity_load(&identity, path, ""), STATUS_OK);
    static const uint8_t sign_public[] = {0xd7, 0x5a, 0x98, 0x01, 0x82, 0xb1, 0x0a, 0xb7};
    assert_memory_equal(identity.sign_public, sign_public, sizeof sign_public);
    identity_generate(&other);
    identity_sign(signature, &identity, "a purpose", "text", 4);
    assert_true(identity_verify(signature, identity.sign_public, "a purpose", "text", 4));
    assert_false(identity_verify(signature, other.sign_public, "a purpose", "text", 4));
    assert_false(identity_verify(signature, identity.sign_public, "another", "text", 4));
    assert_false(identity_verify(signature, identity.sign_public, "a purpose", "texT", 4));
    assert_false(identity_verify(signature, identity.sign_public, "a purpose", "text", 3));
    signature[63] ^= 1;
    assert_false(identity_verify(signature, identity.sign_public, "a purpose", "text", 4));
}

static void a_passphrase_locks_the_secrets(void **state)
{
    (void)state;
    char word[80];
    struct identity identity, again;
    snprintf(word, sizeof word, "%s.pass", path);
    identity_generate(&identity);
    assert_int_equal(identity_save(&identity, path, "correct horse"), STATUS_OK);
    uint8_t *bytes = NULL;
    size_t size = 0;
    assert_int_equal(files_read(&bytes, &size, path, 4096), STATUS_OK);
    assert_null(strstr((const char *)bytes, identity.secret_key));
    assert_non_null(strstr((const char *)bytes, "locked = argon2id "));
    assert_int_equal(files_write(word, "correct horse\n", 14), STATUS_OK);
    assert_int_equal(chmod(word, 0600), 0);
    assert_int_equal(identity_load(&again, path, word), STATUS_OK);
    assert_memory_equal(&again, &identity, sizeof identity);
    assert_int_equal(files_write(word, "correct house\n", 14), STATUS_OK);
    assert_int_equal(chmod(word, 0600), 0);
    assert_int_equal(identity_load(&again, path, word), STATUS_BAD_INPUT);
    assert_non_null(strstr(status_message(), "the passphrase is wrong"));
    assert_int_equal(again.secret_key[0], 0);
    assert_int_equal(unlink(word), 0);
    bytes[size - 2] = bytes[size - 2] == '0' ? '1' : '0'; // the last digit of the box
    write_text((const char *)bytes, 0600);
    free(bytes);
    assert_int_equal(files_write(word, "correct horse\n", 14), STATUS_OK);
    assert_int_equal(chmod(word, 0600), 0);
    assert_int_equal(identity_load(&again, path, word), STATUS_BAD_INPUT);
    write_text("public = " CLIENT_PUBLIC "\nlocked = argon2id 3 99999999999 00 00\n", 0600);
    assert_int_equal(identity_load(&again, path, word), STATUS_BAD_INPUT);
    assert_int_equal(unlink(word), 0);
}

static void a_public_key_file_holds_no_secret(void **state)
{
    (void)state;
    struct identity_public key;
    write_text("public = " CLIENT_PUBLIC "\n", 0644);
    assert_int_equal(identity_load_public(&key, path), STATUS_OK);
    assert_string_equal(key.public_key, CLIENT_CURVE);
    write_text("public = " CLIENT_PUBLIC "\nsecret = " CLIENT_SECRET "\n", 0600);
    assert_int_equal(identity_load_public(&key, path), STATUS_REFUSED);
    assert_non_null(strstr(status_message(), "key.pub"));
    assert_int_equal(key.public_key[0], 0);
    write_text("", 0644);
    assert_int_equal(identity_load_public(&key, path), STATUS_BAD_INPUT);
    write_text("public = " CLIENT_CURVE "\n", 0644);
    assert_int_equal(identity_load_public(&key, path), STATUS_BAD_INPUT);
    assert_non_null(strstr(status_message(), "older version"));
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
        CASE(what_is_signed_is_verified),
        CASE(a_passphrase_locks_the_secrets),
        CASE(a_public_key_file_holds_no_secret),
        CASE(a_mask_key_is_made_once_and_loaded),
        CASE(a_mask_key_is_one_line_of_64_digits),
        cmocka_unit_test(the_stream_is_chacha20),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
