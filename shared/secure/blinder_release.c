// SPDX-License-Identifier: Apache-2.0
#include "secure/blinder_parts.h"

#include <stdlib.h>
#include <string.h>

static enum status read_counted(struct blinder_places *counted, const struct blinder *blinder,
                                const uint8_t *payload, size_t size)
{
    const struct exchange_number *numbers = (const struct exchange_number *)payload;
    const size_t count = size < sizeof *numbers ? 0 : exchange_number(numbers[0]);
    if (size < sizeof *numbers || count > blinder->delivered.count ||
        size != (1 + count) * sizeof *numbers) {
        return status_fail(STATUS_BAD_MESSAGE,
                           "list of the counted: %zu bytes for %zu, allowed: at most %zu, each of"
                           " %zu",
                           size, count, blinder->delivered.count, sizeof *numbers);
    }
    const enum status status = blinder_take_places(counted, numbers + 1, count, &blinder->delivered,
                                                   blinder, "list of the counted");
    if (status != STATUS_OK) return status;
    const uint32_t self = blinder->options.self;
    if (blinder->blinded || exchange_find(counted->places, count, self) == count) return STATUS_OK;
    free(counted->places);
    *counted = (struct blinder_places){0};
    return status_fail(STATUS_BAD_MESSAGE,
                       "list of the counted: place %u, our own, allowed: those who gave an update",
                       (unsigned)self);
}

enum status blinder_take_counted(struct blinder *blinder, const uint8_t *payload, size_t size,
                                 uint8_t **out, size_t *out_size)
{
    const struct blinder_options *options = &blinder->options;
    bool fresh = false;
    enum status status =
        blinder_begin(blinder, EXCHANGE_STEP_COUNTED, payload, size, out, out_size, &fresh);
    if (status != STATUS_OK || !fresh) return status;
    struct blinder_places counted = {0};
    status = read_counted(&counted, blinder, payload, size);
    if (status != STATUS_OK) return status;
    struct exchange_statement statement = {0};
    struct exchange_signed *own = malloc(sizeof *own);
    status = exchange_make_statement(&statement, blinder->board, counted.places, counted.count);
    if (status == STATUS_OK && own == NULL) {
        status = status_fail(STATUS_NO_MEMORY, "no memory for a signature");
    }
    if (status != STATUS_OK) {
        free(own);
        free(statement.bytes);
        free(counted.places);
        return status;
    }
    own->place = exchange_record(options->self);
    exchange_sign_counted(own->signature, &statement, &options->context, options->sign_secret);
    free(statement.bytes);
    blinder->counted = counted;
    // From here on nobody's parcel is opened and nothing is blinded any more.
    sodium_memzero(blinder->dealt, sizeof blinder->dealt);
    sodium_memzero(blinder->own_seed, sizeof blinder->own_seed);
    sodium_memzero(blinder->pair_seeds, sizeof blinder->pair_seeds);
    blinder_finish(blinder, EXCHANGE_STEP_COUNTED, payload, size, (uint8_t *)own, sizeof *own);
    return blinder_answer(blinder, EXCHANGE_STEP_COUNTED, out, out_size);
}

static enum status check_signatures(const struct blinder *blinder, const uint8_t *payload,
                                    size_t size, const struct exchange_statement *statement)
{
    const struct blinder_options *options = &blinder->options;
    const struct blinder_places *present = &blinder->present;
    const struct exchange_number *number = (const struct exchange_number *)payload;
    const struct exchange_signed *given = (const struct exchange_signed *)(number + 1);
    const size_t count = size < sizeof *number ? 0 : exchange_number(*number);
    if (size < sizeof *number || count > present->count ||
        size != sizeof *number + count * sizeof *given) {
        return status_fail(STATUS_BAD_MESSAGE,
                           "signatures: %zu bytes for %zu, allowed: at most %zu, each of %zu", size,
                           count, present->count, sizeof *given);
    }
    if (count < blinder->plan.quorum) {
        return status_fail(STATUS_BAD_MESSAGE, "signatures: %zu, allowed: at least %zu", count,
                           blinder->plan.quorum);
    }
    for (size_t i = 0; i < count; i++) {
        const uint32_t place = exchange_number(given[i].place);
        if (i > 0 && place <= exchange_number(given[i - 1].place)) {
            return status_fail(STATUS_BAD_MESSAGE,
                               "signatures: place %u after %u, allowed: ascending, each once",
                               (unsigned)place, (unsigned)exchange_number(given[i - 1].place));
        }
        if (exchange_find(present->places, present->count, place) == present->count) {
            return status_fail(STATUS_BAD_MESSAGE,
                               "signatures: of place %u, allowed: those on the board",
                               (unsigned)place);
        }
        if (!exchange_verify_counted(given[i].signature, statement, &options->context,
                                     options->sign_keys[place])) {
            return status_fail(STATUS_BAD_MESSAGE,
                               "signatures: place %u has not signed our list of the counted",
                               (unsigned)place);
        }
    }
    return STATUS_OK;
}

enum status blinder_take_signatures(struct blinder *blinder, const uint8_t *payload, size_t size)
{
    bool fresh = false;
    uint8_t *out = NULL;
    size_t out_size = 0;
    struct exchange_statement statement;
    enum status status =
        blinder_begin(blinder, EXCHANGE_STEP_SIGNATURES, payload, size, &out, &out_size, &fresh);
    if (status != STATUS_OK || !fresh) return status;
    status = exchange_make_statement(&statement, blinder->board, blinder->counted.places,
                                     blinder->counted.count);
    if (status != STATUS_OK) return status;
    status = check_signatures(blinder, payload, size, &statement);
    free(statement.bytes);
    if (status != STATUS_OK) return status;
    blinder_finish(blinder, EXCHANGE_STEP_SIGNATURES, payload, size, NULL, 0);
    return STATUS_OK;
}

/* Of each maker one secret: whoever has both opens an upload. */
static void fill_release(struct exchange_release *release, const struct blinder *blinder)
{
    const struct blinder_places *counted = &blinder->counted;
    size_t count = 0;
    for (size_t i = 0; i < blinder->holders; i++) {
        const struct blinder_held *held = &blinder->held[i];
        if (held->state != BLINDER_RIGHT && held->state != BLINDER_OPENED) continue;
        const bool is_counted =
            exchange_find(counted->places, counted->count, held->maker) < counted->count;
        const enum shamir_secret which = is_counted ? SHAMIR_OWN_SEED : SHAMIR_SECRET_KEY;
        release->shares[count++] = (struct exchange_released){
            exchange_record(held->maker), exchange_record(which), held->contents[which]};
    }
    release->holder = exchange_record(blinder->options.self);
    release->count = exchange_record((uint32_t)count);
}

enum status blinder_release(struct blinder *blinder, uint8_t **out, size_t *out_size)
{
    *out = NULL;
    *out_size = 0;
    if (blinder->stage == BLINDER_RELEASED) {
        return blinder_answer(blinder, EXCHANGE_STEP_RELEASE, out, out_size);
    }
    if (blinder->stage != BLINDER_AGREED) {
        return status_fail(STATUS_BAD_MESSAGE,
                           "a release out of order, allowed: after the signatures");
    }
    struct exchange_release *release = NULL;
    const size_t most = sizeof *release + blinder->holders * sizeof *release->shares;
    release = calloc(1, most);
    if (release == NULL) return status_fail(STATUS_NO_MEMORY, "no memory for %zu bytes", most);
    fill_release(release, blinder);
    blinder->answers[EXCHANGE_STEP_RELEASE] = (struct blinder_answer){
        .given = true,
        .bytes = (uint8_t *)release,
        .size = sizeof *release + exchange_number(release->count) * sizeof *release->shares};
    sodium_memzero(blinder->held, sizeof blinder->held);
    blinder->stage = BLINDER_RELEASED;
    return blinder_answer(blinder, EXCHANGE_STEP_RELEASE, out, out_size);
}
