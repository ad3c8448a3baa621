// SPDX-License-Identifier: Apache-2.0
/* roster - who takes part: the coordinator and all participants, with their public keys.
 *
 * A text file; a line's place among the participants (from 0) is the participant's index. Lines
 * that begin with # are remarks; they and empty lines do not count.
 *     coordinator CURVE ED25519
 *     NAME CURVE ED25519                for each participant
 *     signed NAME SIGNATURE             by the participant of that name, the organiser
 * Names are letters, digits, '.', '_' and '-', beginning with a letter or digit; "coordinator" and
 * "signed" are none. The digest of a roster is BLAKE2b-256 of the lines above the last, one blank
 * between words, without remarks; it is what the organiser signs, in 128 hexadecimal digits, what
 * people compare, and what every message of the secure exchange is bound to.
 *
 * The signature says that a participant made the list, not the coordinator, whose key is no
 * participant's. Which participant may make one is for people to settle: before a roster is used,
 * its fingerprint is compared and roster_accept() enters it beside the own key. Only the roster
 * that was accepted last is used; another member needs another roster, accepted by all. */
#ifndef SECURE_ROSTER_H
#define SECURE_ROSTER_H

#include "secure/identity.h"

struct roster_entry {
    char name[LIMIT_NAME];
    char public_key[IDENTITY_KEY_TEXT];
    uint8_t sign_key[IDENTITY_KEY_BYTES];
};

struct roster {
    size_t count;
    struct roster_entry *entries;    // participants, owned
    struct roster_entry coordinator; // its name is "coordinator"
    size_t organiser;                // who signed
    uint8_t signature[IDENTITY_SIGNATURE_BYTES];
    uint8_t digest[DIGEST_BYTES];
};

#define ROSTER_COORDINATOR "coordinator"

/* The largest file that is read. */
enum { ROSTER_FILE_MAX = 2 * (LIMIT_NAME + IDENTITY_WORDS) * LIMIT_PARTICIPANTS };

/* Reads a roster; names file and line of a malformed line, a duplicate name or key, or a signature
 * that is not the organiser's. */
enum status roster_load(struct roster *roster, const char *path) CHECKED;

/* The same from bytes in memory; `path` is what messages call it. */
enum status roster_parse(struct roster *roster, const void *bytes, size_t size,
                         const char *path) CHECKED;

/* Fills in the digest, and the signature of the participant at place `organiser`, whose identity
 * that must be. Fails on what roster_load() would refuse. */
enum status roster_sign(struct roster *roster, size_t organiser,
                        const struct identity *identity) CHECKED;

/* Writes a signed roster. */
enum status roster_save(const struct roster *roster, const char *path) CHECKED;
void roster_destroy(struct roster *roster);

/* The keys that the participants sign with, by place, from malloc(). */
enum status roster_sign_keys(uint8_t (**keys)[IDENTITY_KEY_BYTES],
                             const struct roster *roster) CHECKED;

/* The participant of that name, or roster->count. */
size_t roster_find(const struct roster *roster, const char *name);

/* Gives `entry` these keys. */
void roster_set_keys(struct roster_entry *entry, const struct identity_public *identity);

/* Whether `entry` has these keys. */
bool roster_is_of(const struct roster_entry *entry, const struct identity_public *identity);

/* Enters the roster as the accepted one in KEY_PATH.accepted (0600), when `fingerprint`, whose
 * blanks do not count, is the beginning of its digest in at least ROSTER_FINGERPRINT_MIN
 * hexadecimal digits. The key must be in the roster; its passphrase is not needed. */
enum { ROSTER_FINGERPRINT_MIN = 16 };
enum status roster_accept(const struct roster *roster, const char *key_path,
                          const char *fingerprint) CHECKED;

/* Fails unless the roster is the one that was accepted last. */
enum status roster_check_accepted(const struct roster *roster, const char *key_path) CHECKED;

#endif
