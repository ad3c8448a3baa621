// SPDX-License-Identifier: Apache-2.0
#include "secrecy.h"

#include "base/log.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static void show_privacy(const struct config_federation *federation)
{
    const enum config_privacy privacy = config_privacy(federation);
    const char *word = config_word("federation.privacy", (int)privacy);
    if (privacy == PRIVACY_SECURE_SUM) {
        log_info("privacy: %s: of this participant's updates only sums are opened, of at least %zu",
                 word, config_reporters(federation));
    } else {
        log_info("privacy: %s: the coordinator sees this participant's updates", word);
    }
}

/* All but the journal. */
static enum status fill(struct secrecy *secrecy, const struct config_federation *federation,
                        const struct credentials *credentials)
{
    const struct roster *roster = &credentials->roster;
    assert(credentials->place < roster->count);
    const enum status status = roster_sign_keys(&secrecy->sign_keys, roster);
    if (status != STATUS_OK) return status;
    secrecy->secure = (struct session_secure){
        .place = credentials->place,
        .members = roster->count,
        .sign_keys = (const uint8_t(*)[IDENTITY_KEY_BYTES])secrecy->sign_keys,
        .sign_secret = credentials->identity.sign_secret,
        .assumption = neighbours_assume(federation),
        .cohort_min = (size_t)federation->secure.cohort_min,
        .bits = federation->quantise.bits,
        .models_max = federation->dp.method == DP_NONE ? SIZE_MAX : (size_t)federation->rounds,
        .random = identity_random,
        .ledger = &secrecy->ledger,
    };
    memcpy(secrecy->secure.roster, roster->digest, sizeof secrecy->secure.roster);
    return STATUS_OK;
}

enum status secrecy_open(struct secrecy *secrecy, const struct session_secure **secure,
                         const struct config *config, const struct credentials *credentials,
                         const char *folder)
{
    memset(secrecy, 0, sizeof *secrecy);
    *secure = NULL;
    show_privacy(&config->federation);
    if (config_privacy(&config->federation) != PRIVACY_SECURE_SUM) return STATUS_OK;
    enum status status = fill(secrecy, &config->federation, credentials);
    if (status == STATUS_OK) status = journal_open(&secrecy->journal, &secrecy->ledger, folder);
    if (status != STATUS_OK) {
        secrecy_close(secrecy);
        return status;
    }
    *secure = &secrecy->secure;
    return STATUS_OK;
}

void secrecy_close(struct secrecy *secrecy)
{
    journal_close(&secrecy->journal);
    ledger_destroy(&secrecy->ledger);
    free(secrecy->sign_keys);
    memset(secrecy, 0, sizeof *secrecy);
}

void secrecy_remember(struct secrecy *secrecy, const struct ledger_entry *entry,
                      struct session *session)
{
    if (journal_write(secrecy->journal, entry) == STATUS_OK) {
        session_journaled(session);
    } else {
        log_error("%s", status_message());
        session_leave(session, "the journal cannot be written");
    }
}
