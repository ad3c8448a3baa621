// SPDX-License-Identifier: Apache-2.0
#include "report/chart.h"

/* Light and dark: the surface's own ink, and colours that keep their contrast on it. */
static const char light[] = "--surface:#ffffff;--ink:#171a21;--muted:#5d6675;--grid:#e6e9ef;"
                            "--axis:#b9c0cc;--c1:#2f62d9;--c2:#d2601a;--c3:#16866b;--c4:#8e44ad;"
                            "--c5:#b0892a;--c6:#c23b5e;--ramp-low:#c6daf8;--ramp-high:#17408f;";
static const char dark[] = "--surface:#181c23;--ink:#e9ecf1;--muted:#9aa4b3;--grid:#2a313b;"
                           "--axis:#4b5563;--c1:#7ea6ff;--c2:#f29a63;--c3:#4cc3a0;--c4:#c58be0;"
                           "--c5:#dcb75c;--c6:#f0809c;--ramp-low:#24407a;--ramp-high:#b9d3ff;";

static const char rules[] =
    ".chart{font:12px/1 system-ui,-apple-system,'Segoe UI',Roboto,'Helvetica "
    "Neue',Arial,sans-serif;"
    "display:block;width:100%;height:auto}\n"
    ".chart text{fill:var(--muted);font-variant-numeric:tabular-nums}\n"
    ".chart .end{text-anchor:end}.chart .middle,.chart .nothing{text-anchor:middle}\n"
    ".chart .power{font-size:9px}.chart .nothing{font-size:13px}\n"
    ".chart .last{fill:var(--ink);font-weight:600}\n"
    ".chart .heading{fill:var(--ink);font-size:14px;font-weight:600}\n"
    ".chart .surface{fill:var(--surface)}\n"
    ".chart .grid{stroke:var(--grid)}.chart .axis{stroke:var(--axis)}\n"
    ".chart .line{fill:none;stroke-width:2;stroke-linejoin:round;stroke-linecap:round}\n"
    ".chart .band{opacity:.16}\n"
    ".chart .chance{fill:none;stroke:var(--axis);stroke-dasharray:4 4}\n"
    ".chart .dot{stroke:var(--surface);stroke-width:1.5}.chart .hit{fill:transparent}\n"
    ".chart .quiet .dot{opacity:0}.chart .point:hover .dot{opacity:1;stroke:var(--ink)}\n"
    ".chart .part:hover{stroke:var(--ink);stroke-width:1.5}\n";

void chart_style(FILE *out)
{
    // On paper the surface is white, whatever the screen was.
    fprintf(out, ":root{color-scheme:light dark;%s}\n", light);
    fprintf(out, "@media screen and (prefers-color-scheme:dark){:root{%s}}\n", dark);
    fputs(rules, out);
    for (int i = 1; i <= CHART_SERIES_MAX; i++) {
        fprintf(out, ".chart .line.c%d{stroke:var(--c%d)}", i, i);
        fprintf(out, ".chart .band.c%d,.chart .dot.c%d{fill:var(--c%d)}\n", i, i, i);
    }
}
