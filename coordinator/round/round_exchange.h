// SPDX-License-Identifier: Apache-2.0
/* round_exchange - what the phases of the secure exchange have in common.
 *
 * With secure-sum an attempt has an unblinder (secure/unblinder.h), which checks what participants
 * send; the phases say who is waited for and send its payloads. Every step waits for those who are
 * there, at most federation.secure.answer_seconds; who is lost or does not answer leaves the
 * attempt. What is lost on the way is sent again when its receiver is heard of and has not
 * answered. Who breaks a rule is refused by name. */
#ifndef ROUND_ROUND_EXCHANGE_H
#define ROUND_ROUND_EXCHANGE_H

#include "round/round_private.h"

/* Begins the exchange of the cohort; STATUS as unblinder_create(). */
enum status round_exchange_open(struct round *round) CHECKED;
void round_exchange_close(struct round *round);

/* Takes the signing keys out of the roster. STATUS_BAD_CONFIG, naming the key, when no exchange can
 * be done with this config. */
enum status round_exchange_prepare(struct round *round, const struct roster *roster) CHECKED;

/* Whether the current step waits for this participant. */
bool round_exchange_awaits(const struct round *round, size_t peer);

/* How many have answered at the current step, of how many. */
size_t round_exchange_answers(const struct round *round, size_t *of);

/* Whether the step is over: nobody is waited for, or for too long. */
bool round_exchange_over(const struct round *round);

/* The next step, which begins now, in `phase`. */
void round_exchange_step(struct round *round, enum phase phase);

/* Judges what an unblinder said of a payload; true when it was taken. */
bool round_exchange_judge(struct round *round, size_t peer, enum status status);

/* Sends a payload of the coordinator, unless its receiver may have begun anew; `bytes`, from
 * malloc(), are taken over. NULL: what every receiver gets, or its parcels, is put in when the
 * message is taken out of the queue. */
void round_exchange_send(struct round *round, size_t peer, enum exchange_step step, uint8_t *bytes,
                         size_t size);
bool round_exchange_fill(struct round *round, struct output_node *node);

/* Leaves a member of the cohort out of this attempt. */
void round_exchange_leave_out(struct round *round, size_t peer, const char *reason);

/* Repeats to a member what it has not answered. */
void round_exchange_remind(struct round *round, size_t peer);

#endif
