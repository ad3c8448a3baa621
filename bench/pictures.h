// SPDX-License-Identifier: Apache-2.0
/* pictures - JPEG files in memory, to be decoded: those of a folder and the folders in it, sorted
 * by name, or portraits of people who do not exist. */
#ifndef BENCH_PICTURES_H
#define BENCH_PICTURES_H

#include "base/status.h"

#include <stddef.h>
#include <stdint.h>

enum { PICTURES_MAX = 4096 };

struct picture {
    uint8_t *bytes; // of the file
    size_t size;
    char *name;
};

struct pictures {
    struct picture *list;
    size_t count;
};

/* The first `most` files DIR/NAME.jpg or DIR/FOLDER/NAME.jpg (or .jpeg); a folder without one is
 * STATUS_NOT_FOUND. */
enum status pictures_load(struct pictures *pictures, const char *folder, size_t most) CHECKED;

/* So many portraits of portrait.h, 112x112, each of another person, at quality 90. */
enum status pictures_paint(struct pictures *pictures, size_t count) CHECKED;

/* Frees all; safe to call again. */
void pictures_destroy(struct pictures *pictures);

#endif
