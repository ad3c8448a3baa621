// SPDX-License-Identifier: Apache-2.0
/* commands - the sub-commands of fedveil-audit. argv[0] is the command's name; they return the exit
 * code: 0 done, 1 the job or one of its attacks failed, diverged or was stopped, 2 wrong use or
 * config. */
#ifndef AUDIT_COMMANDS_H
#define AUDIT_COMMANDS_H

enum { EXIT_DONE = 0, EXIT_FAILED = 1, EXIT_USAGE = 2 };

/* `fedveil audit run CONFIG`: attacks what was trained. */
int command_run(int argc, char **argv);

/* `fedveil audit measure A B ...`: how alike pictures are. */
int command_measure(int argc, char **argv);

#endif
