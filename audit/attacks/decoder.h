// SPDX-License-Identifier: Apache-2.0
/* decoder - a network that turns masked images back into faces, learned from the attacker's own
 * photographs: the black-box attack of section 3 of the paper.
 *
 * The attacker masks his faces as the defence does, of mixes too, and learns pairs (what the
 * recogniser gets, principal face). `unet` learns by L1 alone, Adam at 1e-3, as the attacker of
 * PartialFace and DuetFace does (Mi et al. 2023, 2022); `cgan` is the conditional GAN of Isola et
 * al. 2017: a U-Net against a PatchGAN critic, 100 times L1, Adam at 2e-4. Rates fall to zero over
 * the second half of the steps. Images of a step are drawn with replacement, each observed anew, so
 * that of a mixing defence he sees fresh mixes, with the shares of k of its training.
 *
 * The networks are the same for every defence: native maps go through a trunk and three
 * up-samplings (unet.h), everything else is brought to the face's side first. Widths are 16 in
 * quick budgets, else 32.
 *
 * FOLDER/NAME.state.safetensors keeps weights and moments; a training that goes on gives the same
 * bits. */
#ifndef ATTACKS_DECODER_H
#define ATTACKS_DECODER_H

#include "base/status.h"
#include "defence/attack.h"
#include "defence/figures.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { DECODER_SAVED = 10 }; // steps between two states

struct decoder_options {
    const char *name; // of its file
    bool critic;      // cgan; else unet
    bool unmixed;     // learns from masked images that are never mixed: to decode un-mixed ones
};

struct decoder;

/* Learns, or goes on. STATUS_NOT_FINITE: it diverged; STATUS_STOPPED; STATUS_BAD_INPUT where the
 * faces' side is no multiple of 16. Uses target, known faces, budget, folder and tick of the
 * context, which must outlive the decoder. */
enum status decoder_learn(struct decoder **decoder, const struct attack_context *context,
                          const struct decoder_options *options) CHECKED;
void decoder_destroy(struct decoder **decoder);

/* Pictures of the known faces' size and channels from rows of target_values() numbers. */
void decoder_faces(struct decoder *decoder, uint8_t *pictures, const float *masked, size_t count);

/* Mean of |picture - face| in the last steps, of a face's values in [-1, 1]. */
double decoder_error(const struct decoder *decoder);

/* The attacks: learn, decode what the recogniser gets of each victim's image, measure against its
 * principal face. Figures: those of attack_measure(), NAME.steps and NAME.known_error. */
enum status decoder_attack_unet(const struct attack_context *context,
                                struct figures *figures) CHECKED;
enum status decoder_attack_cgan(const struct attack_context *context,
                                struct figures *figures) CHECKED;

/* The same for what has been un-mixed: a decoder that learns from masked images that are not mixed
 * decodes `bands`, a row for each image of the victims; row i shows image truth[i] (NULL: i). */
enum status decoder_attack_unmixed(const struct attack_context *context, struct figures *figures,
                                   const char *name, const float *bands,
                                   const uint32_t *truth) CHECKED;

#endif
