// SPDX-License-Identifier: Apache-2.0
/* basis - learns eigenfaces from a participant's own images, by their principal components.
 *
 * Of all images of the data section so many are used as data.memory has room for, at most
 * LIMIT_EIGENFACES_IMAGES, drawn by the seed; each as the config's input says, pixels or bands,
 * unmasked. No network is trained. The range of a coefficient is what these images span. What comes
 * out resembles the faces and is not private. */
#ifndef TRAIN_BASIS_H
#define TRAIN_BASIS_H

#include "base/config.h"
#include "base/status.h"
#include "frequency/eigenfaces.h"

#include <stddef.h>

struct basis {
    struct eigenfaces *faces;       // owned
    char input[LIMIT_MASK_INPUT];   // mask_input() of its images
    size_t images, people;          // used, and whose images were there
    double share[LIMIT_EIGENFACES]; // of the variance of the images, along each component
};

/* 1 to LIMIT_EIGENFACES components; needs an image more than that. */
enum status basis_learn(struct basis *basis, const struct config *config,
                        size_t components) CHECKED;
void basis_destroy(struct basis *basis);

#endif
