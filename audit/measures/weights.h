// SPDX-License-Identifier: Apache-2.0
/* weights - numbers of somebody else's network: a table of text beside a file of raw floats.
 *
 * A table has lines of fields with one tab between two; a line that is empty or begins with # is a
 * remark. What its fields mean is the reader's affair, see graph.h and lpips.h; they name ranges of
 * the floats, which are little-endian float32, one after the other, at most LIMIT_GRAPH_FLOATS. */
#ifndef MEASURES_WEIGHTS_H
#define MEASURES_WEIGHTS_H

#include "base/status.h"

#include <stdbool.h>
#include <stddef.h>

enum { WEIGHTS_FIELDS_MAX = 16, WEIGHTS_AXES_MAX = 4 };

struct weights;

struct weights_range {
    size_t offset, count; // in floats
};

struct weights_row {
    size_t line;
    size_t fields; // at most WEIGHTS_FIELDS_MAX
    const char *field[WEIGHTS_FIELDS_MAX];
};

struct weights_shape {
    size_t axes;
    size_t side[WEIGHTS_AXES_MAX]; // each at least 1
};

/* Reads both files whole. A table that is no text, floats that are cut or not finite and files
 * beyond their limits are refused with the name of the file and what is allowed. */
enum status weights_open(struct weights **weights, const char *table, const char *floats) CHECKED;
void weights_close(struct weights **weights);

/* The next line that is no remark; its fields are valid until weights_close(). *there is false at
 * the end. A line of too many fields is STATUS_BAD_INPUT. */
enum status weights_next(struct weights *weights, struct weights_row *row, bool *there) CHECKED;

/* The floats of a range that weights_holds(). */
const float *weights_floats(const struct weights *weights, struct weights_range range);
bool weights_holds(const struct weights *weights, struct weights_range range);

/* STATUS_BAD_INPUT with "TABLE:LINE: " before the sentence. */
enum status weights_wrong(const struct weights *weights, size_t line, const char *format, ...)
    PRINTF_LIKE(3, 4);

/* A whole field as a number of at most nine digits, or as sides of such numbers: "64x3x3x3". */
bool weights_number(size_t *number, const char *field);
bool weights_sides(struct weights_shape *shape, const char *field);

#endif
