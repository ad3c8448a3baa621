// SPDX-License-Identifier: Apache-2.0
#include "models.h"

#include "base/files.h"
#include "base/log.h"
#include "base/stop.h"
#include "launcher.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum { LINE = 256 };

/* Tells what the child says, until it has ended; a request to stop is passed on. */
static void follow(struct launcher_process *process)
{
    const struct timespec pause = {.tv_nsec = 200 * 1000 * 1000};
    char last[LINE] = "", line[LINE];
    bool told = false;
    while (!launcher_ended(process)) {
        nanosleep(&pause, NULL);
        if (stop_requested() && !told) {
            launcher_signal(process, SIGINT);
            told = true;
        }
        launcher_last_lines(line, sizeof line, process, 1);
        if (line[0] == '\0' || strcmp(line, last) == 0) continue;
        memcpy(last, line, sizeof last);
        const char *words = strstr(line, process->name); // after the child's own time and level
        log_info("training: %s", words == NULL ? line : words);
    }
}

static enum status train(const struct plan *plan, const char *out)
{
    char program[LIMIT_PATH], config[LIMIT_PATH], folder[LIMIT_PATH], profile[LIMIT_NAME];
    char verb[] = "compare", out_word[] = "--out", profile_word[] = "--profile", end[LINE];
    struct launcher_process process = {.name = "compare"};
    snprintf(config, sizeof config, "%s", plan->train);
    snprintf(folder, sizeof folder, "%s", plan->comparison);
    snprintf(profile, sizeof profile, "%s", plan->train_profile);
    enum status status = launcher_program(program, "fedveil-sim");
    if (status == STATUS_OK) status = files_join(process.log, out, "models.log");
    if (status != STATUS_OK) return status;
    char *const arguments[] = {program,
                               verb,
                               config,
                               out_word,
                               folder,
                               profile[0] == '\0' ? NULL : profile_word,
                               profile[0] == '\0' ? NULL : profile,
                               NULL};
    log_info("training what is missing: fedveil sim compare %s --out %s", config, folder);
    status = launcher_start(&process, arguments, NULL);
    if (status != STATUS_OK) return status;
    follow(&process);
    if (stop_requested()) return status_fail(STATUS_STOPPED, "stopped while training");
    if (launcher_succeeded(&process)) return STATUS_OK;
    launcher_describe_end(end, sizeof end, &process);
    return status_fail(STATUS_IO, "fedveil sim compare %s %s: %s says why", config, end,
                       process.log);
}

enum status models_train(struct plan *plan, const char *out)
{
    enum status status = STATUS_OK;
    if (plan->train[0] == '\0') return STATUS_OK;
    if (plan->comparison[0] == '\0') status = files_join(plan->comparison, out, "models");
    return status == STATUS_OK ? train(plan, out) : status;
}
