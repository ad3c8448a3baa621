// SPDX-License-Identifier: Apache-2.0
/* commands - the sub-commands of fedveil-coordinator. argv[0] is the command's name; they return
 * the exit code: 0 done, 1 the job failed, 2 wrong use or config, 3 broken off: another start goes
 * on with it. */
#ifndef COORDINATOR_COMMANDS_H
#define COORDINATOR_COMMANDS_H

enum { EXIT_DONE = 0, EXIT_FAILED = 1, EXIT_WRONG_USE = 2, EXIT_AGAIN = 3 };

/* `fedveil coordinator run CONFIG`: leads a federation from the first round to the report. */
int command_run(int argc, char **argv);

#endif
