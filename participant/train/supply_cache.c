// SPDX-License-Identifier: Apache-2.0
#include "train/supply_cache.h"

#include "base/files.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { NAME_TRIES = 100 };

/* What cannot be made or written, and what it needs. */
static enum status fail(const struct supply_cache *cache, int error)
{
    return status_fail(STATUS_IO,
                       "%s: %s; %zu bytes are needed for bands: data.cache must name a folder with "
                       "as much room, or data.memory allow as much memory",
                       cache->path, strerror(error), cache->bytes);
}

static enum status open_new(struct supply_cache *cache, const char *folder)
{
    for (int i = 0; i < NAME_TRIES; i++) {
        char name[64];
        (void)snprintf(name, sizeof name, "bands-%ld-%d.tmp", (long)getpid(), i);
        const enum status status = files_join(cache->path, folder, name);
        if (status != STATUS_OK) return status;
        cache->file = open(cache->path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
        if (cache->file >= 0) break;
        if (errno != EEXIST) return fail(cache, errno);
    }
    if (cache->file < 0) return fail(cache, EEXIST);
    return unlink(cache->path) == 0 ? STATUS_OK : fail(cache, errno);
}

enum status supply_cache_create(struct supply_cache *cache, const char *folder, size_t bytes)
{
    assert(bytes > 0);
    *cache = (struct supply_cache){.file = -1, .bytes = bytes};
    if (bytes > LIMIT_FILE_CACHE) {
        return status_fail(STATUS_FULL, "%s: %zu bytes of bands, at most %zu allowed", folder,
                           bytes, LIMIT_FILE_CACHE);
    }
    enum status status = open_new(cache, folder);
    if (status == STATUS_OK) {
        const int error = posix_fallocate(cache->file, 0, (off_t)bytes);
        if (error != 0) status = fail(cache, error);
    }
    if (status != STATUS_OK) supply_cache_destroy(cache);
    return status;
}

enum status supply_cache_write(struct supply_cache *cache, const float *numbers, size_t count,
                               size_t first)
{
    assert(cache->file >= 0 && (first + count) * sizeof *numbers <= cache->bytes);
    const char *bytes = (const char *)numbers;
    size_t left = count * sizeof *numbers, at = first * sizeof *numbers;
    while (left > 0) {
        const ssize_t written = pwrite(cache->file, bytes, left, (off_t)at);
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) return fail(cache, written < 0 ? errno : ENOSPC);
        bytes += written;
        left -= (size_t)written;
        at += (size_t)written;
    }
    return STATUS_OK;
}

enum status supply_cache_map(struct supply_cache *cache)
{
    assert(cache->file >= 0);
    void *mapped = mmap(NULL, cache->bytes, PROT_READ, MAP_SHARED, cache->file, 0);
    if (mapped == MAP_FAILED) return fail(cache, errno);
    // Images are read in random order; what lies around one is not read with it.
    (void)madvise(mapped, cache->bytes, MADV_RANDOM);
    cache->numbers = mapped;
    close(cache->file);
    cache->file = -1;
    return STATUS_OK;
}

/* Advice about the pages on which some numbers stand. */
static void advise(const struct supply_cache *cache, size_t first, size_t count, int advice)
{
    const uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    const uintptr_t start = (uintptr_t)(cache->numbers + first) / page * page;
    const uintptr_t end = (uintptr_t)(cache->numbers + first + count);
    (void)madvise((void *)start, end - start, advice);
}

void supply_cache_fetch(const struct supply_cache *cache, size_t first, size_t count)
{
    advise(cache, first, count, MADV_WILLNEED);
}

void supply_cache_release(const struct supply_cache *cache, size_t first, size_t count)
{
    advise(cache, first, count, MADV_DONTNEED);
}

void supply_cache_destroy(struct supply_cache *cache)
{
    if (cache->numbers != NULL) (void)munmap((void *)(uintptr_t)cache->numbers, cache->bytes);
    if (cache->bytes > 0 && cache->file >= 0) close(cache->file);
    *cache = (struct supply_cache){0};
}
