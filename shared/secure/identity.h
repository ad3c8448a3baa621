// SPDX-License-Identifier: Apache-2.0
/* identity - long-term keys, the roster of who may take part, and keyed streams.
 *
 * A key file holds one CURVE25519 secret and public key as Z85 (RFC 32/Z85), lines "public = ..."
 * and "secret = ...", mode 0600, made once and never replaced. A roster is a text file, a line
 * "NAME PUBLIC-KEY" for each participant; the line's place (from 0) is the participant's index. In
 * all of them a line that begins with # is a remark; remarks and empty lines do not count. */
#ifndef SECURE_IDENTITY_H
#define SECURE_IDENTITY_H

#include "base/limits.h"
#include "base/status.h"

#include <stddef.h>
#include <stdint.h>

enum { IDENTITY_KEY_TEXT = 41, IDENTITY_KEY_BYTES = 32 }; // Z85 text with its final zero; raw

struct identity {
    char public_key[IDENTITY_KEY_TEXT];
    char secret_key[IDENTITY_KEY_TEXT];
    uint8_t sign_public[32], sign_secret[64];
};

struct roster_entry {
    char name[LIMIT_NAME];
    char public_key[IDENTITY_KEY_TEXT];
};

struct roster {
    size_t count;
    struct roster_entry *entries; // owned
};

/* A fresh key pair from the operating system's randomness. */
void identity_generate(struct identity *identity);

/* Writes the key file (0600) and, beside it, PATH.pub with the line of the public key. Fails when
 * one of them exists. */
enum status identity_save(const struct identity *identity, const char *path) CHECKED;

/* Reads a key file; refuses one that others may read or whose keys do not belong together. */
enum status identity_load(struct identity *identity, const char *path) CHECKED;

/* Reads a file that holds a public key only (PATH.pub); refuses one with a secret. */
enum status identity_load_public(char public_key[IDENTITY_KEY_TEXT], const char *path) CHECKED;

/* Forgets the secret. */
void identity_wipe(struct identity *identity);

/* Reads a roster; names file and line of a malformed line, a duplicate name or a duplicate key.
 * Names are letters, digits, '.', '_' and '-', beginning with a letter or digit. */
enum status roster_load(struct roster *roster, const char *path) CHECKED;

/* Writes a roster that roster_load() understands, or fails as it would and writes nothing. */
enum status roster_save(const struct roster *roster, const char *path) CHECKED;
void roster_destroy(struct roster *roster);

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
