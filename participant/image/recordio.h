// SPDX-License-Identifier: Apache-2.0
/* recordio - pictures packed into one file with an index beside it, as MXNet and InsightFace do.
 *
 * FILE.rec is a row of records, all numbers little-endian: 0xced7230a, 32 bits whose upper 3 are a
 * part's kind and whose lower 29 its length, the bytes, zeros up to a multiple of 4. A record that
 * would hold that first number is cut there into parts (kinds 1, 2 .. 2, 3; whole: 0), which are
 * joined by it again. A record is a head of 24 bytes (flag, label, two numbers that nobody uses),
 * `flag` more labels that replace the first one, and a picture.
 *
 * FILE.idx is text, "KEY<tab>PLACE" a line. Only the index is kept in memory; records are read when
 * asked for, by as many threads as like. What is malformed is STATUS_BAD_INPUT and named by file
 * and byte (.rec) or line (.idx). */
#ifndef IMAGE_RECORDIO_H
#define IMAGE_RECORDIO_H

#include "base/limits.h"
#include "base/status.h"

#include <stddef.h>
#include <stdint.h>

enum { RECORDIO_LABELS = 2 }; // as many as anyone uses

struct recordio_entry {
    uint64_t key;
    uint64_t place; // first byte of the record in the file
};

struct recordio {
    char path[LIMIT_PATH];
    int file;
    uint64_t size;                  // bytes of the file
    struct recordio_entry *entries; // by rising key, each key once
    size_t count;                   // of them, below 2^32
};

struct recordio_head {
    uint32_t flag;                 // labels that follow, 0: `label` alone
    float labels[RECORDIO_LABELS]; // the first ones; 0 where there are fewer
};

/* Opens FILE.rec and reads its index. On failure nothing is left to close. */
enum status recordio_open(struct recordio *recordio, const char *path,
                          const char *index_path) CHECKED;

/* Closes the file; may be called twice. */
void recordio_close(struct recordio *recordio);

/* Reads a record: its head and, in new memory that the caller frees, its picture. */
enum status recordio_read(struct recordio_head *head, uint8_t **bytes, size_t *size,
                          const struct recordio *recordio, size_t entry) CHECKED;

/* Reads the head alone, which costs a few bytes whatever the picture's size. */
enum status recordio_read_head(struct recordio_head *head, const struct recordio *recordio,
                               size_t entry) CHECKED;

/* Entry with a key, or `count`. */
size_t recordio_find(const struct recordio *recordio, uint64_t key);

/* Fails with a sentence about the record of an entry. */
enum status recordio_fail(const struct recordio *recordio, size_t entry,
                          const char *reason) CHECKED;

#endif
