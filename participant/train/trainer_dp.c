// SPDX-License-Identifier: Apache-2.0
// One participant's part in a round by DP-SGD, see dp_sgd.h. All that the model learns of the
// images goes through take_step(): no head epochs, no class means, no mix and no policy.
#include "base/clock.h"
#include "base/log.h"
#include "secure/dp_sgd.h"
#include "secure/identity.h"
#include "train/clipped.h"
#include "train/schedule.h"
#include "train/trainer_parts.h"

enum status trainer_dp_create(struct trainer *trainer)
{
    const struct config_federation *federation = &trainer->config.federation;
    const double images = (double)supply_count(trainer->supply);
    if (federation->dp.method != DP_SGD) return STATUS_OK;
    if (federation->dp.delta * images >= 1) {
        log_warning("federation.dp.delta %g promises little to each of %.0f images: below %.1g "
                    "would",
                    federation->dp.delta, images, 1 / images);
    }
    return clipped_create(&trainer->clipped, &trainer->config, supply_people(trainer->supply),
                          trainer->model.values, trainer->gradients);
}

/* Masks images trainer->order[first ..], `count` of them, into trainer->masked. What is drawn for
 * an image depends on its own number, not on which others are in the sample: see clipped.h. */
static void mask_some(struct trainer *trainer, size_t first, size_t count, struct trainer_step at)
{
    const uint32_t *index = trainer->order + first;
    const bool flip = trainer->config.federation.optimiser.flip;
    for (size_t i = 0; i < count; i++) {
        struct random random;
        random_start(&random, trainer->config.seed, index[i] & RANDOM_PARTICIPANT_MAX, RANDOM_FLIP,
                     at.round, at.step);
        trainer->flip[i] = flip && (random_bits(&random) & 1u);
        trainer->label[i] = supply_labels(trainer->supply)[index[i]];
    }
    supply_masked(trainer->supply, trainer->masked, index, trainer->flip, count,
                  trainer->config.seed, at.round * 65536u + at.step);
}

/* Adds up the cut gradients of the images in trainer->order. */
static enum status add_sample(struct trainer *trainer, size_t count, struct trainer_step at,
                              struct trainer_report *report)
{
    const uint64_t steps = dp_sgd_steps(&trainer->config.federation);
    struct clipped_batch batch = {.input = trainer->masked,
                                  .label = trainer->label,
                                  .seed = trainer->config.seed,
                                  .round = at.round,
                                  .step = at.step};
    clipped_begin(trainer->clipped, arcface_weights(recogniser_head(trainer->recogniser)));
    for (size_t first = 0; first < count; first += trainer->batch) {
        const double start = clock_now_seconds();
        batch.count = count - first < trainer->batch ? count - first : trainer->batch;
        batch.number = trainer->order + first;
        mask_some(trainer, first, batch.count, at);
        report->mask_seconds += clock_now_seconds() - start;
        const enum status status = clipped_add(trainer->clipped, &batch);
        if (status != STATUS_OK) return status;
        if (!trainer_go_on(trainer, "training", at.step, steps)) {
            return status_fail(STATUS_STOPPED, "stopped while training");
        }
    }
    return STATUS_OK;
}

/* One step: what leaves it depends on an image only through a sum with noise. */
static enum status take_step(struct trainer *trainer, struct trainer_step at, double rate,
                             struct trainer_report *report)
{
    const struct config_federation *federation = &trainer->config.federation;
    const size_t images = supply_count(trainer->supply);
    const double deviation = federation->dp.multiplier * federation->dp.clip;
    const size_t count =
        dp_sgd_sample(trainer->order, images, federation->dp.sample_rate, identity_random);
    enum status status = add_sample(trainer, count, at, report);
    if (status != STATUS_OK) return status;
    float *head = clipped_head(trainer->clipped);
    dp_sgd_noise(trainer->gradients, trainer->policy_offset, deviation, identity_random);
    dp_sgd_noise(head, arcface_parameters(recogniser_head(trainer->recogniser)), deviation,
                 identity_random);
    // The size of the sample would tell of an image: the expected one is public.
    status = recogniser_apply(trainer->recogniser, head,
                              1 / (federation->dp.sample_rate * (double)images), rate);
    if (status != STATUS_OK) return status;
    trainer->noisy_steps++;
    const struct clipped_report done = clipped_report(trainer->clipped);
    report->images += done.images;
    report->loss += done.loss;
    report->training_accuracy += (double)done.hits;
    log_debug("round %u, step %u: %zu images, %zu gradients cut to %g", at.round, at.step,
              done.images, done.cut, federation->dp.clip);
    return STATUS_OK;
}

/* What the steps that were taken give away of one image. A restart begins to count anew. */
static void log_spent(const struct trainer *trainer)
{
    const struct config_federation *federation = &trainer->config.federation;
    const double steps = (double)trainer->noisy_steps;
    log_info("differential privacy of an image of ours: epsilon %.4g at delta %g is spent by %.0f "
             "steps",
             dp_sgd_epsilon(federation, steps), federation->dp.delta, steps);
}

enum status trainer_dp_round(struct trainer *trainer, uint32_t round, struct trainer_report *report)
{
    const struct config_federation *federation = &trainer->config.federation;
    const uint32_t steps = (uint32_t)dp_sgd_steps(federation);
    const double epochs = federation->local_epochs;
    for (uint32_t step = 0; step < steps; step++) {
        const double epoch = epochs * ((double)(round - 1) + (double)step / (double)steps);
        const double rate = schedule_rate(federation, epoch, federation->rounds * epochs);
        const enum status status =
            take_step(trainer, (struct trainer_step){round, step}, rate, report);
        if (status == STATUS_NOT_FINITE) {
            return status_fail(status,
                               "training stopped in round %u, step %u: %s; a lower "
                               "federation.optimiser.learning_rate may help",
                               round, step, status_message());
        }
        if (status != STATUS_OK) return status;
        if (!trainer_go_on(trainer, "training", step + 1, steps)) {
            return status_fail(STATUS_STOPPED, "stopped while training");
        }
    }
    const double images = report->images > 0 ? (double)report->images : 1;
    report->loss /= images;
    report->training_accuracy /= images;
    log_spent(trainer);
    return STATUS_OK;
}
