// SPDX-License-Identifier: Apache-2.0
/* stop - a request to end in good order: Ctrl-C, SIGTERM, or the program's own.
 *
 * What waits for the network asks stop_requested() and gives STATUS_STOPPED. The second signal of a
 * kind ends the program at once, so that a hung one can still be stopped from the keyboard. */
#ifndef BASE_STOP_H
#define BASE_STOP_H

#include <stdbool.h>

/* Takes SIGINT and SIGTERM. Called once by the program; without it signals do what they always
 * do. */
void stop_install(void);

/* Asks for the end as a signal would; safe in a signal handler and in every thread. */
void stop_request(void);

/* Whether the end was asked for. */
bool stop_requested(void);

#endif
