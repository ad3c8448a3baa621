// SPDX-License-Identifier: Apache-2.0
#include "subject.h"

#include "base/files.h"
#include "base/settings_tree.h"
#include "comparison.h"

#include <dirent.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RESULT_MAX ((size_t)1 << 20) // bytes

/* Whether a folder's name is "NNN-" and `rest`. */
static bool is_cell(const char *name, const char *rest)
{
    const size_t digits = strspn(name, "0123456789");
    return digits > 0 && name[digits] == '-' && strcmp(name + digits + 1, rest) == 0;
}

static enum status find_cell(char path[LIMIT_PATH], const struct plan *plan,
                             const struct plan_defence *defence)
{
    char cells[LIMIT_PATH], safe[COMPARISON_SAFE_NAME], rest[96], found[256] = "";
    size_t count = 0;
    comparison_safe_name(safe, defence->method);
    snprintf(rest, sizeof rest, "%s-seed-%llu", safe, (unsigned long long)plan->comparison_seed);
    enum status status = files_join(cells, plan->comparison, "cells");
    if (status != STATUS_OK) return status;
    DIR *folder = opendir(cells);
    for (const struct dirent *entry = folder == NULL ? NULL : readdir(folder); entry != NULL;
         entry = readdir(folder)) {
        if (!is_cell(entry->d_name, rest)) continue;
        snprintf(found, sizeof found, "%s", entry->d_name);
        count++;
    }
    if (folder != NULL) closedir(folder);
    if (count == 1) return files_join(path, cells, found);
    return status_fail(
        STATUS_BAD_CONFIG,
        "defence %s: %s has %s of method %s with comparison_seed %llu; allowed: a method and a "
        "seed of it, or run: FOLDER",
        defence->name, cells, count == 0 ? "no cell" : "several cells", defence->method,
        (unsigned long long)plan->comparison_seed);
}

/* The accuracy of the wanted test set, or of the first one. */
static enum status find_accuracy(double *accuracy, const struct settings_node *root,
                                 const char *test, const char *path)
{
    const struct settings_node *sets = settings_tree_find(root, "accuracy_by_set");
    const struct settings_node *first = sets == NULL ? NULL : sets->first;
    const struct settings_node *set = test[0] == '\0' ? first : settings_tree_find(sets, test);
    if (set == NULL && first != NULL) {
        char names[256] = "";
        for (const struct settings_node *one = first; one != NULL; one = one->next) {
            const size_t length = strlen(names);
            snprintf(names + length, sizeof names - length, "%s%s", length == 0 ? "" : ", ",
                     one->key);
        }
        return status_fail(STATUS_BAD_CONFIG, "test: %s has no test set \"%s\", allowed: %s", path,
                           test, names);
    }
    if (!settings_tree_number(accuracy, settings_tree_find(set, "accuracy"))) {
        *accuracy = (double)NAN;
    }
    return STATUS_OK;
}

static enum status read_result(struct subject *subject, const struct plan *plan, const char *cell)
{
    char path[LIMIT_PATH];
    struct settings_node *root = NULL;
    uint8_t *text = NULL;
    size_t size = 0;
    enum status status = files_join(path, cell, "result.json");
    if (status == STATUS_OK) status = files_read(&text, &size, path, RESULT_MAX);
    if (status == STATUS_NOT_FOUND) {
        return status_fail(STATUS_BAD_CONFIG,
                           "%s: the cell %s is not finished: `fedveil sim compare` goes on with it",
                           subject->defence->name, cell);
    }
    if (status == STATUS_OK) status = settings_tree_read(&root, path, text, size);
    if (status == STATUS_OK) {
        const struct settings_node *state = settings_tree_find(root, "state");
        if (state == NULL || state->text == NULL || strcmp(state->text, "done") != 0) {
            status = status_fail(STATUS_BAD_CONFIG, "%s: the training of %s has failed: %s",
                                 subject->defence->name, cell, path);
        }
        if (status == STATUS_OK) {
            status = find_accuracy(&subject->accuracy, root, plan->test, path);
        }
    }
    settings_tree_destroy(&root);
    free(text);
    return status;
}

/* The last number in the column `accuracy` of a run's metrics.csv. */
static double last_accuracy(const char *run)
{
    char path[LIMIT_PATH];
    uint8_t *text = NULL;
    size_t size = 0;
    double accuracy = (double)NAN;
    int column = -1;
    char *rest = NULL;
    if (files_join(path, run, "metrics.csv") != STATUS_OK ||
        files_read(&text, &size, path, 16 * LIMIT_FILE_CONFIG) != STATUS_OK) {
        return accuracy;
    }
    for (char *line = strtok_r((char *)text, "\n", &rest); line != NULL;
         line = strtok_r(NULL, "\n", &rest)) {
        const bool names = column < 0;
        int at = 0;
        for (char *field = line; field != NULL; at++) {
            char *comma = strchr(field, ',');
            if (comma != NULL) *comma = '\0';
            if (names && strcmp(field, "accuracy") == 0) column = at;
            if (!names && at == column && field[0] != '\0') accuracy = strtod(field, NULL);
            field = comma == NULL ? NULL : comma + 1;
        }
        if (column < 0) break;
    }
    free(text);
    return accuracy;
}

enum status subject_find(struct subject *subject, const struct plan *plan,
                         const struct plan_defence *defence)
{
    char cell[LIMIT_PATH];
    enum status status = STATUS_OK;
    *subject = (struct subject){.defence = defence, .accuracy = defence->accuracy};
    if (defence->method[0] != '\0') {
        status = find_cell(cell, plan, defence);
        if (status == STATUS_OK) status = files_join(subject->run, cell, "run");
        return status == STATUS_OK ? read_result(subject, plan, cell) : status;
    }
    if (defence->run[0] != '\0') {
        status = files_join(subject->run, "", defence->run);
        if (status == STATUS_OK && !isfinite(subject->accuracy)) {
            subject->accuracy = last_accuracy(subject->run);
        }
    }
    return status;
}

static const char *given(const char *text)
{
    return text[0] == '\0' ? NULL : text;
}

enum status subject_open(struct target **target, const struct subject *subject)
{
    const struct plan_files *files = &subject->defence->files;
    if (subject->run[0] != '\0') {
        return target_open(target, subject->defence->name, subject->run);
    }
    const struct target_files given_files = {given(files->model),    given(files->config),
                                             given(files->mask_key), given(files->eigenfaces),
                                             given(files->head),     given(files->metrics)};
    return target_open_model(target, subject->defence->name, &given_files);
}
