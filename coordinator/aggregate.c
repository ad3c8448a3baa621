// SPDX-License-Identifier: Apache-2.0
#include "aggregate.h"

#include <assert.h>
#include <math.h>
#include <omp.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK = 4096 }; // numbers: what is unpacked stays in the first cache

struct aggregate {
    size_t count;
    int threads;
    size_t reporters;
    uint64_t weight;
    uint32_t *sum;
    uint8_t tallies[TALLY_BYTES]; // sum of blinded ones
    struct tally tally;           // the same, opened
    float *velocity;              // NULL: no momentum so far
};

enum status aggregate_create(struct aggregate **aggregate, size_t count, int threads)
{
    assert(aggregate != NULL && count > 0 && count <= LIMIT_PARAMETERS);
    struct aggregate *made = calloc(1, sizeof *made);
    uint32_t *sum = calloc(count, sizeof *sum);
    if (made == NULL || sum == NULL) {
        free(made);
        free(sum);
        return status_fail(STATUS_NO_MEMORY, "out of memory for a sum of %zu numbers", count);
    }
    made->count = count;
    made->threads = threads > 0 ? threads : omp_get_max_threads();
    made->sum = sum;
    *aggregate = made;
    return STATUS_OK;
}

void aggregate_destroy(struct aggregate **aggregate)
{
    if (*aggregate == NULL) return;
    free((*aggregate)->sum);
    free((*aggregate)->velocity);
    free(*aggregate);
    *aggregate = NULL;
}

void aggregate_reset(struct aggregate *aggregate)
{
    memset(aggregate->sum, 0, aggregate->count * sizeof *aggregate->sum);
    aggregate->reporters = 0;
    aggregate->weight = 0;
    memset(aggregate->tallies, 0, sizeof aggregate->tallies);
    memset(&aggregate->tally, 0, sizeof aggregate->tally);
}

static size_t block_size(size_t count, size_t first)
{
    return count - first < BLOCK ? count - first : BLOCK;
}

static void add_integers(struct aggregate *aggregate, const struct quantise *plan,
                         const uint8_t *bytes)
{
    assert(plan->count == aggregate->count);
    const size_t count = aggregate->count;
#pragma omp parallel for schedule(static) num_threads(aggregate->threads)
    for (size_t first = 0; first < count; first += BLOCK) {
        uint32_t integers[BLOCK];
        const size_t size = block_size(count, first);
        quantise_unpack(plan, integers, bytes + quantise_bytes(plan, first), size);
        quantise_add(aggregate->sum + first, integers, size);
    }
    aggregate->reporters++;
}

void aggregate_add(struct aggregate *aggregate, const struct quantise *plan, const uint8_t *bytes,
                   uint64_t weight)
{
    assert(weight > 0);
    add_integers(aggregate, plan, bytes);
    aggregate->weight += weight;
}

/* sum += addend, of `words` little-endian numbers of 64 bits. */
static void add_words(uint8_t *sum, const uint8_t *addend, size_t words)
{
    for (size_t i = 0; i < words; i++) {
        unsigned carry = 0;
        for (size_t j = 8 * i; j < 8 * i + 8; j++) {
            carry += (unsigned)sum[j] + addend[j];
            sum[j] = (uint8_t)carry;
            carry >>= 8;
        }
    }
}

void aggregate_add_blinded(struct aggregate *aggregate, const struct quantise *plan,
                           const uint8_t *bytes)
{
    add_integers(aggregate, plan, bytes);
    add_words(aggregate->tallies, bytes + quantise_bytes(plan, plan->count), TALLY_WORDS);
}

enum status aggregate_open(struct aggregate *aggregate, const struct quantise *plan,
                           const struct unblinder *unblinder, uint64_t weight_max)
{
    const size_t count = aggregate->count;
    assert(plan->count == count && aggregate->reporters > 0);
    uint8_t *packed = malloc(quantise_bytes(plan, count));
    if (packed == NULL) {
        return status_fail(STATUS_NO_MEMORY, "out of memory for a sum of %zu numbers", count);
    }
    quantise_pack(plan, packed, aggregate->sum, count);
    const struct blinding_words update = {packed, 0, count, plan->bits, BLINDING_UPDATE};
    const struct blinding_words tallies = {aggregate->tallies, 0, TALLY_WORDS, 64,
                                           BLINDING_METRICS};
    unblinder_remove(unblinder, &update);
    unblinder_remove(unblinder, &tallies);
    quantise_unpack(plan, aggregate->sum, packed, count);
    free(packed);
    const enum status status =
        tally_unpack(&aggregate->tally, aggregate->tallies, aggregate->reporters);
    if (status != STATUS_OK) return status;
    const uint64_t weight = aggregate->tally.weight;
    if (weight == 0 || weight > aggregate->reporters * weight_max) {
        return status_fail(STATUS_BAD_MESSAGE,
                           "a weight of %llu of %zu reporters, allowed: 1 to %llu",
                           (unsigned long long)weight, aggregate->reporters,
                           (unsigned long long)(aggregate->reporters * weight_max));
    }
    aggregate->weight = weight;
    return STATUS_OK;
}

const struct tally *aggregate_tally(const struct aggregate *aggregate)
{
    return &aggregate->tally;
}

int aggregate_threads(const struct aggregate *aggregate)
{
    return aggregate->threads;
}

size_t aggregate_reporters(const struct aggregate *aggregate)
{
    return aggregate->reporters;
}

uint64_t aggregate_weight(const struct aggregate *aggregate)
{
    return aggregate->weight;
}

/* mean += model, and how many of the results are not finite. */
static size_t add_model(float *mean, const float *model, size_t count, int threads)
{
    size_t bad = 0;
#pragma omp parallel for schedule(static) num_threads(threads) reduction(+ : bad)
    for (size_t first = 0; first < count; first += BLOCK) {
        const size_t end = first + block_size(count, first);
        for (size_t i = first; i < end; i++) {
            mean[i] += model[i];
            if (!isfinite(mean[i])) bad++;
        }
    }
    return bad;
}

/* Turns the mean of weights into their step. */
static void take_step(struct aggregate *aggregate, float *mean, const struct manifest *manifest,
                      struct aggregate_step step)
{
    for (size_t i = 0; i < manifest->tensors; i++) {
        const struct tensor_entry *entry = &manifest->entries[i];
        if (!entry->trainable) continue;
        for (size_t j = entry->offset; j < entry->offset + entry->count; j++) {
            double velocity = (double)mean[j];
            if (aggregate->velocity != NULL) {
                velocity += step.momentum * (double)aggregate->velocity[j];
                aggregate->velocity[j] = (float)velocity;
            }
            mean[j] = (float)(step.rate * velocity);
        }
    }
}

enum status aggregate_apply(struct aggregate *aggregate, const struct quantise *plan,
                            struct aggregate_step step, struct model *model)
{
    const size_t count = aggregate->count;
    assert(plan->count == count && model->manifest.count == count && aggregate->reporters > 0);
    float *mean = malloc(count * sizeof *mean);
    if (step.momentum > 0 && aggregate->velocity == NULL) {
        aggregate->velocity = calloc(count, sizeof *aggregate->velocity);
    }
    if (mean == NULL || (step.momentum > 0 && aggregate->velocity == NULL)) {
        free(mean);
        return status_fail(STATUS_NO_MEMORY, "out of memory for a mean of %zu numbers", count);
    }
    quantise_decode(plan, mean, aggregate->sum, (double)aggregate->weight);
    take_step(aggregate, mean, &model->manifest, step);
    enum status status = STATUS_OK;
    const size_t bad = add_model(mean, model->values, count, aggregate->threads);
    if (bad > 0) {
        status = status_fail(STATUS_NOT_FINITE, "%zu numbers of the new model are not finite", bad);
    } else {
        memcpy(model->values, mean, count * sizeof *mean);
    }
    free(mean);
    return status;
}
