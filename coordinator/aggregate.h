// SPDX-License-Identifier: Apache-2.0
/* aggregate - adds the integer updates of a round one by one and applies their mean to the
 * model.
 *
 * It holds one sum, whatever the number of participants, and looks at no single update: integers
 * are added modulo 2^32, so the result does not depend on who answers first. Loops run in fixed
 * blocks, so it does not depend on the threads either. */
#ifndef COORDINATOR_AGGREGATE_H
#define COORDINATOR_AGGREGATE_H

#include "base/status.h"
#include "model/model.h"
#include "secure/quantise.h"

#include <stddef.h>
#include <stdint.h>

struct aggregate;

/* An empty sum of `count` numbers; `threads` of OpenMP, 0: all cores. */
enum status aggregate_create(struct aggregate **aggregate, size_t count, int threads) CHECKED;
void aggregate_destroy(struct aggregate **aggregate);

/* Starts the next round: forgets sum, weight and reporters, not the velocity. */
void aggregate_reset(struct aggregate *aggregate);

/* Adds one packed update (quantise_bytes(plan, plan->count) bytes) of weight > 0. The caller has
 * checked its size and digest; any bytes of that size are valid integers. */
void aggregate_add(struct aggregate *aggregate, const struct quantise *plan, const uint8_t *bytes,
                   uint64_t weight);

/* Updates added, and the sum of their weights, since the last reset. */
size_t aggregate_reporters(const struct aggregate *aggregate);
uint64_t aggregate_weight(const struct aggregate *aggregate);

/* How the mean is applied (FedAvgM, Hsu et al. 2019): v = momentum v + mean, model += rate v, v
 * kept from round to round. Running statistics are no weights: the mean is added to them as it is,
 * else a variance could become negative. */
struct aggregate_step {
    double rate, momentum; // 1, 0: model += mean, bit for bit
};

/* A step from the mean update. Needs at least one reporter. STATUS_NOT_FINITE leaves the model as
 * it was. */
enum status aggregate_apply(struct aggregate *aggregate, const struct quantise *plan,
                            struct aggregate_step step, struct model *model) CHECKED;

#endif
