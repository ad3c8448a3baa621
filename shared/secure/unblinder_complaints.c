// SPDX-License-Identifier: Apache-2.0
#include "secure/unblinder_parts.h"

#include <stdlib.h>
#include <string.h>

static enum status check_receipt(const struct unblinder *unblinder, uint32_t place,
                                 const uint8_t *payload, size_t size)
{
    const struct exchange_receipt *receipt = (const struct exchange_receipt *)payload;
    const enum status status =
        unblinder_check_sender(place, payload, size, sizeof *receipt, "a receipt");
    if (status != STATUS_OK) return status;
    const size_t count = exchange_number(receipt->count);
    if (count > unblinder->plan.holders ||
        size != sizeof *receipt + count * sizeof *receipt->makers) {
        return status_fail(STATUS_BAD_MESSAGE,
                           "place %u: %zu complaints in %zu bytes, allowed: at most %zu, each of"
                           " %zu",
                           (unsigned)place, count, size, unblinder->plan.holders,
                           sizeof *receipt->makers);
    }
    if (exchange_verify_list(receipt->signature, EXCHANGE_DELIVERED, &unblinder->delivered,
                             &unblinder->options.context, unblinder->options.sign_keys[place])) {
        return STATUS_OK;
    }
    return status_fail(STATUS_BAD_MESSAGE, "place %u: it has not signed the list of who delivered",
                       (unsigned)place);
}

static enum status check_complaints(const struct unblinder *unblinder, uint32_t place,
                                    const struct exchange_receipt *receipt)
{
    const struct unblinder_options *options = &unblinder->options;
    for (size_t i = 0; i < exchange_number(receipt->count); i++) {
        const uint32_t maker = exchange_number(receipt->makers[i].place);
        const struct unblinder_member *member = unblinder_member(unblinder, maker);
        if (!unblinder_delivered(unblinder, member) ||
            unblinder_holder(unblinder, member, place) == unblinder->plan.holders ||
            (i > 0 && maker <= exchange_number(receipt->makers[i - 1].place))) {
            return status_fail(STATUS_BAD_MESSAGE,
                               "place %u: a complaint of place %u, allowed: of those whose holder"
                               " it is, ascending",
                               (unsigned)place, (unsigned)maker);
        }
        const struct exchange_way way = {maker, place};
        if (!exchange_verify_complaint(receipt->makers[i].signature, way, &options->context,
                                       unblinder->board, options->sign_keys[place])) {
            return status_fail(STATUS_BAD_MESSAGE,
                               "place %u: it has not signed its complaint of place %u",
                               (unsigned)place, (unsigned)maker);
        }
    }
    return STATUS_OK;
}

enum status unblinder_take_receipt(struct unblinder *unblinder, uint32_t place,
                                   const uint8_t *payload, size_t size, const uint32_t **makers,
                                   size_t *count)
{
    *makers = unblinder->places;
    *count = 0;
    if (unblinder->stage > UNBLINDER_UPDATES) return STATUS_OK; // too late
    struct unblinder_member *holder = unblinder_member(unblinder, place);
    if (!unblinder_delivered(unblinder, holder)) {
        return status_fail(STATUS_BAD_MESSAGE,
                           "place %u: a receipt, allowed: of those who were sent parcels",
                           (unsigned)place);
    }
    const struct exchange_receipt *receipt = (const struct exchange_receipt *)payload;
    if (holder->has[EXCHANGE_STEP_RECEIPT] && size == sizeof *receipt &&
        memcmp(receipt->signature, holder->receipt, sizeof holder->receipt) == 0) {
        return STATUS_OK; // said again and again until the list is here
    }
    enum status status = check_receipt(unblinder, place, payload, size);
    if (status == STATUS_OK) status = check_complaints(unblinder, place, receipt);
    if (status != STATUS_OK) return status;
    memcpy(holder->receipt, receipt->signature, sizeof holder->receipt);
    holder->has[EXCHANGE_STEP_RECEIPT] = true;
    const size_t holders = unblinder->plan.holders;
    for (size_t i = 0; i < exchange_number(receipt->count); i++) {
        const struct exchange_signed *given = &receipt->makers[i];
        struct unblinder_member *member =
            unblinder_member(unblinder, exchange_number(given->place));
        if (member->complaints == NULL) {
            member->complaints = calloc(holders, sizeof *member->complaints);
            if (member->complaints == NULL) {
                return status_fail(STATUS_NO_MEMORY, "no memory for complaints");
            }
        }
        struct unblinder_complaint *kept =
            &member->complaints[unblinder_holder(unblinder, member, place)];
        if (kept->state == UNBLINDER_CONTENT) kept->state = UNBLINDER_UNSETTLED;
        memcpy(kept->signature, given->signature, sizeof kept->signature);
        unblinder->places[(*count)++] = member->place;
    }
    return STATUS_OK;
}

/* The complaint of a holder of the member, or NULL. */
static struct unblinder_complaint *find_complaint(const struct unblinder *unblinder,
                                                  const struct unblinder_member *member,
                                                  uint32_t holder)
{
    if (member == NULL || member->complaints == NULL) return NULL;
    const size_t at = unblinder_holder(unblinder, member, holder);
    if (at == unblinder->plan.holders) return NULL;
    struct unblinder_complaint *complaint = &member->complaints[at];
    return complaint->state == UNBLINDER_CONTENT ? NULL : complaint;
}

enum status unblinder_complaint(const struct unblinder *unblinder, uint32_t maker, uint32_t holder,
                                uint8_t **out, size_t *out_size)
{
    const struct unblinder_complaint *kept =
        find_complaint(unblinder, unblinder_member(unblinder, maker), holder);
    assert(kept != NULL);
    struct exchange_complaint complaint = {exchange_record(maker), exchange_record(holder), {0}};
    memcpy(complaint.signature, kept->signature, sizeof complaint.signature);
    return exchange_copy(out, out_size, &complaint, sizeof complaint);
}

enum status unblinder_take_opening(struct unblinder *unblinder, uint32_t place,
                                   const uint8_t *payload, size_t size, uint32_t *holder)
{
    *holder = UNBLINDER_NOBODY;
    if (unblinder->stage > UNBLINDER_UPDATES) return STATUS_OK; // too late
    const struct exchange_opening *opening = (const struct exchange_opening *)payload;
    const enum status status =
        unblinder_check_sender(place, payload, size, sizeof *opening, "an opening");
    if (status != STATUS_OK) return status;
    if (size != sizeof *opening) {
        return status_fail(STATUS_BAD_MESSAGE, "place %u: an opening of %zu bytes, allowed: %zu",
                           (unsigned)place, size, sizeof *opening);
    }
    const struct unblinder_member *member = unblinder_member(unblinder, place);
    const uint32_t for_whom = exchange_number(opening->holder);
    struct unblinder_complaint *complaint = find_complaint(unblinder, member, for_whom);
    if (complaint == NULL) {
        return status_fail(STATUS_BAD_MESSAGE,
                           "place %u: an opening for place %u, allowed: for who complained",
                           (unsigned)place, (unsigned)for_whom);
    }
    const size_t at = unblinder_holder(unblinder, member, for_whom);
    for (size_t which = 0; which < EXCHANGE_SECRETS; which++) {
        if (!exchange_is_committed(
                &opening->contents[which], member->shares->parcels[at].commitments[which],
                (uint8_t)(at + 1), &unblinder->options.context, place, (enum shamir_secret)which)) {
            return status_fail(STATUS_BAD_MESSAGE,
                               "place %u: its opening for place %u is not what it committed to",
                               (unsigned)place, (unsigned)for_whom);
        }
    }
    complaint->state = UNBLINDER_SETTLED;
    *holder = for_whom;
    return STATUS_OK;
}
