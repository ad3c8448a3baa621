// SPDX-License-Identifier: Apache-2.0
/* settings_fixture - a small table with a row of each kind, for the tests of settings*.c. Include
 * cmocka first. */
#ifndef UNIT_SETTINGS_FIXTURE_H
#define UNIT_SETTINGS_FIXTURE_H

#include "base/config.h"
#include "base/settings.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum color { RED, GREEN };

struct target {
    int count;
    bool on;
    struct {
        double rate;
        enum color color;
        struct config_numbers sizes;
        struct {
            char path[16];
            uint64_t seed;
        } deep;
    } part;
    struct config_texts names;
};

static const char *const colors[] = {"red", "green", NULL};

#define FIELD(field) offsetof(struct target, field)
static const struct settings_row rows[] = {
    {"count", SETTINGS_INT, FIELD(count), 0, "3", 1, 10, NULL, "Things."},
    {"on", SETTINGS_BOOL, FIELD(on), 0, "false", 0, 0, NULL, "Whether."},
    {"part.rate", SETTINGS_DOUBLE, FIELD(part.rate), 0, "0.5", 0, 1, NULL, "Rate."},
    {"part.color", SETTINGS_WORD, FIELD(part.color), 0, "red", 0, 0, colors, "Color."},
    {"part.sizes", SETTINGS_NUMBERS, FIELD(part.sizes), 3, "[7]", 0, 9, NULL, "Sizes."},
    {"part.deep.path", SETTINGS_PATH, FIELD(part.deep.path), 16, "", 0, 0, NULL, "Path."},
    {"part.deep.seed", SETTINGS_UINT64, FIELD(part.deep.seed), 0, "1", 0, 0, NULL, "Seed."},
    {"names", SETTINGS_TEXTS, FIELD(names), 2, "[a.*]", 0, 0, NULL, "Names."},
};
static const struct settings_table table = {rows, sizeof rows / sizeof rows[0]};

static inline enum status read_text(struct target *target, const char *text)
{
    memset(target, 0, sizeof *target);
    settings_defaults(&table, target);
    return settings_read(&table, target, "a.yaml", (const uint8_t *)text, strlen(text), NULL);
}

struct refusal {
    const char *text;
    const char *message;
};

static inline void assert_refused(const struct refusal *refusals, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct target target;
        const enum status status = read_text(&target, refusals[i].text);
        if (status != STATUS_BAD_CONFIG) print_message("accepted: %s\n", refusals[i].text);
        assert_int_equal(status, STATUS_BAD_CONFIG);
        assert_string_equal(status_message(), refusals[i].message);
    }
}

#define ASSERT_REFUSED(refusals) assert_refused(refusals, sizeof(refusals) / sizeof((refusals)[0]))

#endif
