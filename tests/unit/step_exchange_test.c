// SPDX-License-Identifier: Apache-2.0
/* A session in the secure exchange, with a coordinator that keeps to it. One that does not:
 * tests/hostile/session_exchange_test.c. */
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "fakes/circle.h"

#include "secure/exchange_records.h"

#include <stdlib.h>
#include <string.h>

static struct circle circle;

enum { ALL = (1u << CIRCLE_COUNT) - 1 };

static void fetch_body(uint8_t body[CIRCLE_BODY])
{
    struct from_coordinator *fetch = opposite_message_of(COORDINATOR_FETCH, CIRCLE_ROUND);
    fetch->context.attempt = circle.attempt;
    fetch->fetch = (struct envelope_fetch){0, 1};
    opposite_hear(&circle.bench, fetch);
    const struct from_participant *message = opposite_said(&circle.bench);
    assert_int_equal(message->kind, PARTICIPANT_CHUNK);
    assert_int_equal(message->chunk.size, CIRCLE_BODY);
    memcpy(body, message->chunk.payload, CIRCLE_BODY);
}

static uint32_t number_of_sum(size_t i)
{
    const uint8_t *at = circle.sum + 4 * i;
    return at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

/* What comes next is in the journal, of so many entries then, before it is done. */
static void expect_journal(enum ledger_kind kind, size_t entries)
{
    assert_int_equal(circle.journals, entries);
    assert_int_equal(circle.entry.kind, kind);
    assert_int_equal(circle.entry.count, CIRCLE_COUNT);
    assert_int_equal(circle.entry.roster[0], 7);
    assert_int_equal(opposite_job_of(&circle.bench), SESSION_WAIT); // nothing is blinded
    assert_int_equal(circle.times[EXCHANGE_STEP_SIGNATURES], 0);
    session_journaled(circle.bench.session);
    circle_listen(&circle);
    assert_int_equal(circle.ledger.count, entries);
}

static void an_attempt_opens_the_sum_and_nothing_else(void **state)
{
    (void)state;
    uint8_t body[CIRCLE_BODY], zeros[CIRCLE_BODY - CIRCLE_UPDATE] = {0};
    struct tally tally;
    circle_open(&circle);
    circle_begin(&circle, 1);
    assert_int_equal(circle.times[EXCHANGE_STEP_KEYS], 1); // at once
    assert_int_equal(opposite_job_of(&circle.bench), SESSION_TRAIN);
    circle_make_board(&circle);
    circle_hear(&circle, EXCHANGE_STEP_KEYS);
    assert_int_equal(circle.times[EXCHANGE_STEP_SHARES], 1);
    session_trained(circle.bench.session);
    assert_int_equal(opposite_job_of(&circle.bench), SESSION_WAIT); // with whom to blind?
    circle_make_parcels(&circle);
    circle.journals_late = true;
    circle_hear(&circle, EXCHANGE_STEP_SHARES);
    assert_int_equal(circle.times[EXCHANGE_STEP_RECEIPT], 1);
    expect_journal(LEDGER_BLINDED, 1);
    circle_train(&circle);
    assert_int_equal(circle.offers, 1);
    assert_int_equal(circle.offer.weight, 1);
    assert_int_equal(circle.offer.size, CIRCLE_BODY);
    const struct envelope_metrics none = {0};
    assert_memory_equal(&circle.offer.metrics, &none, sizeof none);
    fetch_body(body);
    assert_memory_not_equal(body + CIRCLE_UPDATE, zeros, sizeof zeros);
    assert_int_not_equal(body[0] | body[1] << 8 | body[2] << 16, 1000 + CIRCLE_SELF);
    circle_make_list(&circle, ALL);
    circle_hear(&circle, EXCHANGE_STEP_COUNTED);
    expect_journal(LEDGER_SIGNED, 2);
    assert_int_equal(circle.times[EXCHANGE_STEP_SIGNATURES], 1);
    circle_make_signatures(&circle);
    circle_hear(&circle, EXCHANGE_STEP_SIGNATURES);
    assert_int_equal(circle.times[EXCHANGE_STEP_RELEASE], 1);
    assert_int_equal(circle.journals, 2);
    circle_open_sum(&circle, body);
    for (size_t i = 0; i < OPPOSITE_NUMBERS; i++) {
        assert_int_equal(number_of_sum(i), 4006);
    }
    assert_int_equal(tally_unpack(&tally, circle.sum + CIRCLE_UPDATE, CIRCLE_COUNT), STATUS_OK);
    assert_int_equal(tally.weight, 46);
    assert_int_equal(tally.images, 20);
    assert_float_equal(tally.loss, 2, 1e-6);
    assert_true(tally.k_count[0] == 3 && tally.k_count[1] == 4); // of the session alone
    assert_float_equal(tally.k_probability[1], 0.75 / CIRCLE_COUNT, 1e-6);
    circle_close(&circle);
}

static void the_journal_is_told_what_is_signed(void **state)
{
    (void)state;
    uint8_t model[DIGEST_BYTES];
    digest_compute(model, opposite_first, sizeof opposite_first);
    circle_open(&circle);
    circle_begin(&circle, 2);
    circle_make_board(&circle);
    circle_hear(&circle, EXCHANGE_STEP_KEYS);
    circle_make_parcels(&circle);
    circle_hear(&circle, EXCHANGE_STEP_SHARES);
    circle_train(&circle);
    circle_make_list(&circle, ALL);
    circle.journals_late = true;
    circle_hear(&circle, EXCHANGE_STEP_COUNTED);
    assert_int_equal(circle.entry.kind, LEDGER_SIGNED);
    assert_int_equal(circle.entry.round, CIRCLE_ROUND);
    assert_int_equal(circle.entry.attempt, 2);
    assert_int_equal(circle.entry.session[0], 9);
    assert_memory_equal(circle.entry.model, model, sizeof model);
    assert_int_equal(circle.entry.count, CIRCLE_COUNT);
    // Not journaled: however often it is asked, it says nothing, and tells the program once.
    for (int i = 0; i < 5; i++) {
        circle.bench.now_ms += SESSION_ALIVE_MS;
        session_tick(circle.bench.session, circle.bench.now_ms);
        circle_hear(&circle, EXCHANGE_STEP_COUNTED);
    }
    assert_int_equal(circle.times[EXCHANGE_STEP_SIGNATURES], 0);
    assert_int_equal(circle.times[EXCHANGE_STEP_KEYS], 1); // nor what was said long ago
    assert_int_equal(circle.journals, 2);
    circle_close(&circle);
}

static void what_is_not_answered_is_said_again(void **state)
{
    (void)state;
    circle_open(&circle);
    circle_begin(&circle, 1);
    static const enum exchange_step awaited[] = {EXCHANGE_STEP_KEYS, EXCHANGE_STEP_SHARES,
                                                 EXCHANGE_STEP_SIGNATURES, EXCHANGE_STEP_RELEASE};
    for (size_t i = 0; i < 4; i++) {
        if (i == 1) {
            circle_make_board(&circle);
            circle_hear(&circle, EXCHANGE_STEP_KEYS);
        } else if (i == 2) {
            circle_make_parcels(&circle);
            circle_hear(&circle, EXCHANGE_STEP_SHARES);
            circle_train(&circle);
            circle_make_list(&circle, ALL);
            circle_hear(&circle, EXCHANGE_STEP_COUNTED);
        } else if (i == 3) {
            circle_make_signatures(&circle);
            circle_hear(&circle, EXCHANGE_STEP_SIGNATURES);
        }
        const size_t before = circle.times[awaited[i]], offers = circle.offers;
        circle.bench.now_ms += SESSION_ALIVE_MS;
        session_tick(circle.bench.session, circle.bench.now_ms);
        circle_listen(&circle);
        assert_int_equal(circle.offers, offers); // the list is made: nothing more is offered
        for (size_t step = 0; step < EXCHANGE_STEPS; step++) {
            const bool more = step == (size_t)awaited[i];
            if (more) assert_int_equal(circle.times[step], before + 1);
            if (step > (size_t)awaited[i]) assert_int_equal(circle.times[step], 0);
        }
    }
    circle_close(&circle);
}

static void a_next_attempt_begins_with_other_keys(void **state)
{
    (void)state;
    circle_open(&circle);
    circle_begin(&circle, 1);
    uint8_t first[132], body[CIRCLE_BODY], again[CIRCLE_BODY];
    assert_int_equal(circle.said[EXCHANGE_STEP_KEYS].size, sizeof first);
    memcpy(first, circle.said[EXCHANGE_STEP_KEYS].bytes, sizeof first);
    circle_make_board(&circle);
    circle_hear(&circle, EXCHANGE_STEP_KEYS);
    circle_make_parcels(&circle);
    circle_hear(&circle, EXCHANGE_STEP_SHARES);
    circle_train(&circle);
    fetch_body(body);
    circle_begin(&circle, 2);
    assert_int_equal(opposite_job_of(&circle.bench), SESSION_WAIT); // trained, not yet blinded
    assert_memory_not_equal(first, circle.said[EXCHANGE_STEP_KEYS].bytes, sizeof first);
    circle_make_board(&circle);
    circle_hear(&circle, EXCHANGE_STEP_KEYS);
    circle_make_parcels(&circle);
    circle_hear(&circle, EXCHANGE_STEP_SHARES);
    circle_train(&circle);
    fetch_body(again);
    assert_memory_not_equal(body, again, sizeof body);
    circle_close(&circle);
}

static void board_digest(uint8_t digest[EXCHANGE_HASH_BYTES])
{
    uint8_t keys[EXCHANGE_HASH_BYTES];
    const struct exchange_context context = circle_context(&circle);
    exchange_board_digest(keys, digest, &context,
                          (const struct exchange_board *)circle.heard[EXCHANGE_STEP_KEYS].bytes,
                          CIRCLE_COUNT);
}

/* Maker 0 sealed nonsense for the session, and signed it. */
static void spoil_parcel(void)
{
    uint8_t digest[EXCHANGE_HASH_BYTES];
    const struct exchange_context context = circle_context(&circle);
    const size_t head = (2 + CIRCLE_COUNT) * sizeof(struct exchange_number);
    uint8_t *bytes = circle.heard[EXCHANGE_STEP_SHARES].bytes;
    struct exchange_parcel *parcel = (struct exchange_parcel *)(void *)(bytes + head);
    assert_int_equal(exchange_number(parcel->place), 0);
    parcel->ciphertext[3] ^= 1;
    board_digest(digest);
    exchange_sign_parcel(parcel, (struct exchange_way){0, CIRCLE_SELF}, &context, digest,
                         circle_sign_secret(0));
}

static void who_was_dealt_nonsense_complains_until_it_is_told(void **state)
{
    (void)state;
    struct circle_payload asked, opening;
    const uint32_t *makers = NULL;
    size_t count = 0;
    uint32_t holder = 0;
    uint8_t body[CIRCLE_BODY];
    circle_open(&circle);
    circle_begin(&circle, 1);
    circle_make_board(&circle);
    circle_hear(&circle, EXCHANGE_STEP_KEYS);
    circle_make_parcels(&circle);
    spoil_parcel();
    circle_hear(&circle, EXCHANGE_STEP_SHARES);
    assert_int_equal(circle.times[EXCHANGE_STEP_RECEIPT], 1);
    circle_train(&circle); // it may blind all the same
    circle.bench.now_ms += SESSION_ALIVE_MS;
    session_tick(circle.bench.session, circle.bench.now_ms);
    circle_listen(&circle);
    assert_int_equal(circle.times[EXCHANGE_STEP_RECEIPT], 2);
    assert_int_equal(circle.offers, 2);
    fetch_body(body);
    const struct circle_payload *complaint = &circle.said[EXCHANGE_STEP_RECEIPT];
    assert_int_equal(unblinder_take_receipt(circle.unblinder, CIRCLE_SELF, complaint->bytes,
                                            complaint->size, &makers, &count),
                     STATUS_OK);
    assert_int_equal(count, 1);
    assert_int_equal(
        unblinder_complaint(circle.unblinder, makers[0], CIRCLE_SELF, &asked.bytes, &asked.size),
        STATUS_OK);
    assert_int_equal(blinder_take_complaint(circle.others[0], asked.bytes, asked.size,
                                            &opening.bytes, &opening.size),
                     STATUS_OK);
    assert_int_equal(
        unblinder_take_opening(circle.unblinder, 0, opening.bytes, opening.size, &holder),
        STATUS_OK);
    assert_int_equal(holder, CIRCLE_SELF);
    circle_give(&circle, EXCHANGE_STEP_OPENING, opening.bytes, opening.size);
    circle_make_list(&circle, ALL);
    circle_hear(&circle, EXCHANGE_STEP_COUNTED);
    circle_make_signatures(&circle);
    circle_hear(&circle, EXCHANGE_STEP_SIGNATURES);
    const struct exchange_release *release =
        (const struct exchange_release *)circle.said[EXCHANGE_STEP_RELEASE].bytes;
    assert_int_equal(exchange_number(release->count), CIRCLE_COUNT); // with what was opened
    circle_open_sum(&circle, body);
    assert_int_equal(number_of_sum(0), 4006);
    free(asked.bytes);
    free(opening.bytes);
    circle_close(&circle);
}

static void a_maker_opens_what_a_holder_complains_of_until_it_has_signed(void **state)
{
    (void)state;
    circle_open(&circle);
    circle_begin(&circle, 1);
    circle_make_board(&circle);
    const struct exchange_complaint complaint = circle_complaint(&circle, 1);
    for (size_t reached = 0; reached < 4; reached++) {
        const size_t before = circle.times[EXCHANGE_STEP_OPENING];
        if (reached == 1) circle_hear(&circle, EXCHANGE_STEP_KEYS);
        if (reached == 2) {
            circle_make_parcels(&circle);
            circle_hear(&circle, EXCHANGE_STEP_SHARES);
            circle_train(&circle);
        }
        if (reached == 3) {
            circle_make_list(&circle, ALL);
            circle_hear(&circle, EXCHANGE_STEP_COUNTED);
        }
        circle_give(&circle, EXCHANGE_STEP_RECEIPT, (const uint8_t *)&complaint, sizeof complaint);
        const bool answers = reached == 1 || reached == 2;
        assert_int_equal(circle.times[EXCHANGE_STEP_OPENING], before + (answers ? 1 : 0));
        assert_false(circle.left);
    }
    assert_int_equal(circle.said[EXCHANGE_STEP_OPENING].size, sizeof(struct exchange_opening));
    circle_close(&circle);
}

/* Numbered otherwise than on the own roster, it would take shares that are not meant for it. */
static void another_place_than_that_of_the_roster_is_refused(void **state)
{
    (void)state;
    for (size_t place = 0; place < CIRCLE_COUNT; place++) {
        circle_open_with(&circle, &(struct circle_ways){.place = place});
        circle_begin(&circle, 1);
        const bool own = place == CIRCLE_SELF;
        assert_int_equal(circle.times[EXCHANGE_STEP_KEYS], own ? 1 : 0);
        assert_int_equal(circle.left, !own);
        if (!own) assert_non_null(strstr(circle.error, "another roster"));
        circle_close(&circle);
    }
}

static void a_trusted_coordinator_is_told_weight_and_metrics(void **state)
{
    (void)state;
    struct opposite bench;
    opposite_open(&bench);
    opposite_welcome(&bench, 2);
    opposite_ready(&bench, false);
    opposite_bring_model(&bench, 2, opposite_first, false);
    opposite_expect_silence(&bench); // no keys
    session_trained(bench.session);
    opposite_encode(&bench);
    const struct from_participant *message = opposite_said(&bench);
    assert_int_equal(message->offer.weight, 50);
    assert_int_equal(message->offer.size, 16);
    const uint64_t ignored = session_ignored(bench.session);
    struct from_coordinator *step = opposite_message_of(COORDINATOR_EXCHANGE, 2);
    step->exchange = (struct envelope_exchange){EXCHANGE_STEP_COUNTED, (const uint8_t *)"a", 1};
    opposite_hear(&bench, step);
    opposite_expect_silence(&bench);
    assert_int_equal(session_ignored(bench.session), ignored + 1);
    opposite_close(&bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_attempt_opens_the_sum_and_nothing_else),
        cmocka_unit_test(the_journal_is_told_what_is_signed),
        cmocka_unit_test(what_is_not_answered_is_said_again),
        cmocka_unit_test(a_next_attempt_begins_with_other_keys),
        cmocka_unit_test(who_was_dealt_nonsense_complains_until_it_is_told),
        cmocka_unit_test(a_maker_opens_what_a_holder_complains_of_until_it_has_signed),
        cmocka_unit_test(another_place_than_that_of_the_roster_is_refused),
        cmocka_unit_test(a_trusted_coordinator_is_told_weight_and_metrics),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
