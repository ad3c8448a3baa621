// SPDX-License-Identifier: Apache-2.0
#include "secure/blinder_parts.h"

#include <stdlib.h>
#include <string.h>

/* Each of the counted has signed the very U2 that this one was told: else one of them may have
 * blinded with others than those whose secrets are given. */
static enum status check_receipts(const struct blinder *blinder,
                                  const struct exchange_signed *given, size_t count)
{
    const struct blinder_options *options = &blinder->options;
    const struct blinder_places *delivered = &blinder->delivered;
    struct exchange_statement statement = {0};
    enum status status =
        exchange_make_statement(&statement, blinder->board, delivered->places, delivered->count);
    for (size_t i = 0; i < count && status == STATUS_OK; i++) {
        const uint32_t place = exchange_number(given[i].place);
        if (exchange_verify_list(given[i].signature, EXCHANGE_DELIVERED, &statement,
                                 &options->context, options->sign_keys[place])) {
            continue;
        }
        status = status_fail(STATUS_BAD_MESSAGE,
                             "list of the counted: place %u has not signed our list of who"
                             " delivered",
                             (unsigned)place);
    }
    free(statement.bytes);
    return status;
}

/* Each of the counted has as many of its holders counted as the threshold says: with fewer, all its
 * honest neighbours could be named as lost. */
static enum status check_company(const struct blinder *blinder,
                                 const struct blinder_places *counted)
{
    uint32_t holders[SHAMIR_HOLDERS_MAX];
    for (size_t i = 0; i < counted->count; i++) {
        const uint32_t place = counted->places[i];
        size_t of = 0, there = 0;
        const enum status status = neighbours_holders(holders, &of, &blinder->graph, place);
        if (status != STATUS_OK) return status;
        for (size_t h = 0; h < of; h++) {
            there += exchange_find(counted->places, counted->count, holders[h]) < counted->count;
        }
        if (there >= blinder->plan.threshold) continue;
        return status_fail(STATUS_BAD_MESSAGE,
                           "list of the counted: %zu holders of place %u, allowed: at least %zu",
                           there, (unsigned)place, blinder->plan.threshold);
    }
    return STATUS_OK;
}

static enum status check_counted(const struct blinder *blinder,
                                 const struct blinder_places *counted,
                                 const struct exchange_signed *given)
{
    const uint32_t self = blinder->options.self;
    if (exchange_find(counted->places, counted->count, self) == counted->count) {
        return status_fail(STATUS_BAD_MESSAGE,
                           "list of the counted: without place %u, our own, allowed: one is told"
                           " only to those in it",
                           (unsigned)self);
    }
    if (!blinder->blinded) {
        return status_fail(STATUS_BAD_MESSAGE,
                           "list of the counted: place %u, our own, allowed: those who gave an"
                           " update",
                           (unsigned)self);
    }
    const enum status status = check_receipts(blinder, given, counted->count);
    return status != STATUS_OK ? status : check_company(blinder, counted);
}

static enum status read_counted(struct blinder_places *counted, const struct blinder *blinder,
                                const uint8_t *payload, size_t size)
{
    const struct exchange_number *number = (const struct exchange_number *)payload;
    const struct exchange_signed *given = (const struct exchange_signed *)(number + 1);
    const size_t count = size < sizeof *number ? 0 : exchange_number(*number);
    if (size < sizeof *number || count > blinder->delivered.count ||
        size != sizeof *number + count * sizeof *given) {
        return status_fail(STATUS_BAD_MESSAGE,
                           "list of the counted: %zu bytes for %zu, allowed: at most %zu, each of"
                           " %zu",
                           size, count, blinder->delivered.count, sizeof *given);
    }
    struct exchange_number *numbers = calloc(count + 1, sizeof *numbers);
    if (numbers == NULL) return status_fail(STATUS_NO_MEMORY, "no memory for %zu places", count);
    for (size_t i = 0; i < count; i++) {
        numbers[i] = given[i].place;
    }
    enum status status = blinder_take_places(counted, numbers, count, &blinder->delivered, blinder,
                                             "list of the counted");
    free(numbers);
    if (status == STATUS_OK) status = check_counted(blinder, counted, given);
    if (status == STATUS_OK) return STATUS_OK;
    free(counted->places);
    *counted = (struct blinder_places){0};
    return status;
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
    exchange_sign_list(own->signature, EXCHANGE_COUNTED, &statement, &options->context,
                       options->sign_secret);
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
    const struct blinder_places *counted = &blinder->counted;
    const struct exchange_number *number = (const struct exchange_number *)payload;
    const struct exchange_signed *given = (const struct exchange_signed *)(number + 1);
    const size_t count = size < sizeof *number ? 0 : exchange_number(*number);
    if (size < sizeof *number || count > counted->count ||
        size != sizeof *number + count * sizeof *given) {
        return status_fail(STATUS_BAD_MESSAGE,
                           "signatures: %zu bytes for %zu, allowed: at most %zu, each of %zu", size,
                           count, counted->count, sizeof *given);
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
        if (exchange_find(counted->places, counted->count, place) == counted->count) {
            return status_fail(STATUS_BAD_MESSAGE,
                               "signatures: of place %u, allowed: those on the list",
                               (unsigned)place);
        }
        if (!exchange_verify_list(given[i].signature, EXCHANGE_COUNTED, statement,
                                  &options->context, options->sign_keys[place])) {
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
