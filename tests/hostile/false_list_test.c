// SPDX-License-Identifier: Apache-2.0
/* A coordinator that lies about complaints, about who is counted and who agreed, or asks again: the
 * participant says what is wrong and releases nothing. */
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

/* Nobody of 5 is corrupt, two may be lost: quorum and threshold are 3. */
static const struct neighbours_assumption assumption = {
    .corrupt = 0, .dropout = 0.4, .coordinator = NEIGHBOURS_SEMI_MALICIOUS};
static struct parties parties;
static struct blinder *victim;
static uint8_t update[8], metrics[8];

/* All hold their parcels; the last has delivered nothing, so U2 is one less than U1. */
static int start(void **state)
{
    (void)state;
    parties_start(&parties, COUNT, assumption);
    parties_give_keys(&parties);
    parties.there[COUNT - 1] = false;
    parties_give_shares(&parties);
    victim = parties.blinders[0];
    return 0;
}

static int end(void **state)
{
    (void)state;
    parties_end(&parties);
    return 0;
}

static void blind(size_t i)
{
    assert_int_equal(blinder_blind(parties.blinders[i], update, 2, 32, metrics, 1), STATUS_OK);
}

/* As far as the signatures' being out. */
static void go_to_signatures(void)
{
    const bool counted[PARTIES_MAX] = {true, true, true, false};
    parties_hold(&parties);
    blind(0);
    blind(1);
    blind(2);
    parties_count(&parties, counted);
    parties_sign(&parties);
}

static struct exchange_complaint complain(uint32_t maker, uint32_t holder)
{
    struct exchange_complaint made = {exchange_record(maker), exchange_record(holder), {0}};
    exchange_sign(made.signature, parties.sign_secrets[holder], EXCHANGE_COMPLAINT,
                  &parties.context, maker, holder, parties.digest, sizeof parties.digest);
    return made;
}

static void refuse_complaint(struct exchange_complaint complaint, size_t size, const char *why)
{
    struct payload opening = {0};
    parties_expect_refusal(blinder_take_complaint(victim, (const uint8_t *)&complaint, size,
                                                  &opening.bytes, &opening.size),
                           why);
    assert_null(opening.bytes);
}

static void we_open_only_for_a_holder_who_signed_its_complaint(void **state)
{
    (void)state;
    struct payload opening = {0};
    const size_t size = sizeof(struct exchange_complaint);
    refuse_complaint(complain(1, 3), size - 1, "complaint: 71 bytes");
    refuse_complaint(complain(5, 3), size, "of a parcel of place 5");
    refuse_complaint(complain(1, 4), size, "complaint: of place 4");
    struct exchange_complaint complaint = complain(1, 3);
    complaint.signature[0] ^= 1;
    refuse_complaint(complaint, size, "place 3 has not signed it");
    parties.digest[0] ^= 1; // a holder that was shown another board
    refuse_complaint(complain(1, 3), size, "place 3 has not signed it");
    parties.digest[0] ^= 1;
    complaint = complain(1, 3);
    assert_int_equal(blinder_take_complaint(victim, (const uint8_t *)&complaint, size,
                                            &opening.bytes, &opening.size),
                     STATUS_OK);
    payload_free(&opening);
}

static void complaints_before_our_shares_and_after_the_list_are_refused(void **state)
{
    (void)state;
    struct blinder *early = NULL;
    struct payload opening = {0};
    const struct blinder_options options = parties_blinder_options(&parties, 0);
    const struct exchange_complaint complaint = complain(1, 3);
    assert_int_equal(blinder_create(&early, &options), STATUS_OK);
    parties_expect_refusal(blinder_take_complaint(early, (const uint8_t *)&complaint,
                                                  sizeof complaint, &opening.bytes, &opening.size),
                           "a complaint out of order");
    blinder_destroy(&early);
    go_to_signatures();
    refuse_complaint(complaint, sizeof complaint, "a complaint out of order");
}

/* Parcels in which that of place 5 cannot be read; party 0 complains. */
static void hold_a_wrong_one(void)
{
    struct payload parcels = parties_parcels(&parties, 0), complaint = {0};
    struct exchange_parcel *wrong = (struct exchange_parcel *)(parcels.bytes + 4 * 6) + 2;
    wrong->ciphertext[9] ^= 1;
    exchange_sign_parcel(wrong, (struct exchange_way){5, 1}, &parties.context, parties.digest,
                         parties.sign_secrets[5]);
    assert_int_equal(blinder_take_parcels(victim, parcels.bytes, parcels.size, &complaint.bytes,
                                          &complaint.size),
                     STATUS_OK);
    assert_non_null(complaint.bytes);
    payload_free(&complaint);
    payload_free(&parcels);
}

static struct exchange_opening open_parcel(size_t maker)
{
    struct payload bytes = {0};
    struct exchange_opening opening;
    const struct exchange_complaint complaint = complain(parties_place(maker), 1);
    assert_int_equal(blinder_take_complaint(parties.blinders[maker], (const uint8_t *)&complaint,
                                            sizeof complaint, &bytes.bytes, &bytes.size),
                     STATUS_OK);
    assert_int_equal(bytes.size, sizeof opening);
    memcpy(&opening, bytes.bytes, sizeof opening);
    payload_free(&bytes);
    return opening;
}

static void refuse_opening(struct exchange_opening opening, size_t size, const char *why)
{
    parties_expect_refusal(blinder_take_opening(victim, (const uint8_t *)&opening, size), why);
}

static void only_the_right_shares_of_who_was_complained_of_are_taken(void **state)
{
    (void)state;
    const size_t size = sizeof(struct exchange_opening);
    refuse_opening(open_parcel(2), size, "an opening out of order");
    hold_a_wrong_one();
    refuse_opening(open_parcel(2), size - 1, "opening: 135 bytes");
    refuse_opening(open_parcel(1), size, "of place 3 for place 1"); // there was no complaint
    struct exchange_opening opening = open_parcel(2);
    opening.holder = exchange_record(3);
    refuse_opening(opening, size, "of place 5 for place 3");
    opening = open_parcel(2);
    opening.maker = exchange_record(4);
    refuse_opening(opening, size, "of place 4 for place 1");
    for (size_t which = 0; which < EXCHANGE_SECRETS; which++) {
        opening = open_parcel(2);
        opening.contents[which].share[0] ^= 1;
        refuse_opening(opening, size, "not the shares that it committed to");
    }
    opening = open_parcel(2);
    for (int again = 0; again < 2; again++) {
        assert_int_equal(blinder_take_opening(victim, (const uint8_t *)&opening, size), STATUS_OK);
    }
}

/* Each place with the signature on U2 that it should have given. */
static struct payload make_list(const uint32_t *places, size_t count)
{
    struct payload made = {.size = 4 + count * sizeof(struct exchange_signed)};
    made.bytes = calloc(1, made.size + 8); // for sizes that are too large
    assert_non_null(made.bytes);
    *(struct exchange_number *)made.bytes = exchange_record((uint32_t)count);
    struct exchange_signed *given = (struct exchange_signed *)(made.bytes + 4);
    for (size_t i = 0; i < count; i++) {
        given[i].place = exchange_record(places[i]);
        parties_sign_delivered(&parties, places[i], given[i].signature);
    }
    return made;
}

static void refuse_again(const uint32_t *places, size_t count)
{
    struct payload list = make_list(places, count), signature = {0};
    parties_expect_refusal(
        blinder_take_counted(victim, list.bytes, list.size, &signature.bytes, &signature.size),
        "a list of the counted again, and not the same");
    assert_null(signature.bytes);
    payload_free(&list);
}

static void nobody_signs_two_lists(void **state)
{
    (void)state;
    go_to_signatures();
    const uint32_t other[4] = {1, 3, 5, 7}, less[3] = {1, 3, 7};
    refuse_again(other, 4);
    refuse_again(less, 3);
}

static struct exchange_signed *signature(struct payload *signatures, size_t i)
{
    return (struct exchange_signed *)(signatures->bytes + 4) + i;
}

static void refuse_signatures(struct payload *signatures, const char *why)
{
    struct payload release = {0};
    parties_expect_refusal(blinder_take_signatures(victim, signatures->bytes, signatures->size),
                           why);
    parties_expect_refusal(blinder_release(victim, &release.bytes, &release.size),
                           "a release out of order");
    assert_null(release.bytes);
    payload_free(signatures);
    *signatures = payload_copy(&parties.signatures);
}

static void nothing_is_released_without_a_quorum_of_members_on_our_list(void **state)
{
    (void)state;
    go_to_signatures();
    struct payload given = payload_copy(&parties.signatures);
    assert_int_equal(given.size, 4 + 3 * 68);
    given.bytes[0] = 2; // 3 is the quorum of 5
    given.size -= 68;
    refuse_signatures(&given, "signatures: 2, allowed: at least 3");
    given.size--;
    refuse_signatures(&given, "signatures: 207 bytes");
    given.size = 3;
    refuse_signatures(&given, "signatures: 3 bytes");
    given.bytes = realloc(given.bytes, given.size = 4 + 4 * 68);
    assert_non_null(given.bytes);
    given.bytes[0] = 4;
    refuse_signatures(&given, "for 4, allowed: at most 3");
    *signature(&given, 2) = *signature(&given, 1);
    refuse_signatures(&given, "place 3 after 3");
    signature(&given, 2)->place = exchange_record(7); // of U2, not counted
    refuse_signatures(&given, "of place 7, allowed: those on the list");
    signature(&given, 1)->signature[0] ^= 1;
    refuse_signatures(&given, "place 3 has not signed our list");
    // Rightly signed, but another list, or for another board.
    uint8_t statement[32 + 4 * 4] = {0};
    memcpy(statement, parties.digest, 32);
    statement[32] = 1;
    statement[36] = 3;
    statement[40] = 5;
    exchange_sign(signature(&given, 1)->signature, parties.sign_secrets[3], EXCHANGE_COUNTED,
                  &parties.context, 3, 0, statement, 32 + 3 * 4);
    assert_memory_equal(given.bytes, parties.signatures.bytes, given.size);
    statement[32 + 8] = 7;
    exchange_sign(signature(&given, 1)->signature, parties.sign_secrets[3], EXCHANGE_COUNTED,
                  &parties.context, 3, 0, statement, 32 + 3 * 4);
    refuse_signatures(&given, "place 3 has not signed our list");
    payload_free(&given);
}

static void signatures_before_the_list_are_refused(void **state)
{
    (void)state;
    parties_hold(&parties);
    struct exchange_number none = exchange_record(0);
    parties_expect_refusal(blinder_take_signatures(victim, (const uint8_t *)&none, sizeof none),
                           "signatures out of order");
}

static void of_each_maker_one_secret_is_released_and_the_same_again(void **state)
{
    (void)state;
    go_to_signatures();
    parties_agree(&parties);
    struct payload first = {0}, again = {0};
    assert_int_equal(blinder_release(victim, &first.bytes, &first.size), STATUS_OK);
    const struct exchange_release *release = (const struct exchange_release *)first.bytes;
    assert_int_equal(first.size, sizeof *release + 4 * sizeof *release->shares);
    assert_int_equal(exchange_number(release->count), 4);
    for (size_t i = 0; i < 4; i++) { // 1, 3 and 5 are counted, 7 is lost
        assert_int_equal(exchange_number(release->shares[i].maker), parties_place(i));
        assert_int_equal(exchange_number(release->shares[i].which),
                         i < 3 ? SHAMIR_OWN_SEED : SHAMIR_SECRET_KEY);
    }
    assert_int_equal(blinder_release(victim, &again.bytes, &again.size), STATUS_OK);
    assert_int_equal(again.size, first.size);
    assert_memory_equal(again.bytes, first.bytes, first.size);
    payload_free(&first);
    payload_free(&again);
    // Nothing else is to be had from then on.
    const uint32_t other[4] = {1, 3, 5, 7};
    struct payload given = payload_copy(&parties.signatures);
    given.bytes[9] ^= 1;
    refuse_again(other, 4);
    refuse_complaint(complain(1, 3), sizeof(struct exchange_complaint), "out of order");
    parties_expect_refusal(blinder_take_signatures(victim, given.bytes, given.size),
                           "signatures again, and not the same");
    parties_expect_refusal(blinder_blind(victim, update, 2, 32, metrics, 1), "out of order");
    payload_free(&given);
}

static void an_update_is_blinded_once_and_in_its_time(void **state)
{
    (void)state;
    const uint8_t before[8] = {0};
    memset(update, 0, sizeof update);
    parties_expect_refusal(blinder_blind(victim, update, 2, 32, metrics, 1), "out of order");
    assert_memory_equal(update, before, sizeof update);
    parties_hold(&parties);
    blind(0);
    assert_memory_not_equal(update, before, sizeof update);
    memset(update, 0, sizeof update);
    parties_expect_refusal(blinder_blind(victim, update, 2, 32, metrics, 1), "out of order");
    assert_memory_equal(update, before, sizeof update);
    blind(1);
    blind(2);
    const bool counted[PARTIES_MAX] = {true, true, true};
    parties_count(&parties, counted);
    parties_sign(&parties);
    parties_expect_refusal(blinder_blind(victim, update, 2, 32, metrics, 1), "out of order");
}

int main(void)
{
#define CASE(test) cmocka_unit_test_setup_teardown(test, start, end)
    const struct CMUnitTest tests[] = {
        CASE(we_open_only_for_a_holder_who_signed_its_complaint),
        CASE(complaints_before_our_shares_and_after_the_list_are_refused),
        CASE(only_the_right_shares_of_who_was_complained_of_are_taken),
        CASE(nobody_signs_two_lists),
        CASE(nothing_is_released_without_a_quorum_of_members_on_our_list),
        CASE(signatures_before_the_list_are_refused),
        CASE(of_each_maker_one_secret_is_released_and_the_same_again),
        CASE(an_update_is_blinded_once_and_in_its_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
