// SPDX-License-Identifier: Apache-2.0
#include "removal.h"

#include "secure/identity.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

bool removal_is_dropped(const struct removal *removal, size_t i)
{
    const size_t n = removal->task.participants, d = removal->dropped;
    return (i + 1) * d / n != i * d / n;
}

/* The ring, or the complete graph. Without so many shares nothing is shared. */
static enum status plan(struct removal *removal)
{
    const struct removal_task *task = &removal->task;
    const double lost = task->dropped > REMOVAL_DROPOUT_MIN ? task->dropped : REMOVAL_DROPOUT_MIN;
    const struct neighbours_assumption assumption = {REMOVAL_CORRUPT, lost,
                                                     NEIGHBOURS_SEMI_MALICIOUS, task->participants};
    struct neighbours_plan *found = &removal->plan;
    if (task->ring) {
        const enum status status = neighbours_ring_plan(found, task->participants, &assumption);
        if (status != STATUS_OK) return status;
    } else {
        const size_t n = task->participants, corrupt = (size_t)(REMOVAL_CORRUPT * (double)n);
        *found = (struct neighbours_plan){
            .degree = n - 1, .holders = n, .threshold = (n + corrupt) / 2 + 1};
    }
    if (found->holders > SHAMIR_HOLDERS_MAX) found->holders = found->threshold = 0;
    return STATUS_OK;
}

static enum status allocate(struct removal *removal)
{
    const struct removal_task *task = &removal->task;
    const size_t n = task->participants;
    removal->sum = (struct blinding_words){malloc(task->words * (size_t)task->bits / 8), 0,
                                           task->words, task->bits, BLINDING_UPDATE};
    removal->parties = calloc(n, sizeof *removal->parties);
    removal->own = calloc(n, sizeof *removal->own);
    removal->secret = calloc(n, sizeof *removal->secret);
    removal->joined = calloc(n, sizeof *removal->joined);
    removal->shares = calloc(n * removal->plan.threshold + 1, sizeof *removal->shares);
    removal->seeds = calloc(n + removal->dropped * removal->plan.degree, sizeof *removal->seeds);
    const bool whole = removal->sum.bytes != NULL && removal->parties != NULL &&
                       removal->own != NULL && removal->secret != NULL && removal->joined != NULL &&
                       removal->shares != NULL && removal->seeds != NULL;
    if (!whole) return status_fail(STATUS_NO_MEMORY, "out of memory for %zu participants", n);
    memset(removal->sum.bytes, 0, task->words * (size_t)task->bits / 8);
    return STATUS_OK;
}

static void deal(struct removal *removal, size_t i)
{
    struct shamir_share all[SHAMIR_HOLDERS_MAX];
    const struct neighbours_plan *plan = &removal->plan;
    const uint8_t *secret = removal_is_dropped(removal, i) ? removal->secret[i] : removal->own[i];
    if (plan->holders == 0) {
        memcpy(removal->joined[i], secret, SHAMIR_BYTES);
        return;
    }
    shamir_split(all, secret, plan->holders, plan->threshold);
    // The last ones answer.
    memcpy(removal->shares + i * plan->threshold, all + plan->holders - plan->threshold,
           plan->threshold * sizeof *all);
}

static enum status lay_ring(struct removal *removal)
{
    static uint32_t places[REMOVAL_PARTICIPANTS_MAX];
    uint8_t digest[EXCHANGE_HASH_BYTES];
    for (uint32_t i = 0; i < removal->task.participants; i++) {
        places[i] = i;
    }
    identity_random(digest, sizeof digest);
    return neighbours_create(&removal->graph, places, removal->task.participants,
                             removal->plan.degree, digest, &removal->context);
}

enum status removal_create(struct removal *removal, const struct removal_task *task)
{
    assert(task->participants >= NEIGHBOURS_PARTICIPANTS_MIN &&
           task->participants <= REMOVAL_PARTICIPANTS_MAX && task->dropped <= 0.5);
    *removal = (struct removal){.task = *task, .context = {.round = 1, .attempt = 1}};
    removal->dropped = (size_t)(task->dropped * (double)task->participants);
    enum status status = plan(removal);
    if (status == STATUS_OK) status = allocate(removal);
    if (status == STATUS_OK) status = lay_ring(removal);
    for (size_t i = 0; i < task->participants && status == STATUS_OK; i++) {
        identity_random(removal->own[i], sizeof removal->own[i]);
        identity_random(removal->secret[i], sizeof removal->secret[i]);
        removal->parties[i].place = (uint32_t)i;
        blinding_public_key(removal->parties[i].public_key, removal->secret[i]);
        deal(removal, i);
    }
    if (status != STATUS_OK) removal_destroy(removal);
    return status;
}

void removal_destroy(struct removal *removal)
{
    neighbours_destroy(&removal->graph);
    free(removal->sum.bytes);
    free(removal->parties);
    free(removal->own);
    free(removal->secret);
    free(removal->joined);
    free(removal->shares);
    free(removal->seeds);
    *removal = (struct removal){.count = 0};
}

enum status removal_join(struct removal *removal)
{
    const size_t threshold = removal->plan.threshold;
    enum status status = STATUS_OK;
    for (size_t i = 0; i < removal->task.participants && threshold > 0 && status == STATUS_OK;
         i++) {
        status = shamir_join(removal->joined[i], removal->shares + i * threshold, threshold);
    }
    return status;
}

/* The seeds that participant i has in common with its neighbours, without those dropped or all. */
static enum status agree(const struct removal *removal, struct blinding_seed *seeds, size_t *count,
                         size_t i, const uint8_t secret[BLINDING_KEY_BYTES])
{
    uint32_t neighbours[REMOVAL_PARTICIPANTS_MAX];
    const struct blinding_party *parties = removal->parties;
    const bool all = !removal_is_dropped(removal, i);
    enum status status = neighbours_of(neighbours, &removal->graph, (uint32_t)i);
    for (size_t j = 0; j < removal->plan.degree && status == STATUS_OK; j++) {
        const size_t other = neighbours[j];
        if (!all && removal_is_dropped(removal, other)) continue;
        struct blinding_seed *seed = &seeds[(*count)++];
        seed->add = i < other;
        status = blinding_pair_seed(seed->bytes, &removal->context, secret, &parties[i],
                                    &parties[other]);
    }
    return status;
}

enum status removal_agree(struct removal *removal)
{
    enum status status = STATUS_OK;
    removal->count = 0;
    for (size_t i = 0; i < removal->task.participants && status == STATUS_OK; i++) {
        if (removal_is_dropped(removal, i)) {
            status = agree(removal, removal->seeds, &removal->count, i, removal->joined[i]);
        } else {
            struct blinding_seed *seed = &removal->seeds[removal->count++];
            memcpy(seed->bytes, removal->joined[i], sizeof seed->bytes);
            seed->add = false;
        }
    }
    return status;
}

void removal_remove(struct removal *removal)
{
    blinding_many(&removal->sum, removal->seeds, removal->count, removal->task.threads);
}

enum status removal_blind(const struct removal *removal, size_t i,
                          const struct blinding_words *words)
{
    size_t count = 0;
    struct blinding_seed *seeds = malloc(removal->plan.degree * sizeof *seeds);
    if (seeds == NULL) return status_fail(STATUS_NO_MEMORY, "out of memory for seeds");
    const enum status status = agree(removal, seeds, &count, i, removal->secret[i]);
    if (status == STATUS_OK) {
        blinding_many(words, seeds, count, 1);
        blinding_add(words, removal->own[i]);
    }
    free(seeds);
    return status;
}
