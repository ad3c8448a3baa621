// SPDX-License-Identifier: Apache-2.0
/* fedveil participant preflight - whether this participant could take part. */
#include "commands.h"

#include "base/command_request.h"
#include "base/json.h"
#include "base/log.h"
#include "preflight.h"

#include <argp.h>
#include <stdio.h>

enum { EXIT_DONE = 0, EXIT_FAILED = 1, EXIT_WRONG_USE = 2, WAIT_MS = 10000 };

/* Whose words the messages are. */
static char command_name[] = "fedveil participant preflight";

struct request {
    struct command_request from;
    bool json;
};

static const struct argp_option options[] = {
    {"json", 'j', NULL, 0, "print one JSON object as the last line", 0},
    {0},
};

static const struct argp_child children[] = {{&command_request_argp, 0, NULL, 0}, {0}};

static error_t parse(int key, char *text, struct argp_state *state)
{
    struct request *request = state->input;
    (void)text;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &request->from;
        return 0;
    case 'j':
        request->json = true;
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static void print_json(const struct preflight_check checks[PREFLIGHT_CHECKS], size_t failures)
{
    printf("{\"failures\": %zu, \"checks\": [", failures);
    for (size_t i = 0; i < PREFLIGHT_CHECKS; i++) {
        fputs(i == 0 ? "{\"name\": " : ", {\"name\": ", stdout);
        json_text(stdout, checks[i].name);
        printf(", \"ok\": %s, \"detail\": ", checks[i].ok ? "true" : "false");
        json_text(stdout, checks[i].detail);
        putchar('}');
    }
    puts("]}");
}

int command_preflight(int argc, char **argv)
{
    static const struct argp argp = {
        .options = options,
        .parser = parse,
        .children = children,
        .args_doc = "CONFIG",
        .doc = "Checks what taking part needs: key file, roster, mask, data, clock, and that the "
               "coordinator answers and admits this key. Joins nothing; the coordinator must "
               "run.\v"
               "Exit code: 0 all is well, 1 something fails, 2 wrong use or config."};
    struct request request = {0};
    static struct config config; // large
    static struct preflight_check checks[PREFLIGHT_CHECKS];
    argv[0] = command_name;
    argp_err_exit_status = EXIT_WRONG_USE;
    if (argp_parse(&argp, argc, argv, 0, NULL, &request) != 0) return EXIT_WRONG_USE;
    if (command_request_read(&config, &request.from) != STATUS_OK) {
        fprintf(stderr, "%s\n", status_message());
        return EXIT_WRONG_USE;
    }
    log_start("preflight", LOG_ERROR); // what the checks say is enough
    const size_t failures = preflight_run(checks, &config, WAIT_MS);
    for (size_t i = 0; i < PREFLIGHT_CHECKS; i++) {
        printf("%s %s: %s\n", checks[i].ok ? "ok  " : "FAIL", checks[i].name, checks[i].detail);
    }
    if (request.json) print_json(checks, failures);
    if (fflush(stdout) != 0) {
        fprintf(stderr, "%s: standard output cannot be written\n", command_name);
        return EXIT_FAILED;
    }
    return failures == 0 ? EXIT_DONE : EXIT_FAILED;
}
