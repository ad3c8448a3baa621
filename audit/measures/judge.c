// SPDX-License-Identifier: Apache-2.0
#include "measures/judge.h"
#include "base/files.h"
#include "base/limits.h"
#include "base/sizes.h"
#include "image/image.h"
#include "measures/graph.h"
#include "measures/weights.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { BATCH = 16, CHANNELS = 3, VALUES = JUDGE_SIDE * JUDGE_SIDE * CHANNELS };

struct judge {
    struct graph *graph;
    size_t last, size; // node of the embedding, and its numbers
};

enum status judge_open(struct judge **judge, const char *folder)
{
    char table[LIMIT_PATH], floats[LIMIT_PATH];
    struct weights *weights = NULL;
    struct graph_node *nodes = NULL;
    const struct net_shape input = {JUDGE_SIDE, JUDGE_SIDE, CHANNELS};
    *judge = NULL;
    struct judge *made = calloc(1, sizeof *made);
    if (made == NULL) return status_fail(STATUS_NO_MEMORY, "%s: no memory", folder);
    enum status status = files_join(table, folder, "refnet.graph.tsv");
    if (status == STATUS_OK) status = files_join(floats, folder, "refnet.f32");
    if (status == STATUS_OK) status = weights_open(&weights, table, floats);
    if (status == STATUS_OK) status = graph_read(&nodes, &made->last, weights);
    if (status == STATUS_OK) {
        status = graph_create(&made->graph, nodes, made->last, weights, input, BATCH);
    }
    if (status == STATUS_OK) {
        const struct net_shape out = graph_shape(made->graph, made->last);
        made->size = (size_t)out.height * (size_t)out.width * (size_t)out.channels;
    }
    free(nodes);
    weights_close(&weights);
    if (status != STATUS_OK) judge_close(&made);
    *judge = made;
    return status;
}

void judge_close(struct judge **judge)
{
    if (*judge == NULL) return;
    graph_destroy(&(*judge)->graph);
    free(*judge);
    *judge = NULL;
}

size_t judge_size(const struct judge *judge)
{
    return judge->size;
}

/* One picture as the network takes it. */
static enum status take_picture(float *to, const uint8_t *pixels, int size, int channels)
{
    struct image square = {NULL, 0, 0, 0}, picture = {NULL, size, size, channels};
    if (size != JUDGE_SIDE || channels != CHANNELS) {
        memcpy(&picture.pixels, &pixels, sizeof pixels); // only read
        const enum status status = image_square(&square, &picture, JUDGE_SIDE, CHANNELS);
        if (status != STATUS_OK) return status;
        pixels = square.pixels;
    }
    for (size_t i = 0; i < VALUES; i++) {
        to[i] = ((float)pixels[i] - 127) / 128;
    }
    image_destroy(&square);
    return STATUS_OK;
}

static void normalise(float *to, const float *from, size_t size)
{
    double squares = 0;
    for (size_t i = 0; i < size; i++) {
        squares += (double)from[i] * (double)from[i];
    }
    const double inverse = 1 / fmax(sqrt(squares), 1e-12);
    for (size_t i = 0; i < size; i++) {
        to[i] = (float)((double)from[i] * inverse);
    }
}

enum status judge_embed(struct judge *judge, float *out, const uint8_t *pixels, size_t count,
                        int size, int channels)
{
    const size_t step = (size_t)size * (size_t)size * (size_t)channels;
    for (size_t first = 0; first < count; first += BATCH) {
        const size_t now = sizes_least(count - first, BATCH);
        for (size_t i = 0; i < now; i++) {
            const enum status status = take_picture(graph_input(judge->graph) + i * VALUES,
                                                    pixels + (first + i) * step, size, channels);
            if (status != STATUS_OK) return status;
        }
        graph_run(judge->graph, now);
        for (size_t i = 0; i < now; i++) {
            normalise(out + (first + i) * judge->size,
                      graph_map(judge->graph, judge->last) + i * judge->size, judge->size);
        }
    }
    return STATUS_OK;
}
