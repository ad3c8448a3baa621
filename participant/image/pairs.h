// SPDX-License-Identifier: Apache-2.0
/* pairs - a verification protocol: which images to compare, in folds.
 *
 * Reads LFW's pairs.txt (first line "FOLDS PAIRS", then for each fold PAIRS lines "name n1 n2" and
 * PAIRS lines "name1 n1 name2 n2"; also pairsDevTest.txt with one number N: one fold, N and N).
 * An image is "name/name_%04d" with the extension that exists. */
#ifndef IMAGE_PAIRS_H
#define IMAGE_PAIRS_H

#include "base/status.h"
#include "image/dataset.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct pair {
    uint32_t first, second; // indices into the dataset
    bool same;              // one person
};

struct pairs {
    size_t count;
    size_t folds;      // contiguous, of equal size (the last may be larger)
    struct pair *list; // in the order of the file
    size_t missing;    // pairs left out because an image is missing; each is named in the log
};

/* Reads a pairs file and loads just the images it names (each once) from `folder`. STATUS_BAD_INPUT
 * names the file and line of anything malformed. Pairs with missing or broken images are left out
 * and counted; when more than half are missing the call fails. */
enum status pairs_load(struct pairs **pairs, struct dataset **images, const char *path,
                       const char *folder, int size, int channels) CHECKED;

/* Reads InsightFace's verification set FILE.bin: a pickle (see pickle.h) of a list of pictures, two
 * for each pair, and a list of who is the same; ten folds. Nothing in it is executed. Pictures are
 * bytes or numpy's arrays of uint8. Broken ones are treated as by pairs_load(). */
enum status pairs_load_bin(struct pairs **pairs, struct dataset **images, const char *path,
                           int size, int channels) CHECKED;

/* `count` pairs (half same, half different, alternating so that each fold holds both) over a
 * dataset, in 10 folds; deterministic in `seed`. Needs a person with two images. */
enum status pairs_draw(struct pairs **pairs, const struct dataset *images, size_t count,
                       uint64_t seed) CHECKED;

/* The same with as many pairs as there can be, at most `most`. */
enum status pairs_draw_most(struct pairs **pairs, const struct dataset *images, size_t most,
                            uint64_t seed) CHECKED;

void pairs_destroy(struct pairs **pairs);

#endif
