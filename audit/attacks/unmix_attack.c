// SPDX-License-Identifier: Apache-2.0
#include "attacks/unmix_attack.h"

#include "attacks/decoder.h"
#include "attacks/linear_attack.h"
#include "attacks/unmix.h"
#include "attacks/unmix_bands.h"
#include "attacks/unmix_labels.h"
#include "base/sizes.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    SKETCH = 256, // values that errors are measured on
    STEPS = 60,   // of the alternation
    EPOCHS = 20,  // most
    SIGN_STEPS = 30,
    MEAN_FACES = 64, // that a guess of signs begins with
};

static const size_t epochs[] = {1, 2, 5, 10, EPOCHS};
enum { EPOCH_COUNTS = sizeof epochs / sizeof epochs[0] };

struct work {
    const struct attack_context *context;
    struct figures *figures;
    struct dataset *set; // the training images
    float *masked;       // set->count x target_values()
    float *start;  // target_values(): mean masked face of the attacker's, where there are signs
    float *sketch; // set->count x SKETCH
    float *mixed, *room; // EPOCHS * set->count x SKETCH
    float *found, *ordered;
    struct observe_mix *mixes, *guessed; // EPOCHS * set->count
    uint32_t *to;
};

/* The first people's images, as many of each as there is room for, in the order of people. */
static enum status pick(struct dataset **set, const struct dataset *victims)
{
    uint32_t index[UNMIX_ATTACK_IMAGES];
    const size_t people = sizes_least(victims->people, UNMIX_ATTACK_PEOPLE);
    const size_t each = UNMIX_ATTACK_IMAGES / people;
    size_t count = 0;
    for (uint32_t person = 0; person < people; person++) {
        size_t own = 0;
        for (uint32_t i = 0; i < victims->count && own < each; i++) {
            if (victims->labels[i] != person) continue;
            index[count++] = i;
            own++;
        }
    }
    return dataset_pick(set, victims, victims->size, victims->channels, index, count);
}

static void work_destroy(struct work *work)
{
    dataset_destroy(&work->set);
    free(work->masked);
    free(work->start);
    free(work->sketch);
    free(work->mixed);
    free(work->room);
    free(work->found);
    free(work->ordered);
    free(work->mixes);
    free(work->guessed);
    free(work->to);
}

static enum status work_create(struct work *work)
{
    enum status status = pick(&work->set, work->context->data->victims);
    if (status != STATUS_OK) return status;
    const size_t images = work->set->count, rows = EPOCHS * images;
    const size_t values = target_values(work->context->target);
    work->masked = malloc(images * values * sizeof *work->masked);
    work->start = calloc(values, sizeof *work->start);
    work->sketch = malloc(images * SKETCH * sizeof *work->sketch);
    work->mixed = malloc(rows * SKETCH * sizeof *work->mixed);
    work->room = malloc(rows * SKETCH * sizeof *work->room);
    work->found = malloc(images * SKETCH * sizeof *work->found);
    work->ordered = malloc(images * SKETCH * sizeof *work->ordered);
    work->mixes = malloc(rows * sizeof *work->mixes);
    work->guessed = malloc(rows * sizeof *work->guessed);
    work->to = malloc(images * sizeof *work->to);
    return work->masked && work->start && work->sketch && work->mixed && work->room &&
                   work->found && work->ordered && work->mixes && work->guessed && work->to
               ? STATUS_OK
               : status_fail(STATUS_NO_MEMORY, "out of memory for %zu un-mixed images", images);
}

static size_t sketch_value(const struct work *work, size_t n)
{
    const size_t values = target_values(work->context->target);
    return (n * values + values / 2) / SKETCH;
}

/* The masked training images, some values of each, and where signs are guessed a mean face. */
static enum status look(struct work *work)
{
    const struct attack_context *context = work->context;
    const size_t values = target_values(context->target), images = work->set->count;
    enum status status = observe_masked(context->target, work->masked, work->set, NULL, images,
                                        context->budget->seed, 0);
    for (size_t i = 0; i < images * SKETCH && status == STATUS_OK; i++) {
        work->sketch[i] = work->masked[i / SKETCH * values + sketch_value(work, i % SKETCH)];
    }
    if (!mask_signs(context->target->mask)) return status;
    const uint32_t faces = (uint32_t)sizes_least(context->data->known->count, MEAN_FACES);
    float *face = malloc(values * sizeof *face);
    if (face == NULL) return status_fail(STATUS_NO_MEMORY, "out of memory for a face");
    for (uint32_t i = 0; i < faces && status == STATUS_OK; i++) {
        status = observe_masked(context->target, face, context->data->known, &i, 1,
                                context->budget->seed, 0);
        for (size_t v = 0; v < values && status == STATUS_OK; v++) {
            work->start[v] += face[v] / (float)faces;
        }
    }
    free(face);
    return status;
}

static void set(struct work *work, const char *what, int k, size_t count, double value)
{
    char key[LIMIT_NAME];
    if (k == 0) {
        snprintf(key, sizeof key, "unmix.%s.t%zu", what, count);
    } else {
        snprintf(key, sizeof key, "unmix.%s.k%d.t%zu", what, k, count);
    }
    figures_set(work->figures, key, value);
}

/* The error with known weights after so many epochs. */
static enum status measure_known(struct work *work, int k, size_t count)
{
    const size_t images = work->set->count, rows = count * images;
    enum status status = STATUS_OK;
    if (mask_signs(work->context->target->mask)) {
        for (size_t i = 0; i < images * SKETCH; i++) {
            work->found[i] = work->start[sketch_value(work, i % SKETCH)];
        }
        status = unmix_signed(work->found, work->mixes, work->mixed, rows, images, SKETCH,
                              SIGN_STEPS, work->room);
    } else {
        struct unmix unmix;
        status = unmix_create(&unmix, images, SKETCH);
        if (status != STATUS_OK) return status;
        unmix_add(&unmix, work->mixes, work->mixed, rows);
        status = unmix_solve(&unmix, work->found, UNMIX_RIDGE);
        unmix_destroy(&unmix);
    }
    if (status == STATUS_OK) {
        set(work, "error", k, count, unmix_error(work->found, work->sketch, images * SKETCH));
    }
    return status;
}

/* The error with labels alone. Leaves the guesses, and in `to` whose images they are. */
static enum status measure_labels(struct work *work, int k, size_t count)
{
    const size_t images = work->set->count;
    const struct unmix_problem problem = {.mixes = work->mixes,
                                          .mixed = work->mixed,
                                          .count = count * images,
                                          .values = SKETCH,
                                          .labels = work->set->labels,
                                          .images = images,
                                          .people = work->set->people,
                                          .seed = work->context->budget->seed,
                                          .steps = STEPS};
    size_t right = 0, all = 0;
    enum status status = unmix_labels_find(&problem, work->guessed, work->found);
    if (status == STATUS_OK) {
        status =
            unmix_labels_match(work->to, work->found, work->sketch, SKETCH, problem.labels, images);
    }
    if (status != STATUS_OK) return status;
    for (size_t i = 0; i < images; i++) {
        memcpy(work->ordered + work->to[i] * SKETCH, work->found + i * SKETCH,
               SKETCH * sizeof *work->ordered);
    }
    for (size_t i = 0; i < problem.count; i++) {
        for (int j = 0; j < work->guessed[i].k; j++) {
            right += work->to[work->guessed[i].image[j]] == work->mixes[i].image[j];
            all++;
        }
    }
    set(work, "labels", k, count, unmix_error(work->ordered, work->sketch, images * SKETCH));
    set(work, "assigned", k, count, all > 0 ? (double)right / (double)all : (double)NAN);
    return STATUS_OK;
}

/* All errors of one way to draw k; k = 0: as the target does. */
static enum status measure_mixes(struct work *work, const struct target *target, int k)
{
    const size_t images = work->set->count;
    const uint64_t seed = work->context->budget->seed;
    for (uint32_t epoch = 0; epoch < EPOCHS; epoch++) {
        observe_mixes(work->mixes + epoch * images, target, work->set, NULL, images, seed, epoch);
    }
    unmix_mix(work->mixed, work->mixes, EPOCHS * images, work->sketch, SKETCH);
    const bool labels = !mask_signs(target->mask) && (k == 0 || !work->context->budget->quick);
    enum status status = STATUS_OK;
    for (size_t n = 0; n < EPOCH_COUNTS && status == STATUS_OK; n++) {
        status = attack_progress(work->context, "un-mixing", epochs[n], EPOCHS);
        if (status == STATUS_OK) status = measure_known(work, k, epochs[n]);
        if (status == STATUS_OK && labels) status = measure_labels(work, k, epochs[n]);
    }
    return status;
}

static enum status measure_each_k(struct work *work)
{
    struct target fixed = *work->context->target; // shares with it all but the draw of k
    enum status status = STATUS_OK;
    for (size_t choice = 0; choice < target_choices(&fixed) && status == STATUS_OK; choice++) {
        for (size_t i = 0; i < target_choices(&fixed); i++) {
            fixed.k_share[i] = i == choice ? 1 : 0;
        }
        status = measure_mixes(work, &fixed, target_k(&fixed, choice));
    }
    return status == STATUS_OK ? measure_mixes(work, work->context->target, 0) : status;
}

/* What is un-mixed as pictures. Row i of `bands` shows image truth[i] of the set (NULL: i). */
static enum status show(struct work *work, const struct recover *recover, const char *name,
                        const float *bands, const uint32_t *truth)
{
    struct attack_data data = *work->context->data;
    struct attack_context context = *work->context;
    const struct dataset *set = work->set;
    const size_t bytes = (size_t)set->size * (size_t)set->size * (size_t)set->channels;
    uint8_t *pictures = malloc(set->count * bytes), *ordered = malloc(set->count * bytes);
    enum status status = STATUS_OK;
    data.victims = work->set;
    context.data = &data;
    if (pictures == NULL || ordered == NULL) {
        status = status_fail(STATUS_NO_MEMORY, "out of memory for %zu pictures", set->count);
        goto done;
    }
    status = linear_attack_pictures(&context, pictures, recover, bands, set->count);
    for (size_t i = 0; i < set->count; i++) {
        memcpy(ordered + (truth == NULL ? i : truth[i]) * bytes, pictures + i * bytes, bytes);
    }
    if (status == STATUS_OK) status = attack_measure(&context, work->figures, name, ordered);
done:
    free(pictures);
    free(ordered);
    return status;
}

/* The same by a decoder: what is un-mixed with known weights. */
static enum status decode(struct work *work, const float *bands)
{
    struct attack_data data = *work->context->data;
    struct attack_context context = *work->context;
    data.victims = work->set;
    context.data = &data;
    return decoder_attack_unmixed(&context, work->figures, "unmix_cgan", bands, NULL);
}

/* All values un-mixed, and what the linear attack makes of them. The last guesses are those of the
 * target's own shares of k after all epochs. */
static enum status recover_all(struct work *work)
{
    const struct target *target = work->context->target;
    const size_t size = work->set->count * target_values(target);
    const uint64_t seed = work->context->budget->seed;
    struct dataset *known = NULL;
    struct recover *recover = NULL;
    float *bands = malloc(size * sizeof *bands);
    enum status status = bands == NULL ? status_fail(STATUS_NO_MEMORY, "out of memory for bands")
                                       : linear_attack_known(&known, work->context);
    if (status == STATUS_OK) {
        const struct recover_options options = {
            .target = target, .known = known, .mixed = false, .seed = seed};
        status = recover_learn(&recover, &options);
    }
    if (status == STATUS_OK) {
        memcpy(bands, work->masked, size * sizeof *bands);
        status = unmix_bands_known(bands, target, work->set, work->start, seed);
    }
    if (status == STATUS_OK) status = show(work, recover, "unmix", bands, NULL);
    if (status == STATUS_OK) status = decode(work, bands);
    if (status == STATUS_OK && !mask_signs(target->mask)) {
        memcpy(bands, work->masked, size * sizeof *bands);
        status = unmix_bands_guessed(bands, target, work->set, work->guessed, EPOCHS, seed);
        if (status == STATUS_OK) status = show(work, recover, "unmix_labels", bands, work->to);
    }
    recover_destroy(&recover);
    dataset_destroy(&known);
    free(bands);
    return status;
}

enum status unmix_attack(const struct attack_context *context, struct figures *figures)
{
    const struct config_federation *federation = &context->target->config.federation;
    struct work work = {.context = context, .figures = figures};
    if (!linear_attack_mixes(context->target)) {
        figures_note(figures, "unmix: the defence mixes no images");
        return STATUS_OK;
    }
    if (federation->mask.method == MASK_PPFR_FD && federation->mask.shuffle == SHUFFLE_PER_IMAGE) {
        figures_note(figures,
                     "unmix: an image has another order of channels in each epoch, so that "
                     "mixes are not linear in it");
        return STATUS_OK;
    }
    if (mask_signs(context->target->mask)) {
        figures_note(figures, "unmix: random signs: weights are known, signs are guessed from the "
                              "mean face by error reduction; labels alone are not tried");
    }
    enum status status = work_create(&work);
    if (status == STATUS_OK) status = look(&work);
    if (status == STATUS_OK) status = measure_each_k(&work);
    if (status == STATUS_OK) status = recover_all(&work);
    work_destroy(&work);
    return status;
}
