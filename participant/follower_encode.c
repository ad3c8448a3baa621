// SPDX-License-Identifier: Apache-2.0
#include "follower_parts.h"

#include <string.h>

/* The update at hand as integers, with its weight and metrics. */
static enum status make_update(struct follower *follower, struct kept *made)
{
    const struct config *config = follower->options->config;
    const struct trainer_report *report = &follower->report;
    const struct session_job *job = &follower->job;
    const uint64_t most = (uint64_t)config->federation.quantise.weight_max;
    *made = (struct kept){.round = job->round,
                          .weight = report->weight < most ? report->weight : most,
                          .metrics = {.loss = report->loss,
                                      .training_accuracy = report->training_accuracy,
                                      .images = report->images,
                                      .train_seconds = report->train_seconds,
                                      .mask_seconds = report->mask_seconds,
                                      .peak_memory = follower->peak_memory,
                                      .choices = report->choices,
                                      .policy_seconds = report->policy_seconds,
                                      .probabilities = report->probabilities}};
    memcpy(made->model, job->model, sizeof made->model);
    memcpy(made->metrics.k_count, report->k_count, sizeof made->metrics.k_count);
    memcpy(made->metrics.k_probability, report->probability, sizeof made->metrics.k_probability);
    struct random rounding;
    random_start(&rounding, config->seed, job->index, RANDOM_ROUNDING, job->round, 0);
    return update_encode(&follower->update, &made->bytes, &made->size, &made->metrics.saturated,
                         &config->federation, job->reporters_max, (double)made->weight, &rounding);
}

/* In secure sums an update is given as it was the first time, also by a program started anew. */
static enum status keep_update(struct follower *follower)
{
    struct kept *kept = &follower->kept;
    const struct session_job *job = &follower->job;
    if (kept->round == job->round && memcmp(kept->model, job->model, sizeof kept->model) == 0) {
        return STATUS_OK;
    }
    struct kept made;
    enum status status = make_update(follower, &made);
    if (status != STATUS_OK) return status;
    kept_close(kept);
    *kept = made;
    return kept_write(kept, follower->options->folder);
}

enum status follower_encode(struct follower *follower)
{
    const bool keeps = follower->secrecy.journal != NULL;
    struct kept update = {0};
    enum status status = STATUS_OK;
    if (keeps) {
        status = keep_update(follower);
        update = follower->kept;
        if (status == STATUS_OK) status = kept_copy(&update.bytes, &follower->kept);
    } else {
        status = make_update(follower, &update);
    }
    if (status != STATUS_OK) return status;
    session_encoded(follower->session, &update.bytes, update.size, update.weight, &update.metrics);
    return STATUS_OK;
}
