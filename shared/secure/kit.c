// SPDX-License-Identifier: Apache-2.0
#include "secure/kit.h"

#include "base/files.h"
#include "secure/sodium_ready.h"
#include "secure/z85.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char magic[16] = "fedveil/kit/1";
static const char purpose[] = "fedveil/kit";

enum part { PART_ROSTER, PART_CONFIG, PART_MASK_KEY, PARTS };

static const char *const names[PARTS] = {"roster", "config.yaml", "mask.key"};
static const size_t most[PARTS] = {ROSTER_FILE_MAX, LIMIT_FILE_CONFIG, 256};

enum {
    HEAD = sizeof magic + LIMIT_NAME + 4 * PARTS,
    KIT_MAX =
        HEAD + ROSTER_FILE_MAX + (1 << 20) + 256 + IDENTITY_SIGNATURE_BYTES + crypto_box_SEALBYTES,
};
_Static_assert(LIMIT_FILE_CONFIG == 1 << 20, "as KIT_MAX has it");

struct bytes {
    uint8_t *at;
    size_t size;
};

static void forget(struct bytes parts[PARTS])
{
    for (int i = 0; i < PARTS; i++) {
        if (parts[i].at != NULL) sodium_memzero(parts[i].at, parts[i].size);
        free(parts[i].at);
    }
}

/* The keys of the one it is for. */
static const struct roster_entry *find(const struct roster *roster, const char *name)
{
    if (strcmp(name, ROSTER_COORDINATOR) == 0) return &roster->coordinator;
    const size_t place = roster_find(roster, name);
    return place == roster->count ? NULL : &roster->entries[place];
}

/* ---- writing ---- */

static enum status read_parts(struct bytes parts[PARTS], const struct kit_parts *from)
{
    enum status status = files_read(&parts[PART_ROSTER].at, &parts[PART_ROSTER].size, from->roster,
                                    most[PART_ROSTER]);
    if (status == STATUS_OK && from->config != NULL) {
        status = files_read(&parts[PART_CONFIG].at, &parts[PART_CONFIG].size, from->config,
                            most[PART_CONFIG]);
    }
    if (status == STATUS_OK && from->mask_key != NULL) {
        uint8_t key[IDENTITY_KEY_BYTES]; // only to see that it is one
        status = identity_load_mask_key(key, from->mask_key);
        sodium_memzero(key, sizeof key);
        if (status == STATUS_OK) {
            status = files_read_secret(&parts[PART_MASK_KEY].at, &parts[PART_MASK_KEY].size,
                                       from->mask_key, most[PART_MASK_KEY]);
        }
    }
    return status;
}

/* The bytes that are sealed, from malloc(). */
static struct bytes join(const struct bytes parts[PARTS], const char *recipient,
                         const struct identity *organiser)
{
    struct bytes whole = {.size = HEAD + IDENTITY_SIGNATURE_BYTES};
    for (int i = 0; i < PARTS; i++) {
        whole.size += parts[i].size;
    }
    whole.at = calloc(1, whole.size);
    if (whole.at == NULL) return whole;
    uint8_t *at = whole.at;
    memcpy(at, magic, sizeof magic);
    snprintf((char *)at + sizeof magic, LIMIT_NAME, "%s", recipient);
    at += sizeof magic + LIMIT_NAME;
    for (int i = 0; i < PARTS; i++) {
        for (int byte = 0; byte < 4; byte++) {
            *at++ = (uint8_t)(parts[i].size >> (8 * byte));
        }
    }
    for (int i = 0; i < PARTS; i++) {
        if (parts[i].size > 0) memcpy(at, parts[i].at, parts[i].size);
        at += parts[i].size;
    }
    identity_sign(at, organiser, purpose, whole.at, whole.size - IDENTITY_SIGNATURE_BYTES);
    return whole;
}

static enum status seal(const char *path, const struct bytes *whole,
                        const struct roster_entry *recipient)
{
    uint8_t key[IDENTITY_KEY_BYTES];
    const size_t size = whole->size + crypto_box_SEALBYTES;
    uint8_t *sealed = malloc(size);
    if (sealed == NULL) return status_fail(STATUS_NO_MEMORY, "%s: no memory", path);
    enum status status = STATUS_OK;
    if (!z85_decode(key, sizeof key, recipient->public_key) ||
        crypto_box_seal(sealed, whole->at, whole->size, key) != 0) {
        status = status_fail(STATUS_BAD_INPUT, "nothing can be sealed to the key of %s",
                             recipient->name);
    }
    if (status == STATUS_OK) status = files_write(path, sealed, size);
    free(sealed);
    return status;
}

static enum status check_parts(const char *path, const struct kit_parts *parts,
                               const struct identity *organiser, const struct roster *roster)
{
    const struct identity_public own = identity_public_part(organiser);
    if (files_exists(path)) {
        return status_fail(STATUS_IO, "%s: exists and is not replaced; move it away first", path);
    }
    if (find(roster, parts->recipient) == NULL) {
        return status_fail(STATUS_BAD_CONFIG, "%s is not in %s", parts->recipient, parts->roster);
    }
    if (parts->mask_key != NULL && strcmp(parts->recipient, ROSTER_COORDINATOR) == 0) {
        return status_fail(STATUS_BAD_CONFIG, "the coordinator never gets the mask key");
    }
    if (!roster_is_of(&roster->entries[roster->organiser], &own)) {
        return status_fail(STATUS_BAD_INPUT, "%s was signed by %s; only it packs kits",
                           parts->roster, roster->entries[roster->organiser].name);
    }
    return STATUS_OK;
}

enum status kit_write(const char *path, const struct kit_parts *parts,
                      const struct identity *organiser)
{
    struct roster roster;
    struct bytes read[PARTS] = {{0}}, whole = {0};
    sodium_ready();
    enum status status = read_parts(read, parts);
    if (status == STATUS_OK) {
        status = roster_parse(&roster, read[PART_ROSTER].at, read[PART_ROSTER].size, parts->roster);
    }
    if (status != STATUS_OK) {
        forget(read);
        return status;
    }
    status = check_parts(path, parts, organiser, &roster);
    if (status == STATUS_OK) {
        whole = join(read, parts->recipient, organiser);
        status = whole.at == NULL ? status_fail(STATUS_NO_MEMORY, "%s: no memory", path)
                                  : seal(path, &whole, find(&roster, parts->recipient));
    }
    if (whole.at != NULL) sodium_memzero(whole.at, whole.size);
    free(whole.at);
    forget(read);
    roster_destroy(&roster);
    return status;
}

/* ---- opening ---- */

static enum status malformed(const char *path, const char *why)
{
    return status_fail(STATUS_BAD_INPUT, "%s: no kit that can be used: %s", path, why);
}

/* The bytes in the seal, from malloc(). */
static enum status unseal(struct bytes *whole, const char *path, const struct identity *identity)
{
    uint8_t public_key[IDENTITY_KEY_BYTES], secret_key[IDENTITY_KEY_BYTES];
    struct bytes sealed;
    enum status status = files_read(&sealed.at, &sealed.size, path, KIT_MAX);
    if (status != STATUS_OK) return status;
    if (sealed.size < HEAD + IDENTITY_SIGNATURE_BYTES + crypto_box_SEALBYTES) {
        free(sealed.at);
        return malformed(path, "it is too short");
    }
    whole->size = sealed.size - crypto_box_SEALBYTES;
    whole->at = malloc(whole->size);
    if (whole->at == NULL) {
        status = status_fail(STATUS_NO_MEMORY, "%s: no memory", path);
    } else if (!z85_decode(public_key, sizeof public_key, identity->public_key) ||
               !z85_decode(secret_key, sizeof secret_key, identity->secret_key) ||
               crypto_box_seal_open(whole->at, sealed.at, sealed.size, public_key, secret_key) !=
                   0) {
        status = malformed(path, "it is sealed to another key, or damaged");
    }
    sodium_memzero(secret_key, sizeof secret_key);
    free(sealed.at);
    return status;
}

/* Where the parts lie; their sizes fill the whole exactly. */
static enum status divide(struct bytes parts[PARTS], const struct bytes *whole, const char *path)
{
    const uint8_t *numbers = whole->at + sizeof magic + LIMIT_NAME;
    size_t left = whole->size - HEAD - IDENTITY_SIGNATURE_BYTES;
    uint8_t *at = whole->at + HEAD;
    if (memcmp(whole->at, magic, sizeof magic) != 0) return malformed(path, "another version");
    if (memchr(whole->at + sizeof magic, 0, LIMIT_NAME) == NULL) {
        return malformed(path, "its recipient has no name");
    }
    for (int i = 0; i < PARTS; i++, numbers += 4) {
        const uint32_t size = numbers[0] | (uint32_t)numbers[1] << 8 | (uint32_t)numbers[2] << 16 |
                              (uint32_t)numbers[3] << 24;
        if (size > most[i] || size > left) return malformed(path, "a part is too long");
        parts[i] = (struct bytes){at, size};
        at += size;
        left -= size;
    }
    return left == 0 ? STATUS_OK : malformed(path, "bytes are left over");
}

static enum status check_whole(const struct bytes *whole, const struct bytes parts[PARTS],
                               const struct roster *roster, const struct identity *identity,
                               const char *path)
{
    const char *recipient = (const char *)whole->at + sizeof magic;
    const struct roster_entry *entry = find(roster, recipient);
    const struct identity_public own = identity_public_part(identity);
    const size_t size = whole->size - IDENTITY_SIGNATURE_BYTES;
    if (!identity_verify(whole->at + size, roster->entries[roster->organiser].sign_key, purpose,
                         whole->at, size)) {
        return malformed(path, "it is not signed by the organiser of the roster within");
    }
    if (entry == NULL || !roster_is_of(entry, &own)) {
        return malformed(path, "the roster within has other keys for its recipient than these");
    }
    if (entry == &roster->coordinator && parts[PART_MASK_KEY].size > 0) {
        return malformed(path, "it holds a mask key, which the coordinator never gets");
    }
    return STATUS_OK;
}

/* Writes the parts into a folder beside, which gets its name when all are there. */
static enum status unpack(const struct bytes parts[PARTS], const char *folder)
{
    char beside[LIMIT_PATH], path[PARTS][LIMIT_PATH];
    enum status status = STATUS_OK;
    if (snprintf(beside, sizeof beside, "%s.%ld.new", folder, (long)getpid()) >=
        (int)sizeof beside) {
        return status_fail(STATUS_FULL, "%s: path too long", folder);
    }
    for (int i = 0; i < PARTS && status == STATUS_OK; i++) {
        status = files_join(path[i], beside, names[i]);
    }
    if (status != STATUS_OK) return status;
    if (files_exists(folder)) {
        return status_fail(STATUS_IO, "%s: exists; a kit is opened into a new folder", folder);
    }
    if (mkdir(beside, 0700) != 0) {
        return status_fail(STATUS_IO, "%s: %s", beside, strerror(errno));
    }
    for (int i = 0; i < PARTS && status == STATUS_OK; i++) {
        if (parts[i].size > 0) status = files_write_secret(path[i], parts[i].at, parts[i].size);
    }
    if (status == STATUS_OK && rename(beside, folder) != 0) {
        status = status_fail(STATUS_IO, "%s: %s", folder, strerror(errno));
    }
    if (status == STATUS_OK) return STATUS_OK;
    for (int i = 0; i < PARTS; i++) {
        unlink(path[i]);
    }
    rmdir(beside);
    return status;
}

enum status kit_open(struct roster *roster, const char *path, const struct identity *identity,
                     const char *folder)
{
    struct bytes whole = {0}, parts[PARTS];
    *roster = (struct roster){0};
    sodium_ready();
    enum status status = unseal(&whole, path, identity);
    if (status == STATUS_OK) status = divide(parts, &whole, path);
    if (status == STATUS_OK) {
        status = roster_parse(roster, parts[PART_ROSTER].at, parts[PART_ROSTER].size, path);
    }
    if (status == STATUS_OK) status = check_whole(&whole, parts, roster, identity, path);
    if (status == STATUS_OK) status = unpack(parts, folder);
    if (status != STATUS_OK) roster_destroy(roster);
    if (whole.at != NULL) sodium_memzero(whole.at, whole.size);
    free(whole.at);
    return status;
}
