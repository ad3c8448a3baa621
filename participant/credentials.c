// SPDX-License-Identifier: Apache-2.0
#include "credentials.h"

#include "frequency/mask.h"
#include "secure/digest.h"

#include <assert.h>
#include <string.h>

_Static_assert((int)IDENTITY_KEY_BYTES == (int)DIGEST_BYTES, "a mask's secret is either");

enum status credentials_load_identity(struct credentials *credentials, const struct config *config)
{
    enum status status = config_require("participant.secret_key", config->participant.secret_key,
                                        "the file with its own keys");
    if (status != STATUS_OK) return status;
    return identity_load(&credentials->identity, config->participant.secret_key,
                         config->participant.passphrase_file);
}

/* Finds itself: by name, with the same keys. */
static enum status find_place(struct credentials *credentials, const struct config *config)
{
    const struct roster *roster = &credentials->roster;
    const struct identity_public own = identity_public_part(&credentials->identity);
    credentials->place = roster_find(roster, config->participant.name);
    if (credentials->place == roster->count) {
        return status_fail(STATUS_BAD_CONFIG, "participant.name: %s is not in %s",
                           config->participant.name, config->participant.roster);
    }
    if (roster_is_of(&roster->entries[credentials->place], &own)) return STATUS_OK;
    return status_fail(STATUS_BAD_CONFIG, "%s has other keys for %s than %s",
                       config->participant.roster, config->participant.name,
                       config->participant.secret_key);
}

enum status credentials_load_roster(struct credentials *credentials, const struct config *config)
{
    enum status status = config_require("participant.roster", config->participant.roster,
                                        "the signed list of who takes part");
    if (status == STATUS_OK) {
        status = config_require("participant.name", config->participant.name,
                                "the name of this participant");
    }
    if (status == STATUS_OK) status = roster_load(&credentials->roster, config->participant.roster);
    if (status == STATUS_OK) status = find_place(credentials, config);
    if (status == STATUS_OK) {
        status = roster_check_accepted(&credentials->roster, config->participant.secret_key);
    }
    return status;
}

enum status credentials_load_mask(struct credentials *credentials, const struct config *config)
{
    enum status status = STATUS_OK;
    if (mask_has_key(&config->federation)) {
        status = config_require("participant.mask_key", config->participant.mask_key,
                                "the file with the mask key of the deployment");
        if (status == STATUS_OK) {
            status = identity_load_mask_key(credentials->mask, config->participant.mask_key);
        }
        credentials->has_mask = status == STATUS_OK;
    }
    if (status == STATUS_OK && config->federation.mask.method == MASK_EIGENFACES) {
        status = digest_file(credentials->mask, config->participant.eigenfaces);
        credentials->has_mask = status == STATUS_OK;
    }
    return status;
}

enum status credentials_load(struct credentials *credentials, const struct config *config)
{
    memset(credentials, 0, sizeof *credentials);
    enum status status = credentials_load_identity(credentials, config);
    if (status == STATUS_OK) status = credentials_load_roster(credentials, config);
    if (status == STATUS_OK) status = credentials_load_mask(credentials, config);
    if (status != STATUS_OK) credentials_wipe(credentials);
    return status;
}

void credentials_wipe(struct credentials *credentials)
{
    identity_wipe(&credentials->identity);
    roster_destroy(&credentials->roster);
    explicit_bzero(credentials->mask, sizeof credentials->mask);
    credentials->has_mask = false;
}
