// SPDX-License-Identifier: Apache-2.0
/* The new model, what is said about it, and the end of the run. */
#include "round/round_private.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { EVALUATION_DEADLINES = 10 };

static const char *reason_of(const struct member *member)
{
    if (member->reason[0] != 0) return member->reason;
    if (!member->joined) return "it left";
    if (member->lost) return "it was lost";
    return "its update came too late";
}

static void fill_reporter(struct store_reporter *reporter, const struct member *member, size_t peer,
                          bool secure)
{
    memset(reporter, 0, sizeof *reporter);
    reporter->participant = (uint32_t)peer;
    memcpy(reporter->name, member->name, sizeof reporter->name);
    reporter->reported = member->upload == UPLOAD_TAKEN;
    if (!reporter->reported) {
        snprintf(reporter->reason, sizeof reporter->reason, "%s", reason_of(member));
        return;
    }
    if (secure) return; // its offer says nothing of its figures
    const struct envelope_metrics *metrics = &member->offer.metrics;
    reporter->weight = member->offer.weight;
    reporter->images = metrics->images;
    reporter->saturated = metrics->saturated;
    reporter->loss = metrics->loss;
    reporter->training_accuracy = metrics->training_accuracy;
    reporter->train_seconds = metrics->train_seconds;
    reporter->mask_seconds = metrics->mask_seconds;
    reporter->peak_memory = (double)metrics->peak_memory;
    reporter->choices = metrics->choices;
    memcpy(reporter->k_count, metrics->k_count, sizeof reporter->k_count);
    reporter->policy_seconds = metrics->policy_seconds;
    reporter->probabilities = metrics->probabilities;
    memcpy(reporter->k_probability, metrics->k_probability, sizeof reporter->k_probability);
}

/* The figures of all reporters together, and nobody's own. */
static void fill_opened(struct store_round *record, const struct tally *tally,
                        const struct config_federation *federation)
{
    struct store_totals *opened = &record->opened;
    record->loss = tally->loss;
    record->training_accuracy = tally->training_accuracy;
    opened->images = tally->images;
    opened->saturated = tally->saturated;
    opened->train_seconds = tally->train_seconds;
    opened->mask_seconds = tally->mask_seconds;
    opened->policy_seconds = tally->policy_seconds;
    opened->peak_memory = tally->peak_memory;
    if (federation->mix.method == MIX_NONE) return;
    opened->choices = federation->mix.k.count;
    memcpy(opened->k_count, tally->k_count, sizeof opened->k_count);
    if (federation->mix.method != MIX_ADAPTIVE) return;
    opened->probabilities = federation->mix.k.count;
    memcpy(opened->k_probability, tally->k_probability, sizeof opened->k_probability);
}

/* The record of this round; false when memory is out. */
static bool fill_record(struct round *round, struct store_round *record)
{
    record->reporter = malloc(round->cohort * sizeof *record->reporter);
    if (record->reporter == NULL) return false;
    record->round = round->number;
    record->attempt = round->attempt;
    record->privacy = config_privacy(&round->federation);
    record->seconds = (double)(round->now_ms - round->round_ms) / 1000;
    record->weight = aggregate_weight(round->aggregate);
    record->reporters = aggregate_reporters(round->aggregate);
    for (size_t i = 0; i < round->members; i++) {
        if (!round->member[i].chosen) continue;
        struct store_reporter *reporter = &record->reporter[record->cohort++];
        fill_reporter(reporter, &round->member[i], i, round->secure);
        const double share = (double)reporter->weight / (double)record->weight;
        record->loss += share * reporter->loss;
        record->training_accuracy += share * reporter->training_accuracy;
    }
    if (round->secure) {
        fill_opened(record, aggregate_tally(round->aggregate), &round->federation);
    }
    assert(record->cohort == round->cohort);
    return true;
}

/* Tells those of the cohort whose update was not taken that the round is over. */
static void close_others(struct round *round)
{
    for (size_t i = 0; i < round->members; i++) {
        const struct member *member = &round->member[i];
        if (!member->chosen || !member->joined || member->upload == UPLOAD_TAKEN) continue;
        if (member->upload != UPLOAD_REJECTED) round_send_close(round, i, reason_of(member));
    }
}

/* The last model goes to everyone; the run is over when all have it or are lost. */
void phase_publish_final(struct round *round)
{
    round->phase = PHASE_PUBLISH;
    round->started_ms = round->now_ms;
    for (size_t i = 0; i < round->members; i++) {
        phase_updates_drop(round, i);
        if (round->member[i].joined) round_send_model(round, i);
    }
}

void phase_publish_enter(struct round *round)
{
    round->phase = PHASE_PUBLISH;
    const struct aggregate_step step = {round->federation.server.learning_rate,
                                        round->federation.server.momentum};
    if (aggregate_apply(round->aggregate, &round->plan, step, &round->model) != STATUS_OK) {
        round_end(round, false, "round %u: %s", (unsigned)round->number, status_message());
        return;
    }
    digest_compute(round->model_digest, round->model.values,
                   round->model.manifest.count * sizeof(float));
    round->model_round = round->number;
    struct output_node *node = round_queue(round, ROUND_PUBLISHED);
    if (node == NULL || !fill_record(round, &node->record)) {
        round_stop(round, "out of memory for the record of a round");
        return;
    }
    close_others(round);
    if (round->number == (uint32_t)round->federation.rounds) {
        phase_publish_final(round);
    } else {
        phase_gather_enter(round, round->number + 1, 1);
    }
}

void phase_publish_tick(struct round *round)
{
    // The deadline is one for updates: whoever evaluates may take longer, though not for ever.
    const double limit = EVALUATION_DEADLINES * round->federation.deadline_seconds;
    const bool late = limit > 0 && (double)(round->now_ms - round->started_ms) / 1000 >= limit;
    for (size_t i = 0; i < round->members && !late; i++) {
        const struct member *member = &round->member[i];
        if (member->joined && !member->lost && !member->finished) return;
    }
    round_end(round, true, "all %d rounds are done", round->federation.rounds);
}

void phase_publish_evaluation(struct round *round, size_t peer,
                              const struct from_participant *message)
{
    const struct envelope_evaluation *from = &message->evaluation;
    struct member *member = &round->member[peer];
    if (!round->has_model || from->model_round > round->model_round) {
        round_refuse(round, peer, "an evaluation of model %u, which is not published",
                     (unsigned)from->model_round);
        return;
    }
    if (from->model_round < member->evaluated) { // repeated, or older than what we have
        round->stale++;
        return;
    }
    struct store_evaluation *to = calloc(1, sizeof *to);
    struct output_node *node = to == NULL ? NULL : round_queue(round, ROUND_EVALUATION);
    if (node == NULL) {
        free(to);
        return;
    }
    member->evaluated = from->model_round + 1;
    to->model_round = from->model_round;
    to->participant = (uint32_t)peer;
    to->accuracy = from->accuracy;
    to->deviation = from->deviation;
    to->tar_at_far_1e3 = from->tar_at_far_1e3;
    to->identification = from->identification;
    to->folds = from->folds;
    memcpy(to->fold, from->fold, sizeof to->fold);
    to->roc_points = from->roc_points;
    memcpy(to->roc_far, from->roc_far, sizeof to->roc_far);
    memcpy(to->roc_tar, from->roc_tar, sizeof to->roc_tar);
    node->evaluation = to;
}

/* After the final model a farewell means "I have it"; before, that there is one participant
 * less. */
void phase_publish_leave(struct round *round, size_t peer, const struct from_participant *message)
{
    struct member *member = &round->member[peer];
    if (round->phase == PHASE_PUBLISH && message->context.phase == PHASE_PUBLISH) {
        member->finished = true;
        phase_publish_tick(round);
        return;
    }
    round_note(round, LOG_WARNING, "%s left: %s", member->name, message->leave.reason);
    round_drop(round, peer);
    if (member->reason[0] == 0) {
        snprintf(member->reason, sizeof member->reason, "it left: %.100s", message->leave.reason);
    }
    phase_updates_tick(round);
}
