// SPDX-License-Identifier: Apache-2.0
/* exchange_fuzz - payloads of every step given to a participant or to a coordinator that waits for
 * them, four parties in all: refused with one line and nothing changed, or taken, and then taken
 * again with the same answer. The first byte is the step. Of the second byte,
 *     bit 1      the rest is the payload; else it is edits (see apply_edits) of the honest one
 *     bit 2      what others sign in it is signed anew, as parties who lie can do
 *     4 .. 7     after a refusal the honest payload must still be taken; slow, so it is seldom */
#include "fakes/parties.h"

#include "secure/blinder_parts.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

enum { COUNT = 4, PAYLOAD_MAX = 1 << 16, WORDS = 8 };
enum { BIT_RAW = 1, BIT_SIGN = 2, HONEST = 4 };

/* Who is given what: party 0 by the coordinator, or the coordinator by party 0. Party 1 deals
 * wrongly to party 0 where there are complaints; party 3 is not counted. */
enum scene_kind {
    TO_PARTY_BOARD,
    TO_PARTY_PARCELS,
    TO_PARTY_COMPLAINT,
    TO_PARTY_OPENING,
    TO_PARTY_COUNTED,
    TO_PARTY_SIGNATURES,
    TO_COORDINATOR_KEYS,
    TO_COORDINATOR_SHARES,
    TO_COORDINATOR_COMPLAINT,
    TO_COORDINATOR_OPENING,
    TO_COORDINATOR_SIGNATURE,
    TO_COORDINATOR_RELEASE,
    KINDS,
};

static struct scene {
    struct parties parties;
    struct payload honest;
    bool built;
} scenes[KINDS];

static void check(bool right)
{
    if (!right) abort();
}

static void must(enum status status)
{
    check(status == STATUS_OK);
}

static struct payload copy_of(const void *bytes, size_t size)
{
    struct payload copy = {malloc(size > 0 ? size : 1), size};
    check(copy.bytes != NULL);
    memcpy(copy.bytes, bytes, size);
    return copy;
}

/* What party 0 answers to the board. */
static void take_board(struct parties *parties, size_t i, struct payload *shares)
{
    must(blinder_take_board(parties->blinders[i], parties->board.bytes, parties->board.size,
                            &shares->bytes, &shares->size));
}

/* A holder complains of a maker, to the coordinator or, by way of it, to the maker. */
static struct payload complain(const struct parties *parties, uint32_t maker, uint32_t holder,
                               bool to_maker)
{
    if (!to_maker) return parties_make_receipt(parties, holder, maker);
    struct exchange_complaint complaint = {exchange_record(maker), exchange_record(holder), {0}};
    exchange_sign_complaint(complaint.signature, (struct exchange_way){maker, holder},
                            &parties->context, parties->digest, parties->sign_secrets[holder]);
    return copy_of(&complaint, sizeof complaint);
}

/* Party 1 deals wrongly to party 0, but knows what it committed to. */
static void give_shares_wrongly(struct parties *parties)
{
    for (size_t i = 0; i < COUNT; i++) {
        struct payload *shares = &parties->shares[i];
        take_board(parties, i, shares);
        if (i == 1) {
            parties_deal_wrongly(parties, 1, 0, SHAMIR_OWN_SEED, false);
            parties->blinders[1]->dealt[0][SHAMIR_OWN_SEED].share[7] ^= 1;
        }
        must(unblinder_take_shares(parties->unblinder, parties_place(i), shares->bytes,
                                   shares->size));
    }
    must(unblinder_close_shares(parties->unblinder));
}

static struct payload opening_of_liar(struct parties *parties, const struct payload *complaint)
{
    struct payload opening;
    must(blinder_take_complaint(parties->blinders[1], complaint->bytes, complaint->size,
                                &opening.bytes, &opening.size));
    return opening;
}

static void build_complaint(struct scene *scene, enum scene_kind kind)
{
    struct parties *parties = &scene->parties;
    give_shares_wrongly(parties);
    if (kind == TO_PARTY_COMPLAINT) {
        scene->honest = complain(parties, parties_place(0), parties_place(2), true);
        return;
    }
    struct payload up = complain(parties, parties_place(1), parties_place(0), false);
    if (kind == TO_COORDINATOR_COMPLAINT) {
        scene->honest = up;
        return;
    }
    struct payload down = complain(parties, parties_place(1), parties_place(0), true);
    const uint32_t *makers;
    size_t count;
    must(unblinder_take_receipt(parties->unblinder, parties_place(0), up.bytes, up.size, &makers,
                                &count));
    scene->honest = opening_of_liar(parties, &down);
    if (kind == TO_PARTY_OPENING) {
        struct payload parcels = parties_parcels(parties, 0), complaint;
        must(blinder_take_parcels(parties->blinders[0], parcels.bytes, parcels.size,
                                  &complaint.bytes, &complaint.size));
        check(complaint.size == up.size && memcmp(complaint.bytes, up.bytes, up.size) == 0);
        payload_free(&parcels);
        payload_free(&complaint);
    }
    payload_free(&up);
    payload_free(&down);
}

static void build_end(struct scene *scene, enum scene_kind kind)
{
    static const bool counted[COUNT] = {true, true, true, false};
    struct parties *parties = &scene->parties;
    parties_hold(parties);
    for (size_t i = 0; i < COUNT; i++) {
        uint8_t update[4 * WORDS] = {0}, metrics[8] = {0};
        must(blinder_blind(parties->blinders[i], update, WORDS, 32, metrics, 1));
    }
    parties_count(parties, counted);
    struct payload *honest = &scene->honest;
    if (kind == TO_PARTY_COUNTED) {
        *honest = payload_copy(&parties->list);
    } else if (kind == TO_COORDINATOR_SIGNATURE) {
        must(blinder_take_counted(parties->blinders[0], parties->list.bytes, parties->list.size,
                                  &honest->bytes, &honest->size));
    } else {
        parties_sign(parties);
        *honest = payload_copy(&parties->signatures);
    }
    if (kind != TO_COORDINATOR_RELEASE) return;
    payload_free(honest);
    parties_agree(parties);
    must(blinder_release(parties->blinders[0], &honest->bytes, &honest->size));
    parties->there[0] = false;
    parties_release(parties);
}

static void build(struct scene *scene, enum scene_kind kind)
{
    struct parties *parties = &scene->parties;
    const struct neighbours_assumption assumption = {
        .corrupt = 0, .dropout = 0.25, .coordinator = NEIGHBOURS_SEMI_MALICIOUS};
    if (scene->built) {
        parties_end(parties);
        payload_free(&scene->honest);
    }
    scene->built = true;
    parties_start(parties, COUNT, assumption);
    if (kind == TO_COORDINATOR_KEYS) {
        must(blinder_keys(parties->blinders[0], &scene->honest.bytes, &scene->honest.size));
        return;
    }
    parties_give_keys(parties);
    if (kind == TO_PARTY_BOARD) {
        scene->honest = payload_copy(&parties->board);
    } else if (kind == TO_COORDINATOR_SHARES) {
        take_board(parties, 0, &scene->honest);
    } else if (kind == TO_PARTY_COMPLAINT || kind == TO_PARTY_OPENING ||
               kind == TO_COORDINATOR_COMPLAINT || kind == TO_COORDINATOR_OPENING) {
        build_complaint(scene, kind);
    } else {
        parties_give_shares(parties);
        if (kind == TO_PARTY_PARCELS) {
            scene->honest = parties_parcels(parties, 0);
        } else {
            build_end(scene, kind);
        }
    }
}

/* The answer, if there is one, is from malloc(). */
static enum status give(struct parties *parties, enum scene_kind kind, const struct payload *given,
                        struct payload *answer)
{
    const uint8_t *bytes = given->bytes;
    const size_t size = given->size;
    struct blinder *blinder = parties->blinders[0];
    struct unblinder *unblinder = parties->unblinder;
    const uint32_t place = parties_place(kind == TO_COORDINATOR_OPENING ? 1 : 0);
    uint8_t **out = &answer->bytes;
    uint32_t holder;
    const uint32_t *makers;
    size_t count;
    parties_random_start(7);
    *answer = (struct payload){0};
    switch (kind) {
    case TO_PARTY_BOARD:
        return blinder_take_board(blinder, bytes, size, out, &answer->size);
    case TO_PARTY_PARCELS:
        return blinder_take_parcels(blinder, bytes, size, out, &answer->size);
    case TO_PARTY_COMPLAINT:
        return blinder_take_complaint(blinder, bytes, size, out, &answer->size);
    case TO_PARTY_OPENING:
        return blinder_take_opening(blinder, bytes, size);
    case TO_PARTY_COUNTED:
        return blinder_take_counted(blinder, bytes, size, out, &answer->size);
    case TO_PARTY_SIGNATURES:
        return blinder_take_signatures(blinder, bytes, size);
    case TO_COORDINATOR_KEYS:
        return unblinder_take_keys(unblinder, place, bytes, size);
    case TO_COORDINATOR_SHARES:
        return unblinder_take_shares(unblinder, place, bytes, size);
    case TO_COORDINATOR_COMPLAINT:
        return unblinder_take_receipt(unblinder, place, bytes, size, &makers, &count);
    case TO_COORDINATOR_OPENING:
        return unblinder_take_opening(unblinder, place, bytes, size, &holder);
    case TO_COORDINATOR_SIGNATURE:
        return unblinder_take_signature(unblinder, place, bytes, size);
    case TO_COORDINATOR_RELEASE:
        return unblinder_take_release(unblinder, place, bytes, size);
    case KINDS:
        break;
    }
    abort();
}

/* Edits: o AT AT LENGTH bytes, written over; d AT AT LENGTH, so many bytes taken out; c AT AT, cut
 * off there; else a letter, AT AT, FROM FROM, LENGTH, so many bytes of the payload itself put in
 * once more. Little-endian. */
static void apply_edits(struct payload *payload, const uint8_t *edits, size_t size)
{
    while (size >= 4) {
        const uint8_t kind = edits[0];
        const size_t at = (edits[1] | (size_t)edits[2] << 8) % (payload->size + 1);
        const size_t room = payload->size - at;
        size_t used = 3;
        if (kind == 'o') {
            size_t length = edits[3] < size - 4 ? edits[3] : size - 4;
            used = 4 + length;
            memcpy(payload->bytes + at, edits + 4, length < room ? length : room);
        } else if (kind == 'd') {
            const size_t length = edits[3] < room ? edits[3] : room;
            used = 4;
            memmove(payload->bytes + at, payload->bytes + at + length, room - length);
            payload->size -= length;
        } else if (kind == 'c') {
            payload->size = at;
        } else {
            if (size < 6) return;
            const size_t from = (edits[3] | (size_t)edits[4] << 8) % (payload->size + 1);
            size_t length = edits[5];
            used = 6;
            if (length > payload->size - from) length = payload->size - from;
            if (payload->size + length > PAYLOAD_MAX) return;
            uint8_t again[UINT8_MAX];
            memcpy(again, payload->bytes + from, length);
            memmove(payload->bytes + at + length, payload->bytes + at, room);
            memcpy(payload->bytes + at, again, length);
            payload->size += length;
        }
        edits += used;
        size -= used;
    }
}

static bool is_place(struct exchange_number number)
{
    return exchange_number(number) < 2 * COUNT + 2;
}

static void sign_parcels(const struct parties *parties, struct exchange_parcel *parcels,
                         size_t size, bool up)
{
    for (size_t i = 0; i < size / sizeof *parcels; i++) {
        if (!is_place(parcels[i].place)) continue;
        const uint32_t other = exchange_number(parcels[i].place);
        const struct exchange_way way = {up ? parties_place(0) : other,
                                         up ? other : parties_place(0)};
        exchange_sign_parcel(&parcels[i], way, &parties->context, parties->digest,
                             parties->sign_secrets[way.maker]);
    }
}

static void sign_again(const struct parties *parties, enum scene_kind kind, struct payload *payload)
{
    uint8_t *bytes = payload->bytes;
    const size_t size = payload->size;
    struct exchange_keys *keys = (struct exchange_keys *)bytes;
    size_t count = size / sizeof *keys;
    if (kind == TO_PARTY_BOARD && size >= sizeof(struct exchange_board)) {
        keys = ((struct exchange_board *)bytes)->keys;
        count = (size - sizeof(struct exchange_board)) / sizeof *keys;
    }
    if (kind == TO_PARTY_BOARD || kind == TO_COORDINATOR_KEYS) {
        for (size_t i = 0; i < count; i++) {
            if (!is_place(keys[i].place)) continue;
            exchange_sign_keys(&keys[i], &parties->context,
                               parties->sign_secrets[exchange_number(keys[i].place)]);
        }
    } else if (kind == TO_COORDINATOR_SHARES && size >= sizeof(struct exchange_shares)) {
        struct exchange_shares *shares = (struct exchange_shares *)bytes;
        exchange_sign_secret(shares, &parties->context, parties->digest,
                             parties->sign_secrets[parties_place(0)]);
        sign_parcels(parties, shares->parcels, size - sizeof *shares, true);
    } else if (kind == TO_PARTY_PARCELS) {
        struct exchange_number *numbers = (struct exchange_number *)bytes;
        const size_t delivered = size >= 4 ? exchange_number(numbers[0]) : SIZE_MAX;
        if (delivered > COUNT || size < (2 + delivered) * sizeof *numbers) return;
        sign_parcels(parties, (struct exchange_parcel *)(numbers + 2 + delivered),
                     size - (2 + delivered) * sizeof *numbers, false);
    }
}

static void check_taken(struct parties *parties, enum scene_kind kind, const struct payload *given,
                        const struct payload *answer)
{
    struct payload again;
    must(give(parties, kind, given, &again));
    check(again.size == answer->size);
    check(again.size == 0 || memcmp(again.bytes, answer->bytes, again.size) == 0);
    payload_free(&again);
    if (kind != TO_COORDINATOR_RELEASE) return;
    uint32_t culprit;
    if (!unblinder_can_open(parties->unblinder)) return; // it has left out a share
    must(unblinder_open(parties->unblinder, &culprit));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    if (size < 2 || size > PAYLOAD_MAX) return 0;
    const enum scene_kind kind = (enum scene_kind)(bytes[0] % KINDS);
    struct scene *scene = &scenes[kind];
    if (!scene->built) build(scene, kind);
    uint8_t *made = malloc(PAYLOAD_MAX);
    check(made != NULL && scene->honest.size <= PAYLOAD_MAX);
    struct payload edited = {made, scene->honest.size}, answer;
    if ((bytes[1] & BIT_RAW) != 0) {
        edited.size = size - 2;
        memcpy(made, bytes + 2, size - 2);
    } else {
        memcpy(made, scene->honest.bytes, scene->honest.size);
        apply_edits(&edited, bytes + 2, size - 2);
    }
    if ((bytes[1] & BIT_SIGN) != 0) sign_again(&scene->parties, kind, &edited);
    // In memory of its size, so that a read beyond the end is seen.
    struct payload given = copy_of(edited.bytes, edited.size);
    const enum status status = give(&scene->parties, kind, &given, &answer);
    if (status == STATUS_OK) {
        check_taken(&scene->parties, kind, &given, &answer);
        build(scene, kind);
    } else {
        check(status == STATUS_BAD_MESSAGE && answer.bytes == NULL);
        check(strpbrk(status_message(), "\n\r\033") == NULL);
        if ((bytes[1] & ~3) == HONEST) {
            must(give(&scene->parties, kind, &scene->honest, &answer));
            build(scene, kind);
        }
    }
    payload_free(&answer);
    payload_free(&given);
    free(made);
    return 0;
}
