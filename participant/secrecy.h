// SPDX-License-Identifier: Apache-2.0
/* secrecy - what a participant brings to secure sums: the signing keys of the roster, what the
 * federation assumes, and the journal of what was done in them. */
#ifndef PARTICIPANT_SECRECY_H
#define PARTICIPANT_SECRECY_H

#include "base/config.h"
#include "base/status.h"
#include "credentials.h"
#include "journal.h"
#include "session/session.h"

struct secrecy {
    uint8_t (*sign_keys)[IDENTITY_KEY_BYTES]; // owned
    struct ledger ledger;
    struct journal *journal;
    struct session_secure secure; // points into this and into the credentials
};

/* Says in the log who may see this participant's updates. Where nobody may, opens the journal of
 * `folder`, and *secure is what a session needs; with a trusted coordinator it is NULL. Both stay
 * where they are until secrecy_close(), which may be called in any case. */
enum status secrecy_open(struct secrecy *secrecy, const struct session_secure **secure,
                         const struct config *config, const struct credentials *credentials,
                         const char *folder) CHECKED;
void secrecy_close(struct secrecy *secrecy);

/* Writes a SESSION_JOURNAL down and tells the session so; it leaves when that fails. */
void secrecy_remember(struct secrecy *secrecy, const struct ledger_entry *entry,
                      struct session *session);

#endif
