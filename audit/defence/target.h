// SPDX-License-Identifier: Apache-2.0
/* target - one defence under attack: its mask with the key, the trained network, the class head.
 *
 * The attacker of the paper's section 3 has all of it. A run is a folder that `fedveil sim run` or
 * a cell of `fedveil sim compare` (its run/) left:
 *
 *     model.safetensors                        weights, and the federation section as a note
 *     keys/mask.key                            where the mask has an order
 *     participants/p000/private.safetensors    the class head, where one participant has all people
 *     metrics.csv                              how often each k was mixed
 *     config.yaml                              participant.eigenfaces, where the mask needs them
 *
 * The federation section is the model's own note, so that a model is always seen through the mask
 * that it was trained with; target_open_model() takes another config on request. */
#ifndef DEFENCE_TARGET_H
#define DEFENCE_TARGET_H

#include "base/config.h"
#include "base/limits.h"
#include "base/status.h"
#include "frequency/mask.h"
#include "image/dataset.h"
#include "model/model.h"
#include "nn/net.h"
#include "secure/digest.h"

#include <stddef.h>
#include <stdint.h>

enum { TARGET_BATCH = 64 }; // images that `net` takes at once

struct target { // read-only once opened
    char name[LIMIT_NAME];
    struct config config; // its federation section; everything else has its default
    uint8_t mask_key[MASK_KEY_BYTES];
    struct mask *mask;
    struct net *net;    // the trained backbone, for NET_EVALUATE only, bound to `model`
    struct model model; // its weights, "backbone.*"
    float *head;        // class weights, people x net_outputs(net), rows L2-normalised; NULL: none
    size_t people;      // rows of it; row r is person r of the training images by name
    double k_share[LIMIT_CHOICES]; // of config.federation.mix.k in its training, sum 1; see below
};

/* Opens a run. Fails with a sentence where a file is missing, the weights do not fit the network
 * that the note describes, or the head does not fit it. */
enum status target_open(struct target **target, const char *name, const char *run_folder) CHECKED;

struct target_files {       // NULL: none
    const char *model;      // safetensors (needed)
    const char *config;     // YAML whose federation section replaces the model's note
    const char *mask_key;   // needed where the mask has an order
    const char *eigenfaces; // needed with that mask
    const char *head;       // safetensors with "head.weight"
    const char *metrics;    // metrics.csv, needed where a policy chose k
};

enum status target_open_model(struct target **target, const char *name,
                              const struct target_files *files) CHECKED;
void target_close(struct target **target);

/* SHA-256 of all that an attack sees: federation section, weights, mask, head and shares. */
enum status target_digest(uint8_t digest[DIGEST_BYTES], const struct target *target) CHECKED;

/* Numbers of one masked image: mask_values(). */
size_t target_values(const struct target *target);

/* 1 where the mask and network need grey pixels only, else 3: they take no other. */
int target_channels(const struct target *target);

/* How many k there are to draw from, and each; without a mix there is one, k = 1. k_share belongs
 * to these: fixed has its first k, uniform equal shares, matched those of its config, adaptive the
 * mean over the rounds in metrics.csv. */
size_t target_choices(const struct target *target);
int target_k(const struct target *target, size_t choice);

/* Faces of another size or colour than the defence's are resized as its training would have read
 * them, here and in observe.h. */

/* f(x) + f(x mirrored), L2-normalised, of masked and never mixed images, as verification does it:
 * out gets `count` rows of net_outputs(target->net) numbers, row i of image index[i] (NULL: i). One
 * caller at a time. */
enum status target_embed(const struct target *target, float *out, const struct dataset *set,
                         const uint32_t *index, size_t count) CHECKED;

/* The same of pictures that are no dataset: `count` squares of `size` pixels, so many channels. */
enum status target_embed_pixels(const struct target *target, float *out, const uint8_t *pixels,
                                size_t count, int size, int channels) CHECKED;

#endif
