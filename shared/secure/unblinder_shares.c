// SPDX-License-Identifier: Apache-2.0
#include "secure/unblinder_parts.h"

#include <stdlib.h>
#include <string.h>

static enum status check_shares(const struct unblinder *unblinder,
                                const struct unblinder_member *member, const uint8_t *payload,
                                size_t size)
{
    const struct unblinder_options *options = &unblinder->options;
    const struct exchange_shares *shares = (const struct exchange_shares *)payload;
    const uint32_t place = member->place;
    const uint8_t *sign_public = options->sign_keys[place];
    const enum status status =
        unblinder_check_sender(place, payload, size, sizeof *shares, "shares");
    if (status != STATUS_OK) return status;
    const size_t holders = unblinder->plan.holders;
    if (size != sizeof *shares + holders * sizeof *shares->parcels ||
        exchange_number(shares->count) != holders) {
        return status_fail(STATUS_BAD_MESSAGE,
                           "place %u: shares for %u holders in %zu bytes, allowed: %zu in %zu",
                           (unsigned)place, (unsigned)exchange_number(shares->count), size, holders,
                           sizeof *shares + holders * sizeof *shares->parcels);
    }
    if (!exchange_verify_secret(shares, &options->context, unblinder->board, sign_public)) {
        return status_fail(STATUS_BAD_MESSAGE,
                           "place %u: it has not signed the commitment to its seed",
                           (unsigned)place);
    }
    for (size_t i = 0; i < holders; i++) {
        const struct exchange_way way = {place, exchange_number(shares->parcels[i].place)};
        if (way.holder != member->holders[i]) {
            return status_fail(STATUS_BAD_MESSAGE,
                               "place %u: parcel for place %u, allowed: for %u, its next holder",
                               (unsigned)place, (unsigned)way.holder, (unsigned)member->holders[i]);
        }
        if (!exchange_verify_parcel(&shares->parcels[i], way, &options->context, unblinder->board,
                                    sign_public)) {
            return status_fail(STATUS_BAD_MESSAGE,
                               "place %u: it has not signed its parcel for place %u",
                               (unsigned)place, (unsigned)way.holder);
        }
    }
    return STATUS_OK;
}

enum status unblinder_take_shares(struct unblinder *unblinder, uint32_t place,
                                  const uint8_t *payload, size_t size)
{
    if (unblinder->stage > UNBLINDER_SHARES) return STATUS_OK; // too late
    struct unblinder_member *member = unblinder_member(unblinder, place);
    if (unblinder->stage < UNBLINDER_SHARES || member == NULL) {
        return status_fail(STATUS_BAD_MESSAGE, "place %u: shares, allowed: of those on the board",
                           (unsigned)place);
    }
    if (member->has[EXCHANGE_STEP_SHARES]) {
        const size_t had =
            sizeof *member->shares + unblinder->plan.holders * sizeof *member->shares->parcels;
        if (size == had && memcmp(member->shares, payload, size) == 0) return STATUS_OK;
        return status_fail(STATUS_BAD_MESSAGE,
                           "place %u: other shares, allowed: once in an attempt", (unsigned)place);
    }
    const enum status status = check_shares(unblinder, member, payload, size);
    if (status != STATUS_OK) return status;
    uint8_t *copy = NULL;
    const enum status copied = exchange_copy(&copy, &size, payload, size);
    if (copied != STATUS_OK) return copied;
    member->shares = (struct exchange_shares *)copy;
    member->has[EXCHANGE_STEP_SHARES] = true;
    return STATUS_OK;
}

/* Whoever has too few holders left would refuse U2, and its secrets could not be joined. */
static enum status check_holders(const struct unblinder *unblinder)
{
    for (size_t i = 0; i < unblinder->count; i++) {
        const struct unblinder_member *member = &unblinder->members[i];
        size_t left = 0;
        for (size_t h = 0; h < unblinder->plan.holders; h++) {
            left += unblinder_has(unblinder, EXCHANGE_STEP_SHARES, member->holders[h]);
        }
        if (member->has[EXCHANGE_STEP_SHARES] && left < unblinder->plan.threshold) {
            return status_fail(STATUS_NOT_FOUND,
                               "place %u: %zu of its holders delivered, allowed: at least %zu",
                               (unsigned)member->place, left, unblinder->plan.threshold);
        }
    }
    return STATUS_OK;
}

static enum status list_delivered(struct unblinder *unblinder)
{
    size_t delivered = 0;
    for (size_t i = 0; i < unblinder->count; i++) {
        const struct unblinder_member *member = &unblinder->members[i];
        if (member->has[EXCHANGE_STEP_SHARES]) unblinder->places[delivered++] = member->place;
    }
    return exchange_make_statement(&unblinder->delivered, unblinder->board, unblinder->places,
                                   delivered);
}

enum status unblinder_close_shares(struct unblinder *unblinder)
{
    assert(unblinder->stage == UNBLINDER_SHARES);
    size_t delivered = 0;
    for (size_t i = 0; i < unblinder->count; i++) {
        delivered += unblinder->members[i].has[EXCHANGE_STEP_SHARES];
    }
    enum status status = unblinder_check_enough(unblinder, delivered, "shares");
    if (status == STATUS_OK) status = check_holders(unblinder);
    if (status == STATUS_OK) status = list_delivered(unblinder);
    if (status == STATUS_OK) unblinder->stage = UNBLINDER_UPDATES;
    return status;
}

enum status unblinder_parcels(const struct unblinder *unblinder, uint32_t place, uint8_t **out,
                              size_t *out_size)
{
    const struct unblinder_member *holder = unblinder_member(unblinder, place);
    assert(unblinder_delivered(unblinder, holder));
    struct exchange_number *count = NULL;
    struct exchange_parcel *parcels = NULL;
    const size_t most =
        (2 + unblinder->count) * sizeof *count + unblinder->plan.holders * sizeof *parcels;
    *out_size = 0;
    *out = malloc(most);
    if (*out == NULL) return status_fail(STATUS_NO_MEMORY, "no memory for %zu bytes", most);
    struct exchange_number *list = (struct exchange_number *)*out;
    size_t delivered = 0, made = 0;
    for (size_t i = 0; i < unblinder->count; i++) {
        if (!unblinder->members[i].has[EXCHANGE_STEP_SHARES]) continue;
        list[1 + delivered++] = exchange_record(unblinder->members[i].place);
    }
    list[0] = exchange_record((uint32_t)delivered);
    count = list + 1 + delivered;
    parcels = (struct exchange_parcel *)(count + 1);
    // Whose holder it is are its own holders, see neighbours.h: being near is mutual.
    for (size_t i = 0; i < unblinder->plan.holders; i++) {
        const struct unblinder_member *maker = unblinder_member(unblinder, holder->holders[i]);
        if (!maker->has[EXCHANGE_STEP_SHARES]) continue;
        parcels[made] = maker->shares->parcels[unblinder_holder(unblinder, maker, place)];
        parcels[made++].place = exchange_record(maker->place);
    }
    *count = exchange_record((uint32_t)made);
    *out_size = (2 + delivered) * sizeof *count + made * sizeof *parcels;
    return STATUS_OK;
}
