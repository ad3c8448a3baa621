// SPDX-License-Identifier: Apache-2.0
#include "base/sizes.h"
#include "secure/blinder_parts.h"

#include <stdlib.h>
#include <string.h>

/* Sizes and places; the rest is read only when these are right. */
static enum status check_shape(const struct blinder_options *options, const uint8_t *payload,
                               size_t size)
{
    const struct exchange_board *board = (const struct exchange_board *)payload;
    const size_t most = sizes_least(options->assumption.cohort, LIMIT_COHORT_SECURE);
    if (size < sizeof *board) {
        return status_fail(STATUS_BAD_MESSAGE, "board: %zu bytes, allowed: %zu and the keys", size,
                           sizeof *board);
    }
    const size_t count = exchange_number(board->count);
    if (count < options->cohort_min || count > most) {
        return status_fail(STATUS_BAD_MESSAGE, "board: %zu participants, allowed: %zu to %zu",
                           count, options->cohort_min, most);
    }
    if (size != sizeof *board + count * sizeof *board->keys) {
        return status_fail(STATUS_BAD_MESSAGE,
                           "board: %zu bytes for %zu participants, allowed: %zu", size, count,
                           sizeof *board + count * sizeof *board->keys);
    }
    for (size_t i = 0; i < count; i++) {
        const uint32_t place = exchange_number(board->keys[i].place);
        if (place >= options->members) {
            return status_fail(STATUS_BAD_MESSAGE, "board: place %u, allowed: below %zu",
                               (unsigned)place, options->members);
        }
        if (i > 0 && place <= exchange_number(board->keys[i - 1].place)) {
            return status_fail(STATUS_BAD_MESSAGE, "board: place %u after %u, allowed: ascending",
                               (unsigned)place,
                               (unsigned)exchange_number(board->keys[i - 1].place));
        }
    }
    return STATUS_OK;
}

static int compare_keys(const void *left, const void *right)
{
    return memcmp(left, right, BLINDING_KEY_BYTES);
}

/* No key may stand twice, whosever and of whichever kind. */
static enum status check_different(const struct exchange_board *board, size_t count)
{
    const size_t total = count * EXCHANGE_KEY_PAIRS;
    uint8_t(*keys)[BLINDING_KEY_BYTES] = calloc(total, sizeof *keys);
    if (keys == NULL) return status_fail(STATUS_NO_MEMORY, "no memory for %zu keys", total);
    for (size_t i = 0; i < count; i++) {
        memcpy(keys[EXCHANGE_KEY_PAIRS * i], board->keys[i].public_keys,
               sizeof board->keys[i].public_keys);
    }
    qsort(keys, total, sizeof *keys, compare_keys);
    enum status status = STATUS_OK;
    for (size_t i = 1; i < total && status == STATUS_OK; i++) {
        if (compare_keys(keys[i], keys[i - 1]) != 0) continue;
        status = status_fail(STATUS_BAD_MESSAGE, "board: a key stands twice, allowed: each once");
    }
    free(keys);
    return status;
}

static enum status check_keys(const struct blinder *blinder, const struct exchange_board *board,
                              size_t count)
{
    const struct blinder_options *options = &blinder->options;
    bool found = false;
    for (size_t i = 0; i < count; i++) {
        const struct exchange_keys *keys = &board->keys[i];
        const uint32_t place = exchange_number(keys->place);
        if (place == options->self) {
            found = true;
            if (memcmp(keys, &blinder->keys, sizeof *keys) != 0) {
                return status_fail(STATUS_BAD_MESSAGE,
                                   "board: the keys of place %u, our own, were changed",
                                   (unsigned)place);
            }
        } else if (!exchange_verify_keys(keys, &options->context, options->sign_keys[place])) {
            return status_fail(STATUS_BAD_MESSAGE,
                               "board: the keys of place %u are not signed by it for this attempt",
                               (unsigned)place);
        }
    }
    if (!found) {
        return status_fail(STATUS_BAD_MESSAGE, "board: without place %u, our own",
                           (unsigned)options->self);
    }
    return check_different(board, count);
}

/* The plan must be what is computed here: who can choose the threshold can choose it too low. */
static enum status check_plan(struct neighbours_plan *plan, const struct blinder_options *options,
                              const struct exchange_board *board, size_t count)
{
    if (neighbours_choose(plan, count, &options->assumption) != STATUS_OK) {
        return status_fail(STATUS_BAD_MESSAGE, "board: %s", status_message());
    }
    const struct exchange_plan *told = &board->plan;
    if (exchange_number(told->degree) == plan->degree &&
        exchange_number(told->holders) == plan->holders &&
        exchange_number(told->threshold) == plan->threshold &&
        exchange_number(told->quorum) == plan->quorum) {
        return STATUS_OK;
    }
    return status_fail(
        STATUS_BAD_MESSAGE,
        "board: plan of %u neighbours, %u holders, threshold %u, quorum %u, allowed:"
        " %zu, %zu, %zu, %zu for %zu participants",
        (unsigned)exchange_number(told->degree), (unsigned)exchange_number(told->holders),
        (unsigned)exchange_number(told->threshold), (unsigned)exchange_number(told->quorum),
        plan->degree, plan->holders, plan->threshold, plan->quorum, count);
}

/* For whom this one holds, which are those who hold for it: being near on the ring is mutual. */
static enum status find_makers(struct blinder *blinder)
{
    const struct neighbours_graph *graph = &blinder->graph;
    const uint32_t self = blinder->options.self;
    uint32_t makers[SHAMIR_HOLDERS_MAX], holders[SHAMIR_HOLDERS_MAX];
    enum status status = neighbours_of(blinder->neighbours, graph, self);
    if (status != STATUS_OK) return status;
    status = neighbours_holders(makers, &blinder->holders, graph, self);
    if (status != STATUS_OK) return status;
    for (size_t i = 0; i < blinder->holders; i++) {
        size_t count = 0;
        status = neighbours_holders(holders, &count, graph, makers[i]);
        if (status != STATUS_OK) return status;
        blinder->held[i] = (struct blinder_held){
            .maker = makers[i], .number = (uint8_t)(exchange_find(holders, count, self) + 1)};
    }
    return STATUS_OK;
}

static enum status agree_with_neighbours(struct blinder *blinder,
                                         const struct exchange_board *board)
{
    struct blinding_party self = {.place = blinder->options.self};
    memcpy(self.public_key, blinder->keys.public_keys[EXCHANGE_C], sizeof self.public_key);
    for (size_t i = 0; i < blinder->plan.degree; i++) {
        struct blinding_party peer = {.place = blinder->neighbours[i]};
        const size_t at =
            exchange_find(blinder->present.places, blinder->present.count, peer.place);
        memcpy(peer.public_key, board->keys[at].public_keys[EXCHANGE_C], sizeof peer.public_key);
        const enum status status =
            blinding_pair_seed(blinder->pair_seeds[i], &blinder->options.context,
                               blinder->secret_keys[EXCHANGE_C], &self, &peer);
        if (status != STATUS_OK) return status;
    }
    return STATUS_OK;
}

static enum status keep_board(struct blinder *blinder, const struct exchange_board *board,
                              size_t count)
{
    blinder->present.places = calloc(count, sizeof *blinder->present.places);
    blinder->share_keys = calloc(count, sizeof *blinder->share_keys);
    if (blinder->present.places == NULL || blinder->share_keys == NULL) {
        return status_fail(STATUS_NO_MEMORY, "no memory for a board of %zu", count);
    }
    blinder->present.count = count;
    for (size_t i = 0; i < count; i++) {
        blinder->present.places[i] = exchange_number(board->keys[i].place);
        memcpy(blinder->share_keys[i], board->keys[i].public_keys[EXCHANGE_S],
               sizeof blinder->share_keys[i]);
    }
    uint8_t keys_digest[EXCHANGE_HASH_BYTES];
    exchange_board_digest(keys_digest, blinder->board, &blinder->options.context, board, count);
    enum status status =
        neighbours_create(&blinder->graph, blinder->present.places, count, blinder->plan.degree,
                          keys_digest, &blinder->options.context);
    if (status == STATUS_OK) status = find_makers(blinder);
    return status != STATUS_OK ? status : agree_with_neighbours(blinder, board);
}

static void forget_board(struct blinder *blinder)
{
    free(blinder->present.places);
    free(blinder->share_keys);
    neighbours_destroy(&blinder->graph);
    blinder->present = (struct blinder_places){0};
    blinder->share_keys = NULL;
    sodium_memzero(blinder->pair_seeds, sizeof blinder->pair_seeds);
    sodium_memzero(blinder->dealt, sizeof blinder->dealt);
    sodium_memzero(blinder->own_seed, sizeof blinder->own_seed);
}

static enum status read_board(struct blinder *blinder, const uint8_t *payload, size_t size)
{
    enum status status = check_shape(&blinder->options, payload, size);
    if (status != STATUS_OK) return status;
    const struct exchange_board *board = (const struct exchange_board *)payload;
    const size_t count = exchange_number(board->count);
    status = check_plan(&blinder->plan, &blinder->options, board, count);
    if (status != STATUS_OK) return status;
    status = check_keys(blinder, board, count);
    if (status != STATUS_OK) return status;
    return keep_board(blinder, board, count);
}

enum status blinder_take_board(struct blinder *blinder, const uint8_t *payload, size_t size,
                               uint8_t **out, size_t *out_size)
{
    bool fresh = false;
    enum status status =
        blinder_begin(blinder, EXCHANGE_STEP_KEYS, payload, size, out, out_size, &fresh);
    if (status != STATUS_OK || !fresh) return status;
    uint8_t *shares = NULL;
    size_t shares_size = 0;
    status = read_board(blinder, payload, size);
    if (status == STATUS_OK) status = blinder_deal(blinder, &shares, &shares_size);
    if (status != STATUS_OK) {
        forget_board(blinder);
        return status;
    }
    // It lives in its shares and in the seeds of the pairs.
    sodium_memzero(blinder->secret_keys[EXCHANGE_C], sizeof blinder->secret_keys[EXCHANGE_C]);
    blinder_finish(blinder, EXCHANGE_STEP_KEYS, payload, size, shares, shares_size);
    return blinder_answer(blinder, EXCHANGE_STEP_KEYS, out, out_size);
}
