// SPDX-License-Identifier: Apache-2.0
/* inversion - faces of trained people from the recogniser alone: generative model inversion (GMI,
 * Zhang et al., CVPR 2020), through the mask.
 *
 * A generator of faces and its critic (dcgan.h, wasserstein.h) learn from the attacker's own
 * photographs, five steps of the critic for one of the generator. Then, for each person and start,
 * noise z is sought by Nesterov's momentum so that
 *
 *     -D(G(z)) + 100 identity(f(mask(G(z))))
 *
 * falls, z kept in [-1, 1]. The gradient goes through network, mask and resizing (passage.h), with
 * both networks as they are used. Identity (context->identity) is the cross entropy over the class
 * head where the attacker has it and the victims were trained on, else 1 - cosine to the mean of
 * the victim's templates, the embeddings of the photographs. Of a person's starts the one of least
 * identity loss counts. Class weights that are asked for and not there: nothing but a remark.
 *
 * An attacker with neither has statistics (after "Inference attacks against face recognition models
 * without classification layers", arXiv 2401.13719): the network's last layer is a batch norm of
 * the embedding without weights, so that by its running statistics embeddings of the training have
 * mean 0 and variance 1 in each feature. So shall those of each batch of 16 slots, by the squared
 * distances of both, which each slot counts. This norm alone, not those before it: its features are
 * the ones that tell people apart, and they are the network's output, so that no gradient has to
 * enter in its middle. The statistics are of mixes where training mixed. No person is chosen, so
 * that a face is a hit when the judge finds a victim nearer than all others.
 *
 * Whether a face is the victim's is judged by the network that the project did not train, among
 * all victims and as many of the attacker's people as make INVERSION_GALLERY (none where the
 * victims are more): chance is 1 in so many. Quick budgets: faces of 32 x 32, width 16, Adam at
 * 1e-3, five people at most, as many steps of search as of training; else 64 x 64, width 32, 2e-4,
 * 1,500 steps of search.
 *
 * SHARED/gmi.generator.safetensors and FOLDER/gmi.search.safetensors keep what has been done; the
 * generator does not follow from the target, so that all defences get the same, trained once. */
#ifndef ATTACKS_INVERSION_H
#define ATTACKS_INVERSION_H

#include "base/status.h"
#include "defence/attack.h"
#include "defence/figures.h"

enum { INVERSION_GALLERY = 100 };

/* Figures, beside those of attack_measure() for one picture a person: gmi.people, gmi.starts,
 * gmi.steps; gmi.identity_start and gmi.identity, the loss at the start of the search and at its
 * end; gmi.target_accuracy, the share of people whom the recogniser itself then sees, among those
 * that it or the attacker knows; gmi.accuracy_1 and gmi.accuracy_5, the share of people who are the
 * judge's first and among its first five; gmi.accuracy_any, the first for any start;
 * gmi.chance_1; gmi.feature_distance, the mean squared distance of the judge's embedding from that
 * of the person's nearest photograph; gmi.judge_frechet (measures/frechet.h) of all starts from
 * all photographs, by the judge: not FID.
 *
 * By statistics these alone: gmi.faces, people times starts; gmi.steps; gmi.identity_start and
 * gmi.identity, the mean over all faces; gmi.victim_1, the share of faces whose nearest person in
 * the gallery is a victim; gmi.victim_chance, the victims' share of the gallery, and
 * gmi.victim_1_start, that of the same faces before the search, which is the fairer control: the
 * generator has learned from the others; gmi.feature_distance, to the nearest photograph of any
 * victim; gmi.judge_frechet. The row of pictures has the first faces. */
enum status inversion_attack(const struct attack_context *context, struct figures *figures) CHECKED;

#endif
