// SPDX-License-Identifier: Apache-2.0
/* network_files - the pair of files that weights.h reads, of a table and floats of spread.h. */
#ifndef FAKES_NETWORK_FILES_H
#define FAKES_NETWORK_FILES_H

#include <stddef.h>

struct network_files {
    char folder[64];
    char stem[96], table[128], floats[128]; // STEM.tsv and STEM.f32
};

/* Writes both into a new folder under /tmp; `name` is the stem's last part. */
void network_files_make(struct network_files *files, const char *name, const char *table,
                        size_t floats);

/* Writes another table. */
void network_files_table(const struct network_files *files, const char *table);

void network_files_remove(const struct network_files *files);

#endif
