// SPDX-License-Identifier: Apache-2.0
#include "reference/vector_file.h"

#include "fakes/network_files.h"
#include "measures/graph.h"
#include "reference/spread.h"

#include <math.h>
#include <stdlib.h>

enum { CASES = 3, TABLE_MAX = 4096 };

struct header {
    size_t images, height, width, channels, rows, floats, outputs;
};

/* A run: what goes in is spread, what comes out is compared. */
struct trial {
    const struct header *header;
    const double *expected;
    size_t last;
    double worst;
};

static void fill(void *context, float *input, size_t first, size_t count)
{
    const struct header *header = ((struct trial *)context)->header;
    const size_t in = header->height * header->width * header->channels;
    for (size_t i = 0; i < count * in; i++) {
        input[i] = spread_number(first * in + i, 1);
    }
}

static void take(void *context, const struct graph_lane *lane, size_t first, size_t count)
{
    struct trial *trial = context;
    const size_t out = trial->header->outputs / trial->header->images;
    const float *got = graph_map(lane, trial->last);
    double worst = 0;
    for (size_t i = 0; i < count * out; i++) {
        const double wanted = trial->expected[first * out + i];
        worst = fmax(worst, fabs((double)got[i] - wanted) / (1 + fabs(wanted)));
    }
#pragma omp critical
    trial->worst = fmax(trial->worst, worst);
}

static void one_network(FILE *file)
{
    struct header header;
    char table[TABLE_MAX];
    assert_int_equal(fscanf(file, "%zu %zu %zu %zu %zu %zu %zu", &header.images, &header.height,
                            &header.width, &header.channels, &header.rows, &header.floats,
                            &header.outputs),
                     7);
    vector_file_lines(file, table, sizeof table, header.rows);
    double *expected = calloc(header.outputs, sizeof *expected);
    assert_non_null(expected);
    for (size_t i = 0; i < header.outputs; i++) {
        assert_int_equal(fscanf(file, "%lf", &expected[i]), 1);
    }
    struct network_files files;
    struct weights *weights = NULL;
    struct graph_node *nodes = NULL;
    size_t count = 0;
    network_files_make(&files, "graph", table, header.floats);
    assert_int_equal(weights_open(&weights, files.table, files.floats), STATUS_OK);
    assert_int_equal(graph_read(&nodes, &count, weights), STATUS_OK);
    assert_int_equal(count, header.rows);
    const struct net_shape input = {(int)header.height, (int)header.width, (int)header.channels};
    for (size_t piece = 1; piece <= header.images; piece++) {
        struct graph *graph = NULL;
        assert_int_equal(graph_create(&graph, nodes, count, weights, input, piece), STATUS_OK);
        const struct net_shape out = graph_shape(graph, count);
        assert_int_equal((size_t)(out.height * out.width * out.channels) * header.images,
                         header.outputs);
        struct trial trial = {&header, expected, count, 0};
        graph_run(graph, &(struct graph_work){fill, take, &trial}, header.images);
        assert_true(trial.worst < 2e-5);
        graph_destroy(&graph);
    }
    free(nodes);
    free(expected);
    weights_close(&weights);
    network_files_remove(&files);
}

static void small_networks_agree_with_pytorch(void **state)
{
    (void)state;
    vector_file_each("graph.txt", NULL, one_network, CASES);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(small_networks_agree_with_pytorch)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
