// SPDX-License-Identifier: Apache-2.0
#include "preparation.h"
#include "base/config.h"
#include "base/random.h"
#include "frequency/mask.h"
#include "frequency/mix.h"
#include "image/image.h"
#include "measure.h"

#include <assert.h>
#include <stdlib.h>

enum { SEED = 1, CHANNELS = 3, PIXELS = PREPARATION_SIDE * PREPARATION_SIDE * CHANNELS };

const char *const preparation_layouts[] = {"native", "up8", NULL};

struct masking {
    struct mask *mask;
    size_t batch;
    uint8_t *pixels; // of the batch
    float *bands;    // of each image its own
    float *masked;
};

struct mixing {
    struct mix mix;
    int k;
    double weight_max;
    size_t batch, size; // images, numbers of one
    float *in, *out;
    uint32_t step;
};

struct decoding {
    const struct pictures *pictures;
    enum status status;
};

static enum status create_mask(struct mask **mask, double *weight_max,
                               enum preparation_layout layout)
{
    static const uint8_t key[MASK_KEY_BYTES] = "a mask key that everybody knows";
    static struct config config; // too large for a stack
    config_defaults(&config);
    config.federation.input.layout = layout == PREPARATION_UP8 ? LAYOUT_UP8 : LAYOUT_NATIVE;
    config.federation.input.size = PREPARATION_SIDE;
    *weight_max = config.federation.mix.weight_max;
    return mask_create(mask, &config.federation, key);
}

static void mask_batch(void *context)
{
    const struct masking *masking = context;
    const size_t values = mask_values(masking->mask);
#pragma omp parallel for schedule(static)
    for (size_t i = 0; i < masking->batch; i++) {
        float *bands = masking->bands + i * values;
        mask_bands(masking->mask, bands, masking->pixels + i * PIXELS, CHANNELS);
        mask_apply(masking->mask, masking->masked + i * values, bands, 0, NULL);
    }
}

enum status preparation_mask(double *seconds, enum preparation_layout layout, int batch, int steps)
{
    struct masking masking = {.batch = (size_t)batch};
    double weight_max = 0;
    enum status status = create_mask(&masking.mask, &weight_max, layout);
    if (status != STATUS_OK) return status;
    const size_t bytes = masking.batch * mask_values(masking.mask) * sizeof(float);
    masking.pixels = malloc(masking.batch * PIXELS);
    masking.bands = malloc(bytes);
    masking.masked = malloc(bytes);
    if (masking.pixels == NULL || masking.bands == NULL || masking.masked == NULL) {
        status = status_fail(STATUS_NO_MEMORY, "out of memory for %d images", batch);
        goto done;
    }
    struct random random;
    random_start(&random, SEED, 0, RANDOM_TEST, 0, 0);
    for (size_t i = 0; i < masking.batch * PIXELS; i++) {
        masking.pixels[i] = (uint8_t)random_bits(&random);
    }
    *seconds = measure_calls(mask_batch, &masking, steps);
done:
    free(masking.pixels);
    free(masking.bands);
    free(masking.masked);
    mask_destroy(&masking.mask);
    return status;
}

static void mix_batch(void *context)
{
    struct mixing *mixing = context;
    struct random random;
    random_start(&random, SEED, 0, RANDOM_MIX, 0, mixing->step++);
    mix_draw(&mixing->mix, &random, mixing->k, mixing->batch, mixing->weight_max);
    mix_apply(&mixing->mix, mixing->out, mixing->in, mixing->size);
}

enum status preparation_mix(double *seconds, int most, enum preparation_layout layout, int batch,
                            int steps)
{
    assert(most >= 2 && most <= LIMIT_MIX);
    struct mixing mixing = {.batch = (size_t)batch};
    struct mask *mask = NULL;
    enum status status = create_mask(&mask, &mixing.weight_max, layout);
    if (status != STATUS_OK) return status;
    mixing.size = mask_values(mask);
    mask_destroy(&mask);
    status = mix_create(&mixing.mix, mixing.batch);
    if (status != STATUS_OK) return status;
    const size_t count = mixing.batch * mixing.size;
    mixing.in = malloc(count * sizeof(float));
    mixing.out = malloc(count * sizeof(float));
    if (mixing.in == NULL || mixing.out == NULL) {
        status = status_fail(STATUS_NO_MEMORY, "out of memory for %d images", batch);
        goto done;
    }
    struct random random;
    random_start(&random, SEED, 0, RANDOM_TEST, 0, 0);
    for (size_t i = 0; i < count; i++) {
        mixing.in[i] = random_normal(&random);
    }
    for (mixing.k = 2; mixing.k <= most; mixing.k++) {
        seconds[mixing.k - 2] = measure_calls(mix_batch, &mixing, steps);
    }
done:
    free(mixing.in);
    free(mixing.out);
    mix_destroy(&mixing.mix);
    return status;
}

static enum status decode_one(const struct picture *picture)
{
    struct image image = {0}, square = {0};
    enum status status = image_decode(&image, picture->bytes, picture->size, picture->name);
    if (status == STATUS_OK) status = image_square(&square, &image, PREPARATION_SIDE, CHANNELS);
    image_destroy(&image);
    image_destroy(&square);
    return status;
}

static void decode_batch(void *context)
{
    struct decoding *decoding = context;
    enum status status = STATUS_OK;
#pragma omp parallel for schedule(static)
    for (size_t i = 0; i < decoding->pictures->count; i++) {
        const enum status own = decode_one(&decoding->pictures->list[i]);
        if (own != STATUS_OK) {
#pragma omp atomic write
            status = own;
        }
    }
    decoding->status = status;
}

enum status preparation_decode(double *seconds, const struct pictures *pictures, int steps)
{
    struct decoding decoding = {.pictures = pictures};
    for (size_t i = 0; i < pictures->count; i++) {
        const enum status status = decode_one(&pictures->list[i]);
        if (status != STATUS_OK) return status;
    }
    *seconds = measure_calls(decode_batch, &decoding, steps);
    if (decoding.status == STATUS_OK) return STATUS_OK;
    return status_fail(decoding.status, "a picture could not be decoded again");
}
