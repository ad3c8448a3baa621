// SPDX-License-Identifier: Apache-2.0
#include "traffic.h"

#include "base/clock.h"
#include "fleet.h"
#include "round/round.h"
#include "session/session.h"
#include "wire/transport.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>

enum { PATIENCE_MS = 300000, STEP_MS = 5, TICK_MS = 250, LINGER_MS = 2000, SETTLE_MS = 3000 };

/* What both processes know; made before they are. */
struct traffic_plan {
    int participants, numbers, rounds; // rounds 0: only frames
    int mib;
    struct identity coordinator;
    struct identity member[TRAFFIC_PARTICIPANTS_MAX];
    struct roster roster;
    struct config config;
    char endpoint[256]; // said by the coordinator
    atomic_int arrived; // processes
};

static double cpu_seconds(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           1e-6 * (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
}

/* ---- the coordinator ---- */

static enum status take_frames(struct traffic_result *result, const struct traffic_plan *plan,
                               struct hub *hub)
{
    const uint64_t wanted = (uint64_t)plan->mib * LIMIT_CHUNK;
    double start = 0, cpu = 0;
    while (result->bytes < wanted) {
        const uint8_t *bytes = NULL;
        size_t peer = 0, size = 0;
        const enum status status = hub_receive(hub, &peer, &bytes, &size, PATIENCE_MS);
        if (status != STATUS_OK) return status;
        if (result->bytes == 0) { // the connection stands
            start = clock_now_seconds();
            cpu = cpu_seconds();
        }
        result->bytes += size;
    }
    result->seconds = clock_now_seconds() - start;
    result->cpu_seconds = cpu_seconds() - cpu;
    return STATUS_OK;
}

/* Sends what the round says; true when it has ended. */
static bool serve_outputs(struct round *round, struct hub *hub)
{
    static struct round_output output; // large
    static uint8_t frame[LIMIT_MESSAGE];
    bool ended = false;
    while (round_next(round, &output)) {
        size_t size = 0;
        if (output.kind == ROUND_ENDED) ended = true;
        if (output.kind != ROUND_SEND ||
            envelope_pack_coordinator(frame, sizeof frame, &size, &output.message) != STATUS_OK) {
            continue;
        }
        if (hub_send(hub, output.peer, frame, size) == STATUS_NOT_FOUND) {
            round_gone(round, output.peer, clock_now_ms());
        }
    }
    return ended;
}

static enum status lead(struct traffic_result *result, const struct traffic_plan *plan,
                        struct hub *hub)
{
    static struct from_participant message; // large
    struct round *round = NULL;
    const struct round_options options = {.federation = &plan->config.federation,
                                          .roster = &plan->roster,
                                          .seed = 1,
                                          .silence_ms = PATIENCE_MS,
                                          .session = {1}};
    enum status status = round_create(&round, &options);
    const double start = clock_now_seconds(), cpu = cpu_seconds();
    uint64_t ticked_ms = 0, ended_ms = 0;
    while (status == STATUS_OK && !(ended_ms > 0 && round_settled(round)) &&
           !(ended_ms > 0 && clock_now_ms() - ended_ms > SETTLE_MS)) {
        const uint8_t *bytes = NULL;
        size_t peer = 0, size = 0;
        status = hub_receive(hub, &peer, &bytes, &size, STEP_MS);
        if (status == STATUS_OK) {
            result->bytes += size;
            status = envelope_unpack_participant(&message, bytes, size);
            if (status == STATUS_OK) round_message(round, peer, &message, clock_now_ms());
        }
        if (status == STATUS_TIMEOUT) status = STATUS_OK;
        if (clock_now_ms() - ticked_ms >= TICK_MS) {
            ticked_ms = clock_now_ms();
            round_tick(round, ticked_ms);
        }
        if (status == STATUS_OK && serve_outputs(round, hub)) {
            ended_ms = clock_now_ms();
            result->seconds = clock_now_seconds() - start;
            result->cpu_seconds = cpu_seconds() - cpu;
        }
    }
    if (status == STATUS_OK && round_phase(round) != PHASE_DONE) {
        status = status_fail(STATUS_IO, "the rounds failed");
    }
    round_destroy(&round);
    return status;
}

static enum status coordinate(struct traffic_result *result, struct traffic_plan *plan,
                              struct fleet *fleet)
{
    struct hub *hub = NULL;
    enum status status = hub_open(&hub, "tcp://127.0.0.1:*", &plan->coordinator, &plan->roster);
    if (status != STATUS_OK) return status;
    snprintf(plan->endpoint, sizeof plan->endpoint, "%s", hub_endpoint(hub));
    result->memory = clock_memory();
    status = fleet_meet(fleet);
    if (status == STATUS_OK) {
        status = plan->rounds == 0 ? take_frames(result, plan, hub) : lead(result, plan, hub);
    }
    result->peak_memory = clock_peak_memory();
    hub_close(&hub, LINGER_MS);
    return status;
}

/* ---- the participants ---- */

static enum status send_frames(const struct traffic_plan *plan)
{
    struct link *link = NULL;
    uint8_t *frame = calloc(1, LIMIT_CHUNK);
    if (frame == NULL) return status_fail(STATUS_NO_MEMORY, "out of memory for a frame");
    enum status status =
        link_open(&link, plan->endpoint, &plan->member[0], plan->coordinator.public_key);
    for (int sent = 0; status == STATUS_OK && sent < plan->mib;) {
        status = link_send(link, frame, LIMIT_CHUNK);
        if (status == STATUS_OK) sent++;
        if (status != STATUS_FULL && status != STATUS_NOT_FOUND) continue;
        const uint8_t *bytes = NULL;
        size_t size = 0;
        status = link_receive(link, &bytes, &size, 1);
        if (status == STATUS_TIMEOUT) status = STATUS_OK;
    }
    link_close(&link, PATIENCE_MS);
    free(frame);
    return status;
}

struct follower {
    struct link *link;
    struct session *session;
    bool ended;
};

static enum status work(struct follower *follower, const struct traffic_plan *plan)
{
    struct session_job job;
    float *values = NULL;
    session_job(follower->session, &job);
    const size_t count = (size_t)plan->numbers;
    const size_t bytes = count * (size_t)plan->config.federation.quantise.bits / 8;
    const struct envelope_metrics metrics = {.loss = 1};
    uint8_t *body = NULL;
    enum status status = STATUS_OK;
    switch (job.kind) {
    case SESSION_PREPARE:
        values = calloc(count, sizeof *values);
        if (values == NULL) return status_fail(STATUS_NO_MEMORY, "out of memory for a model");
        session_ready(follower->session, &values, false);
        break;
    case SESSION_LOAD:
        status = session_take_model(follower->session, &values);
        free(values);
        break;
    case SESSION_TRAIN:
        session_trained(follower->session);
        break;
    case SESSION_ENCODE:
        body = calloc(1, bytes);
        if (body == NULL) return status_fail(STATUS_NO_MEMORY, "out of memory for an update");
        session_encoded(follower->session, &body, bytes, 1, &metrics);
        break;
    case SESSION_END:
        follower->ended = true;
        if (!job.success) status = status_fail(STATUS_IO, "a participant ended: %s", job.reason);
        break;
    case SESSION_WAIT:
    case SESSION_EVALUATE:
        break;
    }
    return status;
}

static enum status look(struct follower *follower, const struct traffic_plan *plan)
{
    static struct from_coordinator message; // these are large
    static struct session_output output;
    static uint8_t frame[LIMIT_MESSAGE];
    const uint8_t *bytes = NULL;
    size_t size = 0;
    enum status status = link_receive(follower->link, &bytes, &size, 0);
    if (status == STATUS_OK) {
        status = envelope_unpack_coordinator(&message, bytes, size);
        if (status == STATUS_OK) session_message(follower->session, &message, clock_now_ms());
    }
    if (status != STATUS_OK && status != STATUS_TIMEOUT) return status;
    session_tick(follower->session, clock_now_ms());
    status = work(follower, plan);
    while (status == STATUS_OK && session_next(follower->session, &output)) {
        if (output.kind != SESSION_MESSAGE) continue;
        status = envelope_pack_participant(frame, sizeof frame, &size, &output.message);
        if (status == STATUS_OK) (void)!link_send(follower->link, frame, size);
    }
    return status;
}

static enum status start_follower(struct follower *follower, const struct traffic_plan *plan,
                                  int index, const struct manifest *manifest)
{
    struct session_options options = {.rounds = (uint32_t)plan->config.federation.rounds,
                                      .name = plan->roster.entries[index].name,
                                      .shared = manifest,
                                      .wait_ms = PATIENCE_MS};
    char *text = NULL;
    enum status status = config_canonical(&plan->config, &text);
    if (status != STATUS_OK) return status;
    digest_compute(options.federation, text, strlen(text));
    free(text);
    status = session_create(&follower->session, &options);
    if (status != STATUS_OK) return status;
    return link_open(&follower->link, plan->endpoint, &plan->member[index],
                     plan->coordinator.public_key);
}

static enum status follow(const struct traffic_plan *plan)
{
    struct manifest manifest = {0};
    const size_t shape[] = {(size_t)plan->numbers};
    struct follower *followers = calloc((size_t)plan->participants, sizeof *followers);
    if (followers == NULL) return status_fail(STATUS_NO_MEMORY, "out of memory");
    enum status status = manifest_add(&manifest, "backbone.weight", shape, 1, true);
    for (int i = 0; status == STATUS_OK && i < plan->participants; i++) {
        status = start_follower(&followers[i], plan, i, &manifest);
    }
    for (int left = plan->participants; status == STATUS_OK && left > 0;) {
        for (int i = 0; status == STATUS_OK && i < plan->participants; i++) {
            if (followers[i].ended) continue;
            status = look(&followers[i], plan);
            left -= followers[i].ended;
        }
    }
    for (int i = 0; i < plan->participants; i++) {
        session_destroy(&followers[i].session);
        link_close(&followers[i].link, LINGER_MS);
    }
    manifest_destroy(&manifest);
    free(followers);
    return status;
}

/* ---- both ---- */

static enum status take_a_side(void *result, const void *task, struct fleet *fleet)
{
    struct traffic_plan *plan = *(struct traffic_plan *const *)task;
    if (atomic_fetch_add(&plan->arrived, 1) == 0) return coordinate(result, plan, fleet);
    const enum status status = fleet_meet(fleet);
    if (status != STATUS_OK) return status;
    return plan->rounds == 0 ? send_frames(plan) : follow(plan);
}

static void prepare(struct traffic_plan *plan, struct roster_entry *entries)
{
    identity_generate(&plan->coordinator);
    for (int i = 0; i < plan->participants; i++) {
        identity_generate(&plan->member[i]);
        snprintf(entries[i].name, sizeof entries[i].name, "p%03d", i);
        memcpy(entries[i].public_key, plan->member[i].public_key, sizeof entries[i].public_key);
    }
    plan->roster = (struct roster){.count = (size_t)plan->participants, .entries = entries};
    config_defaults(&plan->config);
    plan->config.federation.privacy = PRIVACY_TRUSTED_COORDINATOR; // what is timed is the transport
    plan->config.federation.participants = plan->participants;
    plan->config.federation.reporters_min = plan->participants;
    plan->config.federation.rounds = plan->rounds;
}

static enum status run(struct traffic_result *result, int participants, int numbers, int rounds,
                       int mib)
{
    struct traffic_result results[2];
    struct roster_entry *entries = calloc((size_t)participants, sizeof *entries);
    struct traffic_plan *plan =
        mmap(NULL, sizeof *plan, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (entries == NULL || plan == MAP_FAILED) {
        free(entries);
        return status_fail(STATUS_NO_MEMORY, "out of memory for %d participants", participants);
    }
    plan->participants = participants;
    plan->numbers = numbers;
    plan->rounds = rounds;
    plan->mib = mib;
    prepare(plan, entries);
    const enum status status = fleet_run(results, sizeof *results, 2, take_a_side, &plan);
    if (status == STATUS_OK) {
        *result = results[results[0].peak_memory > 0 ? 0 : 1];
        result->model_bytes = (uint64_t)numbers * sizeof(float);
    }
    munmap(plan, sizeof *plan);
    free(entries);
    return status;
}

enum status traffic_upload(struct traffic_result *result, int mib)
{
    return run(result, 1, 1, 0, mib);
}

enum status traffic_rounds(struct traffic_result *result, int participants, int numbers, int rounds)
{
    return run(result, participants, numbers, rounds, 0);
}
