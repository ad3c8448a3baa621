// SPDX-License-Identifier: Apache-2.0
#include "secure/digest.h"

#include "secure/sodium_ready.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PIECE = 1 << 16 };

struct digest_stream {
    crypto_hash_sha256_state state;
};

_Static_assert(DIGEST_BYTES == crypto_hash_sha256_BYTES, "both digests have 256 bits");

void digest_compute(uint8_t digest[DIGEST_BYTES], const void *bytes, size_t size)
{
    sodium_ready();
    const int result = crypto_generichash(digest, DIGEST_BYTES, bytes, size, NULL, 0);
    assert(result == 0);
    (void)result;
}

enum status digest_stream_create(struct digest_stream **stream)
{
    sodium_ready();
    *stream = malloc(sizeof **stream);
    if (*stream == NULL) return status_fail(STATUS_NO_MEMORY, "no memory for a digest");
    crypto_hash_sha256_init(&(*stream)->state);
    return STATUS_OK;
}

void digest_stream_add(struct digest_stream *stream, const void *bytes, size_t size)
{
    crypto_hash_sha256_update(&stream->state, bytes, size);
}

void digest_stream_end(uint8_t digest[DIGEST_BYTES], struct digest_stream **stream)
{
    crypto_hash_sha256_final(&(*stream)->state, digest);
    free(*stream);
    *stream = NULL;
}

enum status digest_file(uint8_t digest[DIGEST_BYTES], const char *path)
{
    const int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (file < 0) {
        return status_fail(errno == ENOENT ? STATUS_NOT_FOUND : STATUS_IO, "%s: %s", path,
                           strerror(errno));
    }
    struct digest_stream *stream = NULL;
    enum status status = digest_stream_create(&stream);
    ssize_t got = status == STATUS_OK;
    while (status == STATUS_OK && got > 0) {
        uint8_t piece[PIECE];
        got = read(file, piece, sizeof piece);
        if (got > 0) digest_stream_add(stream, piece, (size_t)got);
        if (got < 0 && errno == EINTR) got = 1;
        if (got < 0) status = status_fail(STATUS_IO, "%s: %s", path, strerror(errno));
    }
    close(file);
    if (stream != NULL) digest_stream_end(digest, &stream);
    return status;
}

void digest_hex(char hex[2 * DIGEST_BYTES + 1], const uint8_t digest[DIGEST_BYTES])
{
    sodium_bin2hex(hex, 2 * DIGEST_BYTES + 1, digest, DIGEST_BYTES);
}
