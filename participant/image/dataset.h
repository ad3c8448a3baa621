// SPDX-License-Identifier: Apache-2.0
/* dataset - a participant's people and their images, as square pictures in memory.
 *
 * From a folder of identities (DIR/PERSON/IMAGE, sorted by name, so that the order never depends
 * on the file system), from a file of records (FILE.rec with FILE.idx beside it: InsightFace's
 * training sets and those of im2rec, see recordio.h) or from the generator of synthetic portraits.
 * Images are decoded once, resized to the configured side and kept as bytes. A broken image is
 * named in the log, skipped and counted. */
#ifndef IMAGE_DATASET_H
#define IMAGE_DATASET_H

#include "base/status.h"

#include <stddef.h>
#include <stdint.h>

struct dataset {
    int size;            // side of each image
    int channels;        // 1 or 3
    size_t count;        // images
    size_t people;       // identities, labels 0..people-1
    size_t skipped;      // broken files left out
    uint8_t *pixels;     // count * size * size * channels
    uint32_t *labels;    // count, person of each image
    char **names;        // count, "PERSON/FILE"
    char **people_names; // people
};

/* So many images of all people, drawn by chance: only these are read. People of whom none is drawn
 * stay people. */
struct dataset_sample {
    size_t count; // 0, or as many as there are: all
    uint64_t seed;
};

struct dataset_options {
    int size;        // side in pixels
    int channels;    // 1 or 3
    int people_skip; // first ones by name that are left out, before people_max counts
    int people_max;  // 0: all (first ones by name)
    int images_max;  // of a person; 0: all
    int images_min;  // people with fewer readable images (of a sample: images, which need not be
                     // readable) are left out and counted in the log; >= 1
    int split_count; // people are shared out over so many participants; 0 or 1: no split
    int split_index; // which part to load; only its images are read
    double skew;     // 0: even; else part sizes proportional to exp(-skew * rank), each at least 1
    uint64_t seed;   // of the split
    struct dataset_sample sample;
};

/* Loads a folder of identities, or records if the path ends in ".rec"; of these only what the
 * options leave is read. An empty or missing folder is STATUS_BAD_INPUT or STATUS_NOT_FOUND;
 * a request to stop gives STATUS_STOPPED. */
enum status dataset_load(struct dataset **dataset, const char *path,
                         const struct dataset_options *options) CHECKED;

/* Counts the people and images that dataset_load() would begin with, before a sample is drawn, and
 * sees that this process may read each, without reading any: broken ones count. */
enum status dataset_count(size_t *people, size_t *images, const char *path,
                          const struct dataset_options *options) CHECKED;

/* Makes `people` synthetic people with `images` portraits each, the first one being person number
 * `first_person`; deterministic in `seed`. Split and sample of `options` apply. */
enum status dataset_synthesize(struct dataset **dataset, uint64_t seed, int first_person,
                               int people, int images,
                               const struct dataset_options *options) CHECKED;

/* Moves the last `holdout` images of each person (at least one is kept for training) to a second
 * dataset with the same labels. */
enum status dataset_hold_out(struct dataset **held, struct dataset *dataset, int holdout) CHECKED;

/* Copies `count` images of a dataset, in this order (NULL: 0, 1, ..), to one of its own with the
 * same people and labels, as squares of `size` pixels and so many channels, see image_square(). */
enum status dataset_pick(struct dataset **picked, const struct dataset *dataset, int size,
                         int channels, const uint32_t *index, size_t count) CHECKED;

/* Picture number `index` (size * size * channels bytes). */
const uint8_t *dataset_pixels(const struct dataset *dataset, size_t index);

void dataset_destroy(struct dataset **dataset);

#endif
