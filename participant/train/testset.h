// SPDX-License-Identifier: Apache-2.0
/* testset - images and pairs to verify, from what a person writes on a command line:
 *
 *     NAME=FILE.bin              InsightFace's verification set
 *     NAME=DIR,PAIRS             a folder and a list in the format of LFW's pairs.txt
 *     NAME=PEOPLE[,skip=N]       a folder of identities or FILE.rec: pairs drawn from all people
 *                                after the first N, in the order in which data.people takes them
 *
 * Of PEOPLE as many pairs are drawn as there are, at most 3,000 of one person and 3,000 of two, by
 * the seed, in ten folds; a person may be in several folds. People with one image are left out. */
#ifndef TRAIN_TESTSET_H
#define TRAIN_TESTSET_H

#include "base/limits.h"
#include "base/status.h"
#include "image/pairs.h"
#include "secure/digest.h"

#include <stdint.h>

enum { TESTSET_PAIRS_MAX = 6000 };

struct testset_source {
    char name[LIMIT_NAME]; // letters, digits, _ and -
    char path[LIMIT_PATH];
    char pairs[LIMIT_PATH]; // empty: drawn
    int skip;
};

struct testset {
    struct dataset *images;
    struct pairs *pairs;
    uint8_t digest[DIGEST_BYTES];
};

/* Understands NAME=..; STATUS_BAD_CONFIG says what is allowed. */
enum status testset_parse(struct testset_source *source, const char *text) CHECKED;

/* Loads images of `size` pixels a side and their pairs. The digest is the SHA-256 of FILE.bin, of
 * PAIRS, of the index beside FILE.rec, or of the drawn pairs, a line "NAME NAME 0 or 1" each. */
enum status testset_load(struct testset *set, const struct testset_source *source, int size,
                         int channels, uint64_t seed) CHECKED;

/* May be called twice. */
void testset_destroy(struct testset *set);

#endif
