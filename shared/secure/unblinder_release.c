// SPDX-License-Identifier: Apache-2.0
#include "secure/unblinder_parts.h"

#include <stdlib.h>
#include <string.h>

static enum shamir_secret needed_of(const struct unblinder_member *maker)
{
    return maker->counted ? SHAMIR_OWN_SEED : SHAMIR_SECRET_KEY;
}

static enum status check_share(const struct unblinder *unblinder, uint32_t place,
                               const struct exchange_released *released)
{
    const uint32_t maker = exchange_number(released->maker);
    const struct unblinder_member *member = unblinder_member(unblinder, maker);
    const size_t holders = unblinder->plan.holders;
    const size_t at = unblinder_delivered(unblinder, member)
                          ? unblinder_holder(unblinder, member, place)
                          : holders;
    if (at == holders) {
        return status_fail(STATUS_BAD_MESSAGE,
                           "place %u: a share of place %u, allowed: of those whose holder it is",
                           (unsigned)place, (unsigned)maker);
    }
    const enum shamir_secret which = needed_of(member);
    if (exchange_number(released->which) != which) {
        return status_fail(STATUS_BAD_MESSAGE,
                           "place %u: a share of secret %u of place %u, allowed: of secret %u",
                           (unsigned)place, (unsigned)exchange_number(released->which),
                           (unsigned)maker, (unsigned)which);
    }
    if (!exchange_is_committed(&released->share, member->shares->parcels[at].commitments[which],
                               (uint8_t)(at + 1), &unblinder->options.context, maker, which)) {
        return status_fail(STATUS_BAD_MESSAGE,
                           "place %u: its share of place %u is not the one that was committed to",
                           (unsigned)place, (unsigned)maker);
    }
    return STATUS_OK;
}

static enum status check_release(const struct unblinder *unblinder, uint32_t place,
                                 const uint8_t *payload, size_t size)
{
    const struct exchange_release *release = (const struct exchange_release *)payload;
    enum status status = unblinder_check_sender(place, payload, size, sizeof *release, "a release");
    if (status != STATUS_OK) return status;
    const size_t count = exchange_number(release->count);
    if (count > unblinder->plan.holders ||
        size != sizeof *release + count * sizeof *release->shares) {
        return status_fail(STATUS_BAD_MESSAGE,
                           "place %u: %zu shares in %zu bytes, allowed: at most %zu, each of %zu",
                           (unsigned)place, count, size, unblinder->plan.holders,
                           sizeof *release->shares);
    }
    for (size_t i = 0; i < count; i++) {
        const uint32_t maker = exchange_number(release->shares[i].maker);
        if (i > 0 && maker <= exchange_number(release->shares[i - 1].maker)) {
            return status_fail(STATUS_BAD_MESSAGE,
                               "place %u: a share of place %u after %u, allowed: ascending",
                               (unsigned)place, (unsigned)maker,
                               (unsigned)exchange_number(release->shares[i - 1].maker));
        }
        status = check_share(unblinder, place, &release->shares[i]);
        if (status != STATUS_OK) return status;
    }
    return STATUS_OK;
}

enum status unblinder_take_release(struct unblinder *unblinder, uint32_t place,
                                   const uint8_t *payload, size_t size)
{
    if (unblinder->stage > UNBLINDER_RELEASING) return STATUS_OK; // too late
    struct unblinder_member *holder = unblinder_member(unblinder, place);
    if (unblinder->stage < UNBLINDER_RELEASING || holder == NULL || !holder->counted) {
        return status_fail(STATUS_BAD_MESSAGE,
                           "place %u: a release, allowed: of those who were sent signatures",
                           (unsigned)place);
    }
    const enum status status = check_release(unblinder, place, payload, size);
    if (status != STATUS_OK || holder->has[EXCHANGE_STEP_RELEASE]) return status;
    const struct exchange_release *release = (const struct exchange_release *)payload;
    for (size_t i = 0; i < exchange_number(release->count); i++) {
        const struct exchange_released *released = &release->shares[i];
        struct unblinder_member *maker =
            unblinder_member(unblinder, exchange_number(released->maker));
        if (maker->released_count == unblinder->plan.threshold) continue;
        struct shamir_share *share = &maker->released[maker->released_count++];
        share->holder = (uint8_t)(unblinder_holder(unblinder, maker, place) + 1);
        memcpy(share->bytes, released->share.share, sizeof share->bytes);
    }
    holder->has[EXCHANGE_STEP_RELEASE] = true;
    return STATUS_OK;
}

bool unblinder_can_open(const struct unblinder *unblinder)
{
    if (unblinder->stage < UNBLINDER_RELEASING) return false;
    for (size_t i = 0; i < unblinder->count; i++) {
        const struct unblinder_member *member = &unblinder->members[i];
        if (member->has[EXCHANGE_STEP_SHARES] &&
            member->released_count < unblinder->plan.threshold) {
            return false;
        }
    }
    return true;
}

/* Joins the secret of a member. It must be what the member committed to, or it has dealt shares of
 * different secrets. */
static enum status join(uint8_t secret[SHAMIR_BYTES], const struct unblinder *unblinder,
                        const struct unblinder_member *member)
{
    const enum status status = shamir_join(secret, member->released, unblinder->plan.threshold);
    if (status != STATUS_OK) return status;
    bool right = false;
    if (member->counted) {
        struct exchange_share whole;
        memcpy(whole.share, secret, sizeof whole.share);
        memcpy(whole.opening, member->shares->opening, sizeof whole.opening);
        right = exchange_is_committed(&whole, member->shares->commitment, 0,
                                      &unblinder->options.context, member->place, SHAMIR_OWN_SEED);
        sodium_memzero(&whole, sizeof whole);
    } else {
        uint8_t public_key[BLINDING_KEY_BYTES];
        blinding_public_key(public_key, secret);
        right = memcmp(public_key, member->keys.public_keys[EXCHANGE_C], sizeof public_key) == 0;
    }
    if (right) return STATUS_OK;
    return status_fail(STATUS_BAD_MESSAGE,
                       "place %u: the shares that it dealt, all as committed to, do not give its"
                       " secret",
                       (unsigned)member->place);
}

/* What a lost member and its counted neighbours had in common. */
static enum status add_pairs(struct unblinder *unblinder, const struct unblinder_member *lost,
                             const uint8_t secret_key[BLINDING_KEY_BYTES])
{
    struct blinding_party self = {.place = lost->place};
    memcpy(self.public_key, lost->keys.public_keys[EXCHANGE_C], sizeof self.public_key);
    for (size_t i = 0; i < unblinder->plan.holders; i++) {
        // Its neighbours are its holders, but for itself in the complete graph.
        const struct unblinder_member *other = unblinder_member(unblinder, lost->holders[i]);
        if (!other->counted) continue;
        struct blinding_party peer = {.place = other->place};
        memcpy(peer.public_key, other->keys.public_keys[EXCHANGE_C], sizeof peer.public_key);
        struct blinding_seed *seed = &unblinder->seeds[unblinder->seed_count];
        const enum status status =
            blinding_pair_seed(seed->bytes, &unblinder->options.context, secret_key, &self, &peer);
        if (status != STATUS_OK) return status;
        seed->add = self.place < peer.place;
        unblinder->seed_count++;
    }
    return STATUS_OK;
}

static size_t count_seeds(const struct unblinder *unblinder)
{
    size_t counted = 0, lost = 0;
    for (size_t i = 0; i < unblinder->count; i++) {
        const struct unblinder_member *member = &unblinder->members[i];
        counted += member->counted;
        lost += member->has[EXCHANGE_STEP_SHARES] && !member->counted;
    }
    return counted + lost * unblinder->plan.degree;
}

enum status unblinder_open(struct unblinder *unblinder, uint32_t *culprit)
{
    *culprit = UNBLINDER_NOBODY;
    assert(unblinder_can_open(unblinder));
    if (unblinder->stage == UNBLINDER_OPENED) return STATUS_OK;
    const size_t most = count_seeds(unblinder);
    if (unblinder->seeds != NULL) {
        sodium_memzero(unblinder->seeds, unblinder->seed_count * sizeof *unblinder->seeds);
    }
    free(unblinder->seeds);
    unblinder->seed_count = 0;
    unblinder->seeds = calloc(most, sizeof *unblinder->seeds);
    if (unblinder->seeds == NULL) {
        return status_fail(STATUS_NO_MEMORY, "no memory for %zu seeds", most);
    }
    uint8_t secret[SHAMIR_BYTES];
    enum status status = STATUS_OK;
    for (size_t i = 0; i < unblinder->count && status == STATUS_OK; i++) {
        const struct unblinder_member *member = &unblinder->members[i];
        if (!member->has[EXCHANGE_STEP_SHARES]) continue;
        status = join(secret, unblinder, member);
        if (status == STATUS_BAD_MESSAGE) *culprit = member->place;
        if (status != STATUS_OK) break;
        if (member->counted) {
            struct blinding_seed *seed = &unblinder->seeds[unblinder->seed_count++];
            memcpy(seed->bytes, secret, sizeof seed->bytes);
            seed->add = false;
        } else {
            status = add_pairs(unblinder, member, secret);
        }
    }
    sodium_memzero(secret, sizeof secret);
    if (status == STATUS_OK) unblinder->stage = UNBLINDER_OPENED;
    return status;
}

void unblinder_remove(const struct unblinder *unblinder, const struct blinding_words *sum)
{
    assert(unblinder->stage == UNBLINDER_OPENED);
    blinding_many(sum, unblinder->seeds, unblinder->seed_count, unblinder->options.threads);
}
