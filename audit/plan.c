// SPDX-License-Identifier: Apache-2.0
#include "plan_private.h"

#include "base/files.h"
#include "registry.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Sets the keys of a section, `prefix` before each: "known." and so on. */
static enum status apply(struct plan_reader *reader, const struct settings_node *section,
                         const char *prefix)
{
    enum status status = STATUS_OK;
    for (const struct settings_node *node = section == NULL ? NULL : section->first;
         node != NULL && status == STATUS_OK; node = node->next) {
        char key[SETTINGS_KEY_MAX], value[LIMIT_PATH], assignment[2 * LIMIT_PATH];
        const bool above = prefix[0] == '\0';
        if (node->key == NULL) return settings_tree_fail(reader->path, section, "got a list");
        if (above && (strcmp(node->key, "profiles") == 0 || strcmp(node->key, "defences") == 0)) {
            continue;
        }
        const int length = snprintf(key, sizeof key, "%s%s%s", prefix, node->key,
                                    node->kind == SETTINGS_NODE_SECTION ? "." : "");
        if (length < 0 || (size_t)length >= sizeof key) {
            return settings_tree_fail(reader->path, node, "too long");
        }
        if (node->kind == SETTINGS_NODE_SECTION) {
            status = apply(reader, node, key);
            continue;
        }
        if (!settings_tree_value(value, sizeof value, node)) {
            return settings_tree_fail(reader->path, node, "allowed: a value, or a list of values");
        }
        snprintf(assignment, sizeof assignment, "%s=%s", key, value);
        status = settings_set_at(&plan_table, reader->plan, reader->path, node->line, assignment);
    }
    return status;
}

static enum status read_profile(struct plan_reader *reader, const char *name)
{
    static const char *const keys[] = {"set", NULL};
    const struct settings_node *profiles = settings_tree_find(reader->root, "profiles");
    if (profiles == NULL && name == NULL) return STATUS_OK;
    if (profiles == NULL || profiles->kind != SETTINGS_NODE_SECTION || profiles->first == NULL) {
        return status_fail(STATUS_BAD_CONFIG, "%s: profiles: missing, allowed: NAME: {set: {..}}",
                           reader->path);
    }
    const struct settings_node *profile =
        name == NULL ? profiles->first : settings_tree_find(profiles, name);
    if (profile == NULL) {
        return settings_tree_fail(reader->path, profiles, "no profile \"%.60s\", the first is %s",
                                  name, profiles->first->key);
    }
    const enum status status = settings_tree_allow(reader->path, profile, keys);
    if (status != STATUS_OK) return status;
    snprintf(reader->plan->profile, LIMIT_NAME, "%.63s", profile->key);
    return apply(reader, settings_tree_find(profile, "set"), "");
}

/* `train` is a file beside the plan. */
static enum status place_train(struct plan_reader *reader)
{
    char *train = reader->plan->train;
    char folder[LIMIT_PATH], joined[LIMIT_PATH];
    const char *slash = strrchr(reader->path, '/');
    if (train[0] == '\0' || train[0] == '/' || slash == NULL) return STATUS_OK;
    snprintf(folder, sizeof folder, "%.*s", (int)(slash - reader->path), reader->path);
    const enum status status = files_join(joined, folder[0] == '\0' ? "/" : folder, train);
    if (status == STATUS_OK) memcpy(train, joined, sizeof joined);
    return status;
}

static enum status check_f1(const struct plan *plan, const char *path)
{
    if (plan->f1[0] == '\0') return STATUS_OK;
    for (size_t i = 0; i < plan->defences; i++) {
        if (strcmp(plan->defence[i].name, plan->f1) == 0) return STATUS_OK;
    }
    return status_fail(STATUS_BAD_CONFIG, "%s: f1: \"%s\" is no defence, allowed: the name of one",
                       path, plan->f1);
}

/* Weights that are missing are told before anything is trained. */
static enum status check_weights(const struct plan *plan)
{
    char path[LIMIT_PATH + 8];
    if (plan->lpips[0] != '\0') {
        snprintf(path, sizeof path, "%s.f32", plan->lpips);
        const enum status status = config_check_path("lpips", path);
        if (status != STATUS_OK) return status;
    }
    return config_check_path("judge", plan->judge);
}

static enum status check_faces(const struct plan *plan, const char *path)
{
    const struct attack_source *const sources[] = {&plan->known, &plan->victims};
    for (int i = 0; i < 2; i++) {
        const struct attack_source *source = sources[i];
        const char *name = i == 0 ? "known" : "victims";
        if (source->folder[0] == '\0' && (source->people == 0 || source->images == 0)) {
            return status_fail(STATUS_BAD_CONFIG,
                               "%s: %s.folder: missing, allowed: a folder of identities, or for "
                               "synthetic people %s.people and %s.images",
                               path, name, name, name);
        }
        const enum status status =
            config_check_path(i == 0 ? "known.folder" : "victims.folder", source->folder);
        if (status != STATUS_OK) return status;
    }
    if (plan->train_test[0] != '\0' && strchr(plan->train_test, '=') == NULL) {
        return status_fail(STATUS_BAD_CONFIG, "%s: train_test: \"%s\", allowed: NAME=SPEC", path,
                           plan->train_test);
    }
    if (plan->trained && plan->victims.images == 1) {
        return status_fail(STATUS_BAD_CONFIG,
                           "%s: victims.images: 1, allowed with victims.trained: true: 0 (all) or "
                           "at least 2, as who has one image is no person of the training",
                           path);
    }
    return STATUS_OK;
}

static enum status read_all(struct plan_reader *reader, const struct command_request *request,
                            const char *profile)
{
    enum status status = apply(reader, reader->root, "");
    if (status == STATUS_OK && request->with_count > 0) {
        status = status_fail(STATUS_BAD_CONFIG, "--with: not here, allowed: --set KEY=VALUE");
    }
    if (status == STATUS_OK) status = read_profile(reader, profile);
    for (size_t i = 0; i < request->set_count && status == STATUS_OK; i++) {
        status = settings_set(&plan_table, reader->plan, request->sets[i]);
    }
    if (status == STATUS_OK) status = place_train(reader);
    if (status == STATUS_OK) {
        status = plan_read_defences(reader, settings_tree_find(reader->root, "defences"));
    }
    if (status == STATUS_OK) status = registry_check(&reader->plan->attacks);
    if (status == STATUS_OK) status = check_f1(reader->plan, reader->path);
    if (status == STATUS_OK) status = check_weights(reader->plan);
    return status == STATUS_OK ? check_faces(reader->plan, reader->path) : status;
}

enum status plan_load(struct plan **plan, const struct command_request *request,
                      const char *profile)
{
    const char *path = request->config, *slash = strrchr(path, '/');
    const char *stem = slash == NULL ? path : slash + 1;
    struct settings_node *root = NULL;
    uint8_t *text = NULL;
    size_t size = 0;
    *plan = calloc(1, sizeof **plan);
    if (*plan == NULL) return status_fail(STATUS_NO_MEMORY, "out of memory: plan");
    settings_defaults(&plan_table, *plan);
    snprintf((*plan)->title, LIMIT_NAME, "%.*s", (int)strcspn(stem, "."), stem);
    enum status status = files_read(&text, &size, path, LIMIT_FILE_CONFIG);
    if (status == STATUS_OK) status = settings_tree_read(&root, path, text, size);
    if (status == STATUS_OK) {
        struct plan_reader reader = {path, root, *plan};
        status = read_all(&reader, request, profile);
    }
    if (status != STATUS_OK) plan_destroy(plan);
    settings_tree_destroy(&root);
    free(text);
    return status;
}

void plan_destroy(struct plan **plan)
{
    free(*plan);
    *plan = NULL;
}

struct attack_budget plan_budget(const struct plan *plan)
{
    return (struct attack_budget){.quick = plan->budget.quick,
                                  .steps = plan->budget.steps,
                                  .batch = plan->budget.batch,
                                  .known_max = (size_t)plan->known_max,
                                  .victims_max = (size_t)plan->victims.people,
                                  .starts = plan->budget.starts,
                                  .seed = plan->seed};
}

enum status plan_reference(char **text)
{
    struct plan *plan = calloc(1, sizeof *plan);
    if (plan == NULL) return status_fail(STATUS_NO_MEMORY, "out of memory: plan");
    settings_defaults(&plan_table, plan);
    const enum status status = settings_write_reference(
        &plan_table, plan, "Every key of an audit but profiles and defences.", text);
    free(plan);
    return status;
}
