// SPDX-License-Identifier: Apache-2.0
#include "attacks/checkpoint.h"
#include "attacks/inversion_parts.h"
#include "base/files.h"
#include "base/sizes.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { SALT_SEARCH = 2 }; // beside generator and critic

#define MOMENTUM 0.9
#define LAMBDA   100.0
#define RATE     (0.02 / 60) // theirs, of a mean over 60 people

static double dot(const float *a, const float *b, size_t count)
{
    double sum = 0;
    for (size_t i = 0; i < count; i++) {
        sum += (double)a[i] * (double)b[i];
    }
    return sum;
}

/* Adds to the gradient of the normalised embedding. */
static void add(float *gradient, const float *row, double weight, size_t size)
{
    for (size_t j = 0; j < size; j++) {
        gradient[j] += (float)(weight * (double)row[j]);
    }
}

/* Cross entropy of softmax(scale cos), the gradient to the normalised embedding added. */
static double cross_entropy(const struct inversion *inversion, float *gradient,
                            const float *embedding, double length, size_t own)
{
    const double scale = inversion->context->target->config.federation.loss.scale / length;
    const size_t size = inversion->row_size;
    double most = -HUGE_VAL, total = 0, mine = 0;
    for (size_t r = 0; r < inversion->rows; r++) {
        const double logit = scale * dot(embedding, inversion->classes + r * size, size);
        most = fmax(most, logit);
        if (r == own) mine = logit;
    }
    for (size_t r = 0; r < inversion->rows; r++) {
        total += exp(scale * dot(embedding, inversion->classes + r * size, size) - most);
    }
    for (size_t r = 0; gradient != NULL && r < inversion->rows; r++) {
        const float *row = inversion->classes + r * size;
        const double share = exp(scale * dot(embedding, row, size) - most) / total;
        add(gradient, row, scale * length * (share - (r == own)), size);
    }
    return most + log(total) - mine;
}

double inversion_identity(const struct inversion *inversion, float *gradient, size_t *row,
                          const float *embedding, size_t person)
{
    const size_t size = inversion->row_size, own = inversion->first_class + person;
    const double length = fmax(sqrt(dot(embedding, embedding, size)), 1e-12);
    double loss, best = -HUGE_VAL;
    for (size_t r = 0; r < inversion->rows; r++) {
        const double near = dot(embedding, inversion->classes + r * size, size);
        if (near <= best) continue;
        best = near;
        *row = r;
    }
    if (gradient != NULL) memset(gradient, 0, size * sizeof *gradient);
    if (inversion->identity == ATTACK_IDENTITY_CLASS) {
        loss = cross_entropy(inversion, gradient, embedding, length, own);
    } else {
        const float *mine = inversion->classes + own * size;
        loss = 1 - dot(embedding, mine, size) / length;
        if (gradient != NULL) add(gradient, mine, -1, size);
    }
    if (gradient == NULL) return loss;
    // Through the normalisation.
    const double along = dot(gradient, embedding, size) / length / length;
    for (size_t j = 0; j < size; j++) {
        gradient[j] = (float)(((double)gradient[j] - along * (double)embedding[j]) / length);
    }
    return loss;
}

void inversion_begin(struct inversion *inversion)
{
    for (size_t slot = 0; slot < inversion->slots; slot++) {
        struct random random;
        random_start(&random, inversion->context->budget->seed,
                     (uint32_t)(slot / inversion->starts), RANDOM_LATENT, SALT_SEARCH,
                     (uint32_t)(slot % inversion->starts));
        for (size_t i = 0; i < INVERSION_NOISE; i++) {
            inversion->z[slot * INVERSION_NOISE + i] = random_normal(&random);
        }
    }
}

/* Identity losses of `count` slots from the first one, and their gradients to the embeddings. */
static bool identify(struct inversion *inversion, const float *faces, size_t first, size_t count)
{
    const float *embeddings = passage_forward(&inversion->passage, faces, count);
    bool finite = true;
    if (inversion->identity == ATTACK_IDENTITY_STATISTICS) {
        const double loss = inversion_statistics(inversion->gradient, embeddings,
                                                 inversion->variance, count, inversion->row_size);
        for (size_t i = 0; i < count; i++) {
            inversion->loss[first + i] = (float)loss;
        }
        return isfinite(loss);
    }
    for (size_t i = 0; i < count; i++) {
        const size_t slot = first + i;
        size_t row = 0;
        const double loss =
            inversion_identity(inversion, inversion->gradient + i * inversion->row_size, &row,
                               embeddings + i * inversion->row_size, slot / inversion->starts);
        inversion->loss[slot] = (float)loss;
        inversion->seen[slot] = (float)row;
        if (!isfinite(loss)) finite = false;
    }
    return finite;
}

/* Nesterov's momentum, as Zhang et al. write it. */
static void move(float *z, float *velocity, const float *gradient, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const double before = (double)velocity[i];
        const double after = MOMENTUM * before - RATE * (double)gradient[i];
        velocity[i] = (float)after;
        const double at = (double)z[i] - MOMENTUM * before + (1 + MOMENTUM) * after;
        z[i] = (float)fmin(fmax(at, -1), 1);
    }
}

static enum status step(struct inversion *inversion, size_t first, size_t count, bool begins)
{
    struct net *generator = inversion->gan.generator.net, *critic = inversion->gan.critic.net;
    const size_t picture = inversion_picture(inversion);
    float *z = inversion->z + first * INVERSION_NOISE;
    float minus[INVERSION_BATCH];
    const float *faces = net_forward(generator, z, count, NET_FIXED, NULL);
    if (!identify(inversion, faces, first, count)) {
        return status_fail(STATUS_NOT_FINITE, "the search's losses are not finite");
    }
    if (begins) {
        memcpy(inversion->loss_start + first, inversion->loss + first, count * sizeof(float));
    }
    for (size_t i = 0; i < count; i++) {
        minus[i] = -1;
    }
    net_forward(critic, faces, count, NET_FIXED, NULL);
    memcpy(inversion->sum, net_input_gradient(critic, minus), count * picture * sizeof(float));
    const float *through = passage_backward(&inversion->passage, inversion->gradient, count);
    for (size_t i = 0; i < count * picture; i++) {
        inversion->sum[i] += (float)LAMBDA * through[i];
    }
    const float *dz = net_input_gradient(generator, inversion->sum);
    move(z, inversion->velocity + first * INVERSION_NOISE, dz, count * INVERSION_NOISE);
    return STATUS_OK;
}

/* Batches of slots one after the other, each through all its steps. */
static enum status seek(struct inversion *inversion, const char *path, const char *of)
{
    const size_t slots = inversion->slots;
    const size_t batches = (slots + INVERSION_BATCH - 1) / INVERSION_BATCH;
    const uint64_t total = (uint64_t)batches * inversion->iterations;
    const struct checkpoint_part parts[] = {
        {"z", inversion->z, slots * INVERSION_NOISE},
        {"velocity", inversion->velocity, slots * INVERSION_NOISE},
        {"start", inversion->loss_start, slots}};
    const size_t count = sizeof parts / sizeof parts[0];
    uint64_t done = 0;
    inversion_begin(inversion);
    enum status status = checkpoint_load(&done, path, of, parts, count);
    while (done < total && status == STATUS_OK) {
        const size_t first = (size_t)(done / inversion->iterations) * INVERSION_BATCH;
        status = step(inversion, first, sizes_least(slots - first, INVERSION_BATCH),
                      done % inversion->iterations == 0);
        done++;
        if (status == STATUS_OK && (done % INVERSION_SAVED == 0 || done == total)) {
            status = checkpoint_save(path, of, done, parts, count);
        }
        if (status == STATUS_OK) {
            status = attack_progress(inversion->context, "gmi, search", done, total);
        }
    }
    return status;
}

enum status inversion_search(struct inversion *inversion)
{
    static const char *const words[] = {
        [ATTACK_IDENTITY_CLASS] = "gmi search 1",
        [ATTACK_IDENTITY_TEMPLATE] = "gmi search 1, templates",
        [ATTACK_IDENTITY_STATISTICS] = "gmi search 1, statistics",
    };
    char path[LIMIT_PATH], of[CHECKPOINT_OF];
    const struct attack_context *context = inversion->context;
    enum status status = files_join(path, context->folder, "gmi.search.safetensors");
    if (status == STATUS_OK) {
        status = checkpoint_of(of, words[inversion->identity], context, context->target);
    }
    return status == STATUS_OK ? seek(inversion, path, of) : status;
}

enum status inversion_paint(struct inversion *inversion, uint8_t *pictures)
{
    const struct dataset *victims = inversion->context->data->victims;
    const size_t side = (size_t)inversion->shape.side, size = (size_t)victims->size;
    const size_t channels = (size_t)inversion->shape.channels, each = size * size * channels;
    struct resample resample;
    enum status status = resample_create(&resample, side, size);
    if (status != STATUS_OK) return status;
    float *room = malloc(side * size * channels * sizeof *room),
          *large = malloc(each * sizeof *room);
    if (room == NULL || large == NULL) {
        status = status_fail(STATUS_NO_MEMORY, "out of memory for pictures");
    }
    for (size_t first = 0; first < inversion->slots && status == STATUS_OK;
         first += INVERSION_BATCH) {
        const size_t count = sizes_least(inversion->slots - first, INVERSION_BATCH);
        const float *faces =
            net_forward(inversion->gan.generator.net, inversion->z + first * INVERSION_NOISE, count,
                        NET_FIXED, NULL);
        identify(inversion, faces, first, count);
        for (size_t i = 0; i < count; i++) {
            uint8_t *to = pictures + (first + i) * each;
            resample_apply(&resample, large, faces + i * inversion_picture(inversion), channels,
                           room);
            for (size_t j = 0; j < each; j++) {
                to[j] = (uint8_t)lrint(255 * fmin(fmax((double)large[j], 0), 1));
            }
        }
    }
    free(room);
    free(large);
    resample_destroy(&resample);
    return status;
}
