// SPDX-License-Identifier: Apache-2.0
/* tuning - plans of convolutions that somebody has measured, in place of the cost model's.
 *
 * A tuning file is text, a line for each shape of a convolution, for batches of any size:
 *
 *     fedveil tuning 1
 *     # what follows a # is a remark
 *     conv 14x14 64 -> 128 kernel 3 stride 1 pad 1: winograd 32
 *     conv 14x14 256 -> 256 kernel 3 stride 2 pad 1: unrolled
 *
 * that is: height x width and channels of the input, filters, window; then the algorithm, of
 * winograd with the tiles of a task, see struct conv_plan. A shape stands in it once; one that does
 * not is planned by conv_choose(). `fedveil bench tune` makes such files.
 *
 * A plan says which sums are taken together, and so may change the last bits of a result: the same
 * bits want the same file. What the network computes is the same. */
#ifndef NN_TUNING_H
#define NN_TUNING_H

#include "nn/conv.h"

#include <stdbool.h>
#include <stddef.h>

enum { TUNING_TEXT = 128 }; // bytes of a shape or a plan in words, with the final zero

struct tuning {
    size_t count;       // at most LIMIT_TUNING
    struct conv *convs; // owned; of no number of images
};

/* Reads a file; no path ("") gives an empty list. STATUS_BAD_CONFIG is a file that cannot be read
 * or has an error, "file:line: what is wrong, what is allowed"; the list is empty then. */
enum status tuning_read(struct tuning *tuning, const char *path) CHECKED;

/* Whether tuning_read() would succeed. */
enum status tuning_check(const char *path) CHECKED;

/* Replaces a file; `remark` (may be NULL) is a line without its end. */
enum status tuning_write(const char *path, const struct tuning *tuning, const char *remark) CHECKED;

/* Adds a shape, which is not in the list, with its plan, which suits it. */
enum status tuning_add(struct tuning *tuning, const struct conv *conv) CHECKED;

/* Finds the plan of a shape; false, and *plan as it was, when it is not in the list. */
bool tuning_find(struct conv_plan *plan, const struct tuning *tuning, const struct conv *conv);

/* Whether two convolutions have the same shape, whatever their plans and numbers of images. */
bool tuning_same(const struct conv *a, const struct conv *b);

/* A shape and its plan, as a file has them. */
void tuning_tell_shape(char text[TUNING_TEXT], const struct conv *conv);
void tuning_tell_plan(char text[TUNING_TEXT], struct conv_plan plan);

/* Frees the list; it is empty then. */
void tuning_destroy(struct tuning *tuning);

#endif
