// SPDX-License-Identifier: Apache-2.0
#include "report/report.h"

#include "base/files.h"
#include "report/markup.h"
#include "report/report_private.h"

#include <assert.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#define EXAMPLES_MAX ((size_t)1 << 24) // bytes of a picture that is put into the page

static enum status read_settings(struct report_facts *facts, const char *folder)
{
    char path[LIMIT_PATH];
    struct config defaults;
    config_defaults(&facts->config);
    config_defaults(&defaults);
    enum status status = files_join(path, folder, "config.yaml");
    if (status == STATUS_OK) status = config_load(&facts->config, path);
    if (status == STATUS_OK) status = config_write(&facts->config, &facts->settings);
    if (status == STATUS_OK) status = config_write(&defaults, &facts->defaults);
    return status;
}

static enum status read_journal(struct report_facts *facts, const char *folder)
{
    struct store *store = NULL;
    enum status status = store_open(&store, folder);
    if (status == STATUS_OK) status = store_rounds(store, &facts->rounds, &facts->round_count);
    if (status == STATUS_OK) {
        status = store_evaluations(store, &facts->evaluations, &facts->evaluation_count);
    }
    if (status == STATUS_OK) {
        status = store_ending(store, &facts->ended, &facts->success, facts->reason);
    }
    store_close(&store);
    return status;
}

/* Examples are an extra: a page without them is whole, one with a broken picture is not. */
static void read_examples(struct report_facts *facts, const char *folder)
{
    static const uint8_t magic[8] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};
    char path[LIMIT_PATH];
    if (files_join(path, folder, "examples.png") != STATUS_OK || !files_exists(path)) return;
    if (files_read(&facts->examples, &facts->examples_size, path, EXAMPLES_MAX) != STATUS_OK) {
        facts->examples = NULL;
        return;
    }
    if (facts->examples_size >= sizeof magic && memcmp(facts->examples, magic, sizeof magic) == 0) {
        return;
    }
    free(facts->examples);
    facts->examples = NULL;
}

static void name_run(struct report_facts *facts, const char *folder)
{
    char whole[PATH_MAX];
    const char *path = realpath(folder, whole) == NULL ? folder : whole;
    const char *slash = strrchr(path, '/');
    snprintf(facts->name, sizeof facts->name, "%.*s", (int)sizeof facts->name - 1,
             slash == NULL || slash[1] == '\0' ? path : slash + 1);
}

static void write_page(FILE *out, const struct report_facts *facts)
{
    report_begin(out, facts->name);
    report_head(out, facts);
    report_charts(out, facts);
    report_rounds(out, facts);
    report_participants(out, facts);
    report_settings(out, facts);
    fputs("<footer>Fedveil " FEDVEIL_VERSION " · the exact figures are in <code>metrics.csv</code>"
          " and <code>journal.sqlite</code> beside this page</footer>\n</main>\n</body>\n</html>\n",
          out);
}

static void write_roc(FILE *out, const struct report_facts *facts)
{
    report_roc(out, facts, true);
}

/* Makes a text in memory first, so that the file is replaced whole or not at all. */
static enum status write_file(const char *folder, const char *name,
                              const struct report_facts *facts,
                              void (*write)(FILE *, const struct report_facts *))
{
    char path[LIMIT_PATH];
    enum status status = files_join(path, folder, name);
    if (status != STATUS_OK) return status;
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    if (out == NULL) return status_fail(STATUS_NO_MEMORY, "out of memory for %s", path);
    write(out, facts);
    const bool whole = ferror(out) == 0;
    if (fclose(out) != 0 || !whole) {
        status = status_fail(STATUS_NO_MEMORY, "out of memory for %s", path);
    }
    if (status == STATUS_OK) status = files_write(path, text, size);
    free(text);
    return status;
}

enum status report_write(const char *folder)
{
    assert(folder != NULL);
    struct report_facts *facts = calloc(1, sizeof *facts);
    if (facts == NULL) return status_fail(STATUS_NO_MEMORY, "out of memory for the report");
    name_run(facts, folder);
    enum status status = read_settings(facts, folder);
    if (status == STATUS_OK) status = read_journal(facts, folder);
    if (status == STATUS_OK) {
        read_examples(facts, folder);
        status = write_file(folder, "report.html", facts, write_page);
    }
    if (status == STATUS_OK && facts->evaluation_count > 0) {
        status = write_file(folder, "roc.svg", facts, write_roc);
    }
    store_free_rounds(facts->rounds, facts->round_count);
    free(facts->evaluations);
    free(facts->settings);
    free(facts->defaults);
    free(facts->examples);
    free(facts);
    return status;
}
