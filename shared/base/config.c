// SPDX-License-Identifier: Apache-2.0
#include "base/config.h"

#include "base/config_check.h"
#include "base/config_table.h"
#include "base/files.h"
#include "base/settings_table.h"
#include "base/settings_value.h"
#include "base/sizes.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

void config_defaults(struct config *config)
{
    memset(config, 0, sizeof *config);
    settings_defaults(&config_table, config);
}

static enum status read_file(struct config *config, const char *path, int lines[SETTINGS_ROWS_MAX])
{
    uint8_t *text = NULL;
    size_t size = 0;
    enum status status = files_read(&text, &size, path, LIMIT_FILE_CONFIG);
    if (status != STATUS_OK) return status;
    status = settings_read(&config_table, config, path, text, size, lines);
    free(text);
    return status;
}

enum status config_load_over(struct config *config, const char *path)
{
    int lines[SETTINGS_ROWS_MAX];
    return read_file(config, path, lines);
}

enum status config_load(struct config *config, const char *path)
{
    int lines[SETTINGS_ROWS_MAX];
    config_defaults(config);
    enum status status = read_file(config, path, lines);
    struct config_fault fault;
    if (status == STATUS_OK && config_check_relations(config, &fault) != STATUS_OK) {
        struct settings_found found;
        const bool known = settings_table_find(&found, &config_table, fault.key);
        assert(known && found.parts == 0);
        const struct settings_place place = {
            .origin = path, .line = known ? lines[found.row] : 0, .key = fault.key};
        status = settings_value_fail(&place, "%s", fault.text);
    }
    return status;
}

enum status config_set(struct config *config, const char *assignment)
{
    return settings_set(&config_table, config, assignment);
}

enum status config_set_at(struct config *config, const char *origin, int line,
                          const char *assignment)
{
    return settings_set_at(&config_table, config, origin, line, assignment);
}

size_t config_cohort(const struct config_federation *federation)
{
    const int all = federation->participants;
    const int cohort = federation->cohort;
    return (size_t)(cohort > 0 && cohort < all ? cohort : all);
}

size_t config_reporters(const struct config_federation *federation)
{
    const size_t reporters = (size_t)federation->reporters_min;
    if (config_privacy(federation) != PRIVACY_SECURE_SUM) return reporters;
    const size_t quorum = config_quorum(config_cohort(federation), config_corrupt(federation));
    const size_t least = sizes_most((size_t)federation->secure.cohort_min, quorum);
    return sizes_most(reporters, least);
}

size_t config_quorum(size_t cohort, size_t corrupt)
{
    return (cohort + corrupt) / 2 + 1;
}

enum config_privacy config_privacy(const struct config_federation *federation)
{
    if (federation->privacy != PRIVACY_AUTOMATIC) return federation->privacy;
    return config_cohort(federation) >= CONFIG_SECURE_MIN ? PRIVACY_SECURE_SUM
                                                          : PRIVACY_TRUSTED_COORDINATOR;
}

size_t config_corrupt(const struct config_federation *federation)
{
    return sizes_share(federation->secure.corrupt, config_cohort(federation));
}

size_t config_honest(const struct config_federation *federation)
{
    const size_t corrupt = config_corrupt(federation);
    const size_t least = (size_t)federation->secure.cohort_min;
    return least > corrupt ? least - corrupt : 0;
}

enum status config_require(const char *key, const char *value, const char *what)
{
    if (value[0] != '\0') return STATUS_OK;
    return status_fail(STATUS_BAD_CONFIG, "%s: is not set; it must be %s", key, what);
}

enum status config_check_path(const char *key, const char *path)
{
    if (path[0] == '\0' || files_exists(path)) return STATUS_OK;
    return status_fail(STATUS_BAD_CONFIG, "%s: %s: there is no such file or folder", key, path);
}

enum status config_write(const struct config *config, char **text)
{
    return settings_write(&config_table, config, text);
}

enum status config_canonical(const struct config *config, char **text)
{
    return settings_write_canonical(&config_table, config, "federation", text);
}

enum status config_reference(char **text)
{
    static const char title[] =
        "Every key of Fedveil with its default, what it means and what it allows. This file is "
        "written "
        "by the program from its table of keys. A config names only the keys that it changes; what "
        "stands "
        "under federation must be the same for the coordinator and all participants.";
    struct config config;
    config_defaults(&config);
    return settings_write_reference(&config_table, &config, title, text);
}

const char *config_word(const char *key, int value)
{
    struct settings_found found;
    if (!settings_table_find(&found, &config_table, key) || found.parts > 0) return "?";
    const struct settings_row *row = &config_table.rows[found.row];
    if (row->kind != SETTINGS_WORD || value < 0) return "?";
    for (int i = 0; row->words[i] != NULL; i++) {
        if (i == value) return row->words[i];
    }
    return "?";
}
