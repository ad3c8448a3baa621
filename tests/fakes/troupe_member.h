// SPDX-License-Identifier: Apache-2.0
/* troupe_member - what a participant of a troupe answers. */
#ifndef FAKES_TROUPE_MEMBER_H
#define FAKES_TROUPE_MEMBER_H

#include "fakes/troupe.h"

extern const char troupe_manifest[];
extern const float troupe_initial[TROUPE_NUMBERS];

void troupe_member_hear(struct troupe *troupe, size_t member,
                        const struct from_coordinator *message);

#endif
