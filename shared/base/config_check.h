// SPDX-License-Identifier: Apache-2.0
/* config_check - rules between keys that no single range can express. Private to config. */
#ifndef BASE_CONFIG_CHECK_H
#define BASE_CONFIG_CHECK_H

#include "base/config.h"

struct config_fault {
    const char *key; // the key at fault
    char text[512];  // what is wrong, what is allowed
};

/* The first rule that the config breaks: STATUS_BAD_CONFIG and `fault`. Sets no status message. */
enum status config_check_relations(const struct config *config, struct config_fault *fault) CHECKED;

#endif
