// SPDX-License-Identifier: Apache-2.0
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "fakes/parties.h"

#include "base/random.h"
#include "secure/blinder_parts.h"
#include "secure/unblinder_parts.h"

#include <stdlib.h>
#include <string.h>

static struct random source;

void parties_random(uint8_t *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        bytes[i] = (uint8_t)random_bits(&source);
    }
}

void parties_random_start(uint32_t salt)
{
    random_start(&source, 77, 0, RANDOM_TEST, 0, salt);
}

uint32_t parties_place(size_t i)
{
    return (uint32_t)(2 * i + 1);
}

struct blinder_options parties_blinder_options(const struct parties *parties, size_t i)
{
    return (struct blinder_options){
        .context = parties->context,
        .self = parties_place(i),
        .members = 2 * parties->count + 2,
        .sign_keys = parties->sign_keys,
        .sign_secret = parties->sign_secrets[parties_place(i)],
        .assumption = parties->assumption,
        .cohort_min = 3,
        .random = parties_random,
    };
}

struct unblinder_options parties_unblinder_options(const struct parties *parties, uint32_t *cohort)
{
    for (size_t i = 0; i < parties->count; i++) {
        cohort[i] = parties_place(i);
    }
    return (struct unblinder_options){
        .context = parties->context,
        .members = 2 * parties->count + 2,
        .sign_keys = parties->sign_keys,
        .cohort = cohort,
        .count = parties->count,
        .assumption = parties->assumption,
        .cohort_min = 3,
        .threads = 2,
    };
}

void parties_start(struct parties *parties, size_t count, struct neighbours_assumption assumption)
{
    uint32_t cohort[PARTIES_MAX];
    memset(parties, 0, sizeof *parties);
    assert_true(sodium_init() >= 0);
    parties_random_start((uint32_t)count);
    parties->count = count;
    parties->assumption = assumption;
    parties->assumption.cohort = count;
    parties->context = (struct exchange_context){.session = {4}, .round = 9, .attempt = 2};
    for (size_t place = 0; place < 2 * count + 2; place++) {
        uint8_t seed[crypto_sign_SEEDBYTES];
        parties_random(seed, sizeof seed);
        crypto_sign_seed_keypair(parties->sign_keys[place], parties->sign_secrets[place], seed);
    }
    for (size_t i = 0; i < count; i++) {
        const struct blinder_options options = parties_blinder_options(parties, i);
        assert_int_equal(blinder_create(&parties->blinders[i], &options), STATUS_OK);
        parties->there[i] = true;
    }
    const struct unblinder_options options = parties_unblinder_options(parties, cohort);
    assert_int_equal(unblinder_create(&parties->unblinder, &options), STATUS_OK);
}

void parties_end(struct parties *parties)
{
    for (size_t i = 0; i < parties->count; i++) {
        blinder_destroy(&parties->blinders[i]);
        payload_free(&parties->keys[i]);
        payload_free(&parties->shares[i]);
    }
    unblinder_destroy(&parties->unblinder);
    payload_free(&parties->board);
    payload_free(&parties->list);
    payload_free(&parties->signatures);
}

void parties_give_keys(struct parties *parties)
{
    for (size_t i = 0; i < parties->count; i++) {
        if (!parties->there[i]) continue;
        struct payload *keys = &parties->keys[i];
        assert_int_equal(blinder_keys(parties->blinders[i], &keys->bytes, &keys->size), STATUS_OK);
        assert_int_equal(
            unblinder_take_keys(parties->unblinder, parties_place(i), keys->bytes, keys->size),
            STATUS_OK);
    }
    struct payload *board = &parties->board;
    assert_int_equal(unblinder_board(parties->unblinder, &board->bytes, &board->size), STATUS_OK);
    uint8_t keys_digest[EXCHANGE_HASH_BYTES];
    const struct exchange_board *read = (const struct exchange_board *)board->bytes;
    exchange_board_digest(keys_digest, parties->digest, &parties->context, read,
                          exchange_number(read->count));
}

void parties_give_shares(struct parties *parties)
{
    for (size_t i = 0; i < parties->count; i++) {
        if (!parties->there[i]) continue;
        struct payload *shares = &parties->shares[i];
        assert_int_equal(blinder_take_board(parties->blinders[i], parties->board.bytes,
                                            parties->board.size, &shares->bytes, &shares->size),
                         STATUS_OK);
        assert_int_equal(unblinder_take_shares(parties->unblinder, parties_place(i), shares->bytes,
                                               shares->size),
                         STATUS_OK);
    }
    assert_int_equal(unblinder_close_shares(parties->unblinder), STATUS_OK);
}

struct payload parties_parcels(const struct parties *parties, size_t i)
{
    struct payload parcels;
    assert_int_equal(
        unblinder_parcels(parties->unblinder, parties_place(i), &parcels.bytes, &parcels.size),
        STATUS_OK);
    return parcels;
}

size_t parties_take_receipt(const struct parties *parties, size_t i, const struct payload *receipt)
{
    const uint32_t *makers = NULL;
    size_t count = 0;
    assert_int_equal(unblinder_take_receipt(parties->unblinder, parties_place(i), receipt->bytes,
                                            receipt->size, &makers, &count),
                     STATUS_OK);
    return count;
}

void parties_sign_delivered(const struct parties *parties, uint32_t place,
                            uint8_t signature[EXCHANGE_SIGNATURE_BYTES])
{
    exchange_sign_list(signature, EXCHANGE_DELIVERED, &parties->unblinder->delivered,
                       &parties->context, parties->sign_secrets[place]);
}

struct payload parties_make_receipt(const struct parties *parties, uint32_t holder, uint32_t maker)
{
    struct exchange_receipt *receipt = NULL;
    struct payload made = {.size = sizeof *receipt + sizeof *receipt->makers};
    made.bytes = calloc(1, made.size);
    assert_non_null(made.bytes);
    receipt = (struct exchange_receipt *)made.bytes;
    receipt->holder = exchange_record(holder);
    receipt->count = exchange_record(1);
    receipt->makers[0].place = exchange_record(maker);
    parties_sign_delivered(parties, holder, receipt->signature);
    exchange_sign_complaint(receipt->makers[0].signature, (struct exchange_way){maker, holder},
                            &parties->context, parties->digest, parties->sign_secrets[holder]);
    return made;
}

void parties_hold(struct parties *parties)
{
    for (size_t i = 0; i < parties->count; i++) {
        if (!parties->there[i]) continue;
        struct payload parcels = parties_parcels(parties, i), receipt;
        assert_int_equal(blinder_take_parcels(parties->blinders[i], parcels.bytes, parcels.size,
                                              &receipt.bytes, &receipt.size),
                         STATUS_OK);
        assert_int_equal(parties_take_receipt(parties, i, &receipt), 0);
        payload_free(&parcels);
        payload_free(&receipt);
    }
}

void parties_count(struct parties *parties, const bool *counted)
{
    uint32_t places[PARTIES_MAX];
    size_t count = 0;
    for (size_t i = 0; i < parties->count; i++) {
        if (counted[i]) places[count++] = parties_place(i);
    }
    assert_int_equal(unblinder_counted(parties->unblinder, places, count, &parties->list.bytes,
                                       &parties->list.size),
                     STATUS_OK);
}

/* Whether a party is there and counted. */
static bool takes_part(const struct parties *parties, size_t i)
{
    return parties->there[i] && unblinder_is_member(parties->unblinder, parties_place(i));
}

void parties_sign(struct parties *parties)
{
    for (size_t i = 0; i < parties->count; i++) {
        if (!takes_part(parties, i)) continue;
        struct payload own;
        assert_int_equal(blinder_take_counted(parties->blinders[i], parties->list.bytes,
                                              parties->list.size, &own.bytes, &own.size),
                         STATUS_OK);
        assert_int_equal(
            unblinder_take_signature(parties->unblinder, parties_place(i), own.bytes, own.size),
            STATUS_OK);
        payload_free(&own);
    }
    assert_true(unblinder_has_quorum(parties->unblinder));
    assert_int_equal(unblinder_signatures(parties->unblinder, &parties->signatures.bytes,
                                          &parties->signatures.size),
                     STATUS_OK);
}

void parties_agree(struct parties *parties)
{
    for (size_t i = 0; i < parties->count; i++) {
        if (!takes_part(parties, i)) continue;
        assert_int_equal(blinder_take_signatures(parties->blinders[i], parties->signatures.bytes,
                                                 parties->signatures.size),
                         STATUS_OK);
    }
}

void parties_release(struct parties *parties)
{
    for (size_t i = 0; i < parties->count; i++) {
        if (!takes_part(parties, i)) continue;
        struct payload release;
        assert_int_equal(blinder_release(parties->blinders[i], &release.bytes, &release.size),
                         STATUS_OK);
        assert_int_equal(unblinder_take_release(parties->unblinder, parties_place(i), release.bytes,
                                                release.size),
                         STATUS_OK);
        payload_free(&release);
    }
}

struct payload parties_make_board(const struct parties *parties, const size_t *who, size_t count)
{
    struct neighbours_plan plan;
    struct payload made = {0};
    // Too few for this cohort: the plan of a smaller one.
    struct neighbours_assumption assumption = parties->assumption;
    if (neighbours_choose(&plan, count, &assumption) != STATUS_OK) {
        assumption.cohort = count;
        assert_int_equal(neighbours_choose(&plan, count, &assumption), STATUS_OK);
    }
    made.size = sizeof(struct exchange_board) + count * sizeof(struct exchange_keys);
    made.bytes = malloc(made.size);
    assert_non_null(made.bytes);
    struct exchange_board *board = (struct exchange_board *)made.bytes;
    board->plan = (struct exchange_plan){
        exchange_record((uint32_t)plan.degree), exchange_record((uint32_t)plan.holders),
        exchange_record((uint32_t)plan.threshold), exchange_record((uint32_t)plan.quorum)};
    board->count = exchange_record((uint32_t)count);
    for (size_t i = 0; i < count; i++) {
        memcpy(&board->keys[i], parties->keys[who[i]].bytes, sizeof board->keys[i]);
    }
    return made;
}

void parties_deal_wrongly(struct parties *parties, size_t maker, size_t holder,
                          enum shamir_secret which, bool committed)
{
    struct blinder *liar = parties->blinders[maker];
    struct exchange_share *dealt = &liar->dealt[holder][which];
    struct exchange_parcel *parcel =
        &((struct exchange_shares *)parties->shares[maker].bytes)->parcels[holder];
    const struct exchange_way way = {parties_place(maker), parties_place(holder)};
    struct shamir_share point = {.holder = (uint8_t)(holder + 1)};
    dealt->share[7] ^= 1;
    memcpy(point.bytes, dealt->share, sizeof point.bytes);
    if (committed) {
        shamir_commit(parcel->commitments[which], &point, dealt->opening, &parties->context,
                      way.maker, which);
    }
    assert_int_equal(blinder_seal(parcel, liar->dealt[holder], way, liar, liar->share_keys[holder]),
                     STATUS_OK);
    exchange_sign_parcel(parcel, way, &parties->context, parties->digest,
                         parties->sign_secrets[way.maker]);
}

void parties_expect_refusal(enum status status, const char *why)
{
    assert_int_equal(status, STATUS_BAD_MESSAGE);
    if (strstr(status_message(), why) == NULL) {
        fail_msg("refused because \"%s\", not because of \"%s\"", status_message(), why);
    }
}

void payload_free(struct payload *payload)
{
    free(payload->bytes);
    *payload = (struct payload){0};
}

struct payload payload_copy(const struct payload *payload)
{
    struct payload copy = {malloc(payload->size), payload->size};
    assert_non_null(copy.bytes);
    memcpy(copy.bytes, payload->bytes, payload->size);
    return copy;
}
