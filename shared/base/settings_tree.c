// SPDX-License-Identifier: Apache-2.0
#include "base/settings_tree.h"

#include "base/settings_events.h"

#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

struct builder {
    struct settings_events *events;
    struct settings_place place; // of the event at hand
    enum settings_event event;
    struct settings_token token;
    char key[SETTINGS_VALUE_QUOTE_MAX]; // the innermost one, for messages
};

static enum status next(struct builder *builder)
{
    return settings_events_next(builder->events, &builder->place, &builder->event, &builder->token);
}

static enum status fail_memory(const struct builder *builder)
{
    return status_fail(STATUS_NO_MEMORY, "%s: out of memory", builder->place.origin);
}

/* A copy of the scalar at hand; a zero byte within is refused by who reads the value: it is
 * shorter. */
static char *copy(const struct settings_token *token)
{
    char *text = malloc(token->size + 1);
    if (text == NULL) return NULL;
    if (token->size > 0) memcpy(text, token->bytes, token->size);
    text[token->size] = '\0';
    return text;
}

static enum status check_key(const struct builder *builder, const struct settings_node *parent,
                             const char *key)
{
    for (const struct settings_node *child = parent->first; child != NULL; child = child->next) {
        if (child->key != NULL && strcmp(child->key, key) == 0) {
            return settings_value_fail(
                &builder->place, "duplicate key, allowed once, and line %d has it", child->line);
        }
    }
    return STATUS_OK;
}

static enum status build(struct builder *builder, struct settings_node *node, int depth);

/* Adds an empty child after *last, for the event at hand. */
static struct settings_node *add(const struct builder *builder, struct settings_node *parent,
                                 struct settings_node **last)
{
    struct settings_node *child = calloc(1, sizeof *child);
    if (child == NULL) return NULL;
    child->line = builder->place.line;
    if (*last == NULL) {
        parent->first = child;
    } else {
        (*last)->next = child;
    }
    *last = child;
    return child;
}

static enum status build_section(struct builder *builder, struct settings_node *node, int depth)
{
    struct settings_node *last = NULL;
    node->kind = SETTINGS_NODE_SECTION;
    for (;;) {
        enum status status = next(builder);
        if (status != STATUS_OK || builder->event == SETTINGS_SECTION_END) return status;
        if (builder->event != SETTINGS_SCALAR) {
            return settings_value_fail(&builder->place, "got a list or section as a key, allowed: "
                                                        "a name");
        }
        settings_value_quote(builder->key, builder->token.bytes, builder->token.size);
        char *key = copy(&builder->token);
        if (key == NULL) return fail_memory(builder);
        status = check_key(builder, node, key);
        struct settings_node *child = status == STATUS_OK ? add(builder, node, &last) : NULL;
        if (child == NULL) {
            free(key);
            return status == STATUS_OK ? fail_memory(builder) : status;
        }
        child->key = key;
        status = next(builder);
        if (status == STATUS_OK) status = build(builder, child, depth + 1);
        if (status != STATUS_OK) return status;
    }
}

static enum status build_list(struct builder *builder, struct settings_node *node, int depth)
{
    struct settings_node *last = NULL;
    node->kind = SETTINGS_NODE_LIST;
    for (;;) {
        enum status status = next(builder);
        if (status != STATUS_OK || builder->event == SETTINGS_LIST_END) return status;
        struct settings_node *child = add(builder, node, &last);
        if (child == NULL) return fail_memory(builder);
        status = build(builder, child, depth + 1);
        if (status != STATUS_OK) return status;
    }
}

/* Fills in the node from the event at hand. */
static enum status build(struct builder *builder, struct settings_node *node, int depth)
{
    if (depth > SETTINGS_TREE_DEPTH_MAX) {
        return settings_value_fail(&builder->place, "too deep, allowed: %d levels",
                                   SETTINGS_TREE_DEPTH_MAX);
    }
    if (builder->event == SETTINGS_SECTION) return build_section(builder, node, depth);
    if (builder->event == SETTINGS_LIST) return build_list(builder, node, depth);
    node->kind = SETTINGS_NODE_TEXT;
    node->quoted = builder->token.quoted;
    node->text = copy(&builder->token);
    return node->text == NULL ? fail_memory(builder) : STATUS_OK;
}

static enum status build_stream(struct builder *builder, struct settings_node *root)
{
    enum status status = next(builder); // of the stream
    if (status == STATUS_OK) status = next(builder);
    root->kind = SETTINGS_NODE_SECTION;
    if (status != STATUS_OK || builder->event == SETTINGS_STREAM_END) return status;
    status = next(builder);
    if (status == STATUS_OK && builder->event != SETTINGS_SECTION) {
        status = settings_value_fail(&builder->place, "got %s, allowed: a section of keys",
                                     builder->event == SETTINGS_LIST ? "a list" : "a value");
    }
    if (status == STATUS_OK) status = build(builder, root, 0);
    builder->key[0] = '\0';
    if (status == STATUS_OK) status = next(builder);
    if (status == STATUS_OK) status = next(builder);
    if (status == STATUS_OK && builder->event != SETTINGS_STREAM_END) {
        status = settings_value_fail(&builder->place, "a second document begins, allowed: one");
    }
    return status;
}

enum status settings_tree_read(struct settings_node **root, const char *origin, const uint8_t *text,
                               size_t size)
{
    struct builder builder = {.place = {.origin = origin}};
    builder.place.key = builder.key;
    *root = calloc(1, sizeof **root);
    if (*root == NULL) return fail_memory(&builder);
    enum status status = settings_events_create(&builder.events, origin, text, size);
    if (status == STATUS_OK) status = build_stream(&builder, *root);
    settings_events_destroy(&builder.events);
    if (status != STATUS_OK) settings_tree_destroy(root);
    return status;
}

void settings_tree_destroy(struct settings_node **root)
{
    struct settings_node *node = *root;
    *root = NULL;
    while (node != NULL) {
        struct settings_node *after = node->next;
        settings_tree_destroy(&node->first);
        free(node->key);
        free(node->text);
        free(node);
        node = after;
    }
}

const struct settings_node *settings_tree_find(const struct settings_node *node, const char *key)
{
    const struct settings_node *child = node == NULL ? NULL : node->first;
    while (child != NULL && (child->key == NULL || strcmp(child->key, key) != 0)) {
        child = child->next;
    }
    return child;
}

size_t settings_tree_count(const struct settings_node *node)
{
    size_t count = 0;
    for (const struct settings_node *child = node == NULL ? NULL : node->first; child != NULL;
         child = child->next) {
        count++;
    }
    return count;
}

bool settings_tree_value(char *value, size_t size, const struct settings_node *node)
{
    int length = 0;
    if (node->kind == SETTINGS_NODE_TEXT) {
        length = snprintf(value, size, "%s", node->text);
        return length >= 0 && (size_t)length < size;
    }
    if (node->kind != SETTINGS_NODE_LIST) return false;
    size_t used = 0;
    for (const struct settings_node *entry = node->first; entry != NULL; entry = entry->next) {
        if (entry->kind != SETTINGS_NODE_TEXT) return false;
        const char *quote = entry->quoted ? "\"" : "";
        length = snprintf(value + used, size - used, "%s%s%s%s", used == 0 ? "[" : ", ", quote,
                          entry->text, quote);
        if (length < 0 || (size_t)length >= size - used) return false;
        used += (size_t)length;
    }
    length = snprintf(value + used, size - used, "%s", used == 0 ? "[]" : "]");
    return length >= 0 && (size_t)length < size - used;
}

bool settings_tree_number(double *number, const struct settings_node *node)
{
    if (node == NULL || node->kind != SETTINGS_NODE_TEXT || node->text[0] == '\0') return false;
    char *end = NULL;
    *number = strtod(node->text, &end);
    return *end == '\0' && isfinite(*number);
}

enum status settings_tree_fail(const char *origin, const struct settings_node *node,
                               const char *format, ...)
{
    char text[512], quote[SETTINGS_VALUE_QUOTE_MAX] = "";
    va_list arguments;
    va_start(arguments, format);
    if (vsnprintf(text, sizeof text, format, arguments) < 0) text[0] = '\0';
    va_end(arguments);
    if (node->key != NULL) settings_value_quote(quote, node->key, strlen(node->key));
    const struct settings_place place = {.origin = origin, .line = node->line, .key = quote};
    return settings_value_fail(&place, "%s", text);
}

enum status settings_tree_allow(const char *origin, const struct settings_node *node,
                                const char *const *keys)
{
    char allowed[256] = "";
    size_t used = 0;
    for (size_t i = 0; keys[i] != NULL && used < sizeof allowed; i++) {
        const int length =
            snprintf(allowed + used, sizeof allowed - used, "%s%s", i == 0 ? "" : ", ", keys[i]);
        used += length < 0 ? 0 : (size_t)length;
    }
    if (node == NULL) return STATUS_OK;
    if (node->kind != SETTINGS_NODE_SECTION && !(node->text != NULL && node->text[0] == '\0')) {
        return settings_tree_fail(origin, node, "allowed: a section with %s", allowed);
    }
    for (const struct settings_node *child = node->first; child != NULL; child = child->next) {
        size_t i = 0;
        while (keys[i] != NULL && strcmp(keys[i], child->key) != 0) {
            i++;
        }
        if (keys[i] == NULL) {
            return settings_tree_fail(origin, child, "unknown key, allowed: %s", allowed);
        }
    }
    return STATUS_OK;
}
