// SPDX-License-Identifier: Apache-2.0
/* torch_rows - networks as PyTorch computes them: weights and inputs by the formula of
 * make_networks.py, and its results, a line for each tensor. Include cmocka first. */
#ifndef VECTORS_TORCH_ROWS_H
#define VECTORS_TORCH_ROWS_H

#include "nn/net.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TORCH_TOLERANCE 2e-3 // of the tensor's norm; the backward passes of 20 layers in float32

/* The formula of make_networks.py. */
static inline float torch_number(uint64_t i, uint64_t salt)
{
    const uint64_t u = ((i * 2654435761u + salt * 40503u + 12345u) * 2246822519u >> 7) % (1u << 24);
    return (float)((double)u / (1 << 23) - 1.0);
}

static inline float *torch_numbers(size_t count, uint64_t salt)
{
    float *values = malloc(count * sizeof *values);
    assert_non_null(values);
    for (size_t i = 0; i < count; i++) {
        values[i] = torch_number(i, salt);
    }
    return values;
}

struct torch_row {
    char name[128];
    size_t count;
    double sum, norm, first[4];
};

/* The expected line `name` of case `label`, which stands in a file of vectors. */
static inline struct torch_row torch_find(const char *path, const char *label, const char *name)
{
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    char line[512], current[64] = "";
    struct torch_row found = {0};
    while (fgets(line, sizeof line, file) != NULL) {
        if (sscanf(line, "case %63s", current) == 1) continue;
        struct torch_row row;
        assert_int_equal(sscanf(line, "%127s %zu %lf %lf %lf %lf %lf %lf", row.name, &row.count,
                                &row.sum, &row.norm, &row.first[0], &row.first[1], &row.first[2],
                                &row.first[3]),
                         8);
        if (strcmp(current, label) == 0 && strcmp(row.name, name) == 0) found = row;
    }
    fclose(file);
    if (found.count == 0) fail_msg("no line %s in case %s", name, label);
    return found;
}

static inline void torch_compare(const char *path, const char *label, const char *name,
                                 const float *values, size_t count)
{
    const struct torch_row expected = torch_find(path, label, name);
    assert_int_equal(count, expected.count);
    double sum = 0, squares = 0;
    for (size_t i = 0; i < count; i++) {
        sum += (double)values[i];
        squares += (double)values[i] * (double)values[i];
    }
    const double allowed = TORCH_TOLERANCE * expected.norm + 2e-5;
    const double each = TORCH_TOLERANCE * expected.norm / sqrt((double)count) * 4 + 2e-5;
    if (fabs(sqrt(squares) - expected.norm) > allowed ||
        fabs(sum - expected.sum) > allowed * sqrt((double)count)) {
        fail_msg("%s %s: sum %g norm %g, expected %g and %g", label, name, sum, sqrt(squares),
                 expected.sum, expected.norm);
    }
    for (size_t i = 0; i < count && i < 4; i++) {
        if (fabs((double)values[i] - expected.first[i]) > each + 1e-3 * fabs(expected.first[i])) {
            fail_msg("%s %s[%zu]: %g, expected %g", label, name, i, (double)values[i],
                     expected.first[i]);
        }
    }
}

static inline int torch_by_name(const void *a, const void *b)
{
    const struct net_tensor *const *first = a, *const *second = b;
    return strcmp((*first)->name, (*second)->name);
}

static inline bool torch_ends_with(const char *text, const char *end)
{
    return strlen(text) >= strlen(end) && strcmp(text + strlen(text) - strlen(end), end) == 0;
}

/* Weights by the formula: tensor number by tensor number in the order of the names. */
static inline void torch_fill(const struct net *net, float *weights)
{
    const struct net_tensor *sorted[512];
    const size_t count = net_tensors(net);
    assert_true(count <= 512);
    for (size_t i = 0; i < count; i++) {
        sorted[i] = net_tensor(net, i);
    }
    qsort(sorted, count, sizeof sorted[0], torch_by_name);
    for (size_t t = 0; t < count; t++) {
        const struct net_tensor *tensor = sorted[t];
        // PyTorch counts inputs of an output: all axes but the outputs.
        const size_t outputs = tensor->shape[tensor->axes == 4 ? 3 : 0];
        for (size_t i = 0; i < tensor->count; i++) {
            float v = torch_number(i, t + 1);
            if (!tensor->trainable) {
                v = torch_ends_with(tensor->name, "running_var") ? 1.0f : 0.0f;
            } else if (tensor->axes == 1) {
                v = v * 0.2f + (torch_ends_with(tensor->name, "bias") ? 0.0f : 0.7f);
            } else {
                v *= sqrtf(3.0f / (float)(tensor->count / outputs));
            }
            weights[tensor->offset + i] = v;
        }
    }
}

static inline void torch_compare_tensors(const char *path, const char *label, const struct net *net,
                                         const float *weights, const float *gradients)
{
    for (size_t t = 0; t < net_tensors(net); t++) {
        const struct net_tensor *tensor = net_tensor(net, t);
        char name[128];
        snprintf(name, sizeof name, "%s%s", tensor->trainable ? "grad." : "value.", tensor->name);
        torch_compare(path, label, name, (tensor->trainable ? gradients : weights) + tensor->offset,
                      tensor->count);
    }
}

#endif
