// SPDX-License-Identifier: Apache-2.0
/* net_fixture - a small net with its vectors and a random batch, for the tests of the layers.
 * Include cmocka first. */
#ifndef UNIT_NET_FIXTURE_H
#define UNIT_NET_FIXTURE_H

#include "nn/net.h"
#include "reference/numbers.h"

struct net_fixture {
    struct net *net;      // layers are added between start and finish
    size_t batch, inputs; // numbers of the whole input
    float *weights, *gradients, *input;
};

static inline void net_fixture_start(struct net_fixture *f, struct net_shape shape, size_t batch)
{
    *f = (struct net_fixture){.batch = batch};
    f->inputs = batch * (size_t)(shape.height * shape.width * shape.channels);
    assert_int_equal(net_create(&f->net, shape, batch, ""), STATUS_OK);
    f->input = numbers_random(f->inputs, 100);
}

/* Plans the net and gives it weights and gradients, which begin as nonsense. */
static inline void net_fixture_finish(struct net_fixture *f)
{
    assert_int_equal(net_finish(f->net), STATUS_OK);
    f->weights = numbers_random(net_parameters(f->net), 101);
    f->gradients = numbers_random(net_parameters(f->net), 102);
    net_bind(f->net, f->weights, f->gradients);
    net_initialise(f->net, 7, 0);
}

static inline void net_fixture_stop(struct net_fixture *f)
{
    net_destroy(&f->net);
    free(f->weights);
    free(f->gradients);
    free(f->input);
}

/* The whole batch in training mode. */
static inline const float *net_fixture_forward(struct net_fixture *f)
{
    struct random dropout;
    random_start(&dropout, 7, 0, RANDOM_DROPOUT, 0, 0);
    return net_forward(f->net, f->input, f->batch, NET_TRAIN, &dropout);
}

/* Numbers of the last batch's whole output. */
static inline size_t net_fixture_outputs(const struct net_fixture *f)
{
    return net_items(f->net) * net_outputs(f->net);
}

/* The tensor with this name: where its numbers stand in a vector. */
static inline float *net_fixture_tensor(const struct net_fixture *f, float *vector,
                                        const char *name)
{
    for (size_t i = 0; i < net_tensors(f->net); i++) {
        if (strcmp(net_tensor(f->net, i)->name, name) == 0) {
            return vector + net_tensor(f->net, i)->offset;
        }
    }
    fail_msg("no tensor %s", name);
    return NULL;
}

#endif
