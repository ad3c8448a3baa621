// SPDX-License-Identifier: Apache-2.0
#include "nn/net.h"
#include "base/memory.h"
#include "base/sizes.h"
#include "nn/arena.h"
#include "nn/net_layer.h"

#include <assert.h>
#include <math.h>
#include <omp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ALIGN = 16 }; // numbers: 64 bytes

#define NET_NUMBERS_MAX ((size_t)1 << 40) // of one network's memory: 4 TiB

enum status net_create(struct net **net, struct net_shape input, size_t batch_max,
                       const char *prefix)
{
    assert(input.height > 0 && input.width > 0 && input.channels > 0 && batch_max > 0);
    assert(strlen(prefix) < sizeof(*net)->prefix);
    struct net *made = calloc(1, sizeof *made);
    if (made == NULL) return status_fail(STATUS_NO_MEMORY, "out of memory for a network");
    made->nodes = calloc(NET_NODES_MAX, sizeof *made->nodes);
    made->tensors = calloc(LIMIT_TENSORS, sizeof *made->tensors);
    if (made->nodes == NULL || made->tensors == NULL) {
        net_destroy(&made);
        return status_fail(STATUS_NO_MEMORY, "out of memory for a network");
    }
    made->batch_max = batch_max;
    made->kernels = kernels_get();
    memcpy(made->prefix, prefix, strlen(prefix) + 1);
    made->nodes[0] = (struct node){.from = {-1, -1}, .shape = input};
    made->count = 1;
    net_limit_shape(made, input);
    if (batch_max > NET_BATCH_MAX) {
        made->failed = status_fail(STATUS_FULL, "a batch of %zu is too large, allowed: up to %d",
                                   batch_max, NET_BATCH_MAX);
    }
    *net = made;
    return STATUS_OK;
}

void net_destroy(struct net **net)
{
    if (*net == NULL) return;
    free((*net)->nodes);
    free((*net)->tensors);
    free((*net)->memory);
    free(*net);
    *net = NULL;
}

struct net_shape net_shape_of(const struct net *net, int layer)
{
    assert(layer >= 0 && layer < net->count);
    return net->nodes[layer].shape;
}

size_t net_tensors(const struct net *net)
{
    return net->tensor_count;
}

const struct net_tensor *net_tensor(const struct net *net, size_t index)
{
    assert(index < net->tensor_count);
    return &net->tensors[index];
}

const struct net_tensor *net_find(const struct net *net, const char *name)
{
    for (size_t t = 0; t < net_tensors(net); t++) {
        if (strcmp(net_tensor(net, t)->name, name) == 0) return net_tensor(net, t);
    }
    return NULL;
}

size_t net_parameters(const struct net *net)
{
    return net->parameters;
}

size_t net_bytes(const struct net *net)
{
    return net->memory_count * sizeof(float);
}

size_t net_outputs(const struct net *net)
{
    return node_size(&net->nodes[net->count - 1]);
}

size_t net_items(const struct net *net)
{
    return node_items(net, &net->nodes[net->count - 1]);
}

void net_bind(struct net *net, float *weights, float *gradients)
{
    net->weights = weights;
    net->gradients = gradients;
}

void net_initialise(struct net *net, uint64_t seed, uint32_t salt)
{
    assert(net->weights != NULL);
    for (size_t t = 0; t < net->tensor_count; t++) {
        const struct net_tensor *tensor = &net->tensors[t];
        float *w = net->weights + tensor->offset;
        struct random random;
        random_start(&random, seed, 0, RANDOM_WEIGHTS, salt, (uint32_t)t);
        const float deviation = tensor->start == NET_START_SMALL
                                    ? 0.02f
                                    : sqrtf(2.0f / (float)(tensor->fan > 0 ? tensor->fan : 1));
        const bool drawn = tensor->start == NET_START_FAN_OUT || tensor->start == NET_START_SMALL;
        for (size_t i = 0; i < tensor->count; i++) {
            w[i] = drawn                                ? deviation * random_normal(&random)
                   : tensor->start == NET_START_ONE     ? 1.0f
                   : tensor->start == NET_START_QUARTER ? 0.25f
                                                        : 0.0f;
        }
    }
}

static size_t aligned(size_t count)
{
    return sizes_rounded(count, ALIGN);
}

/* Numbers of a node's activation for the largest batch. */
static size_t activation_count(const struct net *net, const struct node *node)
{
    return aligned((node->single ? 1 : net->batch_max) * node_size(node));
}

static size_t state_count(const struct net *net, const struct node *node)
{
    return aligned(node->state_count *
                   (node->state_per_item ? (node->single ? 1 : net->batch_max) : 1));
}

/* Numbers of what a layer keeps: state of each item, then what is kept once, then sums. */
static size_t kept_count(const struct net *net, const struct node *node)
{
    return state_count(net, node) + aligned(node->constant_count) +
           aligned((node->single ? 1 : net->batch_max) * node->parts * 3 *
                   (size_t)node->shape.channels);
}

/* Gradients live from their last consumer's backward pass to their own, so their memory is shared:
 * first fit among those alive at the same time. Returns the numbers needed; offsets in `place`. */
static size_t plan_gradients(const struct net *net, size_t *place)
{
    size_t needed = 0;
    for (int i = net->count - 1; i >= 0; i--) {
        const size_t size = activation_count(net, &net->nodes[i]);
        size_t offset = 0;
        for (int moved = 1; moved;) {
            moved = 0;
            for (int j = i + 1; j < net->count; j++) {
                // Node j's gradient is alive until its own pass, which is before node i's birth
                // unless a consumer of i comes at or after j.
                if (j > net->nodes[i].last_consumer) continue;
                const size_t end = place[j] + activation_count(net, &net->nodes[j]);
                if (offset < end && place[j] < offset + size) {
                    offset = end;
                    moved = 1;
                }
            }
        }
        place[i] = offset;
        if (offset + size > needed) needed = offset + size;
    }
    return needed;
}

static void mark_consumers(struct net *net)
{
    for (int i = 0; i < net->count; i++) {
        net->nodes[i].last_consumer = i;
        for (int w = 0; w < 2; w++) {
            const int from = net->nodes[i].from[w];
            if (from >= 0) net->nodes[from].last_consumer = i;
        }
    }
}

/* The same for outputs, from their own forward pass to their last consumer's, in a net that only
 * evaluates: nothing is wanted of them later. */
static size_t plan_outputs(const struct net *net, size_t *place)
{
    size_t needed = 0;
    for (int i = 1; i < net->count; i++) {
        const size_t size = activation_count(net, &net->nodes[i]);
        size_t offset = 0;
        for (int moved = 1; moved;) {
            moved = 0;
            for (int j = 1; j < i; j++) {
                if (net->nodes[j].last_consumer < i) continue;
                const size_t end = place[j] + activation_count(net, &net->nodes[j]);
                if (offset < end && place[j] < offset + size) {
                    offset = end;
                    moved = 1;
                }
            }
        }
        place[i] = offset;
        if (offset + size > needed) needed = offset + size;
    }
    return needed;
}

/* What a layer keeps, from `kept` on. */
static void place_kept(const struct net *net, struct node *node, float *kept)
{
    node->state = kept;
    node->constant = node->state + state_count(net, node);
    node->sums = node->constant + aligned(node->constant_count);
}

/* Gives every node its places in the one block; `shared` is what outputs or gradients share. */
static void place_nodes(struct net *net, const size_t *place, size_t shared)
{
    float *next = net->memory + shared;
    for (int i = 0; i < net->count; i++) {
        struct node *node = &net->nodes[i];
        if (net->evaluate_only) {
            node->y = net->memory + place[i];
            place_kept(net, node, next);
            continue;
        }
        node->dy = net->memory + place[i];
        node->y = next;
        next += i > 0 ? activation_count(net, node) : 0;
        place_kept(net, node, next);
        next += kept_count(net, node);
    }
    if (net->evaluate_only) next += net->kept_max;
    net->scratch = next;
    net->reduce = next + (size_t)net->threads * net->scratch_count;
    net->work = net->reduce + net->reduce_count;
}

/* Numbers of the whole block; sets the counts of its parts. */
static size_t plan_memory(struct net *net, size_t shared)
{
    size_t total = shared, scratch = 0, reduce = 0, work = 0;
    for (int i = 0; i < net->count; i++) {
        const struct node *node = &net->nodes[i];
        const size_t kept = kept_count(net, node);
        net->kept_max = sizes_most(net->kept_max, kept);
        if (!net->evaluate_only) total += (i > 0 ? activation_count(net, node) : 0) + kept;
        scratch = sizes_most(scratch, node->scratch);
        reduce = sizes_most(reduce, node->reduce);
        work = sizes_most(work, node->work);
    }
    if (net->evaluate_only) {
        total += net->kept_max;
        work = 0;
    }
    net->scratch_count = aligned(scratch);
    net->reduce_count = aligned(reduce);
    if (scratch > NET_NUMBERS_MAX) return total + scratch; // one thread's is too much
    return total + (size_t)net->threads * net->scratch_count + net->reduce_count + aligned(work);
}

void net_evaluate_only(struct net *net)
{
    net->evaluate_only = true;
}

/* The block itself, when there is memory for it. Asked for before, as Linux gives more than it has
 * and kills whoever uses it. */
static enum status allocate(struct net *net)
{
    const size_t available = memory_available(), mib = (1024 * 1024) / sizeof(float);
    if (net->memory_count <= NET_NUMBERS_MAX && net_bytes(net) <= available) {
        net->memory = arena_create(net->memory_count);
    }
    if (net->memory != NULL) return STATUS_OK;
    char there[64] = "more than can be had";
    if (available != SIZE_MAX) {
        snprintf(there, sizeof there, "%zu MiB are available", available >> 20);
    }
    return status_fail(STATUS_NO_MEMORY,
                       "out of memory: a network for batches of %zu needs %zu MiB, %s; lower the "
                       "batch, the width of the network or the size of its input",
                       net->batch_max, net->memory_count / mib, there);
}

enum status net_finish(struct net *net)
{
    net->tuning = NULL; // all is planned
    if (net->failed != STATUS_OK) return net->failed;
    size_t *place = calloc(NET_NODES_MAX, sizeof *place);
    if (place == NULL) return status_fail(STATUS_NO_MEMORY, "out of memory for a network");
    mark_consumers(net);
    net->threads = omp_get_max_threads();
    const size_t shared =
        net->evaluate_only ? plan_outputs(net, place) : plan_gradients(net, place);
    net->memory_count = plan_memory(net, shared);
    const enum status status = allocate(net);
    if (status == STATUS_OK) place_nodes(net, place, shared);
    free(place);
    return status;
}

static const float *run_forward(struct net *net, const float *input, size_t batch,
                                enum net_mode mode)
{
    assert(net->memory != NULL && net->weights != NULL);
    assert(batch > 0 && batch <= net->batch_max);
    assert(mode == NET_EVALUATE || !net->evaluate_only);
    assert(omp_get_max_threads() <= net->threads);
    net->batch = batch;
    net->mode = mode;
    // The input is only read; the graph's nodes hold plain pointers.
    memcpy(&net->nodes[0].y, &input, sizeof input);
    for (int i = 1; i < net->count; i++) {
        net->nodes[i].layer->forward(net, &net->nodes[i]);
    }
    return net->nodes[net->count - 1].y;
}

const float *net_forward(struct net *net, const float *input, size_t batch, enum net_mode mode,
                         const struct random *dropout)
{
    if (dropout != NULL) net->dropout = *dropout;
    net->bent = 0;
    return run_forward(net, input, batch, mode);
}

const float *net_forward_bent(struct net *net, const float *input, size_t batch, size_t items)
{
    assert(net->keeps_bends && items > 0);
    net->bent = items;
    return run_forward(net, input, batch, NET_TRAIN);
}

static void run_backward(struct net *net, const float *output_gradient)
{
    assert(net->mode != NET_EVALUATE && net->gradients != NULL);
    assert(omp_get_max_threads() <= net->threads);
    for (int i = 0; i < net->count; i++) {
        net->nodes[i].gradient_written = false;
    }
    struct node *last = &net->nodes[net->count - 1];
    memcpy(last->dy, output_gradient, node_items(net, last) * node_size(last) * sizeof(float));
    last->gradient_written = true;
    for (int i = net->count - 1; i > 0; i--) {
        assert(net->nodes[i].gradient_written);
        net->nodes[i].layer->backward(net, &net->nodes[i]);
    }
}

const float *net_backward(struct net *net, const float *output_gradient, bool input_wanted)
{
    net->input_wanted = input_wanted;
    net->weights_wanted = true;
    run_backward(net, output_gradient);
    return input_wanted ? net->nodes[0].dy : NULL;
}

const float *net_input_gradient(struct net *net, const float *output_gradient)
{
    net->input_wanted = true;
    net->weights_wanted = false;
    run_backward(net, output_gradient);
    return net->nodes[0].dy;
}
