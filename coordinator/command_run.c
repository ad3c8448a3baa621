// SPDX-License-Identifier: Apache-2.0
/* fedveil coordinator run - leads a federation from the first round to the report. */
#include "commands.h"

#include "base/clock.h"
#include "base/command_request.h"
#include "base/log.h"
#include "base/stop.h"
#include "leader.h"
#include "secure/roster.h"
#include "table.h"

#include <argp.h>
#include <stdlib.h>
#include <string.h>

enum { LINGER_MS = 3000 };

/* Whose words the messages are. */
static char command_name[] = "fedveil coordinator run";

struct request {
    struct command_request from;
    const char *out;
    bool json;
};

static const struct argp_option options[] = {
    {"out", 'o', "DIR", 0, "folder of the run, without an earlier one (runs/coordinator)", 0},
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
    const enum status status = leader_run(&result, &table, *hub, config, roster,
                                          request->out != NULL ? request->out : "runs/coordinator");
    hub_close(hub, LINGER_MS);
    if (status != STATUS_OK) {
        log_error("%s", status_message());
        return status == STATUS_BAD_CONFIG || status == STATUS_BAD_INPUT ? EXIT_WRONG_USE
                                                                         : EXIT_FAILED;
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

int command_run(int argc, char **argv)
{
    static const struct argp argp = {
        .options = options,
        .parser = parse,
        .children = children,
        .args_doc = "CONFIG",
        .doc = "Leads a federation from the first round to the report.\v"
               "Exit code: 0 done, 1 the run failed, 2 wrong use or config."};
    struct request request = {0};
    static struct config config; // large
    struct identity identity = {0};
    struct roster roster = {0};
    struct hub *hub = NULL;
    argv[0] = command_name;
    argp_err_exit_status = EXIT_WRONG_USE;
    if (argp_parse(&argp, argc, argv, 0, NULL, &request) != 0) return EXIT_WRONG_USE;

    log_start("coordinator", LOG_INFO);
    enum status status = read_config(&config, &request);
    if (status == STATUS_OK)
        status = identity_load(&identity, config.coordinator.secret_key,
                               config.coordinator.passphrase_file);
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
    status = hub_open(&hub, config.coordinator.listen, &identity, &roster);
    identity_wipe(&identity);
    if (status == STATUS_OK) {
        code = lead(&config, &roster, &hub, &request);
    } else {
        log_error("%s", status_message());
    }
    roster_destroy(&roster);
    return code;
}
