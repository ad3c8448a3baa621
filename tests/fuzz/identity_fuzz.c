// SPDX-License-Identifier: Apache-2.0
/* A key file from anywhere: refused, with nothing left of it, or its keys serve. There is no file
 * of passphrases, so that a locked one is read up to the point where it would take its second. */
#include "secure/identity.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static char path[] = "/tmp/fedveil-identity-XXXXXX"; // a secret is read from a plain file only

static void remove_file(void)
{
    unlink(path);
}

static void check_whole(const struct identity *identity, const struct identity_public *peeked)
{
    const struct identity_public own = identity_public_part(identity);
    uint8_t signature[IDENTITY_SIGNATURE_BYTES];
    if (strcmp(own.public_key, peeked->public_key) != 0) abort();
    if (memcmp(own.sign_key, peeked->sign_key, sizeof own.sign_key) != 0) abort();
    identity_sign(signature, identity, "fuzz", "x", 1);
    if (!identity_verify(signature, own.sign_key, "fuzz", "x", 1)) abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    static int file = -1;
    if (file < 0) {
        file = mkstemp(path);
        if (file < 0) abort();
        atexit(remove_file);
    }
    // In this order: what was cut to nothing, ext4 flushes as soon as somebody closes it.
    if (pwrite(file, bytes, size, 0) != (ssize_t)size || ftruncate(file, (off_t)size) != 0) abort();
    struct identity identity;
    struct identity_public peeked;
    const struct identity none = {0};
    const bool public = identity_peek(&peeked, path) == STATUS_OK;
    if (identity_load(&identity, path, "/nonexistent") == STATUS_OK) {
        if (!public) abort();
        check_whole(&identity, &peeked);
        identity_wipe(&identity);
    }
    if (memcmp(&identity, &none, sizeof none) != 0) abort();
    return 0;
}
