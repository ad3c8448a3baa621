// SPDX-License-Identifier: Apache-2.0
/* frechet - how far apart two sets of embeddings lie as normal distributions (Frechet 1957),
 *
 *     |ma - mb|^2 + tr A + tr B - 2 tr (A B)^(1/2)
 *
 * with their means and covariances (over count - 1). On features of Inception that is FID (Heusel
 * et al. 2017); of another network, or of far fewer points than dimensions, it is not, and compares
 * only with itself. */
#ifndef MEASURES_FRECHET_H
#define MEASURES_FRECHET_H

#include "base/status.h"

#include <stddef.h>

/* Rows of `size` numbers. *distance is NaN with fewer than two rows on either side. */
enum status frechet_distance(double *distance, const float *a, size_t count_a, const float *b,
                             size_t count_b, size_t size) CHECKED;

#endif
