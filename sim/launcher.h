// SPDX-License-Identifier: Apache-2.0
/* launcher - child processes that never outlive their parent.
 *
 * Each child leads a process group of its own, so that a Ctrl-C at the terminal reaches only the
 * simulator, which then stops its children in order; the kernel kills a child whose parent dies. A
 * child inherits nothing but standard input (/dev/null), output and error (a log file). */
#ifndef SIM_LAUNCHER_H
#define SIM_LAUNCHER_H

#include "base/limits.h"
#include "base/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct launcher_process {
    char name[LIMIT_NAME]; // for messages
    char log[LIMIT_PATH];  // what it writes to standard error is appended here
    pid_t pid;             // 0: never started
    bool running;
    int ended;            // as waitpid() gives it, once it ran and runs no more
    uint64_t peak_memory; // bytes, known at its end
};

/* The path of another program of Fedveil: beside this one, never found by PATH. */
enum status launcher_program(char path[LIMIT_PATH], const char *program) CHECKED;

/* Cores that this process may use. */
int launcher_cores(void);

/* Raises the limit of open files so that children can open `files` at once; names the limit when
 * the system allows fewer. */
enum status launcher_allow_files(size_t files) CHECKED;

/* Starts arguments[0] (a path) with name and log already set. Standard output goes to the log, or,
 * when output is not NULL, into a pipe whose reading end *output becomes (the caller closes it).
 * Fails, with the reason, when the program cannot be executed. */
enum status launcher_start(struct launcher_process *process, char *const *arguments,
                           int *output) CHECKED;

/* True once: when the process has ended since the last call. */
bool launcher_ended(struct launcher_process *process);

bool launcher_succeeded(const struct launcher_process *process);

/* Whether a signal, and not the program itself, has ended it. */
bool launcher_killed(const struct launcher_process *process);

/* "ended with code 1", "was killed by signal 9 (Killed)". */
void launcher_describe_end(char *text, size_t size, const struct launcher_process *process);

/* Sends a signal to the process and all that it has started; nothing when it has ended. */
void launcher_signal(const struct launcher_process *process, int signal);

/* The last `lines` whole lines of its log, at most size - 1 bytes; empty when there are none. */
void launcher_last_lines(char *text, size_t size, const struct launcher_process *process,
                         size_t lines);

#endif
