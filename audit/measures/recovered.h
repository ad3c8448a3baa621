// SPDX-License-Identifier: Apache-2.0
/* recovered - how near recovered faces, or masked ones as pictures, come to their originals. */
#ifndef MEASURES_RECOVERED_H
#define MEASURES_RECOVERED_H

#include "base/status.h"
#include "image/dataset.h"
#include "measures/judge.h"
#include "measures/lpips.h"

/* Means over the faces; NaN: not measured. */
struct recovered_figures {
    double ssim;
    double psnr;               // infinite when a face is recovered to the last bit
    double lpips;              // S1 of masked faces, S3 of recovered ones
    double judge_cosine;       // of the judge's embeddings
    double f1_cosine;          // of F1's; 1 minus it is S2 and S4
    double judge_verification; // accuracy, see below; chance is 0.5
};

/* Whose embeddings are compared beside the judge's: F1. `embed` gives `size` numbers for each of
 * `count` pictures of the originals' size and channels, L2-normalised. */
struct recovered_features {
    enum status (*embed)(void *context, float *out, const uint8_t *pixels, size_t count);
    void *context;
    size_t size;
};

/* All figures of `recovered`, one picture for each of the originals in the same form. Without
 * `lpips`, `judge` or `f1` (NULL) their figures are NaN.
 *
 * The verification is PartialFace's column (Mi et al. 2023): recovered face i and original i are
 * taken for the same person by the judge or not, recovered face i and an original of another person
 * likewise, one pair of each for each face, by evaluate_verification() in ten folds. NaN for fewer
 * than ten faces or one person. */
enum status recovered_measure(struct recovered_figures *figures, const struct dataset *originals,
                              const uint8_t *recovered, struct lpips *lpips, struct judge *judge,
                              const struct recovered_features *f1) CHECKED;

#endif
