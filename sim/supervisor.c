// SPDX-License-Identifier: Apache-2.0
#include "supervisor.h"

#include "base/clock.h"
#include "base/files.h"
#include "base/log.h"
#include "base/stop.h"
#include "launcher.h"
#include "monitor.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    LOOK_MS = 100,         // between two looks at the processes
    SAY_MS = 5000,         // between two lines about what is waited for
    LISTEN_MS = 30000,     // a coordinator that does not listen by then never will
    TOO_FEW_MS = 10000,    // for the coordinator to fail by itself
    LEAVE_MS = 30000,      // after the run, participants may save what they keep
    GRACE_MS = 10000,      // after SIGTERM
    COORDINATOR_MS = 5000, // after SIGTERM, to tell the participants
    LAST_LINES = 8,        // of a dead coordinator's log
    MANY = 50,             // participants whose start is shown
    BEGINNING_EACH = 4,    // processes for each core that are being loaded
    BEGINNING_MS = 5,
    FILES_EACH = 4, // open files of the coordinator for a participant
    FILES_MORE = 256,
};

struct supervisor {
    const struct world *world;
    const struct config *config;
    struct launcher_process coordinator;
    struct launcher_process *participants;
    size_t started, lost;
    bool stopping;                         // then nobody's end is a surprise
    const struct launcher_process *faulty; // a participant that failed before it ever trained
    int table;                             // what the coordinator prints
    char coordinator_program[LIMIT_PATH], participant_program[LIMIT_PATH];
    struct monitor *monitor;
};

/* Passes on what the coordinator printed since the last time; waits for it at most wait_ms. */
static void pass_table_on(struct supervisor *s, int wait_ms)
{
    char bytes[4096];
    struct pollfd ready = {.fd = s->table, .events = POLLIN};
    if (poll(&ready, s->table >= 0, wait_ms) <= 0) return;
    const ssize_t got = read(s->table, bytes, sizeof bytes);
    if (got > 0) {
        monitor_print(bytes, (size_t)got);
        return;
    }
    if (got == 0 || (errno != EINTR && errno != EAGAIN)) {
        close(s->table);
        s->table = -1;
    }
}

static size_t running(const struct supervisor *s)
{
    size_t count = 0;
    for (size_t i = 0; i < s->started; i++) {
        count += s->participants[i].running;
    }
    return count;
}

/* Whether a participant failed before it ever trained: its data or settings are at fault, and it is
 * better to hear of it now than at the end. */
static bool is_faulty(const struct supervisor *s, size_t index)
{
    char path[LIMIT_PATH];
    return !launcher_killed(&s->participants[index]) &&
           world_participant_path(path, s->world, index, "private.safetensors") == STATUS_OK &&
           !files_exists(path);
}

/* Names those who have failed since the last time, unless the whole run is being stopped. */
static void look_after_participants(struct supervisor *s)
{
    char how[128], line[512];
    struct monitor_line last;
    for (size_t i = 0; i < s->started; i++) {
        struct launcher_process *process = &s->participants[i];
        if (!launcher_ended(process) || launcher_succeeded(process) || s->stopping) continue;
        s->lost++;
        launcher_describe_end(how, sizeof how, process);
        launcher_last_lines(line, sizeof line, process, 1);
        monitor_parse(&last, line);
        log_warning("%s %s; its last line in %s: %s", process->name, how, process->log, last.text);
        if (is_faulty(s, i)) s->faulty = process;
    }
}

/* The coordinator has ended and should not have: shows the end of its log. */
static enum status coordinator_failed(struct supervisor *s)
{
    char how[128], lines[2048], *rest = NULL;
    launcher_describe_end(how, sizeof how, &s->coordinator);
    launcher_last_lines(lines, sizeof lines, &s->coordinator, LAST_LINES);
    log_error("the coordinator %s; the end of %s:", how, s->coordinator.log);
    for (char *line = strtok_r(lines, "\n", &rest); line != NULL;
         line = strtok_r(NULL, "\n", &rest)) {
        log_error("    %s", line);
    }
    return status_fail(STATUS_IO, "the coordinator %s", how);
}

static enum status start_coordinator(struct supervisor *s)
{
    char path[LIMIT_PATH], folder[LIMIT_PATH], run[] = "run", out[] = "--out";
    snprintf(s->coordinator.name, sizeof s->coordinator.name, "coordinator");
    enum status status = world_coordinator_path(s->coordinator.log, s->world, "log.txt");
    if (status == STATUS_OK) status = world_coordinator_path(path, s->world, "config.yaml");
    if (status != STATUS_OK) return status;
    memcpy(folder, s->world->folder, sizeof folder);
    char *const arguments[] = {s->coordinator_program, run, path, out, folder, NULL};
    return launcher_start(&s->coordinator, arguments, &s->table);
}

/* The coordinator writes where it listens into a file, whole, once it does. */
static enum status wait_for_endpoint(struct supervisor *s, char endpoint[LIMIT_PATH])
{
    char path[LIMIT_PATH];
    uint8_t *bytes = NULL;
    size_t size = 0;
    enum status status = files_join(path, s->world->folder, "endpoint");
    const uint64_t start = clock_now_ms();
    while (status == STATUS_OK && !files_exists(path)) {
        if (stop_requested()) return status_fail(STATUS_STOPPED, "stopped on request");
        pass_table_on(s, LOOK_MS);
        if (launcher_ended(&s->coordinator)) return coordinator_failed(s);
        if (clock_now_ms() - start > LISTEN_MS) {
            status = status_fail(STATUS_TIMEOUT, "the coordinator does not listen after %d s: %s",
                                 LISTEN_MS / 1000, s->coordinator.log);
        }
    }
    if (status == STATUS_OK) status = files_read(&bytes, &size, path, LIMIT_PATH - 1);
    if (status != STATUS_OK) return status;
    snprintf(endpoint, LIMIT_PATH, "%.*s", (int)strcspn((const char *)bytes, "\n"),
             (const char *)bytes);
    free(bytes);
    return STATUS_OK;
}

static enum status start_participant(struct supervisor *s, size_t index)
{
    struct launcher_process *process = &s->participants[index];
    char config[LIMIT_PATH], folder[LIMIT_PATH], slots_folder[LIMIT_PATH], slots[16];
    char run[] = "run", out[] = "--out", in[] = "--slots-folder", at_once[] = "--slots";
    world_name(process->name, s->world, index);
    enum status status = world_participant_path(process->log, s->world, index, "log.txt");
    if (status == STATUS_OK) {
        status = world_participant_path(config, s->world, index, "config.yaml");
    }
    if (status == STATUS_OK) status = world_participant_path(folder, s->world, index, "");
    if (status == STATUS_OK) status = files_join(slots_folder, s->world->folder, "slots");
    if (status != STATUS_OK) return status;
    snprintf(slots, sizeof slots, "%d", s->world->slots);
    char *const arguments[] = {s->participant_program, run,     config, out, folder, in,
                               slots_folder,           at_once, slots,  NULL};
    return launcher_start(process, arguments, NULL);
}

/* Those that run and have not said a word: they are still being loaded. */
static size_t beginning(const struct supervisor *s)
{
    size_t count = 0;
    for (size_t i = 0; i < s->started; i++) {
        struct stat log = {0};
        if (!s->participants[i].running) continue;
        count += stat(s->participants[i].log, &log) == 0 && log.st_size == 0;
    }
    return count;
}

/* Not hundreds at once: they would keep the coordinator from answering those who are ready. */
static enum status start_participants(struct supervisor *s)
{
    const size_t at_once = (size_t)launcher_cores() * BEGINNING_EACH;
    enum status status = STATUS_OK;
    while (status == STATUS_OK && s->started < s->world->participants) {
        if (stop_requested()) return status_fail(STATUS_STOPPED, "stopped on request");
        if (launcher_ended(&s->coordinator)) return coordinator_failed(s);
        if (beginning(s) < at_once) {
            status = start_participant(s, s->started);
            if (status == STATUS_OK) s->started++;
            pass_table_on(s, 0);
        } else {
            pass_table_on(s, BEGINNING_MS);
            look_after_participants(s);
        }
        if (s->world->participants >= MANY) {
            log_progress("starting", s->started, s->world->participants, "participants");
        }
    }
    return status;
}

/* Whether too few participants are left for too long: the coordinator has had the time to find that
 * out and to write down why the run failed. */
static bool too_few(struct supervisor *s, uint64_t *since)
{
    const size_t left = s->started - s->lost;
    const size_t least = config_reporters(&s->config->federation);
    if (left >= least) return false;
    const uint64_t now = clock_now_ms();
    if (*since == 0) {
        *since = now;
        log_warning("%zu of %zu participants are left, at least %zu are needed: the "
                    "coordinator ends the run, or is stopped in %d s",
                    left, s->started, least, TOO_FEW_MS / 1000);
    }
    return now - *since >= TOO_FEW_MS;
}

/* Looks and waits until the coordinator has ended. */
static enum status watch(struct supervisor *s)
{
    uint64_t too_few_since = 0;
    while (!launcher_ended(&s->coordinator)) {
        if (stop_requested()) return status_fail(STATUS_STOPPED, "stopped on request");
        pass_table_on(s, LOOK_MS);
        look_after_participants(s);
        monitor_look(s->monitor, &s->coordinator, s->participants, s->started);
        if (s->faulty != NULL) {
            return status_fail(STATUS_IO, "%s failed before it ever trained", s->faulty->name);
        }
        if (too_few(s, &too_few_since)) {
            return status_fail(STATUS_IO, "too few participants are left");
        }
    }
    while (s->table >= 0) {
        pass_table_on(s, LOOK_MS);
    }
    return launcher_succeeded(&s->coordinator) ? STATUS_OK : coordinator_failed(s);
}

/* Waits until a process, or all participants, have ended; a signal makes it shorter. */
static void wait_for(struct supervisor *s, bool coordinator, uint64_t wait_ms, bool hurry)
{
    const uint64_t start = clock_now_ms();
    uint64_t said = start;
    for (;;) {
        launcher_ended(&s->coordinator);
        look_after_participants(s);
        const size_t left = coordinator ? s->coordinator.running : running(s);
        const uint64_t now = clock_now_ms();
        if (left == 0 || now - start >= wait_ms || (hurry && stop_requested())) return;
        if (now - said >= SAY_MS) {
            log_info("waiting for %zu process%s to end, %llu s more at most", left,
                     left == 1 ? "" : "es", (unsigned long long)(wait_ms - (now - start)) / 1000);
            said = now;
        }
        if (s->table >= 0) {
            pass_table_on(s, LOOK_MS);
        } else {
            poll(NULL, 0, LOOK_MS);
        }
    }
}

static void signal_participants(struct supervisor *s, int number)
{
    for (size_t i = 0; i < s->started; i++) {
        launcher_signal(&s->participants[i], number);
    }
}

/* The coordinator first, so that it can tell the participants; then these; then by force. */
static void stop_all(struct supervisor *s)
{
    s->stopping = true;
    if (s->coordinator.running || running(s) > 0) {
        log_info("stopping the coordinator, then the participants; a second signal kills them");
    }
    launcher_signal(&s->coordinator, SIGTERM);
    wait_for(s, true, COORDINATOR_MS, false);
    signal_participants(s, SIGTERM);
    wait_for(s, false, GRACE_MS, false);
    if (s->coordinator.running || running(s) > 0) {
        log_warning("%zu participants and %d coordinators do not end: killed", running(s),
                    s->coordinator.running);
    }
    launcher_signal(&s->coordinator, SIGKILL);
    signal_participants(s, SIGKILL);
    wait_for(s, true, GRACE_MS, false);
    wait_for(s, false, GRACE_MS, false);
}

static enum status run_all(struct supervisor *s)
{
    char endpoint[LIMIT_PATH];
    enum status status = start_coordinator(s);
    if (status == STATUS_OK) status = wait_for_endpoint(s, endpoint);
    if (status == STATUS_OK) status = world_connect(s->world, s->config, endpoint);
    if (status == STATUS_OK) {
        log_info("the coordinator listens at %s; %zu participants start", endpoint,
                 s->world->participants);
        status = start_participants(s);
    }
    if (status == STATUS_OK) status = watch(s);
    if (status == STATUS_OK) wait_for(s, false, LEAVE_MS, true);
    return status;
}

static void sum_up(struct supervisor_result *result, const struct supervisor *s)
{
    uint64_t sum = 0;
    *result = (struct supervisor_result){.lost = s->lost};
    for (size_t i = 0; i < s->started; i++) {
        const uint64_t peak = s->participants[i].peak_memory;
        if (peak > result->peak_memory_largest) result->peak_memory_largest = peak;
        sum += peak;
    }
    if (s->started > 0) result->peak_memory_mean = sum / s->started;
}

/* What all processes inherit. */
static void set_environment(void)
{
    // Often enough for a progress line that somebody watches; who set it knows better.
    (void)setenv("FEDVEIL_PROGRESS_MS", "1000", 0);
    // A thread that waits for others gives its core away soon: another participant may want it.
    (void)setenv("GOMP_SPINCOUNT", "5000", 0);
    // Threads bound to cores by number would bind those of all participants to the same cores.
    (void)unsetenv("OMP_PROC_BIND");
    (void)unsetenv("OMP_PLACES");
    (void)unsetenv("GOMP_CPU_AFFINITY");
}

/* Everything that a run needs before its first process. */
static enum status prepare(struct supervisor *s, const struct world *world,
                           const struct config *config)
{
    const int chosen = config->federation.cohort;
    const struct monitor_options shown = {.folder = world->folder,
                                          .participants = world->participants,
                                          .cohort =
                                              chosen > 0 ? (size_t)chosen : world->participants,
                                          .rounds = (uint32_t)config->federation.rounds};
    s->world = world;
    s->config = config;
    s->table = -1;
    set_environment();
    s->participants = calloc(world->participants, sizeof *s->participants);
    if (s->participants == NULL) return status_fail(STATUS_NO_MEMORY, "out of memory: processes");
    enum status status = monitor_create(&s->monitor, &shown);
    if (status == STATUS_OK) {
        status = launcher_allow_files(world->participants * FILES_EACH + FILES_MORE);
    }
    if (status == STATUS_OK) {
        status = launcher_program(s->coordinator_program, "fedveil-coordinator");
    }
    if (status == STATUS_OK) {
        status = launcher_program(s->participant_program, "fedveil-participant");
    }
    return status;
}

enum status supervisor_run(struct supervisor_result *result, const struct world *world,
                           const struct config *config)
{
    *result = (struct supervisor_result){0};
    struct supervisor *s = calloc(1, sizeof *s);
    if (s == NULL) return status_fail(STATUS_NO_MEMORY, "out of memory: simulator");
    enum status status = prepare(s, world, config);
    if (status == STATUS_OK) {
        status = run_all(s);
        stop_all(s);
        sum_up(result, s);
    }
    if (s->table >= 0) close(s->table);
    monitor_destroy(&s->monitor);
    free(s->participants);
    free(s);
    return status;
}
