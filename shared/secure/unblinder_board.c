// SPDX-License-Identifier: Apache-2.0
#include "secure/unblinder_parts.h"

#include <stdlib.h>
#include <string.h>

/* Honest participants would refuse the board for a key that gives nothing in common with any. */
static bool is_small(const uint8_t public_key[BLINDING_KEY_BYTES])
{
    const uint8_t any[BLINDING_KEY_BYTES] = {8};
    uint8_t common[BLINDING_KEY_BYTES];
    return crypto_scalarmult(common, any, public_key) != 0;
}

static bool has_key(const struct exchange_keys *keys, const uint8_t key[BLINDING_KEY_BYTES])
{
    return memcmp(keys->public_keys[EXCHANGE_C], key, BLINDING_KEY_BYTES) == 0 ||
           memcmp(keys->public_keys[EXCHANGE_S], key, BLINDING_KEY_BYTES) == 0;
}

static enum status check_public_keys(const struct unblinder *unblinder,
                                     const struct exchange_keys *keys, uint32_t place)
{
    for (size_t k = 0; k < EXCHANGE_KEY_PAIRS; k++) {
        const uint8_t *key = keys->public_keys[k];
        if (is_small(key)) {
            return status_fail(STATUS_BAD_MESSAGE,
                               "place %u: a key of small order, allowed: keys of X25519",
                               (unsigned)place);
        }
        bool again = memcmp(keys->public_keys[EXCHANGE_C], keys->public_keys[EXCHANGE_S],
                            BLINDING_KEY_BYTES) == 0;
        for (size_t i = 0; i < unblinder->count && !again; i++) {
            const struct unblinder_member *other = &unblinder->members[i];
            again = other->has[EXCHANGE_STEP_KEYS] && has_key(&other->keys, key);
        }
        if (again) {
            return status_fail(STATUS_BAD_MESSAGE,
                               "place %u: a key that stands twice, allowed: fresh ones",
                               (unsigned)place);
        }
    }
    return STATUS_OK;
}

enum status unblinder_take_keys(struct unblinder *unblinder, uint32_t place, const uint8_t *payload,
                                size_t size)
{
    if (unblinder->stage > UNBLINDER_KEYS) return STATUS_OK; // too late
    struct unblinder_member *member = unblinder_member(unblinder, place);
    if (member == NULL) {
        return status_fail(STATUS_BAD_MESSAGE, "place %u: keys, allowed: of the cohort",
                           (unsigned)place);
    }
    const struct exchange_keys *keys = (const struct exchange_keys *)payload;
    enum status status = unblinder_check_sender(place, payload, size, sizeof *keys, "keys");
    if (status != STATUS_OK) return status;
    if (size != sizeof *keys) {
        return status_fail(STATUS_BAD_MESSAGE, "place %u: keys of %zu bytes, allowed: %zu",
                           (unsigned)place, size, sizeof *keys);
    }
    if (member->has[EXCHANGE_STEP_KEYS]) {
        if (memcmp(&member->keys, keys, sizeof *keys) == 0) return STATUS_OK;
        return status_fail(STATUS_BAD_MESSAGE, "place %u: other keys, allowed: once in an attempt",
                           (unsigned)place);
    }
    if (!exchange_verify_keys(keys, &unblinder->options.context,
                              unblinder->options.sign_keys[place])) {
        return status_fail(STATUS_BAD_MESSAGE, "place %u: it has not signed its keys",
                           (unsigned)place);
    }
    status = check_public_keys(unblinder, keys, place);
    if (status != STATUS_OK) return status;
    member->keys = *keys;
    member->has[EXCHANGE_STEP_KEYS] = true;
    return STATUS_OK;
}

static enum status find_holders(struct unblinder *unblinder)
{
    for (size_t i = 0; i < unblinder->count; i++) {
        struct unblinder_member *member = &unblinder->members[i];
        size_t count = 0;
        member->holders = calloc(unblinder->plan.degree + 1, sizeof *member->holders);
        if (member->holders == NULL) {
            return status_fail(STATUS_NO_MEMORY, "no memory for %zu holders",
                               unblinder->plan.holders);
        }
        const enum status status =
            neighbours_holders(member->holders, &count, &unblinder->graph, member->place);
        if (status != STATUS_OK) return status;
        assert(count == unblinder->plan.holders);
    }
    return STATUS_OK;
}

/* The bytes of the board; what is in it is complete by then. */
static enum status write_board(const struct unblinder *unblinder, uint8_t **out, size_t *out_size)
{
    struct exchange_board *board = NULL;
    const struct neighbours_plan *plan = &unblinder->plan;
    const size_t size = sizeof *board + unblinder->count * sizeof *board->keys;
    board = malloc(size);
    if (board == NULL) return status_fail(STATUS_NO_MEMORY, "no memory for %zu bytes", size);
    board->plan = (struct exchange_plan){
        exchange_record((uint32_t)plan->degree), exchange_record((uint32_t)plan->holders),
        exchange_record((uint32_t)plan->threshold), exchange_record((uint32_t)plan->quorum)};
    board->count = exchange_record((uint32_t)unblinder->count);
    for (size_t i = 0; i < unblinder->count; i++) {
        board->keys[i] = unblinder->members[i].keys;
    }
    *out = (uint8_t *)board;
    *out_size = size;
    return STATUS_OK;
}

/* Fixes U1 and all that follows from it. */
static enum status close_keys(struct unblinder *unblinder, const struct exchange_board *board)
{
    uint8_t keys_digest[EXCHANGE_HASH_BYTES];
    exchange_board_digest(keys_digest, unblinder->board, &unblinder->options.context, board,
                          unblinder->count);
    for (size_t i = 0; i < unblinder->count; i++) {
        unblinder->places[i] = unblinder->members[i].place;
    }
    const enum status status =
        neighbours_create(&unblinder->graph, unblinder->places, unblinder->count,
                          unblinder->plan.degree, keys_digest, &unblinder->options.context);
    return status != STATUS_OK ? status : find_holders(unblinder);
}

enum status unblinder_board(struct unblinder *unblinder, uint8_t **out, size_t *out_size)
{
    *out = NULL;
    *out_size = 0;
    if (unblinder->stage > UNBLINDER_KEYS) return write_board(unblinder, out, out_size);
    size_t present = 0;
    for (size_t i = 0; i < unblinder->count; i++) {
        present += unblinder->members[i].has[EXCHANGE_STEP_KEYS];
    }
    enum status status = unblinder_check_enough(unblinder, present, "a board");
    if (status != STATUS_OK) return status;
    status = neighbours_choose(&unblinder->plan, present, &unblinder->options.assumption);
    if (status != STATUS_OK) return status;
    size_t kept = 0;
    for (size_t i = 0; i < unblinder->count; i++) {
        if (unblinder->members[i].has[EXCHANGE_STEP_KEYS]) {
            unblinder->members[kept++] = unblinder->members[i];
        }
    }
    unblinder->count = kept;
    status = write_board(unblinder, out, out_size);
    if (status != STATUS_OK) return status;
    status = close_keys(unblinder, (const struct exchange_board *)*out);
    if (status == STATUS_OK) {
        unblinder->stage = UNBLINDER_SHARES;
        return STATUS_OK;
    }
    free(*out);
    *out = NULL;
    *out_size = 0;
    return status;
}
