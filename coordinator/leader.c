// SPDX-License-Identifier: Apache-2.0
#include "leader.h"

#include "base/clock.h"
#include "base/files.h"
#include "base/log.h"
#include "health.h"
#include "report/report.h"
#include "round/round.h"
#include "secure/guarantee.h"
#include "secure/quantise.h"
#include "store.h"

#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

enum {
    RECEIVE_MS = 100,   // wait for a frame
    TICK_MS = 250,      // between two looks at the clock
    WAITING_MS = 10000, // quiet for so long, then a line says what is waited for
    CSV_MS = 1000,      // between two writings of metrics.csv
    STOPPED_NS = 20000000,
    SILENCE_MS = 300000, // one step of a large network may take minutes on a slow machine
    SETTLE_MS = 5000,    // longest wait for participants to hear of the end
    MEMORY_MIB = 256,    // that may be taken where the config gives no limit,
    MEMORY_EACH_MIB = 6, // for each participant: chunks of the model on their way to it,
    MEMORY_MODELS = 8,   // and so many models
};

struct leader {
    struct hub *hub;
    struct store *store;
    struct round *round;
    struct table *table;
    uint64_t tick_ms, shown_ms;
    uint64_t bytes_up, bytes_down; // since the last published model
    uint64_t csv_ms;
    bool csv_is_old;
    bool ended;
    struct leader_result *result;
    uint64_t memory_mib;              // most that may be taken, without
    uint64_t memory_models;           // so many models
    bool keeps_initial;               // the initial model is in the store
    struct from_participant incoming; // large: one for all
    struct round_output output;
    uint8_t frame[LIMIT_MESSAGE];
};

static void show_level(enum log_level level, const char *text)
{
    switch (level) {
    case LOG_ERROR:
        log_error("%s", text);
        break;
    case LOG_WARNING:
        log_warning("%s", text);
        break;
    case LOG_INFO:
        log_info("%s", text);
        break;
    case LOG_DEBUG:
        log_debug("%s", text);
        break;
    }
}

/* What cannot be sent is lost, and asked for again; a closed connection is an event. */
static void pass_on(struct leader *leader)
{
    const struct round_output *output = &leader->output;
    size_t size = 0;
    enum status status =
        envelope_pack_coordinator(leader->frame, sizeof leader->frame, &size, &output->message);
    if (status != STATUS_OK) {
        log_error("%s: %s", envelope_coordinator_name(output->message.kind), status_message());
        return;
    }
    status = hub_send(leader->hub, output->peer, leader->frame, size);
    if (status == STATUS_OK) leader->bytes_down += size;
    if (status == STATUS_NOT_FOUND) round_gone(leader->round, output->peer, clock_now_ms());
}

/* Nothing that the journal does not have is built upon: a store that cannot write ends the
 * run. */
static void keep(struct leader *leader, enum status status)
{
    if (status == STATUS_OK) return;
    char reason[STATUS_MESSAGE_MAX];
    snprintf(reason, sizeof reason, "%s", status_message());
    log_error("%s", reason);
    round_stop(leader->round, reason);
}

/* The table for people is made from the journal, not oftener than it can be read. */
static void refresh_csv(struct leader *leader, uint64_t now_ms)
{
    if (!leader->csv_is_old || now_ms - leader->csv_ms < CSV_MS) return;
    leader->csv_is_old = false;
    leader->csv_ms = now_ms;
    keep(leader, store_write_csv(leader->store));
}

static void publish(struct leader *leader)
{
    struct store_round *record = leader->output.record;
    record->bytes_up = leader->bytes_up;
    record->bytes_down = leader->bytes_down;
    leader->bytes_up = leader->bytes_down = 0;
    leader->shown_ms = clock_now_ms();
    const enum status status = store_put_round(leader->store, record, leader->output.model);
    if (status == STATUS_OK) table_add_round(leader->table, record);
    leader->csv_is_old = true;
    keep(leader, status);
}

static void serve_outputs(struct leader *leader)
{
    struct round_output *output = &leader->output;
    while (round_next(leader->round, output)) {
        switch (output->kind) {
        case ROUND_SEND:
            pass_on(leader);
            break;
        case ROUND_NOTE:
            show_level(output->level, output->text);
            break;
        case ROUND_PUBLISHED:
            publish(leader);
            break;
        case ROUND_COUNTED:
            keep(leader, store_put_counted(leader->store, output->counted.round,
                                           output->counted.places, output->counted.count));
            break;
        case ROUND_EVALUATION:
            keep(leader, store_put_evaluation(leader->store, output->evaluation));
            table_add_evaluation(leader->table, output->evaluation);
            leader->csv_is_old = true;
            break;
        case ROUND_ENDED:
            leader->ended = true;
            leader->result->success = output->success;
            memcpy(leader->result->reason, output->text, sizeof leader->result->reason);
            break;
        }
    }
}

static void take_frame(struct leader *leader, size_t peer, const uint8_t *bytes, size_t size)
{
    leader->bytes_up += size;
    const uint64_t now_ms = clock_now_ms();
    if (envelope_unpack_participant(&leader->incoming, bytes, size) == STATUS_OK) {
        round_message(leader->round, peer, &leader->incoming, now_ms);
    } else {
        round_malformed(leader->round, peer, status_message(), now_ms);
    }
    // Before anybody hears of it: who has begun with it goes on with it.
    if (!leader->keeps_initial && round_model(leader->round) != NULL) {
        leader->keeps_initial = true;
        keep(leader, store_put_initial(leader->store, round_model(leader->round)));
    }
}

/* Gives the run up where it stands; nothing is written, so that another start goes on with it. */
static void break_off(struct leader *leader, const char *format, ...) PRINTF_LIKE(2, 3);

static void break_off(struct leader *leader, const char *format, ...)
{
    struct leader_result *result = leader->result;
    result->broken = true;
    if (leader->ended) return; // it keeps its own reason
    va_list arguments;
    va_start(arguments, format);
    const int length = vsnprintf(result->reason, sizeof result->reason, format, arguments);
    va_end(arguments);
    assert(length >= 0);
}

/* A member's connection that sends parts of one message without end is bounded by nothing in
 * ZeroMQ, and cannot be closed alone. So the whole process goes before it takes the machine's
 * memory; what was published is safe, and honest participants join the next one. */
static void watch_memory(struct leader *leader)
{
    const uint64_t model = round_numbers(leader->round) * sizeof(float);
    const uint64_t mib = 1024 * 1024;
    const uint64_t most = leader->memory_mib * mib + leader->memory_models * model;
    const uint64_t taken = clock_memory();
    if (taken <= most) return;
    break_off(leader,
              "the coordinator holds %llu MiB, at most %llu are allowed (coordinator.memory_mib): "
              "a participant sends without end, or the model needs more",
              (unsigned long long)(taken / mib), (unsigned long long)(most / mib));
}

static void look_at_clock(struct leader *leader)
{
    const uint64_t now_ms = clock_now_ms();
    if (now_ms - leader->tick_ms < TICK_MS) return;
    leader->tick_ms = now_ms;
    round_tick(leader->round, now_ms);
    watch_memory(leader);
    refresh_csv(leader, now_ms);
    if (now_ms - leader->shown_ms < WAITING_MS) return;
    leader->shown_ms = now_ms;
    char text[512];
    round_waiting(leader->round, text, sizeof text);
    if (text[0] != 0) log_info("%s", text);
}

static void step(struct leader *leader)
{
    size_t peer = 0, size = 0;
    const uint8_t *bytes = NULL;
    const enum status status = hub_receive(leader->hub, &peer, &bytes, &size, RECEIVE_MS);
    if (status == STATUS_OK) {
        take_frame(leader, peer, bytes, size);
    } else if (status == STATUS_STOPPED) {
        round_stop(leader->round, "the coordinator was stopped by a signal");
        nanosleep(&(struct timespec){.tv_nsec = STOPPED_NS}, NULL); // it does not wait any more
    } else if (status != STATUS_TIMEOUT) {
        break_off(leader, "%s", status_message());
    }
    serve_outputs(leader);
    look_at_clock(leader);
    serve_outputs(leader);
}

static void lead(struct leader *leader)
{
    leader->tick_ms = leader->shown_ms = clock_now_ms();
    while (!leader->ended && !leader->result->broken) {
        step(leader);
    }
}

/* Stays until the participants have heard of the end and gone, but not for long. */
static void settle(struct leader *leader)
{
    const uint64_t end_ms = clock_now_ms() + SETTLE_MS;
    while (!round_settled(leader->round) && clock_now_ms() < end_ms && !leader->result->broken) {
        step(leader);
    }
}

static enum status create_round(struct leader *leader, const struct config *config,
                                const struct roster *roster)
{
    struct round_options options = {.federation = &config->federation,
                                    .roster = roster,
                                    .seed = config->seed,
                                    .threads = config->threads,
                                    .silence_ms = SILENCE_MS};
    if (getrandom(options.session, sizeof options.session, 0) != sizeof options.session) {
        return status_fail(STATUS_IO, "no random numbers for the session: %s", strerror(errno));
    }
    return round_create(&leader->round, &options);
}

static void show_privacy(const struct config_federation *federation)
{
    const enum config_privacy privacy = config_privacy(federation);
    const char *name = config_word("federation.privacy", (int)privacy);
    if (privacy == PRIVACY_SECURE_SUM) {
        log_info("privacy: %s, only the sum of at least %d of %zu updates is opened", name,
                 federation->secure.cohort_min, config_cohort(federation));
    } else {
        log_info("privacy: %s, each update is seen by the coordinator", name);
    }
}

static enum status write_endpoint(const struct leader *leader, const char *folder)
{
    char path[LIMIT_PATH], text[LIMIT_PATH + 1];
    const enum status status = files_join(path, folder, "endpoint");
    if (status != STATUS_OK) return status;
    const int length = snprintf(text, sizeof text, "%s\n", hub_endpoint(leader->hub));
    return files_write(path, text, (size_t)length);
}

/* The table tells of the rounds that were published before the run was cut off as of any other. */
static enum status show_past(struct leader *leader)
{
    struct store_round *rounds = NULL;
    size_t count = 0;
    const enum status status = store_rounds(leader->store, &rounds, &count);
    for (size_t i = 0; status == STATUS_OK && i < count; i++) {
        table_add_round(leader->table, &rounds[i]);
    }
    store_free_rounds(rounds, count);
    return status;
}

static enum status go_on(struct leader *leader, struct store_past *past, const char *folder,
                         const struct config *config)
{
    const struct round_counted counted = {past->counted_round, past->counted, past->counted_count};
    log_warning("%s: going on with a run that was cut off after round %u", folder,
                (unsigned)past->round);
    leader->keeps_initial = true;
    if (config->federation.server.momentum > 0) {
        log_warning("federation.server.momentum begins anew: it is not in the journal");
    }
    const enum status status = round_continue(leader->round, past->round, &past->model, &counted);
    return status == STATUS_OK ? show_past(leader) : status;
}

/* Opens the store: of the run that was cut off in the folder, else of a new one. */
static enum status open_store(struct leader *leader, const char *folder,
                              const struct config *config)
{
    struct store_past past;
    enum status status = store_resume(&leader->store, &past, folder, config);
    if (status == STATUS_NOT_FOUND) return store_create(&leader->store, folder, config);
    if (status != STATUS_OK) return status;
    if (past.has_model) {
        status = go_on(leader, &past, folder, config);
    } else {
        log_warning("%s: going on with a run that was cut off before its first round", folder);
    }
    model_destroy(&past.model);
    free(past.counted);
    return status;
}

/* Journal and last model stand whatever happened; what fails here makes the run a failed one. */
static void finish(struct leader *leader, const char *folder)
{
    struct leader_result *result = leader->result;
    const struct model *model = round_model(leader->round);
    enum status status = store_finish(leader->store, result->success, result->reason, model);
    if (status == STATUS_OK && model != NULL) {
        status = files_join(result->model, folder, "model.safetensors");
    }
    if (status == STATUS_OK) status = store_write_csv(leader->store);
    if (status == STATUS_OK) status = report_write(folder);
    if (status != STATUS_OK && result->success) {
        result->success = false;
        snprintf(result->reason, sizeof result->reason, "%.500s", status_message());
    }
    table_end(leader->table);
    log_info("%llu messages came late, %llu were refused, %llu strangers were turned away",
             (unsigned long long)round_stale(leader->round),
             (unsigned long long)round_refused(leader->round),
             (unsigned long long)hub_refused(leader->hub));
}

static void allow_memory(struct leader *leader, const struct config *config,
                         const struct roster *roster)
{
    leader->memory_mib = (uint64_t)config->coordinator.memory_mib;
    if (leader->memory_mib > 0) return;
    leader->memory_mib = MEMORY_MIB + MEMORY_EACH_MIB * roster->count;
    leader->memory_models = MEMORY_MODELS;
}

enum status leader_run(struct leader_result *result, struct table *table, struct hub *hub,
                       const struct config *config, const struct roster *roster, const char *folder)
{
    memset(result, 0, sizeof *result);
    struct leader *leader = calloc(1, sizeof *leader);
    if (leader == NULL) return status_fail(STATUS_NO_MEMORY, "out of memory for the coordinator");
    leader->hub = hub;
    leader->table = table;
    leader->result = result;
    allow_memory(leader, config, roster);
    enum status status = quantise_check_noise(&config->federation);
    if (status == STATUS_OK) status = create_round(leader, config, roster);
    if (status == STATUS_OK) status = open_store(leader, folder, config);
    if (status == STATUS_OK) status = write_endpoint(leader, folder);
    if (status == STATUS_OK) {
        show_privacy(&config->federation);
        guarantee_log(&config->federation);
        lead(leader);
    }
    if (status == STATUS_OK && leader->ended) {
        finish(leader, folder);
        health_warn(leader->store, config->federation.rounds);
        guarantee_log(&config->federation);
        settle(leader);
        result->broken = false; // all is written
    }
    round_destroy(&leader->round);
    store_close(&leader->store);
    free(leader);
    return status;
}
