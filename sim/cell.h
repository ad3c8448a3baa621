// SPDX-License-Identifier: Apache-2.0
/* cell - one training and its verification within a comparison, as processes, kept in a folder.
 *
 *     CELL/config.yaml    what it is: written before it starts; another config is refused there
 *     CELL/effective.yaml the same with this machine's threads and slots
 *     CELL/learned.yaml   what `mask learn WORDS` made of it, when the cell has words: bands or
 *                         budgets that the run reads over its config; with eigenfaces beside it in
 *                         learned.safetensors, which the verification is given
 *     CELL/run/           the run, with its model
 *     CELL/trained.json   what the run printed, once it has ended
 *     CELL/result.json    the figures, written last: with it the cell is finished
 *     CELL/log.txt        what the programs said
 *
 * Files appear whole or not at all, so that a cell that was killed is seen as not finished. It is
 * started anew; what has been learned and a training that has ended are not repeated. The words are
 * a part of the cell's config, as its last line; the time of learning is not counted. */
#ifndef SIM_CELL_H
#define SIM_CELL_H

#include "base/config.h"
#include "base/limits.h"
#include "base/status.h"
#include "launcher.h"

#include <stdbool.h>

enum { CELL_TESTS_MAX = 16 };

struct cell_test {
    char name[LIMIT_NAME], spec[LIMIT_PATH];
};

/* Test sets of all cells; with count 0 a run verifies its own last model. */
struct cell_tests {
    struct cell_test test[CELL_TESTS_MAX];
    size_t count;
};

/* Adds "NAME=SPEC"; names differ. */
enum status cell_add_test(struct cell_tests *tests, const char *text) CHECKED;

/* Sees that what the tests name is there, before anything is trained for them. */
enum status cell_check_tests(const struct cell_tests *tests) CHECKED;

struct cell_score {
    double accuracy, deviation, tar_at_far_1e3; // NaN: none
    char sha256[65];
};

struct cell_result {
    struct cell_score score[CELL_TESTS_MAX]; // of each test, or of the run's own at 0
    double loss, seconds, bytes_up, bytes_down, peak_rss_bytes;
    char k_share[256];        // "2:0.41 3:0.59"
    char digest[65];          // of config.yaml
    char version[LIMIT_NAME]; // of the program, with its commit
    char failure[512];        // empty: none
};

enum cell_state {
    CELL_WAITING,
    CELL_LEFT_OUT, // waits for another call
    CELL_LEARNING,
    CELL_TRAINING,
    CELL_VERIFYING,
    CELL_DONE,
    CELL_DIVERGED,
    CELL_FAILED
};

struct cell {
    const struct config *config; // of its row
    uint64_t seed;
    const struct config_texts *learn; // words of `mask learn`; NULL or none: nothing is learned
    const struct cell_tests *tests;
    char folder[LIMIT_PATH];
    enum cell_state state;
    struct cell_result result; // when it is done
    struct launcher_process process;
};

/* Looks what is there: CELL_DONE or CELL_DIVERGED when it is finished, CELL_WAITING otherwise.
 * STATUS_BAD_CONFIG when the folder holds another config. Creates nothing. */
enum status cell_open(struct cell *cell) CHECKED;

/* Starts a waiting cell with so many threads. */
enum status cell_start(struct cell *cell, int threads) CHECKED;

/* Looks at the processes of a started cell and goes on with the next one, or ends it. Only what
 * concerns the folder itself is a failure; a failed training is a state. */
enum status cell_look(struct cell *cell) CHECKED;

/* Whether its processes run. */
bool cell_running(const struct cell *cell);

/* Config of the cell as text, the caller's to free; and, for the columns, "done", "diverged", .. */
enum status cell_config(const struct cell *cell, char **text) CHECKED;
const char *cell_state_word(enum cell_state state);

/* Whether a run must verify its model itself: without tests, or when statistics or the model itself
 * stay with the participants, so that the published model alone is nobody's. */
bool cell_own(const struct config *config, const struct cell_tests *tests);

#endif
