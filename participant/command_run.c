// SPDX-License-Identifier: Apache-2.0
/* fedveil participant run - takes part in a federation until it ends. */
#include "commands.h"

#include "base/argument.h"
#include "base/command_request.h"
#include "base/files.h"
#include "base/log.h"
#include "base/stop.h"
#include "credentials.h"
#include "follower.h"
#include "frequency/mask.h"
#include "secure/guarantee.h"
#include "train/networks.h"

#include <argp.h>
#include <string.h>
#include <sys/stat.h>

enum { EXIT_DONE = 0, EXIT_FAILED = 1, EXIT_WRONG_USE = 2, LINGER_MS = 2000 };

enum { OPTION_SLOTS = 256, OPTION_SLOTS_FOLDER }; // options without a letter

/* Whose words the messages are. */
static char command_name[] = "fedveil participant run";

struct request {
    struct command_request from;
    const char *out, *slots_folder;
    int slots;
};

static const struct argp_option options[] = {
    {"out", 'o', "DIR", 0, "folder for what stays here (runs/NAME)", 0},
    {"slots-folder", OPTION_SLOTS_FOLDER, "DIR", 0,
     "compute only while holding one of the slots in this folder", 0},
    {"slots", OPTION_SLOTS, "N", 0, "how many slots there are", 0},
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
    case OPTION_SLOTS_FOLDER:
        request->slots_folder = text;
        break;
    case OPTION_SLOTS:
        if (argument_integer(&request->slots, "--slots", text, 1, LIMIT_PARTICIPANTS) !=
            STATUS_OK) {
            argp_error(state, "%s", status_message());
        }
        break;
    case ARGP_KEY_END:
        if ((request->slots > 0) != (request->slots_folder != NULL)) {
            argp_error(state, "--slots and --slots-folder belong together");
        }
        break;
    default:
        return ARGP_ERR_UNKNOWN;
    }
    return 0;
}

static enum status read_config(struct config *config, const struct request *request)
{
    enum status status = command_request_read(config, &request->from);
    if (status != STATUS_OK) return status;
    const char *const needs[][3] = {
        {"participant.name", config->participant.name, "the name of this participant"},
        {"participant.coordinator", config->participant.coordinator, "tcp://HOST:PORT"},
    };
    for (size_t i = 0; status == STATUS_OK && i < sizeof needs / sizeof needs[0]; i++) {
        status = config_require(needs[i][0], needs[i][1], needs[i][2]);
    }
    if (status == STATUS_OK) status = config_check_path("data.train", config->data.train);
    if (status == STATUS_OK) status = config_check_path("data.test", config->data.test);
    if (status == STATUS_OK) status = config_check_path("data.pairs", config->data.pairs);
    if (status == STATUS_OK) status = config_check_path("data.cache", config->data.cache);
    if (status == STATUS_OK) status = config_check_path("tuning", config->tuning);
    if (status == STATUS_OK) status = networks_check_tuning(config);
    if (status == STATUS_OK) {
        status = mask_check_eigenfaces(&config->federation, config->participant.eigenfaces);
    }
    return status;
}

static int take_part(struct config *config, const struct credentials *credentials,
                     const struct request *request)
{
    char folder[LIMIT_PATH];
    struct link *link = NULL;
    struct follower_options with = {.config = config,
                                    .credentials = credentials,
                                    .folder = request->out != NULL ? request->out : folder};
    // Neighbours begin their search for a slot at different ones.
    unsigned first = 0;
    for (const char *byte = config->participant.name; *byte != 0; byte++) {
        first = 31 * first + (unsigned char)*byte;
    }
    slots_start(&with.slots, request->slots_folder, request->slots, first);
    enum status status = files_join(folder, "runs", config->participant.name);
    if (status == STATUS_OK) status = files_make_folder(with.folder);
    if (status == STATUS_OK && config->data.cache[0] == 0) {
        status = files_join(config->data.cache, with.folder, "");
    }
    if (status == STATUS_OK) {
        status = link_open(&link, config->participant.coordinator, &credentials->identity,
                           credentials->roster.coordinator.public_key);
    }
    if (status == STATUS_OK) {
        log_info("joining the federation at %s", config->participant.coordinator);
        guarantee_log(&config->federation);
        status = follower_run(&with, link);
        link_close(&link, LINGER_MS);
    }
    if (status == STATUS_OK) return EXIT_DONE;
    log_error("%s", status_message());
    return status == STATUS_BAD_CONFIG ? EXIT_WRONG_USE : EXIT_FAILED;
}

int command_run(int argc, char **argv)
{
    static const struct argp argp = {
        .options = options,
        .parser = parse,
        .children = children,
        .args_doc = "CONFIG",
        .doc = "Takes part in a federation until it ends.\v"
               "Exit code: 0 done, 1 the run failed, 2 wrong use or config."};
    struct request request = {0};
    static struct config config; // large
    static struct credentials credentials;
    argv[0] = command_name;
    umask(077); // class heads are face templates: what is written here is its owner's only
    argp_err_exit_status = EXIT_WRONG_USE;
    if (argp_parse(&argp, argc, argv, 0, NULL, &request) != 0) return EXIT_WRONG_USE;

    enum status status = read_config(&config, &request);
    if (status == STATUS_OK) status = credentials_load(&credentials, &config);
    if (status != STATUS_OK) {
        fprintf(stderr, "%s\n", status_message());
        return EXIT_WRONG_USE;
    }
    log_start(config.participant.name, (enum log_level)config.log_level);
    stop_install();
    const int code = take_part(&config, &credentials, &request);
    credentials_wipe(&credentials);
    return code;
}
