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

/* A judge's folder: a small network for pictures of 112x112 with 7 numbers for each. */
void network_files_make_judge(struct network_files *files);

/* Weights of LPIPS: an AlexNet of one channel, for pictures of at least 31 pixels a side. The table
 * has three parts, its last line apart. */
#define NETWORK_FILES_LPIPS_TRUNK                                                                  \
    "features.0.weight\t1x3x11x11\t0\t363\nfeatures.0.bias\t1\t0\t1\n"                             \
    "features.3.weight\t1x1x5x5\t0\t25\nfeatures.3.bias\t1\t0\t1\n"                                \
    "features.6.weight\t1x1x3x3\t0\t9\nfeatures.6.bias\t1\t0\t1\n"                                 \
    "features.8.weight\t1x1x3x3\t0\t9\nfeatures.8.bias\t1\t0\t1\n"                                 \
    "features.10.weight\t1x1x3x3\t0\t9\nfeatures.10.bias\t1\t0\t1\n"
#define NETWORK_FILES_LPIPS_LINEAR                                                                 \
    "lpips.alex.lin0\t1\t0\t1\nlpips.alex.lin1\t1\t0\t1\nlpips.alex.lin2\t1\t0\t1\n"               \
    "lpips.alex.lin3\t1\t0\t1\n"
#define NETWORK_FILES_LPIPS_LAST "lpips.alex.lin4\t1\t0\t1\n"
void network_files_make_lpips(struct network_files *files);

/* Writes another table. */
void network_files_table(const struct network_files *files, const char *table);

void network_files_remove(const struct network_files *files);

#endif
