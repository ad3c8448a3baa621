// SPDX-License-Identifier: Apache-2.0
/* pairs_file - the text of a pairs file as a list of lines. Private to pairs. */
#ifndef IMAGE_PAIRS_FILE_H
#define IMAGE_PAIRS_FILE_H

#include "base/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { PAIRS_NUMBER_MAX = 999999 };

struct pairs_side {
    const char *name; // in the text of the file; never a path
    unsigned number;  // 0..PAIRS_NUMBER_MAX
};

struct pairs_line {
    struct pairs_side sides[2];
    bool same;
    size_t line; // in the file, from 1
};

struct pairs_file {
    uint8_t *text;
    struct pairs_line *lines;
    size_t count;
    size_t folds;
};

enum status pairs_file_read(struct pairs_file *file, const char *path) CHECKED;
void pairs_file_destroy(struct pairs_file *file);

#endif
