// SPDX-License-Identifier: Apache-2.0
#include "attacks/mirror.h"

#include <stdlib.h>
#include <string.h>

static void turn(uint8_t *to, const uint8_t *from, size_t side, size_t channels)
{
    for (size_t at = 0; at < side * side; at++) {
        const size_t x = at % side, other = at - x + (side - 1 - x);
        memcpy(to + at * channels, from + other * channels, channels);
    }
}

enum status mirror_faces(struct dataset **pair, const struct dataset *faces, const uint32_t *index,
                         size_t count)
{
    const size_t side = (size_t)faces->size, channels = (size_t)faces->channels;
    const size_t bytes = side * side * channels;
    uint32_t *twice = calloc(2 * count + 1, sizeof *twice);
    if (twice == NULL) return status_fail(STATUS_NO_MEMORY, "out of memory for photographs");
    for (size_t i = 0; i < count; i++) {
        twice[i] = twice[count + i] = index == NULL ? (uint32_t)i : index[i];
    }
    const enum status status =
        dataset_pick(pair, faces, faces->size, faces->channels, twice, 2 * count);
    for (size_t i = 0; i < count && status == STATUS_OK; i++) {
        turn((*pair)->pixels + (count + i) * bytes, (*pair)->pixels + i * bytes, side, channels);
    }
    free(twice);
    return status;
}
