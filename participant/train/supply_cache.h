// SPDX-License-Identifier: Apache-2.0
/* supply_cache - a file of floats that no name leads to, for bands that memory does not hold.
 *
 * Unmasked bands are faces. So the file is made anew with mode 0600 and loses its name before
 * anything is written: nobody else can open it, and the system frees it when the process ends, even
 * when it is killed. Room for all of it is asked for first. It is mapped, so that the kernel keeps
 * of it in memory what there is room for. */
#ifndef TRAIN_SUPPLY_CACHE_H
#define TRAIN_SUPPLY_CACHE_H

#include "base/limits.h"
#include "base/status.h"

#include <stddef.h>

struct supply_cache {
    int file; // -1 once mapped
    size_t bytes;
    const float *numbers;  // NULL until supply_cache_map()
    char path[LIMIT_PATH]; // that it had
};

/* Makes a file of so many bytes in `folder`. STATUS_IO names the path and the bytes. */
enum status supply_cache_create(struct supply_cache *cache, const char *folder,
                                size_t bytes) CHECKED;
enum status supply_cache_write(struct supply_cache *cache, const float *numbers, size_t count,
                               size_t first) CHECKED;

/* Ends writing: cache->numbers becomes valid. */
enum status supply_cache_map(struct supply_cache *cache) CHECKED;

/* Some numbers will be read soon: begins to read them from the disk. They will not: takes them out
 * of the process, though not out of the kernel's memory. Hints, nothing more. */
void supply_cache_fetch(const struct supply_cache *cache, size_t first, size_t count);
void supply_cache_release(const struct supply_cache *cache, size_t first, size_t count);

/* Of one that was created, mapped or not, or is all zeros. */
void supply_cache_destroy(struct supply_cache *cache);

#endif
