// SPDX-License-Identifier: Apache-2.0
/* front - what stands before the backbone while bands are judged: a gate, or noise, for each.
 *
 * In: raw bands, x. Out: what the backbone sees; z is the z-score of mask.h, or nothing.
 *
 * - gates: out = g_b z(x), g_b = 1 / (1 + exp(-a_b)), and the loss gets penalty * sum_b g_b v_b
 *   with v_b the visual content of band b.
 * - budgets: out = z(clamp(x, -D_b/2, D_b/2) + n D_b / epsilon_b), n from Laplace(0, 1), with
 *   epsilon_b = epsilon C s_b, s = softmax(rho): the mean budget of the C bands is epsilon. D_b is
 *   the sensitivity. The gradient goes through the size of the noise, n being held.
 *
 * The parameters a_b and rho_b start at 0 and are moved by Adam (Kingma, Ba 2015). */
#ifndef TRAIN_FRONT_H
#define TRAIN_FRONT_H

#include "base/limits.h"
#include "base/status.h"

#include <stdbool.h>
#include <stddef.h>

struct front {
    size_t channels, places; // C, values of a map; images are places * channels floats
    bool normalise;
    double epsilon;                  // 0: gates
    double penalty;                  // of gates
    double content[LIMIT_BANDS];     // v_b, of gates
    double sensitivity[LIMIT_BANDS]; // D_b, of budgets
    double parameter[LIMIT_BANDS];
    double first[LIMIT_BANDS], second[LIMIT_BANDS]; // moments of Adam
    int steps;
};

/* g_b, or epsilon_b / epsilon. */
double front_weight(const struct front *front, size_t channel);

/* What the backbone sees of `images` images. `noise`, of the size of `raw`, for budgets only. */
void front_forward(const struct front *front, float *out, const float *raw, const float *noise,
                   size_t images);

/* Gradient of the whole loss to the parameters, from its gradient to `out`. */
void front_backward(const struct front *front, double gradient[LIMIT_BANDS], const float *raw,
                    const float *noise, const float *out_gradient, size_t images);

/* penalty * sum_b g_b v_b; 0 with budgets. */
double front_penalty(const struct front *front);

/* One step of Adam. */
void front_step(struct front *front, const double gradient[LIMIT_BANDS], double rate);

#endif
