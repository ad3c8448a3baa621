// SPDX-License-Identifier: Apache-2.0
/* fedveil coordinator run - leads a federation from the first round to the report. */
#include "commands.h"

#include "base/clock.h"
#include "base/config.h"
#include "base/log.h"
#include "base/stop.h"
#include "leader.h"
#include "secure/identity.h"
#include "table.h"

#include <argp.h>
#include <stdlib.h>
#include <string.h>

enum { SETS_MAX = 64, LINGER_MS = 3000 };

/* Whose words the messages are. */
static char command_name[] = "fedveil coordinator run";

struct request {
    const char *config, *out;
    const char *withs[SETS_MAX], *sets[SETS_MAX];
    size_t with_count, set_count;
    bool json;
};

static const struct argp_option options[] = {
    {"with", 'w', "FILE", 0, "read this file over the config; may be repeated", 0},
    {"set", 's', "KEY=VALUE", 0, "change one key of the config; may be repeated", 0},
    {"out", 'o', "DIR", 0, "folder of the run, without an earlier one (runs/coordinator)", 0},
    {"json", 'j', NULL, 0, "print one JSON object as the last line", 0},
    {0},
};

static error_t parse(int key, char *text, struct argp_state *state)
{
    struct request *request = state->input;
    switch (key) {
    case 'w':
        if (request->with_count == SETS_MAX) argp_error(state, "--with: at most %d", SETS_MAX);
        request->withs[request->with_count++] = text;
        break;
    case 's':
        if (request->set_count == SETS_MAX) argp_error(state, "--set: at most %d", SETS_MAX);
        request->sets[request->set_count++] = text;
        break;
    case 'o':
        request->out = text;
        break;
    case 'j':
        request->json = true;
        break;
    case ARGP_KEY_ARG:
        if (request->config != NULL) argp_error(state, "one CONFIG is wanted, %s is another", text);
        request->config = text;
        break;
    case ARGP_KEY_END:
        if (request->config == NULL) argp_error(state, "no CONFIG given");
        break;
    default:
        return ARGP_ERR_UNKNOWN;
    }
    return 0;
}

static enum status read_config(struct config *config, const struct request *request)
{
    config_defaults(config);
    enum status status = config_load(config, request->config);
    for (size_t i = 0; status == STATUS_OK && i < request->with_count; i++) {
        status = config_load_over(config, request->withs[i]);
    }
    for (size_t i = 0; status == STATUS_OK && i < request->set_count; i++) {
        status = config_set(config, request->sets[i]);
    }
    if (status == STATUS_OK) status = config_check(config);
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

int command_run(int argc, char **argv)
{
    static const struct argp argp = {options,
                                     parse,
                                     "CONFIG",
                                     "Leads a federation from the first round to the report.\v"
                                     "Exit code: 0 done, 1 the run failed, 2 wrong use or config.",
                                     NULL,
                                     NULL,
                                     NULL};
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
    if (status == STATUS_OK) status = identity_load(&identity, config.coordinator.secret_key);
    if (status == STATUS_OK) status = roster_load(&roster, config.coordinator.roster);
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
