// SPDX-License-Identifier: Apache-2.0
#include "measures/lpips_trunk.h"
#include "base/limits.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum kind {
    END,
    CONV, // then ReLU
    POOL,
    FIRE, // squeeze, then two expansions side by side, each with ReLU
};

/* Torchvision's lists: number in `features`, and what its tensors do not tell. */
struct part {
    enum kind kind;
    int number;
    size_t kernel, stride, pad; // a convolution's kernel is that of its tensor
    bool ceil, tap;
};

enum { PARTS_MAX = 18 };

static const struct part squeeze[PARTS_MAX] = {
    {CONV, 0, 0, 2, 0, .tap = true}, {POOL, 2, 3, 2, 0, .ceil = true}, {FIRE, 3, .tap = false},
    {FIRE, 4, .tap = true},          {POOL, 5, 3, 2, 0, .ceil = true}, {FIRE, 6, .tap = false},
    {FIRE, 7, .tap = true},          {POOL, 8, 3, 2, 0, .ceil = true}, {FIRE, 9, .tap = true},
    {FIRE, 10, .tap = true},         {FIRE, 11, .tap = true},          {FIRE, 12, .tap = true},
};

static const struct part alex[PARTS_MAX] = {
    {CONV, 0, 0, 4, 2, .tap = true},  {POOL, 2, 3, 2, 0, .tap = false},
    {CONV, 3, 0, 1, 2, .tap = true},  {POOL, 5, 3, 2, 0, .tap = false},
    {CONV, 6, 0, 1, 1, .tap = true},  {CONV, 8, 0, 1, 1, .tap = true},
    {CONV, 10, 0, 1, 1, .tap = true},
};

static const struct part vgg[PARTS_MAX] = {
    {CONV, 0, 0, 1, 1, .tap = false},  {CONV, 2, 0, 1, 1, .tap = true},
    {POOL, 4, 2, 2, 0, .tap = false},  {CONV, 5, 0, 1, 1, .tap = false},
    {CONV, 7, 0, 1, 1, .tap = true},   {POOL, 9, 2, 2, 0, .tap = false},
    {CONV, 10, 0, 1, 1, .tap = false}, {CONV, 12, 0, 1, 1, .tap = false},
    {CONV, 14, 0, 1, 1, .tap = true},  {POOL, 16, 2, 2, 0, .tap = false},
    {CONV, 17, 0, 1, 1, .tap = false}, {CONV, 19, 0, 1, 1, .tap = false},
    {CONV, 21, 0, 1, 1, .tap = true},  {POOL, 23, 2, 2, 0, .tap = false},
    {CONV, 24, 0, 1, 1, .tap = false}, {CONV, 26, 0, 1, 1, .tap = false},
    {CONV, 28, 0, 1, 1, .tap = true},
};

/* In this order: each has a tensor that those after it have not. */
static const struct {
    const char *name, *sign;
    const struct part *parts;
} trunks[] = {
    {"squeeze", "features.3.squeeze.weight", squeeze},
    {"vgg", "features.28.weight", vgg},
    {"alex", "features.10.weight", alex},
};

enum { TRUNKS = sizeof trunks / sizeof trunks[0] };

struct tensor {
    char name[LIMIT_NAME];
    struct weights_shape shape;
    struct weights_range range;
    size_t line;
};

/* A list of nodes in the making. */
struct builder {
    struct lpips_trunk *trunk;
    const struct weights *weights;
    struct tensor *tensors;
    size_t count;
};

static enum status read_tensor(struct tensor *tensor, const struct weights *weights,
                               const struct weights_row *row)
{
    if (row->fields != 4 || strlen(row->field[0]) >= sizeof tensor->name ||
        !weights_sides(&tensor->shape, row->field[1]) ||
        !weights_number(&tensor->range.offset, row->field[2]) ||
        !weights_number(&tensor->range.count, row->field[3])) {
        return weights_wrong(weights, row->line,
                             "allowed: four fields, a name shorter than %d, a shape as 64x3x3x3, "
                             "an offset and a count",
                             LIMIT_NAME);
    }
    snprintf(tensor->name, sizeof tensor->name, "%s", row->field[0]);
    tensor->line = row->line;
    return STATUS_OK;
}

static enum status read_tensors(struct builder *builder, struct weights *weights)
{
    struct weights_row row;
    bool there = false;
    enum status status = weights_next(weights, &row, &there);
    while (status == STATUS_OK && there) {
        if (builder->count == LIMIT_TENSORS) {
            return weights_wrong(weights, row.line, "one tensor too many, allowed: %d",
                                 LIMIT_TENSORS);
        }
        status = read_tensor(&builder->tensors[builder->count++], weights, &row);
        if (status == STATUS_OK) status = weights_next(weights, &row, &there);
    }
    return status;
}

static const struct tensor *find(const struct builder *builder, const char *name)
{
    for (size_t i = 0; i < builder->count; i++) {
        if (strcmp(builder->tensors[i].name, name) == 0) return &builder->tensors[i];
    }
    return NULL;
}

/* The tensor of a name that is put together, which must have so many axes. */
static enum status want(const struct tensor **tensor, const struct builder *builder, size_t axes,
                        const char *format, ...) PRINTF_LIKE(4, 5);

static enum status want(const struct tensor **tensor, const struct builder *builder, size_t axes,
                        const char *format, ...)
{
    char name[LIMIT_NAME];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(name, sizeof name, format, arguments);
    va_end(arguments);
    *tensor = find(builder, name);
    if (*tensor == NULL) {
        return weights_wrong(builder->weights, 1, "LPIPS (%s) wants a tensor %s, which is missing",
                             builder->trunk->name, name);
    }
    if ((*tensor)->shape.axes != axes) {
        return weights_wrong(builder->weights, (*tensor)->line, "%zu axes, allowed: %zu",
                             (*tensor)->shape.axes, axes);
    }
    return STATUS_OK;
}

/* Returns the number of the new node. */
static size_t append(const struct builder *builder, struct graph_node node)
{
    struct lpips_trunk *trunk = builder->trunk;
    assert(trunk->nodes < LPIPS_TRUNK_NODES_MAX);
    trunk->node[trunk->nodes++] = node;
    return trunk->nodes;
}

/* A convolution named `stem` and its ReLU, reading node *at, which then is the ReLU. */
static enum status append_conv(const struct builder *builder, size_t *at, const char *stem,
                               const struct part *part)
{
    const struct tensor *weight = NULL, *bias = NULL;
    enum status status = want(&weight, builder, 4, "%s.weight", stem);
    if (status == STATUS_OK) status = want(&bias, builder, 1, "%s.bias", stem);
    if (status != STATUS_OK) return status;
    const size_t *side = weight->shape.side;
    if (side[2] != side[3]) {
        return weights_wrong(builder->weights, weight->line, "a window of %zux%zu, allowed: square",
                             side[2], side[3]);
    }
    const size_t conv = append(builder, (struct graph_node){.op = GRAPH_CONV,
                                                            .input = {*at},
                                                            .channels = side[1],
                                                            .filters = side[0],
                                                            .groups = 1,
                                                            .kernel = side[2],
                                                            .stride = part->stride,
                                                            .pad = part->pad,
                                                            .weights = weight->range,
                                                            .bias = bias->range,
                                                            .line = weight->line});
    *at = append(builder,
                 (struct graph_node){.op = GRAPH_RELU, .input = {conv}, .line = weight->line});
    return STATUS_OK;
}

static enum status append_fire(const struct builder *builder, size_t *at, int number)
{
    static const struct part small = {.stride = 1}, large = {.stride = 1, .pad = 1};
    char stem[LIMIT_NAME];
    snprintf(stem, sizeof stem, "features.%d.squeeze", number);
    enum status status = append_conv(builder, at, stem, &small);
    size_t first = *at, second = *at;
    snprintf(stem, sizeof stem, "features.%d.expand1x1", number);
    if (status == STATUS_OK) status = append_conv(builder, &first, stem, &small);
    snprintf(stem, sizeof stem, "features.%d.expand3x3", number);
    if (status == STATUS_OK) status = append_conv(builder, &second, stem, &large);
    if (status != STATUS_OK) return status;
    const size_t line = builder->trunk->node[second - 1].line;
    *at = append(builder,
                 (struct graph_node){.op = GRAPH_CONCAT, .input = {first, second}, .line = line});
    return STATUS_OK;
}

static enum status append_tap(const struct builder *builder, size_t at)
{
    struct lpips_trunk *trunk = builder->trunk;
    const struct tensor *linear = NULL;
    const enum status status =
        want(&linear, builder, 1, "lpips.%s.lin%zu", trunk->name, trunk->taps);
    if (status != STATUS_OK) return status;
    if (!weights_holds(builder->weights, linear->range)) {
        return weights_wrong(builder->weights, linear->line, "it lies beyond the end of the file");
    }
    trunk->node[at - 1].kept = true;
    trunk->linear[trunk->taps] = linear->range;
    trunk->tap[trunk->taps++] = at;
    return STATUS_OK;
}

static enum status append_part(const struct builder *builder, size_t *at, const struct part *part)
{
    char stem[LIMIT_NAME];
    snprintf(stem, sizeof stem, "features.%d", part->number);
    enum status status = STATUS_OK;
    if (part->kind == CONV) {
        status = append_conv(builder, at, stem, part);
    } else if (part->kind == FIRE) {
        status = append_fire(builder, at, part->number);
    } else {
        *at = append(builder, (struct graph_node){.op = GRAPH_MAX_POOL,
                                                  .input = {*at},
                                                  .kernel = part->kernel,
                                                  .stride = part->stride,
                                                  .ceil = part->ceil,
                                                  .line = 1});
    }
    if (status == STATUS_OK && part->tap) status = append_tap(builder, *at);
    return status;
}

static enum status build(const struct builder *builder)
{
    size_t which = 0, at = 0;
    while (which < TRUNKS && find(builder, trunks[which].sign) == NULL) {
        which++;
    }
    if (which == TRUNKS) {
        return weights_wrong(builder->weights, 1,
                             "no trunk, allowed: torchvision's tensors features.N.. of "
                             "squeezenet1_1, alexnet or vgg16");
    }
    builder->trunk->name = trunks[which].name;
    enum status status = STATUS_OK;
    const struct part *parts = trunks[which].parts;
    for (size_t i = 0; i < PARTS_MAX && parts[i].kind != END && status == STATUS_OK; i++) {
        status = append_part(builder, &at, &parts[i]);
    }
    return status;
}

enum status lpips_trunk_read(struct lpips_trunk *trunk, struct weights *weights)
{
    struct builder builder = {.trunk = trunk, .weights = weights};
    *trunk = (struct lpips_trunk){.nodes = 0};
    builder.tensors = calloc(LIMIT_TENSORS, sizeof *builder.tensors);
    if (builder.tensors == NULL) {
        return status_fail(STATUS_NO_MEMORY, "out of memory for a list of tensors");
    }
    enum status status = read_tensors(&builder, weights);
    if (status == STATUS_OK) status = build(&builder);
    free(builder.tensors);
    return status;
}
