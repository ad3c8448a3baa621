// SPDX-License-Identifier: Apache-2.0
#include "defence/target.h"

#include "base/files.h"
#include "base/random.h"
#include "defence/target_parts.h"
#include "image/image.h"
#include "secure/identity.h"
#include "train/embed.h"
#include "train/networks.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

size_t target_values(const struct target *target)
{
    return mask_values(target->mask);
}

int target_channels(const struct target *target)
{
    return mask_components(target->mask);
}

/* The federation section that the model's file carries, a "key=value" a line. */
static enum status apply_note(struct config *config, const char *path)
{
    char *note = NULL, *rest = NULL;
    enum status status = model_load_note(&note, path, "fedveil.federation");
    if (status != STATUS_OK) return status;
    if (note == NULL) {
        return status_fail(STATUS_BAD_INPUT,
                           "%s: does not say which mask and network it needs, give a config", path);
    }
    for (char *line = strtok_r(note, "\n", &rest); line != NULL && status == STATUS_OK;
         line = strtok_r(NULL, "\n", &rest)) {
        status = config_set(config, line);
    }
    free(note);
    return status;
}

static enum status read_config(struct target *target, const struct target_files *files)
{
    config_defaults(&target->config);
    enum status status = files->config == NULL ? apply_note(&target->config, files->model)
                                               : config_load_over(&target->config, files->config);
    return status == STATUS_OK ? config_check(&target->config) : status;
}

static enum status make_mask(struct target *target, const struct target_files *files)
{
    const bool keyed = mask_has_key(&target->config.federation);
    enum status status = STATUS_OK;
    if (keyed && files->mask_key == NULL) {
        return status_fail(
            STATUS_BAD_CONFIG,
            "defence %s: mask_key is missing, as its mask has an order that follows from it",
            target->name);
    }
    if (keyed) status = identity_load_mask_key(target->mask_key, files->mask_key);
    if (status == STATUS_OK) {
        status = mask_create(&target->mask, &target->config.federation, target->mask_key);
    }
    if (status != STATUS_OK) return status;
    return mask_use_eigenfaces(target->mask, files->eigenfaces == NULL ? "" : files->eigenfaces);
}

static enum status load_network(struct target *target, const char *path)
{
    struct manifest manifest = {0};
    struct model file = {0};
    size_t offset = 0;
    enum status status =
        networks_backbone(&target->net, &target->config, TARGET_BATCH, NET_EVALUATE);
    if (status == STATUS_OK) status = networks_describe(&manifest, target->net, &offset);
    if (status == STATUS_OK) status = model_create(&target->model, &manifest);
    if (status == STATUS_OK) status = model_load(&file, path);
    if (status == STATUS_OK && model_copy(&target->model, &file, NULL) != STATUS_OK) {
        char reason[512];
        snprintf(reason, sizeof reason, "%s", status_message());
        status = status_fail(STATUS_BAD_INPUT,
                             "%s: %s does not fit the mask and network of its config: %s",
                             target->name, path, reason);
    }
    if (status == STATUS_OK) status = model_check_finite(&target->model);
    if (status == STATUS_OK) net_bind(target->net, target->model.values, NULL);
    model_destroy(&file);
    manifest_destroy(&manifest);
    return status;
}

static void normalise(float *row, size_t size)
{
    double squares = 0;
    for (size_t i = 0; i < size; i++) {
        squares += (double)row[i] * (double)row[i];
    }
    const double length = fmax(sqrt(squares), 1e-12);
    for (size_t i = 0; i < size; i++) {
        row[i] = (float)((double)row[i] / length);
    }
}

static enum status load_head(struct target *target, const char *path)
{
    struct model file = {0};
    enum status status = model_load(&file, path);
    if (status != STATUS_OK) return status;
    const struct tensor_entry *head = manifest_find(&file.manifest, "head.weight");
    const size_t size = net_outputs(target->net);
    if (head == NULL || head->axes != 2 || head->shape[1] != size) {
        status = status_fail(STATUS_BAD_INPUT,
                             "%s: no head.weight of people x %zu numbers, as the network of %s "
                             "has embeddings",
                             path, size, target->name);
        goto done;
    }
    target->head = malloc(head->count * sizeof *target->head);
    if (target->head == NULL) {
        status = status_fail(STATUS_NO_MEMORY, "%s: out of memory", path);
        goto done;
    }
    target->people = head->shape[0];
    memcpy(target->head, file.values + head->offset, head->count * sizeof *target->head);
    for (size_t r = 0; r < target->people; r++) {
        normalise(target->head + r * size, size);
    }
done:
    model_destroy(&file);
    return status;
}

enum status target_open_model(struct target **target, const char *name,
                              const struct target_files *files)
{
    struct target *made = calloc(1, sizeof *made);
    if (made == NULL) return status_fail(STATUS_NO_MEMORY, "%s: out of memory", name);
    snprintf(made->name, sizeof made->name, "%s", name);
    enum status status = read_config(made, files);
    if (status == STATUS_OK) status = make_mask(made, files);
    if (status == STATUS_OK) status = load_network(made, files->model);
    if (status == STATUS_OK && files->head != NULL) status = load_head(made, files->head);
    if (status == STATUS_OK) status = target_read_shares(made, files->metrics);
    if (status != STATUS_OK) {
        target_close(&made);
        return status;
    }
    *target = made;
    return STATUS_OK;
}

enum status target_open(struct target **target, const char *name, const char *run_folder)
{
    struct target_run run;
    const enum status status = target_find(&run, name, run_folder);
    return status == STATUS_OK ? target_open_model(target, name, &run.files) : status;
}

void target_close(struct target **target)
{
    struct target *old = *target;
    if (old == NULL) return;
    net_destroy(&old->net);
    mask_destroy(&old->mask);
    model_destroy(&old->model);
    free(old->head);
    free(old);
    *target = NULL;
}

/* What the mask makes of a ramp: it stands for all that it hides by, eigenfaces among it. */
static enum status digest_mask(struct digest_stream *stream, const struct target *target)
{
    static const uint8_t key[MASK_NOISE_BYTES];
    const int side = target->config.federation.input.size, channels = target_channels(target);
    const size_t values = target_values(target);
    struct image ramp = {0};
    struct random random;
    float *bands = calloc(2, values * sizeof *bands);
    enum status status = bands == NULL ? status_fail(STATUS_NO_MEMORY, "out of memory for a face")
                                       : image_create(&ramp, side, side, channels);
    if (status == STATUS_OK) {
        for (size_t i = 0; i < (size_t)side * (size_t)side * (size_t)channels; i++) {
            ramp.pixels[i] = (uint8_t)(i * i / 7);
        }
        random_start(&random, 0, 0, RANDOM_SHUFFLE, 0, 0);
        mask_bands(target->mask, bands, ramp.pixels, channels);
        mask_perturb(target->mask, bands, key, 0);
        mask_apply(target->mask, bands + values, bands, 0, &random);
        digest_stream_add(stream, bands + values, values * sizeof *bands);
    }
    image_destroy(&ramp);
    free(bands);
    return status;
}

enum status target_digest(uint8_t digest[DIGEST_BYTES], const struct target *target)
{
    struct digest_stream *stream = NULL;
    char *section = NULL;
    enum status status = config_canonical(&target->config, &section);
    if (status == STATUS_OK) status = digest_stream_create(&stream);
    if (status == STATUS_OK) {
        const size_t head = target->people * net_outputs(target->net);
        digest_stream_add(stream, section, strlen(section));
        digest_stream_add(stream, target->model.values,
                          target->model.manifest.count * sizeof *target->model.values);
        if (head > 0) digest_stream_add(stream, target->head, head * sizeof *target->head);
        digest_stream_add(stream, target->k_share, sizeof target->k_share);
        status = digest_mask(stream, target);
        digest_stream_end(digest, &stream);
    }
    free(section);
    return status;
}

enum status target_embed(const struct target *target, float *out, const struct dataset *set,
                         const uint32_t *index, size_t count)
{
    struct dataset *picked = NULL;
    struct supply *supply = NULL;
    float *embeddings = NULL;
    if (count == 0) return STATUS_OK;
    enum status status = dataset_pick(&picked, set, target->config.federation.input.size,
                                      target_channels(target), index, count);
    if (status == STATUS_OK) {
        status = supply_create(&supply, target->mask, &picked, (struct supply_options){0});
    }
    if (status == STATUS_OK) {
        status = embed_images(&embeddings, target->net, target->mask, supply, TARGET_BATCH,
                              (struct embed_progress){0});
    }
    if (status == STATUS_OK) {
        memcpy(out, embeddings, count * net_outputs(target->net) * sizeof *out);
    }
    free(embeddings);
    supply_destroy(&supply);
    dataset_destroy(&picked);
    return status;
}

enum status target_embed_pixels(const struct target *target, float *out, const uint8_t *pixels,
                                size_t count, int size, int channels)
{
    static char none[] = "";
    char *people[] = {none};
    uint32_t *labels = calloc(count + 1, sizeof *labels);
    char **names = calloc(count + 1, sizeof *names);
    for (size_t i = 0; i < count && names != NULL; i++) {
        names[i] = none;
    }
    const struct dataset set = {.size = size,
                                .channels = channels,
                                .count = count,
                                .people = 1,
                                .pixels = (uint8_t *)(uintptr_t)pixels, // only read
                                .labels = labels,
                                .names = names,
                                .people_names = people};
    const enum status status =
        labels == NULL || names == NULL
            ? status_fail(STATUS_NO_MEMORY, "out of memory for %zu embeddings", count)
            : target_embed(target, out, &set, NULL, count);
    free(labels);
    free(names);
    return status;
}
