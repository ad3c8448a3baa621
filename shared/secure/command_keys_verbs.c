// SPDX-License-Identifier: Apache-2.0
/* What the commands of fedveil keys do. */
#include "base/files.h"
#include "command_keys.h"
#include "secure/kit.h"
#include "secure/passphrase.h"
#include "secure/roster.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FINGERPRINT_GROUPS = 8 }; // of four hexadecimal digits: 128 bits

static void print_fingerprint(const uint8_t digest[DIGEST_BYTES])
{
    char hex[2 * DIGEST_BYTES + 1];
    digest_hex(hex, digest);
    printf("fingerprint ");
    for (int i = 0; i < FINGERPRINT_GROUPS; i++) {
        printf(" %.4s", hex + 4 * i);
    }
    putchar('\n');
}

/* Keys as people compare them: their text, and the beginning of their digest. */
static void print_identity(const struct identity_public *identity)
{
    char words[IDENTITY_WORDS];
    uint8_t digest[DIGEST_BYTES];
    identity_write_words(words, identity);
    identity_fingerprint(digest, identity);
    printf("public keys  %s\n", words);
    print_fingerprint(digest);
}

static void print_roster(const struct roster *roster)
{
    printf("roster       %zu participants, signed by %s\n", roster->count,
           roster->entries[roster->organiser].name);
    print_fingerprint(roster->digest);
}

enum status command_keys_init(const struct keys_request *request)
{
    const char *path = request->arguments[0], *file = request->passphrase_file;
    const bool locked = request->passphrase || file != NULL;
    char passphrase[PASSPHRASE_MAX];
    struct identity identity;
    enum status status = STATUS_OK;
    if (locked) status = passphrase_get(passphrase, file == NULL ? "" : file, path, true);
    if (status != STATUS_OK) return status;
    identity_generate(&identity);
    status = identity_save(&identity, path, locked ? passphrase : NULL);
    if (status == STATUS_OK) {
        const struct identity_public part = identity_public_part(&identity);
        print_identity(&part);
        printf("%s is secret and stays on this machine; %s.pub is for the other side.\n", path,
               path);
    }
    passphrase_wipe(passphrase);
    identity_wipe(&identity);
    return status;
}

enum status command_keys_mask_key(const struct keys_request *request)
{
    const enum status status = identity_make_mask_key(request->arguments[0]);
    if (status == STATUS_OK) {
        printf("%s is secret: every participant needs it, the coordinator must never get it.\n",
               request->arguments[0]);
    }
    return status;
}

static enum status load_key(struct identity *identity, const struct keys_request *request)
{
    if (request->key == NULL) return status_fail(STATUS_BAD_CONFIG, "--key KEYFILE is missing");
    return identity_load(identity, request->key,
                         request->passphrase_file == NULL ? "" : request->passphrase_file);
}

/* What the file holds is told by its first line. */
static bool is_roster(const char *path)
{
    char line[sizeof "coordinator "] = "";
    FILE *file = fopen(path, "re");
    if (file == NULL) return false;
    while (fgets(line, sizeof line, file) != NULL && (line[0] == '#' || line[0] == '\n')) {
        while (line[0] != '\0' && strchr(line, '\n') == NULL) { // the rest of a remark
            if (fgets(line, sizeof line, file) == NULL) line[0] = '\0';
        }
    }
    fclose(file);
    return strcmp(line, "coordinator ") == 0;
}

enum status command_keys_show(const struct keys_request *request)
{
    const char *path = request->arguments[0];
    struct identity_public part;
    struct roster roster;
    if (is_roster(path)) {
        const enum status loaded = roster_load(&roster, path);
        if (loaded == STATUS_OK) print_roster(&roster);
        roster_destroy(&roster);
        return loaded;
    }
    enum status status = identity_load_public(&part, path);
    if (status == STATUS_REFUSED) status = identity_peek(&part, path); // a key file
    if (status == STATUS_OK) print_identity(&part);
    return status;
}

static enum status read_entry(struct roster_entry *entry, const char *path)
{
    struct identity_public part;
    const enum status status = identity_load_public(&part, path);
    if (status != STATUS_OK) return status;
    roster_set_keys(entry, &part);
    return STATUS_OK;
}

/* Reads "NAME=PUBFILE" into an entry. */
static enum status read_named(struct roster_entry *entry, const char *argument)
{
    const char *path = strchr(argument, '=');
    const size_t length = path == NULL ? 0 : (size_t)(path - argument);
    if (length == 0 || length >= LIMIT_NAME || path[1] == '\0') {
        return status_fail(STATUS_BAD_CONFIG,
                           "%s: allowed is NAME=PUBFILE, NAME of 1 to %d characters", argument,
                           LIMIT_NAME - 1);
    }
    memcpy(entry->name, argument, length);
    return read_entry(entry, path + 1);
}

/* Signs by the participant whose key it is. */
static enum status sign(struct roster *roster, const struct keys_request *request)
{
    struct identity identity;
    const enum status status = load_key(&identity, request);
    if (status != STATUS_OK) return status;
    const struct identity_public own = identity_public_part(&identity);
    size_t place = 0;
    while (place < roster->count && !roster_is_of(&roster->entries[place], &own)) {
        place++;
    }
    const enum status signature = roster_sign(roster, place, &identity);
    identity_wipe(&identity);
    return signature;
}

enum status command_keys_roster(const struct keys_request *request)
{
    const char *path = request->arguments[0];
    if (files_exists(path)) {
        return status_fail(STATUS_IO, "%s: exists and is not replaced; move it away first", path);
    }
    if (request->coordinator == NULL) {
        return status_fail(STATUS_BAD_CONFIG, "--coordinator PUBFILE is missing");
    }
    struct roster roster = {.entries = calloc((size_t)request->count, sizeof *roster.entries)};
    if (roster.entries == NULL) return status_fail(STATUS_NO_MEMORY, "%s: no memory", path);
    enum status status = read_entry(&roster.coordinator, request->coordinator);
    for (int i = 1; i < request->count && status == STATUS_OK; i++) {
        status = read_named(&roster.entries[roster.count++], request->arguments[i]);
    }
    if (status == STATUS_OK) status = sign(&roster, request);
    if (status == STATUS_OK) status = roster_save(&roster, path);
    if (status == STATUS_OK) print_roster(&roster);
    roster_destroy(&roster);
    return status;
}

enum status command_keys_accept(const struct keys_request *request)
{
    struct roster roster;
    if (request->key == NULL || request->fingerprint == NULL) {
        return status_fail(STATUS_BAD_CONFIG, "--key KEYFILE and --fingerprint \"..\" are needed");
    }
    enum status status = roster_load(&roster, request->arguments[0]);
    if (status != STATUS_OK) return status;
    status = roster_accept(&roster, request->key, request->fingerprint);
    if (status == STATUS_OK) printf("accepted for %s; rosters before it are not.\n", request->key);
    roster_destroy(&roster);
    return status;
}

enum status command_keys_kit(const struct keys_request *request)
{
    struct identity identity;
    const struct kit_parts parts = {.roster = request->arguments[0],
                                    .recipient = request->arguments[1],
                                    .config = request->config,
                                    .mask_key = request->mask_key};
    if (request->out == NULL) return status_fail(STATUS_BAD_CONFIG, "--out KIT is missing");
    enum status status = load_key(&identity, request);
    if (status != STATUS_OK) return status;
    status = kit_write(request->out, &parts, &identity);
    identity_wipe(&identity);
    if (status == STATUS_OK) {
        printf("%s: for %s, who alone can open it; it may go by mail.\n", request->out,
               parts.recipient);
    }
    return status;
}

enum status command_keys_open(const struct keys_request *request)
{
    struct identity identity;
    struct roster roster;
    if (request->out == NULL) return status_fail(STATUS_BAD_CONFIG, "--out FOLDER is missing");
    enum status status = load_key(&identity, request);
    if (status != STATUS_OK) return status;
    status = kit_open(&roster, request->arguments[0], &identity, request->out);
    identity_wipe(&identity);
    if (status != STATUS_OK) return status;
    print_roster(&roster);
    printf("Compare the fingerprint with %s by telephone, then\n"
           "    fedveil keys accept %s/roster --key %s --fingerprint \"..\"\n",
           roster.entries[roster.organiser].name, request->out, request->key);
    roster_destroy(&roster);
    return STATUS_OK;
}
