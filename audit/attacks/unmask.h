// SPDX-License-Identifier: Apache-2.0
/* unmask - a masked image back to its z-scored bands, all of what frequency/mask.h does undone but
 * the first z-score.
 *
 * Channel c of a masked image is (z_one[c] + z_two[c]) / (2 gain_c), where z are the z-scored bands
 * and gain_c, the deviation of the sum, was divided out by the second z-score. The sums are
 * undone by least squares over the graph whose vertices are the bands and whose edges are the
 * channels: a cycle for the mask's own orders, which has an inverse for an odd number of bands
 * only. The gains are not secret either: that each z has variance 1 gives as many equations as
 * there are gains, quadratic ones, which Newton's method solves from the mean gains of known faces.
 */
#ifndef ATTACKS_UNMASK_H
#define ATTACKS_UNMASK_H

#include "base/limits.h"
#include "base/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct unmask; // read-only once made, shared by threads

/* `gains`: of each channel, in the mean over known faces; NULL: all 1. `exact`: whether each z
 * has variance 1, so that gains can be solved for; a mix of images has not. */
enum status unmask_create(struct unmask **unmask, const uint32_t *one, const uint32_t *two,
                          const float *gains, size_t channels, bool exact) CHECKED;
void unmask_destroy(struct unmask **unmask);

/* Whether all bands can be told apart. */
bool unmask_invertible(const struct unmask *unmask);

struct unmask_room { // for one image at a time; what it holds means nothing to others
    float second[LIMIT_BANDS * LIMIT_BANDS], scaled[LIMIT_BANDS * LIMIT_BANDS];
    double jacobian[LIMIT_BANDS * LIMIT_BANDS];
    double gains[LIMIT_BANDS], off[LIMIT_BANDS];
};

/* z of one image from its masked values, both area x channels; no overlap. Returns whether the
 * image's own gains were found; else the mean ones were taken. */
bool unmask_apply(const struct unmask *unmask, float *z, const float *masked, size_t area,
                  struct unmask_room *room);

#endif
