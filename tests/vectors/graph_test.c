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

/* Runs the images in batches of `batch` and compares what comes out. */
static void run(struct graph *graph, const struct header *header, size_t last, size_t batch,
                const double *expected)
{
    const size_t in = header->height * header->width * header->channels;
    const size_t out = header->outputs / header->images;
    for (size_t first = 0; first < header->images; first += batch) {
        const size_t now = header->images - first < batch ? header->images - first : batch;
        float *input = graph_input(graph);
        for (size_t i = 0; i < now * in; i++) {
            input[i] = spread_number(first * in + i, 1);
        }
        graph_run(graph, now);
        const float *got = graph_map(graph, last);
        for (size_t i = 0; i < now * out; i++) {
            const double wanted = expected[first * out + i];
            assert_true(fabs((double)got[i] - wanted) < 2e-5 * (1 + fabs(wanted)));
        }
    }
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
    for (size_t batch = 1; batch <= header.images; batch++) {
        struct graph *graph = NULL;
        assert_int_equal(graph_create(&graph, nodes, count, weights, input, batch), STATUS_OK);
        const struct net_shape out = graph_shape(graph, count);
        assert_int_equal((size_t)(out.height * out.width * out.channels) * header.images,
                         header.outputs);
        run(graph, &header, count, batch, expected);
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
