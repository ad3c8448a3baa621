// SPDX-License-Identifier: Apache-2.0
/* keyring - parties with the same keys in every run, known to everybody, for what is fuzzed. */
#ifndef FAKES_KEYRING_H
#define FAKES_KEYRING_H

#include "secure/roster.h"

/* The party of this letter. */
void keyring_make(struct identity *identity, char letter);

/* The same as an entry of a roster. */
void keyring_enter(struct roster_entry *entry, const char *name, char letter);

/* Seals bytes to the party of this letter as kit.h does; *sealed is from malloc(). */
void keyring_seal(uint8_t **sealed, size_t *sealed_size, const uint8_t *bytes, size_t size,
                  char letter);

#endif
