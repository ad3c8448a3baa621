// SPDX-License-Identifier: Apache-2.0
/* updates_parts - what updates.c is made of: the steps whose updates a coordinator sees. Private to
 * updates and its test. */
#ifndef ATTACKS_UPDATES_PARTS_H
#define ATTACKS_UPDATES_PARTS_H

#include "attacks/updates.h"
#include "base/random.h"
#include "train/recogniser.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { UPDATES_PARTIES = 10 }; // most of a sum

struct updates_work {
    const struct attack_context *context;
    struct recogniser *recogniser; // of one participant after the other
    size_t parameters, batch, values, classes;
    bool final;       // the trained model, else the initial one
    bool statistics;  // all that is wanted of a delta: no step is made
    uint32_t steps;   // made so far: each mixes anew
    float *start;     // published weights
    float *vector[3]; // weights, gradients, velocity of the recogniser
    float *rows;      // inputs of all parties: UPDATES_PARTIES * batch * values
    struct random dropout[UPDATES_PARTIES];
};

enum status updates_open(struct updates_work *work, const struct attack_context *context,
                         size_t batch, bool final) CHECKED;
void updates_close(struct updates_work *work);

/* Fills party's rows from `index` (batch images of the victims for party 0, else of the attacker's)
 * and makes its step: delta gets new less old, of parameters numbers. */
enum status updates_step(struct updates_work *work, float *delta, size_t party,
                         const uint32_t *index) CHECKED;

/* The gradient that a sum of `parties` deltas tells; 0 for statistics. In place. */
void updates_gradient(const struct updates_work *work, float *delta, size_t parties);

enum status updates_invert(const struct attack_context *context, struct figures *figures) CHECKED;
enum status updates_people(const struct attack_context *context, struct figures *figures) CHECKED;

#endif
