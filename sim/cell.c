// SPDX-License-Identifier: Apache-2.0
#include "cell_private.h"

#include "base/files.h"
#include "secure/digest.h"
#include "version.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    FAILURE_LINES = 12, // of a log, in which the reason of a failure is looked for
};

static const struct cell_result no_result = {.loss = (double)NAN,
                                             .seconds = (double)NAN,
                                             .bytes_up = (double)NAN,
                                             .bytes_down = (double)NAN,
                                             .peak_rss_bytes = (double)NAN};

const char *cell_state_word(enum cell_state state)
{
    static const char *const words[] = {
        [CELL_WAITING] = "waiting",     [CELL_LEARNING] = "learning", [CELL_TRAINING] = "training",
        [CELL_VERIFYING] = "verifying", [CELL_DONE] = "done",         [CELL_DIVERGED] = "diverged",
        [CELL_FAILED] = "failed",       [CELL_LEFT_OUT] = "left out"};
    return words[state];
}

bool cell_running(const struct cell *cell)
{
    return cell->state == CELL_LEARNING || cell->state == CELL_TRAINING ||
           cell->state == CELL_VERIFYING;
}

bool cell_own(const struct config *config, const struct cell_tests *tests)
{
    const struct config_texts *share = &config->federation.share;
    bool own = tests->count == 0 || share->count == 0;
    for (size_t i = 0; i < share->count; i++) {
        own = own || share->values[i][0] == '!';
    }
    return own;
}

enum status cell_add_test(struct cell_tests *tests, const char *text)
{
    const char *equals = strchr(text, '=');
    const size_t length = equals == NULL ? 0 : (size_t)(equals - text);
    struct cell_test *test = &tests->test[tests->count];
    if (length == 0 || length >= LIMIT_NAME || equals[1] == '\0' || strlen(equals) > LIMIT_PATH) {
        return status_fail(STATUS_BAD_CONFIG, "--test: \"%.100s\", allowed: NAME=SPEC", text);
    }
    if (tests->count == CELL_TESTS_MAX) {
        return status_fail(STATUS_BAD_CONFIG, "--test: allowed: at most %d", CELL_TESTS_MAX);
    }
    for (size_t i = 0; i < tests->count; i++) {
        if (strncmp(tests->test[i].name, text, length) == 0 &&
            tests->test[i].name[length] == '\0') {
            return status_fail(STATUS_BAD_CONFIG, "--test: %s stands twice", tests->test[i].name);
        }
    }
    snprintf(test->name, sizeof test->name, "%.*s", (int)length, text);
    snprintf(test->spec, sizeof test->spec, "%s", equals + 1);
    tests->count++;
    return STATUS_OK;
}

enum status cell_check_tests(const struct cell_tests *tests)
{
    for (size_t i = 0; i < tests->count; i++) {
        const char *spec = tests->test[i].spec, *comma = strrchr(spec, ',');
        const char *pairs = comma == NULL || strncmp(comma, ",skip=", 6) == 0 ? NULL : comma + 1;
        char path[LIMIT_PATH];
        snprintf(path, sizeof path, "%.*s",
                 (int)(comma == NULL ? strlen(spec) : (size_t)(comma - spec)), spec);
        const char *missing = !files_exists(path)                     ? path
                              : pairs != NULL && !files_exists(pairs) ? pairs
                                                                      : NULL;
        if (missing == NULL) continue;
        return status_fail(STATUS_BAD_CONFIG, "test %s: %s: there is no such file or folder",
                           tests->test[i].name, missing);
    }
    return STATUS_OK;
}

/* The config of the cell. One that verifies its own model does so on the first test that is a
 * folder with pairs. */
static struct config *make_config(const struct cell *cell)
{
    struct config *config = malloc(sizeof *config);
    if (config == NULL) return NULL;
    *config = *cell->config;
    config->seed = cell->seed;
    config->threads = 0;
    config->sim.slots = 0;
    config->participant.evaluate = cell_own(cell->config, cell->tests);
    for (size_t i = 0; config->participant.evaluate && i < cell->tests->count; i++) {
        const char *spec = cell->tests->test[i].spec;
        const char *comma = strchr(spec, ',');
        if (comma == NULL || strncmp(comma, ",skip=", 6) == 0) continue;
        snprintf(config->data.test, LIMIT_PATH, "%.*s", (int)(comma - spec), spec);
        snprintf(config->data.pairs, LIMIT_PATH, "%s", comma + 1);
        break;
    }
    return config;
}

/* Adds what is learned as a comment. */
static enum status add_words(char **text, const struct cell *cell)
{
    char *whole = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&whole, &size);
    if (out == NULL) return status_fail(STATUS_NO_MEMORY, "out of memory: cell");
    fprintf(out, "%s# mask learn", *text);
    for (size_t i = 0; i < cell->learn->count; i++) {
        fprintf(out, " %s", cell->learn->values[i]);
    }
    fputs("\n", out);
    free(*text);
    *text = NULL;
    if (fclose(out) != 0) {
        free(whole);
        return status_fail(STATUS_NO_MEMORY, "out of memory: cell");
    }
    *text = whole;
    return STATUS_OK;
}

enum status cell_config(const struct cell *cell, char **text)
{
    struct config *config = make_config(cell);
    *text = NULL;
    if (config == NULL) return status_fail(STATUS_NO_MEMORY, "out of memory: cell");
    enum status status = config_write(config, text);
    if (status == STATUS_OK && cell_learns(cell)) status = add_words(text, cell);
    free(config);
    return status;
}

/* Names the first line that differs. */
static enum status fail_changed(const char *path, const char *old, const char *new)
{
    const char *a = old, *b = new;
    for (size_t i = 0; old[i] != '\0' && old[i] == new[i]; i++) {
        if (old[i] == '\n') {
            a = old + i + 1;
            b = new + i + 1;
        }
    }
    a += strspn(a, " ");
    b += strspn(b, " ");
    return status_fail(STATUS_BAD_CONFIG,
                       "%s: this cell was begun with \"%.*s\", wanted is \"%.*s\"; give another "
                       "--out, or remove the cell's folder",
                       path, (int)strcspn(a, "\n"), a, (int)strcspn(b, "\n"), b);
}

enum status cell_open(struct cell *cell)
{
    char path[LIMIT_PATH];
    char *wanted = NULL;
    uint8_t *old = NULL, digest[DIGEST_BYTES];
    size_t size = 0;
    cell->state = CELL_WAITING;
    cell->result = no_result;
    enum status status = cell_config(cell, &wanted);
    if (status == STATUS_OK) status = files_join(path, cell->folder, "config.yaml");
    if (status == STATUS_OK) {
        digest_compute(digest, wanted, strlen(wanted));
        status = files_read(&old, &size, path, LIMIT_FILE_CONFIG);
        if (status == STATUS_NOT_FOUND) {
            status = STATUS_OK;
        } else if (status == STATUS_OK && strcmp((const char *)old, wanted) != 0) {
            status = fail_changed(path, (const char *)old, wanted);
        } else if (status == STATUS_OK) {
            status = cell_read_result(cell);
        }
        digest_hex(cell->result.digest, digest);
    }
    free(old);
    free(wanted);
    return status;
}

/* What an earlier try has left of DIR/NAME, a folder or a file. */
static enum status clear(const struct cell *cell, const char *name)
{
    char path[LIMIT_PATH];
    const enum status status = files_join(path, cell->folder, name);
    return status == STATUS_OK ? files_remove(path) : status;
}

static enum status write_configs(const struct cell *cell, int threads)
{
    char path[LIMIT_PATH];
    char *text = NULL;
    struct config *config = make_config(cell);
    if (config == NULL) return status_fail(STATUS_NO_MEMORY, "out of memory: cell");
    enum status status = cell_config(cell, &text);
    if (status == STATUS_OK) status = files_join(path, cell->folder, "config.yaml");
    if (status == STATUS_OK) status = files_write(path, text, strlen(text));
    free(text);
    text = NULL;
    const int participants = config->federation.participants;
    config->sim.slots = threads < participants ? threads : participants;
    config->threads = threads / config->sim.slots;
    if (status == STATUS_OK) status = config_write(config, &text);
    if (status == STATUS_OK) status = files_join(path, cell->folder, "effective.yaml");
    if (status == STATUS_OK) status = files_write(path, text, strlen(text));
    free(text);
    free(config);
    return status;
}

static enum status finish(struct cell *cell, enum cell_state state)
{
    cell->state = state;
    return cell_write_result(cell);
}

/* The training has ended well, now or before. */
static enum status after_training(struct cell *cell)
{
    const enum status status = cell_read_trained(cell);
    if (status != STATUS_OK) return status;
    return cell_own(cell->config, cell->tests) ? finish(cell, CELL_DONE) : cell_verify(cell);
}

enum status cell_start(struct cell *cell, int threads)
{
    char path[LIMIT_PATH];
    char digest[sizeof cell->result.digest];
    memcpy(digest, cell->result.digest, sizeof digest);
    cell->result = no_result;
    memcpy(cell->result.digest, digest, sizeof digest);
    snprintf(cell->result.version, sizeof cell->result.version, "%s", version_text());
    snprintf(cell->process.name, sizeof cell->process.name, "cell");
    enum status status = files_make_folder(cell->folder);
    if (status == STATUS_OK) status = files_join(cell->process.log, cell->folder, "log.txt");
    if (status == STATUS_OK) status = files_join(path, cell->folder, "trained.json");
    if (status == STATUS_OK) status = clear(cell, "result.json");
    if (status == STATUS_OK) status = write_configs(cell, threads);
    if (status != STATUS_OK) return status;
    if (files_exists(path)) return after_training(cell);
    status = clear(cell, "run");
    if (status == STATUS_OK) status = clear(cell, "log.txt");
    return status == STATUS_OK ? cell_learn(cell) : status;
}

/* The line of a log that has `words`, or its last one. */
static void copy_line(char *out, size_t size, const char *lines, const char *words)
{
    const char *at = strstr(lines, words);
    if (at == NULL) at = lines + strlen(lines);
    const char *start = at;
    while (start > lines && start[-1] != '\n') {
        start--;
    }
    const char *said = strstr(start, "log.txt: "); // what a participant said, passed on
    if (said != NULL && said < at) start = said + strlen("log.txt: ");
    snprintf(out, size, "%.*s", (int)strcspn(start, "\n"), start);
}

/* A loss, gradient or model that is no number is told apart: it would come again. Words of learning
 * may be no number either. */
static enum status fail_cell(struct cell *cell)
{
    static const char *const words[] = {"is not a number", "not finite"};
    char lines[4096];
    struct cell_result *result = &cell->result;
    enum cell_state state = CELL_FAILED;
    const bool learning = cell->state == CELL_LEARNING;
    launcher_last_lines(lines, sizeof lines, &cell->process, FAILURE_LINES);
    if (launcher_killed(&cell->process)) {
        launcher_describe_end(result->failure, sizeof result->failure, &cell->process);
        return finish(cell, state);
    }
    // What is wrong with an option stands above "Try `.. --help'", all else in the last line.
    copy_line(result->failure, sizeof result->failure, lines, "\nTry `");
    for (size_t i = 0; !learning && i < sizeof words / sizeof words[0]; i++) {
        if (strstr(lines, words[i]) == NULL) continue;
        copy_line(result->failure, sizeof result->failure, lines, words[i]);
        state = CELL_DIVERGED;
        break;
    }
    return finish(cell, state);
}

enum status cell_look(struct cell *cell)
{
    char path[LIMIT_PATH];
    char *line = NULL;
    if (!cell_running(cell) || !launcher_ended(&cell->process)) return STATUS_OK;
    if (!launcher_succeeded(&cell->process)) return fail_cell(cell);
    line = malloc(CELL_JSON_MAX);
    if (line == NULL) return status_fail(STATUS_NO_MEMORY, "out of memory: cell");
    launcher_last_lines(line, CELL_JSON_MAX, &cell->process, 1);
    enum status status = STATUS_OK;
    if (cell->state == CELL_LEARNING) {
        status = cell_train(cell);
    } else if (cell->state == CELL_VERIFYING) {
        status = cell_read_scores(cell, line);
        if (status == STATUS_OK) status = finish(cell, CELL_DONE);
    } else {
        status = files_join(path, cell->folder, "trained.json");
        if (status == STATUS_OK) status = files_write(path, line, strlen(line));
        if (status == STATUS_OK) status = after_training(cell);
    }
    free(line);
    return status;
}
