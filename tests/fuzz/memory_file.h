// SPDX-License-Identifier: Apache-2.0
/* memory_file - lets a fuzz target hand bytes to a reader of files. Define _GNU_SOURCE first. */
#ifndef FUZZ_MEMORY_FILE_H
#define FUZZ_MEMORY_FILE_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

struct memory_file {
    int file;
    char path[64];
};

static inline struct memory_file memory_file_make(const uint8_t *bytes, size_t size)
{
    struct memory_file made = {.file = memfd_create("fuzz", MFD_CLOEXEC)};
    if (made.file < 0 || write(made.file, bytes, size) != (ssize_t)size) abort();
    snprintf(made.path, sizeof made.path, "/proc/self/fd/%d", made.file);
    return made;
}

static inline void memory_file_destroy(struct memory_file *made)
{
    close(made->file);
}

#endif
