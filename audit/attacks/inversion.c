// SPDX-License-Identifier: Apache-2.0
#include "attacks/inversion.h"

#include "attacks/checkpoint.h"
#include "attacks/inversion_parts.h"
#include "base/files.h"
#include "base/sizes.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    CRITIC_STEPS = 5, // for one of the generator
    SIDE_QUICK = 32,
    SIDE = 64,
    WIDTH_QUICK = 16,
    WIDTH = 32,
    PEOPLE_QUICK = 5,
    ITERATIONS = 1500
};

#define RATE_QUICK 1e-3 // five times theirs: the steps are few

static void choose_size(struct inversion *inversion, const struct attack_context *context)
{
    const struct attack_budget *budget = context->budget;
    const struct dataset *victims = context->data->victims;
    size_t people = budget->victims_max > 0 ? sizes_least(budget->victims_max, victims->people)
                                            : victims->people;
    if (budget->quick) people = sizes_least(people, PEOPLE_QUICK);
    inversion->context = context;
    inversion->row_size = net_outputs(context->target->net);
    inversion->shape = (struct dcgan){budget->quick ? SIDE_QUICK : SIDE, victims->channels,
                                      budget->quick ? WIDTH_QUICK : WIDTH, INVERSION_NOISE};
    inversion->people = people;
    inversion->starts = (size_t)budget->starts;
    inversion->slots = people * inversion->starts;
    inversion->iterations = budget->quick ? (size_t)budget->steps : ITERATIONS;
}

static enum status allocate(struct inversion *inversion)
{
    const struct dataset *victims = inversion->context->data->victims;
    const size_t slots = inversion->slots, size = inversion->row_size;
    const size_t face = (size_t)victims->size * (size_t)victims->size * (size_t)victims->channels;
    inversion->z = calloc(slots, INVERSION_NOISE * sizeof(float));
    inversion->velocity = calloc(slots, INVERSION_NOISE * sizeof(float));
    inversion->loss = calloc(slots, sizeof(float));
    inversion->loss_start = calloc(slots, sizeof(float));
    inversion->seen = calloc(slots, sizeof(float));
    inversion->gradient = calloc(INVERSION_BATCH, size * sizeof(float));
    inversion->sum = calloc(INVERSION_BATCH, inversion_picture(inversion) * sizeof(float));
    inversion->pictures = calloc(slots, face);
    inversion->pictures_start = calloc(slots, face);
    if (inversion->z != NULL && inversion->velocity != NULL && inversion->loss != NULL &&
        inversion->loss_start != NULL && inversion->seen != NULL && inversion->gradient != NULL &&
        inversion->sum != NULL && inversion->pictures != NULL &&
        inversion->pictures_start != NULL) {
        return STATUS_OK;
    }
    return status_fail(STATUS_NO_MEMORY, "out of memory for %zu inversions", slots);
}

static void destroy(struct inversion *inversion)
{
    wasserstein_destroy(&inversion->gan);
    passage_destroy(&inversion->passage);
    free(inversion->templates);
    free(inversion->z);
    free(inversion->velocity);
    free(inversion->loss);
    free(inversion->loss_start);
    free(inversion->seen);
    free(inversion->gradient);
    free(inversion->sum);
    free(inversion->pictures);
    free(inversion->pictures_start);
}

/* The mean embedding of each victim, normalised. */
static enum status find_templates(struct inversion *inversion)
{
    const struct attack_context *context = inversion->context;
    const struct dataset *victims = context->data->victims;
    const size_t size = inversion->row_size;
    float *each = malloc(victims->count * size * sizeof *each);
    inversion->templates = calloc(victims->people, size * sizeof(float));
    if (each == NULL || inversion->templates == NULL) {
        free(each);
        return status_fail(STATUS_NO_MEMORY, "out of memory for templates");
    }
    const enum status status = target_embed(context->target, each, victims, NULL, victims->count);
    for (size_t i = 0; i < victims->count && status == STATUS_OK; i++) {
        for (size_t j = 0; j < size; j++) {
            inversion->templates[victims->labels[i] * size + j] += each[i * size + j];
        }
    }
    for (size_t p = 0; p < victims->people; p++) {
        float *row = inversion->templates + p * size;
        double squares = 0;
        for (size_t j = 0; j < size; j++) {
            squares += (double)row[j] * (double)row[j];
        }
        for (size_t j = 0; j < size; j++) {
            row[j] /= (float)fmax(sqrt(squares), 1e-12);
        }
    }
    free(each);
    inversion->classes = inversion->templates;
    inversion->rows = victims->people;
    return status;
}

static bool choose_statistics(struct inversion *inversion, struct figures *figures)
{
    inversion->variance = inversion_variance(inversion->context->target);
    if (inversion->variance == NULL) {
        figures_note(figures, "gmi: is not made by statistics, as the network ends in no batch "
                              "norm");
        return false;
    }
    figures_note(figures, "gmi: by the statistics of the last batch norm, so that its faces are of "
                          "no chosen people, whoever stands above them");
    if (!inversion->context->data->trained) {
        figures_note(figures, "gmi: the statistics are of others than the victims, who are here "
                              "but a control");
    }
    return true;
}

/* What says who somebody is; false, and a remark: what was asked for is not there. */
static bool choose_identity(struct inversion *inversion, struct figures *figures)
{
    const struct attack_data *data = inversion->context->data;
    const struct target *target = inversion->context->target;
    const enum attack_identity wanted = inversion->context->identity;
    const bool classes = target->head != NULL && data->trained &&
                         data->first_class + inversion->people <= target->people;
    inversion->identity = wanted != ATTACK_IDENTITY_AUTO ? wanted
                          : classes                      ? ATTACK_IDENTITY_CLASS
                                                         : ATTACK_IDENTITY_TEMPLATE;
    if (inversion->identity == ATTACK_IDENTITY_STATISTICS) {
        return choose_statistics(inversion, figures);
    }
    if (inversion->identity == ATTACK_IDENTITY_TEMPLATE) {
        figures_note(figures, "gmi: by the victims' mean templates, as %s",
                     wanted == ATTACK_IDENTITY_AUTO ? "the attacker has no class weights of them"
                                                    : "gmi.identity says");
        return true; // found later
    }
    if (!classes) {
        figures_note(figures, "gmi: is not made by class, as the attacker has no class weights of "
                              "the victims");
        return false;
    }
    inversion->classes = target->head;
    inversion->rows = target->people;
    inversion->first_class = data->first_class;
    return true;
}

static enum status make_networks(struct inversion *inversion)
{
    const size_t batch = sizes_most(2 * (size_t)inversion->context->budget->batch, INVERSION_BATCH);
    struct wasserstein_options options = wasserstein_defaults;
    struct net *generator = NULL, *critic = NULL;
    options.seed = inversion->context->budget->seed;
    if (inversion->context->budget->quick) options.rates.rate = RATE_QUICK;
    enum status status = dcgan_generator(&generator, &inversion->shape, batch);
    if (status == STATUS_OK) status = dcgan_critic(&critic, &inversion->shape, 2 * batch);
    if (status != STATUS_OK) {
        net_destroy(&generator);
        return status;
    }
    return wasserstein_create(&inversion->gan, generator, critic, batch, &options);
}

/* The batch of one step of the critic. */
static void draw_faces(float *faces, const struct inversion *inversion, const struct dataset *small,
                       size_t batch)
{
    const size_t each = inversion_picture(inversion);
    struct random random;
    random_start(&random, inversion->context->budget->seed, 0, RANDOM_ATTACK, 1,
                 (uint32_t)inversion->gan.critic.adam.steps);
    for (size_t i = 0; i < batch; i++) {
        const uint8_t *pixels =
            dataset_pixels(small, random_below(&random, (uint32_t)small->count));
        for (size_t j = 0; j < each; j++) {
            faces[i * each + j] = (float)pixels[j] / 255;
        }
    }
}

static enum status train_step(struct inversion *inversion, float *faces,
                              const struct dataset *small, size_t batch)
{
    double total = 0;
    for (int i = 0; i < CRITIC_STEPS; i++) {
        draw_faces(faces, inversion, small, batch);
        const struct wasserstein_losses losses =
            wasserstein_critic_step(&inversion->gan, faces, batch);
        total += losses.real + losses.made + losses.penalty;
    }
    total += wasserstein_generator_step(&inversion->gan, batch);
    if (isfinite(total)) return STATUS_OK;
    return status_fail(STATUS_NOT_FINITE, "its generator's losses in step %llu are not finite",
                       (unsigned long long)inversion->gan.generator.adam.steps);
}

static enum status train(struct inversion *inversion, const char *path, const char *of,
                         const struct dataset *small)
{
    const uint64_t steps = (uint64_t)inversion->context->budget->steps;
    const size_t batch = 2 * (size_t)inversion->context->budget->batch;
    struct learner *generator = &inversion->gan.generator, *critic = &inversion->gan.critic;
    const struct checkpoint_part parts[] = {
        {"generator", generator->weights, net_parameters(generator->net)},
        {"generator.moments", generator->adam.moments, generator->adam.count},
        {"critic", critic->weights, net_parameters(critic->net)},
        {"critic.moments", critic->adam.moments, critic->adam.count}};
    const size_t count = sizeof parts / sizeof parts[0];
    uint64_t done = 0;
    float *faces = malloc(batch * inversion_picture(inversion) * sizeof *faces);
    if (faces == NULL) return status_fail(STATUS_NO_MEMORY, "out of memory for a batch of faces");
    enum status status = checkpoint_load(&done, path, of, parts, count);
    generator->adam.steps = done;
    critic->adam.steps = CRITIC_STEPS * done;
    while (done < steps && status == STATUS_OK) {
        status = train_step(inversion, faces, small, batch);
        done++;
        if (status == STATUS_OK && (done % INVERSION_SAVED == 0 || done == steps)) {
            status = checkpoint_save(path, of, done, parts, count);
        }
        if (status == STATUS_OK) {
            status = attack_progress(inversion->context, "gmi, generator", done, steps);
        }
    }
    free(faces);
    return status;
}

static enum status learn_generator(struct inversion *inversion)
{
    const struct attack_context *context = inversion->context;
    struct dataset *small = NULL;
    char path[LIMIT_PATH], of[CHECKPOINT_OF];
    enum status status = files_join(path, context->shared, "gmi.generator.safetensors");
    if (status == STATUS_OK) status = checkpoint_of(of, "gmi generator 1", context, NULL);
    if (status == STATUS_OK) {
        status = dataset_pick(&small, context->data->known, inversion->shape.side,
                              inversion->shape.channels, NULL, context->data->known->count);
    }
    if (status == STATUS_OK) status = train(inversion, path, of, small);
    dataset_destroy(&small);
    return status;
}

enum status inversion_attack(const struct attack_context *context, struct figures *figures)
{
    struct inversion inversion = {0};
    choose_size(&inversion, context);
    if (!choose_identity(&inversion, figures)) return STATUS_OK;
    enum status status = allocate(&inversion);
    if (status == STATUS_OK && inversion.identity == ATTACK_IDENTITY_TEMPLATE) {
        status = find_templates(&inversion);
    }
    if (status == STATUS_OK) status = make_networks(&inversion);
    if (status == STATUS_OK) status = learn_generator(&inversion);
    if (status == STATUS_OK) {
        status = passage_create(&inversion.passage, context->target, (size_t)inversion.shape.side,
                                inversion.shape.channels, INVERSION_BATCH);
    }
    if (status == STATUS_OK && inversion.identity == ATTACK_IDENTITY_STATISTICS) {
        inversion_begin(&inversion);
        status = inversion_paint(&inversion, inversion.pictures_start);
    }
    if (status == STATUS_OK) status = inversion_search(&inversion);
    if (status == STATUS_OK) status = inversion_paint(&inversion, inversion.pictures);
    if (status == STATUS_OK) status = inversion_score(&inversion, figures);
    if (status == STATUS_NOT_FINITE) {
        attack_diverged(figures, "gmi", status_message());
        status = STATUS_OK;
    }
    destroy(&inversion);
    return status;
}
