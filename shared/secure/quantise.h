// SPDX-License-Identifier: Apache-2.0
/* quantise - updates as integers, so that the coordinator only adds and the sum is exact.
 *
 * A participant multiplies its update by weight / weight_max, then for each number x of tensor t
 *     q = floor(clamp(x, -C_t, C_t) * s_t + u),  u uniform in [0,1),
 * (stochastic rounding, unbiased), kept in two's complement modulo 2^bits. The bound of a tensor
 * follows from the base model that both sides know:
 *     C_t = range * max(largest |base value of t|, floor_t),
 * floor_t = 1 for weights, 16 for running statistics, and
 *     s_t = (2^(bits-1) - 1 - n) / (n C_t) rounded down to a power of two,
 * n the largest number of reporters. So n numbers never wrap: n * ceil(s_t C_t) < 2^(bits-1).
 *
 * Sums of integers do not depend on the order in which participants answer.
 *
 * With federation.dp.method skellam the sum is differentially private for a whole participant
 * (Agarwal, Kairouz, Liu, "The Skellam mechanism for differentially private federated learning",
 * NeurIPS 2021):
 * 1. The update is scaled down to the L2 norm `clip`, over all tensors together, and by
 *    weight / weight_max.
 * 2. It is rounded as above, again and again until the integers' norm is at most D,
 *        D^2 = S^2 + d/4 + 3.73 (S + sqrt(d)/2),   S = s clip, d the numbers,
 *    which one rounding exceeds with probability below 1/1000 (Kairouz, Liu, Steinke, "The
 *    distributed discrete Gaussian mechanism", ICML 2021, proposition 22); after 8 in vain, towards
 *    zero, which never does. So D is the sensitivity of the sum whatever was drawn.
 * 3. To each number it adds Skellam noise (skellam.h) of variance
 *        v = ceil(multiplier^2 D^2 / h),
 *    h = config_honest(), the fewest honest participants among those of whom a sum is opened: the
 *    others may know their noise and take it off. The sum has at least multiplier * D.
 * One scale serves all tensors, as the norm is over all of them: the largest power of two with
 * S <= 2^24, v <= SKELLAM_VARIANCE_MAX, and
 *        n ceil(S) + skellam_reach(n v) < 2^(bits-1),
 * so that a number of the sum wraps with probability below 2^-71 at most (which would spoil the
 * model and give nothing away). A plan with S < QUANTISE_STEPS_MIN is refused. */
#ifndef SECURE_QUANTISE_H
#define SECURE_QUANTISE_H

#include "base/config.h"
#include "base/random.h"
#include "base/status.h"
#include "model/model.h"

#include <stddef.h>
#include <stdint.h>

struct quantise {
    int bits;     // 16, 24 or 32
    size_t count; // numbers
    size_t tensors;
    double *bound; // C_t of each tensor, owned
    double *scale; // s_t
    size_t *first; // tensors + 1 offsets
    double weight_max;
    uint64_t norm_square; // D^2, with noise
    uint64_t variance;    // v; 0: no noise
};

/* Fewest steps of clip with noise: the guarantee is stated for it and better for more. */
enum { QUANTISE_STEPS_MIN = 256 };

/* Plans bounds and scales for updates to `base` with at most `reporters_max` reporters. Fails when
 * the bits leave less than one step for each reporter, or a base value is not finite. */
enum status quantise_plan(struct quantise *plan, const struct model *base,
                          const struct config_federation *federation, size_t reporters_max) CHECKED;
void quantise_destroy(struct quantise *plan);

/* Integers of one update (new minus old) of weight `weight` (clamped to weight_max), of a plan
 * without noise. Stores how many numbers were cut to their bound. STATUS_NOT_FINITE when one is NaN
 * or infinite; the integers are then of no use. Integers lie in uint32_t, the low `bits` bits used.
 *
 * `rounding` names a stream, as random_start() leaves it: number i takes word i % 4 of the block
 * whose counter is i / 4 after the stream's own. Afterwards the stream stands behind them. */
enum status quantise_encode(const struct quantise *plan, uint32_t *integers, const float *update,
                            double weight, struct random *rounding, uint64_t *saturated) CHECKED;

/* Whether the noise that the settings ask for fits the integers, as far as it can be told before
 * there is a model: as quantise_plan() for a model of one number. Fails as it does. */
enum status quantise_check_noise(const struct config_federation *federation) CHECKED;

/* The same for a plan with noise: clipped, rounded and with this participant's part of the noise,
 * for which `random` gives bits: identity_random() in programs. Each rounding takes a pass of the
 * stream. */
enum status quantise_encode_noisy(const struct quantise *plan, uint32_t *integers,
                                  const float *update, double weight, struct random *rounding,
                                  void (*random)(uint8_t *bytes, size_t size)) CHECKED;

/* sum += integers, modulo 2^32 (the low `bits` bits are what counts). */
void quantise_add(uint32_t *sum, const uint32_t *integers, size_t count);

/* Mean update: sum / (s_t * sum of weights / weight_max). */
void quantise_decode(const struct quantise *plan, float *mean, const uint32_t *sum,
                     double weight_sum);

/* Bytes of `count` integers on the wire, and the packing: little-endian, bits / 8 bytes each. */
size_t quantise_bytes(const struct quantise *plan, size_t count);
void quantise_pack(const struct quantise *plan, uint8_t *bytes, const uint32_t *integers,
                   size_t count);
void quantise_unpack(const struct quantise *plan, uint32_t *integers, const uint8_t *bytes,
                     size_t count);

#endif
