// SPDX-License-Identifier: Apache-2.0
/* monitor - shows how far a run is: the coordinator's table, and one progress line for all parties.
 *
 * Follows the logs of the parties. Where each says how far it is ("training 64/320 images"), those
 * that do the same are added up; warnings are repeated, up to a limit. While nobody makes
 * progress, the coordinator's lines are repeated: they say what is waited for. */
#ifndef SIM_MONITOR_H
#define SIM_MONITOR_H

#include "base/limits.h"
#include "base/status.h"
#include "launcher.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct monitor;

/* What one line of a log says. */
struct monitor_line {
    enum { MONITOR_PLAIN, MONITOR_WARNING, MONITOR_ERROR, MONITOR_PROGRESS } kind;
    const char *text; // "WHO: ...", a part of the line
    char what[LIMIT_NAME], unit[LIMIT_NAME];
    uint64_t done, total;
};

struct monitor_options {
    const char *folder;  // of the run
    size_t participants; // processes
    size_t cohort;       // how many of them take part in a round
    uint32_t rounds;     // of the run
};

enum status monitor_create(struct monitor **monitor, const struct monitor_options *options) CHECKED;
void monitor_destroy(struct monitor **monitor);

/* Prints what the coordinator has printed, over an open progress line. */
void monitor_print(const char *bytes, size_t size);

/* Looks at the logs and shows what has changed. */
void monitor_look(struct monitor *monitor, const struct launcher_process *coordinator,
                  const struct launcher_process *participants, size_t count);

/* Reads "HH:MM:SS LEVEL WHO: TEXT"; progress is a text "WHAT DONE/TOTAL UNIT ...". */
void monitor_parse(struct monitor_line *parsed, const char *line);

#endif
