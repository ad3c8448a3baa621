// SPDX-License-Identifier: Apache-2.0
/* linking - how well embeddings of masked faces find plain photographs of the same people. */
#ifndef ATTACKS_LINKING_H
#define ATTACKS_LINKING_H

#include "base/status.h"

#include <stddef.h>
#include <stdint.h>

struct linking {          // rows are L2-normalised
    const float *probes;  // of masked faces, one for each image of `count`
    const uint32_t *face; // whose image each of them shows (of a mix: the principal one); NULL: i
    const float *gallery; // of the plain photographs
    const uint32_t *labels;
    size_t count, size; // images, numbers of an embedding
    uint64_t seed;      // of pairs that are drawn
};

struct linking_figures { // shares; NaN: these people have too few images
    double verification; // of pairs (masked, another plain photograph), ten folds as evaluate.h
    double deviation;    // over the folds
    double verification_same; // the same with the photograph that was masked
    double rank1;      // of masked faces whose person has another photograph: those whose nearest
                       // plain photograph, their own left out, is of the same person
    double rank1_same; // masked faces whose nearest plain photograph is their own
};

enum status linking_measure(struct linking_figures *figures, const struct linking *linking) CHECKED;

#endif
