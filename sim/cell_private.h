// SPDX-License-Identifier: Apache-2.0
/* cell_private - the programs and the files of a cell. */
#ifndef SIM_CELL_PRIVATE_H
#define SIM_CELL_PRIVATE_H

#include "cell.h"

enum { CELL_JSON_MAX = 64 * 1024 }; // bytes of a line that a program printed

/* Whether it has words of `mask learn`. */
bool cell_learns(const struct cell *cell);

/* Start the program of a state and set the state: the mask's, or at once the training when there is
 * nothing to learn; the training's; the verification's. */
enum status cell_learn(struct cell *cell) CHECKED;
enum status cell_train(struct cell *cell) CHECKED;
enum status cell_verify(struct cell *cell) CHECKED;

/* Reads result.json into the cell's result and state; CELL_WAITING when there is none or it is of
 * other tests. */
enum status cell_read_result(struct cell *cell) CHECKED;

/* Figures of the run, from trained.json and run/metrics.csv. */
enum status cell_read_trained(struct cell *cell) CHECKED;

/* Scores of the tests, from the line that `evaluate` printed. */
enum status cell_read_scores(struct cell *cell, const char *line) CHECKED;

/* Writes result.json as the cell's state and result say. */
enum status cell_write_result(const struct cell *cell) CHECKED;

#endif
