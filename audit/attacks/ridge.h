// SPDX-License-Identifier: Apache-2.0
/* ridge - what is most likely y when x is seen, as a linear map learned from examples.
 *
 * Ridge regression (Hoerl and Kennard, Technometrics 12, 1970): the map W that minimises
 * sum |y - x W|^2 + lambda s |W|^2 over all examples, where s is the mean sum of squares of an
 * input. Inputs and outputs are taken as they are: centre them first. */
#ifndef ATTACKS_RIDGE_H
#define ATTACKS_RIDGE_H

#include "base/status.h"

#include <stddef.h>

struct ridge {
    size_t inputs, outputs, rows; // rows: examples seen
    double *xx, *xy, *yy;         // sums of products: inputs^2, inputs x outputs, outputs
    float *product;               // room for those of one piece
};

enum status ridge_create(struct ridge *ridge, size_t inputs, size_t outputs) CHECKED;
void ridge_destroy(struct ridge *ridge);

/* Adds examples: x is rows x inputs, y is rows x outputs. */
void ridge_add(struct ridge *ridge, const float *x, const float *y, size_t rows);

/* W, inputs x outputs, and for each output the standard deviation of what it leaves of y.
 * STATUS_NOT_FINITE where the examples leave it open. The sums stay. */
enum status ridge_solve(const struct ridge *ridge, float *weights, double *error,
                        double lambda) CHECKED;

#endif
