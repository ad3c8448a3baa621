// SPDX-License-Identifier: Apache-2.0
/* z85 - keys as text (ZeroMQ RFC 32/Z85): five characters for four bytes. Private to secure/. */
#ifndef SECURE_Z85_H
#define SECURE_Z85_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Writes size / 4 * 5 characters and a final zero; size is a multiple of four. */
void z85_encode(char *text, const uint8_t *bytes, size_t size);

/* Reads `size` bytes, a multiple of four; false when the text is not their one encoding. */
bool z85_decode(uint8_t *bytes, size_t size, const char *text);

#endif
