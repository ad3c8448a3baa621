// SPDX-License-Identifier: Apache-2.0
#include "fakes/keyring.h"

#include "secure/z85.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void make_secret(uint8_t secret[IDENTITY_KEY_BYTES], char letter)
{
    if (sodium_init() < 0) abort();
    memset(secret, letter, IDENTITY_KEY_BYTES);
}

void keyring_make(struct identity *identity, char letter)
{
    uint8_t secret[IDENTITY_KEY_BYTES], public_key[IDENTITY_KEY_BYTES];
    make_secret(secret, letter);
    if (crypto_scalarmult_base(public_key, secret) != 0) abort();
    z85_encode(identity->public_key, public_key, sizeof public_key);
    z85_encode(identity->secret_key, secret, sizeof secret);
    crypto_sign_seed_keypair(identity->sign_public, identity->sign_secret, secret);
}

void keyring_enter(struct roster_entry *entry, const char *name, char letter)
{
    struct identity identity;
    keyring_make(&identity, letter);
    *entry = (struct roster_entry){0};
    snprintf(entry->name, sizeof entry->name, "%s", name);
    memcpy(entry->public_key, identity.public_key, sizeof entry->public_key);
    memcpy(entry->sign_key, identity.sign_public, sizeof entry->sign_key);
}

void keyring_seal(uint8_t **sealed, size_t *sealed_size, const uint8_t *bytes, size_t size,
                  char letter)
{
    uint8_t secret[IDENTITY_KEY_BYTES], public_key[IDENTITY_KEY_BYTES];
    make_secret(secret, letter);
    *sealed_size = size + crypto_box_SEALBYTES;
    *sealed = malloc(*sealed_size);
    if (*sealed == NULL || crypto_scalarmult_base(public_key, secret) != 0 ||
        crypto_box_seal(*sealed, bytes, size, public_key) != 0) {
        abort();
    }
}
