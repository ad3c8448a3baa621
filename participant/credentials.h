// SPDX-License-Identifier: Apache-2.0
/* credentials - what a participant knows itself and the others by: its keys, the roster that it
 * accepted, and the secret of the mask. */
#ifndef PARTICIPANT_CREDENTIALS_H
#define PARTICIPANT_CREDENTIALS_H

#include "base/config.h"
#include "base/status.h"
#include "secure/roster.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct credentials {
    struct identity identity;
    struct roster roster;
    size_t place;                     // its own, in the roster
    uint8_t mask[IDENTITY_KEY_BYTES]; // mask key, or digest of the file of eigenfaces
    bool has_mask;
};

/* Reads the key file; asks for its passphrase where it has one. */
enum status credentials_load_identity(struct credentials *credentials,
                                      const struct config *config) CHECKED;

/* Reads the roster, which must be the one that was accepted last and have participant.name with the
 * keys of the identity. */
enum status credentials_load_roster(struct credentials *credentials,
                                    const struct config *config) CHECKED;

/* Reads what the mask of the federation needs, if anything. */
enum status credentials_load_mask(struct credentials *credentials,
                                  const struct config *config) CHECKED;

/* All of them. On failure nothing is left to wipe. */
enum status credentials_load(struct credentials *credentials, const struct config *config) CHECKED;

/* Forgets the secrets. */
void credentials_wipe(struct credentials *credentials);

#endif
