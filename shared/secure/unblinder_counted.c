// SPDX-License-Identifier: Apache-2.0
#include "secure/unblinder_parts.h"

#include <stdlib.h>
#include <string.h>

/* Signatures of members, each with its place, behind their number; from malloc(). */
static enum status write_signed(uint8_t **out, size_t *out_size, const struct unblinder *unblinder,
                                bool receipts)
{
    struct exchange_number *number = NULL;
    struct exchange_signed *signatures = NULL;
    const size_t most = sizeof *number + unblinder->count * sizeof *signatures;
    size_t count = 0;
    *out_size = 0;
    *out = malloc(most);
    if (*out == NULL) return status_fail(STATUS_NO_MEMORY, "no memory for %zu bytes", most);
    number = (struct exchange_number *)*out;
    signatures = (struct exchange_signed *)(number + 1);
    for (size_t i = 0; i < unblinder->count; i++) {
        const struct unblinder_member *member = &unblinder->members[i];
        if (!(receipts ? member->counted : member->has[EXCHANGE_STEP_SIGNATURES])) continue;
        struct exchange_signed *signature = &signatures[count++];
        signature->place = exchange_record(member->place);
        memcpy(signature->signature, receipts ? member->receipt : member->signature,
               sizeof signature->signature);
    }
    *number = exchange_record((uint32_t)count);
    *out_size = sizeof *number + count * sizeof *signatures;
    return STATUS_OK;
}

/* Secrets of U2 are joined from shares that holders in U3 give, and a participant signs no list on
 * which one has fewer holders than that. */
static enum status check_company(const struct unblinder *unblinder, const uint32_t *places,
                                 size_t count)
{
    for (size_t i = 0; i < unblinder->count; i++) {
        const struct unblinder_member *member = &unblinder->members[i];
        size_t there = 0;
        if (!member->has[EXCHANGE_STEP_SHARES]) continue;
        for (size_t h = 0; h < unblinder->plan.holders; h++) {
            there += exchange_find(places, count, member->holders[h]) < count;
        }
        if (there >= unblinder->plan.threshold) continue;
        return status_fail(STATUS_NOT_FOUND,
                           "place %u: %zu of its holders are counted, allowed: at least %zu",
                           (unsigned)member->place, there, unblinder->plan.threshold);
    }
    return STATUS_OK;
}

static enum status fix_counted(struct unblinder *unblinder, const uint32_t *places, size_t count)
{
    for (size_t i = 0; i < unblinder->count; i++) {
        struct unblinder_member *member = &unblinder->members[i];
        if (member->released != NULL) continue; // memory was out before
        member->released = calloc(unblinder->plan.threshold, sizeof *member->released);
        if (member->released == NULL) {
            return status_fail(STATUS_NO_MEMORY, "no memory for %zu shares",
                               unblinder->plan.threshold);
        }
    }
    const enum status status =
        exchange_make_statement(&unblinder->statement, unblinder->board, places, count);
    if (status != STATUS_OK) return status;
    for (size_t i = 0; i < count; i++) {
        assert(i == 0 || places[i] > places[i - 1]);
        assert(unblinder_may_count(unblinder, places[i]));
        unblinder_member(unblinder, places[i])->counted = true;
    }
    return STATUS_OK;
}

enum status unblinder_counted(struct unblinder *unblinder, const uint32_t *places, size_t count,
                              uint8_t **out, size_t *out_size)
{
    assert(unblinder->stage >= UNBLINDER_UPDATES);
    *out = NULL;
    *out_size = 0;
    if (unblinder->stage == UNBLINDER_UPDATES) {
        enum status status = unblinder_check_enough(unblinder, count, "a sum");
        if (status == STATUS_OK) status = check_company(unblinder, places, count);
        if (status != STATUS_OK) return status;
        status = fix_counted(unblinder, places, count);
        if (status != STATUS_OK) return status;
        unblinder->stage = UNBLINDER_COUNTING;
    }
    return write_signed(out, out_size, unblinder, true);
}

enum status unblinder_take_signature(struct unblinder *unblinder, uint32_t place,
                                     const uint8_t *payload, size_t size)
{
    const struct unblinder_options *options = &unblinder->options;
    if (unblinder->stage > UNBLINDER_COUNTING) return STATUS_OK; // too late
    struct unblinder_member *member = unblinder_member(unblinder, place);
    if (unblinder->stage < UNBLINDER_COUNTING || member == NULL || !member->counted) {
        return status_fail(STATUS_BAD_MESSAGE,
                           "place %u: a signature, allowed: of those who were sent the list",
                           (unsigned)place);
    }
    const struct exchange_signed *given = (const struct exchange_signed *)payload;
    const enum status status =
        unblinder_check_sender(place, payload, size, sizeof *given, "a signature");
    if (status != STATUS_OK) return status;
    if (size != sizeof *given) {
        return status_fail(STATUS_BAD_MESSAGE, "place %u: a signature in %zu bytes, allowed: %zu",
                           (unsigned)place, size, sizeof *given);
    }
    if (!exchange_verify_list(given->signature, EXCHANGE_COUNTED, &unblinder->statement,
                              &options->context, options->sign_keys[place])) {
        return status_fail(STATUS_BAD_MESSAGE,
                           "place %u: it has not signed the list of the counted", (unsigned)place);
    }
    memcpy(member->signature, given->signature, sizeof member->signature);
    member->has[EXCHANGE_STEP_SIGNATURES] = true;
    return STATUS_OK;
}

static size_t signature_count(const struct unblinder *unblinder)
{
    size_t count = 0;
    for (size_t i = 0; i < unblinder->count; i++) {
        count += unblinder->members[i].has[EXCHANGE_STEP_SIGNATURES];
    }
    return count;
}

bool unblinder_has_quorum(const struct unblinder *unblinder)
{
    return unblinder->stage >= UNBLINDER_COUNTING &&
           signature_count(unblinder) >= unblinder->plan.quorum;
}

enum status unblinder_signatures(struct unblinder *unblinder, uint8_t **out, size_t *out_size)
{
    assert(unblinder_has_quorum(unblinder));
    *out = NULL;
    *out_size = 0;
    if (unblinder->stage == UNBLINDER_COUNTING) {
        const enum status status =
            write_signed(&unblinder->signatures, &unblinder->signatures_size, unblinder, false);
        if (status != STATUS_OK) return status;
        unblinder->stage = UNBLINDER_RELEASING;
    }
    return exchange_copy(out, out_size, unblinder->signatures, unblinder->signatures_size);
}
