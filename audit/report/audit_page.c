// SPDX-License-Identifier: Apache-2.0
#include "report/audit_page.h"

#include "base/files.h"
#include "report/audit_page_parts.h"
#include "report/audit_table.h"
#include "report/markup.h"
#include "report/report.h"

#include <stdlib.h>

static const char measures_note[] =
    "S1: LPIPS of masked pictures and originals; S2: 1 - cosine under F1, the unmasked network, "
    "beside it under the judge, a network that was trained elsewhere. S3, S4: the same of faces "
    "that the conditional GAN recovered. Higher is more private. Score_pp, Score_cls and Score, "
    "equations (9) to (11) of the paper, say where a row stands among the rows compared here and "
    "nothing beside it. - is what is not known.";

static const char attacks_note[] =
    "How often the judge takes a recovered face for its person, of linkage how often a masked face "
    "is "
    "linked to a plain photograph of its person, in percent: 50 is chance.";

static void put_head(FILE *out, const struct audit_sheet *sheet)
{
    report_begin(out, sheet->title);
    fputs("<p class=\"brand\">Fedveil audit</p>\n<h1>", out);
    markup_text(out, sheet->title);
    fputs("</h1>\n<p class=\"summary\">", out);
    if (sheet->profile[0] != '\0') {
        fputs("profile ", out);
        markup_text(out, sheet->profile);
        fputs(", ", out);
    }
    fprintf(out, "%zu images of %zu victims, attacked with %zu images of %zu other people; LPIPS ",
            sheet->victims_images, sheet->victims_people, sheet->known_images, sheet->known_people);
    if (sheet->lpips == NULL) {
        fputs("not measured", out);
    } else {
        fputs("by ", out);
        markup_text(out, sheet->lpips);
    }
    fputs(sheet->judged ? ", with a judge" : ", without a judge", out);
    fputs("</p>\n", out);
    if (sheet->quick) {
        fputs("<p class=\"notice open\">A quick audit: its attacks stop long before they could do "
              "more. What they did not recover, a longer attack may.</p>\n",
              out);
    }
}

static void put_failures(FILE *out, const struct audit_sheet *sheet)
{
    for (size_t r = 0; r < sheet->count; r++) {
        for (size_t a = 0; a < sheet->attacks; a++) {
            const enum audit_outcome outcome = audit_sheet_outcome(sheet, r, a);
            if (outcome != AUDIT_FAILED && outcome != AUDIT_DIVERGED) continue;
            fputs("<p class=\"notice bad\">", out);
            markup_text(out, sheet->rows[r].name);
            fputs(", ", out);
            markup_text(out, sheet->attack[a]);
            if (outcome == AUDIT_DIVERGED) {
                fputs(" diverged: what is not a number is left out, see the remarks</p>\n", out);
            } else {
                fputs(" failed: ", out);
                markup_text(out, sheet->rows[r].figures[a].failure);
                fputs("</p>\n", out);
            }
        }
    }
}

static void put_notes(FILE *out, const struct audit_sheet *sheet)
{
    fputs("<h2>Remarks</h2>\n<section class=\"card\"><ul>\n", out);
    for (size_t i = 0; i < sheet->notes; i++) {
        fputs("<li>", out);
        markup_text(out, sheet->note[i]);
        fputs("</li>\n", out);
    }
    for (size_t r = 0; r < sheet->count; r++) {
        fputs("<li><b>", out);
        markup_text(out, sheet->rows[r].name);
        fputs("</b>: ", out);
        markup_text(out, sheet->rows[r].mask);
        fputs("</li>\n", out);
        for (size_t a = 0; a < sheet->attacks; a++) {
            const struct figures *figures = &sheet->rows[r].figures[a];
            for (size_t i = 0; i < figures->note_count; i++) {
                fputs("<li>", out);
                markup_text(out, sheet->rows[r].name);
                fputs(", ", out);
                markup_text(out, sheet->attack[a]);
                fputs(": ", out);
                markup_text(out, figures->note[i]);
                fputs("</li>\n", out);
            }
        }
    }
    fputs("</ul></section>\n", out);
}

static enum status put_page(FILE *out, const struct audit_sheet *sheet)
{
    struct text_table table = {0}, attacks = {0}, figures = {0};
    enum status status = audit_table_make(&table, sheet);
    if (status == STATUS_OK) status = audit_table_attacks(&attacks, sheet);
    if (status == STATUS_OK) status = audit_table_figures(&figures, sheet);
    if (status == STATUS_OK) {
        put_head(out, sheet);
        put_failures(out, sheet);
        /* The tables have a dozen columns, twice a round's. */
        fputs("<style>main{max-width:1400px}</style>\n<h2>Table</h2>\n", out);
        report_table(out, &table, measures_note);
        if (attacks.columns > 1) {
            fputs("<h2>What attacks recover</h2>\n", out);
            report_table(out, &attacks, attacks_note);
        }
        fputs("<h2>Accuracy against privacy</h2>\n", out);
        audit_page_plot(out, sheet);
        fputs("<h2>Faces</h2>\n<p class=\"note before\">Above all the originals; below each "
              "defence what its masked images show (onlooker) and what each attack has recovered, "
              "of the same faces in the same order, of mixes the principal one; grey: nothing. "
              "Updates shows four masked inputs, what was found of them in one update, and in a "
              "sum.</p>\n",
              out);
        audit_page_grid(out, sheet);
        fputs("<h2>Every figure</h2>\n", out);
        report_table(out, &figures, "As measured; audit.json has the same.");
        put_notes(out, sheet);
        fputs("<footer>Fedveil ", out);
        markup_text(out, sheet->version);
        fputs("</footer>\n</main>\n</body>\n</html>\n", out);
    }
    text_table_destroy(&table);
    text_table_destroy(&attacks);
    text_table_destroy(&figures);
    return status;
}

enum status audit_page_write(const struct audit_sheet *sheet)
{
    char path[LIMIT_PATH];
    char *text = NULL;
    size_t size = 0;
    enum status status = files_join(path, sheet->folder, "audit.html");
    FILE *page = open_memstream(&text, &size);
    if (page == NULL) return status_fail(STATUS_NO_MEMORY, "out of memory: page");
    if (status == STATUS_OK) status = put_page(page, sheet);
    if (fclose(page) != 0) status = status_fail(STATUS_NO_MEMORY, "out of memory: page");
    if (status == STATUS_OK) status = files_write(path, text, size);
    free(text);
    return status;
}
