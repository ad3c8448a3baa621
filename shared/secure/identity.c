// SPDX-License-Identifier: Apache-2.0
#include "secure/identity.h"

#include "secure/sodium_ready.h"

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
