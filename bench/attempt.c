// SPDX-License-Identifier: Apache-2.0
#include "attempt.h"

#include "base/clock.h"
#include "base/limits.h"
#include "base/sizes.h"
#include "secure/blinder.h"
#include "secure/identity.h"
#include "secure/tally.h"
#include "secure/unblinder.h"

#include <stdlib.h>
#include <string.h>

enum {
    COHORT_MIN = NEIGHBOURS_PARTICIPANTS_MIN,
};

const char *const attempt_names[ATTEMPT_STEPS] = {
    "keys", "shares", "parcels", "update", "counted", "signatures", "release", "open", "remove"};

struct message {
    uint8_t *bytes;
    size_t size;
};

struct attempt {
    const struct attempt_task *task;
    struct attempt_result *result;
    struct exchange_context context;
    struct neighbours_assumption assumption;
    uint8_t (*sign_keys)[EXCHANGE_SIGN_PUBLIC_BYTES]; // place i is participant i
    uint8_t (*sign_secrets)[EXCHANGE_SIGN_SECRET_BYTES];
    uint32_t *places;
    struct blinder **blinders;
    struct unblinder *unblinder;
    struct message common;                 // what all get in this step
    struct blinding_words update, metrics; // of all, added up as they come
};

/* Participant i was there to the end. */
static bool is_there(const struct attempt *attempt, size_t i)
{
    const size_t n = attempt->task->participants, d = attempt->result->dropped;
    return (i + 1) * d / n == i * d / n;
}

static struct attempt_cost now(void)
{
    return (struct attempt_cost){clock_now_seconds(), clock_processor_seconds()};
}

static void spend(struct attempt_cost *cost, struct attempt_cost since)
{
    const struct attempt_cost until = now();
    cost->wall += until.wall - since.wall;
    cost->processor += until.processor - since.processor;
}

static void forget(struct message *message)
{
    free(message->bytes);
    *message = (struct message){0};
}

/* A participant's part in a step that everybody's message `common` begins, and what the coordinator
 * does with the answer. Either may be NULL. */
struct part {
    enum status (*answer)(struct attempt *attempt, size_t i, struct message *out);
    enum status (*take)(struct attempt *attempt, size_t i, const struct message *message);
    bool all; // those too who have dropped out before the update
};

static enum status take_part(struct attempt *attempt, enum attempt_step step, struct part part)
{
    enum status status = STATUS_OK;
    size_t count = 0;
    for (size_t i = 0; i < attempt->task->participants && status == STATUS_OK; i++) {
        struct message answer = {0};
        if (!part.all && !is_there(attempt, i)) continue;
        struct attempt_cost start = now();
        status = part.answer(attempt, i, &answer);
        spend(&attempt->result->steps[step].participant, start);
        start = now();
        if (status == STATUS_OK && part.take != NULL) status = part.take(attempt, i, &answer);
        spend(&attempt->result->steps[step].coordinator, start);
        size_t *up = &attempt->result->steps[step].up;
        *up = sizes_most(*up, answer.size);
        forget(&answer);
        count++;
    }
    if (count == 0) return status;
    attempt->result->steps[step].participant.wall /= (double)count;
    attempt->result->steps[step].participant.processor /= (double)count;
    return status;
}

/* What the coordinator says to all, or computes for itself. */
static enum status announce(struct attempt *attempt, enum attempt_step step,
                            enum status (*make)(struct attempt *attempt, struct message *out))
{
    forget(&attempt->common);
    const struct attempt_cost start = now();
    const enum status status = make(attempt, &attempt->common);
    spend(&attempt->result->steps[step].coordinator, start);
    size_t *down = &attempt->result->steps[step].down;
    *down = sizes_most(*down, attempt->common.size);
    return status;
}

static enum status make_keys(struct attempt *attempt, size_t i, struct message *out)
{
    const struct blinder_options options = {
        .context = attempt->context,
        .self = (uint32_t)i,
        .members = attempt->task->participants,
        .sign_keys = (const uint8_t(*)[EXCHANGE_SIGN_PUBLIC_BYTES])attempt->sign_keys,
        .sign_secret = attempt->sign_secrets[i],
        .assumption = attempt->assumption,
        .cohort_min = COHORT_MIN,
        .random = identity_random,
    };
    const enum status status = blinder_create(&attempt->blinders[i], &options);
    if (status != STATUS_OK) return status;
    return blinder_keys(attempt->blinders[i], &out->bytes, &out->size);
}

static enum status take_keys(struct attempt *attempt, size_t i, const struct message *message)
{
    return unblinder_take_keys(attempt->unblinder, (uint32_t)i, message->bytes, message->size);
}

static enum status make_board(struct attempt *attempt, struct message *out)
{
    return unblinder_board(attempt->unblinder, &out->bytes, &out->size);
}

static enum status make_shares(struct attempt *attempt, size_t i, struct message *out)
{
    return blinder_take_board(attempt->blinders[i], attempt->common.bytes, attempt->common.size,
                              &out->bytes, &out->size);
}

static enum status take_shares(struct attempt *attempt, size_t i, const struct message *message)
{
    return unblinder_take_shares(attempt->unblinder, (uint32_t)i, message->bytes, message->size);
}

static enum status close_shares(struct attempt *attempt, struct message *out)
{
    (void)out;
    return unblinder_close_shares(attempt->unblinder);
}

static enum status take_receipt(struct attempt *attempt, size_t i, const struct message *receipt)
{
    const uint32_t *makers = NULL;
    size_t count = 0;
    const struct attempt_cost start = now();
    const enum status status = unblinder_take_receipt(
        attempt->unblinder, (uint32_t)i, receipt->bytes, receipt->size, &makers, &count);
    spend(&attempt->result->steps[ATTEMPT_PARCELS].coordinator, start);
    return status;
}

/* Each gets its own parcels: the one step without a message to all. */
static enum status hand_out_parcels(struct attempt *attempt)
{
    enum status status = STATUS_OK;
    struct attempt_cost *spent = &attempt->result->steps[ATTEMPT_PARCELS].participant;
    for (size_t i = 0; i < attempt->task->participants && status == STATUS_OK; i++) {
        struct message parcels = {0}, receipt = {0};
        struct attempt_cost start = now();
        status = unblinder_parcels(attempt->unblinder, (uint32_t)i, &parcels.bytes, &parcels.size);
        spend(&attempt->result->steps[ATTEMPT_PARCELS].coordinator, start);
        start = now();
        if (status == STATUS_OK) {
            status = blinder_take_parcels(attempt->blinders[i], parcels.bytes, parcels.size,
                                          &receipt.bytes, &receipt.size);
        }
        spend(spent, start);
        if (status == STATUS_OK) status = take_receipt(attempt, i, &receipt);
        size_t *down = &attempt->result->steps[ATTEMPT_PARCELS].down;
        *down = sizes_most(*down, parcels.size);
        forget(&parcels);
        forget(&receipt);
    }
    spent->wall /= (double)attempt->task->participants;
    spent->processor /= (double)attempt->task->participants;
    return status;
}

/* The update of participant i: the keystream of a seed that everybody knows. */
static void known_seed(uint8_t seed[BLINDING_SEED_BYTES], size_t i)
{
    memset(seed, 1, BLINDING_SEED_BYTES);
    memcpy(seed, &i, sizeof i);
}

/* An update is added to what has come so far, and blinded there: that costs what it costs alone. */
static enum status blind(struct attempt *attempt, size_t i, struct message *out)
{
    (void)out;
    return blinder_blind(attempt->blinders[i], attempt->update.bytes, attempt->update.count,
                         attempt->update.bits, attempt->metrics.bytes, attempt->metrics.count);
}

static size_t bytes_of(const struct blinding_words *words)
{
    return words->count * (size_t)words->bits / 8;
}

static enum status send_updates(struct attempt *attempt)
{
    uint8_t seed[BLINDING_SEED_BYTES];
    memset(attempt->update.bytes, 0, bytes_of(&attempt->update));
    memset(attempt->metrics.bytes, 0, bytes_of(&attempt->metrics));
    for (size_t i = 0; i < attempt->task->participants; i++) {
        if (!is_there(attempt, i)) continue;
        known_seed(seed, i);
        blinding_add(&attempt->update, seed);
        blinding_add(&attempt->metrics, seed);
    }
    const enum status status = take_part(attempt, ATTEMPT_UPDATE, (struct part){.answer = blind});
    attempt->result->steps[ATTEMPT_UPDATE].up =
        bytes_of(&attempt->update) + bytes_of(&attempt->metrics);
    return status;
}

static enum status make_list(struct attempt *attempt, struct message *out)
{
    size_t count = 0;
    for (size_t i = 0; i < attempt->task->participants; i++) {
        if (is_there(attempt, i)) attempt->places[count++] = (uint32_t)i;
    }
    return unblinder_counted(attempt->unblinder, attempt->places, count, &out->bytes, &out->size);
}

static enum status sign(struct attempt *attempt, size_t i, struct message *out)
{
    return blinder_take_counted(attempt->blinders[i], attempt->common.bytes, attempt->common.size,
                                &out->bytes, &out->size);
}

static enum status take_signature(struct attempt *attempt, size_t i, const struct message *message)
{
    return unblinder_take_signature(attempt->unblinder, (uint32_t)i, message->bytes, message->size);
}

static enum status make_signatures(struct attempt *attempt, struct message *out)
{
    return unblinder_signatures(attempt->unblinder, &out->bytes, &out->size);
}

static enum status read_signatures(struct attempt *attempt, size_t i, struct message *out)
{
    (void)out;
    return blinder_take_signatures(attempt->blinders[i], attempt->common.bytes,
                                   attempt->common.size);
}

static enum status release(struct attempt *attempt, size_t i, struct message *out)
{
    return blinder_release(attempt->blinders[i], &out->bytes, &out->size);
}

/* The coordinator looks at no more than it needs. */
static enum status take_release(struct attempt *attempt, size_t i, const struct message *message)
{
    if (unblinder_can_open(attempt->unblinder)) return STATUS_OK;
    return unblinder_take_release(attempt->unblinder, (uint32_t)i, message->bytes, message->size);
}

static enum status open_sum(struct attempt *attempt, struct message *out)
{
    (void)out;
    uint32_t culprit = 0;
    return unblinder_open(attempt->unblinder, &culprit);
}

static enum status remove_blinds(struct attempt *attempt, struct message *out)
{
    (void)out;
    unblinder_remove(attempt->unblinder, &attempt->update);
    unblinder_remove(attempt->unblinder, &attempt->metrics);
    return STATUS_OK;
}

static bool is_zero(const struct blinding_words *words)
{
    return words->bytes[0] == 0 && memcmp(words->bytes, words->bytes + 1, bytes_of(words) - 1) == 0;
}

/* Nothing is left when the updates, which are known here, are taken away. */
static enum status compare(struct attempt *attempt)
{
    uint8_t seed[BLINDING_SEED_BYTES];
    for (size_t i = 0; i < attempt->task->participants; i++) {
        if (!is_there(attempt, i)) continue;
        known_seed(seed, i);
        blinding_subtract(&attempt->update, seed);
        blinding_subtract(&attempt->metrics, seed);
    }
    if (is_zero(&attempt->update) && is_zero(&attempt->metrics)) return STATUS_OK;
    return status_fail(STATUS_BAD_INPUT, "the opened sum is not that of the updates");
}

static enum status create(struct attempt *attempt)
{
    const struct attempt_task *task = attempt->task;
    const size_t n = task->participants;
    attempt->sign_keys = calloc(n, sizeof *attempt->sign_keys);
    attempt->sign_secrets = calloc(n, sizeof *attempt->sign_secrets);
    attempt->places = calloc(n, sizeof *attempt->places);
    attempt->blinders = calloc(n, sizeof(struct blinder *));
    attempt->update = (struct blinding_words){malloc(task->parameters * (size_t)task->bits / 8), 0,
                                              task->parameters, task->bits, BLINDING_UPDATE};
    attempt->metrics =
        (struct blinding_words){malloc(TALLY_BYTES), 0, TALLY_WORDS, 64, BLINDING_METRICS};
    if (attempt->sign_keys == NULL || attempt->sign_secrets == NULL || attempt->places == NULL ||
        attempt->blinders == NULL || attempt->update.bytes == NULL ||
        attempt->metrics.bytes == NULL) {
        return status_fail(STATUS_NO_MEMORY, "out of memory for %zu participants", n);
    }
    for (size_t i = 0; i < n; i++) {
        struct identity identity;
        identity_generate(&identity);
        memcpy(attempt->sign_keys[i], identity.sign_public, sizeof attempt->sign_keys[i]);
        memcpy(attempt->sign_secrets[i], identity.sign_secret, sizeof attempt->sign_secrets[i]);
        attempt->places[i] = (uint32_t)i;
    }
    const struct unblinder_options options = {
        .context = attempt->context,
        .members = n,
        .sign_keys = (const uint8_t(*)[EXCHANGE_SIGN_PUBLIC_BYTES])attempt->sign_keys,
        .cohort = attempt->places,
        .count = n,
        .assumption = attempt->assumption,
        .cohort_min = COHORT_MIN,
        .threads = task->threads,
    };
    return unblinder_create(&attempt->unblinder, &options);
}

static void destroy(struct attempt *attempt)
{
    for (size_t i = 0; attempt->blinders != NULL && i < attempt->task->participants; i++) {
        blinder_destroy(&attempt->blinders[i]);
    }
    unblinder_destroy(&attempt->unblinder);
    forget(&attempt->common);
    free(attempt->sign_keys);
    free(attempt->sign_secrets);
    free(attempt->places);
    free(attempt->blinders);
    free(attempt->update.bytes);
    free(attempt->metrics.bytes);
}

/* All steps but the first, up to the first that fails. */
static enum status exchange(struct attempt *attempt)
{
    enum status status =
        take_part(attempt, ATTEMPT_KEYS, (struct part){make_keys, take_keys, true});
    if (status == STATUS_OK) status = announce(attempt, ATTEMPT_KEYS, make_board);
    if (status != STATUS_OK) return status;
    attempt->result->plan = *unblinder_plan(attempt->unblinder);
    status = take_part(attempt, ATTEMPT_SHARES, (struct part){make_shares, take_shares, true});
    if (status == STATUS_OK) status = announce(attempt, ATTEMPT_SHARES, close_shares);
    if (status == STATUS_OK) status = hand_out_parcels(attempt);
    if (status == STATUS_OK) status = send_updates(attempt);
    if (status == STATUS_OK) status = announce(attempt, ATTEMPT_COUNTED, make_list);
    const struct part signing = {sign, take_signature, false};
    if (status == STATUS_OK) status = take_part(attempt, ATTEMPT_COUNTED, signing);
    if (status == STATUS_OK) status = announce(attempt, ATTEMPT_SIGNATURES, make_signatures);
    const struct part reading = {.answer = read_signatures};
    if (status == STATUS_OK) status = take_part(attempt, ATTEMPT_SIGNATURES, reading);
    const struct part releasing = {release, take_release, false};
    if (status == STATUS_OK) status = take_part(attempt, ATTEMPT_RELEASE, releasing);
    if (status == STATUS_OK) status = announce(attempt, ATTEMPT_OPEN, open_sum);
    if (status == STATUS_OK) status = announce(attempt, ATTEMPT_REMOVE, remove_blinds);
    return status == STATUS_OK ? compare(attempt) : status;
}

enum status attempt_run(struct attempt_result *result, const struct attempt_task *task)
{
    const double lost = task->dropped > ATTEMPT_DROPOUT_MIN ? task->dropped : ATTEMPT_DROPOUT_MIN;
    struct attempt attempt = {
        .task = task,
        .result = result,
        .context = {.round = 1, .attempt = 1},
        .assumption = {ATTEMPT_CORRUPT, lost, NEIGHBOURS_SEMI_MALICIOUS, task->participants},
    };
    *result =
        (struct attempt_result){.dropped = (size_t)(task->dropped * (double)task->participants)};
    enum status status = create(&attempt);
    if (status == STATUS_OK) status = exchange(&attempt);
    destroy(&attempt);
    return status;
}
