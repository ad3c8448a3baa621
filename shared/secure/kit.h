// SPDX-License-Identifier: Apache-2.0
/* kit - what one party needs to take part, in one file that only it can open.
 *
 * Roster, and where given a config and, for participants only, the mask key: nothing of anybody's
 * own. The organiser of the roster signs it, and it is sealed to the recipient's CURVE key, so that
 * it may go by mail. Sealed (crypto_box_seal of libsodium: X25519, XSalsa20-Poly1305) is
 *     "fedveil/kit/1" and zeros, 16 bytes | recipient's name and zeros, LIMIT_NAME bytes |
 *     sizes of roster, config and mask key, 3 u32 little-endian | their bytes |
 *     signature 64: identity_sign() of all before for "fedveil/kit". */
#ifndef SECURE_KIT_H
#define SECURE_KIT_H

#include "secure/roster.h"

struct kit_parts {
    const char *roster;    // path of a signed roster
    const char *recipient; // a participant of it, or "coordinator"
    const char *config;    // path, or NULL
    const char *mask_key;  // path, or NULL; not for the coordinator
};

/* Writes the kit; `organiser` is the identity that signed the roster. Fails when it exists. */
enum status kit_write(const char *path, const struct kit_parts *parts,
                      const struct identity *organiser) CHECKED;

/* Opens a kit into a new folder: roster, config.yaml, mask.key, as far as there are; all or
 * nothing. Refuses what is not for this identity, not signed by the organiser of the roster within,
 * or malformed. The roster is the caller's to destroy. */
enum status kit_open(struct roster *roster, const char *path, const struct identity *identity,
                     const char *folder) CHECKED;

#endif
