// SPDX-License-Identifier: Apache-2.0
/* dataset_parts - what dataset.c and pairs.c are made of. Private to image/ and its tests. */
#ifndef IMAGE_DATASET_PARTS_H
#define IMAGE_DATASET_PARTS_H

#include "image/dataset.h"
#include "image/image.h"
#include "image/recordio.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* People as they lie on the disk: in a folder of identities or in a file of records. */
struct dataset_person {
    char *name;
    char **files; // of a folder: names of pictures, sorted
    size_t first; // of records: place in the listing's `order`
    size_t count; // pictures
};

struct dataset_listing {
    struct dataset_person *people; // sorted by name
    size_t count;
    struct recordio *records; // NULL: a folder
    uint32_t *order;          // entries of `records`, those of a person side by side
};

/* Lists people and their pictures, without opening any; of a folder, hidden names are passed over.
 * A path that ends in ".rec" is a file of records. */
enum status dataset_list(struct dataset_listing *listing, const char *path) CHECKED;
void dataset_list_destroy(struct dataset_listing *listing);

/* Lists a file of records, whose index is another file. With InsightFace's records of people, only
 * these are read; without, the label of each picture. People are named by their number or label. */
enum status dataset_records_list(struct dataset_listing *listing, const char *path,
                                 const char *index_path) CHECKED;

/* "PERSON/KEY" of a picture in new memory, or NULL. */
char *dataset_records_name(const struct dataset_listing *listing,
                           const struct dataset_person *person, size_t picture);

/* As dataset_read, for the pictures of people chosen[label] of the listing. */
enum status dataset_records_read(struct dataset *dataset, const struct dataset_listing *listing,
                                 const uint32_t *chosen,
                                 const struct dataset_sample *sample) CHECKED;

/* Whether a file's name ends like that of a picture. */
bool dataset_list_is_picture(const char *name);

/* Chooses the people of one part among `people`: their indices, rising, in *chosen (the caller
 * frees it). Every person belongs to exactly one part. */
enum status dataset_split(uint32_t **chosen, size_t *count, size_t people,
                          const struct dataset_options *options) CHECKED;

/* Draws the images of a sample among `count`: their indices, rising, in *drawn (the caller frees
 * it), and *count becomes how many. */
enum status dataset_draw(uint32_t **drawn, size_t *count,
                         const struct dataset_sample *sample) CHECKED;

/* Makes a dataset of `count` images and `people` people with all names empty and no pixels yet. */
enum status dataset_create(struct dataset **dataset, int size, int channels, size_t count,
                           size_t people) CHECKED;

/* Where pictures come from: gives that of image `index`; called by many threads at once. */
struct dataset_source {
    enum status (*get)(const void *context, size_t index, struct image *image);
    const void *context;
};

/* Fills the pixels of a dataset with names and labels. What is not in the sample (NULL: all are) is
 * removed, and so is, named in the log, what cannot be read; places[i] (may be NULL) becomes the
 * new index of image i, or SIZE_MAX. */
enum status dataset_fill(struct dataset *dataset, const char *what,
                         const struct dataset_source *source, const struct dataset_sample *sample,
                         size_t *places) CHECKED;

/* The same from files: names[i] in `folder`. */
enum status dataset_read(struct dataset *dataset, const char *folder,
                         const struct dataset_sample *sample, size_t *places) CHECKED;

/* Closes the gaps of the images that are not kept. */
void dataset_keep(struct dataset *dataset, const bool *kept);

/* "FIRST/SECOND" in new memory, or NULL. */
char *dataset_join_names(const char *first, const char *second);

#endif
