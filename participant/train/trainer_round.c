// SPDX-License-Identifier: Apache-2.0
// One participant's part in a round: the local epochs, with alternating phases of recogniser and
// policy.
#include "base/clock.h"
#include "train/embed.h"
#include "train/schedule.h"
#include "train/trainer_parts.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Where training stands: names every random stream of a step. */
struct moment {
    uint32_t round, step; // the step counts over the epochs of the round
    uint64_t step_of_run; // 0 in the first round
    double epoch, epochs; // of the whole run
    bool head_only;
};

/* How much of the run is behind, from 0 to 1. */
static double progress(struct moment moment)
{
    return moment.epoch / moment.epochs;
}

static struct random stream(const struct trainer *trainer, enum random_purpose purpose,
                            struct moment moment)
{
    struct random random;
    random_start(&random, trainer->config.seed, trainer->index, purpose, moment.round, moment.step);
    return random;
}

/* Masks the images of this step into trainer->masked. */
static void mask_batch(struct trainer *trainer, const uint32_t *index, struct moment moment)
{
    struct random random = stream(trainer, RANDOM_FLIP, moment);
    const bool flip = trainer->config.federation.optimiser.flip;
    for (size_t i = 0; i < trainer->batch; i++) {
        trainer->flip[i] = flip && (random_bits(&random) & 1u);
        trainer->label[i] = supply_labels(trainer->supply)[index[i]];
    }
    supply_masked(trainer->supply, trainer->masked, index, trainer->flip, trainer->batch,
                  trainer->config.seed, moment.round * 65536u + moment.step);
}

/* An index, as often as its share says. */
static size_t draw_share(const struct config_numbers *shares, struct random *random)
{
    uint32_t sum = 0;
    for (size_t i = 0; i < shares->count; i++) {
        sum += (uint32_t)shares->values[i];
    }
    uint32_t draw = random_below(random, sum);
    size_t choice = 0;
    while (draw >= (uint32_t)shares->values[choice]) {
        draw -= (uint32_t)shares->values[choice++];
    }
    return choice;
}

/* Index of the number of images to mix in this step. */
static size_t choose_k(struct trainer *trainer, struct random *random, struct moment moment)
{
    const struct config_federation *federation = &trainer->config.federation;
    switch (federation->mix.method) {
    case MIX_ADAPTIVE:
        return policy_draw(trainer->policy, random);
    case MIX_UNIFORM:
        return random_below(random, (uint32_t)federation->mix.k.count);
    case MIX_MATCHED:
        return federation->mix.order == ORDER_RANDOM
                   ? draw_share(&federation->mix.shares, random)
                   : schedule_choice(federation, progress(moment));
    case MIX_FIXED:
    case MIX_NONE:
    default:
        return 0;
    }
}

/* Mixes the masked batch with the chosen k. The result is valid until the next mix. */
static struct recogniser_batch mix_batch(struct trainer *trainer, size_t choice,
                                         struct random *random, struct random dropout)
{
    const struct config_federation *federation = &trainer->config.federation;
    const int k = federation->mix.method == MIX_NONE ? 1 : federation->mix.k.values[choice];
    mix_draw(&trainer->mix, random, k, trainer->batch, federation->mix.weight_max);
    mix_labels(&trainer->mix, trainer->mixed_label, trainer->label);
    const float *input = trainer->masked;
    if (k > 1) {
        mix_apply(&trainer->mix, trainer->mixed, trainer->masked, mask_values(trainer->mask));
        input = trainer->mixed;
    }
    if (mask_signs(trainer->mask)) {
        mix_signs(trainer->mixed, input, trainer->batch * mask_values(trainer->mask), random);
        input = trainer->mixed;
    }
    return (struct recogniser_batch){
        .input = input,
        .count = trainer->batch,
        .labels = {k, trainer->mixed_label, trainer->mix.weight},
        .dropout = dropout,
    };
}

/* The policy's turn: draw k, L1, one trial step of the recogniser, L2, back, one REINFORCE step. */
static enum status policy_step(struct trainer *trainer, struct moment moment, double rate)
{
    const struct config_federation *federation = &trainer->config.federation;
    // Its numbers continue the trial stream, so that the recogniser's own streams are untouched.
    struct random random = stream(trainer, RANDOM_TRIAL, moment);
    policy_look(trainer->policy, trainer->masked, trainer->batch, progress(moment));
    const size_t choice = policy_draw(trainer->policy, &random);
    struct random dropout = stream(trainer, RANDOM_TRIAL, moment);
    dropout.counter[0] = 1u << 31;
    struct recogniser_batch batch = mix_batch(trainer, choice, &random, dropout);
    double first = 0;
    recogniser_keep(trainer->recogniser);
    const enum status status = recogniser_step(trainer->recogniser, &first, &batch, rate);
    const double second = status == STATUS_OK ? recogniser_loss(trainer->recogniser, &batch) : 0;
    recogniser_restore(trainer->recogniser);
    if (status != STATUS_OK) return status;
    return policy_learn(trainer->policy, choice,
                        federation->policy.reward_a * first + federation->policy.reward_b * second);
}

/* The recogniser's turn. */
static enum status recogniser_turn(struct trainer *trainer, struct moment moment, double rate,
                                   struct trainer_report *report)
{
    struct random draw = stream(trainer, RANDOM_POLICY, moment);
    struct random random = stream(trainer, RANDOM_MIX, moment);
    double start = clock_now_seconds();
    if (trainer->policy != NULL) {
        if (moment.step % (uint32_t)trainer->config.federation.policy.draw_every == 0) {
            policy_look(trainer->policy, trainer->masked, trainer->batch, progress(moment));
        }
        for (size_t k = 0; k < report->probabilities; k++) {
            report->probability[k] += policy_probabilities(trainer->policy)[k];
        }
    }
    const size_t choice = choose_k(trainer, &draw, moment);
    if (trainer->policy != NULL) report->policy_seconds += clock_now_seconds() - start;
    start = clock_now_seconds();
    struct recogniser_batch batch =
        mix_batch(trainer, choice, &random, stream(trainer, RANDOM_DROPOUT, moment));
    report->mask_seconds += clock_now_seconds() - start;
    double loss = 0;
    if (moment.head_only) return recogniser_head_step(trainer->recogniser, &loss, &batch, rate);
    const enum status status = recogniser_step(trainer->recogniser, &loss, &batch, rate);
    if (status != STATUS_OK) return status;
    report->loss += loss;
    report->training_accuracy += (double)arcface_hits(recogniser_head(trainer->recogniser));
    report->images += trainer->batch;
    report->k_count[choice]++;
    return STATUS_OK;
}

static enum status train_step(struct trainer *trainer, const uint32_t *index, struct moment moment,
                              struct trainer_report *report)
{
    const struct config_federation *federation = &trainer->config.federation;
    const double rate = schedule_rate(federation, moment.epoch, moment.epochs);
    double start = clock_now_seconds();
    mask_batch(trainer, index, moment);
    report->mask_seconds += clock_now_seconds() - start;
    enum status status = STATUS_OK;
    // The policy's phase comes after each phase of the recogniser, on the batch that follows.
    const bool policy_phase =
        trainer->policy != NULL && !moment.head_only && moment.step_of_run > 0 &&
        moment.step_of_run % (uint64_t)federation->policy.recogniser_steps == 0;
    const int turns = policy_phase ? federation->policy.policy_steps : 0;
    start = clock_now_seconds();
    for (int i = 0; i < turns && status == STATUS_OK; i++) {
        struct moment turn = moment;
        turn.step = moment.step * (uint32_t)turns + (uint32_t)i;
        status = policy_step(trainer, turn, rate);
    }
    if (turns > 0) report->policy_seconds += clock_now_seconds() - start;
    if (status == STATUS_OK) status = recogniser_turn(trainer, moment, rate, report);
    return status;
}

struct recogniser_batch trainer_batch(struct trainer *trainer, size_t *choice,
                                      const uint32_t *index, struct trainer_step at)
{
    const struct config_federation *federation = &trainer->config.federation;
    const size_t steps = supply_count(trainer->supply) / trainer->batch;
    const double first = (double)(at.round - 1) * federation->local_epochs;
    const struct moment moment = {.round = at.round,
                                  .step = at.step,
                                  .epoch = first + (double)at.step / (double)steps,
                                  .epochs = (double)federation->rounds * federation->local_epochs};
    struct random draw = stream(trainer, RANDOM_POLICY, moment);
    struct random random = stream(trainer, RANDOM_MIX, moment);
    mask_batch(trainer, index, moment);
    *choice = choose_k(trainer, &draw, moment);
    return mix_batch(trainer, *choice, &random, stream(trainer, RANDOM_DROPOUT, moment));
}

void trainer_order(struct trainer *trainer, uint32_t round, uint32_t pass)
{
    struct random random;
    random_start(&random, trainer->config.seed, trainer->index, RANDOM_ORDER, round, pass);
    random_permutation(&random, trainer->order, supply_count(trainer->supply));
}

/* One pass over the images, number `pass` of `passes` of this round. */
static enum status train_pass(struct trainer *trainer, struct moment *moment, int pass, int passes,
                              struct trainer_report *report)
{
    const size_t steps = supply_count(trainer->supply) / trainer->batch;
    const double begin = moment->epoch;
    trainer_order(trainer, moment->round, (uint32_t)pass);
    for (size_t step = 0; step < steps; step++, moment->step++) {
        if (!moment->head_only) moment->epoch = begin + (double)step / (double)steps;
        if (step + 1 < steps) {
            supply_expect(trainer->supply, trainer->order + (step + 1) * trainer->batch,
                          trainer->batch);
        }
        const enum status status =
            train_step(trainer, trainer->order + step * trainer->batch, *moment, report);
        if (status == STATUS_NOT_FINITE) {
            return status_fail(status,
                               "training stopped in round %u, step %u: %s; a lower "
                               "federation.optimiser.learning_rate or clip_norm may help",
                               moment->round, moment->step, status_message());
        }
        if (status != STATUS_OK) return status;
        if (!trainer_go_on(trainer, "training", moment->step + 1, steps * (size_t)passes)) {
            return status_fail(STATUS_STOPPED, "stopped while training");
        }
        if (!moment->head_only) moment->step_of_run++;
    }
    return STATUS_OK;
}

/* The passes in which only the head learns: what moved of the backbone, its statistics, is put
 * back. */
static enum status train_head(struct trainer *trainer, struct moment *moment, int passes,
                              struct trainer_report *report)
{
    const int own = trainer->config.federation.optimiser.head_epochs;
    if (own == 0) return STATUS_OK;
    const size_t size = trainer->policy_offset * sizeof(float);
    float *kept = malloc(size);
    if (kept == NULL) return status_fail(STATUS_NO_MEMORY, "out of memory for a second backbone");
    memcpy(kept, trainer->model.values, size);
    enum status status = STATUS_OK;
    moment->head_only = true;
    for (int pass = 0; pass < own && status == STATUS_OK; pass++) {
        status = train_pass(trainer, moment, pass, passes, report);
    }
    moment->head_only = false;
    memcpy(trainer->model.values, kept, size);
    free(kept);
    return status;
}

enum status trainer_round(struct trainer *trainer, uint32_t round, struct trainer_report *report)
{
    const struct config_federation *federation = &trainer->config.federation;
    const int epochs = federation->local_epochs, first = federation->optimiser.head_epochs;
    const uint64_t steps = supply_count(trainer->supply) / trainer->batch;
    const double start = clock_now_seconds();
    memset(report, 0, sizeof *report);
    report->weight = supply_count(trainer->supply);
    report->choices = federation->mix.method == MIX_NONE    ? 0
                      : federation->mix.method == MIX_FIXED ? 1
                                                            : federation->mix.k.count;
    report->probabilities = trainer->policy == NULL ? 0 : report->choices;
    if (!federation->optimiser.keep_momentum) recogniser_reset(trainer->recogniser);
    if (trainer->clipped != NULL) {
        const enum status private = trainer_dp_round(trainer, round, report);
        report->train_seconds = clock_now_seconds() - start;
        return private;
    }
    struct moment moment = {.round = round,
                            .step_of_run = (round - 1) * steps * (uint64_t)epochs,
                            .epoch = (double)(round - 1) * epochs,
                            .epochs = (double)federation->rounds * epochs};
    enum status status = train_head(trainer, &moment, first + epochs, report);
    const uint32_t head_steps = moment.step;
    for (int epoch = 0; epoch < epochs && status == STATUS_OK; epoch++) {
        moment.epoch = (double)(round - 1) * epochs + epoch;
        status = train_pass(trainer, &moment, first + epoch, first + epochs, report);
    }
    if (status != STATUS_OK) return status;
    report->loss /= (double)(moment.step - head_steps);
    report->training_accuracy /= (double)report->images;
    for (size_t k = 0; k < report->probabilities; k++) {
        report->probability[k] /= (double)moment.step;
    }
    report->train_seconds = clock_now_seconds() - start;
    return STATUS_OK;
}

enum status trainer_head_from_means(struct trainer *trainer)
{
    if (trainer->clipped != NULL) return STATUS_OK;
    float *embeddings = NULL;
    struct net *net = recogniser_net(trainer->recogniser);
    const size_t size = net_outputs(net), count = supply_count(trainer->supply);
    const enum status status =
        embed_images(&embeddings, net, trainer->mask, trainer->supply, trainer->batch,
                     (struct embed_progress){trainer->tick, trainer->tick_context});
    if (status != STATUS_OK) return status;
    float *weights = arcface_weights(recogniser_head(trainer->recogniser));
    memset(weights, 0, supply_people(trainer->supply) * size * sizeof *weights);
    for (size_t i = 0; i < count; i++) {
        float *row = weights + supply_labels(trainer->supply)[i] * size;
        for (size_t j = 0; j < size; j++) {
            row[j] += embeddings[i * size + j];
        }
    }
    // ArcFace looks at directions only; lengths as its random start has them.
    for (size_t person = 0; person < supply_people(trainer->supply); person++) {
        float *row = weights + person * size;
        double squares = 0;
        for (size_t j = 0; j < size; j++) {
            squares += (double)row[j] * (double)row[j];
        }
        const float scale = (float)(0.01 * sqrt((double)size) / fmax(sqrt(squares), 1e-12));
        for (size_t j = 0; j < size; j++) {
            row[j] *= scale;
        }
    }
    free(embeddings);
    return STATUS_OK;
}
