// SPDX-License-Identifier: Apache-2.0
/* portrait - synthetic people for first runs and tests, without a single real face.
 *
 * A person is a vector of parameters (face shape, eyes, brows, nose, mouth, hair, skin) drawn from
 * (seed, person); an image of it adds pose, light, expression, occlusion and noise drawn from
 * (seed, person, image). The same numbers give the same bytes, whatever the compiler. */
#ifndef IMAGE_PORTRAIT_H
#define IMAGE_PORTRAIT_H

#include "base/status.h"
#include "image/image.h"

#include <stdint.h>

enum { PORTRAIT_SIDE = 112 };

/* Paints image number `shot` of `person` (at most RANDOM_PARTICIPANT_MAX) as 112x112 RGB. */
enum status portrait_paint(struct image *image, uint64_t seed, uint32_t person,
                           uint32_t shot) CHECKED;

#endif
