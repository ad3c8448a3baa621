// SPDX-License-Identifier: Apache-2.0
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "fakes/network_files.h"
#include "measures/graph.h"
#include "reference/spread.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FLOATS = 200, SIDE = 6 };

static struct network_files files;

static int make_files(void **state)
{
    (void)state;
    network_files_make(&files, "graph", "", FLOATS);
    return 0;
}

static int remove_files(void **state)
{
    (void)state;
    network_files_remove(&files);
    return 0;
}

/* Reads and plans a network for pictures of 6x6x3. */
static enum status open_graph(struct graph **graph, const char *table)
{
    struct weights *weights = NULL;
    struct graph_node *nodes = NULL;
    size_t count = 0;
    *graph = NULL;
    network_files_table(&files, table);
    assert_int_equal(weights_open(&weights, files.table, files.floats), STATUS_OK);
    enum status status = graph_read(&nodes, &count, weights);
    if (status == STATUS_OK) {
        status = graph_create(graph, nodes, count, weights, (struct net_shape){SIDE, SIDE, 3}, 2);
    }
    free(nodes);
    weights_close(&weights);
    return status;
}

#define CONV  "1\tconv\t0\t-\tic=3,oc=2,k=3,stride=1,pad=1,group=1\t0\t54\t54\t2\n"
#define PRELU "2\tprelu\t1\t-\tc=2\t56\t2\t-\t-\n"

static void refused(const char *table, const char *sentence)
{
    struct graph *graph = NULL;
    assert_int_equal(open_graph(&graph, table), STATUS_BAD_INPUT);
    assert_null(graph);
    if (strstr(status_message(), sentence) == NULL) fail_msg("%s", status_message());
}

static void tables_that_are_malformed_are_refused_by_line(void **state)
{
    (void)state;
    refused("", "graph.tsv:1: 0 nodes, allowed: 1 to 1024");
    refused("#\n1\tconv\t0\n", "graph.tsv:2: 3 fields, allowed: 9");
    refused("x\tconv\t0\t-\t-\t-\t-\t-\t-\n", "graph.tsv:1: field 1: \"x\"");
    refused("2\trelu\t0\t-\t-\t-\t-\t-\t-\n", "node 2, allowed: 1, the next one");
    refused(CONV "2\tgelu\t1\t-\t-\t-\t-\t-\t-\n", "graph.tsv:2: op \"gelu\", allowed: conv,");
    refused("1\tadd\t0\t-\t-\t-\t-\t-\t-\n", "graph.tsv:1: field 4: \"-\"");
    refused("1\trelu\t-\t-\t-\t-\t-\t-\t-\n", "graph.tsv:1: field 3: \"-\"");
    refused("1\trelu\t0\t-\t-1\t-\t-\t-\t-\n", "params \"-1\", allowed: \"-\"");
    refused("1\tprelu\t0\t-\tc=\t0\t3\t-\t-\n", "params \"c=\", allowed: \"c=\"");
    refused("1\tmaxpool\t0\t-\tk=2,stride=2\t-\t-\t-\t-\n", "allowed: \"k=,stride=,ceil=\"");
    refused("1\tmaxpool\t0\t-\tk=2,stride=2,ceil=0,\t-\t-\t-\t-\n",
            "allowed: \"k=,stride=,ceil=\"");
    refused("1\tprelu\t0\t-\tc=3\t0\t-3\t-\t-\n", "graph.tsv:1: field 7: \"-3\"");
    refused("1\tprelu\t0\t-\tc=3\t0\t1234567890\t-\t-\n", "at most nine digits");
}

static void networks_that_do_not_fit_are_refused_by_line(void **state)
{
    (void)state;
    refused("1\trelu\t1\t-\t-\t-\t-\t-\t-\n", "node 1 reads node 1, allowed: 0 to 0");
    refused("1\tadd\t0\t9\t-\t-\t-\t-\t-\n", "node 1 reads node 9");
    refused(CONV PRELU "3\tprelu\t2\t-\tc=3\t0\t3\t-\t-\n", "graph.tsv:3: 3 channels, but the");
    refused("1\tprelu\t0\t-\tc=3\t0\t4\t-\t-\n", "slopes: got 4 floats, allowed: 3");
    refused("1\tprelu\t0\t-\tc=3\t198\t3\t-\t-\n", "3 floats from 198 on lie beyond");
    refused("1\tconv\t0\t-\tic=3,oc=2,k=3,stride=1,pad=1,group=1\t0\t54\t199\t2\n",
            "bias: 2 floats");
    refused("1\tconv\t0\t-\tic=3,oc=2,k=0,stride=1,pad=1,group=1\t0\t54\t-\t-\n", "kernel: got 0");
    refused("1\tconv\t0\t-\tic=3,oc=2,k=3,stride=0,pad=1,group=1\t0\t54\t-\t-\n", "stride: got 0");
    refused("1\tconv\t0\t-\tic=3,oc=2,k=3,stride=1,pad=3,group=1\t0\t54\t-\t-\n", "pad: got 3");
    refused("1\tconv\t0\t-\tic=3,oc=2,k=7,stride=1,pad=0,group=1\t0\t54\t-\t-\n",
            "kernel: got 7, allowed: 1 to 6");
    refused("1\tconv\t0\t-\tic=3,oc=0,k=3,stride=1,pad=1,group=1\t0\t54\t-\t-\n", "outputs: got 0");
    refused("1\tconv\t0\t-\tic=3,oc=2,k=3,stride=1,pad=1,group=0\t0\t54\t-\t-\n", "0 groups");
    refused("1\tconv\t0\t-\tic=3,oc=6,k=3,stride=1,pad=1,group=3\t0\t54\t-\t-\n",
            "3 groups, allowed: 1, or 3 with as many outputs");
    refused("1\tconv\t0\t-\tic=3,oc=999999999,k=1,stride=1,pad=0,group=1\t0\t54\t-\t-\n",
            "outputs: got 999999999, allowed: 1 to 65536");
    refused("1\treshape\t0\t-\t1x3\t-\t-\t-\t-\n", "reshape of a map of 6x6, allowed: 1x1");
    refused(CONV "2\tadd\t0\t1\t-\t-\t-\t-\t-\n", "inputs of 3 and 2 channels");
    refused("1\tmaxpool\t0\t-\tk=2,stride=2,ceil=0\t-\t-\t-\t-\n"
            "2\tconcat\t0\t1\t-\t-\t-\t-\t-\n",
            "graph.tsv:2: inputs of 6x6 and 3x3");
}

static void a_map_or_weights_that_grow_without_end_are_refused(void **state)
{
    (void)state;
    char table[4096];
    size_t length = 0;
    for (int i = 0; i < 20; i++) { // 3 x 2^i channels
        length += (size_t)snprintf(table + length, sizeof table - length,
                                   "%d\tconcat\t%d\t%d\t-\t-\t-\t-\t-\n", i + 1, i, i);
    }
    refused(table, "graph.tsv:15: a map of 6x6x98304");
    char *rows = malloc(1100 * 64);
    assert_non_null(rows);
    length = 0;
    for (int i = 0; i < 1025; i++) {
        length += (size_t)snprintf(rows + length, 64, "%d\trelu\t%d\t-\t-\t-\t-\t-\t-\n", i + 1, i);
    }
    refused(rows, "graph.tsv:1025: one node too many, allowed: 1024");
    free(rows);
}

struct maxima {
    size_t last;
    float first[3][2], second[3][2]; // of each image, channel by channel
};

static void fill(void *context, float *input, size_t first, size_t count)
{
    (void)context;
    for (size_t i = 0; i < count * SIDE * SIDE * 3; i++) {
        input[i] = spread_number(first * SIDE * SIDE * 3 + i, 1);
    }
}

static void take(void *context, const struct graph_lane *lane, size_t first, size_t count)
{
    struct maxima *maxima = context;
    const float *map = graph_map(lane, maxima->last);
    for (size_t i = 0; i < count; i++) {
        memcpy(maxima->first[first + i], map + i * 4, sizeof maxima->first[0]);
        memcpy(maxima->second[first + i], map + i * 4 + 2, sizeof maxima->second[0]);
    }
}

/* Two ways to the maximum of a map, of more images than a piece has. */
static void images_of_several_pieces_come_out_in_their_places(void **state)
{
    (void)state;
    struct graph *graph = NULL;
    struct maxima maxima = {.last = 5};
    assert_int_equal(open_graph(&graph, CONV "2\tmaxpool\t1\t-\tk=6,stride=1,ceil=0\t-\t-\t-\t-\n"
                                             "3\tmaxpool\t1\t-\tk=4,stride=4,ceil=1\t-\t-\t-\t-\n"
                                             "4\tmaxpool\t3\t-\tk=2,stride=2,ceil=0\t-\t-\t-\t-\n"
                                             "5\tconcat\t2\t4\t-\t-\t-\t-\t-\n"),
                     STATUS_OK);
    assert_int_equal(graph_shape(graph, 3).width, 2); // its second window hangs over
    assert_int_equal(graph_shape(graph, 5).channels, 4);
    graph_run(graph, &(struct graph_work){fill, take, &maxima}, 3);
    assert_memory_equal(maxima.first, maxima.second, sizeof maxima.first);
    for (int i = 1; i < 3; i++) {
        assert_memory_not_equal(maxima.first[0], maxima.first[i], sizeof maxima.first[0]);
    }
    graph_destroy(&graph);
    graph_destroy(&graph);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tables_that_are_malformed_are_refused_by_line),
        cmocka_unit_test(networks_that_do_not_fit_are_refused_by_line),
        cmocka_unit_test(a_map_or_weights_that_grow_without_end_are_refused),
        cmocka_unit_test(images_of_several_pieces_come_out_in_their_places),
    };
    return cmocka_run_group_tests(tests, make_files, remove_files);
}
