// SPDX-License-Identifier: Apache-2.0
#include "session/ledger.h"

#include "base/limits.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static bool is_same_model(const struct ledger_entry *entry, const uint8_t model[DIGEST_BYTES])
{
    return memcmp(entry->model, model, DIGEST_BYTES) == 0;
}

/* Whether an update was blinded on the model. The newest entries are the likeliest. */
static bool was_blinded(const struct ledger *ledger, const uint8_t model[DIGEST_BYTES])
{
    for (size_t i = ledger->count; i > 0; i--) {
        const struct ledger_entry *entry = &ledger->list[i - 1];
        if (entry->kind == LEDGER_BLINDED && is_same_model(entry, model)) return true;
    }
    return false;
}

enum status ledger_add(struct ledger *ledger, const struct ledger_entry *entry)
{
    assert(entry->count > 0 && entry->count <= LIMIT_COHORT_SECURE);
    if (ledger->count == LEDGER_MAX) {
        return status_fail(STATUS_FULL, "a ledger takes at most %d entries", LEDGER_MAX);
    }
    if (ledger->count == ledger->room) {
        const size_t room = ledger->room == 0 ? 16 : 2 * ledger->room;
        struct ledger_entry *list = realloc(ledger->list, room * sizeof *list);
        if (list == NULL) return status_fail(STATUS_NO_MEMORY, "out of memory for a ledger");
        ledger->list = list;
        ledger->room = room;
    }
    uint32_t *places = calloc(entry->count, sizeof *places);
    if (places == NULL) return status_fail(STATUS_NO_MEMORY, "out of memory for a ledger");
    memcpy(places, entry->places, entry->count * sizeof *places);
    if (entry->kind == LEDGER_BLINDED) ledger->models += !was_blinded(ledger, entry->model);
    struct ledger_entry *added = &ledger->list[ledger->count++];
    *added = *entry;
    added->places = places;
    return STATUS_OK;
}

void ledger_destroy(struct ledger *ledger)
{
    for (size_t i = 0; i < ledger->count; i++) {
        free((void *)(uintptr_t)ledger->list[i].places);
    }
    free(ledger->list);
    *ledger = (struct ledger){0};
}

/* Under another roster the same places are other people. */
static enum status check_roster(const struct ledger *ledger, const struct ledger_entry *next)
{
    for (size_t i = 0; i < ledger->count; i++) {
        const struct ledger_entry *earlier = &ledger->list[i];
        if (!is_same_model(earlier, next->model)) continue;
        if (memcmp(earlier->roster, next->roster, DIGEST_BYTES) == 0) continue;
        return status_fail(STATUS_BAD_MESSAGE,
                           "the roster was another one in round %u, attempt %u, on the same model,"
                           " allowed: one roster for a model",
                           (unsigned)earlier->round, (unsigned)earlier->attempt);
    }
    return STATUS_OK;
}

static enum status check_signed(const struct ledger *ledger, const struct ledger_entry *next)
{
    for (size_t i = 0; i < ledger->count; i++) {
        const struct ledger_entry *earlier = &ledger->list[i];
        if (earlier->kind != LEDGER_SIGNED || !is_same_model(earlier, next->model)) continue;
        const size_t differ =
            exchange_difference(earlier->places, earlier->count, next->places, next->count);
        if (differ == 0) continue;
        return status_fail(STATUS_BAD_MESSAGE,
                           "the counted differ in %zu places from those of round %u, attempt %u,"
                           " that were signed on the same model, allowed: the same list",
                           differ, (unsigned)earlier->round, (unsigned)earlier->attempt);
    }
    return STATUS_OK;
}

/* Marks the entry's places; returns how many were not marked before. */
static size_t mark(bool marked[LIMIT_PARTICIPANTS], const struct ledger_entry *entry)
{
    size_t fresh = 0;
    for (size_t i = 0; i < entry->count; i++) {
        fresh += !marked[entry->places[i]];
        marked[entry->places[i]] = true;
    }
    return fresh;
}

static enum status check_blinded(const struct ledger *ledger, const struct ledger_entry *next,
                                 size_t cohort)
{
    bool *marked = calloc(LIMIT_PARTICIPANTS, sizeof *marked);
    if (marked == NULL) return status_fail(STATUS_NO_MEMORY, "out of memory for a ledger");
    size_t together = mark(marked, next);
    for (size_t i = 0; i < ledger->count; i++) {
        const struct ledger_entry *earlier = &ledger->list[i];
        if (earlier->kind != LEDGER_BLINDED || !is_same_model(earlier, next->model)) continue;
        together += mark(marked, earlier);
    }
    free(marked);
    if (together <= cohort) return STATUS_OK;
    return status_fail(STATUS_BAD_MESSAGE,
                       "with those of earlier attempts on the same model, %zu participants are on"
                       " the board, allowed: one cohort of %zu",
                       together, cohort);
}

enum status ledger_check(const struct ledger *ledger, const struct ledger_entry *next,
                         size_t cohort)
{
    const enum status status = check_roster(ledger, next);
    if (status != STATUS_OK) return status;
    return next->kind == LEDGER_SIGNED ? check_signed(ledger, next)
                                       : check_blinded(ledger, next, cohort);
}

enum status ledger_check_given(const struct ledger *ledger, const uint8_t model[DIGEST_BYTES],
                               bool held, size_t models_max)
{
    const bool given = was_blinded(ledger, model);
    if (given && !held) {
        return status_fail(STATUS_BAD_MESSAGE, "an update on the same model was given and is gone"
                                               " here; another one would not be the same");
    }
    if (given || ledger->models < models_max) return STATUS_OK;
    return status_fail(STATUS_BAD_MESSAGE,
                       "updates on %zu models were given from this folder, for as many rounds as"
                       " federation.dp promises; allowed: no more",
                       ledger->models);
}
