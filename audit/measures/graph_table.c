// SPDX-License-Identifier: Apache-2.0
#include "base/limits.h"
#include "measures/graph_parts.h"

#include <stdlib.h>
#include <string.h>

enum { NUMBER, OP, INPUT, INPUT2, PARAMS, WEIGHTS, WEIGHTS_COUNT, BIAS, BIAS_COUNT, FIELDS };
enum { PARAMS_MAX = 6 };

/* A row in the making. */
struct entry {
    const struct weights *weights;
    const struct weights_row *row;
    struct graph_node *node;
};

static const struct {
    const char *name;
    enum graph_op op;
    const char *params; // in their order, each with a number behind it
} ops[] = {
    {"conv", GRAPH_CONV, "ic=,oc=,k=,stride=,pad=,group="},
    {"prelu", GRAPH_PRELU, "c="},
    {"relu", GRAPH_RELU, "-"},
    {"maxpool", GRAPH_MAX_POOL, "k=,stride=,ceil="},
    {"add", GRAPH_ADD, "-"},
    {"concat", GRAPH_CONCAT, "-"},
    {"reshape", GRAPH_RESHAPE, "1x"},
};

enum { OPS = sizeof ops / sizeof ops[0] };

static enum status parse_number(const struct entry *entry, size_t *number, int field)
{
    if (weights_number(number, entry->row->field[field])) return STATUS_OK;
    return weights_wrong(entry->weights, entry->row->line,
                         "field %d: \"%.40s\", allowed: a number of at most nine digits", field + 1,
                         entry->row->field[field]);
}

/* A number that "-" stands for none of. */
static enum status parse_optional(const struct entry *entry, size_t *number, int field)
{
    if (strcmp(entry->row->field[field], "-") == 0) return STATUS_OK;
    return parse_number(entry, number, field);
}

/* Numbers where `form` has none: "k=3,stride=2" after "k=,stride=". */
static bool take_params(size_t numbers[PARAMS_MAX], const char *text, const char *form)
{
    for (size_t i = 0; *form != '\0'; i++) {
        const size_t name = strcspn(form, "=x-") + 1;
        if (strncmp(text, form, name) != 0) return false;
        text += name;
        form += name;
        const size_t digits = strspn(text, "0123456789");
        if (form[-1] == '-' ? digits > 0 : digits == 0 || digits > 9) return false;
        numbers[i] = 0;
        for (size_t at = 0; at < digits; at++) {
            numbers[i] = 10 * numbers[i] + (size_t)(text[at] - '0');
        }
        text += digits;
    }
    return *text == '\0';
}

static enum status parse_params(const struct entry *entry, const char *form)
{
    size_t n[PARAMS_MAX] = {0};
    struct graph_node *node = entry->node;
    if (!take_params(n, entry->row->field[PARAMS], form)) {
        return weights_wrong(entry->weights, entry->row->line,
                             "params \"%.80s\", allowed: \"%s\" with a number behind each name",
                             entry->row->field[PARAMS], form);
    }
    if (node->op == GRAPH_CONV) {
        node->channels = n[0];
        node->filters = n[1];
        node->kernel = n[2];
        node->stride = n[3];
        node->pad = n[4];
        node->groups = n[5];
    } else if (node->op == GRAPH_MAX_POOL) {
        node->kernel = n[0];
        node->stride = n[1];
        node->ceil = n[2] != 0;
    } else {
        node->channels = n[0];
    }
    return STATUS_OK;
}

static enum status parse_row(const struct entry *entry, size_t number)
{
    const struct weights_row *row = entry->row;
    struct graph_node *node = entry->node;
    if (row->fields != FIELDS) {
        return weights_wrong(entry->weights, row->line, "%zu fields, allowed: %d", row->fields,
                             FIELDS);
    }
    size_t said = 0, op = 0;
    enum status status = parse_number(entry, &said, NUMBER);
    if (status != STATUS_OK) return status;
    if (said != number) {
        return weights_wrong(entry->weights, row->line, "node %zu, allowed: %zu, the next one",
                             said, number);
    }
    while (op < OPS && strcmp(row->field[OP], ops[op].name) != 0) {
        op++;
    }
    if (op == OPS) {
        return weights_wrong(entry->weights, row->line,
                             "op \"%.40s\", allowed: conv, prelu, relu, maxpool, add, concat and "
                             "reshape",
                             row->field[OP]);
    }
    node->op = ops[op].op;
    node->line = row->line;
    status = parse_params(entry, ops[op].params);
    const bool two = node->op == GRAPH_ADD || node->op == GRAPH_CONCAT;
    if (status == STATUS_OK) status = parse_number(entry, &node->input[0], INPUT);
    if (status == STATUS_OK && two) status = parse_number(entry, &node->input[1], INPUT2);
    size_t *const ranges[] = {&node->weights.offset, &node->weights.count, &node->bias.offset,
                              &node->bias.count};
    for (int i = 0; i < 4 && status == STATUS_OK; i++) {
        status = parse_optional(entry, ranges[i], WEIGHTS + i);
    }
    return status;
}

enum status graph_read(struct graph_node **nodes, size_t *count, struct weights *weights)
{
    struct weights_row row;
    bool there = false;
    *count = 0;
    *nodes = calloc(LIMIT_GRAPH_NODES, sizeof **nodes);
    if (*nodes == NULL) return status_fail(STATUS_NO_MEMORY, "out of memory for a list of nodes");
    enum status status = weights_next(weights, &row, &there);
    while (status == STATUS_OK && there) {
        if (*count == LIMIT_GRAPH_NODES) {
            status = weights_wrong(weights, row.line, "one node too many, allowed: %d",
                                   LIMIT_GRAPH_NODES);
            break;
        }
        const struct entry entry = {weights, &row, *nodes + *count};
        status = parse_row(&entry, ++*count);
        if (status == STATUS_OK) status = weights_next(weights, &row, &there);
    }
    if (status == STATUS_OK) return STATUS_OK;
    free(*nodes);
    *nodes = NULL;
    *count = 0;
    return status;
}
