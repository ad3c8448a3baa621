// SPDX-License-Identifier: Apache-2.0
/* digest - BLAKE2b-256 of bytes, for model types, config sections and transfers; SHA-256 of what
 * people compare with the output of sha256sum. */
#ifndef SECURE_DIGEST_H
#define SECURE_DIGEST_H

#include "base/status.h"

#include <stddef.h>
#include <stdint.h>

enum { DIGEST_BYTES = 32 };

void digest_compute(uint8_t digest[DIGEST_BYTES], const void *bytes, size_t size);

/* SHA-256 of a file of any size, which is read in pieces. */
enum status digest_file(uint8_t digest[DIGEST_BYTES], const char *path) CHECKED;

/* SHA-256 of bytes that come in pieces. */
struct digest_stream;
enum status digest_stream_create(struct digest_stream **stream) CHECKED;
void digest_stream_add(struct digest_stream *stream, const void *bytes, size_t size);

/* Gives the digest and destroys the stream. */
void digest_stream_end(uint8_t digest[DIGEST_BYTES], struct digest_stream **stream);

/* Lower-case hexadecimal with a final zero byte. */
void digest_hex(char hex[2 * DIGEST_BYTES + 1], const uint8_t digest[DIGEST_BYTES]);

#endif
