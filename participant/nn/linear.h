// SPDX-License-Identifier: Apache-2.0
/* linear - y = x W^T + b: x (N, I), W (O, I), b (O, or NULL), y (N, O). */
#ifndef NN_LINEAR_H
#define NN_LINEAR_H

#include <stddef.h>

struct linear {
    size_t items, inputs, outputs;
};

void linear_forward(float *y, const float *x, const float *w, const float *b, struct linear linear);

/* dw and db (may be NULL) are assigned; dx (may be NULL) is assigned, or added to when `add`. */
void linear_backward(float *dx, float *dw, float *db, const float *dy, const float *x,
                     const float *w, struct linear linear, int add);

#endif
