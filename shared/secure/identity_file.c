// SPDX-License-Identifier: Apache-2.0
/* Key files, written and read. */
#include "base/files.h"
#include "secure/identity.h"
#include "secure/passphrase.h"
#include "secure/sodium_ready.h"
#include "secure/z85.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    FILE_MAX = 4096,                  // bytes of a key file
    SECRETS = 2 * IDENTITY_KEY_BYTES, // of CURVE25519, and the seed of Ed25519
    BOX = SECRETS + PASSPHRASE_TAG_BYTES,
};

/* ---- the file, written ---- */

/* The path of the public half. */
static enum status public_path(char out[LIMIT_PATH], const char *path)
{
    const int size = snprintf(out, LIMIT_PATH, "%s.pub", path);
    if (size > 0 && size < LIMIT_PATH) return STATUS_OK;
    return status_fail(STATUS_FULL, "%s: path too long, at most %d bytes", path, LIMIT_PATH - 5);
}

/* The line of the secrets in the clear. */
static void write_secrets(char *line, size_t size, const struct identity *identity)
{
    char seed[IDENTITY_KEY_TEXT];
    z85_encode(seed, identity->sign_secret, IDENTITY_KEY_BYTES);
    snprintf(line, size, "secret = %s %s\n", identity->secret_key, seed);
    sodium_memzero(seed, sizeof seed);
}

/* The line of the secrets under a passphrase. */
static enum status write_locked(char *line, size_t size, const struct identity *identity,
                                const char *words, const char *passphrase)
{
    uint8_t secrets[SECRETS], box[BOX];
    char salt[2 * PASSPHRASE_SALT_BYTES + 1], hex[2 * BOX + 1];
    struct passphrase_lock lock = {.passphrase = passphrase,
                                   .cost = passphrase_cost,
                                   .context = words,
                                   .context_size = strlen(words)};
    identity_random(lock.salt, sizeof lock.salt);
    z85_decode(secrets, IDENTITY_KEY_BYTES, identity->secret_key);
    memcpy(secrets + IDENTITY_KEY_BYTES, identity->sign_secret, IDENTITY_KEY_BYTES);
    const enum status status = passphrase_close(box, secrets, sizeof secrets, &lock);
    sodium_memzero(secrets, sizeof secrets);
    if (status != STATUS_OK) return status;
    sodium_bin2hex(salt, sizeof salt, lock.salt, sizeof lock.salt);
    sodium_bin2hex(hex, sizeof hex, box, sizeof box);
    snprintf(line, size, "locked = argon2id %llu %llu %s %s\n",
             (unsigned long long)lock.cost.operations, (unsigned long long)lock.cost.bytes, salt,
             hex);
    return STATUS_OK;
}

enum status identity_save(const struct identity *identity, const char *path, const char *passphrase)
{
    char beside[LIMIT_PATH], words[IDENTITY_WORDS], text[1024], line[512];
    enum status status = public_path(beside, path);
    if (status != STATUS_OK) return status;
    if (files_exists(beside)) {
        return status_fail(STATUS_IO, "%s: exists; keys are never replaced", beside);
    }
    const struct identity_public part = identity_public_part(identity);
    identity_write_words(words, &part);
    if (passphrase == NULL) {
        write_secrets(line, sizeof line, identity);
    } else {
        status = write_locked(line, sizeof line, identity, words, passphrase);
        if (status != STATUS_OK) return status;
    }
    int size = snprintf(text, sizeof text, "public = %s\n%s", words, line);
    status = files_write_secret(path, text, (size_t)size);
    sodium_memzero(text, sizeof text);
    sodium_memzero(line, sizeof line);
    if (status != STATUS_OK) return status;
    size = snprintf(text, sizeof text, "public = %s\n", words);
    status = files_write(beside, text, (size_t)size);
    if (status != STATUS_OK) unlink(path); // a pair or nothing
    return status;
}

/* ---- the file, read ---- */

/* The lines of a key file: what stands after " = ", in the file's bytes; NULL: no such line. */
struct lines {
    char *public, *secret, *locked;
};

/* Takes a line "WORD = REST"; false when the line is another one, or stands twice. */
static bool take_line(char **rest, char *line, const char *word)
{
    const size_t length = strlen(word);
    if (strncmp(line, word, length) != 0 || strncmp(line + length, " = ", 3) != 0) return false;
    if (*rest != NULL) return false;
    *rest = line + length + 3;
    return true;
}

static enum status split_lines(struct lines *lines, char *text, const char *path)
{
    *lines = (struct lines){0};
    size_t number = 1;
    for (char *line = text; line != NULL; number++) {
        char *end = strchr(line, '\n');
        if (end != NULL) *end = '\0';
        const bool known =
            line[0] == '\0' || line[0] == '#' || take_line(&lines->public, line, "public") ||
            take_line(&lines->secret, line, "secret") || take_line(&lines->locked, line, "locked");
        if (!known) {
            // The line itself is not shown: it may hold a secret.
            return status_fail(STATUS_BAD_INPUT,
                               "%s:%zu: no key, allowed is one line \"public = KEY KEY\" and in a"
                               " key file one \"secret = KEY KEY\" or \"locked = ..\", KEY of %d"
                               " characters",
                               path, number, IDENTITY_KEY_TEXT - 1);
        }
        line = end == NULL ? NULL : end + 1;
    }
    if (lines->public != NULL) return STATUS_OK;
    return status_fail(STATUS_BAD_INPUT, "%s: a line \"public = KEY KEY\" is missing", path);
}

/* Divides "KEY KEY" at its one blank and reads both; leaves the text as it was. */
static bool read_pair(uint8_t first[IDENTITY_KEY_BYTES], uint8_t second[IDENTITY_KEY_BYTES],
                      char *text)
{
    char *blank = strchr(text, ' ');
    if (blank == NULL) return false;
    *blank = '\0';
    const bool valid = z85_decode(first, IDENTITY_KEY_BYTES, text) &&
                       z85_decode(second, IDENTITY_KEY_BYTES, blank + 1);
    *blank = ' ';
    return valid;
}

static enum status read_public(struct identity_public *identity, char *text, const char *path)
{
    uint8_t curve[IDENTITY_KEY_BYTES];
    if (read_pair(curve, identity->sign_key, text)) {
        z85_encode(identity->public_key, curve, sizeof curve);
        return STATUS_OK;
    }
    if (strlen(text) == IDENTITY_KEY_TEXT - 1) {
        return status_fail(STATUS_BAD_INPUT,
                           "%s: a key of an older version, which cannot sign; make a new one by "
                           "`fedveil keys init`",
                           path);
    }
    return status_fail(STATUS_BAD_INPUT,
                       "%s: after \"public = \" two keys of %d characters are "
                       "allowed, with one blank between",
                       path, IDENTITY_KEY_TEXT - 1);
}

/* Reads "argon2id OPERATIONS BYTES SALT BOX" and opens the box. */
static enum status unlock(uint8_t secrets[SECRETS], const struct lines *lines, const char *path,
                          const char *passphrase_file)
{
    struct passphrase_lock lock = {.context = lines->public, .context_size = strlen(lines->public)};
    char salt[2 * PASSPHRASE_SALT_BYTES + 1], hex[2 * BOX + 1];
    uint8_t box[BOX];
    unsigned long long operations = 0, bytes = 0;
    size_t salt_size = 0, box_size = 0;
    int end = -1;
    const int words = sscanf(lines->locked, "argon2id %2llu %12llu %32[0-9a-f] %160[0-9a-f]%n",
                             &operations, &bytes, salt, hex, &end);
    if (words != 4 || end < 0 || lines->locked[end] != '\0' ||
        sodium_hex2bin(lock.salt, sizeof lock.salt, salt, strlen(salt), NULL, &salt_size, NULL) !=
            0 ||
        salt_size != sizeof lock.salt ||
        sodium_hex2bin(box, sizeof box, hex, strlen(hex), NULL, &box_size, NULL) != 0 ||
        box_size != sizeof box) {
        return status_fail(STATUS_BAD_INPUT,
                           "%s: after \"locked = \" allowed is \"argon2id "
                           "OPERATIONS BYTES SALT BOX\"",
                           path);
    }
    lock.cost = (struct passphrase_cost){operations, bytes};
    char passphrase[PASSPHRASE_MAX];
    enum status status = passphrase_get(passphrase, passphrase_file, path, false);
    if (status != STATUS_OK) return status;
    lock.passphrase = passphrase;
    status = passphrase_open(secrets, SECRETS, box, &lock);
    passphrase_wipe(passphrase);
    if (status == STATUS_OK) return STATUS_OK;
    return status_fail(status, "%s: %s", path, status_message());
}

/* Whether the public keys are those of the secrets, which it takes over. */
static bool take_secrets(struct identity *identity, const uint8_t secrets[SECRETS])
{
    uint8_t public_key[IDENTITY_KEY_BYTES], sign_public[IDENTITY_KEY_BYTES];
    char text[IDENTITY_KEY_TEXT];
    sodium_ready();
    if (crypto_scalarmult_base(public_key, secrets) != 0) return false;
    crypto_sign_seed_keypair(sign_public, identity->sign_secret, secrets + IDENTITY_KEY_BYTES);
    z85_encode(text, public_key, sizeof public_key);
    z85_encode(identity->secret_key, secrets, IDENTITY_KEY_BYTES);
    return strcmp(text, identity->public_key) == 0 &&
           memcmp(sign_public, identity->sign_public, sizeof sign_public) == 0;
}

static enum status parse_identity(struct identity *identity, char *text, const char *path,
                                  const char *passphrase_file)
{
    struct lines lines;
    struct identity_public part;
    uint8_t secrets[SECRETS];
    enum status status = split_lines(&lines, text, path);
    if (status == STATUS_OK) status = read_public(&part, lines.public, path);
    if (status != STATUS_OK) return status;
    memcpy(identity->public_key, part.public_key, sizeof part.public_key);
    memcpy(identity->sign_public, part.sign_key, sizeof part.sign_key);
    if ((lines.secret == NULL) == (lines.locked == NULL)) {
        return status_fail(STATUS_BAD_INPUT,
                           "%s: one line \"secret = KEY KEY\" or \"locked = "
                           "..\" is needed",
                           path);
    }
    if (lines.locked != NULL) {
        status = unlock(secrets, &lines, path, passphrase_file);
    } else if (!read_pair(secrets, secrets + IDENTITY_KEY_BYTES, lines.secret)) {
        status = status_fail(STATUS_BAD_INPUT,
                             "%s: after \"secret = \" two keys of %d characters "
                             "are allowed, with one blank between",
                             path, IDENTITY_KEY_TEXT - 1);
    }
    if (status == STATUS_OK && !take_secrets(identity, secrets)) {
        status = status_fail(STATUS_BAD_INPUT, "%s: public and secret keys do not belong together",
                             path);
    }
    sodium_memzero(secrets, sizeof secrets);
    return status;
}

enum status identity_load(struct identity *identity, const char *path, const char *passphrase_file)
{
    *identity = (struct identity){0};
    uint8_t *bytes = NULL;
    size_t size = 0;
    enum status status = files_read_secret(&bytes, &size, path, FILE_MAX);
    if (status != STATUS_OK) return status;
    status = parse_identity(identity, (char *)bytes, path, passphrase_file);
    sodium_memzero(bytes, size);
    free(bytes);
    if (status != STATUS_OK) identity_wipe(identity);
    return status;
}

/* The public keys of a file that was read. */
static enum status parse_public(struct identity_public *identity, char *text, const char *path,
                                bool may_have_secret)
{
    struct lines lines;
    enum status status = split_lines(&lines, text, path);
    if (status == STATUS_OK && !may_have_secret && (lines.secret != NULL || lines.locked != NULL)) {
        status =
            status_fail(STATUS_REFUSED,
                        "%s: holds a secret key, allowed is the public half, %s.pub", path, path);
    }
    if (status == STATUS_OK) status = read_public(identity, lines.public, path);
    if (status != STATUS_OK) *identity = (struct identity_public){0};
    return status;
}

enum status identity_peek(struct identity_public *identity, const char *path)
{
    *identity = (struct identity_public){0};
    uint8_t *bytes = NULL;
    size_t size = 0;
    enum status status = files_read_secret(&bytes, &size, path, FILE_MAX);
    if (status != STATUS_OK) return status;
    status = parse_public(identity, (char *)bytes, path, true);
    sodium_memzero(bytes, size);
    free(bytes);
    return status;
}

enum status identity_load_public(struct identity_public *identity, const char *path)
{
    *identity = (struct identity_public){0};
    uint8_t *bytes = NULL;
    size_t size = 0;
    enum status status = files_read(&bytes, &size, path, FILE_MAX);
    if (status != STATUS_OK) return status;
    status = parse_public(identity, (char *)bytes, path, false);
    sodium_memzero(bytes, size);
    free(bytes);
    return status;
}
