// SPDX-License-Identifier: Apache-2.0
/* mirror - faces beside their mirror images. */
#ifndef ATTACKS_MIRROR_H
#define ATTACKS_MIRROR_H

#include "base/status.h"
#include "image/dataset.h"

#include <stddef.h>
#include <stdint.h>

/* Copies `count` faces of a set, in this order (NULL: 0, 1, ..), and then the mirror image of each:
 * image count + i of the pair is image i mirrored. */
enum status mirror_faces(struct dataset **pair, const struct dataset *faces, const uint32_t *index,
                         size_t count) CHECKED;

#endif
