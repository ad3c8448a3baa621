// SPDX-License-Identifier: Apache-2.0
/* fedveil coordinator run - leads a federation from the first round to the report. */
#include "commands.h"

#include "base/clock.h"
#include "base/command_request.h"
#include "base/files.h"
#include "base/log.h"
#include "base/stop.h"
#include "keeper.h"
#include "leader.h"
#include "secure/roster.h"
#include "table.h"

#include <argp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LINGER_MS = 3000 };

/* Whose words the messages are. */
static char command_name[] = "fedveil coordinator run";

struct request {
    struct command_request from;
    const char *out;
    bool json, supervise;
};

static const struct argp_option options[] = {
    {"out", 'o', "DIR", 0,
     "folder of the run (runs/coordinator): a new one, or one that was cut off and goes on", 0},
    {"supervise", 's', NULL, 0, "start the coordinator anew when it crashes", 0},
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
    case 's':
        request->supervise = true;
        break;
    default:
        return ARGP_ERR_UNKNOWN;
    }
    return 0;
}

static enum status read_config(struct config *config, const struct request *request)
{
    enum status status = command_request_read(config, &request->from);
    if (status == STATUS_OK && config->coordinator.secret_key[0] == 0) {
        status = status_fail(STATUS_BAD_CONFIG, "coordinator.secret_key: no key file is given; "
                                                "fedveil keys makes one");
    }
    if (status == STATUS_OK && config->coordinator.roster[0] == 0) {
        status = status_fail(STATUS_BAD_CONFIG, "coordinator.roster: no file is given; it names "
                                                "who may take part");
    }
    return status;
}

static int lead(const struct config *config, const struct roster *roster, struct hub **hub,
                const struct request *request)
{
    struct table table;
    struct leader_result result;
    const double start = clock_now_seconds();
    table_start(&table, stdout, config);
    const enum status status = leader_run(&result, &table, *hub, config, roster, request->out);
    hub_close(hub, LINGER_MS);
    if (status != STATUS_OK) {
        log_error("%s", status_message());
        return status == STATUS_BAD_CONFIG || status == STATUS_BAD_INPUT ? EXIT_WRONG_USE
                                                                         : EXIT_FAILED;
    }
    if (result.broken) {
        log_error("%s", result.reason);
        log_error("broken off; what was published is safe, and another start with the same folder "
                  "goes on with it");
        return EXIT_AGAIN;
    }
    if (!result.success) {
        log_error("the run failed: %s", result.reason);
        return EXIT_FAILED;
    }
    log_info("%s; the final model is %s", result.reason, result.model);
    if (request->json) {
        table_print_json(&table, result.model, clock_now_seconds() - start, clock_peak_memory());
    }
    return EXIT_DONE;
}

/* The roster must name this coordinator: its participants know it by these keys. */
static enum status read_roster(struct roster *roster, const struct config *config,
                               const struct identity *identity)
{
    const struct identity_public own = identity_public_part(identity);
    const enum status status = roster_load(roster, config->coordinator.roster);
    if (status != STATUS_OK || roster_is_of(&roster->coordinator, &own)) return status;
    return status_fail(STATUS_BAD_CONFIG, "%s names a coordinator with other keys than %s",
                       config->coordinator.roster, config->coordinator.secret_key);
}

/* A run that goes on listens where it listened before, though any free port was asked for. */
static enum status find_endpoint(struct config *config, const char *folder)
{
    char path[LIMIT_PATH];
    uint8_t *text = NULL;
    size_t size = 0;
    const char *port = strrchr(config->coordinator.listen, ':');
    if (port == NULL || (strcmp(port, ":*") != 0 && strcmp(port, ":0") != 0)) return STATUS_OK;
    enum status status = files_join(path, folder, "endpoint");
    if (status != STATUS_OK || !files_exists(path)) return status;
    status = files_read(&text, &size, path, LIMIT_PATH - 1);
    if (status == STATUS_OK) {
        snprintf(config->coordinator.listen, sizeof config->coordinator.listen, "%.*s",
                 (int)strcspn((const char *)text, "\n"), (const char *)text);
    }
    free(text);
    return status;
}

static int lead_from_config(const struct request *request)
{
    static struct config config; // large
    struct identity identity = {0};
    struct roster roster = {0};
    struct hub *hub = NULL;
    enum status status = read_config(&config, request);
    if (status == STATUS_OK) {
        status = identity_load(&identity, config.coordinator.secret_key,
                               config.coordinator.passphrase_file);
    }
    if (status == STATUS_OK) status = read_roster(&roster, &config, &identity);
    if (status != STATUS_OK) {
        fprintf(stderr, "%s\n", status_message());
        roster_destroy(&roster);
        identity_wipe(&identity);
        return EXIT_WRONG_USE;
    }
    log_start("coordinator", (enum log_level)config.log_level);
    stop_install();
    int code = EXIT_FAILED;
    status = find_endpoint(&config, request->out);
    if (status == STATUS_OK) {
        status = hub_open(&hub, config.coordinator.listen, &identity, &roster);
    }
    identity_wipe(&identity);
    if (status == STATUS_OK) {
        code = lead(&config, &roster, &hub, request);
    } else {
        log_error("%s", status_message());
    }
    roster_destroy(&roster);
    return code;
}

int command_run(int argc, char **argv)
{
    static const struct argp argp = {
        .options = options,
        .parser = parse,
        .children = children,
        .args_doc = "CONFIG",
        .doc = "Leads a federation from the first round to the report.\v"
               "Exit code: 0 done, 1 the run failed, 2 wrong use or config, 3 broken off: another "
               "start goes on with the run, as --supervise makes it."};
    struct request request = {.out = "runs/coordinator"};
    argv[0] = command_name;
    argp_err_exit_status = EXIT_WRONG_USE;
    if (argp_parse(&argp, argc, argv, 0, NULL, &request) != 0) return EXIT_WRONG_USE;
    log_start("coordinator", LOG_INFO);
    int code = EXIT_DONE;
    if (request.supervise && keeper_keep(&code, EXIT_AGAIN, EXIT_FAILED)) return code;
    return lead_from_config(&request);
}
