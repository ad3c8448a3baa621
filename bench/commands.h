// SPDX-License-Identifier: Apache-2.0
/* commands - the sub-commands of fedveil-bench. argv[0] is the command as people type it. Wrong use
 * ends the program with EXIT_USAGE and a line that says what is allowed; a job that fails returns
 * its failure, which becomes EXIT_FAILED. With --json the last line of standard output is one JSON
 * object. */
#ifndef BENCH_COMMANDS_H
#define BENCH_COMMANDS_H

#include "base/status.h"

#include <string.h>

enum { EXIT_DONE = 0, EXIT_FAILED = 1, EXIT_USAGE = 2 };

/* `fedveil bench train`, `fedveil bench embed`: images a second of a network. */
enum status command_train(int argc, char **argv) CHECKED;

/* `fedveil bench generate`: steps a second of the audit's generators in training. */
enum status command_generate(int argc, char **argv) CHECKED;

/* `fedveil bench conv`: single convolutions, forward and both gradients. */
enum status command_conv(int argc, char **argv) CHECKED;

/* `fedveil bench mask`, `mix`, `decode`: what happens to images before a network sees them. */
enum status command_prepare(int argc, char **argv) CHECKED;

/* `fedveil bench scale`: images a second against batch, threads and width. */
enum status command_scale(int argc, char **argv) CHECKED;

/* `fedveil bench tune`: the fastest plan of each convolution, into a file. */
enum status command_tune(int argc, char **argv) CHECKED;

/* `fedveil bench blind`, `unblind`: what the secure sum costs a participant and the coordinator. */
enum status command_blind(int argc, char **argv) CHECKED;

/* `fedveil bench exchange`: what the secure sum adds to a round, step by step. */
enum status command_exchange(int argc, char **argv) CHECKED;

/* `fedveil bench peak`: what the machine could do at most. */
enum status command_peak(int argc, char **argv) CHECKED;

/* `fedveil bench traffic`: the transport, and what the coordinator holds. */
enum status command_traffic(int argc, char **argv) CHECKED;

/* The word that a command was called by: "embed" of "fedveil bench embed". */
static inline const char *commands_word(char **argv)
{
    const char *space = strrchr(argv[0], ' ');
    return space == NULL ? argv[0] : space + 1;
}

#endif
