// SPDX-License-Identifier: Apache-2.0
#include "secure/identity.h"

#include "base/files.h"
#include "secure/sodium_ready.h"
#include "secure/z85.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { FILE_MAX = 4096 }; // bytes of a key file

_Static_assert(crypto_box_PUBLICKEYBYTES == IDENTITY_KEY_BYTES, "a public key is a key");
_Static_assert(crypto_box_SECRETKEYBYTES == IDENTITY_KEY_BYTES, "a secret key is a key");
_Static_assert(IDENTITY_KEY_TEXT == IDENTITY_KEY_BYTES / 4 * 5 + 1, "Z85");

void identity_generate(struct identity *identity)
{
    sodium_ready();
    uint8_t public_key[IDENTITY_KEY_BYTES], secret_key[IDENTITY_KEY_BYTES];
    crypto_box_keypair(public_key, secret_key);
    z85_encode(identity->public_key, public_key, sizeof public_key);
    z85_encode(identity->secret_key, secret_key, sizeof secret_key);
    sodium_memzero(secret_key, sizeof secret_key);
    crypto_sign_keypair(identity->sign_public, identity->sign_secret);
}

void identity_wipe(struct identity *identity)
{
    sodium_memzero(identity, sizeof *identity);
}

/* The path of the public half. */
static enum status public_path(char out[LIMIT_PATH], const char *path)
{
    const int size = snprintf(out, LIMIT_PATH, "%s.pub", path);
    if (size > 0 && size < LIMIT_PATH) return STATUS_OK;
    return status_fail(STATUS_FULL, "%s: path too long, at most %d bytes", path, LIMIT_PATH - 5);
}

enum status identity_save(const struct identity *identity, const char *path)
{
    char beside[LIMIT_PATH], text[256];
    enum status status = public_path(beside, path);
    if (status != STATUS_OK) return status;
    if (files_exists(beside)) {
        return status_fail(STATUS_IO, "%s: exists; keys are never replaced", beside);
    }
    int size = snprintf(text, sizeof text, "public = %s\nsecret = %s\n", identity->public_key,
                        identity->secret_key);
    status = files_write_secret(path, text, (size_t)size);
    sodium_memzero(text, sizeof text);
    if (status != STATUS_OK) return status;
    size = snprintf(text, sizeof text, "public = %s\n", identity->public_key);
    status = files_write(beside, text, (size_t)size);
    if (status != STATUS_OK) unlink(path); // a pair or nothing
    return status;
}

/* Takes the text of a key from a line "WORD = KEY"; false when the line is another one. */
static bool take_key(char key[IDENTITY_KEY_TEXT], const char *line, const char *word)
{
    const size_t length = strlen(word);
    if (strncmp(line, word, length) != 0 || strncmp(line + length, " = ", 3) != 0) return false;
    line += length + 3;
    uint8_t bytes[IDENTITY_KEY_BYTES];
    if (key[0] != '\0' || strlen(line) != IDENTITY_KEY_TEXT - 1) return false;
    const bool valid = z85_decode(bytes, sizeof bytes, line);
    sodium_memzero(bytes, sizeof bytes);
    if (valid) memcpy(key, line, IDENTITY_KEY_TEXT);
    return valid;
}

/* Reads lines "public = KEY" and "secret = KEY", each at most once; `#` begins a remark. */
static enum status parse_keys(struct identity *identity, char *text, const char *path)
{
    *identity = (struct identity){0};
    size_t number = 1;
    for (char *line = text; line != NULL; number++) {
        char *end = strchr(line, '\n');
        if (end != NULL) *end = '\0';
        const bool known = line[0] == '\0' || line[0] == '#' ||
                           take_key(identity->public_key, line, "public") ||
                           take_key(identity->secret_key, line, "secret");
        if (!known) {
            // The line itself is not shown: it may hold a secret.
            return status_fail(STATUS_BAD_INPUT,
                               "%s:%zu: no key, allowed is one line \"public = KEY\" and in a key"
                               " file one \"secret = KEY\", KEY of %d characters",
                               path, number, IDENTITY_KEY_TEXT - 1);
        }
        line = end == NULL ? NULL : end + 1;
    }
    if (identity->public_key[0] != '\0') return STATUS_OK;
    return status_fail(STATUS_BAD_INPUT, "%s: a line \"public = KEY\" is missing", path);
}

/* Whether the public key is the one of the secret key. */
static bool belong_together(const struct identity *identity)
{
    sodium_ready();
    uint8_t public_key[IDENTITY_KEY_BYTES], secret_key[IDENTITY_KEY_BYTES];
    char text[IDENTITY_KEY_TEXT];
    const bool valid = z85_decode(secret_key, sizeof secret_key, identity->secret_key) &&
                       crypto_scalarmult_base(public_key, secret_key) == 0;
    sodium_memzero(secret_key, sizeof secret_key);
    if (!valid) return false;
    z85_encode(text, public_key, sizeof public_key);
    return strcmp(text, identity->public_key) == 0;
}

enum status identity_load(struct identity *identity, const char *path)
{
    *identity = (struct identity){0};
    uint8_t *bytes = NULL;
    size_t size = 0;
    enum status status = files_read_secret(&bytes, &size, path, FILE_MAX);
    if (status != STATUS_OK) return status;
    status = parse_keys(identity, (char *)bytes, path);
    sodium_memzero(bytes, size);
    free(bytes);
    if (status == STATUS_OK && identity->secret_key[0] == '\0') {
        status = status_fail(STATUS_BAD_INPUT, "%s: a line \"secret = KEY\" is missing", path);
    } else if (status == STATUS_OK && !belong_together(identity)) {
        status = status_fail(STATUS_BAD_INPUT, "%s: its two keys do not belong together", path);
    }
    if (status != STATUS_OK) identity_wipe(identity);
    return status;
}

enum status identity_load_public(char public_key[IDENTITY_KEY_TEXT], const char *path)
{
    memset(public_key, 0, IDENTITY_KEY_TEXT);
    uint8_t *bytes = NULL;
    size_t size = 0;
    enum status status = files_read(&bytes, &size, path, FILE_MAX);
    if (status != STATUS_OK) return status;
    struct identity identity;
    status = parse_keys(&identity, (char *)bytes, path);
    if (status == STATUS_OK && identity.secret_key[0] != '\0') {
        status =
            status_fail(STATUS_BAD_INPUT,
                        "%s: holds a secret key, allowed is the public half, %s.pub", path, path);
    }
    if (status == STATUS_OK) memcpy(public_key, identity.public_key, IDENTITY_KEY_TEXT);
    sodium_memzero(bytes, size);
    free(bytes);
    identity_wipe(&identity);
    return status;
}

enum status identity_make_mask_key(const char *path)
{
    sodium_ready();
    uint8_t key[IDENTITY_KEY_BYTES];
    char text[2 * IDENTITY_KEY_BYTES + 1];
    randombytes_buf(key, sizeof key);
    sodium_bin2hex(text, sizeof text, key, sizeof key);
    text[sizeof text - 1] = '\n';
    const enum status status = files_write_secret(path, text, sizeof text);
    sodium_memzero(key, sizeof key);
    sodium_memzero(text, sizeof text);
    return status;
}

enum status identity_load_mask_key(uint8_t key[IDENTITY_KEY_BYTES], const char *path)
{
    uint8_t *bytes = NULL;
    size_t size = 0, decoded = 0;
    enum status status = files_read_secret(&bytes, &size, path, FILE_MAX);
    if (status != STATUS_OK) return status;
    const size_t length = size > 0 && bytes[size - 1] == '\n' ? size - 1 : size;
    const int result =
        sodium_hex2bin(key, IDENTITY_KEY_BYTES, (const char *)bytes, length, NULL, &decoded, NULL);
    if (result != 0 || decoded != IDENTITY_KEY_BYTES || length != 2 * IDENTITY_KEY_BYTES) {
        sodium_memzero(key, IDENTITY_KEY_BYTES);
        status = status_fail(STATUS_BAD_INPUT,
                             "%s: no mask key, allowed is one line of %d hexadecimal digits", path,
                             2 * IDENTITY_KEY_BYTES);
    }
    sodium_memzero(bytes, size);
    free(bytes);
    return status;
}

void identity_stream(uint8_t *bytes, size_t size, const uint8_t key[IDENTITY_KEY_BYTES],
                     uint64_t purpose)
{
    _Static_assert(crypto_stream_chacha20_KEYBYTES == IDENTITY_KEY_BYTES, "a key is a key");
    sodium_ready();
    uint8_t nonce[crypto_stream_chacha20_NONCEBYTES];
    for (size_t i = 0; i < sizeof nonce; i++) {
        nonce[i] = (uint8_t)(purpose >> (8 * i));
    }
    crypto_stream_chacha20(bytes, size, nonce, key);
}

void identity_random(uint8_t *bytes, size_t size)
{
    sodium_ready();
    randombytes_buf(bytes, size);
}
