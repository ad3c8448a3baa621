// SPDX-License-Identifier: Apache-2.0
/* federation - keys, a roster and a hub on the loopback, for tests of the transport. */
#ifndef FAKES_FEDERATION_H
#define FAKES_FEDERATION_H

#include "secure/roster.h"
#include "wire/transport.h"

#include <stdbool.h>

enum { FEDERATION_MEMBERS = 3 };

struct federation {
    struct identity coordinator;
    struct identity member[FEDERATION_MEMBERS]; // in the roster, by index
    struct identity stranger;                   // not in the roster
    struct roster_entry entry[FEDERATION_MEMBERS];
    struct roster roster;
    struct hub *hub;
};

/* Makes the keys and opens the hub on a free port of 127.0.0.1; fails the test when it cannot. */
void federation_open(struct federation *federation);
void federation_close(struct federation *federation);

/* A link of a member or a stranger to the hub. */
struct link *federation_link(const struct federation *federation, const struct identity *identity);

/* Sends a text from the link until the hub has it from `peer`, some seconds long; false when
 * not. */
bool federation_reaches_hub(const struct federation *federation, struct link *link,
                            const char *text, size_t peer);

/* Sends a text to the peer until its link has it. */
bool federation_reaches_link(const struct federation *federation, struct link *link,
                             const char *text, size_t peer);

#endif
