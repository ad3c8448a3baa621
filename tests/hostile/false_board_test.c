// SPDX-License-Identifier: Apache-2.0
/* A coordinator that lies about who takes part, with which keys, or about what a maker sent: the
 * participant says what is wrong and does nothing, and takes the truth afterwards. */
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "fakes/parties.h"
#include "secure/blinder_parts.h"

#include <stdlib.h>
#include <string.h>

enum { COUNT = 5 };

static const struct neighbours_assumption assumption = {
    .corrupt = 0.2, .dropout = 0.2, .coordinator = NEIGHBOURS_SEMI_MALICIOUS};
static const size_t everybody[COUNT] = {0, 1, 2, 3, 4};
static struct parties parties;

static int start(void **state)
{
    (void)state;
    parties_start(&parties, COUNT, assumption);
    parties_give_keys(&parties);
    return 0;
}

static int end(void **state)
{
    (void)state;
    parties_end(&parties);
    return 0;
}

static void refuse_by(struct blinder *blinder, const struct payload *board, const char *why)
{
    struct payload shares = {(uint8_t *)1, 1};
    parties_expect_refusal(
        blinder_take_board(blinder, board->bytes, board->size, &shares.bytes, &shares.size), why);
    assert_null(shares.bytes);
}

static void refuse(const struct payload *board, const char *why)
{
    refuse_by(parties.blinders[0], board, why);
}

static struct exchange_board *of(const struct payload *board)
{
    return (struct exchange_board *)board->bytes;
}

/* The keys of a party are signed by it again. */
static void sign_again(const struct payload *board, size_t i)
{
    exchange_sign_keys(&of(board)->keys[i], &parties.context,
                       parties.sign_secrets[parties_place(i)]);
}

static void boards_of_a_wrong_size_are_refused(void **state)
{
    (void)state;
    struct payload board = payload_copy(&parties.board);
    board.size--;
    refuse(&board, "bytes for 5 participants");
    board.size = sizeof(struct exchange_board) - 1;
    refuse(&board, "board: 19 bytes, allowed: 20 and the keys");
    board.size = parties.board.size;
    of(&board)->count = exchange_record(4);
    refuse(&board, "bytes for 4 participants");
    payload_free(&board);
}

static void boards_of_too_few_or_too_many_are_refused(void **state)
{
    (void)state;
    struct payload board = parties_make_board(&parties, everybody, 4);
    of(&board)->count = exchange_record(2);
    board.size -= 2 * sizeof(struct exchange_keys);
    refuse(&board, "board: 2 participants");
    payload_free(&board);
    for (int most = 0; most < 2; most++) { // once for each bound
        struct blinder_options options = parties_blinder_options(&parties, 0);
        struct blinder *strict = NULL;
        if (most) options.assumption.cohort = 4;
        if (!most) options.cohort_min = options.assumption.cohort = 6;
        assert_int_equal(blinder_create(&strict, &options), STATUS_OK);
        refuse_by(strict, &parties.board, "board: 5 participants");
        blinder_destroy(&strict);
    }
}

static void places_must_be_of_the_roster_and_ascend(void **state)
{
    (void)state;
    struct payload board = payload_copy(&parties.board);
    of(&board)->keys[4].place = exchange_record(2 * COUNT + 2);
    refuse(&board, "board: place 12, allowed: below 12");
    of(&board)->keys[4] = of(&parties.board)->keys[3];
    refuse(&board, "board: place 7 after 7");
    of(&board)->keys[4] = of(&parties.board)->keys[4];
    of(&board)->keys[2] = of(&parties.board)->keys[3];
    of(&board)->keys[3] = of(&parties.board)->keys[2];
    refuse(&board, "board: place 5 after 7");
    payload_free(&board);
}

static void another_plan_than_ours_is_refused(void **state)
{
    (void)state;
    for (size_t field = 0; field < 4; field++) {
        struct payload board = payload_copy(&parties.board);
        board.bytes[4 * field]--;
        refuse(&board, "board: plan of");
        payload_free(&board);
    }
    struct blinder_options options = parties_blinder_options(&parties, 0);
    struct blinder *fearful = NULL;
    options.assumption.corrupt = options.assumption.dropout = 0.6;
    assert_int_equal(blinder_create(&fearful, &options), STATUS_OK);
    refuse_by(fearful, &parties.board, "no threshold");
    blinder_destroy(&fearful);
}

static void our_keys_must_be_there_as_we_sent_them(void **state)
{
    (void)state;
    struct payload board = payload_copy(&parties.board);
    of(&board)->keys[0].public_keys[EXCHANGE_S][3] ^= 1;
    sign_again(&board, 0); // even then
    refuse(&board, "our own, were changed");
    payload_free(&board);
    const size_t others[4] = {1, 2, 3, 4};
    board = parties_make_board(&parties, others, 4);
    refuse(&board, "without place 1, our own");
    payload_free(&board);
}

static void keys_must_be_signed_for_this_attempt_by_who_has_the_place(void **state)
{
    (void)state;
    struct payload board = payload_copy(&parties.board);
    of(&board)->keys[2].public_keys[EXCHANGE_C][0] ^= 1;
    refuse(&board, "keys of place 5 are not signed");
    struct exchange_context earlier = parties.context;
    earlier.attempt--;
    of(&board)->keys[2] = of(&parties.board)->keys[2];
    exchange_sign_keys(&of(&board)->keys[2], &earlier, parties.sign_secrets[5]);
    refuse(&board, "keys of place 5 are not signed");
    exchange_sign_keys(&of(&board)->keys[2], &parties.context, parties.sign_secrets[2]);
    refuse(&board, "keys of place 5 are not signed");
    payload_free(&board);
}

static void a_key_that_stands_twice_is_refused(void **state)
{
    (void)state;
    for (size_t k = 0; k < EXCHANGE_KEY_PAIRS; k++) {
        struct payload board = payload_copy(&parties.board);
        memcpy(of(&board)->keys[4].public_keys[EXCHANGE_S], of(&board)->keys[1].public_keys[k], 32);
        sign_again(&board, 4);
        refuse(&board, "a key stands twice");
        payload_free(&board);
    }
}

static void keys_of_small_order_are_refused(void **state)
{
    (void)state;
    for (size_t k = 0; k < EXCHANGE_KEY_PAIRS; k++) {
        struct payload board = payload_copy(&parties.board);
        memset(of(&board)->keys[4].public_keys[k], 0, 32);
        sign_again(&board, 4);
        refuse(&board, "small order");
        payload_free(&board);
    }
}

static void who_was_shown_another_board_gets_nothing_from_us(void **state)
{
    (void)state;
    // The first sees all, the others without the last.
    struct payload shares = {0}, less = parties_make_board(&parties, everybody, 4);
    assert_int_equal(blinder_take_board(parties.blinders[0], parties.board.bytes,
                                        parties.board.size, &shares.bytes, &shares.size),
                     STATUS_OK);
    uint8_t keys_digest[32], other[32];
    exchange_board_digest(keys_digest, other, &parties.context, of(&less), 4);
    const struct exchange_shares *sent = (const struct exchange_shares *)shares.bytes;
    const struct exchange_way way = {1, 3};
    assert_true(exchange_verify_parcel(&sent->parcels[1], way, &parties.context, parties.digest,
                                       parties.sign_keys[1]));
    assert_false(exchange_verify_parcel(&sent->parcels[1], way, &parties.context, other,
                                        parties.sign_keys[1]));
    payload_free(&less);
    payload_free(&shares);
}

/* Parcels for party 0 from what the coordinator has: U2 and makers by party. */
static struct payload make_parcels(const uint32_t *listed, size_t listed_count,
                                   const size_t *makers, size_t maker_count)
{
    struct payload made = {.size = (2 + listed_count) * 4 +
                                   maker_count * sizeof(struct exchange_parcel)};
    made.bytes = malloc(made.size);
    assert_non_null(made.bytes);
    struct exchange_number *numbers = (struct exchange_number *)made.bytes;
    numbers[0] = exchange_record((uint32_t)listed_count);
    for (size_t i = 0; i < listed_count; i++) {
        numbers[1 + i] = exchange_record(listed[i]);
    }
    numbers[1 + listed_count] = exchange_record((uint32_t)maker_count);
    struct exchange_parcel *parcels = (struct exchange_parcel *)(numbers + 2 + listed_count);
    for (size_t i = 0; i < maker_count; i++) {
        parcels[i] = ((const struct exchange_shares *)parties.shares[makers[i]].bytes)->parcels[0];
        parcels[i].place = exchange_record(parties_place(makers[i]));
    }
    return made;
}

static void refuse_parcels(struct payload parcels, const char *why)
{
    struct payload complaint = {0};
    parties_expect_refusal(blinder_take_parcels(parties.blinders[0], parcels.bytes, parcels.size,
                                                &complaint.bytes, &complaint.size),
                           why);
    assert_null(complaint.bytes);
    assert_false(blinder_ready(parties.blinders[0]));
    payload_free(&parcels);
}

static void parcels_of_a_wrong_size_are_refused(void **state)
{
    (void)state;
    parties_give_shares(&parties);
    const uint32_t all[COUNT] = {1, 3, 5, 7, 9};
    struct payload parcels = make_parcels(all, COUNT, everybody, COUNT);
    parcels.size--;
    refuse_parcels(parcels, "bytes for 5 parcels");
    parcels = make_parcels(all, COUNT, everybody, COUNT);
    parcels.size = 7;
    refuse_parcels(parcels, "parcels: 7 bytes");
    parcels = make_parcels(all, COUNT, everybody, COUNT);
    parcels.bytes[0] = 6; // more than there are on the board
    refuse_parcels(parcels, "a list of 6 who delivered");
    parcels = make_parcels(all, COUNT, everybody, 0);
    parcels.bytes[24] = 6; // more than can be held
    parcels.bytes = realloc(parcels.bytes, parcels.size += 6 * sizeof(struct exchange_parcel));
    assert_non_null(parcels.bytes);
    refuse_parcels(parcels, "bytes for 6 parcels");
    parcels = make_parcels(all, COUNT, everybody, 1);
    parcels.size = 4 + 4 * 3 + 4; // the list itself is cut
    refuse_parcels(parcels, "a list of 5 who delivered");
}

static void who_delivered_is_an_ascending_part_of_the_board_with_us(void **state)
{
    (void)state;
    parties_give_shares(&parties);
    const uint32_t few[2] = {1, 3}, stranger[4] = {1, 3, 4, 5}, twice[4] = {1, 3, 3, 5};
    const uint32_t down[4] = {1, 5, 3, 7}, others[4] = {3, 5, 7, 9};
    refuse_parcels(make_parcels(few, 2, everybody, 2), "who delivered: 2 participants");
    refuse_parcels(make_parcels(stranger, 4, everybody, 3), "who delivered: place 4");
    refuse_parcels(make_parcels(twice, 4, everybody, 3), "who delivered: place 3 after 3");
    refuse_parcels(make_parcels(down, 4, everybody, 4), "who delivered: place 3 after 5");
    refuse_parcels(make_parcels(others, 4, everybody + 1, 4), "without place 1, our own");
}

/* One of 5 is corrupt, so of 3 too few would be honest, though 3 are enough for a cohort. */
static void who_is_left_must_be_as_many_as_the_plan_asks(void **state)
{
    (void)state;
    parties_give_shares(&parties);
    const uint32_t few[3] = {1, 3, 5};
    refuse_parcels(make_parcels(few, 3, everybody, 3), "who delivered: 3 participants, allowed: at"
                                                       " least 4");
    parties.blinders[0]->plan.left = 0; // the same by our holders alone
    refuse_parcels(make_parcels(few, 3, everybody, 3), "only 3 of our holders delivered, allowed:"
                                                       " at least 4");
}

static void there_is_one_parcel_of_each_who_delivered_signed_by_it(void **state)
{
    (void)state;
    parties_give_shares(&parties);
    const uint32_t all[COUNT] = {1, 3, 5, 7, 9}, most[4] = {1, 3, 5, 7};
    const size_t gap[4] = {0, 1, 3, 4}, turned[COUNT] = {0, 2, 1, 3, 4};
    struct payload parcels = make_parcels(all, COUNT, everybody, COUNT);
    parcels.bytes[24]--; // the last lies behind the end
    parcels.size -= sizeof(struct exchange_parcel);
    refuse_parcels(parcels, "not that of place 9");
    refuse_parcels(make_parcels(all, COUNT, gap, 4), "not that of place 5");
    refuse_parcels(make_parcels(all, COUNT, turned, COUNT), "not that of place 3");
    refuse_parcels(make_parcels(most, 4, everybody, COUNT), "of place 9, allowed");
    parcels = make_parcels(all, COUNT, everybody, COUNT);
    ((struct exchange_parcel *)(parcels.bytes + 28))[3].ciphertext[0] ^= 1;
    refuse_parcels(parcels, "place 7 has not signed");
    parcels = make_parcels(all, COUNT, everybody, COUNT);
    ((struct exchange_parcel *)(parcels.bytes + 28))[3].commitments[1][0] ^= 1;
    refuse_parcels(parcels, "place 7 has not signed");
    parties_hold(&parties); // the truth is still taken
}

int main(void)
{
#define CASE(test) cmocka_unit_test_setup_teardown(test, start, end)
    const struct CMUnitTest tests[] = {
        CASE(boards_of_a_wrong_size_are_refused),
        CASE(boards_of_too_few_or_too_many_are_refused),
        CASE(places_must_be_of_the_roster_and_ascend),
        CASE(another_plan_than_ours_is_refused),
        CASE(our_keys_must_be_there_as_we_sent_them),
        CASE(keys_must_be_signed_for_this_attempt_by_who_has_the_place),
        CASE(a_key_that_stands_twice_is_refused),
        CASE(keys_of_small_order_are_refused),
        CASE(who_was_shown_another_board_gets_nothing_from_us),
        CASE(parcels_of_a_wrong_size_are_refused),
        CASE(who_delivered_is_an_ascending_part_of_the_board_with_us),
        CASE(who_is_left_must_be_as_many_as_the_plan_asks),
        CASE(there_is_one_parcel_of_each_who_delivered_signed_by_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
