// SPDX-License-Identifier: Apache-2.0
#include "comparison.h"
#include "plan_private.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Copies the text of a key, which may be missing. */
static enum status read_text(const struct plan_reader *reader, const struct settings_node *section,
                             const char *key, char *text, size_t size)
{
    const struct settings_node *node = settings_tree_find(section, key);
    text[0] = '\0';
    if (node == NULL) return STATUS_OK;
    if (node->kind != SETTINGS_NODE_TEXT || node->text[0] == '\0' || strlen(node->text) >= size) {
        return settings_tree_fail(reader->path, node, "allowed: a text of 1 to %zu bytes",
                                  size - 1);
    }
    memcpy(text, node->text, strlen(node->text) + 1);
    return STATUS_OK;
}

static enum status read_accuracy(const struct plan_reader *reader,
                                 const struct settings_node *section, double *accuracy)
{
    const struct settings_node *node = settings_tree_find(section, "accuracy");
    *accuracy = (double)NAN;
    if (node == NULL) return STATUS_OK;
    if (settings_tree_number(accuracy, node) && *accuracy >= 0 && *accuracy <= 1) return STATUS_OK;
    return settings_tree_fail(reader->path, node, "allowed: a number from 0 to 1");
}

static void name_folder(struct plan_defence *defence, size_t index)
{
    char safe[COMPARISON_SAFE_NAME];
    comparison_safe_name(safe, defence->name);
    snprintf(defence->folder, sizeof defence->folder, "%02zu-%s", index + 1, safe);
}

static enum status read_sources(const struct plan_reader *reader, const struct settings_node *node,
                                struct plan_defence *defence)
{
    struct plan_files *files = &defence->files;
    const struct {
        const char *key;
        char *text;
        size_t size;
    } texts[] = {{"name", defence->name, LIMIT_NAME},
                 {"method", defence->method, LIMIT_NAME},
                 {"run", defence->run, LIMIT_PATH},
                 {"model", files->model, LIMIT_PATH},
                 {"config", files->config, LIMIT_PATH},
                 {"mask_key", files->mask_key, LIMIT_PATH},
                 {"eigenfaces", files->eigenfaces, LIMIT_PATH},
                 {"head", files->head, LIMIT_PATH},
                 {"metrics", files->metrics, LIMIT_PATH}};
    enum status status = STATUS_OK;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0] && status == STATUS_OK; i++) {
        status = read_text(reader, node, texts[i].key, texts[i].text, texts[i].size);
    }
    if (status == STATUS_OK) status = read_accuracy(reader, node, &defence->accuracy);
    if (status != STATUS_OK) return status;
    if (defence->name[0] == '\0') {
        return settings_tree_fail(reader->path, node,
                                  "a defence without a name, allowed: name: "
                                  "TEXT");
    }
    const int given =
        (defence->method[0] != '\0') + (defence->run[0] != '\0') + (files->model[0] != '\0');
    if (given != 1) {
        return settings_tree_fail(
            reader->path, node, "defence %s: allowed: one of method, run and model", defence->name);
    }
    return STATUS_OK;
}

static enum status read_defence(struct plan_reader *reader, const struct settings_node *node)
{
    static const char *const keys[] = {"name",     "method",     "run",  "model",
                                       "config",   "mask_key",   "head", "metrics",
                                       "accuracy", "eigenfaces", NULL};
    struct plan *plan = reader->plan;
    if (plan->defences == PLAN_DEFENCES_MAX) {
        return settings_tree_fail(reader->path, node, "allowed: at most %d defences",
                                  PLAN_DEFENCES_MAX);
    }
    struct plan_defence *defence = &plan->defence[plan->defences];
    enum status status = settings_tree_allow(reader->path, node, keys);
    if (status == STATUS_OK) status = read_sources(reader, node, defence);
    if (status != STATUS_OK) return status;
    for (size_t i = 0; i < plan->defences; i++) {
        if (strcmp(plan->defence[i].name, defence->name) == 0) {
            return settings_tree_fail(reader->path, node, "the name %s stands twice",
                                      defence->name);
        }
    }
    if (defence->method[0] != '\0' && plan->comparison[0] == '\0' && plan->train[0] == '\0') {
        return settings_tree_fail(reader->path, node,
                                  "method %s: no comparison is given, set comparison to the folder "
                                  "of `fedveil sim compare --out`",
                                  defence->method);
    }
    name_folder(defence, plan->defences++);
    return STATUS_OK;
}

enum status plan_read_defences(struct plan_reader *reader, const struct settings_node *list)
{
    enum status status = STATUS_OK;
    if (list == NULL) {
        return status_fail(STATUS_BAD_CONFIG, "%s: defences: missing, allowed: at least one",
                           reader->path);
    }
    if (list->kind != SETTINGS_NODE_LIST || list->first == NULL) {
        return settings_tree_fail(reader->path, list, "empty, allowed: a list of at least one");
    }
    for (const struct settings_node *node = list->first; node != NULL && status == STATUS_OK;
         node = node->next) {
        status = read_defence(reader, node);
    }
    return status;
}
