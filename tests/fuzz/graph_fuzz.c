// SPDX-License-Identifier: Apache-2.0
/* A table from anywhere, of nodes or of tensors: refused, or the network that it tells of runs. */
#define _GNU_SOURCE // memfd_create
#include "memory_file.h"

#include "measures/graph.h"
#include "measures/lpips_trunk.h"
#include "reference/spread.h"

#include <omp.h>
#include <string.h>

enum { FLOATS = 5000, WORK_MAX = 4000000 };

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void fill(void *context, float *input, size_t first, size_t count)
{
    spread_fill(input, count * *(const size_t *)context, (unsigned)first);
}

static void take(void *context, const struct graph_lane *lane, size_t first, size_t count)
{
    (void)context, (void)lane, (void)first, (void)count; // the sanitizers look at the rest
}

static size_t values_of(struct net_shape shape)
{
    if (shape.height < 1 || shape.width < 1 || shape.channels < 1) abort();
    return (size_t)shape.height * (size_t)shape.width * (size_t)shape.channels;
}

/* About how many steps a network takes for an image. */
static size_t work_of(const struct graph *graph, const struct graph_node *nodes, size_t count)
{
    size_t work = 0;
    for (size_t i = 0; i < count; i++) {
        const struct net_shape out = graph_shape(graph, i + 1);
        const size_t pixels = (size_t)out.height * (size_t)out.width;
        work += values_of(out) *
                    (nodes[i].op == GRAPH_MAX_POOL ? nodes[i].kernel * nodes[i].kernel : 1) +
                (nodes[i].op == GRAPH_CONV ? pixels * nodes[i].weights.count : 0);
    }
    return work;
}

static void run(const struct graph_node *nodes, size_t count, const struct weights *weights,
                struct net_shape input)
{
    struct graph *graph = NULL;
    if (graph_create(&graph, nodes, count, weights, input, 2) != STATUS_OK) {
        if (graph != NULL) abort();
        return;
    }
    size_t values = values_of(input);
    if (work_of(graph, nodes, count) < WORK_MAX) {
        graph_run(graph, &(struct graph_work){fill, take, &values}, 3);
    }
    graph_destroy(&graph);
}

static struct weights *open_table(const struct memory_file *table, const struct memory_file *floats)
{
    struct weights *weights = NULL;
    const enum status status = weights_open(&weights, table->path, floats->path);
    if ((status == STATUS_OK) != (weights != NULL)) abort();
    return weights;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    static float numbers[FLOATS];
    static struct lpips_trunk trunk;
    struct graph_node *nodes = NULL;
    size_t count = 0;
    omp_set_num_threads(1);
    spread_fill(numbers, FLOATS, 0);
    struct memory_file table = memory_file_make(bytes, size);
    struct memory_file floats = memory_file_make((const uint8_t *)numbers, sizeof numbers);
    struct weights *weights = open_table(&table, &floats);
    if (weights != NULL && graph_read(&nodes, &count, weights) == STATUS_OK) {
        run(nodes, count, weights, (struct net_shape){14, 12, 3});
        run(nodes, count, weights, (struct net_shape){9, 8, 5});
    }
    free(nodes);
    weights_close(&weights);
    weights = open_table(&table, &floats);
    if (weights != NULL && lpips_trunk_read(&trunk, weights) == STATUS_OK) {
        if (trunk.taps == 0 || trunk.taps > LPIPS_TRUNK_TAPS_MAX) abort();
        run(trunk.node, trunk.nodes, weights, (struct net_shape){32, 32, 3});
    }
    weights_close(&weights);
    memory_file_destroy(&table);
    memory_file_destroy(&floats);
    return 0;
}
