// SPDX-License-Identifier: Apache-2.0
/* registry - the attacks that an audit knows, in the order in which it runs them. */
#ifndef AUDIT_REGISTRY_H
#define AUDIT_REGISTRY_H

#include "base/config.h"
#include "base/status.h"
#include "defence/attack.h"

#include <stddef.h>

struct registry_attack {
    const char *name; // of its file and the first part of its figures
    const char *what; // for people
    attack_function *attack;
    int revision; // goes up when it comes to other figures or pictures of the same inputs
};

extern const struct registry_attack registry[];
extern const size_t registry_count;

/* The attack of that name, or NULL. */
const struct registry_attack *registry_find(const char *name);

/* STATUS_BAD_CONFIG when one of the names is no attack's. */
enum status registry_check(const struct config_texts *names) CHECKED;

#endif
