// SPDX-License-Identifier: Apache-2.0
/* digest - BLAKE2b-256 of bytes, for model types, config sections and transfers. */
#ifndef SECURE_DIGEST_H
#define SECURE_DIGEST_H

#include <stddef.h>
#include <stdint.h>

enum { DIGEST_BYTES = 32 };

void digest_compute(uint8_t digest[DIGEST_BYTES], const void *bytes, size_t size);

/* Lower-case hexadecimal with a final zero byte. */
void digest_hex(char hex[2 * DIGEST_BYTES + 1], const uint8_t digest[DIGEST_BYTES]);

#endif
