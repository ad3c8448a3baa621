// SPDX-License-Identifier: Apache-2.0
#include "measures/judge.h"
#include "base/files.h"
#include "base/limits.h"
#include "image/image.h"
#include "measures/graph.h"
#include "measures/weights.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { PIECE = 4, CHANNELS = 3, VALUES = JUDGE_SIDE * JUDGE_SIDE * CHANNELS };

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
        status = graph_create(&made->graph, nodes, made->last, weights, input, PIECE);
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

/* A call of judge_embed(). */
struct sitting {
    const struct judge *judge;
    float *out;
    const uint8_t *pixels;
    int size, channels;
    bool failed;
};

/* One picture as the network takes it; false when there is no memory to resize it. */
static bool take_picture(float *to, const uint8_t *pixels, int size, int channels)
{
    struct image square = {NULL, 0, 0, 0}, picture = {NULL, size, size, channels};
    if (size != JUDGE_SIDE || channels != CHANNELS) {
        memcpy(&picture.pixels, &pixels, sizeof pixels); // only read
        if (image_square(&square, &picture, JUDGE_SIDE, CHANNELS) != STATUS_OK) return false;
        pixels = square.pixels;
    }
    for (size_t i = 0; i < VALUES; i++) {
        to[i] = ((float)pixels[i] - 127) / 128;
    }
    image_destroy(&square);
    return true;
}

static void fill(void *context, float *input, size_t first, size_t count)
{
    struct sitting *sitting = context;
    const size_t side = (size_t)sitting->size, step = side * side * (size_t)sitting->channels;
    for (size_t i = 0; i < count; i++) {
        if (!take_picture(input + i * VALUES, sitting->pixels + (first + i) * step, sitting->size,
                          sitting->channels)) {
#pragma omp atomic write
            sitting->failed = true;
        }
    }
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

static void take(void *context, const struct graph_lane *lane, size_t first, size_t count)
{
    const struct sitting *sitting = context;
    const size_t size = sitting->judge->size;
    const float *rows = graph_map(lane, sitting->judge->last);
    for (size_t i = 0; i < count; i++) {
        normalise(sitting->out + (first + i) * size, rows + i * size, size);
    }
}

enum status judge_embed(struct judge *judge, float *out, const uint8_t *pixels, size_t count,
                        int size, int channels)
{
    struct sitting sitting = {judge, out, pixels, size, channels, false};
    graph_run(judge->graph, &(struct graph_work){fill, take, &sitting}, count);
    if (!sitting.failed) return STATUS_OK;
    return status_fail(STATUS_NO_MEMORY, "out of memory for a face of %d pixels a side", size);
}
