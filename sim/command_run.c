// SPDX-License-Identifier: Apache-2.0
/* fedveil sim run - a federation on this machine, from its keys to its report. */
#include "commands.h"

#include "base/clock.h"
#include "base/command_request.h"
#include "base/files.h"
#include "base/log.h"
#include "base/stop.h"
#include "examples.h"
#include "launcher.h"
#include "outcome.h"
#include "report/report.h"
#include "secure/guarantee.h"
#include "secure/quantise.h"
#include "supervisor.h"
#include "world.h"

#include <argp.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

/* Whose words the messages are. */
static char command_name[] = "fedveil sim run";

struct request {
    struct command_request from;
    const char *out;
    bool json;
};

static const struct argp_option options[] = {
    {"out", 'o', "DIR", 0, "folder of the run, new or empty (runs/CONFIG-DATE-TIME)", 0},
    {"json", 'j', NULL, 0, "print one JSON object as the last line", 0},
    {0},
};

static const struct argp_child children[] = {{&command_request_argp, 0, NULL, 0}, {0}};

static error_t parse(int key, char *text, struct argp_state *state)
{
    struct request *request = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &request->from;
        break;
    case 'o':
        request->out = text;
        break;
    case 'j':
        request->json = true;
        break;
    default:
        return ARGP_ERR_UNKNOWN;
    }
    return 0;
}

/* runs/<stem of the config>-<date>-<time>, with a number when that is taken. */
static void name_folder(char folder[LIMIT_PATH], const char *config)
{
    const char *slash = strrchr(config, '/');
    const char *stem = slash == NULL ? config : slash + 1;
    const char *dot = strrchr(stem, '.');
    const int length = dot == NULL || dot == stem ? (int)strlen(stem) : (int)(dot - stem);
    const time_t now = time(NULL);
    struct tm local = {0};
    char date[32];
    localtime_r(&now, &local);
    strftime(date, sizeof date, "%Y%m%d-%H%M%S", &local);
    snprintf(folder, LIMIT_PATH, "runs/%.*s-%s", length, stem, date);
    for (int i = 2; files_exists(folder); i++) {
        snprintf(folder, LIMIT_PATH, "runs/%.*s-%s-%d", length, stem, date, i);
    }
}

static void announce(const struct world *world, const struct config *config, const char *folder)
{
    log_info("%zu participant%s, %d round%s; %d train%s at once, with %d thread%s each; folder %s",
             world->participants, world->participants == 1 ? "" : "s", config->federation.rounds,
             config->federation.rounds == 1 ? "" : "s", world->slots, world->slots == 1 ? "s" : "",
             world->threads, world->threads == 1 ? "" : "s", folder);
    guarantee_log(&config->federation);
}

/* The page and the figures of a run, however it ended. */
static enum status sum_up(const struct world *world, const struct config *config,
                          const struct request *request, struct outcome_host *host)
{
    struct outcome outcome;
    enum status status = outcome_read(&outcome, world->folder, config);
    if (status != STATUS_OK) {
        outcome_destroy(&outcome);
        return status;
    }
    if (outcome.rounds > 0 && examples_write(world, config) != STATUS_OK) {
        log_warning("the report shows no faces: %s", status_message());
    }
    status = report_write(world->folder);
    if (status == STATUS_OK) status = files_join(host->model, world->folder, "model.safetensors");
    if (status == STATUS_OK) status = files_join(host->report, world->folder, "report.html");
    if (status == STATUS_OK) {
        outcome_print(stdout, &outcome, host);
        if (request->json && outcome.success) outcome_print_json(stdout, &outcome, host);
        fflush(stdout);
        if (!outcome.success) status = status_fail(STATUS_IO, "%s", outcome.reason);
    }
    outcome_destroy(&outcome);
    return status;
}

static int run(const struct request *request, struct world *world, const struct config *config)
{
    struct outcome_host host = {0};
    struct supervisor_result result = {0};
    char failure[STATUS_MESSAGE_MAX] = "";
    const double start = clock_now_seconds();
    enum status status = supervisor_run(&result, world, config);
    if (status != STATUS_OK) snprintf(failure, sizeof failure, "%s", status_message());
    host.seconds = clock_now_seconds() - start;
    host.peak_memory_largest = result.peak_memory_largest;
    host.peak_memory_mean = result.peak_memory_mean;
    const enum status summed = sum_up(world, config, request, &host);
    if (summed != STATUS_OK && status == STATUS_OK) {
        status = summed;
        snprintf(failure, sizeof failure, "%s", status_message());
    }
    if (status == STATUS_OK) return EXIT_DONE;
    log_error("%s", failure);
    return EXIT_FAILED;
}

int command_run(int argc, char **argv)
{
    static const struct argp argp = {
        .options = options,
        .parser = parse,
        .children = children,
        .args_doc = "CONFIG",
        .doc = "Runs a federation on this machine: makes keys, starts a coordinator and the "
               "participants as processes that speak over encrypted sockets, and writes models, "
               "metrics and a report into one folder."};
    static struct config config; // too large for a stack
    static struct world world;
    struct request request = {0};
    char named[LIMIT_PATH];
    argv[0] = command_name;
    argp_err_exit_status = EXIT_USAGE;
    argp_parse(&argp, argc, argv, 0, NULL, &request);
    enum status status = command_request_read(&config, &request.from);
    if (status == STATUS_OK) status = quantise_check_noise(&config.federation);
    if (status == STATUS_OK) status = world_plan(&world, &config, launcher_cores());
    if (status == STATUS_OK) {
        log_start("sim", (enum log_level)config.log_level);
        stop_install();
        if (request.out == NULL) name_folder(named, request.from.config);
        const char *folder = request.out == NULL ? named : request.out;
        announce(&world, &config, folder);
        status = world_create(&world, &config, folder);
    }
    if (status == STATUS_OK) return run(&request, &world, &config);
    fprintf(stderr, "%s\n", status_message());
    return status == STATUS_IO || status == STATUS_NO_MEMORY ? EXIT_FAILED : EXIT_USAGE;
}
