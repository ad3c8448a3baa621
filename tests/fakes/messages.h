// SPDX-License-Identifier: Apache-2.0
/* messages - random messages within the bounds of wire/envelope.h, of every kind and size. */
#ifndef FAKES_MESSAGES_H
#define FAKES_MESSAGES_H

#include "base/random.h"
#include "wire/envelope.h"

/* Fills a message of that kind. `payload` holds LIMIT_CHUNK bytes; a chunk or a step of the
 * exchange points to them and has at most `payload_max` of them. */
void messages_participant(struct from_participant *message, enum participant_message kind,
                          struct random *random, const uint8_t *payload, uint32_t payload_max);
void messages_coordinator(struct from_coordinator *message, enum coordinator_message kind,
                          struct random *random, const uint8_t *payload, uint32_t payload_max);

#endif
