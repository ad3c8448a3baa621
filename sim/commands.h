// SPDX-License-Identifier: Apache-2.0
/* commands - the sub-commands of fedveil-sim. argv[0] is the command's name; they return the exit
 * code: 0 done, 1 the job failed, 2 wrong use or config. */
#ifndef SIM_COMMANDS_H
#define SIM_COMMANDS_H

enum { EXIT_DONE = 0, EXIT_FAILED = 1, EXIT_USAGE = 2 };

/* `fedveil sim run CONFIG`: a whole federation on this machine. */
int command_run(int argc, char **argv);

/* `fedveil sim compare CONFIG`: several methods and seeds, one table. */
int command_compare(int argc, char **argv);

/* `fedveil sim config reference`: every key of a config with its default and meaning. */
int command_config(int argc, char **argv);

#endif
