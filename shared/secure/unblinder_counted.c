// SPDX-License-Identifier: Apache-2.0
#include "secure/unblinder_parts.h"

#include <stdlib.h>
#include <string.h>

/* The list of U3 as it goes out: its size, then what is signed without the digest of the board. */
static enum status write_list(const struct unblinder *unblinder, uint8_t **out, size_t *out_size)
{
    struct exchange_number *list = NULL;
    const size_t places = unblinder->statement.size - sizeof unblinder->board;
    *out_size = 0;
    *out = malloc(sizeof *list + places);
    if (*out == NULL) return status_fail(STATUS_NO_MEMORY, "no memory for %zu bytes", places);
    list = (struct exchange_number *)*out;
    list[0] = exchange_record((uint32_t)(places / sizeof *list));
    memcpy(list + 1, unblinder->statement.bytes + sizeof unblinder->board, places);
    *out_size = sizeof *list + places;
    return STATUS_OK;
}

static enum status fix_counted(struct unblinder *unblinder, const uint32_t *places, size_t count)
{
    const enum status status =
        exchange_make_statement(&unblinder->statement, unblinder->board, places, count);
    if (status != STATUS_OK) return status;
    for (size_t i = 0; i < count; i++) {
        assert(i == 0 || places[i] > places[i - 1]);
        assert(unblinder_may_count(unblinder, places[i]));
        unblinder_member(unblinder, places[i])->counted = true;
    }
    for (size_t i = 0; i < unblinder->count; i++) {
        struct unblinder_member *member = &unblinder->members[i];
        member->released = calloc(unblinder->plan.threshold, sizeof *member->released);
        if (member->released == NULL) {
            return status_fail(STATUS_NO_MEMORY, "no memory for %zu shares",
                               unblinder->plan.threshold);
        }
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
        if (status != STATUS_OK) return status;
        status = fix_counted(unblinder, places, count);
        if (status != STATUS_OK) return status;
        unblinder->stage = UNBLINDER_COUNTING;
    }
    return write_list(unblinder, out, out_size);
}

enum status unblinder_take_signature(struct unblinder *unblinder, uint32_t place,
                                     const uint8_t *payload, size_t size)
{
    const struct unblinder_options *options = &unblinder->options;
    if (unblinder->stage > UNBLINDER_COUNTING) return STATUS_OK; // too late
    struct unblinder_member *member = unblinder_member(unblinder, place);
    if (unblinder->stage < UNBLINDER_COUNTING || !unblinder_delivered(unblinder, member)) {
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
    if (!exchange_verify_counted(given->signature, &unblinder->statement, &options->context,
                                 options->sign_keys[place])) {
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

static enum status fix_signatures(struct unblinder *unblinder)
{
    struct exchange_number *count = NULL;
    struct exchange_signed *signatures = NULL;
    const size_t given = signature_count(unblinder);
    const size_t size = sizeof *count + given * sizeof *signatures;
    count = malloc(size);
    if (count == NULL) return status_fail(STATUS_NO_MEMORY, "no memory for %zu bytes", size);
    *count = exchange_record((uint32_t)given);
    signatures = (struct exchange_signed *)(count + 1);
    for (size_t i = 0; i < unblinder->count; i++) {
        const struct unblinder_member *member = &unblinder->members[i];
        if (!member->has[EXCHANGE_STEP_SIGNATURES]) continue;
        signatures->place = exchange_record(member->place);
        memcpy(signatures->signature, member->signature, sizeof signatures->signature);
        signatures++;
    }
    unblinder->signatures = (uint8_t *)count;
    unblinder->signatures_size = size;
    return STATUS_OK;
}

enum status unblinder_signatures(struct unblinder *unblinder, uint8_t **out, size_t *out_size)
{
    assert(unblinder_has_quorum(unblinder));
    *out = NULL;
    *out_size = 0;
    if (unblinder->stage == UNBLINDER_COUNTING) {
        const enum status status = fix_signatures(unblinder);
        if (status != STATUS_OK) return status;
        unblinder->stage = UNBLINDER_RELEASING;
    }
    return exchange_copy(out, out_size, unblinder->signatures, unblinder->signatures_size);
}
