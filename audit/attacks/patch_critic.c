// SPDX-License-Identifier: Apache-2.0
#include "attacks/patch_critic.h"

#include <limits.h>
#include <string.h>

enum { SCALE = 8, SIDE_MIN = 3 * SCALE };

static size_t numbers_of(struct net_shape shape)
{
    return (size_t)shape.height * (size_t)shape.width * (size_t)shape.channels;
}

static int half(struct net *net, int from, const char *name, int filters)
{
    return net_conv(net, from, name, (struct net_window){4, 2, 1}, filters);
}

static int same(struct net *net, int from, const char *name, int filters)
{
    return net_conv(net, from, name, (struct net_window){4, 1, 1}, filters);
}

static void build(struct net *net, const struct patch_critic *critic, bool whole)
{
    const int w = critic->width;
    int x = whole ? 0 : net_slice(net, 0, numbers_of(critic->condition), critic->face);
    x = net_leaky_relu(net, net_bias(net, half(net, x, "conv1", w), "conv1"), 0.2);
    x = net_norm(net, half(net, x, "conv2", 2 * w), "conv2.norm", true);
    x = half(net, net_leaky_relu(net, x, 0.2), "conv3", 4 * w);
    x = net_leaky_relu(net, net_norm(net, x, "conv3.norm", true), 0.2);
    if (!whole) x = net_concat(net, net_slice(net, 0, 0, critic->condition), x);
    x = net_norm(net, same(net, x, "conv4", 8 * w), "conv4.norm", true);
    net_bias(net, same(net, net_leaky_relu(net, x, 0.2), "out", 1), "out");
}

/* How inputs are made of rows, and a row of a masked image's numbers and a face's. */
struct rows {
    size_t count, condition, face;
};

static struct rows rows_of(const struct net *critic, struct net_shape face, size_t batch)
{
    const struct net_shape input = net_shape_of(critic, 0);
    const bool whole = input.height == face.height;
    const size_t row = whole ? (size_t)input.channels : numbers_of(input);
    const size_t part = whole ? (size_t)face.channels : numbers_of(face);
    return (struct rows){batch * numbers_of(input) / row, row - part, part};
}

void patch_critic_join(float *inputs, const struct net *critic, const float *masked,
                       const float *faces, struct net_shape face, size_t batch)
{
    const struct rows rows = rows_of(critic, face, batch);
#pragma omp parallel for schedule(static)
    for (size_t i = 0; i < rows.count; i++) {
        float *to = inputs + i * (rows.condition + rows.face);
        memcpy(to, masked + i * rows.condition, rows.condition * sizeof *to);
        memcpy(to + rows.condition, faces + i * rows.face, rows.face * sizeof *to);
    }
}

void patch_critic_part(float *faces, const struct net *critic, const float *inputs,
                       struct net_shape face, size_t batch)
{
    const struct rows rows = rows_of(critic, face, batch);
#pragma omp parallel for schedule(static)
    for (size_t i = 0; i < rows.count; i++) {
        const float *from = inputs + i * (rows.condition + rows.face) + rows.condition;
        memcpy(faces + i * rows.face, from, rows.face * sizeof *faces);
    }
}

enum status patch_critic_create(struct net **net, const struct patch_critic *critic,
                                size_t batch_max)
{
    const struct net_shape in = critic->condition, face = critic->face;
    const bool whole = in.height == face.height && in.width == face.width;
    const bool native = face.height / SCALE == in.height && face.width / SCALE == in.width;
    if ((!whole && !native) || face.height < SIDE_MIN || face.width < SIDE_MIN) {
        return status_fail(STATUS_BAD_INPUT,
                           "no critic of faces of %d x %d beside maps of %d x %d, allowed: faces "
                           "of at least %d x %d, maps of the same size or an eighth of it",
                           face.height, face.width, in.height, in.width, SIDE_MIN, SIDE_MIN);
    }
    const size_t numbers = numbers_of(in) + numbers_of(face);
    if (numbers > INT_MAX) {
        return status_fail(STATUS_FULL, "a critic's input of %zu numbers is too large", numbers);
    }
    const struct net_shape joined = {face.height, face.width, in.channels + face.channels};
    const struct net_shape flat = {1, 1, (int)numbers};
    enum status status = net_create(net, whole ? joined : flat, batch_max, "critic.");
    if (status != STATUS_OK) return status;
    build(*net, critic, whole);
    net_start_small(*net);
    status = net_finish(*net);
    if (status != STATUS_OK) net_destroy(net);
    return status;
}
