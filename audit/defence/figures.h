// SPDX-License-Identifier: Apache-2.0
/* figures - what one attack on one defence came to: named numbers, remarks, and how it ended.
 *
 * Keys are "<attack>.<name>", for example "linear.ssim", in the order in which they were set. A
 * number that was not measured, or that a diverged attacker left, is NaN: it is never averaged, and
 * null in the file. The file is one JSON object,
 *
 *     {"inputs": HEX, "failure": TEXT, "seconds": NUMBER,
 *      "figures": {KEY: NUMBER}, "notes": [TEXT]}
 *
 * written whole or not at all; `inputs` is the digest of all that the figures depend on, so that a
 * restarted audit knows what is finished. */
#ifndef DEFENCE_FIGURES_H
#define DEFENCE_FIGURES_H

#include "base/limits.h"
#include "base/status.h"
#include "secure/digest.h"

#include <stdbool.h>
#include <stddef.h>

enum { FIGURES_MAX = 512, FIGURES_NOTES_MAX = 16, FIGURES_TEXT = 512 };

struct figure {
    char key[LIMIT_NAME];
    double value;
};

struct figures { // {0}: none
    char inputs[2 * DIGEST_BYTES + 1];
    char failure[FIGURES_TEXT]; // why there are no figures; empty: the attack ended
    double seconds;
    size_t count;
    struct figure list[FIGURES_MAX];
    size_t note_count;
    char note[FIGURES_NOTES_MAX][FIGURES_TEXT];
};

/* Sets or replaces a number. A key is at most LIMIT_NAME - 1 letters, digits, '.', '_' and '-';
 * more than FIGURES_MAX are a bug. */
void figures_set(struct figures *figures, const char *key, double value);

/* The number, or NaN where there is none. */
double figures_get(const struct figures *figures, const char *key);

/* Whether a key ends in ".diverged" and is above 0: see attack_diverged() in attack.h. */
bool figures_diverged(const struct figures *figures);

/* Appends a sentence for table and page, cut to FIGURES_TEXT; the same one twice is kept once. */
void figures_note(struct figures *figures, const char *format, ...) PRINTF_LIKE(2, 3);

/* Takes over the numbers and the remarks of another piece. */
void figures_join(struct figures *figures, const struct figures *other);

enum status figures_write(const struct figures *figures, const char *path) CHECKED;

/* STATUS_NOT_FOUND, or STATUS_BAD_INPUT for anything that figures_write() did not write. */
enum status figures_read(struct figures *figures, const char *path) CHECKED;

#endif
