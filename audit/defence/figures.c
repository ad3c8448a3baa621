// SPDX-License-Identifier: Apache-2.0
#include "defence/figures.h"

#include "base/files.h"
#include "base/json.h"
#include "base/settings_tree.h"

#include <assert.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FIGURES_FILE_MAX ((size_t)1 << 20) // bytes

/* The place of a key, or `count`. */
static size_t find(const struct figures *figures, const char *key)
{
    size_t i = 0;
    while (i < figures->count && strcmp(figures->list[i].key, key) != 0) {
        i++;
    }
    return i;
}

void figures_set(struct figures *figures, const char *key, double value)
{
    const size_t place = find(figures, key);
    assert(place < FIGURES_MAX && strlen(key) < LIMIT_NAME);
    if (place == figures->count) {
        figures->count++;
        snprintf(figures->list[place].key, LIMIT_NAME, "%s", key);
    }
    figures->list[place].value = value;
}

double figures_get(const struct figures *figures, const char *key)
{
    const size_t place = find(figures, key);
    return place == figures->count ? (double)NAN : figures->list[place].value;
}

bool figures_diverged(const struct figures *figures)
{
    for (size_t i = 0; i < figures->count; i++) {
        const char *dot = strrchr(figures->list[i].key, '.');
        if (dot != NULL && strcmp(dot, ".diverged") == 0 && figures->list[i].value > 0) return true;
    }
    return false;
}

static void add_note(struct figures *figures, const char *text)
{
    for (size_t i = 0; i < figures->note_count; i++) {
        if (strcmp(figures->note[i], text) == 0) return;
    }
    if (figures->note_count == FIGURES_NOTES_MAX) return;
    snprintf(figures->note[figures->note_count++], FIGURES_TEXT, "%s", text);
}

void figures_note(struct figures *figures, const char *format, ...)
{
    char text[FIGURES_TEXT];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    add_note(figures, text);
}

void figures_join(struct figures *figures, const struct figures *other)
{
    for (size_t i = 0; i < other->count; i++) {
        figures_set(figures, other->list[i].key, other->list[i].value);
    }
    for (size_t i = 0; i < other->note_count; i++) {
        add_note(figures, other->note[i]);
    }
}

static void put(FILE *out, const struct figures *figures)
{
    fputs("{\"inputs\": ", out);
    json_text(out, figures->inputs);
    fputs(", \"failure\": ", out);
    json_text(out, figures->failure);
    fputs(", \"seconds\": ", out);
    json_number(out, figures->seconds);
    fputs(",\n \"figures\": {", out);
    for (size_t i = 0; i < figures->count; i++) {
        fputs(i == 0 ? "\n  " : ",\n  ", out);
        json_text(out, figures->list[i].key);
        fputs(": ", out);
        json_number(out, figures->list[i].value);
    }
    fputs("},\n \"notes\": [", out);
    for (size_t i = 0; i < figures->note_count; i++) {
        fputs(i == 0 ? "\n  " : ",\n  ", out);
        json_text(out, figures->note[i]);
    }
    fputs("]}\n", out);
}

enum status figures_write(const struct figures *figures, const char *path)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    if (out == NULL) return status_fail(STATUS_NO_MEMORY, "%s: out of memory", path);
    put(out, figures);
    const enum status status = fclose(out) == 0
                                   ? files_write(path, text, size)
                                   : status_fail(STATUS_NO_MEMORY, "%s: out of memory", path);
    free(text);
    return status;
}

static enum status fail_form(const char *path, const char *what)
{
    return status_fail(STATUS_BAD_INPUT, "%s: %s is not as an audit writes it; delete the file",
                       path, what);
}

static bool copy_text(char *out, size_t size, const struct settings_node *node)
{
    if (node == NULL || node->kind != SETTINGS_NODE_TEXT || strlen(node->text) >= size) {
        return false;
    }
    memcpy(out, node->text, strlen(node->text) + 1);
    return true;
}

static bool read_value(double *value, const struct settings_node *node)
{
    *value = (double)NAN;
    if (node->kind != SETTINGS_NODE_TEXT) return false;
    return strcmp(node->text, "null") == 0 || settings_tree_number(value, node);
}

static bool take(struct figures *figures, const struct settings_node *root)
{
    const struct settings_node *list = settings_tree_find(root, "figures");
    const struct settings_node *notes = settings_tree_find(root, "notes");
    const struct settings_node *seconds = settings_tree_find(root, "seconds");
    if (!copy_text(figures->inputs, sizeof figures->inputs, settings_tree_find(root, "inputs")) ||
        !copy_text(figures->failure, FIGURES_TEXT, settings_tree_find(root, "failure")) ||
        seconds == NULL || !read_value(&figures->seconds, seconds) || list == NULL ||
        settings_tree_count(list) > FIGURES_MAX || settings_tree_count(notes) > FIGURES_NOTES_MAX) {
        return false;
    }
    for (const struct settings_node *node = list->first; node != NULL; node = node->next) {
        double value = 0;
        if (node->key == NULL || strlen(node->key) >= LIMIT_NAME || !read_value(&value, node)) {
            return false;
        }
        figures_set(figures, node->key, value);
    }
    const struct settings_node *node = notes == NULL ? NULL : notes->first;
    for (; node != NULL; node = node->next) {
        if (!copy_text(figures->note[figures->note_count++], FIGURES_TEXT, node)) return false;
    }
    return true;
}

enum status figures_read(struct figures *figures, const char *path)
{
    struct settings_node *root = NULL;
    uint8_t *text = NULL;
    size_t size = 0;
    *figures = (struct figures){0};
    enum status status = files_read(&text, &size, path, FIGURES_FILE_MAX);
    if (status != STATUS_OK) return status;
    status = settings_tree_read(&root, path, text, size);
    if (status == STATUS_BAD_CONFIG) status = fail_form(path, "its text");
    if (status == STATUS_OK && !take(figures, root)) {
        *figures = (struct figures){0};
        status = fail_form(path, "its object");
    }
    settings_tree_destroy(&root);
    free(text);
    return status;
}
