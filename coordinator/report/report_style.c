// SPDX-License-Identifier: Apache-2.0
#include "report/markup.h"
#include "report/report_private.h"

static const char colours[] =
    ":root{--page:#f5f6f9;--good:#0f7a4f;--good-soft:#dcf3e8;--bad:#b3261e;--bad-soft:#fbe4e2;"
    "--open:#8a5a00;--open-soft:#fbeecb;--edge:#e2e6ed}\n"
    "@media screen and (prefers-color-scheme:dark){:root{--page:#0f1217;--good:#5fd3a2;"
    "--good-soft:#12352a;--bad:#ff9b92;--bad-soft:#431c1a;--open:#f0c565;--open-soft:#3a2e10;"
    "--edge:#262c36}}\n";

static const char text[] =
    "*{box-sizing:border-box}\n"
    "body{margin:0;background:var(--page);color:var(--ink);"
    "font:15px/1.5 system-ui,-apple-system,'Segoe UI',Roboto,'Helvetica Neue',Arial,sans-serif}\n"
    "main{max-width:1160px;margin:0 auto;padding:40px 24px 56px}\n"
    "h1{margin:2px 0 6px;font-size:30px;line-height:1.2;letter-spacing:-.015em;font-weight:680;"
    "overflow-wrap:anywhere}\n"
    "h2{margin:40px 0 12px;font-size:19px;letter-spacing:-.01em}\n"
    "h3{margin:0 0 10px;font-size:14px;font-weight:620}\n"
    "code{font:.92em ui-monospace,'SF Mono',Menlo,Consolas,'DejaVu Sans Mono',monospace}\n"
    ".brand{margin:0;color:var(--muted);font-size:13px}\n"
    ".summary{margin:0;color:var(--muted)}\n"
    ".note,footer{color:var(--muted);font-size:13px;line-height:1.45;margin:10px 0 0}\n"
    "footer{margin-top:40px;padding-top:14px;border-top:1px solid var(--edge)}\n";

static const char marks[] =
    ".badge{display:inline-block;vertical-align:5px;margin-left:6px;padding:3px 10px;"
    "border-radius:99px;font-size:12.5px;line-height:1.4;font-weight:620;letter-spacing:0}\n"
    ".good{color:var(--good);background:var(--good-soft)}\n"
    ".bad{color:var(--bad);background:var(--bad-soft)}\n"
    ".open{color:var(--open);background:var(--open-soft)}\n"
    ".notice{margin:16px 0 0;padding:11px 15px;border-radius:10px;overflow-wrap:anywhere}\n";

static const char boxes[] =
    ".card,.tile{background:var(--surface);border:1px solid var(--edge);border-radius:12px}\n"
    ".card{padding:16px 18px}\n"
    ".tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(165px,1fr));gap:12px;"
    "margin:24px 0 0}\n"
    ".tile{padding:14px 16px}.tile dt{color:var(--muted);font-size:13px}\n"
    ".tile dd{margin:1px 0 3px;font-size:23px;white-space:nowrap;line-height:1.25;font-weight:640;"
    "letter-spacing:-.015em}\n"
    ".tile p{margin:0;color:var(--muted);font-size:12.5px;line-height:1.4}\n"
    ".grid{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,440px),1fr));"
    "gap:14px}\n"
    ".grid .card{display:flex;flex-direction:column}.grid .note{margin-top:6px}"
    ".faces{display:block;max-width:100%;max-height:440px;border-radius:6px}\n"
    ".grid .pictures:last-child:nth-child(odd){grid-column:1/-1}\n";

static const char tables[] =
    ".scroll{overflow-x:auto;padding:6px 0}.scroll .note{padding:4px 18px 8px}\n"
    "table{border-collapse:collapse;width:100%;font-size:13.5px;font-variant-numeric:tabular-nums}"
    "\n"
    "th,td{padding:7px 14px;text-align:right;white-space:nowrap;vertical-align:top}\n"
    "th:first-child,td:first-child{padding-left:18px;text-align:left}\n"
    "th{color:var(--muted);font-weight:560;border-bottom:1px solid var(--edge)}\n"
    "tbody tr+tr td{border-top:1px solid var(--edge)}\n"
    "td.text,th.text{text-align:left;white-space:normal;min-width:15em}\n"
    ".before{margin:0 0 10px}\n"
    ".settings{columns:3 280px;column-gap:34px}\n"
    ".settings section{break-inside:avoid;margin-bottom:20px}.settings h3{margin-bottom:4px}\n"
    ".settings dl{display:grid;grid-template-columns:auto minmax(0,1fr);gap:1px 14px;margin:0;"
    "font-size:13px}\n"
    ".settings dt{color:var(--muted)}\n"
    ".settings dd{margin:0;text-align:right;overflow-wrap:anywhere}\n"
    ".settings dd.own{font-weight:650;color:var(--c1)}\n";

static const char other[] =
    "@media (max-width:600px){main{padding:24px 14px 40px}h1{font-size:24px}"
    ".card{padding:14px 12px}}\n"
    "@media print{body{background:none}main{max-width:none;padding:0}"
    ".card,.tile{break-inside:avoid}}\n";

static void put_rules(FILE *out)
{
    fputs(colours, out);
    fputs(text, out);
    fputs(marks, out);
    fputs(boxes, out);
    fputs(tables, out);
    fputs(other, out);
}

void report_begin(FILE *out, const char *title)
{
    fputs("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
          "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n"
          "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none';"
          "style-src 'unsafe-inline';img-src data:\">\n"
          "<meta name=\"color-scheme\" content=\"light dark\">\n<title>",
          out);
    markup_text(out, title);
    fputs(" – Fedveil</title>\n<style>\n", out);
    chart_style(out);
    put_rules(out);
    fputs("</style>\n</head>\n<body>\n<main>\n", out);
}

void report_table(FILE *out, const struct text_table *table, const char *note)
{
    fputs("<div class=\"card scroll\"><table>\n", out);
    for (size_t r = 0; r < table->rows; r++) {
        fputs(r == 0 ? "<thead><tr>" : "<tr>", out);
        for (size_t c = 0; c < table->columns; c++) {
            fputs(r == 0 ? "<th>" : "<td>", out);
            markup_text(out, text_table_at(table, r, c));
            fputs(r == 0 ? "</th>" : "</td>", out);
        }
        fputs(r == 0 ? "</tr></thead>\n<tbody>\n" : "</tr>\n", out);
    }
    fputs("</tbody></table>\n<p class=\"note\">", out);
    markup_text(out, note);
    fputs("</p></div>\n", out);
}
