// SPDX-License-Identifier: Apache-2.0
/* settings_events - YAML text as a row of events, without what could make it say something
 * elsewhere.
 *
 * Private to settings and settings_tree. Anchors, aliases and tags are refused with their line. */
#ifndef BASE_SETTINGS_EVENTS_H
#define BASE_SETTINGS_EVENTS_H

#include "base/settings_value.h"

enum settings_event {
    SETTINGS_MARK, // of the stream and its documents
    SETTINGS_DOCUMENT,
    SETTINGS_STREAM_END,
    SETTINGS_SCALAR,
    SETTINGS_LIST,
    SETTINGS_LIST_END,
    SETTINGS_SECTION,
    SETTINGS_SECTION_END,
};

struct settings_events;

/* Reads from `text`, which must outlive the events; `origin` names it in messages. */
enum status settings_events_create(struct settings_events **events, const char *origin,
                                   const uint8_t *text, size_t size) CHECKED;
void settings_events_destroy(struct settings_events **events);

/* Steps to the next event; place->line becomes its line, and failures name `place`. The token is
 * that of a scalar and lives until the next call. */
enum status settings_events_next(struct settings_events *events, struct settings_place *place,
                                 enum settings_event *event, struct settings_token *token) CHECKED;

#endif
