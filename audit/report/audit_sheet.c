// SPDX-License-Identifier: Apache-2.0
#include "report/audit_sheet.h"

#include "base/json.h"

#include <math.h>
#include <stdarg.h>
#include <string.h>

void audit_sheet_note(struct audit_sheet *sheet, const char *format, ...)
{
    va_list arguments;
    if (sheet->notes == AUDIT_SHEET_NOTES_MAX) return;
    va_start(arguments, format);
    vsnprintf(sheet->note[sheet->notes++], FIGURES_TEXT, format, arguments);
    va_end(arguments);
}

double audit_sheet_figure(const struct audit_sheet *sheet, size_t row, const char *key)
{
    double value = (double)NAN;
    for (size_t a = 0; a < sheet->attacks && !isfinite(value); a++) {
        value = figures_get(&sheet->rows[row].figures[a], key);
    }
    return value;
}

/* acc_bst: of F1. */
static double best_accuracy(const struct audit_sheet *sheet)
{
    for (size_t r = 0; r < sheet->count; r++) {
        if (sheet->rows[r].unmasked) return sheet->rows[r].accuracy;
    }
    return (double)NAN;
}

void audit_sheet_score(struct audit_sheet *sheet)
{
    struct privacy_score scores[LIMIT_LIST];
    const size_t count = sheet->count < LIMIT_LIST ? sheet->count : LIMIT_LIST;
    for (size_t r = 0; r < count; r++) {
        struct audit_row *row = &sheet->rows[r];
        row->of_best = row->accuracy / best_accuracy(sheet);
        row->s2_judge = 1 - audit_sheet_figure(sheet, r, "onlooker.judge_cosine");
        row->s4_judge = 1 - audit_sheet_figure(sheet, r, "cgan.judge_cosine");
        scores[r] =
            (struct privacy_score){.compared = !row->unmasked,
                                   .s1 = audit_sheet_figure(sheet, r, "onlooker.lpips"),
                                   .s2 = 1 - audit_sheet_figure(sheet, r, "onlooker.f1_cosine"),
                                   .s3 = audit_sheet_figure(sheet, r, "cgan.lpips"),
                                   .s4 = 1 - audit_sheet_figure(sheet, r, "cgan.f1_cosine"),
                                   .accuracy = row->accuracy};
    }
    privacy_score_form(scores, count);
    for (size_t r = 0; r < count; r++) {
        sheet->rows[r].scores = scores[r];
    }
}

enum audit_outcome audit_sheet_outcome(const struct audit_sheet *sheet, size_t row, size_t attack)
{
    const struct figures *figures = &sheet->rows[row].figures[attack];
    if (figures->failure[0] != '\0') return AUDIT_FAILED;
    if (figures->inputs[0] == '\0') return AUDIT_NOT_RUN;
    return figures_diverged(figures) ? AUDIT_DIVERGED : AUDIT_DONE;
}

size_t audit_sheet_count(const struct audit_sheet *sheet, enum audit_outcome outcome)
{
    size_t count = 0;
    for (size_t r = 0; r < sheet->count; r++) {
        for (size_t a = 0; a < sheet->attacks; a++) {
            count += audit_sheet_outcome(sheet, r, a) == outcome;
        }
    }
    return count;
}

static void put_text(FILE *out, const char *key, const char *text)
{
    fprintf(out, "\"%s\": ", key);
    if (text == NULL) {
        fputs("null", out);
    } else {
        json_text(out, text);
    }
}

static void put_number(FILE *out, const char *key, double value)
{
    fprintf(out, ", \"%s\": ", key);
    json_number(out, value);
}

static void put_attack(FILE *out, const struct audit_sheet *sheet, size_t row, size_t attack)
{
    static const char *const words[] = {"not run", "done", "diverged", "failed"};
    const struct figures *figures = &sheet->rows[row].figures[attack];
    json_text(out, sheet->attack[attack]);
    fprintf(out, ": {\"outcome\": \"%s\", ", words[audit_sheet_outcome(sheet, row, attack)]);
    put_text(out, "failure", figures->failure);
    put_number(out, "seconds", figures->seconds);
    fputs(", \"figures\": {", out);
    for (size_t i = 0; i < figures->count; i++) {
        if (i > 0) fputs(", ", out);
        json_text(out, figures->list[i].key);
        fputs(": ", out);
        json_number(out, figures->list[i].value);
    }
    fputs("}, \"notes\": [", out);
    for (size_t i = 0; i < figures->note_count; i++) {
        if (i > 0) fputs(", ", out);
        json_text(out, figures->note[i]);
    }
    fputs("]}", out);
}

static void put_row(FILE *out, const struct audit_sheet *sheet, size_t r)
{
    const struct audit_row *row = &sheet->rows[r];
    fputs("{", out);
    put_text(out, "name", row->name);
    fputs(", ", out);
    put_text(out, "mask", row->mask);
    fprintf(out, ", \"unmasked\": %s", row->unmasked ? "true" : "false");
    put_number(out, "accuracy", row->accuracy);
    put_number(out, "of_best", row->of_best);
    put_number(out, "s1", row->scores.s1);
    put_number(out, "s2", row->scores.s2);
    put_number(out, "s2_judge", row->s2_judge);
    put_number(out, "s3", row->scores.s3);
    put_number(out, "s4", row->scores.s4);
    put_number(out, "s4_judge", row->s4_judge);
    put_number(out, "score_pp", row->scores.pp);
    put_number(out, "score_cls", row->scores.cls);
    put_number(out, "score", row->scores.score);
    fputs(", \"attacks\": {", out);
    for (size_t a = 0; a < sheet->attacks; a++) {
        if (a > 0) fputs(", ", out);
        put_attack(out, sheet, r, a);
    }
    fputs("}}", out);
}

void audit_sheet_json(FILE *out, const struct audit_sheet *sheet)
{
    fputs("{", out);
    put_text(out, "title", sheet->title);
    fputs(", ", out);
    put_text(out, "profile", sheet->profile);
    fputs(", ", out);
    put_text(out, "version", sheet->version);
    fputs(", ", out);
    put_text(out, "test", sheet->test);
    fputs(", ", out);
    put_text(out, "lpips", sheet->lpips);
    fputs(", ", out);
    put_text(out, "f1", sheet->f1);
    fprintf(out,
            ", \"judged\": %s, \"quick\": %s, \"known_people\": %zu, \"known_images\": %zu, "
            "\"victims_people\": %zu, \"victims_images\": %zu, \"notes\": [",
            sheet->judged ? "true" : "false", sheet->quick ? "true" : "false", sheet->known_people,
            sheet->known_images, sheet->victims_people, sheet->victims_images);
    for (size_t i = 0; i < sheet->notes; i++) {
        if (i > 0) fputs(", ", out);
        json_text(out, sheet->note[i]);
    }
    fputs("], \"rows\": [", out);
    for (size_t r = 0; r < sheet->count; r++) {
        if (r > 0) fputs(", ", out);
        put_row(out, sheet, r);
    }
    fputs("]}\n", out);
}
