// SPDX-License-Identifier: Apache-2.0
#include "train/trainer.h"
#include "nn/kernels.h"
#include "secure/identity.h"
#include "train/clipped.h"
#include "train/embed.h"
#include "train/networks.h"
#include "train/trainer_parts.h"

#include <omp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool trainer_go_on(struct trainer *trainer, const char *what, uint64_t done, uint64_t total)
{
    return trainer->tick == NULL || trainer->tick(trainer->tick_context, what, done, total);
}

void trainer_set_tick(struct trainer *trainer, trainer_tick *tick, void *context)
{
    trainer->tick = tick;
    trainer->tick_context = context;
}

struct model *trainer_model(struct trainer *trainer)
{
    return &trainer->model;
}

struct supply_options trainer_supply_options(const struct trainer *trainer)
{
    const size_t all = (size_t)trainer->config.data.memory << 20;
    const size_t used =
        supply_bytes(trainer->supply) + supply_bytes(trainer->held) + supply_bytes(trainer->test);
    struct supply_options options = {.bytes_max = all - used, .folder = trainer->config.data.cache};
    memcpy(options.noise, trainer->noise, sizeof options.noise);
    // Images of each supply are counted from 0: none may see the noise of another's.
    options.noise[0] ^= (uint8_t)((trainer->supply != NULL) + (trainer->held != NULL));
    return options;
}

static struct dataset_options image_options(const struct config *config)
{
    return (struct dataset_options){
        .size = config->federation.input.size,
        .channels = config->federation.input.color == COLOR_GREY ? 1 : 3,
        .people_max = config->data.people,
        .images_max = config->data.images,
        .images_min = 2,
        .split_count = config->data.split_count,
        .split_index = config->data.split_index,
        .skew = config->data.skew,
        .seed = config->seed,
    };
}

static enum status require_folder(const struct config *config)
{
    if (config->data.train[0] != '\0') return STATUS_OK;
    return status_fail(STATUS_BAD_CONFIG,
                       "data.train: no folder of identities is given, set it to DIR of "
                       "DIR/PERSON/IMAGE files");
}

enum status trainer_images(struct dataset **dataset, const struct config *config)
{
    const struct dataset_options options = image_options(config);
    if (config->data.kind == DATA_SYNTHETIC) {
        return dataset_synthesize(dataset, config->data.synthetic_seed, 0, config->data.people,
                                  config->data.images, &options);
    }
    const enum status status = require_folder(config);
    return status == STATUS_OK ? dataset_load(dataset, config->data.train, &options) : status;
}

enum status trainer_count_images(size_t *people, size_t *images, const struct config *config)
{
    const struct dataset_options options = image_options(config);
    const enum status status = require_folder(config);
    return status == STATUS_OK ? dataset_count(people, images, config->data.train, &options)
                               : status;
}

static enum status load_images(struct trainer *trainer)
{
    const struct config *config = &trainer->config;
    struct dataset *dataset = NULL, *held = NULL;
    enum status status = trainer_images(&dataset, config);
    if (status != STATUS_OK) return status;
    trainer->skipped = dataset->skipped;
    if (config->data.holdout > 0) {
        status = dataset_hold_out(&held, dataset, config->data.holdout);
        if (status == STATUS_OK) {
            status = supply_create(&trainer->held, trainer->mask, &held,
                                   trainer_supply_options(trainer));
        }
    }
    if (status == STATUS_OK) {
        status = supply_create(&trainer->supply, trainer->mask, &dataset,
                               trainer_supply_options(trainer));
    }
    dataset_destroy(&dataset);
    dataset_destroy(&held);
    return status;
}

/* Describes a model of the two nets; the policy's tensors begin at *policy_offset. */
static enum status describe(struct manifest *manifest, size_t *policy_offset,
                            const struct net *backbone, const struct net *policy)
{
    size_t ignored = 0;
    enum status status = networks_describe(manifest, backbone, &ignored);
    *policy_offset = manifest->count;
    if (status == STATUS_OK && policy != NULL) {
        status = networks_describe(manifest, policy, policy_offset);
    }
    return status;
}

/* A model with initial weights for two nets that stay the caller's. */
static enum status initial_model(struct model *model, size_t *policy_offset,
                                 const struct config *config, struct net *backbone,
                                 struct net *policy)
{
    struct manifest manifest = {0};
    enum status status = describe(&manifest, policy_offset, backbone, policy);
    if (status == STATUS_OK) status = model_create(model, &manifest);
    manifest_destroy(&manifest);
    if (status != STATUS_OK) return status;
    net_bind(backbone, model->values, NULL);
    net_initialise(backbone, config->seed, 0);
    if (policy != NULL) {
        net_bind(policy, model->values + *policy_offset, NULL);
        net_initialise(policy, config->seed, 1);
    }
    return STATUS_OK;
}

enum status trainer_initial_model(struct model *model, const struct config *config)
{
    struct net *backbone = NULL, *policy = NULL;
    size_t policy_offset = 0;
    enum status status = networks_backbone(&backbone, config, 1, NET_EVALUATE);
    if (status == STATUS_OK) status = networks_policy(&policy, config, 1);
    if (status == STATUS_OK) {
        status = initial_model(model, &policy_offset, config, backbone, policy);
    }
    net_destroy(&backbone);
    net_destroy(&policy);
    return status;
}

enum status trainer_manifest(struct manifest *manifest, const struct config *config)
{
    struct net *backbone = NULL, *policy = NULL;
    size_t policy_offset = 0;
    enum status status = networks_backbone(&backbone, config, 1, NET_EVALUATE);
    if (status == STATUS_OK) status = networks_policy(&policy, config, 1);
    if (status == STATUS_OK) status = describe(manifest, &policy_offset, backbone, policy);
    net_destroy(&backbone);
    net_destroy(&policy);
    return status;
}

/* Gives the nets, which it takes, to recogniser and policy, with their parts of three vectors. */
static enum status attach_networks(struct trainer *trainer, struct net **backbone,
                                   struct net **policy)
{
    const struct config_federation *federation = &trainer->config.federation;
    const size_t count = trainer->model.manifest.count;
    trainer->gradients = calloc(count, sizeof *trainer->gradients);
    trainer->velocity = calloc(count, sizeof *trainer->velocity);
    if (trainer->gradients == NULL || trainer->velocity == NULL) {
        return status_fail(STATUS_NO_MEMORY, "out of memory for a model of %zu numbers", count);
    }
    float *vectors[3] = {trainer->model.values, trainer->gradients, trainer->velocity};
    enum status status = recogniser_create(&trainer->recogniser, backbone, federation,
                                           supply_people(trainer->supply), trainer->batch, vectors);
    if (status == STATUS_OK) status = trainer_dp_create(trainer);
    if (status != STATUS_OK) return status;
    arcface_initialise(recogniser_head(trainer->recogniser), trainer->config.seed, trainer->index);
    for (int i = 0; i < 3; i++) {
        vectors[i] += trainer->policy_offset;
    }
    return *policy == NULL ? STATUS_OK
                           : policy_create(&trainer->policy, policy, federation, vectors);
}

static enum status build_networks(struct trainer *trainer)
{
    const struct config *config = &trainer->config;
    struct net *backbone = NULL, *policy = NULL;
    enum status status = networks_fit(config, trainer->batch);
    if (status == STATUS_OK)
        status = networks_backbone(&backbone, config, trainer->batch, NET_TRAIN);
    if (status == STATUS_OK) status = networks_policy(&policy, config, trainer->batch);
    if (status == STATUS_OK) {
        status = initial_model(&trainer->model, &trainer->policy_offset, config, backbone, policy);
    }
    if (status == STATUS_OK) status = attach_networks(trainer, &backbone, &policy);
    net_destroy(&backbone);
    net_destroy(&policy);
    return status;
}

/* Images that there will be, as far as the config tells. */
static size_t images_at_least(const struct config *config)
{
    if (config->data.kind != DATA_SYNTHETIC) return 1;
    const int people = config->data.skew > 0 ? 1 : config->data.people / config->data.split_count;
    const int images = config->data.images - config->data.holdout;
    return people < 1 || images < 1 ? 1 : (size_t)people * (size_t)images;
}

/* What no memory holds is refused before hours are spent on images. */
static enum status refuse_too_large(const struct config *config)
{
    const size_t images = images_at_least(config);
    const size_t batch = (size_t)config->federation.optimiser.batch;
    return networks_fit(config, images < batch ? images : batch);
}

static enum status allocate_batches(struct trainer *trainer)
{
    const size_t batch = trainer->batch, values = mask_values(trainer->mask);
    trainer->masked = malloc(batch * values * sizeof(float));
    trainer->mixed = malloc(batch * values * sizeof(float));
    trainer->order = malloc(supply_count(trainer->supply) * sizeof(uint32_t));
    trainer->label = malloc(batch * sizeof(uint32_t));
    trainer->mixed_label = malloc(batch * LIMIT_MIX * sizeof(uint32_t));
    trainer->flip = malloc(batch);
    if (!trainer->masked || !trainer->mixed || !trainer->order || !trainer->label ||
        !trainer->mixed_label || !trainer->flip) {
        return status_fail(STATUS_NO_MEMORY, "out of memory for batches of %zu images", batch);
    }
    return mix_create(&trainer->mix, batch);
}

/* The seed and the participant's number as a key, or one that nobody knows. */
static void choose_noise(struct trainer *trainer)
{
    if (trainer->config.participant.noise == NOISE_SYSTEM) {
        identity_random(trainer->noise, sizeof trainer->noise);
        return;
    }
    for (size_t i = 0; i < sizeof(uint64_t); i++) {
        trainer->noise[8 + i] = (uint8_t)(trainer->config.seed >> (8 * i));
        trainer->noise[16 + i] = (uint8_t)((uint64_t)trainer->index >> (8 * i));
    }
}

static enum status create(struct trainer **trainer, const struct config *config, uint32_t index,
                          const uint8_t mask_key[MASK_KEY_BYTES], bool networks)
{
    struct trainer *made = calloc(1, sizeof *made);
    if (made == NULL) return status_fail(STATUS_NO_MEMORY, "out of memory for the trainer");
    made->config = *config;
    made->index = index;
    choose_noise(made);
    if (config->threads > 0) omp_set_num_threads(config->threads);
    enum status status = mask_create(&made->mask, &config->federation, mask_key);
    if (status == STATUS_OK) {
        status = mask_use_eigenfaces(made->mask, config->participant.eigenfaces);
    }
    if (status == STATUS_OK && networks) status = refuse_too_large(config);
    if (status == STATUS_OK) status = load_images(made);
    if (status == STATUS_OK) {
        const size_t images = supply_count(made->supply);
        const size_t batch = (size_t)config->federation.optimiser.batch;
        made->batch = images < batch ? images : batch;
        if (networks) status = build_networks(made);
    }
    if (status == STATUS_OK) status = allocate_batches(made);
    if (status != STATUS_OK) {
        trainer_destroy(&made);
        return status;
    }
    *trainer = made;
    return STATUS_OK;
}

enum status trainer_create(struct trainer **trainer, const struct config *config, uint32_t index,
                           const uint8_t mask_key[MASK_KEY_BYTES])
{
    return create(trainer, config, index, mask_key, true);
}

enum status trainer_create_masker(struct trainer **trainer, const struct config *config,
                                  uint32_t index, const uint8_t mask_key[MASK_KEY_BYTES])
{
    return create(trainer, config, index, mask_key, false);
}

void trainer_destroy(struct trainer **trainer)
{
    struct trainer *old = *trainer;
    if (old == NULL) return;
    recogniser_destroy(&old->recogniser);
    policy_destroy(&old->policy);
    clipped_destroy(&old->clipped);
    supply_destroy(&old->supply);
    supply_destroy(&old->held);
    supply_destroy(&old->test);
    pairs_destroy(&old->pairs);
    mask_destroy(&old->mask);
    mix_destroy(&old->mix);
    model_destroy(&old->model);
    void *const blocks[] = {old->gradients, old->velocity, old->masked,      old->mixed,
                            old->order,     old->label,    old->mixed_label, old->flip};
    for (size_t i = 0; i < sizeof blocks / sizeof blocks[0]; i++) {
        free(blocks[i]);
    }
    free(old);
    *trainer = NULL;
}

void trainer_describe(const struct trainer *trainer, char *text, size_t size)
{
    char mask[256];
    mask_describe(trainer->mask, mask, sizeof mask);
    snprintf(text, size,
             "%zu images of %zu people (%zu broken files left out), %s, %zu numbers in the model, "
             "%zu MiB for the recogniser, %s kernels%s%s",
             supply_count(trainer->supply), supply_people(trainer->supply), trainer->skipped, mask,
             trainer->model.manifest.count, net_bytes(recogniser_net(trainer->recogniser)) >> 20,
             kernels_get()->name, trainer->config.tuning[0] == '\0' ? "" : ", tuned by ",
             trainer->config.tuning);
}

enum status trainer_save_private(struct trainer *trainer, const char *path)
{
    struct manifest manifest = {0};
    struct model private = {0};
    struct arcface *head = recogniser_head(trainer->recogniser);
    const size_t people = supply_people(trainer->supply);
    const size_t shape[2] = {people, arcface_parameters(head) / people};
    enum status status = manifest_add(&manifest, "head.weight", shape, 2, true);
    const struct manifest *all = &trainer->model.manifest;
    for (size_t i = 0; status == STATUS_OK && i < all->tensors; i++) {
        const struct tensor_entry *entry = &all->entries[i];
        if (entry->offset < trainer->policy_offset) continue;
        status = manifest_add(&manifest, entry->name, entry->shape, entry->axes, entry->trainable);
    }
    if (status == STATUS_OK) status = model_create(&private, &manifest);
    if (status == STATUS_OK) {
        const size_t own = arcface_parameters(head);
        memcpy(private.values, arcface_weights(head), own * sizeof(float));
        memcpy(private.values + own, trainer->model.values + trainer->policy_offset,
               (all->count - trainer->policy_offset) * sizeof(float));
        status = model_save(&private, path, NULL);
    }
    model_destroy(&private);
    manifest_destroy(&manifest);
    return status;
}

enum status trainer_save_model(struct trainer *trainer, const char *path)
{
    char *section = NULL;
    enum status status = config_canonical(&trainer->config, &section);
    const struct model_note notes[] = {{"fedveil.federation", section}, {NULL, NULL}};
    if (status == STATUS_OK) status = model_save(&trainer->model, path, notes);
    free(section);
    return status;
}
