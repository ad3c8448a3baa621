// SPDX-License-Identifier: Apache-2.0
#include "report/audit_page_parts.h"

#include "base/files.h"
#include "report/markup.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>

enum { PICTURES_MAX = 64 }; // of one attack

struct listing {
    char name[PICTURES_MAX][LIMIT_NAME]; // without ".png"
    size_t count;
};

static int compare(const void *first, const void *second)
{
    return strcmp(first, second);
}

static void list(struct listing *listing, const char *path)
{
    DIR *folder = opendir(path);
    listing->count = 0;
    for (const struct dirent *entry = folder == NULL ? NULL : readdir(folder); entry != NULL;
         entry = readdir(folder)) {
        const size_t length = strlen(entry->d_name);
        if (entry->d_name[0] == '.' || length < 5 || length - 4 >= LIMIT_NAME ||
            strcmp(entry->d_name + length - 4, ".png") != 0 || listing->count == PICTURES_MAX) {
            continue;
        }
        snprintf(listing->name[listing->count++], LIMIT_NAME, "%.*s", (int)(length - 4),
                 entry->d_name);
    }
    if (folder != NULL) closedir(folder);
    qsort(listing->name, listing->count, sizeof listing->name[0], compare);
}

/* FOLDER/NAME.png with its name before it. */
static void put_row(FILE *out, const char *folder, const char *name)
{
    char file[LIMIT_NAME + 8], path[LIMIT_PATH];
    uint8_t *bytes = NULL;
    size_t size = 0;
    snprintf(file, sizeof file, "%s.png", name);
    if (files_join(path, folder, file) != STATUS_OK ||
        files_read(&bytes, &size, path, LIMIT_FILE_IMAGE) != STATUS_OK) {
        return;
    }
    fputs("<div class=\"strip\"><span>", out);
    markup_text(out, name);
    fputs("</span><img alt=\"", out);
    markup_text(out, name);
    fputs("\" src=\"data:image/png;base64,", out);
    markup_base64(out, bytes, size);
    fputs("\"></div>\n", out);
    free(bytes);
}

static void put_defence(FILE *out, const struct audit_sheet *sheet, size_t row,
                        struct listing *listing)
{
    fputs("<h3>", out);
    markup_text(out, sheet->rows[row].name);
    fputs("</h3>\n", out);
    for (size_t a = 0; a < sheet->attacks; a++) {
        char folder[LIMIT_PATH];
        if (files_join(folder, sheet->rows[row].folder, sheet->attack[a]) != STATUS_OK) continue;
        list(listing, folder);
        for (size_t i = 0; i < listing->count; i++) {
            put_row(out, folder, listing->name[i]);
        }
    }
}

void audit_page_grid(FILE *out, const struct audit_sheet *sheet)
{
    struct listing *listing = malloc(sizeof *listing);
    fputs("<style>.strip{display:grid;grid-template-columns:9em minmax(0,1fr);gap:10px;"
          "align-items:center;margin:3px 0;font-size:13px;color:var(--muted)}"
          ".strip img{display:block;width:100%;image-rendering:auto;border-radius:3px}"
          ".faces-card h3{margin:18px 0 6px}</style>\n"
          "<section class=\"card faces-card\">\n",
          out);
    put_row(out, sheet->folder, "originals");
    for (size_t r = 0; r < sheet->count && listing != NULL; r++) {
        put_defence(out, sheet, r, listing);
    }
    fputs("</section>\n", out);
    free(listing);
}
