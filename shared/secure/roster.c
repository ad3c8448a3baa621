// SPDX-License-Identifier: Apache-2.0
#include "secure/roster.h"

#include "base/files.h"
#include "secure/sodium_ready.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char blanks[] = " \t\r";
static const char purpose[] = "fedveil/roster";

enum { ENTRY_MAX = LIMIT_NAME + IDENTITY_WORDS }; // bytes of a line with its end

/* What may stand only once, and where it stands. */
struct mark {
    const char *text;
    size_t line;
};

static int compare_marks(const void *left, const void *right)
{
    const struct mark *a = left, *b = right;
    const int order = strcmp(a->text, b->text);
    return order != 0 ? order : (a->line > b->line) - (a->line < b->line);
}

static enum status check_once(struct mark *marks, size_t count, const char *what, const char *path)
{
    qsort(marks, count, sizeof *marks, compare_marks);
    for (size_t i = 1; i < count; i++) {
        if (strcmp(marks[i - 1].text, marks[i].text) != 0) continue;
        return status_fail(STATUS_BAD_INPUT, "%s:%zu: the %s %s stands in line %zu already", path,
                           marks[i].line, what, marks[i].text, marks[i - 1].line);
    }
    return STATUS_OK;
}

/* Names become names of folders and words of log lines. */
static bool is_name(const char *name)
{
    static const char letters[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";
    const size_t length = strlen(name);
    return length > 0 && length < LIMIT_NAME && strspn(name, letters) == length &&
           strchr("._-", name[0]) == NULL && strcmp(name, "signed") != 0;
}

/* ---- reading ---- */

/* The entries with the lines on which they stand: lines[i] of participant i. */
struct reading {
    struct roster *roster;
    const char *path;
    size_t *lines;
    size_t coordinator_line, signed_line; // 0: not yet
    char organiser[LIMIT_NAME];
};

static enum status read_signed(struct reading *reading, const char *name, const char *hex,
                               size_t number)
{
    size_t size = 0;
    struct roster *roster = reading->roster;
    if (strlen(hex) != 2 * IDENTITY_SIGNATURE_BYTES || strlen(name) >= LIMIT_NAME ||
        sodium_hex2bin(roster->signature, sizeof roster->signature, hex, strlen(hex), NULL, &size,
                       NULL) != 0 ||
        size != sizeof roster->signature) {
        return status_fail(STATUS_BAD_INPUT,
                           "%s:%zu: allowed is \"signed NAME SIGNATURE\", SIGNATURE of %d "
                           "hexadecimal digits",
                           reading->path, number, 2 * IDENTITY_SIGNATURE_BYTES);
    }
    snprintf(reading->organiser, sizeof reading->organiser, "%s", name);
    reading->signed_line = number;
    return STATUS_OK;
}

static enum status read_entry(struct reading *reading, const char *name, const char *const keys[2],
                              size_t number)
{
    struct roster *roster = reading->roster;
    const bool coordinator = strcmp(name, ROSTER_COORDINATOR) == 0;
    if (coordinator != (reading->coordinator_line == 0)) {
        return status_fail(STATUS_BAD_INPUT,
                           "%s:%zu: the first line, and no other, is \"coordinator KEY KEY\"",
                           reading->path, number);
    }
    if (!coordinator && roster->count == LIMIT_PARTICIPANTS) {
        return status_fail(STATUS_FULL, "%s:%zu: at most %d participants are allowed",
                           reading->path, number, LIMIT_PARTICIPANTS);
    }
    if (!is_name(name)) {
        return status_fail(STATUS_BAD_INPUT,
                           "%s:%zu: the name is not 1 to %d letters, digits, '.', '_', '-',"
                           " beginning with a letter or digit, other than \"signed\"",
                           reading->path, number, LIMIT_NAME - 1);
    }
    struct roster_entry *entry =
        coordinator ? &roster->coordinator : &roster->entries[roster->count];
    struct identity_public identity;
    if (!identity_read_words(&identity, keys[0], keys[1])) {
        return status_fail(STATUS_BAD_INPUT,
                           "%s:%zu: after the name two public keys of %d Z85 characters each are "
                           "allowed",
                           reading->path, number, IDENTITY_KEY_TEXT - 1);
    }
    snprintf(entry->name, sizeof entry->name, "%s", name);
    roster_set_keys(entry, &identity);
    if (coordinator) {
        reading->coordinator_line = number;
    } else {
        reading->lines[roster->count++] = number;
    }
    return STATUS_OK;
}

/* Reads "NAME KEY KEY" or "signed NAME SIGNATURE", in place. */
static enum status read_line(struct reading *reading, char *line, size_t number)
{
    char *rest = NULL;
    const char *first = strtok_r(line, blanks, &rest), *second = strtok_r(NULL, blanks, &rest);
    const char *third = strtok_r(NULL, blanks, &rest);
    if (third == NULL || strtok_r(NULL, blanks, &rest) != NULL) {
        return status_fail(STATUS_BAD_INPUT, "%s:%zu: allowed is a line NAME KEY KEY",
                           reading->path, number);
    }
    if (reading->signed_line > 0) {
        return status_fail(STATUS_BAD_INPUT, "%s:%zu: nothing may follow the signature",
                           reading->path, number);
    }
    if (strcmp(first, "signed") == 0) return read_signed(reading, second, third, number);
    return read_entry(reading, first, (const char *const[]){second, third}, number);
}

static enum status read_lines(struct reading *reading, char *text)
{
    size_t number = 1;
    for (char *line = text; line != NULL; number++) {
        char *end = strchr(line, '\n');
        if (end != NULL) *end = '\0';
        const char first = line[strspn(line, blanks)];
        if (first != '\0' && first != '#') {
            const enum status status = read_line(reading, line, number);
            if (status != STATUS_OK) return status;
        }
        line = end == NULL ? NULL : end + 1;
    }
    return STATUS_OK;
}

/* ---- what must hold ---- */

/* Refuses an empty roster, and names and keys that stand twice; entry i stands in lines[i]. */
static enum status check_all_once(const struct reading *reading)
{
    const struct roster *roster = reading->roster;
    const size_t *lines = reading->lines;
    const char *path = reading->path;
    if (roster->count == 0) {
        return status_fail(STATUS_BAD_INPUT, "%s: names nobody, allowed are lines NAME KEY KEY",
                           path);
    }
    const size_t all = roster->count + 1; // the coordinator's keys are nobody's
    struct mark *marks = calloc(all, sizeof *marks);
    char(*sign_keys)[2 * IDENTITY_KEY_BYTES + 1] = calloc(all, sizeof *sign_keys);
    enum status status = STATUS_OK;
    if (marks == NULL || sign_keys == NULL) {
        status = status_fail(STATUS_NO_MEMORY, "%s: no memory", path);
    } else {
        for (size_t i = 0; i < roster->count; i++) {
            marks[i] = (struct mark){roster->entries[i].name, lines[i]};
        }
        status = check_once(marks, roster->count, "name", path);
    }
    for (size_t i = 0; status == STATUS_OK && i < all; i++) {
        const bool last = i == roster->count;
        const struct roster_entry *entry = last ? &roster->coordinator : &roster->entries[i];
        marks[i] = (struct mark){entry->public_key, last ? reading->coordinator_line : lines[i]};
        sodium_bin2hex(sign_keys[i], sizeof sign_keys[i], entry->sign_key, IDENTITY_KEY_BYTES);
    }
    if (status == STATUS_OK) status = check_once(marks, all, "key", path);
    for (size_t i = 0; status == STATUS_OK && i < all; i++) {
        marks[i] =
            (struct mark){sign_keys[i], i == roster->count ? reading->coordinator_line : lines[i]};
    }
    if (status == STATUS_OK) status = check_once(marks, all, "key to sign with", path);
    free(marks);
    free(sign_keys);
    return status;
}

static struct identity_public keys_of(const struct roster_entry *entry)
{
    struct identity_public identity;
    memcpy(identity.public_key, entry->public_key, sizeof identity.public_key);
    memcpy(identity.sign_key, entry->sign_key, sizeof identity.sign_key);
    return identity;
}

/* The lines that are signed, from malloc(). */
static char *write_text(const struct roster *roster, size_t *size)
{
    const size_t room = (roster->count + 1) * ENTRY_MAX + 1;
    char *text = malloc(room), words[IDENTITY_WORDS];
    if (text == NULL) return NULL;
    *size = 0;
    for (size_t i = 0; i <= roster->count; i++) {
        const struct roster_entry *entry = i == 0 ? &roster->coordinator : &roster->entries[i - 1];
        const struct identity_public identity = keys_of(entry);
        identity_write_words(words, &identity);
        *size += (size_t)snprintf(text + *size, room - *size, "%s %s\n",
                                  i == 0 ? ROSTER_COORDINATOR : entry->name, words);
    }
    return text;
}

static enum status compute_digest(struct roster *roster, const char *path)
{
    size_t size = 0;
    char *text = write_text(roster, &size);
    if (text == NULL) return status_fail(STATUS_NO_MEMORY, "%s: no memory", path);
    digest_compute(roster->digest, text, size);
    free(text);
    return STATUS_OK;
}

static enum status check_signature(struct roster *roster, const struct reading *reading)
{
    if (reading->signed_line == 0) {
        return status_fail(STATUS_BAD_INPUT,
                           "%s: is not signed; its last line must be \"signed NAME SIGNATURE\"",
                           reading->path);
    }
    roster->organiser = roster_find(roster, reading->organiser);
    if (roster->organiser == roster->count) {
        return status_fail(STATUS_BAD_INPUT,
                           "%s:%zu: signed by %s, who is no participant in it; allowed is one of "
                           "the participants, never the coordinator",
                           reading->path, reading->signed_line, reading->organiser);
    }
    const enum status status = compute_digest(roster, reading->path);
    if (status != STATUS_OK) return status;
    if (identity_verify(roster->signature, roster->entries[roster->organiser].sign_key, purpose,
                        roster->digest, DIGEST_BYTES)) {
        return STATUS_OK;
    }
    return status_fail(STATUS_BAD_INPUT, "%s:%zu: the signature is not that of %s over these lines",
                       reading->path, reading->signed_line, reading->organiser);
}

enum status roster_parse(struct roster *roster, const void *bytes, size_t size, const char *path)
{
    *roster = (struct roster){0};
    if (size > ROSTER_FILE_MAX || (size > 0 && memchr(bytes, 0, size) != NULL)) {
        return status_fail(STATUS_BAD_INPUT, "%s: no text of at most %d bytes", path,
                           ROSTER_FILE_MAX);
    }
    struct reading reading = {.roster = roster, .path = path};
    char *text = malloc(size + 1);
    reading.lines = calloc(LIMIT_PARTICIPANTS, sizeof *reading.lines);
    roster->entries = calloc(LIMIT_PARTICIPANTS, sizeof *roster->entries);
    enum status status = STATUS_OK;
    if (text == NULL || reading.lines == NULL || roster->entries == NULL) {
        status = status_fail(STATUS_NO_MEMORY, "%s: no memory", path);
    } else {
        if (size > 0) memcpy(text, bytes, size);
        text[size] = '\0';
        status = read_lines(&reading, text);
    }
    if (status == STATUS_OK) status = check_all_once(&reading);
    if (status == STATUS_OK) status = check_signature(roster, &reading);
    free(reading.lines);
    free(text);
    if (status != STATUS_OK) roster_destroy(roster);
    return status;
}

enum status roster_load(struct roster *roster, const char *path)
{
    *roster = (struct roster){0};
    uint8_t *bytes = NULL;
    size_t size = 0;
    enum status status = files_read(&bytes, &size, path, ROSTER_FILE_MAX);
    if (status == STATUS_OK) status = roster_parse(roster, bytes, size, path);
    free(bytes);
    return status;
}

/* ---- writing ---- */

enum status roster_sign(struct roster *roster, size_t organiser, const struct identity *identity)
{
    const struct identity_public part = identity_public_part(identity);
    if (organiser >= roster->count || !roster_is_of(&roster->entries[organiser], &part)) {
        return status_fail(STATUS_BAD_INPUT,
                           "the key that is to sign the roster is not that of one "
                           "of its participants");
    }
    snprintf(roster->coordinator.name, sizeof roster->coordinator.name, "%s", ROSTER_COORDINATOR);
    roster->organiser = organiser;
    const enum status status = compute_digest(roster, "the roster");
    if (status != STATUS_OK) return status;
    identity_sign(roster->signature, identity, purpose, roster->digest, DIGEST_BYTES);
    return STATUS_OK;
}

enum status roster_save(const struct roster *roster, const char *path)
{
    size_t size = 0;
    char *text = write_text(roster, &size), hex[2 * IDENTITY_SIGNATURE_BYTES + 1];
    const size_t room = size + LIMIT_NAME + sizeof hex + sizeof "signed  \n";
    char *longer = text == NULL ? NULL : realloc(text, room);
    if (longer == NULL) {
        free(text);
        return status_fail(STATUS_NO_MEMORY, "%s: no memory", path);
    }
    sodium_bin2hex(hex, sizeof hex, roster->signature, sizeof roster->signature);
    size += (size_t)snprintf(longer + size, room - size, "signed %s %s\n",
                             roster->entries[roster->organiser].name, hex);
    struct roster again;
    enum status status = roster_parse(&again, longer, size, path);
    if (status == STATUS_OK) status = files_write(path, longer, size);
    roster_destroy(&again);
    free(longer);
    return status;
}

void roster_destroy(struct roster *roster)
{
    free(roster->entries);
    *roster = (struct roster){0};
}

enum status roster_sign_keys(uint8_t (**keys)[IDENTITY_KEY_BYTES], const struct roster *roster)
{
    *keys = calloc(roster->count, sizeof **keys);
    if (*keys == NULL) {
        return status_fail(STATUS_NO_MEMORY, "out of memory for %zu keys", roster->count);
    }
    for (size_t i = 0; i < roster->count; i++) {
        memcpy((*keys)[i], roster->entries[i].sign_key, sizeof **keys);
    }
    return STATUS_OK;
}

size_t roster_find(const struct roster *roster, const char *name)
{
    size_t place = 0;
    while (place < roster->count && strcmp(roster->entries[place].name, name) != 0) {
        place++;
    }
    return place;
}

void roster_set_keys(struct roster_entry *entry, const struct identity_public *identity)
{
    memcpy(entry->public_key, identity->public_key, sizeof entry->public_key);
    memcpy(entry->sign_key, identity->sign_key, sizeof entry->sign_key);
}

bool roster_is_of(const struct roster_entry *entry, const struct identity_public *identity)
{
    return strcmp(entry->public_key, identity->public_key) == 0 &&
           memcmp(entry->sign_key, identity->sign_key, sizeof entry->sign_key) == 0;
}
