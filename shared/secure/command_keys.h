// SPDX-License-Identifier: Apache-2.0
/* command_keys - what was asked of `fedveil keys`, and what it can do. */
#ifndef SECURE_COMMAND_KEYS_H
#define SECURE_COMMAND_KEYS_H

#include "base/status.h"

#include <stdbool.h>

struct keys_request {
    char **arguments;
    int count;
    bool passphrase; // the new key is to have one
    const char *passphrase_file, *key, *coordinator, *fingerprint, *config, *mask_key, *out;
};

/* STATUS_BAD_CONFIG is wrong use. */
enum status command_keys_init(const struct keys_request *request) CHECKED;
enum status command_keys_mask_key(const struct keys_request *request) CHECKED;
enum status command_keys_show(const struct keys_request *request) CHECKED;
enum status command_keys_roster(const struct keys_request *request) CHECKED;
enum status command_keys_accept(const struct keys_request *request) CHECKED;
enum status command_keys_kit(const struct keys_request *request) CHECKED;
enum status command_keys_open(const struct keys_request *request) CHECKED;

#endif
