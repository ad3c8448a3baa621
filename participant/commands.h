// SPDX-License-Identifier: Apache-2.0
/* commands - the sub-commands of fedveil-participant. argv[0] is the command's name; they return
 * the exit code: 0 done, 1 the job failed, 2 wrong use or config. */
#ifndef PARTICIPANT_COMMANDS_H
#define PARTICIPANT_COMMANDS_H

/* `fedveil participant run CONFIG`: takes part in a federation until it ends. */
int command_run(int argc, char **argv);

/* `fedveil participant preflight CONFIG`: whether it could take part. */
int command_preflight(int argc, char **argv);

/* `fedveil participant evaluate --model M --test NAME=SET`. */
int command_evaluate(int argc, char **argv);

/* `fedveil participant mask WORD ...`; argv[1] is "view", "learn" or "export". */
int command_mask(int argc, char **argv);

/* `fedveil participant mask learn CONFIG --out FILE`. */
int command_mask_learn(int argc, char **argv);

/* `fedveil participant mask export CONFIG --out FILE`. */
int command_mask_export(int argc, char **argv);

/* `fedveil participant data synth --out DIR`; argv[1] is "synth". */
int command_data(int argc, char **argv);

#endif
