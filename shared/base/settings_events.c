// SPDX-License-Identifier: Apache-2.0
#include "base/settings_events.h"

#include <stdlib.h>
#include <yaml.h>

struct settings_events {
    const uint8_t *text;
    size_t size;
    yaml_parser_t parser;
    yaml_event_t event;
};

enum status settings_events_create(struct settings_events **events, const char *origin,
                                   const uint8_t *text, size_t size)
{
    struct settings_events *made = calloc(1, sizeof *made);
    *events = NULL;
    if (made == NULL || yaml_parser_initialize(&made->parser) == 0) {
        free(made);
        return status_fail(STATUS_NO_MEMORY, "%s: out of memory", origin);
    }
    made->text = text;
    made->size = size;
    yaml_parser_set_input_string(&made->parser, text, size);
    *events = made;
    return STATUS_OK;
}

void settings_events_destroy(struct settings_events **events)
{
    if (*events == NULL) return;
    yaml_event_delete(&(*events)->event);
    yaml_parser_delete(&(*events)->parser);
    free(*events);
    *events = NULL;
}

/* libyaml gives no line for bytes that are no characters, only their place. */
static int line_of_offset(const struct settings_events *events, size_t offset)
{
    int line = 1;
    for (size_t i = 0; i < offset && i < events->size; i++) {
        line += events->text[i] == '\n';
    }
    return line;
}

static enum status fail_malformed(const struct settings_events *events, const char *origin)
{
    const yaml_parser_t *parser = &events->parser;
    if (parser->error == YAML_MEMORY_ERROR) {
        return status_fail(STATUS_NO_MEMORY, "%s: out of memory", origin);
    }
    struct settings_place place = {.origin = origin, .key = ""};
    place.line = parser->error == YAML_READER_ERROR ? line_of_offset(events, parser->problem_offset)
                                                    : (int)parser->problem_mark.line + 1;
    return settings_value_fail(&place, "malformed YAML: %s",
                               parser->problem == NULL ? "no reason given" : parser->problem);
}

/* Refuses what could make a text say something elsewhere. */
static enum status check_plain(const yaml_event_t *event, const struct settings_place *place)
{
    const yaml_char_t *anchor = NULL;
    const yaml_char_t *tag = NULL;
    if (event->type == YAML_SCALAR_EVENT) {
        anchor = event->data.scalar.anchor;
        tag = event->data.scalar.tag;
    } else if (event->type == YAML_SEQUENCE_START_EVENT) {
        anchor = event->data.sequence_start.anchor;
        tag = event->data.sequence_start.tag;
    } else if (event->type == YAML_MAPPING_START_EVENT) {
        anchor = event->data.mapping_start.anchor;
        tag = event->data.mapping_start.tag;
    } else if (event->type == YAML_ALIAS_EVENT) {
        return settings_value_fail(place, "aliases (*name) are not allowed; write the value "
                                          "itself, or quote a text that begins so");
    }
    if (anchor != NULL) {
        return settings_value_fail(place, "anchors (&name) are not allowed; quote a text that "
                                          "begins so");
    }
    if (tag != NULL) {
        return settings_value_fail(place, "tags (!name) are not allowed; quote a text that "
                                          "begins so");
    }
    return STATUS_OK;
}

static enum settings_event kind_of(const yaml_event_t *event)
{
    switch (event->type) {
    case YAML_SCALAR_EVENT:
        return SETTINGS_SCALAR;
    case YAML_SEQUENCE_START_EVENT:
        return SETTINGS_LIST;
    case YAML_SEQUENCE_END_EVENT:
        return SETTINGS_LIST_END;
    case YAML_MAPPING_START_EVENT:
        return SETTINGS_SECTION;
    case YAML_MAPPING_END_EVENT:
        return SETTINGS_SECTION_END;
    case YAML_DOCUMENT_START_EVENT:
        return SETTINGS_DOCUMENT;
    case YAML_STREAM_END_EVENT:
        return SETTINGS_STREAM_END;
    case YAML_NO_EVENT:
    case YAML_STREAM_START_EVENT:
    case YAML_DOCUMENT_END_EVENT:
    case YAML_ALIAS_EVENT:
    default:
        return SETTINGS_MARK;
    }
}

enum status settings_events_next(struct settings_events *events, struct settings_place *place,
                                 enum settings_event *event, struct settings_token *token)
{
    yaml_event_delete(&events->event);
    if (yaml_parser_parse(&events->parser, &events->event) == 0) {
        return fail_malformed(events, place->origin);
    }
    place->line = (int)events->event.start_mark.line + 1;
    *event = kind_of(&events->event);
    *token = (struct settings_token){0};
    if (*event == SETTINGS_SCALAR) {
        *token = (struct settings_token){
            .bytes = (const char *)events->event.data.scalar.value,
            .size = events->event.data.scalar.length,
            .quoted = events->event.data.scalar.style != YAML_PLAIN_SCALAR_STYLE,
        };
    }
    return check_plain(&events->event, place);
}
