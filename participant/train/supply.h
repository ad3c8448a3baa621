// SPDX-License-Identifier: Apache-2.0
/* supply - masked batches from a participant's images.
 *
 * Bands are computed once and kept while they fit in SUPPLY_BYTES_MAX, else anew for each batch. */
#ifndef TRAIN_SUPPLY_H
#define TRAIN_SUPPLY_H

#include "base/status.h"
#include "frequency/mask.h"
#include "image/dataset.h"

#include <stddef.h>
#include <stdint.h>

#define SUPPLY_BYTES_MAX ((size_t)1 << 30)

struct supply;

/* Takes the dataset over; the mask stays the caller's and must live longer. */
enum status supply_create(struct supply **supply, const struct mask *mask,
                          struct dataset **dataset) CHECKED;
void supply_destroy(struct supply **supply);

size_t supply_count(const struct supply *supply);
size_t supply_people(const struct supply *supply);
const uint32_t *supply_labels(const struct supply *supply);

/* Masks image index[i] into out + i * mask_values(); flip (may be NULL) tells which to mirror. The
 * per-image mask of image i draws from stream (seed, index[i], RANDOM_SHUFFLE, pass, 0). */
void supply_masked(const struct supply *supply, float *out, const uint32_t *index,
                   const uint8_t *flip, size_t count, uint64_t seed, uint32_t pass);

#endif
