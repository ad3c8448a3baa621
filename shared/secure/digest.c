// SPDX-License-Identifier: Apache-2.0
#include "secure/digest.h"

#include "secure/sodium_ready.h"

void digest_compute(uint8_t digest[DIGEST_BYTES], const void *bytes, size_t size)
{
    sodium_ready();
    const int result = crypto_generichash(digest, DIGEST_BYTES, bytes, size, NULL, 0);
    assert(result == 0);
    (void)result;
}

void digest_hex(char hex[2 * DIGEST_BYTES + 1], const uint8_t digest[DIGEST_BYTES])
{
    sodium_bin2hex(hex, 2 * DIGEST_BYTES + 1, digest, DIGEST_BYTES);
}
