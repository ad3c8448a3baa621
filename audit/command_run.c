// SPDX-License-Identifier: Apache-2.0
/* fedveil audit run - every attack on every defence of a plan, and what came of it. */
#include "commands.h"

#include "base/command_request.h"
#include "base/files.h"
#include "base/log.h"
#include "base/stop.h"
#include "base/text_table.h"
#include "campaign.h"
#include "models.h"
#include "plan.h"
#include "report/audit_page.h"
#include "report/audit_table.h"

#include <argp.h>
#include <omp.h>
#include <stdlib.h>
#include <string.h>

static char command_name[] = "fedveil audit run";

struct request {
    struct command_request from;
    const char *out, *profile;
    bool json;
};

static const struct argp_option options[] = {
    {"profile", 'p', "NAME", 0, "profile of the file (its first one)", 0},
    {"out", 'o', "DIR", 0,
     "folder of the audit; what it holds is not repeated (runs/audit-CONFIG-PROFILE)", 0},
    {"json", 'j', NULL, 0, "print audit.json as the last line", 0},
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
    case 'o':
        request->out = text;
        break;
    case 'j':
        request->json = true;
        break;
    default:
        return ARGP_ERR_UNKNOWN;
    }
    return 0;
}

static enum status write_json(const struct audit_sheet *sheet)
{
    char path[LIMIT_PATH];
    char *text = NULL;
    size_t size = 0;
    enum status status = files_join(path, sheet->folder, "audit.json");
    FILE *out = open_memstream(&text, &size);
    if (out == NULL) return status_fail(STATUS_NO_MEMORY, "out of memory: audit.json");
    audit_sheet_json(out, sheet);
    if (fclose(out) != 0) status = status_fail(STATUS_NO_MEMORY, "out of memory: audit.json");
    if (status == STATUS_OK) status = files_write(path, text, size);
    free(text);
    return status;
}

static void print_remarks(const struct audit_sheet *sheet)
{
    if (sheet->quick) {
        puts(
            "quick: the attacks stopped long before they could do more; what they did not recover, "
            "a longer attack may");
    }
    if (sheet->lpips == NULL) puts("LPIPS not measured");
    for (size_t i = 0; i < sheet->notes; i++) {
        puts(sheet->note[i]);
    }
    printf("page  %s/audit.html\n", sheet->folder);
}

/* NAME.csv and NAME.md. */
static enum status write_table(const struct text_table *table, const struct audit_sheet *sheet,
                               const char *name)
{
    char file[LIMIT_NAME];
    snprintf(file, sizeof file, "%s.csv", name);
    const enum status status = text_table_write(table, sheet->folder, file, text_table_print_csv);
    if (status != STATUS_OK) return status;
    snprintf(file, sizeof file, "%s.md", name);
    return text_table_write(table, sheet->folder, file, text_table_print_markdown);
}

static enum status sum_up(const struct request *request, const struct audit_sheet *sheet)
{
    struct text_table table = {0}, attacks = {0};
    enum status status = audit_table_make(&table, sheet);
    if (status == STATUS_OK) status = audit_table_attacks(&attacks, sheet);
    if (status == STATUS_OK) status = write_table(&table, sheet, "table");
    if (status == STATUS_OK) status = write_table(&attacks, sheet, "attacks");
    if (status == STATUS_OK) status = write_json(sheet);
    if (status == STATUS_OK) status = audit_page_write(sheet);
    if (status == STATUS_OK) {
        text_table_print(stdout, &table);
        if (attacks.columns > 1) {
            putchar('\n');
            text_table_print(stdout, &attacks);
        }
        print_remarks(sheet);
        if (request->json) audit_sheet_json(stdout, sheet);
        fflush(stdout);
    }
    text_table_destroy(&table);
    text_table_destroy(&attacks);
    return status;
}

/* What was done is shown, whatever ended the rest. */
static int run(const struct request *request, struct campaign *campaign)
{
    char reason[STATUS_MESSAGE_MAX] = "";
    enum status status = campaign_run(campaign);
    if (status != STATUS_OK) snprintf(reason, sizeof reason, "%s", status_message());
    const struct audit_sheet *sheet = campaign_sheet(campaign);
    const enum status summed = sum_up(request, sheet);
    if (status == STATUS_OK && summed != STATUS_OK) {
        status = summed;
        snprintf(reason, sizeof reason, "%s", status_message());
    }
    const size_t failed = audit_sheet_count(sheet, AUDIT_FAILED);
    const size_t diverged = audit_sheet_count(sheet, AUDIT_DIVERGED);
    if (status == STATUS_STOPPED) {
        log_error("%s; the same command goes on with the attacks that are not finished", reason);
    } else if (status != STATUS_OK) {
        log_error("%s", reason);
    } else if (failed + diverged > 0) {
        log_error("%zu attack%s failed and %zu diverged: the page says why", failed,
                  failed == 1 ? "" : "s", diverged);
    }
    return status == STATUS_OK && failed + diverged == 0 ? EXIT_DONE : EXIT_FAILED;
}

static enum status name_folder(char folder[LIMIT_PATH], const struct plan *plan,
                               const struct request *request)
{
    if (request->out != NULL) return files_join(folder, "", request->out);
    snprintf(folder, LIMIT_PATH, "runs/audit-%s%s%s", plan->title,
             plan->profile[0] == '\0' ? "" : "-", plan->profile);
    return STATUS_OK;
}

int command_run(int argc, char **argv)
{
    static const struct argp argp = {
        .options = options,
        .parser = parse,
        .children = children,
        .args_doc = "CONFIG",
        .doc = "Attacks each defence that CONFIG names with each attack, and writes one table, one "
               "page and one JSON object. What was finished before is not repeated."};
    struct request request = {0};
    struct plan *plan = NULL;
    struct campaign *campaign = NULL;
    char folder[LIMIT_PATH];
    argv[0] = command_name;
    argp_err_exit_status = EXIT_USAGE;
    argp_parse(&argp, argc, argv, 0, NULL, &request);
    enum status status = plan_load(&plan, &request.from, request.profile);
    if (status == STATUS_OK) status = name_folder(folder, plan, &request);
    if (status == STATUS_OK) {
        log_start("audit", LOG_INFO);
        stop_install();
        if (plan->threads > 0) omp_set_num_threads(plan->threads);
        status = files_make_folder(folder);
        if (status != STATUS_OK) status = status_fail(status, "--out: %s", status_message());
    }
    if (status == STATUS_OK) status = campaign_check(plan);
    if (status == STATUS_OK) status = models_train(plan, folder);
    if (status == STATUS_OK) status = campaign_open(&campaign, plan, folder);
    int code = EXIT_USAGE;
    if (status == STATUS_OK) {
        code = run(&request, campaign);
    } else {
        fprintf(stderr, "%s\n", status_message());
        if (status != STATUS_BAD_CONFIG && status != STATUS_BAD_INPUT &&
            status != STATUS_NOT_FOUND) {
            code = EXIT_FAILED;
        }
    }
    campaign_close(&campaign);
    plan_destroy(&plan);
    return code;
}
