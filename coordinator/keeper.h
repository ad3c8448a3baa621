// SPDX-License-Identifier: Apache-2.0
/* keeper - keeps a job running: in a child process that is started anew when it crashes.
 *
 * ZeroMQ ends the process when its memory is short or a participant provokes one of its assertions,
 * and the kernel ends it when the machine's memory is short. What the job has written must let
 * another start go on with it. A job that is broken KEEPER_RESTARTS times within KEEPER_WINDOW_MS
 * is given up: what breaks it is still there. */
#ifndef COORDINATOR_KEEPER_H
#define COORDINATOR_KEEPER_H

#include <stdbool.h>

enum {
    KEEPER_RESTARTS = 5,
    KEEPER_WINDOW_MS = 60000,
    KEEPER_PAUSE_MS = 100, // before a restart; doubles with each one within the window
};

/* Makes a child and returns false in it: it does the job and ends with its code. Returns true in
 * this process once the job is over: its *code when it ended by itself with any but `again`,
 * `failed` when it was given up or killed while it was to stop. A death by a signal and the code
 * `again` make another child. SIGINT, SIGTERM and SIGHUP are passed on, and are the end of it. The
 * job dies with this process. Call it before there are threads. */
bool keeper_keep(int *code, int again, int failed);

#endif
