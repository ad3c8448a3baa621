// SPDX-License-Identifier: Apache-2.0
/* supply - masked batches from a participant's images.
 *
 * Bands are computed once and kept: in memory while they fit, else in a file (supply_cache.h), and
 * the pixels are then forgotten. Without a folder for the file they are computed anew for each
 * batch, from the pixels. All three give the same bits, and no batch allocates memory. */
#ifndef TRAIN_SUPPLY_H
#define TRAIN_SUPPLY_H

#include "base/status.h"
#include "frequency/mask.h"
#include "image/dataset.h"

#include <stddef.h>
#include <stdint.h>

struct supply;

struct supply_options {
    size_t bytes_max;                // of bands kept in memory
    const char *folder;              // of the file for bands that need more; NULL or empty: none
    uint8_t noise[MASK_NOISE_BYTES]; // key of the mask's noise, image i is stream number i
};

/* Takes the dataset over; the mask stays the caller's and must live longer. Shows its progress; a
 * request to stop gives STATUS_STOPPED. */
enum status supply_create(struct supply **supply, const struct mask *mask, struct dataset **dataset,
                          struct supply_options options) CHECKED;
void supply_destroy(struct supply **supply);

size_t supply_count(const struct supply *supply);
size_t supply_people(const struct supply *supply);
const uint32_t *supply_labels(const struct supply *supply);
const char *supply_person(const struct supply *supply, size_t label); // name of a person

/* Bytes of bands in memory; 0 for NULL. */
size_t supply_bytes(const struct supply *supply);

/* Masks image index[i] into out + i * mask_values(); flip (may be NULL) tells which to mirror. The
 * per-image mask of image i draws from stream (seed, index[i], RANDOM_SHUFFLE, pass, 0). One batch
 * at a time. */
void supply_masked(const struct supply *supply, float *out, const uint32_t *index,
                   const uint8_t *flip, size_t count, uint64_t seed, uint32_t pass);

/* Tells which images the next batch will want, so that the disk reads them in the meantime. */
void supply_expect(const struct supply *supply, const uint32_t *index, size_t count);

#endif
