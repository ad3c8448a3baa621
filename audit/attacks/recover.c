// SPDX-License-Identifier: Apache-2.0
#include "attacks/recover_parts.h"

#include "base/sizes.h"
#include "measures/similarity.h"
#include "nn/gemm.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { KEPT_OUT = 24, KNOWN_MIN = 8 };

/* Images beyond which more of them teach a regression of so few numbers nothing. */
enum { KNOWN_MAX_NATIVE = 1000, KNOWN_MAX_UP8 = 200 };

/* The known faces from `first` on as a set of their own. */
static enum status keep_out(struct dataset **kept, const struct dataset *known, size_t first,
                            size_t count)
{
    uint32_t *index = malloc((count + 1) * sizeof *index);
    if (index == NULL) return status_fail(STATUS_NO_MEMORY, "out of memory for faces");
    for (size_t i = 0; i < count; i++) {
        index[i] = (uint32_t)(first + i);
    }
    const enum status status =
        dataset_pick(kept, known, known->size, known->channels, index, count);
    free(index);
    return status;
}

/* The bands of the mask and DC of each component, or the channels of pixels. */
static enum status plan_bands(struct recover *recover, const struct config_federation *federation,
                              const struct mask *mask)
{
    const int *chosen = mask_chosen(mask);
    if (chosen == NULL) {
        recover->bands = recover->channels;
        for (size_t c = 0; c < recover->channels; c++) {
            recover->kept[c] = c;
            recover->first[c + 1] = c + 1;
        }
        return STATUS_OK;
    }
    size_t c = 0;
    for (int component = 0; component < recover->components; component++) {
        const int dc = RECOVER_COEFFICIENTS * component, next = dc + RECOVER_COEFFICIENTS;
        const bool has_dc = c < recover->channels && chosen[c] == dc;
        if (!has_dc) recover->band[recover->bands++] = dc;
        for (; c < recover->channels && chosen[c] < next; c++) {
            recover->kept[c] = recover->bands;
            recover->band[recover->bands++] = chosen[c];
        }
        recover->first[component + 1] = recover->bands;
    }
    const struct dct_shape shape = {recover->size, recover->components,
                                    federation->input.layout == LAYOUT_UP8};
    return dct_create(&recover->dct, shape);
}

static enum status allocate(struct recover *recover)
{
    const size_t area = recover->area, pixels = recover_pixels(recover);
    bool whole = true;
    recover->face = calloc((size_t)recover->components * pixels, sizeof *recover->face);
    recover->mean = calloc(area * recover->bands, sizeof *recover->mean);
    for (int way = 0; way < RECOVER_WAYS; way++) {
        struct recover_learned *learned = &recover->way[way];
        learned->centre = calloc(area * recover->channels, sizeof *learned->centre);
        learned->weights = calloc(recover->inputs * recover->bands, sizeof *learned->weights);
        learned->likeness = (double)NAN;
        whole = whole && learned->centre != NULL && learned->weights != NULL;
    }
    return whole && recover->face != NULL && recover->mean != NULL
               ? STATUS_OK
               : status_fail(STATUS_NO_MEMORY, "out of memory for %zu bands", recover->bands);
}

static enum status plan(struct recover *recover, const struct recover_options *options)
{
    const struct config_federation *federation = &options->target->config.federation;
    const struct mask *mask = options->target->mask;
    const bool mixes = federation->mask.method == MASK_PPFR_FD;
    recover->color = federation->input.color;
    recover->normalise = federation->mask.normalise;
    recover->normalised = federation->mask.normalise && mixes;
    recover->size = federation->input.size;
    recover->side = mask_side(mask);
    recover->components = mask_components(mask);
    recover->area = (size_t)recover->side * (size_t)recover->side;
    recover->channels = (size_t)mask_channels(mask);
    recover->window = recover->side < recover->size || mask_chosen(mask) == NULL ? 3 : 1;
    recover->inputs = recover->channels * (size_t)(recover->window * recover->window);
    recover->believed = options->one != NULL;
    enum status status = STATUS_OK;
    if (options->one != NULL) {
        struct config_federation plain = *federation;
        plain.mask.method = MASK_NONE;
        plain.mask.normalise = true;
        status = mask_create(&recover->plain, &plain, NULL);
        memcpy(recover->one, options->one, recover->channels * sizeof *recover->one);
        memcpy(recover->two, options->two, recover->channels * sizeof *recover->two);
    } else {
        mask_partners(mask, recover->one, recover->two);
    }
    if (status == STATUS_OK) status = plan_bands(recover, federation, mask);
    return status == STATUS_OK ? allocate(recover) : status;
}

/* Measures both ways on faces that nothing was learned from. */
static enum status judge(struct recover *recover, const struct recover_options *options,
                         const struct dataset *known)
{
    const size_t count = known->count;
    const size_t bytes = (size_t)known->size * (size_t)known->size * (size_t)known->channels;
    const size_t values = recover_values(recover);
    float *masked = malloc(count * values * sizeof *masked);
    uint8_t *pictures = malloc(count * bytes);
    uint32_t *index = malloc(2 * count * sizeof *index);
    enum status status = STATUS_NO_MEMORY;
    if (masked == NULL || pictures == NULL || index == NULL) {
        status = status_fail(status, "out of memory for %zu pictures", count);
        goto done;
    }
    for (size_t i = 0; i < count; i++) {
        index[i] = (uint32_t)i;
    }
    status =
        recover_see(recover, options, masked, index + count, known, index, count, options->mixed);
    for (int way = 0; way < RECOVER_WAYS && status == STATUS_OK; way++) {
        status =
            recover_faces(recover, (enum recover_way)way, pictures, known->channels, masked, count);
        double sum = 0;
        for (size_t i = 0; i < count && status == STATUS_OK; i++) {
            sum += similarity_ssim(pictures + i * bytes, dataset_pixels(known, index[count + i]),
                                   known->size, known->channels);
        }
        recover->way[way].likeness = sum / (double)count;
    }
done:
    free(masked);
    free(pictures);
    free(index);
    return status;
}

enum status recover_learn(struct recover **recover, const struct recover_options *options)
{
    assert(options->known->size == options->target->config.federation.input.size);
    struct recover *made = calloc(1, sizeof *made);
    struct dataset *kept = NULL;
    if (made == NULL) return status_fail(STATUS_NO_MEMORY, "out of memory for a mask");
    enum status status = plan(made, options);
    const size_t most = made->side < made->size ? KNOWN_MAX_NATIVE : KNOWN_MAX_UP8;
    size_t count = options->known->count;
    if (options->known_max > 0) count = sizes_least(count, options->known_max);
    const size_t out = sizes_least(KEPT_OUT, count / 4);
    count -= out;
    if (count < KNOWN_MIN && status == STATUS_OK) {
        status = status_fail(STATUS_BAD_INPUT,
                             "%zu known faces teach an attacker nothing: at least"
                             " %d are needed",
                             options->known->count, KNOWN_MIN + KNOWN_MIN / 3 + 1);
    }
    if (status == STATUS_OK) status = recover_fit(made, options, sizes_least(count, most));
    if (status == STATUS_OK) status = keep_out(&kept, options->known, count, out);
    if (status == STATUS_OK) status = judge(made, options, kept);
    dataset_destroy(&kept);
    if (status == STATUS_OK) {
        *recover = made;
    } else {
        recover_destroy(&made);
    }
    return status;
}

void recover_destroy(struct recover **recover)
{
    if (*recover == NULL) return;
    struct recover *made = *recover;
    for (int way = 0; way < RECOVER_WAYS; way++) {
        free(made->way[way].centre);
        free(made->way[way].weights);
        for (int c = 0; c < RECOVER_COMPONENTS; c++) {
            restore_destroy(&made->way[way].restore[c]);
        }
    }
    dct_destroy(&made->dct);
    unmask_destroy(&made->unmask);
    mask_destroy(&made->plain);
    free(made->face);
    free(made->mean);
    free(made);
    *recover = NULL;
}

double recover_likeness(const struct recover *recover, enum recover_way way)
{
    return recover->way[way].likeness;
}

enum recover_way recover_best(const struct recover *recover)
{
    return recover->believed || recover->way[RECOVER_REGRESSION].likeness >
                                    recover->way[RECOVER_ALGEBRA].likeness
               ? RECOVER_REGRESSION
               : RECOVER_ALGEBRA;
}

bool recover_invertible(const struct recover *recover)
{
    return unmask_invertible(recover->unmask);
}
