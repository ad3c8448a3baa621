// SPDX-License-Identifier: Apache-2.0
#include "cell_private.h"

#include "base/files.h"
#include "base/json.h"
#include "base/settings_tree.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static double number(const struct settings_node *node, const char *key)
{
    double value = 0;
    return settings_tree_number(&value, settings_tree_find(node, key)) ? value : (double)NAN;
}

static void copy_text(char *out, size_t size, const struct settings_node *node, const char *key)
{
    const struct settings_node *text = settings_tree_find(node, key);
    const bool is = text != NULL && text->kind == SETTINGS_NODE_TEXT;
    snprintf(out, size, "%s", is ? text->text : "");
}

static void read_score(struct cell_score *score, const struct settings_node *node)
{
    score->accuracy = number(node, "accuracy");
    score->deviation = number(node, "std");
    score->tar_at_far_1e3 = number(node, "tar_at_far_1e3");
    copy_text(score->sha256, sizeof score->sha256, node, "sha256");
}

static enum status read_file(struct settings_node **root, const char *folder, const char *name)
{
    char path[LIMIT_PATH];
    uint8_t *text = NULL;
    size_t size = 0;
    *root = NULL;
    enum status status = files_join(path, folder, name);
    if (status == STATUS_OK) status = files_read(&text, &size, path, CELL_JSON_MAX);
    if (status == STATUS_OK) status = settings_tree_read(root, path, text, size);
    free(text);
    return status;
}

/* The loss of the last round: column `loss` of metrics.csv. */
static double last_loss(const char *folder)
{
    char path[LIMIT_PATH];
    uint8_t *bytes = NULL;
    size_t size = 0;
    double loss = (double)NAN;
    if (files_join(path, folder, "run/metrics.csv") != STATUS_OK ||
        files_read(&bytes, &size, path, LIMIT_FILE_CONFIG * 16) != STATUS_OK) {
        return loss;
    }
    const char *row = (const char *)bytes;
    int column = 0;
    for (const char *at = strstr(row, "loss"); at != NULL && at > row; at--) {
        column += at[-1] == ',';
    }
    for (const char *end = strchr(row, '\n'); end != NULL && end[1] != '\0';
         end = strchr(row, '\n')) {
        row = end + 1;
    }
    for (; column > 0 && row != NULL; column--) {
        row = strchr(row, ',');
        if (row != NULL) row++;
    }
    if (row != NULL && *row != ',') loss = strtod(row, NULL);
    free(bytes);
    return loss;
}

enum status cell_read_trained(struct cell *cell)
{
    struct settings_node *root = NULL;
    struct cell_result *result = &cell->result;
    const enum status status = read_file(&root, cell->folder, "trained.json");
    if (status != STATUS_OK) return status;
    read_score(&result->score[0], root); // of the run's own; those of tests come later
    result->loss = last_loss(cell->folder);
    result->seconds = number(root, "seconds");
    result->bytes_up = number(root, "bytes_up");
    result->bytes_down = number(root, "bytes_down");
    result->peak_rss_bytes = number(root, "peak_rss_bytes");
    const struct settings_node *shares = settings_tree_find(root, "k_share");
    size_t used = 0;
    for (const struct settings_node *k = shares == NULL ? NULL : shares->first;
         k != NULL && used < sizeof result->k_share; k = k->next) {
        const int length =
            snprintf(result->k_share + used, sizeof result->k_share - used, "%s%s:%.3f",
                     used == 0 ? "" : " ", k->key, number(shares, k->key));
        used += length < 0 ? 0 : (size_t)length;
    }
    settings_tree_destroy(&root);
    return STATUS_OK;
}

/* With one test a program that knows no names gives its figures at the root. */
static void read_scores(struct cell *cell, const struct settings_node *root)
{
    const struct settings_node *sets = settings_tree_find(root, "accuracy_by_set");
    for (size_t i = 0; i < cell->tests->count; i++) {
        read_score(&cell->result.score[i],
                   sets == NULL ? root : settings_tree_find(sets, cell->tests->test[i].name));
    }
}

enum status cell_read_scores(struct cell *cell, const char *line)
{
    struct settings_node *root = NULL;
    const enum status status =
        settings_tree_read(&root, cell->process.log, (const uint8_t *)line, strlen(line));
    if (status != STATUS_OK) return status;
    read_scores(cell, root);
    settings_tree_destroy(&root);
    return STATUS_OK;
}

/* Whether the file is about the tests that are wanted now. */
static bool same_tests(const struct cell *cell, const struct settings_node *root)
{
    const struct settings_node *specs = settings_tree_find(root, "tests");
    const size_t wanted = cell_own(cell->config, cell->tests) ? 0 : cell->tests->count;
    if (settings_tree_count(specs) != wanted) return false;
    for (size_t i = 0; i < wanted; i++) {
        const struct settings_node *spec = settings_tree_find(specs, cell->tests->test[i].name);
        if (spec == NULL || spec->text == NULL ||
            strcmp(spec->text, cell->tests->test[i].spec) != 0)
            return false;
    }
    return true;
}

enum status cell_read_result(struct cell *cell)
{
    struct settings_node *root = NULL;
    struct cell_result *result = &cell->result;
    const enum status status = read_file(&root, cell->folder, "result.json");
    if (status == STATUS_NOT_FOUND) return STATUS_OK;
    if (status != STATUS_OK) return status;
    char word[16];
    copy_text(word, sizeof word, root, "state");
    // Another failure than that of the numbers may have gone away: it is tried again.
    if (strcmp(word, cell_state_word(CELL_DIVERGED)) == 0) cell->state = CELL_DIVERGED;
    if (strcmp(word, cell_state_word(CELL_DONE)) == 0 && same_tests(cell, root)) {
        cell->state = CELL_DONE;
    }
    result->loss = number(root, "loss");
    result->seconds = number(root, "seconds");
    result->bytes_up = number(root, "bytes_up");
    result->bytes_down = number(root, "bytes_down");
    result->peak_rss_bytes = number(root, "peak_rss_bytes");
    copy_text(result->k_share, sizeof result->k_share, root, "k_share");
    copy_text(result->version, sizeof result->version, root, "version");
    copy_text(result->failure, sizeof result->failure, root, "failure");
    if (cell_own(cell->config, cell->tests)) {
        read_score(&result->score[0],
                   settings_tree_find(settings_tree_find(root, "accuracy_by_set"), "own"));
    } else {
        read_scores(cell, root);
    }
    settings_tree_destroy(&root);
    return STATUS_OK;
}

static void put_number(FILE *out, const char *key, double value)
{
    fprintf(out, ", \"%s\": ", key);
    json_number(out, value);
}

static void put_score(FILE *out, const char *name, const struct cell_score *score)
{
    json_text(out, name);
    fputs(": {\"sha256\": ", out);
    json_text(out, score->sha256);
    put_number(out, "accuracy", score->accuracy);
    put_number(out, "std", score->deviation);
    put_number(out, "tar_at_far_1e3", score->tar_at_far_1e3);
    putc('}', out);
}

static void put_result(FILE *out, const struct cell *cell)
{
    const struct cell_result *result = &cell->result;
    const struct {
        const char *key, *text;
    } texts[] = {{"state", cell_state_word(cell->state)},
                 {"failure", result->failure},
                 {"config_digest", result->digest},
                 {"version", result->version},
                 {"k_share", result->k_share}};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        fprintf(out, "%s\"%s\": ", i == 0 ? "{" : ", ", texts[i].key);
        json_text(out, texts[i].text);
    }
    put_number(out, "loss", result->loss);
    put_number(out, "seconds", result->seconds);
    put_number(out, "bytes_up", result->bytes_up);
    put_number(out, "bytes_down", result->bytes_down);
    put_number(out, "peak_rss_bytes", result->peak_rss_bytes);
    fputs(", \"accuracy_by_set\": {", out);
    const bool own = cell_own(cell->config, cell->tests);
    if (own) put_score(out, "own", &result->score[0]);
    for (size_t i = 0; !own && i < cell->tests->count; i++) {
        if (i > 0) fputs(", ", out);
        put_score(out, cell->tests->test[i].name, &result->score[i]);
    }
    fputs("}, \"tests\": {", out);
    for (size_t i = 0; !own && i < cell->tests->count; i++) {
        if (i > 0) fputs(", ", out);
        json_text(out, cell->tests->test[i].name);
        fputs(": ", out);
        json_text(out, cell->tests->test[i].spec);
    }
    fputs("}}\n", out);
}

enum status cell_write_result(const struct cell *cell)
{
    char path[LIMIT_PATH];
    char *text = NULL;
    size_t size = 0;
    enum status status = files_join(path, cell->folder, "result.json");
    FILE *out = open_memstream(&text, &size);
    if (out == NULL) return status_fail(STATUS_NO_MEMORY, "out of memory: result");
    put_result(out, cell);
    if (fclose(out) != 0) status = status_fail(STATUS_NO_MEMORY, "out of memory: result");
    if (status == STATUS_OK) status = files_write(path, text, size);
    free(text);
    return status;
}
