// SPDX-License-Identifier: Apache-2.0
/* trainer_export - masked and mixed images with soft labels, as a file for a trainer elsewhere.
 *
 * A safetensors file of three tensors, for which a row is an image:
 *     labels   I64 [rows, k_most]                    class numbers
 *     weights  F32 [rows, k_most]                    their weights; each row sums to 1
 *     images   F32 [rows, side, side, channels]      what a recogniser would get
 * Where fewer than k_most images are mixed, the rest of labels and weights is 0. Class numbers are
 * the places of people by name; no name and no key is in the file. Notes, in its metadata:
 * fedveil.version, fedveil.layout, fedveil.mask, fedveil.epsilon (with noise), fedveil.mix,
 * fedveil.k, fedveil.classes, fedveil.passes and fedveil.federation, the digest of that section.
 *
 * Rows are those that this participant's recogniser would be trained on, bit for bit, where
 * federation.optimiser.head_epochs is 0 and nothing but the seed draws (participant.noise: seed):
 * pass p is pass p mod local_epochs of round 1 + p / local_epochs, with its order, mirrored images,
 * k, partners and weights, and without the last images that fill no batch. The participant is
 * number data.split_index. Where nothing is mixed, one pass has each image once. Only the order in
 * the file is another: row r stands at place r of a permutation of all rows, RANDOM_ROWS, since the
 * rows of a batch are each other's partners. */
#ifndef TRAIN_TRAINER_EXPORT_H
#define TRAIN_TRAINER_EXPORT_H

#include "base/config.h"
#include "base/status.h"
#include "frequency/mask.h"

#include <stddef.h>
#include <stdint.h>

struct trainer_export {
    const char *path;  // replaced, whole or not at all; mode 0600
    const char *names; // new file of lines "CLASS, tab, PERSON", mode 0600; NULL: none
    int passes;        // over the images, 1..LIMIT_PASSES

    // What came of it.
    size_t rows, images, people, k_most;
    size_t choices;                  // candidate numbers k
    int k[LIMIT_CHOICES];            // each of them; 1 where nothing is mixed
    uint64_t k_count[LIMIT_CHOICES]; // rows of each
    int side, channels;
};

/* STATUS_BAD_CONFIG where the mix needs a policy, or is none and more than one pass is wanted;
 * STATUS_STOPPED on a request to stop. Nothing is left of a file that fails. */
enum status trainer_export(struct trainer_export *task, const struct config *config,
                           const uint8_t mask_key[MASK_KEY_BYTES]) CHECKED;

#endif
