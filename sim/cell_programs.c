// SPDX-License-Identifier: Apache-2.0
#include "cell_private.h"

#include "base/files.h"

#include <stdio.h>
#include <stdlib.h>

bool cell_learns(const struct cell *cell)
{
    return cell->learn != NULL && cell->learn->count > 0;
}

enum status cell_train(struct cell *cell)
{
    char program[LIMIT_PATH], config[LIMIT_PATH], folder[LIMIT_PATH], learned[LIMIT_PATH];
    char run[] = "run", out[] = "--out", json[] = "--json", with[] = "--with";
    enum status status = launcher_program(program, "fedveil-sim");
    if (status == STATUS_OK) status = files_join(config, cell->folder, "effective.yaml");
    if (status == STATUS_OK) status = files_join(folder, cell->folder, "run");
    if (status == STATUS_OK) status = files_join(learned, cell->folder, "learned.yaml");
    char *arguments[] = {program, run, config, out, folder, json, NULL, NULL, NULL};
    if (cell_learns(cell)) {
        arguments[6] = with;
        arguments[7] = learned;
    }
    if (status == STATUS_OK) status = launcher_start(&cell->process, arguments, NULL);
    if (status == STATUS_OK) cell->state = CELL_TRAINING;
    return status;
}

enum status cell_learn(struct cell *cell)
{
    char program[LIMIT_PATH], config[LIMIT_PATH], learned[LIMIT_PATH];
    char mask[] = "mask", verb[] = "learn", out[] = "--out";
    char *arguments[7 + LIMIT_LIST] = {program, mask, verb, config};
    enum status status = files_join(learned, cell->folder, "learned.yaml");
    if (status == STATUS_OK && (!cell_learns(cell) || files_exists(learned)))
        return cell_train(cell);
    if (status == STATUS_OK) status = launcher_program(program, "fedveil-participant");
    if (status == STATUS_OK) status = files_join(config, cell->folder, "effective.yaml");
    if (status != STATUS_OK) return status;
    struct config_texts words = *cell->learn; // arguments are not constant
    size_t count = 4;
    for (size_t i = 0; i < words.count; i++) {
        arguments[count++] = words.values[i];
    }
    arguments[count++] = out;
    arguments[count++] = learned;
    status = launcher_start(&cell->process, arguments, NULL);
    if (status == STATUS_OK) cell->state = CELL_LEARNING;
    return status;
}

/* The arguments of the tests, with `texts` as their memory. */
static size_t add_tests(char **arguments, const struct cell_tests *tests,
                        char (*texts)[LIMIT_NAME + LIMIT_PATH])
{
    static char test[] = "--test";
    size_t count = 0;
    for (size_t i = 0; i < tests->count; i++) {
        snprintf(texts[i], sizeof texts[i], "%s=%s", tests->test[i].name, tests->test[i].spec);
        arguments[count++] = test;
        arguments[count++] = texts[i];
    }
    return count;
}

enum status cell_verify(struct cell *cell)
{
    char program[LIMIT_PATH], model[LIMIT_PATH], key[LIMIT_PATH], faces[LIMIT_PATH];
    char evaluate[] = "evaluate", is[] = "--model", with[] = "--mask-key", json[] = "--json";
    char eigenfaces[] = "--eigenfaces";
    char *arguments[10 + 2 * CELL_TESTS_MAX] = {program, evaluate, is, model, json};
    char(*texts)[LIMIT_NAME + LIMIT_PATH] = calloc(CELL_TESTS_MAX, sizeof *texts);
    if (texts == NULL) return status_fail(STATUS_NO_MEMORY, "out of memory: tests");
    enum status status = launcher_program(program, "fedveil-participant");
    if (status == STATUS_OK) status = files_join(model, cell->folder, "run/model.safetensors");
    if (status == STATUS_OK) status = files_join(key, cell->folder, "run/keys/mask.key");
    if (status == STATUS_OK) status = files_join(faces, cell->folder, "learned.safetensors");
    size_t count = 5;
    if (status == STATUS_OK && files_exists(key)) {
        arguments[count++] = with;
        arguments[count++] = key;
    }
    if (status == STATUS_OK && cell_learns(cell) && files_exists(faces)) {
        arguments[count++] = eigenfaces;
        arguments[count++] = faces;
    }
    add_tests(arguments + count, cell->tests, texts);
    if (status == STATUS_OK) status = launcher_start(&cell->process, arguments, NULL);
    if (status == STATUS_OK) cell->state = CELL_VERIFYING;
    free(texts);
    return status;
}
