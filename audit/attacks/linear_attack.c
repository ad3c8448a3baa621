// SPDX-License-Identifier: Apache-2.0
#include "attacks/linear_attack.h"

#include "attacks/channel_order.h"
#include "base/sizes.h"
#include "defence/observe.h"
#include "image/image.h"

#include <stdlib.h>
#include <string.h>

enum { BATCH = 32, ORDER_IMAGES = 256, ORDER_FACES = 400 };

enum status linear_attack_known(struct dataset **known, const struct attack_context *context)
{
    const struct target *target = context->target;
    const struct dataset *faces = context->data->known;
    const size_t most = context->budget->known_max;
    return dataset_pick(known, faces, target->config.federation.input.size, target_channels(target),
                        NULL, most > 0 ? sizes_least(faces->count, most) : faces->count);
}

bool linear_attack_mixes(const struct target *target)
{
    for (size_t i = 0; i < target_choices(target); i++) {
        if (target_k(target, i) > 1) return true;
    }
    return false;
}

static enum status resize(uint8_t *out, const struct dataset *like, uint8_t *pixels, int size)
{
    struct image square = {0};
    const struct image own = {
        .pixels = pixels, .height = size, .width = size, .channels = like->channels};
    const enum status status = image_square(&square, &own, like->size, like->channels);
    if (status != STATUS_OK) return status;
    memcpy(out, square.pixels, (size_t)like->size * (size_t)like->size * (size_t)like->channels);
    image_destroy(&square);
    return STATUS_OK;
}

enum status linear_attack_pictures(const struct attack_context *context, uint8_t *pictures,
                                   const struct recover *recover, const float *masked, size_t count)
{
    const struct dataset *victims = context->data->victims;
    const int size = context->target->config.federation.input.size;
    const size_t own = (size_t)size * (size_t)size * (size_t)victims->channels;
    const size_t bytes = (size_t)victims->size * (size_t)victims->size * (size_t)victims->channels;
    uint8_t *faces = malloc(sizes_most(count, 1) * own);
    if (faces == NULL) return status_fail(STATUS_NO_MEMORY, "out of memory for pictures");
    enum status status =
        recover_faces(recover, recover_best(recover), faces, victims->channels, masked, count);
    for (size_t i = 0; i < count && status == STATUS_OK; i++) {
        status = resize(pictures + i * bytes, victims, faces + i * own, size);
    }
    free(faces);
    return status;
}

/* Recovers all victims as the target shows them, and measures that under `name`. */
static enum status recover_victims(const struct attack_context *context, struct figures *figures,
                                   const char *name, const struct recover *recover)
{
    const struct dataset *victims = context->data->victims;
    const size_t values = target_values(context->target), count = victims->count;
    const size_t bytes = (size_t)victims->size * (size_t)victims->size * (size_t)victims->channels;
    float *masked = malloc(BATCH * values * sizeof *masked);
    uint8_t *pictures = malloc(count * bytes);
    uint32_t *truth = malloc(count * sizeof *truth);
    enum status status = STATUS_OK;
    if (masked == NULL || pictures == NULL || truth == NULL) {
        status = status_fail(STATUS_NO_MEMORY, "out of memory for %zu pictures", count);
    }
    for (size_t first = 0; first < count && status == STATUS_OK; first += BATCH) {
        const size_t now = sizes_least(count - first, BATCH);
        uint32_t index[BATCH];
        for (size_t i = 0; i < now; i++) {
            index[i] = (uint32_t)(first + i);
        }
        status = observe_faces(context->target, masked, truth + first, victims, index, now,
                               context->budget->seed, 0);
        if (status == STATUS_OK) {
            status =
                linear_attack_pictures(context, pictures + first * bytes, recover, masked, now);
        }
        if (status == STATUS_OK) status = attack_progress(context, name, first + now, count);
    }
    if (status == STATUS_OK)
        status = attack_measure_as(context, figures, name, pictures, truth, count);
    free(masked);
    free(pictures);
    free(truth);
    return status;
}

/* Learns and recovers, in the order that `options` has. */
static enum status attack_order(const struct attack_context *context, struct figures *figures,
                                const char *name, const struct recover_options *options)
{
    struct recover *recover = NULL;
    enum status status = attack_progress(context, name, 0, context->data->victims->count);
    if (status == STATUS_OK) status = recover_learn(&recover, options);
    if (status != STATUS_OK) return status;
    if (options->one == NULL) {
        figures_set(figures, "linear.algebra", recover_likeness(recover, RECOVER_ALGEBRA));
        figures_set(figures, "linear.regression", recover_likeness(recover, RECOVER_REGRESSION));
        figures_note(figures, "linear: %s did better on the attacker's own faces",
                     recover_best(recover) == RECOVER_ALGEBRA ? "algebra" : "regression");
        if (!recover_invertible(recover)) {
            figures_note(figures, "linear: the mix of channels has no inverse; what is lost of "
                                  "each is left to the regression");
        }
    }
    status = recover_victims(context, figures, name, recover);
    recover_destroy(&recover);
    return status;
}

/* Learns what each band looks like from faces that are z-scored and not mixed. */
static enum status know_bands(struct channel_order *order, const struct target *target,
                              const struct dataset *known)
{
    struct config_federation plain = target->config.federation;
    struct mask *mask = NULL;
    const size_t values = target_values(target);
    plain.mask.method = MASK_NONE;
    plain.mask.normalise = true;
    float *bands = malloc(2 * values * sizeof *bands);
    enum status status = bands == NULL ? status_fail(STATUS_NO_MEMORY, "out of memory for bands")
                                       : mask_create(&mask, &plain, NULL);
    const size_t faces = sizes_least(known->count, ORDER_FACES);
    for (size_t i = 0; i < faces && status == STATUS_OK; i++) {
        mask_bands(mask, bands + values, dataset_pixels(known, i), known->channels);
        mask_apply(mask, bands, bands + values, 0, NULL);
        channel_order_know(order, bands);
    }
    mask_destroy(&mask);
    free(bands);
    return status;
}

/* Tells the order of channels from what the victims' masked images look like. */
static enum status find_order(const struct attack_context *context, struct figures *figures,
                              const struct dataset *known, uint32_t *one, uint32_t *two)
{
    const struct target *target = context->target;
    const size_t channels = (size_t)mask_channels(target->mask);
    const size_t count = sizes_least(context->data->victims->count, ORDER_IMAGES);
    uint32_t index[ORDER_IMAGES], true_one[LIMIT_BANDS], true_two[LIMIT_BANDS];
    struct channel_order order = {0};
    float *seen = malloc(count * target_values(target) * sizeof *seen);
    enum status status = STATUS_OK;
    if (seen == NULL) {
        status = status_fail(STATUS_NO_MEMORY, "out of memory for %zu masked images", count);
    }
    for (uint32_t i = 0; i < count; i++) {
        index[i] = i;
    }
    if (status == STATUS_OK) {
        status = channel_order_create(&order, channels, (size_t)mask_side(target->mask));
    }
    if (status == STATUS_OK) status = know_bands(&order, target, known);
    if (status == STATUS_OK) {
        status = observe_faces(target, seen, NULL, context->data->victims, index, count,
                               context->budget->seed, 0);
    }
    if (status == STATUS_OK) {
        status = channel_order_find(&order, one, two, seen, count, linear_attack_mixes(target));
    }
    if (status == STATUS_OK) {
        mask_partners(target->mask, true_one, true_two);
        figures_set(figures, "linear.order_share",
                    channel_order_share(one, two, true_one, true_two, channels));
    }
    channel_order_destroy(&order);
    free(seen);
    return status;
}

enum status linear_attack(const struct attack_context *context, struct figures *figures)
{
    const struct target *target = context->target;
    const struct config_federation *federation = &target->config.federation;
    uint32_t one[LIMIT_BANDS], two[LIMIT_BANDS];
    struct dataset *known = NULL;
    enum status status = linear_attack_known(&known, context);
    if (status != STATUS_OK) return status;
    struct recover_options options = {.target = target,
                                      .known = known,
                                      .mixed = linear_attack_mixes(target),
                                      .seed = context->budget->seed};
    status = attack_order(context, figures, "linear", &options);
    if (federation->mask.method == MASK_PPFR_FD && federation->mask.shuffle == SHUFFLE_PER_IMAGE) {
        figures_note(figures,
                     "linear: each image has an order of its own, which is not looked for");
    }
    if (mask_has_key(federation) && federation->mask.normalise && status == STATUS_OK) {
        status = find_order(context, figures, known, one, two);
        options.one = one;
        options.two = two;
        options.mixed = false;
        if (status == STATUS_OK) {
            status = attack_order(context, figures, "linear_unordered", &options);
        }
    }
    dataset_destroy(&known);
    return status;
}
