// SPDX-License-Identifier: Apache-2.0
/* unmix_labels - which images are in a mix, told from the soft labels alone.
 *
 * A soft label names the people of a mix and their weights, not which image of each it is. In turn,
 * each mix takes for each of its people the image that leaves the least of it, and least squares
 * (unmix.h) gives the images for that. It begins with each person's mean, which the labels alone
 * give, and with what the other people's means leave of the mixes that a person is in, in as many
 * clusters as the person has images (k-means++, Arthur and Vassilvitskii 2007). A person who is in
 * a mix twice shows one label: such mixes are passed over, as they have fewer labels than images.
 */
#ifndef ATTACKS_UNMIX_LABELS_H
#define ATTACKS_UNMIX_LABELS_H

#include "base/status.h"
#include "defence/observe.h"

#include <stddef.h>
#include <stdint.h>

struct unmix_problem {
    const struct observe_mix *mixes; // image[] is the truth, of which only labels[image[]] is used
    const float *mixed;              // rows of `values` numbers
    size_t count, values;
    const uint32_t *labels; // of the images, never falling
    size_t images, people;
    uint64_t seed;
    int steps; // of the alternation
};

/* guessed: `count` mixes of the same weights with the images that were chosen, k = 0 for those that
 * were passed over; out: images x values, un-mixed by these. Images of a person come in any order.
 */
enum status unmix_labels_find(const struct unmix_problem *problem, struct observe_mix *guessed,
                              float *out) CHECKED;

/* The images by mixes that were guessed, of other values of the same images: problem->mixed has
 * them. */
enum status unmix_labels_solve(const struct unmix_problem *problem,
                               const struct observe_mix *guessed, float *out) CHECKED;

/* to[i]: which image of the same person row i of `found` is most like, each taken once, the most
 * alike first. For measuring only: it looks at the truth. */
enum status unmix_labels_match(uint32_t *to, const float *found, const float *truth, size_t values,
                               const uint32_t *labels, size_t images) CHECKED;

#endif
