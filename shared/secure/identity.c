// SPDX-License-Identifier: Apache-2.0
#include "secure/identity.h"

#include "base/files.h"
#include "secure/sodium_ready.h"
#include "secure/z85.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    PURPOSE_BYTES = 32,
    MASK_FILE_MAX = 256, // bytes of a file with a mask key
};

_Static_assert(crypto_box_PUBLICKEYBYTES == IDENTITY_KEY_BYTES, "a public key is a key");
_Static_assert(crypto_box_SECRETKEYBYTES == IDENTITY_KEY_BYTES, "a secret key is a key");
_Static_assert(crypto_sign_PUBLICKEYBYTES == IDENTITY_KEY_BYTES, "so is one to sign with");
_Static_assert(crypto_sign_SEEDBYTES == IDENTITY_KEY_BYTES, "and its seed");
_Static_assert(crypto_sign_SECRETKEYBYTES == IDENTITY_SIGN_SECRET_BYTES, "seed and public key");
_Static_assert(crypto_sign_BYTES == IDENTITY_SIGNATURE_BYTES, "a signature is a signature");
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

struct identity_public identity_public_part(const struct identity *identity)
{
    struct identity_public part;
    memcpy(part.public_key, identity->public_key, sizeof part.public_key);
    memcpy(part.sign_key, identity->sign_public, sizeof part.sign_key);
    return part;
}

void identity_fingerprint(uint8_t digest[DIGEST_BYTES], const struct identity_public *identity)
{
    uint8_t bytes[2 * IDENTITY_KEY_BYTES] = {0};
    z85_decode(bytes, IDENTITY_KEY_BYTES, identity->public_key);
    memcpy(bytes + IDENTITY_KEY_BYTES, identity->sign_key, IDENTITY_KEY_BYTES);
    digest_compute(digest, bytes, sizeof bytes);
}

void identity_write_words(char text[IDENTITY_WORDS], const struct identity_public *identity)
{
    char sign[IDENTITY_KEY_TEXT];
    z85_encode(sign, identity->sign_key, IDENTITY_KEY_BYTES);
    snprintf(text, IDENTITY_WORDS, "%s %s", identity->public_key, sign);
}

bool identity_read_words(struct identity_public *identity, const char *curve, const char *sign)
{
    uint8_t bytes[IDENTITY_KEY_BYTES];
    if (!z85_decode(bytes, sizeof bytes, curve)) return false;
    if (!z85_decode(identity->sign_key, IDENTITY_KEY_BYTES, sign)) return false;
    memcpy(identity->public_key, curve, IDENTITY_KEY_TEXT);
    return true;
}

static void hash(uint8_t out[DIGEST_BYTES], const char *purpose, const void *bytes, size_t size)
{
    char padded[PURPOSE_BYTES] = {0};
    const size_t length = strlen(purpose);
    assert(length <= sizeof padded);
    memcpy(padded, purpose, length);
    crypto_generichash_state state;
    crypto_generichash_init(&state, NULL, 0, DIGEST_BYTES);
    crypto_generichash_update(&state, (const uint8_t *)padded, sizeof padded);
    crypto_generichash_update(&state, bytes, size);
    crypto_generichash_final(&state, out, DIGEST_BYTES);
}

void identity_sign(uint8_t signature[IDENTITY_SIGNATURE_BYTES], const struct identity *identity,
                   const char *purpose, const void *bytes, size_t size)
{
    uint8_t digest[DIGEST_BYTES];
    sodium_ready();
    hash(digest, purpose, bytes, size);
    crypto_sign_detached(signature, NULL, digest, sizeof digest, identity->sign_secret);
}

bool identity_verify(const uint8_t signature[IDENTITY_SIGNATURE_BYTES],
                     const uint8_t sign_key[IDENTITY_KEY_BYTES], const char *purpose,
                     const void *bytes, size_t size)
{
    uint8_t digest[DIGEST_BYTES];
    sodium_ready();
    hash(digest, purpose, bytes, size);
    return crypto_sign_verify_detached(signature, digest, sizeof digest, sign_key) == 0;
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
    enum status status = files_read_secret(&bytes, &size, path, MASK_FILE_MAX);
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
