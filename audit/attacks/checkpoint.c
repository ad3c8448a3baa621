// SPDX-License-Identifier: Apache-2.0
#include "attacks/checkpoint.h"

#include "base/files.h"
#include "base/log.h"
#include "model/model.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum status checkpoint_of(char of[CHECKPOINT_OF], const char *what,
                          const struct attack_context *context, const struct target *target)
{
    const struct attack_budget *budget = context->budget;
    const struct dataset *known = context->data->known;
    const struct dataset *victims = context->data->victims; // of known's size
    const size_t face = (size_t)known->size * (size_t)known->size * (size_t)known->channels;
    struct digest_stream *stream = NULL;
    uint8_t digest[DIGEST_BYTES] = {0};
    char text[256];
    enum status status = target == NULL ? STATUS_OK : target_digest(digest, target);
    if (status == STATUS_OK) status = digest_stream_create(&stream);
    if (status != STATUS_OK) return status;
    snprintf(text, sizeof text, "%.63s %d %d %d %d %" PRIu64 " %d %d %zu", what, budget->quick,
             budget->steps, budget->batch, budget->starts, budget->seed, known->size,
             known->channels, known->count);
    digest_stream_add(stream, text, strlen(text));
    digest_stream_add(stream, digest, sizeof digest);
    digest_stream_add(stream, known->pixels, known->count * face);
    digest_stream_add(stream, victims->pixels, victims->count * face);
    digest_stream_end(digest, &stream);
    digest_hex(of, digest);
    return STATUS_OK;
}

static enum status describe(struct model *model, const struct checkpoint_part *parts, size_t count)
{
    struct manifest manifest = {0};
    enum status status = STATUS_OK;
    for (size_t i = 0; i < count && status == STATUS_OK; i++) {
        status = manifest_add(&manifest, parts[i].name, &parts[i].count, 1, false);
    }
    if (status == STATUS_OK) status = model_create(model, &manifest);
    manifest_destroy(&manifest);
    return status;
}

enum status checkpoint_save(const char *path, const char *of, uint64_t done,
                            const struct checkpoint_part *parts, size_t count)
{
    struct model model = {0};
    char steps[32];
    snprintf(steps, sizeof steps, "%" PRIu64, done);
    const struct model_note notes[] = {{"of", of}, {"done", steps}, {NULL, NULL}};
    enum status status = describe(&model, parts, count);
    for (size_t i = 0, at = 0; i < count && status == STATUS_OK; at += parts[i++].count) {
        memcpy(model.values + at, parts[i].values, parts[i].count * sizeof(float));
    }
    if (status == STATUS_OK) status = model_save(&model, path, notes);
    model_destroy(&model);
    return status;
}

/* The steps that a file of this kind has; 0: it is none. */
static uint64_t read_done(const char *path, const char *of)
{
    char *kind = NULL, *steps = NULL, *end = NULL;
    uint64_t done = 0;
    if (model_load_note(&kind, path, "of") == STATUS_OK && kind != NULL && strcmp(kind, of) == 0 &&
        model_load_note(&steps, path, "done") == STATUS_OK && steps != NULL) {
        done = strtoull(steps, &end, 10);
        if (end == steps || *end != '\0') done = 0;
    }
    free(kind);
    free(steps);
    return done;
}

enum status checkpoint_load(uint64_t *done, const char *path, const char *of,
                            const struct checkpoint_part *parts, size_t count)
{
    struct model there = {0}, model = {0};
    *done = 0;
    if (!files_exists(path)) return STATUS_OK;
    const uint64_t steps = read_done(path, of);
    enum status status = describe(&model, parts, count);
    if (status != STATUS_OK) return status;
    if (steps == 0 || model_load(&there, path) != STATUS_OK ||
        model_copy(&model, &there, NULL) != STATUS_OK) {
        log_info("%s: is of another attack, which is not gone on with", path);
    } else {
        for (size_t i = 0, at = 0; i < count; at += parts[i++].count) {
            memcpy(parts[i].values, model.values + at, parts[i].count * sizeof(float));
        }
        *done = steps;
    }
    model_destroy(&there);
    model_destroy(&model);
    return STATUS_OK;
}
