// SPDX-License-Identifier: Apache-2.0
#include "defence/target_parts.h"

#include "base/files.h"
#include "base/settings_tree.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define METRICS_MAX (LIMIT_FILE_CONFIG * 16) // bytes

/* *file gets the path where there is such a file, else NULL. */
static enum status find_file(const char **file, char *path, const char *folder, const char *name)
{
    const enum status status = files_join(path, folder, name);
    if (status == STATUS_OK) *file = files_exists(path) ? path : NULL;
    return status;
}

/* The one value that is read of a run's config: other keys may be of another version. */
static enum status find_eigenfaces(struct target_run *run, const char *folder)
{
    char path[LIMIT_PATH];
    struct settings_node *root = NULL;
    uint8_t *text = NULL;
    size_t size = 0;
    enum status status = files_join(path, folder, "config.yaml");
    if (status != STATUS_OK || !files_exists(path)) return status;
    status = files_read(&text, &size, path, LIMIT_FILE_CONFIG);
    if (status == STATUS_OK) status = settings_tree_read(&root, path, text, size);
    if (status == STATUS_OK) {
        const struct settings_node *own = settings_tree_find(root, "participant");
        const struct settings_node *node = settings_tree_find(own, "eigenfaces");
        if (node != NULL && node->text != NULL && node->text[0] != '\0') {
            status = files_join(run->eigenfaces, "", node->text);
            run->files.eigenfaces = run->eigenfaces;
        }
    }
    settings_tree_destroy(&root);
    free(text);
    return status;
}

enum status target_find(struct target_run *run, const char *name, const char *folder)
{
    const char *second = NULL;
    char path[LIMIT_PATH];
    *run = (struct target_run){0};
    struct target_files *files = &run->files;
    enum status status = find_file(&files->model, run->model, folder, "model.safetensors");
    if (status == STATUS_OK && files->model == NULL) {
        return status_fail(STATUS_NOT_FOUND,
                           "%s: %s has no model.safetensors: a finished run is needed, or a cell's "
                           "run/ of a comparison",
                           name, folder);
    }
    if (status == STATUS_OK) {
        status = find_file(&files->mask_key, run->mask_key, folder, "keys/mask.key");
    }
    if (status == STATUS_OK) {
        status =
            find_file(&files->head, run->head, folder, "participants/p000/private.safetensors");
    }
    // Of several participants each has the classes of its own people only.
    if (status == STATUS_OK) status = find_file(&second, path, folder, "participants/p001");
    if (second != NULL) files->head = NULL;
    if (status == STATUS_OK) {
        status = find_file(&files->metrics, run->metrics, folder, "metrics.csv");
    }
    return status == STATUS_OK ? find_eigenfaces(run, folder) : status;
}

size_t target_choices(const struct target *target)
{
    const enum config_mix method = target->config.federation.mix.method;
    return method == MIX_NONE || method == MIX_FIXED ? 1 : target->config.federation.mix.k.count;
}

int target_k(const struct target *target, size_t choice)
{
    if (target->config.federation.mix.method == MIX_NONE) return 1;
    return target->config.federation.mix.k.values[choice];
}

/* The column of a name in a line of CSV, or -1. */
static int column_of(const char *line, const char *name)
{
    int column = 0;
    const size_t length = strlen(name);
    for (const char *at = line; *at != '\0' && *at != '\n'; column++) {
        const size_t size = strcspn(at, ",\r\n");
        if (size == length && strncmp(at, name, size) == 0) return column;
        at += size;
        at += strspn(at, ",\r");
    }
    return -1;
}

/* The mean of a column over all lines that have a number there; false when none has. */
static bool mean_of(double *mean, const char *text, int column)
{
    double sum = 0;
    size_t count = 0;
    for (const char *line = strchr(text, '\n'); line != NULL; line = strchr(line, '\n')) {
        const char *at = ++line;
        for (int c = 0; c < column && at != NULL; c++) {
            const size_t size = strcspn(at, ",\n");
            at = at[size] == ',' ? at + size + 1 : NULL;
        }
        char *end = NULL;
        const double value = at == NULL ? 0 : strtod(at, &end);
        if (at == NULL || end == at || !(value >= 0 && value <= 1)) continue;
        sum += value;
        count++;
    }
    *mean = count == 0 ? 0 : sum / (double)count;
    return count > 0;
}

static enum status read_metrics(struct target *target, const char *metrics)
{
    uint8_t *text = NULL;
    size_t size = 0;
    if (metrics == NULL) {
        return status_fail(STATUS_BAD_CONFIG,
                           "%s: a policy chose how many images are mixed: the run's metrics.csv "
                           "is needed",
                           target->name);
    }
    enum status status = files_read(&text, &size, metrics, METRICS_MAX);
    for (size_t i = 0; i < target_choices(target) && status == STATUS_OK; i++) {
        char name[32];
        snprintf(name, sizeof name, "share_k%d", target_k(target, i));
        const int column = column_of((const char *)text, name);
        if (column < 0 || !mean_of(&target->k_share[i], (const char *)text, column)) {
            status = status_fail(STATUS_BAD_INPUT, "%s: no shares in a column %s", metrics, name);
        }
    }
    free(text);
    return status;
}

enum status target_read_shares(struct target *target, const char *metrics)
{
    const struct config_federation *federation = &target->config.federation;
    const size_t choices = target_choices(target);
    double sum = 0;
    for (size_t i = 0; i < choices; i++) {
        target->k_share[i] = 1;
        if (federation->mix.method == MIX_MATCHED) {
            target->k_share[i] = federation->mix.shares.values[i];
        }
    }
    if (federation->mix.method == MIX_ADAPTIVE) {
        const enum status status = read_metrics(target, metrics);
        if (status != STATUS_OK) return status;
    }
    for (size_t i = 0; i < choices; i++) {
        sum += target->k_share[i];
    }
    if (!(sum > 0)) {
        return status_fail(STATUS_BAD_INPUT, "%s: no k was ever mixed", target->name);
    }
    for (size_t i = 0; i < choices; i++) {
        target->k_share[i] /= sum;
    }
    return STATUS_OK;
}
