// SPDX-License-Identifier: Apache-2.0
#include "session/releases.h"

#include "base/limits.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum status releases_add(struct releases *releases, const struct release *release)
{
    assert(release->count > 0 && release->count <= LIMIT_COHORT_SECURE);
    if (releases->count == RELEASES_MAX) {
        return status_fail(STATUS_FULL, "at most %d releases are remembered", RELEASES_MAX);
    }
    if (releases->count == releases->room) {
        const size_t room = releases->room == 0 ? 16 : 2 * releases->room;
        struct release *list = realloc(releases->list, room * sizeof *list);
        if (list == NULL) return status_fail(STATUS_NO_MEMORY, "out of memory for releases");
        releases->list = list;
        releases->room = room;
    }
    uint32_t *places = calloc(release->count, sizeof *places);
    if (places == NULL) return status_fail(STATUS_NO_MEMORY, "out of memory for releases");
    memcpy(places, release->places, release->count * sizeof *places);
    struct release *added = &releases->list[releases->count++];
    *added = *release;
    added->places = places;
    return STATUS_OK;
}

void releases_destroy(struct releases *releases)
{
    for (size_t i = 0; i < releases->count; i++) {
        free((void *)(uintptr_t)releases->list[i].places);
    }
    free(releases->list);
    *releases = (struct releases){0};
}

static size_t difference(const struct release *a, const struct release *b)
{
    return exchange_difference(a->places, a->count, b->places, b->count);
}

enum status releases_check(const struct releases *releases, const struct release *next,
                           size_t cohort_min, bool once)
{
    const struct release *first = NULL; // for this model
    bool same = false, second = false;
    for (size_t i = 0; i < releases->count; i++) {
        const struct release *earlier = &releases->list[i];
        if (memcmp(earlier->model, next->model, DIGEST_BYTES) != 0) continue;
        if (once) {
            return status_fail(STATUS_BAD_MESSAGE,
                               "shares were given on the same model in round %u, attempt %u, and "
                               "are not given again: the noise would be another",
                               (unsigned)earlier->round, (unsigned)earlier->attempt);
        }
        if (first == NULL) first = earlier;
        second = second || difference(earlier, first) > 0;
        const size_t differ = difference(earlier, next);
        same = same || differ == 0;
        if (differ == 0 || differ >= cohort_min) continue;
        return status_fail(STATUS_BAD_MESSAGE,
                           "the counted differ in %zu places from those of round %u, attempt %u,"
                           " for whom shares were given on the same model; allowed are 0, or %zu"
                           " and more",
                           differ, (unsigned)earlier->round, (unsigned)earlier->attempt,
                           cohort_min);
    }
    if (same || !second) return STATUS_OK;
    return status_fail(STATUS_BAD_MESSAGE, "shares were given for two different lists of counted"
                                           " on the same model already; there is no third");
}
