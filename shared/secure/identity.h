// SPDX-License-Identifier: Apache-2.0
/* identity - long-term keys of a party, and keyed streams.
 *
 * A party has two key pairs: CURVE25519, which its connections prove, and Ed25519 (RFC 8032), with
 * which it signs. Keys are written as Z85 (RFC 32/Z85). A key file is made once, with mode 0600,
 * and never replaced; a line that begins with # is a remark:
 *     public = CURVE ED25519
 *     secret = CURVE ED25519-SEED
 * or, under a passphrase, in place of the second line
 *     locked = argon2id OPERATIONS BYTES SALT BOX
 * with SALT (16 bytes) and BOX in hexadecimal: BOX is what would stand after "secret = ", raw,
 * encrypted by XChaCha20-Poly1305 (IETF) under the Argon2id key (RFC 9106) of the passphrase, with
 * a nonce of zeros, as a salt serves once, and the text after "public = " as additional data.
 * PATH.pub beside it has the first line only. */
#ifndef SECURE_IDENTITY_H
#define SECURE_IDENTITY_H

#include "base/limits.h"
#include "base/status.h"
#include "secure/digest.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    IDENTITY_KEY_TEXT = 41, // Z85 text with its final zero
    IDENTITY_KEY_BYTES = 32,
    IDENTITY_SIGN_SECRET_BYTES = 64, // as libsodium keeps it: seed | public key
    IDENTITY_SIGNATURE_BYTES = 64,
};

struct identity {
    char public_key[IDENTITY_KEY_TEXT]; // CURVE25519, as ZeroMQ wants it
    char secret_key[IDENTITY_KEY_TEXT];
    uint8_t sign_public[IDENTITY_KEY_BYTES]; // Ed25519
    uint8_t sign_secret[IDENTITY_SIGN_SECRET_BYTES];
};

/* What others know of a party. */
struct identity_public {
    char public_key[IDENTITY_KEY_TEXT];
    uint8_t sign_key[IDENTITY_KEY_BYTES];
};

/* Fresh key pairs from the operating system's randomness. */
void identity_generate(struct identity *identity);

/* Writes the key file (0600) and, beside it, PATH.pub. Fails when one of them exists. With a
 * passphrase, which is not empty, the secrets are locked; NULL: they are not. */
enum status identity_save(const struct identity *identity, const char *path,
                          const char *passphrase) CHECKED;

/* Reads a key file; refuses one that others may read or whose keys do not belong together. When
 * it is locked, the passphrase comes from `passphrase_file`, and if that is empty, from the
 * terminal; STATUS_BAD_INPUT when it is the wrong one. */
enum status identity_load(struct identity *identity, const char *path,
                          const char *passphrase_file) CHECKED;

/* Reads a file that holds public keys only (PATH.pub); STATUS_REFUSED for one with a secret. */
enum status identity_load_public(struct identity_public *identity, const char *path) CHECKED;

/* The public keys of a key file, for which no passphrase is needed; nothing proves that they belong
 * to its secrets. */
enum status identity_peek(struct identity_public *identity, const char *path) CHECKED;

/* Forgets the secrets. */
void identity_wipe(struct identity *identity);

struct identity_public identity_public_part(const struct identity *identity);

/* BLAKE2b-256 of both public keys, CURVE25519 first: what people compare by telephone. */
void identity_fingerprint(uint8_t digest[DIGEST_BYTES], const struct identity_public *identity);

/* "CURVE ED25519", as it stands in files: IDENTITY_WORDS bytes with the final zero. */
enum { IDENTITY_WORDS = 2 * IDENTITY_KEY_TEXT };
void identity_write_words(char text[IDENTITY_WORDS], const struct identity_public *identity);

/* The same from two words; false when one is no key. */
bool identity_read_words(struct identity_public *identity, const char *curve, const char *sign);

/* Ed25519 over BLAKE2b-256(purpose | bytes), the purpose padded with zero bytes to 32. */
void identity_sign(uint8_t signature[IDENTITY_SIGNATURE_BYTES], const struct identity *identity,
                   const char *purpose, const void *bytes, size_t size);
bool identity_verify(const uint8_t signature[IDENTITY_SIGNATURE_BYTES],
                     const uint8_t sign_key[IDENTITY_KEY_BYTES], const char *purpose,
                     const void *bytes, size_t size);

/* The mask key: 32 bytes in hexadecimal, one line, mode 0600. */
enum status identity_make_mask_key(const char *path) CHECKED;
enum status identity_load_mask_key(uint8_t key[IDENTITY_KEY_BYTES], const char *path) CHECKED;

/* `size` bytes of ChaCha20 keystream of a key and a purpose number: the channel orders of a mask,
 * the noise of an image. */
void identity_stream(uint8_t *bytes, size_t size, const uint8_t key[IDENTITY_KEY_BYTES],
                     uint64_t purpose);

/* `size` bytes of the operating system's randomness. */
void identity_random(uint8_t *bytes, size_t size);

#endif
