// SPDX-License-Identifier: Apache-2.0
/* aggregate - adds the integer updates of a round one by one and applies their mean to the
 * model.
 *
 * It holds one sum, whatever the number of participants, and looks at no single update: integers
 * are added modulo 2^32, so the result does not depend on who answers first. Loops run in fixed
 * blocks, so it does not depend on the threads either.
 *
 * With secure-sum what is added is blinded, and so is the sum: integers of the update modulo 2^bits
 * and, behind them, the words of secure/tally.h modulo 2^64. aggregate_open() removes the blinding
 * from both. The model is then, bit for bit, that of plain integers. */
#ifndef COORDINATOR_AGGREGATE_H
#define COORDINATOR_AGGREGATE_H

#include "base/status.h"
#include "model/model.h"
#include "secure/quantise.h"
#include "secure/tally.h"
#include "secure/unblinder.h"

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

/* Adds one blinded update: quantise_bytes(plan, plan->count) bytes, then TALLY_BYTES. */
void aggregate_add_blinded(struct aggregate *aggregate, const struct quantise *plan,
                           const uint8_t *bytes);

/* Removes the blinding of all that was added, those whom the opened unblinder counted. Needs memory
 * for one packed update. STATUS_BAD_MESSAGE when the tally or its weight cannot be, as when a
 * reporter lied about its figures; the sum is of no use then. `weight_max` is the largest weight of
 * one reporter. */
enum status aggregate_open(struct aggregate *aggregate, const struct quantise *plan,
                           const struct unblinder *unblinder, uint64_t weight_max) CHECKED;

/* What aggregate_open() found. */
const struct tally *aggregate_tally(const struct aggregate *aggregate);

/* Threads that loops use. */
int aggregate_threads(const struct aggregate *aggregate);

/* Updates added, and the sum of their weights, since the last reset; of blinded ones the weight is
 * known once they are opened. */
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
