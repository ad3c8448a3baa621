// SPDX-License-Identifier: Apache-2.0
/* matching - gradient inversion: inputs whose gradients are those that somebody else's step had.
 *
 * After Zhu, Liu, Han, "Deep leakage from gradients" (NeurIPS 2019), with the cosine of Geiping,
 * Bauermeister, Droege, Moeller, "Inverting gradients: how easy is it to break privacy in federated
 * learning?" (NeurIPS 2020). With outputs f(w, x) of the net and gradients d of the (unknown) loss
 * to them, the gradient of the weights is that of F = <f(w, x), d>, so that no class head, no label
 * and no loss is needed: d is sought beside x. With G, the gradient that was seen,
 *     D(x, d) = 1 - cos(sum of the parties' dF/dw, G),
 * the same whatever the rate, a clipping and the number of images of a mean. (Scaling each tensor
 * by its own length gave worse inputs.)
 *
 * With v = dD/dg held, dD/dx = d/dx <dF/dw, v> and dD/dd = <df/dw, v>: derivatives along v of what
 * first-order passes give,
 *     dD/dx = (dF/dx(w + e v) - dF/dx(w - e v)) / 2e,  dD/dd = (f(w + e v) - f(w - e v)) / 2e,
 * by central differences (Pearlmutter 1994 has them exactly). Three passes a step, no second-order
 * engine.
 *
 * A sum of several parties' gradients is explained by as many batches of their own: batch norm
 * takes its statistics of each. */
#ifndef ATTACKS_MATCHING_H
#define ATTACKS_MATCHING_H

#include "base/random.h"
#include "base/status.h"
#include "nn/net.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct matching {
    struct net *net;              // for training; is bound to vectors of its own meanwhile
    const float *weights;         // at which the gradients were formed, net_parameters(net)
    const float *gradients;       // what was seen, of any length; 0 for statistics
    size_t parties, batch;        // of whom it is the sum; images of each, at most the net's batch
    const struct random *dropout; // of each party's step: the seed of a run is no secret
    size_t values;                // numbers of an input
    size_t channels;              // of it: z-scored where `normalised`
    bool normalised;
};

struct matching_work; // room for one problem

enum status matching_create(struct matching_work **work, const struct matching *matching) CHECKED;
void matching_destroy(struct matching_work **work);

/* D at x (parties * batch inputs) and d (as many outputs), and its gradients; NaN where a gradient
 * is. */
double matching_distance(struct matching_work *work, float *dx, float *dd, const float *x,
                         const float *d);

/* `steps` steps of Adam (Kingma, Ba 2015), at a rate that falls to 0 as a cosine, from inputs and d
 * of a normal distribution, stream (seed, RANDOM_SAMPLE, start). x gets what they end with,
 * z-scored where masked images are. Returns the last distance: of several starts the nearest is
 * best, as x and d of the other sign are nearly as good. `tick` (may be NULL) returns false to
 * stop. */
double matching_solve(struct matching_work *work, float *x, int steps, uint64_t seed,
                      uint32_t start, bool (*tick)(void *, int step), void *context);

#endif
