// SPDX-License-Identifier: Apache-2.0
// Verification of the current model on the configured pairs, identification on held-back images.
#include "train/embed.h"
#include "train/trainer_parts.h"

#include <stdlib.h>
#include <string.h>

enum { SYNTHETIC_SHOTS = 8 };

bool trainer_can_evaluate(const struct trainer *trainer)
{
    const struct config *config = &trainer->config;
    if (!config->participant.evaluate) return false;
    if (config->data.pairs[0] != '\0') return true;
    return config->data.kind == DATA_SYNTHETIC && config->data.test_pairs > 0;
}

static enum status load_test(struct trainer *trainer)
{
    const struct config *config = &trainer->config;
    const int size = config->federation.input.size;
    const int channels = config->federation.input.color == COLOR_GREY ? 1 : 3;
    struct dataset *images = NULL;
    enum status status = STATUS_OK;
    if (config->data.pairs[0] != '\0') {
        status = pairs_load(&trainer->pairs, &images, config->data.pairs, config->data.test, size,
                            channels);
    } else if (config->data.kind == DATA_SYNTHETIC && config->data.test_pairs > 0) {
        const struct dataset_options options = {
            .size = size, .channels = channels, .images_min = 2};
        // People beyond those that anyone trains on; a few images of each make pairs enough.
        const int shots =
            config->data.images < SYNTHETIC_SHOTS ? config->data.images : SYNTHETIC_SHOTS;
        status = dataset_synthesize(&images, config->data.synthetic_seed, config->data.people,
                                    config->data.test_people, shots, &options);
        if (status == STATUS_OK) {
            status = pairs_draw(&trainer->pairs, images, (size_t)config->data.test_pairs,
                                config->data.synthetic_seed);
        }
    }
    if (status == STATUS_OK && images != NULL) {
        status =
            supply_create(&trainer->test, trainer->mask, &images, trainer_supply_options(trainer));
    }
    dataset_destroy(&images);
    return status;
}

static enum status identify(struct trainer *trainer, double *accuracy)
{
    struct net *net = recogniser_net(trainer->recogniser);
    const struct embed_progress progress = {trainer->tick, trainer->tick_context};
    float *gallery = NULL, *probes = NULL;
    enum status status =
        embed_images(&gallery, net, trainer->mask, trainer->supply, trainer->batch, progress);
    if (status == STATUS_OK) {
        status = embed_images(&probes, net, trainer->mask, trainer->held, trainer->batch, progress);
    }
    if (status == STATUS_OK) {
        status = evaluate_identification(accuracy, gallery, supply_labels(trainer->supply),
                                         supply_count(trainer->supply), probes,
                                         supply_labels(trainer->held), supply_count(trainer->held),
                                         supply_people(trainer->supply), net_outputs(net));
    }
    free(gallery);
    free(probes);
    return status;
}

enum status trainer_evaluate(struct trainer *trainer, struct trainer_evaluation *evaluation)
{
    struct net *net = recogniser_net(trainer->recogniser);
    memset(evaluation, 0, sizeof *evaluation);
    evaluation->identification = -1;
    enum status status = STATUS_OK;
    if (trainer->pairs == NULL) status = load_test(trainer);
    if (status == STATUS_OK && trainer->pairs != NULL) {
        float *embeddings = NULL;
        struct evaluate_result result;
        status = embed_images(&embeddings, net, trainer->mask, trainer->test, trainer->batch,
                              (struct embed_progress){trainer->tick, trainer->tick_context});
        if (status == STATUS_OK) {
            status = embed_verify(&result, embeddings, net_outputs(net), trainer->pairs);
        }
        free(embeddings);
        if (status == STATUS_OK) {
            evaluation->accuracy = result.accuracy;
            evaluation->deviation = result.deviation;
            evaluation->tar_at_far_1e3 = result.tar_at_far_1e3;
            evaluation->folds = result.folds;
            evaluation->roc_points = result.roc_points;
            memcpy(evaluation->fold, result.fold, sizeof result.fold);
            memcpy(evaluation->roc_far, result.roc_far, sizeof result.roc_far);
            memcpy(evaluation->roc_tar, result.roc_tar, sizeof result.roc_tar);
        }
    }
    if (status == STATUS_OK && trainer->held != NULL && supply_count(trainer->held) > 0) {
        status = identify(trainer, &evaluation->identification);
    }
    return status;
}
