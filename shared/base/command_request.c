// SPDX-License-Identifier: Apache-2.0
#include "base/command_request.h"

#include <argp.h>

static const struct argp_option options[] = {
    {"with", 'w', "FILE", 0, "read this file over the config; may be repeated", 0},
    {"set", 's', "KEY=VALUE", 0, "change one key of the config; may be repeated", 0},
    {0},
};

static error_t parse(int key, char *text, struct argp_state *state)
{
    struct command_request *request = state->input;
    const int most = COMMAND_REQUEST_MAX;
    switch (key) {
    case 'w':
        if (request->with_count == COMMAND_REQUEST_MAX) {
            argp_error(state, "--with: at most %d", most);
        }
        request->withs[request->with_count++] = text;
        break;
    case 's':
        if (request->set_count == COMMAND_REQUEST_MAX) {
            argp_error(state, "--set: at most %d", most);
        }
        request->sets[request->set_count++] = text;
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

const struct argp command_request_argp = {.options = options, .parser = parse};

enum status command_request_read(struct config *config, const struct command_request *request)
{
    enum status status = config_load(config, request->config);
    for (size_t i = 0; status == STATUS_OK && i < request->with_count; i++) {
        status = config_load_over(config, request->withs[i]);
    }
    for (size_t i = 0; status == STATUS_OK && i < request->set_count; i++) {
        status = config_set(config, request->sets[i]);
    }
    return status == STATUS_OK ? config_check(config) : status;
}
