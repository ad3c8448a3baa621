// SPDX-License-Identifier: Apache-2.0
/* passphrase - gets a passphrase from a file or a terminal, and locks bytes under it. */
#ifndef SECURE_PASSPHRASE_H
#define SECURE_PASSPHRASE_H

#include "base/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    PASSPHRASE_MAX = 512, // bytes with the final zero
    PASSPHRASE_SALT_BYTES = 16,
    PASSPHRASE_TAG_BYTES = 16, // that a box is longer than what it holds
};

/* From `file`, which only its owner may read, its first line; when `file` is empty, from the
 * terminal without echo, twice if it is a new one. `what` says what it is for. Not empty. */
enum status passphrase_get(char passphrase[PASSPHRASE_MAX], const char *file, const char *what,
                           bool is_new) CHECKED;
void passphrase_wipe(char passphrase[PASSPHRASE_MAX]);

/* Cost of Argon2id: passes, and bytes of memory. */
struct passphrase_cost {
    uint64_t operations, bytes;
};

/* What new boxes use: 3 passes over 256 MiB, about a second. */
extern const struct passphrase_cost passphrase_cost;

/* box = XChaCha20-Poly1305-IETF(key = Argon2id(passphrase, salt, cost), nonce = 0, bytes, context),
 * size + PASSPHRASE_TAG_BYTES long. The salt is fresh for each box. STATUS_BAD_INPUT when the cost
 * is beyond 1..16 passes over 8 MiB..1 GiB; STATUS_NO_MEMORY when there is none for it. */
struct passphrase_lock {
    const char *passphrase;
    struct passphrase_cost cost;
    uint8_t salt[PASSPHRASE_SALT_BYTES];
    const void *context; // what is authenticated beside the bytes
    size_t context_size;
};
enum status passphrase_close(uint8_t *box, const uint8_t *bytes, size_t size,
                             const struct passphrase_lock *lock) CHECKED;

/* STATUS_BAD_INPUT also when the passphrase is wrong or the box was changed. */
enum status passphrase_open(uint8_t *bytes, size_t size, const uint8_t *box,
                            const struct passphrase_lock *lock) CHECKED;

#endif
