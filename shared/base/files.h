// SPDX-License-Identifier: Apache-2.0
/* files - whole files in and out, never half-written.
 *
 * A file is written beside its final name, flushed to the disk and renamed, so that a reader, a
 * crash or a full disk sees the old file or the new one and nothing between. */
#ifndef BASE_FILES_H
#define BASE_FILES_H

#include "base/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Reads a whole file of at most size_max bytes. *bytes gets size + 1 bytes, the last one zero; the
 * caller frees it. STATUS_NOT_FOUND, STATUS_FULL or STATUS_IO name the path. */
enum status files_read(uint8_t **bytes, size_t *size, const char *path, size_t size_max) CHECKED;

/* Replaces `path` by `size` bytes, whole or not at all. */
enum status files_write(const char *path, const void *bytes, size_t size) CHECKED;

struct files_part {
    const void *bytes;
    size_t size;
};

/* As files_write, of `count` parts one after the other, so that large ones need not be joined. */
enum status files_write_parts(const char *path, const struct files_part *parts,
                              size_t count) CHECKED;

/* A file that is written in pieces: nothing of it can be seen under its name before files_end(). */
struct files_new;

/* `mode` as open() takes it. */
enum status files_begin(struct files_new **file, const char *path, unsigned mode) CHECKED;
enum status files_put(struct files_new *file, const void *bytes, size_t size,
                      uint64_t offset) CHECKED;

/* Flushes the file and gives it its name, or leaves nothing of it. */
enum status files_end(struct files_new **file) CHECKED;

/* Leaves nothing of it; nothing for NULL. */
void files_discard(struct files_new **file);

/* As files_write, but fails when the file exists, and only its owner may read it (0600). */
enum status files_write_secret(const char *path, const void *bytes, size_t size) CHECKED;

/* As files_read, for secrets: fails when others than the owner may read the file, or when it is a
 * link or belongs to someone else. */
enum status files_read_secret(uint8_t **bytes, size_t *size, const char *path,
                              size_t size_max) CHECKED;

/* Makes a folder and the folders above it; an existing one is fine. */
enum status files_make_folder(const char *path) CHECKED;

/* Removes a file, or a folder with all that is in it; what is not there is removed. */
enum status files_remove(const char *path) CHECKED;

bool files_exists(const char *path);

/* Joins two parts with one slash into a buffer of LIMIT_PATH bytes; STATUS_FULL when too long. */
enum status files_join(char *out, const char *folder, const char *name) CHECKED;

#endif
