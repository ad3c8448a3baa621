// SPDX-License-Identifier: Apache-2.0
#include "fakes/found.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { ATTACKS = 2 };

static const char *const attacks[ATTACKS] = {"onlooker", "cgan"};

static void set_figures(struct figures *figures, const char *attack, double lpips, double cosine)
{
    char key[LIMIT_NAME];
    snprintf(figures->inputs, sizeof figures->inputs, "00");
    snprintf(key, sizeof key, "%s.lpips", attack);
    figures_set(figures, key, lpips);
    snprintf(key, sizeof key, "%s.f1_cosine", attack);
    figures_set(figures, key, cosine);
    snprintf(key, sizeof key, "%s.judge_verification", attack);
    figures_set(figures, key, 0.5 + 0.5 * cosine);
}

struct audit_sheet *found_sheet(void)
{
    static const char *const names[] = {"plain", "weak", "strong <b>", "wild", "broken"};
    static const double accuracies[] = {0.95, 0.90, 0.80, 0.85, 0.86};
    static struct figures figures[FOUND_ROWS][ATTACKS];
    static struct audit_row rows[FOUND_ROWS];
    static struct audit_sheet sheet;
    memset(figures, 0, sizeof figures);
    memset(rows, 0, sizeof rows);
    sheet = (struct audit_sheet){.title = "t",
                                 .profile = "quick",
                                 .version = "1",
                                 .folder = "/nowhere",
                                 .test = "LFW",
                                 .quick = true,
                                 .lpips = "squeeze",
                                 .f1 = "plain",
                                 .known_people = 2,
                                 .known_images = 3,
                                 .victims_people = 4,
                                 .victims_images = 5,
                                 .attack = attacks,
                                 .attacks = ATTACKS,
                                 .rows = rows,
                                 .count = FOUND_ROWS};
    for (int r = 0; r < FOUND_ROWS; r++) {
        snprintf(rows[r].name, sizeof rows[r].name, "%s", names[r]);
        snprintf(rows[r].folder, sizeof rows[r].folder, "/nowhere");
        rows[r].unmasked = r == FOUND_PLAIN;
        rows[r].accuracy = accuracies[r];
        rows[r].figures = figures[r];
        set_figures(&figures[r][0], "onlooker", 0.2 * r, 1 - 0.2 * r);
        if (r < FOUND_WILD) set_figures(&figures[r][1], "cgan", 0.1 * r, 1 - 0.1 * r);
    }
    set_figures(&figures[FOUND_WILD][1], "cgan", (double)NAN, (double)NAN);
    figures_set(&figures[FOUND_WILD][1], "cgan.diverged", 1);
    figures_set(&figures[FOUND_WEAK][1], "linkage.f1.all.verification", 0.987);
    figures_note(&figures[FOUND_WILD][1], "cgan diverged: & ran away");
    snprintf(figures[FOUND_BROKEN][1].failure, FIGURES_TEXT, "the disk is full");
    audit_sheet_note(&sheet, "overlap: 1 of them");
    audit_sheet_score(&sheet);
    return &sheet;
}
