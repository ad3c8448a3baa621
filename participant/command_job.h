// SPDX-License-Identifier: Apache-2.0
/* command_job - a command that computes something from a config and images: its command line, its
 * config, its exit code. */
#ifndef PARTICIPANT_COMMAND_JOB_H
#define PARTICIPANT_COMMAND_JOB_H

#include "base/command_request.h"

struct command_job {
    char *name;                           // begins each message: "fedveil participant mask learn"
    const char *log;                      // name in the log
    const struct argp *argp;              // has command_request_argp as a child, fills `request`
    void *request;                        // of the command
    const struct command_request *config; // a part of `request`
    enum status (*run)(const struct config *config, void *request);
};

/* Reads command line and config, starts the log, lets Ctrl-C ask for an end, takes config.threads
 * and runs the job. Returns the exit code: 0 done, 1 the job failed, 2 wrong use or config; why not
 * stands on standard error. */
int command_job(const struct command_job *job, int argc, char **argv);

#endif
