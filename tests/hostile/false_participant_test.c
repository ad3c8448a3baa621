// SPDX-License-Identifier: Apache-2.0
/* Participants that do not keep to the exchange: each is named, what it sent is not used, and the
 * others get their sum. */
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

enum { COUNT = 6, LIAR = 2, LIAR_PLACE = 5 };

/* One of 6 is corrupt, one may be lost: quorum and threshold are 4. */
static const struct neighbours_assumption assumption = {
    .corrupt = 0.2, .dropout = 0.2, .coordinator = NEIGHBOURS_SEMI_MALICIOUS};
static struct parties parties;
static struct unblinder *unblinder;

static int start(void **state)
{
    (void)state;
    parties_start(&parties, COUNT, assumption);
    unblinder = parties.unblinder;
    return 0;
}

static int end(void **state)
{
    (void)state;
    parties_end(&parties);
    return 0;
}

static void refuse_keys(uint32_t place, struct exchange_keys keys, size_t size, const char *why)
{
    parties_expect_refusal(unblinder_take_keys(unblinder, place, (const uint8_t *)&keys, size),
                           why);
    assert_false(unblinder_has(unblinder, EXCHANGE_STEP_KEYS, place));
}

static struct exchange_keys keys_of(size_t i)
{
    return parties.blinders[i]->keys;
}

static struct exchange_keys sign_keys(struct exchange_keys keys)
{
    exchange_sign_keys(&keys, &parties.context, parties.sign_secrets[LIAR_PLACE]);
    return keys;
}

static void keys_that_are_not_fresh_signed_and_its_own_are_refused(void **state)
{
    (void)state;
    const size_t size = sizeof(struct exchange_keys);
    struct exchange_keys keys = keys_of(LIAR);
    refuse_keys(LIAR_PLACE, keys, size - 1, "keys of 131 bytes");
    uint8_t longer[sizeof keys + 1];
    memcpy(longer, &keys, sizeof keys);
    parties_expect_refusal(unblinder_take_keys(unblinder, LIAR_PLACE, longer, sizeof longer),
                           "keys of 133 bytes");
    refuse_keys(LIAR_PLACE, keys_of(1), size, "place 5: keys of place 3");
    refuse_keys(4, keys, size, "place 4: keys, allowed: of the cohort");
    keys.public_keys[EXCHANGE_S][0] ^= 1;
    refuse_keys(LIAR_PLACE, keys, size, "place 5: it has not signed");
    for (size_t k = 0; k < EXCHANGE_KEY_PAIRS; k++) {
        keys = keys_of(LIAR);
        memset(keys.public_keys[k], 0, sizeof keys.public_keys[k]);
        refuse_keys(LIAR_PLACE, sign_keys(keys), size, "small order");
    }
    keys = keys_of(LIAR);
    memcpy(keys.public_keys[EXCHANGE_S], keys.public_keys[EXCHANGE_C], 32);
    refuse_keys(LIAR_PLACE, sign_keys(keys), size, "stands twice");
    const struct exchange_keys others = keys_of(0);
    assert_int_equal(unblinder_take_keys(unblinder, 1, (const uint8_t *)&others, size), STATUS_OK);
    for (size_t k = 0; k < EXCHANGE_KEY_PAIRS; k++) {
        keys = keys_of(LIAR);
        memcpy(keys.public_keys[EXCHANGE_C], others.public_keys[k], 32);
        refuse_keys(LIAR_PLACE, sign_keys(keys), size, "stands twice");
    }
    keys = keys_of(LIAR);
    for (int again = 0; again < 2; again++) {
        assert_int_equal(unblinder_take_keys(unblinder, LIAR_PLACE, (const uint8_t *)&keys, size),
                         STATUS_OK);
    }
    keys.public_keys[EXCHANGE_C][0] ^= 1;
    keys = sign_keys(keys);
    parties_expect_refusal(unblinder_take_keys(unblinder, LIAR_PLACE, (const uint8_t *)&keys, size),
                           "other keys");
}

static struct payload deal(size_t i)
{
    struct payload shares = {0};
    assert_int_equal(blinder_take_board(parties.blinders[i], parties.board.bytes,
                                        parties.board.size, &shares.bytes, &shares.size),
                     STATUS_OK);
    return shares;
}

static void refuse_shares(uint32_t place, struct payload *shares, const char *why)
{
    parties_expect_refusal(unblinder_take_shares(unblinder, place, shares->bytes, shares->size),
                           why);
    assert_false(unblinder_has(unblinder, EXCHANGE_STEP_SHARES, place));
    payload_free(shares);
    *shares = deal(LIAR);
}

static void shares_that_are_not_for_all_its_holders_and_signed_are_refused(void **state)
{
    (void)state;
    struct payload early = {calloc(1, sizeof(struct exchange_shares)), 136};
    assert_non_null(early.bytes);
    parties_expect_refusal(unblinder_take_shares(unblinder, 1, early.bytes, early.size),
                           "place 1: shares, allowed: of those on the board");
    payload_free(&early);
    parties_give_keys(&parties);
    struct payload shares = deal(LIAR);
#define SENT ((struct exchange_shares *)shares.bytes)
    refuse_shares(4, &shares, "place 4: shares, allowed: of those on the board");
    refuse_shares(3, &shares, "place 3: shares of place 5");
    shares.size = sizeof *SENT - 1;
    refuse_shares(LIAR_PLACE, &shares, "place 5: shares of 135 bytes");
    shares.size -= sizeof *SENT->parcels;
    refuse_shares(LIAR_PLACE, &shares, "shares for 6 holders in 1516 bytes");
    SENT->count = exchange_record(5);
    refuse_shares(LIAR_PLACE, &shares, "shares for 5 holders");
    SENT->opening[0] ^= 1;
    refuse_shares(LIAR_PLACE, &shares, "not signed the commitment");
    SENT->parcels[4] = SENT->parcels[3];
    refuse_shares(LIAR_PLACE, &shares, "parcel for place 7, allowed: for 9");
    SENT->parcels[4].ciphertext[0] ^= 1;
    refuse_shares(LIAR_PLACE, &shares, "not signed its parcel for place 9");
    for (int again = 0; again < 2; again++) {
        assert_int_equal(unblinder_take_shares(unblinder, LIAR_PLACE, shares.bytes, shares.size),
                         STATUS_OK);
    }
    SENT->signature[0] ^= 1;
    parties_expect_refusal(unblinder_take_shares(unblinder, LIAR_PLACE, shares.bytes, shares.size),
                           "other shares");
    payload_free(&shares);
}

/* All deal, the liar wrongly to the first. */
static void give_shares(enum shamir_secret which)
{
    parties_give_keys(&parties);
    for (size_t i = 0; i < COUNT; i++) {
        struct payload *shares = &parties.shares[i];
        *shares = deal(i);
        if (i == LIAR) parties_deal_wrongly(&parties, LIAR, 0, which, false);
        assert_int_equal(
            unblinder_take_shares(unblinder, parties_place(i), shares->bytes, shares->size),
            STATUS_OK);
    }
    assert_int_equal(unblinder_close_shares(unblinder), STATUS_OK);
}

/* The complaint of party 0 that it makes of the liar's parcel. */
static struct payload complaint_of_first(void)
{
    struct payload parcels = parties_parcels(&parties, 0), complaint = {0};
    assert_int_equal(blinder_take_parcels(parties.blinders[0], parcels.bytes, parcels.size,
                                          &complaint.bytes, &complaint.size),
                     STATUS_OK);
    payload_free(&parcels);
    return complaint;
}

static void refuse_complaint(struct payload complaint, uint32_t place, size_t size, const char *why)
{
    const uint32_t *makers = NULL;
    size_t count = 9;
    parties_expect_refusal(
        unblinder_take_receipt(unblinder, place, complaint.bytes, size, &makers, &count), why);
    assert_int_equal(count, 0);
    assert_false(unblinder_is_disputed(unblinder, LIAR_PLACE));
}

static void complaints_that_are_not_signed_or_not_of_its_makers_are_refused(void **state)
{
    (void)state;
    give_shares(SHAMIR_OWN_SEED);
    struct payload complaint = complaint_of_first(), other = payload_copy(&complaint);
    assert_int_equal(complaint.size, 72 + 68);
    struct exchange_receipt *changed = (struct exchange_receipt *)other.bytes;
    refuse_complaint(complaint, 1, 139, "complaints in 139 bytes");
    refuse_complaint(complaint, 1, 71, "a receipt of 71 bytes");
    refuse_complaint(complaint, 3, 140, "place 3: a receipt of place 1");
    refuse_complaint(complaint, 4, 140, "place 4: a receipt, allowed");
    changed->makers[0].place = exchange_record(4);
    refuse_complaint(other, 1, 140, "place 1: a complaint of place 4");
    changed->makers[0].place = exchange_record(3);
    refuse_complaint(other, 1, 140, "not signed its complaint of place 3");
    changed->signature[5] ^= 1;
    refuse_complaint(other, 1, 140, "place 1: it has not signed the list of who delivered");
    uint8_t twice[72 + 2 * 68];
    memcpy(twice, complaint.bytes, 140);
    memcpy(twice + 140, complaint.bytes + 72, 68);
    twice[68] = 2;
    refuse_complaint((struct payload){twice, sizeof twice}, 1, sizeof twice, "ascending");
    uint8_t many[72 + 7 * 68] = {1};
    many[68] = 7;
    refuse_complaint((struct payload){many, sizeof many}, 1, sizeof many, "allowed: at most 6");
    payload_free(&complaint);
    payload_free(&other);
}

/* The complaints of party 0 of two makers, in one receipt. */
static size_t complain_of(uint32_t first, uint32_t second, enum status status)
{
    struct payload one = parties_make_receipt(&parties, 1, first);
    struct payload two = parties_make_receipt(&parties, 1, second);
    uint8_t both[72 + 2 * 68];
    const uint32_t *makers = NULL;
    size_t count = 0;
    memcpy(both, one.bytes, 140);
    memcpy(both + 140, two.bytes + 72, 68);
    both[68] = 2;
    assert_int_equal(unblinder_take_receipt(unblinder, 1, both, sizeof both, &makers, &count),
                     status);
    payload_free(&one);
    payload_free(&two);
    return count;
}

static void who_complains_of_several_names_each_once_in_order(void **state)
{
    (void)state;
    give_shares(SHAMIR_OWN_SEED);
    assert_int_equal(complain_of(7, LIAR_PLACE, STATUS_BAD_MESSAGE), 0);
    assert_int_equal(complain_of(7, 7, STATUS_BAD_MESSAGE), 0);
    assert_int_equal(complain_of(LIAR_PLACE, 7, STATUS_OK), 2);
    assert_true(unblinder_is_disputed(unblinder, LIAR_PLACE));
    assert_true(unblinder_is_disputed(unblinder, 7));
    assert_false(unblinder_is_disputed(unblinder, 3));
    // Who did not complain of the liar is not opened anything, nor who is nobody's holder.
    for (uint32_t holder = 2; holder <= 7; holder++) {
        const struct exchange_opening opening = {
            exchange_record(LIAR_PLACE), exchange_record(holder), {{{0}, {0}}}};
        uint32_t whom = 0;
        parties_expect_refusal(unblinder_take_opening(unblinder, LIAR_PLACE,
                                                      (const uint8_t *)&opening, sizeof opening,
                                                      &whom),
                               "allowed: for who complained");
    }
}

/* A receipt that is here already is not the last word: one may complain later. */
static void who_was_content_may_complain_later_by_its_own_signature(void **state)
{
    (void)state;
    const uint32_t *makers = NULL;
    size_t count = 0;
    give_shares(SHAMIR_OWN_SEED);
    struct payload receipt = complaint_of_first(), changed = payload_copy(&receipt);
    uint8_t content[72];
    memcpy(content, receipt.bytes, sizeof content);
    content[68] = 0;
    for (int again = 0; again < 2; again++) {
        assert_int_equal(unblinder_take_receipt(unblinder, 1, content, 72, &makers, &count),
                         STATUS_OK);
        assert_int_equal(count, 0);
    }
    changed.bytes[9] ^= 1;
    refuse_complaint(changed, 1, 72, "in 72 bytes");
    content[9] ^= 1;
    refuse_complaint((struct payload){content, 72}, 1, 72, "it has not signed the list of who");
    assert_int_equal(parties_take_receipt(&parties, 0, &receipt), 1);
    assert_true(unblinder_is_disputed(unblinder, LIAR_PLACE));
    payload_free(&receipt);
    payload_free(&changed);
}

/* What the liar says is in its parcel for party 0, of which that one has complained. */
static struct payload asked_opening(bool right)
{
    struct payload complaint = complaint_of_first(), asked = {0}, opening = {0};
    const uint32_t *makers = NULL;
    size_t count = 0;
    assert_int_equal(
        unblinder_take_receipt(unblinder, 1, complaint.bytes, complaint.size, &makers, &count),
        STATUS_OK);
    assert_int_equal(count, 1);
    assert_int_equal(makers[0], LIAR_PLACE);
    assert_true(unblinder_is_disputed(unblinder, LIAR_PLACE));
    assert_int_equal(unblinder_complaint(unblinder, LIAR_PLACE, 1, &asked.bytes, &asked.size),
                     STATUS_OK);
    if (right) parties.blinders[LIAR]->dealt[0][SHAMIR_SECRET_KEY].share[7] ^= 1;
    assert_int_equal(blinder_take_complaint(parties.blinders[LIAR], asked.bytes, asked.size,
                                            &opening.bytes, &opening.size),
                     STATUS_OK);
    payload_free(&complaint);
    payload_free(&asked);
    return opening;
}

static void refuse_opening(uint32_t place, const uint8_t *bytes, size_t size, const char *why)
{
    uint32_t holder = 0;
    parties_expect_refusal(unblinder_take_opening(unblinder, place, bytes, size, &holder), why);
    assert_int_equal(holder, UNBLINDER_NOBODY);
}

static void a_maker_that_opens_wrongly_is_named_and_not_counted(void **state)
{
    (void)state;
    const struct exchange_opening unasked = {
        exchange_record(LIAR_PLACE), exchange_record(1), {{{0}, {0}}}};
    give_shares(SHAMIR_SECRET_KEY);
    refuse_opening(LIAR_PLACE, (const uint8_t *)&unasked, sizeof unasked,
                   "place 5: an opening for place 1, allowed: for who complained");
    struct payload opening = asked_opening(false);
    uint8_t longer[sizeof unasked + 1] = {0};
    memcpy(longer, opening.bytes, opening.size);
    refuse_opening(LIAR_PLACE, opening.bytes, opening.size - 1, "opening of 135 bytes");
    refuse_opening(LIAR_PLACE, longer, sizeof longer, "opening of 137 bytes");
    refuse_opening(3, opening.bytes, opening.size, "place 3: an opening of place 5");
    refuse_opening(LIAR_PLACE, opening.bytes, opening.size,
                   "place 5: its opening for place 1 is not what it committed to");
    assert_true(unblinder_is_disputed(unblinder, LIAR_PLACE));
    payload_free(&opening);
}

static void a_maker_that_opens_rightly_is_counted(void **state)
{
    (void)state;
    uint32_t holder = 0;
    give_shares(SHAMIR_SECRET_KEY);
    struct payload opening = asked_opening(true);
    assert_int_equal(
        unblinder_take_opening(unblinder, LIAR_PLACE, opening.bytes, opening.size, &holder),
        STATUS_OK);
    assert_int_equal(holder, 1);
    assert_false(unblinder_is_disputed(unblinder, LIAR_PLACE));
    assert_false(unblinder_may_count(unblinder, LIAR_PLACE)); // it has given no receipt
    struct payload parcels = parties_parcels(&parties, LIAR), receipt = {0};
    assert_int_equal(blinder_take_parcels(parties.blinders[LIAR], parcels.bytes, parcels.size,
                                          &receipt.bytes, &receipt.size),
                     STATUS_OK);
    assert_int_equal(parties_take_receipt(&parties, LIAR, &receipt), 0);
    assert_true(unblinder_may_count(unblinder, LIAR_PLACE));
    payload_free(&parcels);
    payload_free(&receipt);
    assert_int_equal(blinder_take_opening(parties.blinders[0], opening.bytes, opening.size),
                     STATUS_OK);
    payload_free(&opening);
}

int main(void)
{
#define CASE(test) cmocka_unit_test_setup_teardown(test, start, end)
    const struct CMUnitTest tests[] = {
        CASE(keys_that_are_not_fresh_signed_and_its_own_are_refused),
        CASE(shares_that_are_not_for_all_its_holders_and_signed_are_refused),
        CASE(complaints_that_are_not_signed_or_not_of_its_makers_are_refused),
        CASE(who_complains_of_several_names_each_once_in_order),
        CASE(who_was_content_may_complain_later_by_its_own_signature),
        CASE(a_maker_that_opens_wrongly_is_named_and_not_counted),
        CASE(a_maker_that_opens_rightly_is_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
