// SPDX-License-Identifier: Apache-2.0
/* npy - a matrix of floats as numpy's file FILE.npy: version 1.0, float32, little-endian, row by
 * row. Read by numpy.load(). */
#ifndef TRAIN_NPY_H
#define TRAIN_NPY_H

#include "base/status.h"

#include <stddef.h>

/* Writes rows x columns numbers, whole or not at all. */
enum status npy_write(const char *path, const float *values, size_t rows, size_t columns) CHECKED;

#endif
