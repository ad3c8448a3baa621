// SPDX-License-Identifier: Apache-2.0
/* command_request - the config that a command line asks for: CONFIG, --with FILE, --set KEY=VALUE.
 *
 * A command lists command_request_argp as its first argp child and, at ARGP_KEY_INIT, gives it a
 * zeroed struct as state->child_inputs[0]. One CONFIG is wanted; the texts stay the command
 * line's. */
#ifndef BASE_COMMAND_REQUEST_H
#define BASE_COMMAND_REQUEST_H

#include "base/config.h"

#include <stddef.h>

enum { COMMAND_REQUEST_MAX = 64 }; // of --with, and of --set

struct command_request {
    const char *config;
    const char *withs[COMMAND_REQUEST_MAX], *sets[COMMAND_REQUEST_MAX];
    size_t with_count, set_count;
};

struct argp;
extern const struct argp command_request_argp;

/* Reads CONFIG, over it the files of --with, then the changes of --set, and checks the whole. */
enum status command_request_read(struct config *config,
                                 const struct command_request *request) CHECKED;

#endif
