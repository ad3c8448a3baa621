// SPDX-License-Identifier: Apache-2.0
/* dataset_parts - shared by dataset.c, dataset_folder.c and pairs.c. */
#ifndef IMAGE_DATASET_PARTS_H
#define IMAGE_DATASET_PARTS_H

#include "base/random.h"
#include "image/dataset.h"
#include "image/image.h"

#include <math.h>
#include <stdbool.h>

/* An empty dataset with room for so many images and people. */
enum status dataset_create(struct dataset **dataset, int size, int channels, size_t images_max,
                           size_t people_max) CHECKED;

size_t dataset_image_bytes(int size, int channels);

/* Which of the people belong to this part of the split; the caller frees *chosen. */
enum status dataset_choose_people(bool **chosen, size_t people,
                                  const struct dataset_options *options) CHECKED;

/* Decodes FOLDER/NAME as a square into `pixels`. */
enum status dataset_decode(uint8_t *pixels, const char *folder, const char *name, int size,
                           int channels) CHECKED;

static inline double dataset_skew_share(double skew, int rank)
{
    return exp(-skew * rank);
}

#endif
