// SPDX-License-Identifier: Apache-2.0
#include "journal.h"

#include "base/files.h"
#include "base/limits.h"
#include "base/log.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

enum {
    HEX_MAX = 2 * DIGEST_BYTES + 1,
    NUMBER_MAX = 12, // characters of a number and its space
    LINE_MAX_BYTES = 4 * HEX_MAX + (4 + LIMIT_COHORT_SECURE) * NUMBER_MAX,
};

struct journal {
    int file;
    uint64_t size; // bytes of whole lines
    bool failed;
    char path[LIMIT_PATH];
};

static enum status fail_path(const char *path)
{
    return status_fail(STATUS_IO, "%s: %s", path, strerror(errno));
}

/* ---- lines ---- */

static const char *const kinds[] = {[LEDGER_BLINDED] = "blinded", [LEDGER_SIGNED] = "signed"};

static size_t put_hex(char *text, const uint8_t *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        snprintf(text + 2 * i, 3, "%02x", bytes[i]);
    }
    return 2 * size;
}

enum status journal_line(char **line, const struct ledger_entry *entry)
{
    assert(entry->count > 0 && entry->count <= LIMIT_COHORT_SECURE);
    uint8_t checksum[DIGEST_BYTES];
    char *text = malloc(LINE_MAX_BYTES);
    if (text == NULL) return status_fail(STATUS_NO_MEMORY, "out of memory for a line");
    size_t used = (size_t)snprintf(text, LINE_MAX_BYTES, "%s ", kinds[entry->kind]);
    used += put_hex(text + used, entry->roster, sizeof entry->roster);
    text[used++] = ' ';
    used += put_hex(text + used, entry->session, sizeof entry->session);
    used += (size_t)snprintf(text + used, LINE_MAX_BYTES - used, " %" PRIu32 " %" PRIu32 " ",
                             entry->round, entry->attempt);
    used += put_hex(text + used, entry->model, sizeof entry->model);
    used += (size_t)snprintf(text + used, LINE_MAX_BYTES - used, " %zu", entry->count);
    for (size_t i = 0; i < entry->count; i++) {
        used += (size_t)snprintf(text + used, LINE_MAX_BYTES - used, " %" PRIu32, entry->places[i]);
    }
    digest_compute(checksum, text, used);
    text[used++] = ' ';
    used += put_hex(text + used, checksum, sizeof checksum);
    memcpy(text + used, "\n", 2);
    *line = text;
    return STATUS_OK;
}

static bool read_hex(uint8_t *bytes, size_t size, const char *word)
{
    if (word == NULL || strlen(word) != 2 * size) return false;
    for (size_t i = 0; i < size; i++) {
        const char digits[3] = {word[2 * i], word[2 * i + 1], 0};
        char *end = NULL;
        bytes[i] = (uint8_t)strtoul(digits, &end, 16);
        if (*end != 0) return false;
    }
    return true;
}

static bool read_number(uint32_t *number, const char *word, uint32_t least, uint32_t most)
{
    char *end = NULL;
    if (word == NULL) return false;
    const unsigned long value = strtoul(word, &end, 10);
    *number = (uint32_t)value;
    return end != word && *end == 0 && value >= least && value <= most;
}

static bool read_kind(enum ledger_kind *kind, const char *word)
{
    if (word == NULL) return false;
    *kind = strcmp(word, kinds[LEDGER_SIGNED]) == 0 ? LEDGER_SIGNED : LEDGER_BLINDED;
    return strcmp(word, kinds[*kind]) == 0;
}

/* Reads the words of a line, in place; what is not checked here is by writing it again. */
static bool read_words(struct ledger_entry *entry, uint32_t places[LIMIT_COHORT_SECURE], char *line)
{
    static const char space[] = " ";
    char *rest = NULL;
    uint32_t count = 0;
    bool fine = read_kind(&entry->kind, strtok_r(line, space, &rest)) &&
                read_hex(entry->roster, sizeof entry->roster, strtok_r(NULL, space, &rest)) &&
                read_hex(entry->session, sizeof entry->session, strtok_r(NULL, space, &rest)) &&
                read_number(&entry->round, strtok_r(NULL, space, &rest), 1, UINT32_MAX) &&
                read_number(&entry->attempt, strtok_r(NULL, space, &rest), 1, UINT32_MAX) &&
                read_hex(entry->model, sizeof entry->model, strtok_r(NULL, space, &rest)) &&
                read_number(&count, strtok_r(NULL, space, &rest), 1, LIMIT_COHORT_SECURE);
    for (uint32_t i = 0, least = 0; fine && i < count; i++) {
        fine = read_number(&places[i], strtok_r(NULL, space, &rest), least, LIMIT_PARTICIPANTS - 1);
        least = places[i] + 1;
    }
    entry->count = count;
    entry->places = places;
    return fine;
}

static enum status parse_line(struct ledger *ledger, const char *line, const char *path,
                              size_t number)
{
    char *words = strdup(line), *again = NULL;
    uint32_t *places = calloc(LIMIT_COHORT_SECURE, sizeof *places);
    struct ledger_entry entry = {0};
    enum status status = STATUS_OK;
    if (words == NULL || places == NULL) {
        status = status_fail(STATUS_NO_MEMORY, "%s: no memory", path);
    } else if (!read_words(&entry, places, words)) {
        status = status_fail(
            STATUS_BAD_INPUT,
            "%s:%zu: allowed is a line KIND ROSTER SESSION ROUND ATTEMPT MODEL COUNT PLACE.."
            " CHECKSUM",
            path, number);
    } else {
        status = journal_line(&again, &entry);
    }
    if (status == STATUS_OK &&
        (strlen(again) != strlen(line) + 1 || strncmp(again, line, strlen(line)) != 0)) {
        status = status_fail(STATUS_BAD_INPUT, "%s:%zu: the checksum is wrong, or the form", path,
                             number);
    }
    if (status == STATUS_OK) status = ledger_add(ledger, &entry);
    free(again);
    free(places);
    free(words);
    return status;
}

enum status journal_parse(struct ledger *ledger, size_t *kept, char *text, size_t size,
                          const char *path)
{
    size_t number = 1;
    *kept = 0;
    for (;;) {
        char *line = text + *kept;
        char *end = memchr(line, '\n', size - *kept);
        if (end == NULL) return STATUS_OK; // what is left was never flushed
        *end = 0;
        if (strlen(line) != (size_t)(end - line)) {
            return status_fail(STATUS_BAD_INPUT, "%s:%zu: a zero byte in a line", path, number);
        }
        const enum status status = parse_line(ledger, line, path, number++);
        if (status != STATUS_OK) return status;
        *kept += (size_t)(end - line) + 1;
    }
}

/* ---- the file ---- */

/* The name of a new file is on the disk only when its folder is. */
static enum status flush_folder(const char *folder)
{
    const int file = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (file < 0) return fail_path(folder);
    enum status status = STATUS_OK;
    // Some file systems cannot flush a folder and say EINVAL.
    if (fsync(file) != 0 && errno != EINVAL) status = fail_path(folder);
    close(file);
    return status;
}

static enum status open_file(struct journal *journal)
{
    journal->file = open(journal->path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (journal->file < 0) return fail_path(journal->path);
    if (flock(journal->file, LOCK_EX | LOCK_NB) == 0) return STATUS_OK;
    if (errno != EWOULDBLOCK) return fail_path(journal->path);
    return status_fail(STATUS_IO, "%s: another participant runs in this folder", journal->path);
}

static enum status load(struct journal *journal, struct ledger *ledger)
{
    uint8_t *bytes = NULL;
    size_t size = 0, kept = 0;
    enum status status = files_read(&bytes, &size, journal->path, LIMIT_FILE_JOURNAL);
    if (status != STATUS_OK) return status;
    status = journal_parse(ledger, &kept, (char *)bytes, size, journal->path);
    free(bytes);
    if (status != STATUS_OK) return status;
    journal->size = kept;
    if (kept == size) return STATUS_OK;
    log_warning("%s: %zu bytes of a line that was not finished are cut off; what it was to"
                " tell of was not done",
                journal->path, size - kept);
    return ftruncate(journal->file, (off_t)kept) == 0 ? STATUS_OK : fail_path(journal->path);
}

enum status journal_open(struct journal **journal, struct ledger *ledger, const char *folder)
{
    struct journal *made = calloc(1, sizeof *made);
    if (made == NULL) return status_fail(STATUS_NO_MEMORY, "out of memory for a journal");
    made->file = -1;
    enum status status = files_join(made->path, folder, "ledger");
    if (status == STATUS_OK) status = open_file(made);
    if (status == STATUS_OK) status = load(made, ledger);
    if (status == STATUS_OK) status = flush_folder(folder);
    if (status != STATUS_OK) {
        journal_close(&made);
        return status;
    }
    *journal = made;
    return STATUS_OK;
}

void journal_close(struct journal **journal)
{
    if (*journal == NULL) return;
    if ((*journal)->file >= 0) close((*journal)->file); // closing unlocks
    free(*journal);
    *journal = NULL;
}

static enum status append(struct journal *journal, const char *line, size_t size)
{
    if (journal->size + size > LIMIT_FILE_JOURNAL) {
        return status_fail(STATUS_FULL, "%s: larger than %zu bytes", journal->path,
                           LIMIT_FILE_JOURNAL);
    }
    for (size_t done = 0; done < size;) {
        const ssize_t written =
            pwrite(journal->file, line + done, size - done, (off_t)(journal->size + done));
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) return fail_path(journal->path);
        done += (size_t)written;
    }
    if (fsync(journal->file) != 0) return fail_path(journal->path);
    journal->size += size;
    return STATUS_OK;
}

enum status journal_write(struct journal *journal, const struct ledger_entry *entry)
{
    if (journal->failed) {
        return status_fail(STATUS_IO, "%s: could not be written before", journal->path);
    }
    char *line = NULL;
    enum status status = journal_line(&line, entry);
    if (status == STATUS_OK) status = append(journal, line, strlen(line));
    free(line);
    journal->failed = status != STATUS_OK;
    return status;
}
