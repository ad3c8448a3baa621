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

enum { WORDS_MAX = PLAN_DEFENCES_MAX + 8 };

struct command { // words that execv() may change
    char text[WORDS_MAX][LIMIT_PATH + 32];
    char *word[WORDS_MAX + 1];
    size_t count;
};

static void add(struct command *command, const char *first, const char *second)
{
    snprintf(command->text[command->count], sizeof command->text[0], "%s%s", first, second);
    command->word[command->count] = command->text[command->count];
    command->count++;
}

static void compose(struct command *command, const char *program, const struct plan *plan)
{
    add(command, program, "");
    add(command, "compare", "");
    add(command, plan->train, "");
    add(command, "--out=", plan->comparison);
    if (plan->train_profile[0] != '\0') add(command, "--profile=", plan->train_profile);
    if (plan->train_test[0] != '\0') add(command, "--test=", plan->train_test);
    if (plan->trained && plan->victims.folder[0] != '\0') {
        add(command, "--set=data.train=", plan->victims.folder);
    }
    for (size_t d = 0; d < plan->defences; d++) {
        if (plan->defence[d].method[0] != '\0') {
            add(command, "--only=", plan->defence[d].method);
        }
    }
}

static enum status train(const struct plan *plan, const char *out)
{
    static struct command command; // too large for a stack
    char program[LIMIT_PATH], end[LINE];
    struct launcher_process process = {.name = "compare"};
    enum status status = launcher_program(program, "fedveil-sim");
    if (status == STATUS_OK) status = files_join(process.log, out, "models.log");
    if (status != STATUS_OK) return status;
    command = (struct command){.count = 0};
    compose(&command, program, plan);
    log_info("training what is missing: fedveil sim compare %s --out %s", plan->train,
             plan->comparison);
    status = launcher_start(&process, command.word, NULL);
    if (status != STATUS_OK) return status;
    follow(&process);
    if (stop_requested()) return status_fail(STATUS_STOPPED, "stopped while training");
    if (launcher_succeeded(&process)) return STATUS_OK;
    launcher_describe_end(end, sizeof end, &process);
    return status_fail(STATUS_IO, "fedveil sim compare %s %s: %s says why", plan->train, end,
                       process.log);
}

enum status models_train(struct plan *plan, const char *out)
{
    enum status status = STATUS_OK;
    if (plan->train[0] == '\0') return STATUS_OK;
    if (plan->comparison[0] == '\0') status = files_join(plan->comparison, out, "models");
    return status == STATUS_OK ? train(plan, out) : status;
}
