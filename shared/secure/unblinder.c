// SPDX-License-Identifier: Apache-2.0
#include "secure/unblinder.h"

#include "base/sizes.h"
#include "secure/unblinder_parts.h"

#include <stdlib.h>
#include <string.h>

enum status unblinder_create(struct unblinder **unblinder, const struct unblinder_options *options)
{
    assert(options->count <= LIMIT_COHORT_SECURE && options->threads >= 1);
    assert(options->cohort_min >= NEIGHBOURS_PARTICIPANTS_MIN);
    sodium_ready();
    *unblinder = NULL;
    struct unblinder *made = calloc(1, sizeof *made);
    if (made == NULL) return status_fail(STATUS_NO_MEMORY, "no memory for a secure exchange");
    made->options = *options;
    made->options.cohort = NULL;
    made->count = options->count;
    made->members = calloc(options->count + 1, sizeof *made->members);
    made->places = calloc(options->count + 1, sizeof *made->places);
    if (made->members == NULL || made->places == NULL) {
        unblinder_destroy(&made);
        return status_fail(STATUS_NO_MEMORY, "no memory for a secure exchange of %zu",
                           options->count);
    }
    for (size_t i = 0; i < options->count; i++) {
        assert(options->cohort[i] < options->members);
        assert(i == 0 || options->cohort[i] > options->cohort[i - 1]);
        made->members[i].place = options->cohort[i];
    }
    *unblinder = made;
    return STATUS_OK;
}

static void forget_member(struct unblinder_member *member, size_t threshold)
{
    free(member->shares);
    free(member->holders);
    free(member->complaints);
    if (member->released != NULL) shamir_wipe(member->released, threshold);
    free(member->released);
}

void unblinder_destroy(struct unblinder **unblinder)
{
    struct unblinder *old = *unblinder;
    if (old == NULL) return;
    for (size_t i = 0; old->members != NULL && i < old->count; i++) {
        forget_member(&old->members[i], old->plan.threshold);
    }
    neighbours_destroy(&old->graph);
    if (old->seeds != NULL) sodium_memzero(old->seeds, old->seed_count * sizeof *old->seeds);
    free(old->seeds);
    free(old->signatures);
    free(old->delivered.bytes);
    free(old->statement.bytes);
    free(old->places);
    free(old->members);
    free(old);
    *unblinder = NULL;
}

struct unblinder_member *unblinder_member(const struct unblinder *unblinder, uint32_t place)
{
    size_t low = 0, high = unblinder->count;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (unblinder->members[middle].place < place) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    const bool found = low < unblinder->count && unblinder->members[low].place == place;
    return found ? &unblinder->members[low] : NULL;
}

bool unblinder_delivered(const struct unblinder *unblinder, const struct unblinder_member *member)
{
    return unblinder->stage >= UNBLINDER_UPDATES && member != NULL &&
           member->has[EXCHANGE_STEP_SHARES];
}

size_t unblinder_holder(const struct unblinder *unblinder, const struct unblinder_member *member,
                        uint32_t place)
{
    return exchange_find(member->holders, unblinder->plan.holders, place);
}

enum status unblinder_check_enough(const struct unblinder *unblinder, size_t count,
                                   const char *what)
{
    const size_t least = sizes_most(unblinder->options.cohort_min, unblinder->plan.left);
    if (count >= least) return STATUS_OK;
    return status_fail(STATUS_NOT_FOUND, "%s of %zu participants, allowed: at least %zu", what,
                       count, least);
}

enum status unblinder_check_sender(uint32_t place, const uint8_t *payload, size_t size,
                                   size_t size_min, const char *what)
{
    if (size < size_min) {
        return status_fail(STATUS_BAD_MESSAGE, "place %u: %s of %zu bytes, allowed: at least %zu",
                           (unsigned)place, what, size, size_min);
    }
    const uint32_t named = exchange_number(*(const struct exchange_number *)payload);
    if (named == place) return STATUS_OK;
    return status_fail(STATUS_BAD_MESSAGE, "place %u: %s of place %u, allowed: its own",
                       (unsigned)place, what, (unsigned)named);
}

bool unblinder_has(const struct unblinder *unblinder, enum exchange_step step, uint32_t place)
{
    const struct unblinder_member *member = unblinder_member(unblinder, place);
    return member != NULL && member->has[step];
}

bool unblinder_is_member(const struct unblinder *unblinder, uint32_t place)
{
    const struct unblinder_member *member = unblinder_member(unblinder, place);
    if (member == NULL || unblinder->stage < UNBLINDER_UPDATES) return member != NULL;
    return unblinder->stage == UNBLINDER_UPDATES ? unblinder_delivered(unblinder, member)
                                                 : member->counted;
}

bool unblinder_is_disputed(const struct unblinder *unblinder, uint32_t place)
{
    const struct unblinder_member *member = unblinder_member(unblinder, place);
    if (member == NULL || member->complaints == NULL) return false;
    for (size_t i = 0; i < unblinder->plan.holders; i++) {
        if (member->complaints[i].state == UNBLINDER_UNSETTLED) return true;
    }
    return false;
}

bool unblinder_may_count(const struct unblinder *unblinder, uint32_t place)
{
    const struct unblinder_member *member = unblinder_member(unblinder, place);
    return unblinder_delivered(unblinder, member) && member->has[EXCHANGE_STEP_RECEIPT] &&
           !unblinder_is_disputed(unblinder, place);
}

const struct neighbours_plan *unblinder_plan(const struct unblinder *unblinder)
{
    assert(unblinder->stage > UNBLINDER_KEYS);
    return &unblinder->plan;
}
