// SPDX-License-Identifier: Apache-2.0
#include "defence/observe.h"

#include "base/random.h"
#include "frequency/mix.h"
#include "image/image.h"
#include "secure/digest.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { PIECES = 16 }; // of a call: each has its own scratch and may have its own thread

struct work {
    const struct target *target;
    const struct dataset *set;
    const uint32_t *index; // NULL: 0, 1, ..
    size_t count;
    uint64_t seed;
    uint32_t pass;
    bool mixed;
};

static uint32_t image_of(const uint32_t *index, size_t row)
{
    return index == NULL ? (uint32_t)row : index[row];
}

static int draw_k(const struct target *target, struct random *random)
{
    double left = (double)random_uniform(random);
    size_t choice = 0;
    while (choice + 1 < target_choices(target) && left >= target->k_share[choice]) {
        left -= target->k_share[choice++];
    }
    return target_k(target, choice);
}

static void draw_mix(struct observe_mix *mix, const struct target *target,
                     const struct dataset *set, uint32_t image, uint64_t seed, uint32_t pass)
{
    struct random random;
    random_start(&random, seed, image & RANDOM_PARTICIPANT_MAX, RANDOM_OBSERVED, pass, 0);
    mix->k = draw_k(target, &random);
    mix->image[0] = image;
    for (int j = 1; j < mix->k; j++) {
        mix->image[j] = random_below(&random, (uint32_t)set->count);
    }
    mix_draw_weights(mix->weight, &random, mix->k, target->config.federation.mix.weight_max);
}

void observe_mixes(struct observe_mix *mixes, const struct target *target,
                   const struct dataset *set, const uint32_t *index, size_t count, uint64_t seed,
                   uint32_t pass)
{
    for (size_t i = 0; i < count; i++) {
        draw_mix(&mixes[i], target, set, image_of(index, i), seed, pass);
    }
}

static size_t image_bytes(const struct dataset *set)
{
    return (size_t)set->size * (size_t)set->size * (size_t)set->channels;
}

/* One image's noise: a key of its seed and its pixels, so that two collections share none. */
static void noise_key(uint8_t key[MASK_NOISE_BYTES], const struct dataset *set, uint32_t image,
                      uint64_t seed)
{
    uint8_t text[8 + DIGEST_BYTES];
    for (int i = 0; i < 8; i++) {
        text[i] = (uint8_t)(seed >> 8 * i);
    }
    digest_compute(text + 8, dataset_pixels(set, image), image_bytes(set));
    _Static_assert((int)MASK_NOISE_BYTES == (int)DIGEST_BYTES, "a digest is a key");
    digest_compute(key, text, sizeof text);
}

/* Bands of one image, which is brought to the defence's own size and colour first. */
static enum status find_bands(const struct work *work, float *bands, uint32_t image)
{
    const struct dataset *set = work->set;
    const int size = work->target->config.federation.input.size;
    const int channels = target_channels(work->target);
    struct image square = {0};
    const struct image face = {.pixels = set->pixels + image * image_bytes(set),
                               .height = set->size,
                               .width = set->size,
                               .channels = set->channels};
    const enum status status = image_square(&square, &face, size, channels);
    if (status != STATUS_OK) return status;
    mask_bands(work->target->mask, bands, square.pixels, channels);
    image_destroy(&square);
    return STATUS_OK;
}

static enum status mask_image(const struct work *work, float *out, float *bands, uint32_t image)
{
    const struct mask *mask = work->target->mask;
    const enum status status = find_bands(work, bands, image);
    if (status != STATUS_OK) return status;
    if (mask_has_noise(&work->target->config.federation)) {
        uint8_t key[MASK_NOISE_BYTES];
        noise_key(key, work->set, image, work->seed);
        mask_perturb(mask, bands, key, 0);
    }
    struct random random;
    random_start(&random, work->seed, image & RANDOM_PARTICIPANT_MAX, RANDOM_SHUFFLE, work->pass,
                 0);
    mask_apply(mask, out, bands, 0, &random);
    return STATUS_OK;
}

static enum status mix_image(const struct work *work, float *out, float *scratch, uint32_t image)
{
    const size_t values = target_values(work->target);
    struct observe_mix mix;
    draw_mix(&mix, work->target, work->set, image, work->seed, work->pass);
    memset(out, 0, values * sizeof *out);
    for (int j = 0; j < mix.k; j++) {
        const enum status status = mask_image(work, scratch, scratch + values, mix.image[j]);
        if (status != STATUS_OK) return status;
        for (size_t v = 0; v < values; v++) {
            out[v] += mix.weight[j] * scratch[v];
        }
    }
    if (mask_signs(work->target->mask)) {
        struct random random;
        random_start(&random, work->seed, image & RANDOM_PARTICIPANT_MAX, RANDOM_SIGNS, work->pass,
                     0);
        mix_signs(out, out, values, &random);
    }
    return STATUS_OK;
}

/* Every `step`th row from `first` on. */
static enum status observe_piece(const struct work *work, float *out, float *scratch, size_t first,
                                 size_t step)
{
    const size_t values = target_values(work->target);
    enum status status = STATUS_OK;
    for (size_t i = first; i < work->count && status == STATUS_OK; i += step) {
        const uint32_t image = image_of(work->index, i);
        assert(image < work->set->count);
        status = work->mixed ? mix_image(work, out + i * values, scratch, image)
                             : mask_image(work, out + i * values, scratch, image);
    }
    return status;
}

static enum status observe(const struct work *work, float *out)
{
    const size_t values = target_values(work->target);
    const size_t pieces = work->count < PIECES ? work->count : PIECES;
    float *scratch = calloc(pieces > 0 ? pieces : 1, 2 * values * sizeof *scratch);
    if (scratch == NULL) {
        return status_fail(STATUS_NO_MEMORY, "out of memory for %zu masked images", 2 * pieces);
    }
    enum status status = STATUS_OK;
#pragma omp parallel for schedule(dynamic, 1)
    for (size_t p = 0; p < pieces; p++) {
        const enum status own = observe_piece(work, out, scratch + p * 2 * values, p, pieces);
        if (own != STATUS_OK) {
#pragma omp atomic write
            status = own;
        }
    }
    free(scratch);
    // The sentence of another thread stayed with it.
    return status == STATUS_OK ? status : status_fail(status, "out of memory for a face");
}

enum status observe_faces(const struct target *target, float *out, uint32_t *principal,
                          const struct dataset *set, const uint32_t *index, size_t count,
                          uint64_t seed, uint32_t pass)
{
    for (size_t i = 0; i < count && principal != NULL; i++) {
        struct observe_mix mix;
        draw_mix(&mix, target, set, image_of(index, i), seed, pass);
        int largest = 0;
        for (int j = 1; j < mix.k; j++) {
            if (mix.weight[j] > mix.weight[largest]) largest = j;
        }
        principal[i] = mix.image[largest];
    }
    const struct work work = {target, set, index, count, seed, pass, true};
    return observe(&work, out);
}

enum status observe_masked(const struct target *target, float *out, const struct dataset *set,
                           const uint32_t *index, size_t count, uint64_t seed, uint32_t pass)
{
    const struct work work = {target, set, index, count, seed, pass, false};
    return observe(&work, out);
}
