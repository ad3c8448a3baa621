// SPDX-License-Identifier: Apache-2.0
/* pca - principal components of the rows of a matrix; the only user of LAPACK.
 *
 * The products of n centred rows of d numbers, an n x n matrix, have the eigenvalues of the d x d
 * one, and each of its eigenvectors u gives one of that, X^T u (Turk and Pentland, "Eigenfaces for
 * recognition", 1991): cheap where rows are few and long. In doubles, on one thread and in fixed
 * pieces, so that the same rows give the same bits whatever the number of threads. */
#ifndef NN_PCA_H
#define NN_PCA_H

#include "base/status.h"

#include <stddef.h>

/* The `kept` directions of largest variance of `count` rows of `size` numbers, 1 <= kept < count.
 * mean: size floats; components: kept rows of length 1, in the order of falling variance, the
 * number of largest size in each positive; variance: kept numbers, of the rows along each; total:
 * that of the rows in all directions. STATUS_BAD_INPUT where rows vary in fewer directions. */
enum status pca_fit(float *mean, float *components, double *variance, double *total,
                    const float *rows, size_t count, size_t size, size_t kept) CHECKED;

#endif
