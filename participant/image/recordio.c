// SPDX-License-Identifier: Apache-2.0
#include "image/recordio.h"

#include "base/files.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAGIC UINT32_C(0xced7230a)

enum { WORD = 4, FRAME = 8, HEAD = 24, LABELS_AT = HEAD, FLAG_MAX = 1 << 16, LENGTH_BITS = 29 };

// A picture with a head and all the labels that it may have.
#define RECORD_MAX (LIMIT_FILE_IMAGE + HEAD + (size_t)FLAG_MAX * WORD)

enum kind { WHOLE, FIRST, MIDDLE, LAST };

static uint32_t word_at(const uint8_t *bytes)
{
    return (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 |
           (uint32_t)bytes[3] << 24;
}

static float float_at(const uint8_t *bytes)
{
    const uint32_t word = word_at(bytes);
    float value;
    memcpy(&value, &word, sizeof value);
    return value;
}

static enum status fail_at(const struct recordio *recordio, uint64_t place, const char *reason)
{
    return status_fail(STATUS_BAD_INPUT, "%s: byte %" PRIu64 ": %s", recordio->path, place, reason);
}

enum status recordio_fail(const struct recordio *recordio, size_t entry, const char *reason)
{
    return fail_at(recordio, recordio->entries[entry].place, reason);
}

/* Reads exactly `size` bytes. */
static enum status read_at(const struct recordio *recordio, uint8_t *bytes, size_t size,
                           uint64_t place)
{
    if (place > recordio->size || size > recordio->size - place) {
        return fail_at(recordio, place, "the file ends within a record");
    }
    while (size > 0) {
        const ssize_t got = pread(recordio->file, bytes, size, (off_t)place);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) {
            return status_fail(STATUS_IO, "%s: byte %" PRIu64 ": %s", recordio->path, place,
                               strerror(errno));
        }
        if (got == 0) return fail_at(recordio, place, "the file has become shorter");
        bytes += got;
        place += (uint64_t)got;
        size -= (size_t)got;
    }
    return STATUS_OK;
}

/* Reads what stands before a part. */
static enum status read_frame(const struct recordio *recordio, uint64_t place, enum kind *kind,
                              size_t *length)
{
    uint8_t frame[FRAME];
    const enum status status = read_at(recordio, frame, sizeof frame, place);
    if (status != STATUS_OK) return status;
    if (word_at(frame) != MAGIC) return fail_at(recordio, place, "no record begins here");
    const uint32_t word = word_at(frame + WORD);
    if (word >> LENGTH_BITS > LAST) return fail_at(recordio, place, "a part of an unknown kind");
    *kind = (enum kind)(word >> LENGTH_BITS);
    *length = word & ((UINT32_C(1) << LENGTH_BITS) - 1);
    if (*length > recordio->size - place - FRAME) {
        return fail_at(recordio, place, "the file ends within a record");
    }
    return STATUS_OK;
}

/* Adds a part, and the number that it was cut at, to what came before. */
static enum status add_part(const struct recordio *recordio, uint64_t place, size_t length,
                            uint8_t **bytes, size_t *size)
{
    const size_t joint = *bytes != NULL ? WORD : 0;
    if (*size + joint + length > RECORD_MAX) {
        return fail_at(recordio, place, "the record is too large, at most 64 MiB are allowed");
    }
    uint8_t *grown = realloc(*bytes, *size + joint + length + 1); // never 0 bytes
    if (grown == NULL) {
        return status_fail(STATUS_NO_MEMORY, "%s: no memory for a record", recordio->path);
    }
    *bytes = grown;
    static const uint8_t magic[WORD] = {0x0a, 0x23, 0xd7, 0xce};
    memcpy(grown + *size, magic, joint);
    *size += joint + length;
    return read_at(recordio, grown + *size - length, length, place + FRAME);
}

static enum status read_record(const struct recordio *recordio, uint64_t place, uint8_t **bytes,
                               size_t *size)
{
    *bytes = NULL;
    *size = 0;
    for (;;) {
        enum kind kind = WHOLE;
        size_t length = 0;
        enum status status = read_frame(recordio, place, &kind, &length);
        if (status == STATUS_OK && (*bytes == NULL) != (kind == WHOLE || kind == FIRST)) {
            status = fail_at(recordio, place, "a part of a record out of its order");
        }
        if (status == STATUS_OK) status = add_part(recordio, place, length, bytes, size);
        if (status != STATUS_OK) {
            free(*bytes);
            *bytes = NULL;
            return status;
        }
        if (kind == WHOLE || kind == LAST) return STATUS_OK;
        place += FRAME + (length + WORD - 1) / WORD * WORD;
    }
}

/* Understands the first `size` bytes of a record; *labels_end gets where its picture begins. */
static enum status parse_head(struct recordio_head *head, size_t *labels_end, const uint8_t *bytes,
                              size_t size, const struct recordio *recordio, uint64_t place)
{
    *head = (struct recordio_head){0};
    if (size < HEAD) return fail_at(recordio, place, "the record is too short for its head");
    head->flag = word_at(bytes);
    head->labels[0] = float_at(bytes + WORD);
    if (head->flag > FLAG_MAX) return fail_at(recordio, place, "more than 65536 labels");
    *labels_end = LABELS_AT + (size_t)head->flag * WORD;
    for (size_t i = 0; i < RECORDIO_LABELS && i < head->flag; i++) {
        if (size < LABELS_AT + (i + 1) * WORD) {
            return fail_at(recordio, place, "the record is too short for its labels");
        }
        head->labels[i] = float_at(bytes + LABELS_AT + i * WORD);
    }
    return STATUS_OK;
}

enum status recordio_read(struct recordio_head *head, uint8_t **bytes, size_t *size,
                          const struct recordio *recordio, size_t entry)
{
    assert(entry < recordio->count);
    const uint64_t place = recordio->entries[entry].place;
    size_t start = 0;
    enum status status = read_record(recordio, place, bytes, size);
    if (status != STATUS_OK) return status;
    status = parse_head(head, &start, *bytes, *size, recordio, place);
    if (status == STATUS_OK && start > *size) {
        status = fail_at(recordio, place, "the record is too short for its labels");
    }
    if (status != STATUS_OK) {
        free(*bytes);
        *bytes = NULL;
        return status;
    }
    *size -= start;
    memmove(*bytes, *bytes + start, *size);
    return STATUS_OK;
}

enum status recordio_read_head(struct recordio_head *head, const struct recordio *recordio,
                               size_t entry)
{
    assert(entry < recordio->count);
    enum { MOST = HEAD + RECORDIO_LABELS * WORD };
    const uint64_t place = recordio->entries[entry].place;
    uint8_t bytes[MOST];
    uint8_t *all = NULL;
    enum kind kind = WHOLE;
    size_t length = 0, start = 0;
    enum status status = read_frame(recordio, place, &kind, &length);
    if (status != STATUS_OK) return status;
    if (kind == WHOLE || (kind == FIRST && length >= MOST)) {
        if (length > MOST) length = MOST;
        status = read_at(recordio, bytes, length, place + FRAME);
        if (status != STATUS_OK) return status;
        return parse_head(head, &start, bytes, length, recordio, place);
    }
    // The head itself may be cut.
    status = read_record(recordio, place, &all, &length);
    if (status == STATUS_OK) status = parse_head(head, &start, all, length, recordio, place);
    free(all);
    return status;
}

static const char *read_number(const char *text, uint64_t *number)
{
    const char *digit = text;
    *number = 0;
    for (; *digit >= '0' && *digit <= '9'; digit++) {
        if (*number > (UINT64_MAX >> 1) / 10 - 1) return NULL;
        *number = *number * 10 + (uint64_t)(*digit - '0');
    }
    return digit > text ? digit : NULL;
}

/* Reads "KEY PLACE" and the end of the line; NULL when it is something else. */
static const char *read_line(const char *line, struct recordio_entry *entry)
{
    const char *next = read_number(line, &entry->key);
    if (next == NULL || (*next != '\t' && *next != ' ')) return NULL;
    next = read_number(next + strspn(next, "\t "), &entry->place);
    if (next == NULL) return NULL;
    next += strspn(next, "\t \r");
    return *next == '\n' ? next + 1 : *next == '\0' ? next : NULL;
}

static int compare_keys(const void *first, const void *second)
{
    const struct recordio_entry *a = first, *b = second;
    return (a->key > b->key) - (a->key < b->key);
}

static enum status sort_entries(struct recordio *recordio, const char *path)
{
    bool rising = true;
    for (size_t i = 1; i < recordio->count && rising; i++) {
        rising = recordio->entries[i - 1].key < recordio->entries[i].key;
    }
    if (rising) return STATUS_OK;
    qsort(recordio->entries, recordio->count, sizeof *recordio->entries, compare_keys);
    for (size_t i = 1; i < recordio->count; i++) {
        if (recordio->entries[i - 1].key == recordio->entries[i].key) {
            return status_fail(STATUS_BAD_INPUT, "%s: the key %" PRIu64 " is given twice", path,
                               recordio->entries[i].key);
        }
    }
    return STATUS_OK;
}

static enum status parse_index(struct recordio *recordio, const char *path, const char *text,
                               size_t size)
{
    size_t lines = 1;
    for (size_t i = 0; i < size; i++) {
        lines += text[i] == '\n';
    }
    recordio->entries = calloc(lines, sizeof *recordio->entries);
    if (recordio->entries == NULL) {
        return status_fail(STATUS_NO_MEMORY, "%s: no memory for %zu records", path, lines);
    }
    for (const char *next = text; next < text + size;) {
        struct recordio_entry entry;
        next = read_line(next, &entry);
        if (next == NULL) {
            return status_fail(STATUS_BAD_INPUT, "%s:%zu: expected KEY<tab>PLACE", path,
                               recordio->count + 1);
        }
        recordio->entries[recordio->count++] = entry;
    }
    if (recordio->count == 0) return status_fail(STATUS_BAD_INPUT, "%s: is empty", path);
    return sort_entries(recordio, path);
}

static enum status open_file(struct recordio *recordio)
{
    struct stat info;
    // Not to wait for the writer of a pipe: only plain files are read.
    recordio->file = open(recordio->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (recordio->file < 0 || fstat(recordio->file, &info) != 0) {
        return status_fail(errno == ENOENT ? STATUS_NOT_FOUND : STATUS_IO, "%s: %s", recordio->path,
                           strerror(errno));
    }
    if (!S_ISREG(info.st_mode)) {
        return status_fail(STATUS_IO, "%s: not a plain file", recordio->path);
    }
    recordio->size = (uint64_t)info.st_size;
    return STATUS_OK;
}

enum status recordio_open(struct recordio *recordio, const char *path, const char *index_path)
{
    *recordio = (struct recordio){.file = -1};
    uint8_t *text = NULL;
    size_t size = 0;
    enum status status = files_join(recordio->path, "", path);
    if (status == STATUS_OK) status = open_file(recordio);
    if (status == STATUS_OK) status = files_read(&text, &size, index_path, LIMIT_FILE_INDEX);
    if (status == STATUS_OK) status = parse_index(recordio, index_path, (const char *)text, size);
    free(text);
    if (status != STATUS_OK) recordio_close(recordio);
    return status;
}

void recordio_close(struct recordio *recordio)
{
    if (recordio->file >= 0) close(recordio->file);
    free(recordio->entries);
    recordio->file = -1;
    recordio->entries = NULL;
    recordio->count = 0;
}

size_t recordio_find(const struct recordio *recordio, uint64_t key)
{
    const struct recordio_entry wanted = {key, 0};
    const struct recordio_entry *found = bsearch(&wanted, recordio->entries, recordio->count,
                                                 sizeof *recordio->entries, compare_keys);
    return found == NULL ? recordio->count : (size_t)(found - recordio->entries);
}
