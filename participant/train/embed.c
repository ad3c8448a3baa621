// SPDX-License-Identifier: Apache-2.0
#include "train/embed.h"

#include "frequency/mix.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { IMAGES_MAX = 256 }; // of a batch

/* A batch of images and their mirror images, summed into `out`; the net takes `most` at a time. */
static void embed_batch(float *out, float *masked, struct net *net, const struct supply *supply,
                        const struct mask *mask, size_t first, size_t count, size_t most)
{
    const size_t size = net_outputs(net), values = mask_values(mask);
    const size_t after = supply_count(supply) - first - count;
    uint32_t index[IMAGES_MAX];
    uint8_t flip[IMAGES_MAX];
    for (size_t i = 0; i < count; i++) {
        index[i] = (uint32_t)(first + count + i);
    }
    supply_expect(supply, index, after < count ? after : count);
    for (uint32_t pass = 0; pass < 2; pass++) {
        for (size_t i = 0; i < count; i++) {
            index[i] = (uint32_t)(first + i);
            flip[i] = (uint8_t)pass;
        }
        float *half = masked + pass * count * values;
        supply_masked(supply, half, index, flip, count, 0, pass);
        for (size_t i = 0; i < count && mask_signs(mask); i++) {
            struct random random;
            random_start(&random, 0, index[i] & RANDOM_PARTICIPANT_MAX, RANDOM_SIGNS, pass, 0);
            mix_signs(half + i * values, half + i * values, values, &random);
        }
    }
    memset(out, 0, count * size * sizeof *out);
    for (size_t from = 0; from < 2 * count; from += most) {
        const size_t now = 2 * count - from < most ? 2 * count - from : most;
        const float *y = net_forward(net, masked + from * values, now, NET_EVALUATE, NULL);
        for (size_t i = 0; i < now * size; i++) {
            out[(from * size + i) % (count * size)] += y[i];
        }
    }
}

static void normalise(float *rows, size_t count, size_t size)
{
    for (size_t r = 0; r < count; r++) {
        double squares = 0;
        for (size_t i = 0; i < size; i++) {
            squares += (double)rows[r * size + i] * (double)rows[r * size + i];
        }
        const float inverse = (float)(1.0 / fmax(sqrt(squares), 1e-12));
        for (size_t i = 0; i < size; i++) {
            rows[r * size + i] *= inverse;
        }
    }
}

enum status embed_images(float **embeddings, struct net *net, const struct mask *mask,
                         const struct supply *supply, size_t batch_max,
                         struct embed_progress progress)
{
    const size_t count = supply_count(supply), size = net_outputs(net);
    const size_t half = batch_max / 2 < IMAGES_MAX ? batch_max / 2 : IMAGES_MAX;
    const size_t each = half > 0 ? half : 1; // a batch holds mirror images too
    enum status status = STATUS_OK;
    float *out = malloc(count * size * sizeof *out);
    float *masked = malloc(2 * each * mask_values(mask) * sizeof *masked);
    if (out == NULL || masked == NULL) {
        status = status_fail(STATUS_NO_MEMORY, "out of memory for %zu embeddings", count);
    }
    for (size_t first = 0; status == STATUS_OK && first < count; first += each) {
        const size_t now = count - first < each ? count - first : each;
        embed_batch(out + first * size, masked, net, supply, mask, first, now, batch_max);
        if (progress.tick != NULL &&
            !progress.tick(progress.context, "verifying", first + now, count)) {
            status = status_fail(STATUS_STOPPED, "stopped while verifying");
        }
    }
    free(masked);
    if (status != STATUS_OK) {
        free(out);
        return status;
    }
    normalise(out, count, size);
    *embeddings = out;
    return STATUS_OK;
}

enum status embed_verify(struct evaluate_result *result, const float *embeddings, size_t size,
                         const struct pairs *pairs)
{
    double *distance = calloc(pairs->count, sizeof *distance);
    bool *same = calloc(pairs->count, sizeof *same);
    enum status status = STATUS_NO_MEMORY;
    if (distance == NULL || same == NULL) {
        status = status_fail(STATUS_NO_MEMORY, "out of memory for %zu pairs", pairs->count);
        goto done;
    }
    for (size_t i = 0; i < pairs->count; i++) {
        const struct pair *pair = &pairs->list[i];
        distance[i] = evaluate_distance(embeddings + pair->first * size,
                                        embeddings + pair->second * size, size);
        same[i] = pair->same;
    }
    status = evaluate_verification(result, distance, same, pairs->count, pairs->folds);
done:
    free(distance);
    free(same);
    return status;
}
