// SPDX-License-Identifier: Apache-2.0
#include "frequency/mask.h"

#include <assert.h>
#include <string.h>

void mask_fingerprint(uint8_t fingerprint[DIGEST_BYTES], const struct config_federation *federation,
                      const uint8_t key[MASK_KEY_BYTES])
{
    // The name keeps it apart from any other use of the key. A key has 256 random bits, so that
    // nobody finds it by trying; orders of few channels could be found.
    struct {
        char name[32];
        uint8_t key[MASK_KEY_BYTES];
    } secret = {.name = "fedveil mask fingerprint"};
    memset(fingerprint, 0, DIGEST_BYTES);
    if (!mask_has_key(federation) && federation->mask.method != MASK_EIGENFACES) return;
    assert(key != NULL);
    memcpy(secret.key, key, sizeof secret.key);
    digest_compute(fingerprint, &secret, sizeof secret);
    explicit_bzero(&secret, sizeof secret);
}
