// SPDX-License-Identifier: Apache-2.0
#include "fakes/tags.h"

#include <stdio.h>
#include <string.h>

enum { DEPTH_MAX = 32, NAME_MAX_BYTES = 16 };

struct stack {
    char names[DEPTH_MAX][NAME_MAX_BYTES];
    size_t depth;
};

static bool is_void(const char *name)
{
    return strcmp(name, "meta") == 0 || strcmp(name, "img") == 0 || strcmp(name, "br") == 0;
}

/* Where a tag ends: a ">" outside of quotes; NULL when it does not. */
static const char *tag_end(const char *tag)
{
    char quote = 0;
    for (; *tag != '\0'; tag++) {
        if (quote != 0) {
            if (*tag == quote) quote = 0;
            if (*tag == '<') return NULL;
        } else if (*tag == '"' || *tag == '\'') {
            quote = *tag;
        } else if (*tag == '>') {
            return tag;
        }
    }
    return NULL;
}

static bool step(struct stack *stack, const char *name, bool closing, bool empty)
{
    if (closing) {
        if (stack->depth == 0 || strcmp(stack->names[stack->depth - 1], name) != 0) return false;
        stack->depth--;
        return true;
    }
    if (empty || is_void(name)) return true;
    if (stack->depth == DEPTH_MAX) return false;
    snprintf(stack->names[stack->depth++], NAME_MAX_BYTES, "%s", name);
    return true;
}

bool tags_check(char *fault, size_t fault_size, const char *text)
{
    struct stack stack = {.depth = 0};
    fault[0] = '\0';
    for (const char *tag = strchr(text, '<'); tag != NULL; tag = strchr(tag, '<')) {
        const char *end = tag_end(tag);
        if (tag[1] == '!') {
            tag++;
            continue;
        }
        char name[NAME_MAX_BYTES] = "";
        const bool closing = tag[1] == '/';
        const char *first = tag + 1 + closing;
        const size_t length = strcspn(first, " />\n");
        if (end == NULL || length == 0 || length >= sizeof name) {
            snprintf(fault, fault_size, "no tag: %.60s", tag);
            return false;
        }
        memcpy(name, first, length);
        if (!step(&stack, name, closing, end[-1] == '/')) {
            snprintf(fault, fault_size, "closes what is not open: %.60s", tag);
            return false;
        }
        tag = end;
    }
    if (stack.depth > 0) {
        snprintf(fault, fault_size, "never closed: %s", stack.names[stack.depth - 1]);
        return false;
    }
    return true;
}

size_t tags_count(const char *text, const char *part)
{
    size_t count = 0;
    for (; (text = strstr(text, part)) != NULL; text += strlen(part)) {
        count++;
    }
    return count;
}
