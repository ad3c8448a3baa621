// SPDX-License-Identifier: Apache-2.0
/* fedveil sim compare - methods and seeds on one split of the data, as a table. */
#include "commands.h"

#include "base/argument.h"
#include "base/command_request.h"
#include "base/files.h"
#include "base/json.h"
#include "base/log.h"
#include "base/stop.h"
#include "comparison_page.h"
#include "comparison_run.h"
#include "launcher.h"
#include "standings.h"

#include <argp.h>
#include <stdlib.h>
#include <string.h>

enum { SLOTS_MAX = 1024 };

static char command_name[] = "fedveil sim compare";

struct request {
    struct command_request from;
    const char *out, *profile;
    struct cell_tests tests;
    const char *only[COMPARISON_ROWS_MAX];
    size_t only_count;
    int slots; // 0: not given
    bool json;
};

static const struct argp_option options[] = {
    {"profile", 'p', "NAME", 0, "profile of the file (its first one)", 0},
    {"test", 't', "NAME=SPEC", 0,
     "a set of pairs to verify the models on, as `participant evaluate` takes it; may be repeated "
     "(data.test and "
     "data.pairs, or the synthetic people)",
     0},
    {"only", 'm', "METHOD", 0,
     "train this method, not those that are not named; may be repeated (all)", 0},
    {"slots", 'n', "N", 0, "cells that run at once, which share the cores (1)", 0},
    {"out", 'o', "DIR", 0, "folder of the comparison; what it holds is not repeated (needed)", 0},
    {"json", 'j', NULL, 0, "print one JSON object as the last line", 0},
    {0},
};

static const struct argp_child children[] = {{&command_request_argp, 0, NULL, 0}, {0}};

static error_t parse(int key, char *text, struct argp_state *state)
{
    struct request *request = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &request->from;
        break;
    case 'p':
        request->profile = text;
        break;
    case 't':
        if (cell_add_test(&request->tests, text) != STATUS_OK) {
            argp_error(state, "%s", status_message());
        }
        break;
    case 'm':
        if (request->only_count == COMPARISON_ROWS_MAX) argp_error(state, "--only: too many");
        request->only[request->only_count++] = text;
        break;
    case 'n':
        if (argument_integer(&request->slots, "--slots", text, 1, SLOTS_MAX) != STATUS_OK) {
            argp_error(state, "%s", status_message());
        }
        break;
    case 'o':
        request->out = text;
        break;
    case 'j':
        request->json = true;
        break;
    case ARGP_KEY_END:
        if (request->out == NULL) argp_error(state, "no --out DIR given");
        break;
    default:
        return ARGP_ERR_UNKNOWN;
    }
    return 0;
}

/* Without --test, the pairs that the config names. */
static enum status add_own_test(struct request *request, const struct config *config)
{
    char text[2 * LIMIT_PATH + 8];
    if (request->tests.count > 0 || config->data.pairs[0] == '\0') return STATUS_OK;
    snprintf(text, sizeof text, "test=%s,%s", config->data.test, config->data.pairs);
    return cell_add_test(&request->tests, text);
}

static void print_json(const struct request *request, const struct text_table *table, size_t failed)
{
    fputs("{\"out\": ", stdout);
    json_text(stdout, request->out);
    printf(", \"failed\": %zu, \"rows\": [", failed);
    for (size_t r = 1; r < table->rows; r++) {
        for (size_t c = 0; c < table->columns; c++) {
            fputs(c > 0 ? ", " : r > 1 ? ", {" : "{", stdout);
            json_text(stdout, text_table_at(table, 0, c));
            fputs(": ", stdout);
            json_text(stdout, text_table_at(table, r, c));
        }
        putchar('}');
    }
    puts("]}");
}

/* Files and lines about all cells that have ended; how many of them failed. */
static enum status sum_up(const struct request *request, const struct standings *standings,
                          size_t *failed)
{
    struct text_table table = {0}, cells = {0};
    const size_t count = standings->comparison->row_count * standings->comparison->seed_count;
    *failed = 0;
    for (size_t i = 0; i < count; i++) {
        const enum cell_state state = standings->cells[i].state;
        *failed += state == CELL_DIVERGED || state == CELL_FAILED;
    }
    enum status status = standings_make(&table, standings);
    if (status == STATUS_OK) status = standings_make_cells(&cells, standings);
    if (status == STATUS_OK) {
        status = text_table_write(&table, request->out, "table.csv", text_table_print_csv);
    }
    if (status == STATUS_OK) {
        status = text_table_write(&table, request->out, "table.md", text_table_print_markdown);
    }
    if (status == STATUS_OK) {
        status = text_table_write(&cells, request->out, "cells.csv", text_table_print_csv);
    }
    if (status == STATUS_OK) status = comparison_page_write(request->out, standings, &table);
    if (status == STATUS_OK) {
        text_table_print(stdout, &table);
        printf("page  %s/compare.html\n", request->out);
        if (request->json) print_json(request, &table, *failed);
        fflush(stdout);
    }
    text_table_destroy(&table);
    text_table_destroy(&cells);
    return status;
}

static int run(const struct request *request, const struct comparison *comparison,
               struct cell *cells)
{
    const struct standings standings = {comparison, &request->tests, cells};
    const int cores = launcher_cores(), slots = request->slots == 0 ? 1 : request->slots;
    size_t failed = 0;
    char reason[STATUS_MESSAGE_MAX] = "";
    log_start("compare", LOG_INFO);
    stop_install();
    enum status status = files_make_folder(request->out);
    if (status == STATUS_OK) {
        status = comparison_run(cells, comparison, slots, slots < cores ? cores / slots : 1);
    }
    if (status != STATUS_OK) snprintf(reason, sizeof reason, "%s", status_message());
    if (status == STATUS_OK || status == STATUS_STOPPED) {
        const enum status summed = sum_up(request, &standings, &failed);
        if (summed != STATUS_OK) snprintf(reason, sizeof reason, "%s", status_message());
        if (status == STATUS_OK) status = summed;
    }
    if (status == STATUS_STOPPED) {
        log_error("%s; the same command goes on with the cells that are not finished", reason);
    } else if (status != STATUS_OK) {
        log_error("%s", reason);
    } else if (failed > 0) {
        log_error("%zu cell%s failed: cells.csv says why", failed, failed == 1 ? "" : "s");
    }
    return status == STATUS_OK && failed == 0 ? EXIT_DONE : EXIT_FAILED;
}

/* Marks the cells of methods that are not to be trained by this call. */
static enum status leave_out(struct cell *cells, const struct comparison *comparison,
                             const struct request *request)
{
    const size_t rows = comparison->row_count, seeds = comparison->seed_count;
    for (size_t i = 0; i < request->only_count; i++) {
        size_t r = 0;
        while (r < rows && strcmp(comparison->rows[r].method, request->only[i]) != 0) {
            r++;
        }
        if (r == rows) {
            return status_fail(STATUS_BAD_CONFIG,
                               "--only: \"%.100s\", allowed: the name of a method of %s",
                               request->only[i], request->from.config);
        }
    }
    for (size_t c = 0; request->only_count > 0 && c < rows * seeds; c++) {
        bool wanted = false;
        for (size_t i = 0; i < request->only_count; i++) {
            const char *method = comparison->rows[c / seeds].method;
            wanted = wanted || strcmp(method, request->only[i]) == 0;
        }
        if (!wanted && cells[c].state == CELL_WAITING) cells[c].state = CELL_LEFT_OUT;
    }
    return STATUS_OK;
}

int command_compare(int argc, char **argv)
{
    static const struct argp argp = {
        .options = options,
        .parser = parse,
        .children = children,
        .args_doc = "CONFIG",
        .doc = "Trains each method of CONFIG with each seed on the same data, verifies the models, "
               "and writes one table and one page. What was finished before is not repeated."};
    static struct request request; // too large for a stack
    struct comparison *comparison = NULL;
    struct cell *cells = NULL;
    argv[0] = command_name;
    argp_err_exit_status = EXIT_USAGE;
    argp_parse(&argp, argc, argv, 0, NULL, &request);
    enum status status = comparison_load(&comparison, &request.from, request.profile);
    if (status == STATUS_OK) status = add_own_test(&request, &comparison->rows[0].config);
    if (status == STATUS_OK) status = cell_check_tests(&request.tests);
    if (status == STATUS_OK) {
        status = comparison_cells(&cells, comparison, &request.tests, request.out);
    }
    if (status == STATUS_OK) status = leave_out(cells, comparison, &request);
    int code = EXIT_USAGE;
    if (status == STATUS_OK) {
        code = run(&request, comparison, cells);
    } else {
        fprintf(stderr, "%s\n", status_message());
        if (status == STATUS_IO || status == STATUS_NO_MEMORY) code = EXIT_FAILED;
    }
    free(cells);
    comparison_destroy(&comparison);
    return code;
}
