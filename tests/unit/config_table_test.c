// SPDX-License-Identifier: Apache-2.0
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "base/config.h"
#include "base/config_table.h"
#include "base/settings_table.h"

#include <string.h>

static void keys_and_sections_differ(void **state)
{
    (void)state;
    for (size_t i = 0; i < config_table.count; i++) {
        const char *key = config_table.rows[i].key;
        struct settings_found found;
        assert_true(settings_table_find(&found, &config_table, key));
        assert_int_equal(found.row, i);
        assert_int_equal(found.parts, 0);
        assert_true(strlen(key) < SETTINGS_KEY_MAX - SETTINGS_VALUE_QUOTE_MAX);
        assert_true(strchr(key, '_') != key && key[strlen(key) - 1] != '_');
    }
}

/* Length of the section of a key with its last dot. */
static size_t section_size(const char *key)
{
    const char *dot = strrchr(key, '.');
    return dot == NULL ? 0 : (size_t)(dot - key) + 1;
}

static void rows_of_a_section_stand_together(void **state)
{
    (void)state;
    for (size_t i = 0; i < config_table.count; i++) {
        const char *key = config_table.rows[i].key;
        const size_t size = section_size(key);
        bool left = false;
        for (size_t j = i + 1; j < config_table.count; j++) {
            const bool inside = strncmp(config_table.rows[j].key, key, size) == 0;
            assert_false(inside && left);
            left = left || !inside;
        }
    }
}

static size_t field_size(const struct settings_row *row)
{
    switch (row->kind) {
    case SETTINGS_BOOL:
        return sizeof(bool);
    case SETTINGS_INT:
    case SETTINGS_WORD:
        return sizeof(int);
    case SETTINGS_UINT64:
        return sizeof(uint64_t);
    case SETTINGS_DOUBLE:
        return sizeof(double);
    case SETTINGS_TEXT:
    case SETTINGS_PATH:
        return row->capacity;
    case SETTINGS_NUMBERS:
        return sizeof(struct config_numbers);
    case SETTINGS_TEXTS:
        return sizeof(struct config_texts);
    }
    return 0;
}

/* Marks the bytes of struct config that are not padding; false where the compiler cannot tell. */
static bool mark_fields(unsigned char *marks)
{
#if defined(__GNUC__) && !defined(__clang__)
    static struct config config;
    memset(&config, 0xff, sizeof config);
    __builtin_clear_padding(&config);
    memcpy(marks, &config, sizeof config);
    return true;
#else
    (void)marks;
    return false;
#endif
}

static void every_field_has_its_row_and_no_two_share_one(void **state)
{
    (void)state;
    static unsigned char covered[sizeof(struct config)];
    memset(covered, 0, sizeof covered);
    for (size_t i = 0; i < config_table.count; i++) {
        const struct settings_row *row = &config_table.rows[i];
        const size_t size = field_size(row);
        assert_true(row->offset + size <= sizeof(struct config));
        for (size_t j = 0; j < size; j++) {
            assert_int_equal(covered[row->offset + j], 0);
            covered[row->offset + j] = 1;
        }
    }
    static unsigned char fields[sizeof(struct config)];
    if (!mark_fields(fields)) {
        print_message("only gcc tells fields from padding\n");
        skip();
    }
    for (size_t i = 0; i < sizeof covered; i++) {
        assert_int_equal(covered[i] != 0, fields[i] != 0);
    }
}

static void rows_are_complete(void **state)
{
    (void)state;
    for (size_t i = 0; i < config_table.count; i++) {
        const struct settings_row *row = &config_table.rows[i];
        assert_true(strlen(row->help) > 0);
        assert_int_equal(row->help[strlen(row->help) - 1], '.');
        assert_non_null(row->initial);
        assert_int_equal(row->words != NULL, row->kind == SETTINGS_WORD);
        const bool range = row->kind == SETTINGS_INT || row->kind == SETTINGS_DOUBLE ||
                           row->kind == SETTINGS_NUMBERS;
        assert_int_equal(row->max > row->min, range || row->kind == SETTINGS_BOOL);
        const bool list = row->kind == SETTINGS_NUMBERS || row->kind == SETTINGS_TEXTS;
        assert_true(!list || (row->capacity > 0 && row->capacity <= LIMIT_LIST));
    }
}

static void words_stand_at_their_enumerators(void **state)
{
    (void)state;
    static const struct {
        const char *key;
        int value;
        const char *word;
    } cases[] = {
        {"federation.privacy", PRIVACY_AUTOMATIC, "automatic"},
        {"federation.privacy", PRIVACY_TRUSTED_COORDINATOR, "trusted-coordinator"},
        {"federation.privacy", PRIVACY_SECURE_SUM, "secure-sum"},
        {"federation.input.kind", INPUT_PIXELS, "pixels"},
        {"federation.input.color", COLOR_RGB, "rgb"},
        {"federation.input.layout", LAYOUT_UP8, "up8"},
        {"federation.mask.method", MASK_PPFR_FD, "ppfr-fd"},
        {"federation.mask.shuffle", SHUFFLE_PER_IMAGE, "per-image"},
        {"federation.mix.method", MIX_ADAPTIVE, "adaptive"},
        {"federation.network.kind", NETWORK_IR_SE_50, "ir_se_50"},
        {"federation.optimiser.schedule", SCHEDULE_COSINE, "cosine"},
        {"data.kind", DATA_FOLDER, "folder"},
        {"data.kind", DATA_FOLDER + 1, "?"},
        {"data.kind", -1, "?"},
        {"data.people", 0, "?"},
        {"data", 0, "?"},
        {"nothing", 0, "?"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_string_equal(config_word(cases[i].key, cases[i].value), cases[i].word);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_and_sections_differ),
        cmocka_unit_test(rows_of_a_section_stand_together),
        cmocka_unit_test(every_field_has_its_row_and_no_two_share_one),
        cmocka_unit_test(rows_are_complete),
        cmocka_unit_test(words_stand_at_their_enumerators),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
