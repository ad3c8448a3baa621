// SPDX-License-Identifier: Apache-2.0
/* Which roster a party has accepted. */
#include "base/files.h"
#include "secure/roster.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { ACCEPTED_MAX = 2 * DIGEST_BYTES + 2 };

static enum status accepted_path(char out[LIMIT_PATH], const char *key_path)
{
    const int size = snprintf(out, LIMIT_PATH, "%s.accepted", key_path);
    if (size > 0 && size < LIMIT_PATH) return STATUS_OK;
    return status_fail(STATUS_FULL, "%s: path too long, at most %d bytes", key_path,
                       LIMIT_PATH - 10);
}

/* Whether the text, blanks apart, is the beginning of the digits. */
static bool begins(const char *hex, const char *text, size_t *digits)
{
    *digits = 0;
    for (; *text != '\0'; text++) {
        if (isspace((unsigned char)*text)) continue;
        if (hex[*digits] == '\0' || tolower((unsigned char)*text) != hex[*digits]) return false;
        ++*digits;
    }
    return true;
}

/* A key that is not in the roster has nothing to accept. */
static enum status check_member(const struct roster *roster, const char *key_path)
{
    struct identity_public own;
    const enum status status = identity_peek(&own, key_path);
    if (status != STATUS_OK) return status;
    bool member = roster_is_of(&roster->coordinator, &own);
    for (size_t i = 0; i < roster->count && !member; i++) {
        member = roster_is_of(&roster->entries[i], &own);
    }
    if (member) return STATUS_OK;
    return status_fail(STATUS_BAD_INPUT, "%s: the roster does not name its keys", key_path);
}

enum status roster_accept(const struct roster *roster, const char *key_path,
                          const char *fingerprint)
{
    char path[LIMIT_PATH], hex[2 * DIGEST_BYTES + 2];
    size_t digits = 0;
    digest_hex(hex, roster->digest);
    if (!begins(hex, fingerprint, &digits)) {
        // The right digits are not shown: they would be pasted instead of compared.
        return status_fail(STATUS_BAD_INPUT,
                           "the fingerprint \"%s\" is not that of the roster: it is another one "
                           "than the organiser read out, or a digit is wrong; do not use it",
                           fingerprint);
    }
    if (digits < ROSTER_FINGERPRINT_MIN) {
        return status_fail(STATUS_BAD_CONFIG, "a fingerprint of %zu digits, allowed are %d to %d",
                           digits, ROSTER_FINGERPRINT_MIN, 2 * DIGEST_BYTES);
    }
    enum status status = check_member(roster, key_path);
    if (status == STATUS_OK) status = accepted_path(path, key_path);
    if (status != STATUS_OK) return status;
    hex[2 * DIGEST_BYTES] = '\n';
    struct files_new *file = NULL;
    status = files_begin(&file, path, 0600);
    if (status == STATUS_OK) status = files_put(file, hex, 2 * DIGEST_BYTES + 1, 0);
    if (status == STATUS_OK) {
        status = files_end(&file);
    } else {
        files_discard(&file);
    }
    return status;
}

enum status roster_check_accepted(const struct roster *roster, const char *key_path)
{
    char path[LIMIT_PATH], hex[2 * DIGEST_BYTES + 2];
    uint8_t *bytes = NULL;
    size_t size = 0;
    enum status status = accepted_path(path, key_path);
    if (status != STATUS_OK) return status;
    digest_hex(hex, roster->digest);
    hex[2 * DIGEST_BYTES] = '\n';
    status = files_exists(path) ? files_read_secret(&bytes, &size, path, ACCEPTED_MAX) : STATUS_OK;
    if (status != STATUS_OK) return status;
    const bool same = size == 2 * DIGEST_BYTES + 1 && memcmp(bytes, hex, size) == 0;
    free(bytes);
    if (same) return STATUS_OK;
    return status_fail(
        STATUS_REFUSED,
        "the roster is not the one that was accepted for %s: compare its fingerprint "
        "with its organiser by telephone, then `fedveil keys accept ROSTER --key %s "
        "--fingerprint \"..\"`",
        key_path, key_path);
}
