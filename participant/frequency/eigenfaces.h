// SPDX-License-Identifier: Apache-2.0
/* eigenfaces - a mean face, components of faces and the range of each coefficient, in a file.
 *
 * PEEP (Chamikara et al., "Privacy preserving face recognition utilizing differential privacy",
 * Computers & Security 2020) describes a face by its coefficients for some eigenfaces. `vectors`
 * are `count` rows of length 1; an image x of `values` numbers has the coefficients V (x - mean),
 * and coefficients c give back the image mean + V^T c. They are learned from faces (train/basis.h),
 * which the mean and the vectors resemble.
 *
 * The file is in safetensors format: mean [side, side, channels], vectors [count, side, side,
 * channels], low [count], high [count], and a note "fedveil.input" that says what images they are
 * of. */
#ifndef FREQUENCY_EIGENFACES_H
#define FREQUENCY_EIGENFACES_H

#include "base/limits.h"
#include "base/status.h"
#include "model/model.h"

#include <stddef.h>

struct eigenfaces {
    struct model model; // what the pointers point into
    size_t values, count;
    float *mean, *vectors, *low, *high;
};

/* Zeroed ones for images of side x side x channels numbers. */
enum status eigenfaces_create(struct eigenfaces **faces, size_t side, size_t channels,
                              size_t count) CHECKED;
void eigenfaces_destroy(struct eigenfaces **faces);

enum status eigenfaces_save(const struct eigenfaces *faces, const char *path,
                            const char *input) CHECKED;

/* Reads a file and checks it: tensors, shapes, that all is finite and each low is at most its
 * high, and that it was made of images as `input` says. */
enum status eigenfaces_load(struct eigenfaces **faces, const char *path, const char *input) CHECKED;

/* coefficients: `count` numbers of an image of `values`. */
void eigenfaces_project(const struct eigenfaces *faces, double *coefficients, const float *image);

/* Sets each range to what the coefficients of the images span. */
void eigenfaces_measure(struct eigenfaces *faces, const float *images, size_t count);

void eigenfaces_rebuild(const struct eigenfaces *faces, float *image, const double *coefficients);

#endif
