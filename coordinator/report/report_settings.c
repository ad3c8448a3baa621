// SPDX-License-Identifier: Apache-2.0
#include "report/markup.h"
#include "report/report_private.h"

#include <string.h>

enum { DEPTH_MAX = 4 };

struct line {
    const char *text; // without indent
    size_t length;
    size_t depth; // two blanks each
};

/* Takes the next line of a text as config_write() makes it; false at its end. */
static bool take(struct line *line, const char **text)
{
    if (**text == '\0') return false;
    const size_t indent = strspn(*text, " ");
    const size_t whole = strcspn(*text, "\n");
    *line = (struct line){*text + indent, whole - indent, indent / 2};
    *text += whole + ((*text)[whole] == '\n');
    return true;
}

static bool is_section(const struct line *line)
{
    return line->length > 0 && line->text[line->length - 1] == ':';
}

static void put(FILE *out, const char *text, size_t length)
{
    char part[LIMIT_PATH + LIMIT_NAME];
    for (size_t done = 0; done < length;) {
        const size_t size = length - done < sizeof part ? length - done : sizeof part - 1;
        memcpy(part, text + done, size);
        part[size] = '\0';
        markup_text(out, part);
        done += size;
    }
}

static void put_value(FILE *out, const struct line *line, const struct line *usual)
{
    const bool same =
        line->length == usual->length && memcmp(line->text, usual->text, line->length) == 0;
    const char *colon = memchr(line->text, ':', line->length);
    const size_t name = colon == NULL ? line->length : (size_t)(colon - line->text);
    fputs(same ? "<dt>" : "<dt class=\"own\">", out);
    put(out, line->text, name);
    fputs(same ? "</dt><dd>" : "</dt><dd class=\"own\">", out);
    if (name + 1 < line->length) put(out, line->text + name + 1, line->length - name - 1);
    fputs("</dd>\n", out);
}

/* The sections that are open, "federation.mask". */
static void put_heading(FILE *out, const struct line path[DEPTH_MAX], size_t depth)
{
    fputs("<h3>", out);
    for (size_t i = 0; i < depth; i++) {
        if (i > 0) fputs(".", out);
        put(out, path[i].text, path[i].length - 1);
    }
    fputs(depth == 0 ? "general</h3>\n<dl>\n" : "</h3>\n<dl>\n", out);
}

/* Both texts come from one table of keys, so that line n of each is the same key. */
void report_settings(FILE *out, const struct report_facts *facts)
{
    struct line path[DEPTH_MAX], line, usual;
    const char *text = facts->settings, *defaults = facts->defaults;
    bool group = false;
    size_t depth = 0;
    fputs("<h2>Settings</h2>\n<p class=\"note before\">All settings of the coordinator; the marked "
          "ones"
          " differ from the default.</p>\n<div class=\"card settings\">\n",
          out);
    while (take(&line, &text) && take(&usual, &defaults)) {
        if (is_section(&line) && line.depth < DEPTH_MAX) {
            path[line.depth] = line;
            depth = line.depth + 1;
            if (group) fputs("</dl></section>\n", out);
            group = false;
            continue;
        }
        if (group && line.depth != depth) { // back in the section above
            fputs("</dl></section>\n", out);
            group = false;
        }
        depth = line.depth < depth ? line.depth : depth;
        if (!group) {
            fputs("<section>", out);
            put_heading(out, path, depth);
        }
        group = true;
        put_value(out, &line, &usual);
    }
    if (group) fputs("</dl></section>\n", out);
    fputs("</div>\n", out);
}
