// SPDX-License-Identifier: Apache-2.0
#include "follower.h"

#include "base/clock.h"
#include "base/files.h"
#include "base/log.h"
#include "base/stop.h"
#include "follower_parts.h"
#include "frequency/mask.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    WAIT_MS = 100, // for a frame, when there is nothing else to do
    TICK_MS = 100, // between two looks at the network while the trainer works
    SLOT_MS = 50,  // between two tries for a slot
};

#define COLLAPSED_ABOVE 0.95 // as the coordinator judges it

static void show(enum log_level level, const char *text)
{
    if (level == LOG_WARNING) log_warning("%s", text);
    if (level == LOG_INFO) log_info("%s", text);
    if (level == LOG_DEBUG) log_debug("%s", text);
    if (level == LOG_ERROR) log_error("%s", text);
}

/* What cannot be sent is lost, and said again. */
static void send_outputs(struct follower *follower)
{
    struct session_output *output = &follower->output;
    while (session_next(follower->session, output)) {
        size_t size = 0;
        if (output->kind == SESSION_NOTE) {
            show(output->level, output->text);
        } else if (output->kind == SESSION_JOURNAL) {
            secrecy_remember(&follower->secrecy, &output->entry, follower->session);
        } else if (envelope_pack_participant(follower->frame, sizeof follower->frame, &size,
                                             &output->message) != STATUS_OK) {
            // Said again it would be no better.
            log_error("%s: %s", envelope_participant_name(output->message.kind), status_message());
            session_leave(follower->session, status_message());
        } else if (link_send(follower->link, follower->frame, size) != STATUS_OK) {
            log_debug("%s was not sent: %s", envelope_participant_name(output->message.kind),
                      status_message());
        }
    }
}

/* Takes what has arrived, waiting at most wait_ms for it, lets time pass and sends the
 * answers. */
static void look_at_network(struct follower *follower, int wait_ms)
{
    const uint8_t *bytes = NULL;
    size_t size = 0;
    enum status status = link_receive(follower->link, &bytes, &size, wait_ms);
    while (status == STATUS_OK) {
        if (envelope_unpack_coordinator(&follower->incoming, bytes, size) == STATUS_OK) {
            session_message(follower->session, &follower->incoming, clock_now_ms());
            send_outputs(follower);
        } else {
            log_warning("a malformed message came from the coordinator: %s", status_message());
        }
        status = link_receive(follower->link, &bytes, &size, 0);
    }
    if (link_refused(follower->link)) {
        session_leave(follower->session, "the coordinator does not know this participant's key");
    } else if (status == STATUS_STOPPED || stop_requested()) {
        session_leave(follower->session, "stopped by a signal");
    } else if (status != STATUS_TIMEOUT) {
        session_leave(follower->session, status_message());
    }
    follower->looked_ms = clock_now_ms();
    session_tick(follower->session, follower->looked_ms);
    send_outputs(follower);
}

/* Called with every progress, of reading images, training and verifying: however long that takes,
 * the coordinator hears of us. */
static void keep_in_touch(void *context)
{
    struct follower *follower = context;
    if (clock_now_ms() - follower->looked_ms >= TICK_MS) look_at_network(follower, 0);
}

/* Called by the trainer at every step. */
static bool tick(void *context, const char *what, uint64_t done, uint64_t total)
{
    struct follower *follower = context;
    log_progress(what, done, total, strcmp(what, "training") == 0 ? "steps" : "images");
    return session_wants(follower->session, &follower->job);
}

/* Waits for a slot; false when the job is not wanted any more. */
static bool take_slot(struct follower *follower)
{
    bool taken = false;
    while (session_wants(follower->session, &follower->job)) {
        if (slots_take(&follower->slots, &taken) != STATUS_OK) {
            session_leave(follower->session, status_message());
            return false;
        }
        if (taken) return true;
        look_at_network(follower, SLOT_MS);
    }
    return false;
}

/* The secret of the mask, NULL when it needs none. */
static const uint8_t *mask_key(const struct follower *follower)
{
    const struct credentials *credentials = follower->options->credentials;
    return credentials->has_mask ? credentials->mask : NULL;
}

static enum status prepare(struct follower *follower)
{
    const struct config *config = follower->options->config;
    char text[1024];
    float *initial = NULL;
    enum status status =
        trainer_create(&follower->trainer, config, follower->job.index, mask_key(follower));
    if (status == STATUS_OK) {
        trainer_set_tick(follower->trainer, tick, follower);
        trainer_describe(follower->trainer, text, sizeof text);
        log_info("%s", text);
        status = update_copy(&initial, &follower->update, trainer_model(follower->trainer));
    }
    if (status == STATUS_OK) {
        session_ready(follower->session, &initial,
                      config->participant.evaluate && trainer_can_evaluate(follower->trainer));
    }
    return status;
}

static enum status load(struct follower *follower)
{
    float *values = NULL;
    const enum status status = session_take_model(follower->session, &values);
    if (status != STATUS_OK) return status;
    update_set_base(&follower->update, &values);
    free(values);
    return STATUS_OK;
}

static enum status evaluate(struct follower *follower)
{
    static struct trainer_evaluation from;
    static struct envelope_evaluation to;
    update_load(&follower->update, trainer_model(follower->trainer));
    const enum status status = trainer_evaluate(follower->trainer, &from);
    if (status != STATUS_OK) return status;
    memset(&to, 0, sizeof to);
    to.accuracy = from.accuracy;
    to.deviation = from.deviation;
    to.tar_at_far_1e3 = from.tar_at_far_1e3;
    to.identification = from.identification;
    to.folds = from.folds;
    memcpy(to.fold, from.fold, sizeof to.fold);
    to.roc_points = from.roc_points;
    memcpy(to.roc_far, from.roc_far, sizeof to.roc_far);
    memcpy(to.roc_tar, from.roc_tar, sizeof to.roc_tar);
    log_info("verification of the model of round %u: %.2f %%", (unsigned)follower->job.model_round,
             100 * to.accuracy);
    session_evaluated(follower->session, &to);
    return STATUS_OK;
}

static enum status save_private(const struct follower *follower)
{
    char path[LIMIT_PATH];
    const enum status status = files_join(path, follower->options->folder, "private.safetensors");
    return status == STATUS_OK ? trainer_save_private(follower->trainer, path) : status;
}

/* What the policy costs and chooses; once, that it does not choose any more. */
static void show_policy(struct follower *follower, unsigned round)
{
    const struct trainer_report *report = &follower->report;
    char text[24 * LIMIT_CHOICES] = "";
    double largest = 0;
    size_t used = 0;
    if (report->probabilities == 0) return;
    for (size_t k = 0; k < report->probabilities; k++) {
        used += (size_t)snprintf(text + used, sizeof text - used, " %.2f", report->probability[k]);
        largest = report->probability[k] > largest ? report->probability[k] : largest;
    }
    log_info("round %u: policy %.0f %% of the training time, p(k)%s", round,
             100 * report->policy_seconds / (report->train_seconds > 0 ? report->train_seconds : 1),
             text);
    if (largest <= COLLAPSED_ABOVE || report->probabilities < 2 || follower->collapsed) return;
    follower->collapsed = true;
    log_warning("round %u: the policy collapsed: one k has more than 95 %% of the probability",
                round);
}

static enum status train(struct follower *follower)
{
    struct trainer_report *report = &follower->report;
    enum status status = STATUS_OK;
    update_load(&follower->update, trainer_model(follower->trainer));
    // Heads are random at the start of a federation; to a trained model a random head is noise.
    if (!follower->has_trained && follower->job.model_round > 0) {
        status = trainer_head_from_means(follower->trainer);
    }
    if (status == STATUS_OK) {
        status = trainer_round(follower->trainer, follower->job.round, report);
    }
    if (status != STATUS_OK) return status;
    follower->has_trained = true;
    follower->peak_memory = clock_peak_memory();
    follower->totals.images += (double)report->images;
    follower->totals.train_seconds += report->train_seconds;
    follower->totals.mask_seconds += report->mask_seconds;
    update_measure(&follower->update, trainer_model(follower->trainer));
    status = save_private(follower);
    if (status != STATUS_OK) return status;
    log_info("round %u: loss %.4f, training accuracy %.2f %%, %.1f images/s",
             (unsigned)follower->job.round, report->loss, 100 * report->training_accuracy,
             (double)report->images / (report->train_seconds > 0 ? report->train_seconds : 1));
    show_policy(follower, (unsigned)follower->job.round);
    session_trained(follower->session);
    return STATUS_OK;
}

/* One job; those that compute hold a slot. */
static void work(struct follower *follower)
{
    static enum status (*const jobs[])(struct follower *) = {[SESSION_PREPARE] = prepare,
                                                             [SESSION_LOAD] = load,
                                                             [SESSION_EVALUATE] = evaluate,
                                                             [SESSION_TRAIN] = train,
                                                             [SESSION_ENCODE] = follower_encode};
    const enum session_job_kind kind = follower->job.kind;
    const bool computes =
        kind == SESSION_PREPARE || kind == SESSION_EVALUATE || kind == SESSION_TRAIN;
    if (computes && !take_slot(follower)) {
        look_at_network(follower, 0);
        return;
    }
    const enum status status = jobs[kind](follower);
    slots_release(&follower->slots);
    // When it was stopped, the round goes on without it, or look_at_network() says good-bye.
    if (status != STATUS_OK && status != STATUS_STOPPED) {
        snprintf(follower->failure, sizeof follower->failure, "%s", status_message());
        // It may depend on the images: a coordinator that sees sums only is not told.
        const bool tells = follower->secrecy.journal == NULL;
        session_leave(follower->session,
                      tells ? follower->failure : "it cannot go on: see its log");
    }
    look_at_network(follower, 0);
}

static void follow(struct follower *follower)
{
    for (;;) {
        session_job(follower->session, &follower->job);
        if (follower->job.kind == SESSION_END) return;
        if (follower->job.kind == SESSION_WAIT) {
            look_at_network(follower, WAIT_MS);
        } else {
            work(follower);
        }
    }
}

/* What this participant would use: the final model with the tensors that are its own. */
static enum status save_model(struct follower *follower)
{
    char path[LIMIT_PATH];
    const enum status status = files_join(path, follower->options->folder, "model.safetensors");
    if (status != STATUS_OK) return status;
    update_load(&follower->update, trainer_model(follower->trainer));
    return trainer_save_model(follower->trainer, path);
}

static void show_totals(const struct follower *follower)
{
    const struct totals *totals = &follower->totals;
    if (totals->images <= 0 || totals->train_seconds <= 0) return;
    log_info("trained %.1f images/s, masked an image in %.3f ms, peak memory %.0f MiB",
             totals->images / totals->train_seconds, 1000 * totals->mask_seconds / totals->images,
             (double)clock_peak_memory() / 1048576);
}

static enum status create_session(struct follower *follower)
{
    const struct config *config = follower->options->config;
    struct manifest full = {0};
    char *section = NULL;
    struct session_options options = {.name = config->participant.name,
                                      .wait_ms =
                                          (uint64_t)(1000 * config->participant.wait_seconds)};
    enum status status = secrecy_open(&follower->secrecy, &options.secure, config,
                                      follower->options->credentials, follower->options->folder);
    if (status == STATUS_OK && options.secure != NULL) {
        status = kept_open(&follower->kept, follower->options->folder);
        options.trained = follower->kept.round;
        memcpy(options.trained_on, follower->kept.model, sizeof options.trained_on);
    }
    if (status == STATUS_OK) status = trainer_manifest(&full, config);
    if (status == STATUS_OK) {
        status = update_create(&follower->update, &full, &config->federation.share);
        follower->own_backbone = !manifest_covers(&full, &config->federation.share, "backbone.");
    }
    if (status == STATUS_OK) status = config_canonical(config, &section);
    if (status == STATUS_OK) {
        digest_compute(options.federation, section, strlen(section));
        mask_fingerprint(options.mask, &config->federation, mask_key(follower));
        options.shared = &follower->update.base.manifest;
        options.shares_nothing = follower->update.tensors == 0;
        options.rounds = (uint32_t)config->federation.rounds;
        status = session_create(&follower->session, &options);
    }
    manifest_destroy(&full);
    free(section);
    return status;
}

enum status follower_run(const struct follower_options *options, struct link *link)
{
    struct follower *follower = calloc(1, sizeof *follower);
    if (follower == NULL) return status_fail(STATUS_NO_MEMORY, "out of memory for a participant");
    follower->options = options;
    follower->slots = options->slots;
    follower->link = link;
    enum status status = create_session(follower);
    if (status == STATUS_OK) {
        log_meanwhile(keep_in_touch, follower);
        follow(follower);
        log_meanwhile(NULL, NULL);
        show_totals(follower);
        session_job(follower->session, &follower->job);
        if (!follower->job.success) {
            const bool failed = follower->failure[0] != 0;
            status = status_fail(STATUS_STOPPED, "%s",
                                 failed ? follower->failure : follower->job.reason);
        } else if (follower->own_backbone && follower->trainer != NULL) {
            status = save_model(follower);
        }
        if (status == STATUS_OK) log_info("%s", follower->job.reason);
    }
    slots_release(&follower->slots);
    update_destroy(&follower->update);
    kept_close(&follower->kept);
    trainer_destroy(&follower->trainer);
    session_destroy(&follower->session);
    secrecy_close(&follower->secrecy);
    free(follower);
    return status;
}
