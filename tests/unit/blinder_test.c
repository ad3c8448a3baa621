// SPDX-License-Identifier: Apache-2.0
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "fakes/parties.h"
#include "secure/blinder_parts.h"

#include <string.h>

enum { COUNT = 4 };

static const struct neighbours_assumption assumption = {
    .corrupt = 0, .dropout = 0.25, .coordinator = NEIGHBOURS_SEMI_MALICIOUS};
static struct parties parties;
static struct blinder *first;
static uint8_t update[12], metrics[16];

static int start(void **state)
{
    (void)state;
    parties_start(&parties, COUNT, assumption);
    parties_give_keys(&parties);
    first = parties.blinders[0];
    return 0;
}

static int end(void **state)
{
    (void)state;
    parties_end(&parties);
    return 0;
}

static void a_key_that_is_not_that_of_the_place_is_refused(void **state)
{
    (void)state;
    struct blinder *blinder = (struct blinder *)1;
    struct blinder_options options = parties_blinder_options(&parties, 0);
    options.sign_secret = parties.sign_secrets[3];
    assert_int_equal(blinder_create(&blinder, &options), STATUS_BAD_CONFIG);
    assert_non_null(strstr(status_message(), "place 1"));
    assert_null(blinder);
    blinder_destroy(&blinder);
}

static void keys_are_fresh_for_each_attempt_and_the_same_when_asked_again(void **state)
{
    (void)state;
    struct blinder *other = NULL;
    struct payload again = {0}, fresh = {0};
    const struct blinder_options options = parties_blinder_options(&parties, 0);
    assert_int_equal(blinder_create(&other, &options), STATUS_OK);
    assert_int_equal(blinder_keys(first, &again.bytes, &again.size), STATUS_OK);
    assert_int_equal(blinder_keys(other, &fresh.bytes, &fresh.size), STATUS_OK);
    assert_int_equal(again.size, sizeof(struct exchange_keys));
    assert_memory_equal(again.bytes, parties.keys[0].bytes, again.size);
    assert_memory_not_equal(fresh.bytes + 4, again.bytes + 4, 32);
    assert_memory_not_equal(fresh.bytes + 36, again.bytes + 36, 32);
    payload_free(&again);
    payload_free(&fresh);
    blinder_destroy(&other);
}

static void a_board_that_comes_again_has_the_same_answer(void **state)
{
    (void)state;
    struct payload again = {0};
    parties_give_shares(&parties);
    assert_int_equal(blinder_take_board(first, parties.board.bytes, parties.board.size,
                                        &again.bytes, &again.size),
                     STATUS_OK);
    assert_int_equal(again.size, parties.shares[0].size);
    assert_memory_equal(again.bytes, parties.shares[0].bytes, again.size);
    payload_free(&again);
    struct payload other = payload_copy(&parties.board);
    other.bytes[0] ^= 1;
    parties_expect_refusal(
        blinder_take_board(first, other.bytes, other.size, &again.bytes, &again.size),
        "a board again, and not the same");
    assert_null(again.bytes);
    payload_free(&other);
}

static void parcels_that_come_again_change_nothing(void **state)
{
    (void)state;
    struct payload complaint = {0}, parcels = {0};
    parties_expect_refusal(
        blinder_take_parcels(first, (const uint8_t *)"", 0, &complaint.bytes, &complaint.size),
        "parcels out of order");
    parties_give_shares(&parties);
    assert_false(blinder_ready(first));
    parties_hold(&parties);
    assert_true(blinder_ready(first));
    parcels = parties_parcels(&parties, 0);
    assert_int_equal(
        blinder_take_parcels(first, parcels.bytes, parcels.size, &complaint.bytes, &complaint.size),
        STATUS_OK);
    const struct exchange_receipt *read = (const struct exchange_receipt *)complaint.bytes;
    assert_int_equal(complaint.size, sizeof *read);
    assert_int_equal(exchange_number(read->count), 0);
    payload_free(&complaint);
    parcels.bytes[40] ^= 1;
    parties_expect_refusal(
        blinder_take_parcels(first, parcels.bytes, parcels.size, &complaint.bytes, &complaint.size),
        "parcels again, and not the same");
    payload_free(&parcels);
}

/* Of each wrong parcel, whichever of its secrets is wrong, and of no other. */
static void complaints_name_whose_parcels_do_not_hold_what_was_committed_to(void **state)
{
    (void)state;
    struct payload complaint = {0}, again = {0}, parcels = {0};
    for (size_t i = 0; i < COUNT; i++) {
        struct payload *shares = &parties.shares[i];
        assert_int_equal(blinder_take_board(parties.blinders[i], parties.board.bytes,
                                            parties.board.size, &shares->bytes, &shares->size),
                         STATUS_OK);
        if (i == 1) parties_deal_wrongly(&parties, i, 0, SHAMIR_OWN_SEED, false);
        if (i == 3) parties_deal_wrongly(&parties, i, 0, SHAMIR_SECRET_KEY, false);
        assert_int_equal(
            unblinder_take_shares(parties.unblinder, parties_place(i), shares->bytes, shares->size),
            STATUS_OK);
    }
    assert_int_equal(unblinder_close_shares(parties.unblinder), STATUS_OK);
    parcels = parties_parcels(&parties, 0);
    assert_int_equal(
        blinder_take_parcels(first, parcels.bytes, parcels.size, &complaint.bytes, &complaint.size),
        STATUS_OK);
    assert_int_equal(
        blinder_take_parcels(first, parcels.bytes, parcels.size, &again.bytes, &again.size),
        STATUS_OK);
    assert_int_equal(again.size, complaint.size);
    assert_memory_equal(again.bytes, complaint.bytes, again.size);
    const struct exchange_receipt *read = (const struct exchange_receipt *)complaint.bytes;
    assert_int_equal(complaint.size, sizeof *read + 2 * sizeof *read->makers);
    assert_int_equal(exchange_number(read->holder), 1);
    assert_int_equal(exchange_number(read->count), 2);
    assert_int_equal(exchange_number(read->makers[0].place), 3);
    assert_int_equal(exchange_number(read->makers[1].place), 7);
    assert_true(blinder_ready(first)); // the update does not wait for it
    payload_free(&complaint);
    payload_free(&again);
    payload_free(&parcels);
}

static bool is_zero(const void *bytes, size_t size)
{
    return sodium_is_zero(bytes, size) == 1;
}

static void secrets_are_wiped_when_they_are_of_no_more_use(void **state)
{
    (void)state;
    const bool counted[PARTIES_MAX] = {true, true, true, true};
    assert_false(is_zero(first->secret_keys[EXCHANGE_C], 32));
    parties_give_shares(&parties);
    assert_true(is_zero(first->secret_keys[EXCHANGE_C], 32));
    assert_false(is_zero(first->secret_keys[EXCHANGE_S], 32));
    parties_hold(&parties);
    assert_true(is_zero(first->secret_keys, sizeof first->secret_keys));
    assert_false(is_zero(first->own_seed, sizeof first->own_seed));
    for (size_t i = 0; i < COUNT; i++) {
        assert_int_equal(blinder_blind(parties.blinders[i], update, 3, 32, metrics, 2), STATUS_OK);
    }
    assert_true(is_zero(first->own_seed, sizeof first->own_seed));
    assert_true(is_zero(first->pair_seeds, sizeof first->pair_seeds));
    assert_false(is_zero(first->dealt, sizeof first->dealt));
    parties_count(&parties, counted);
    parties_sign(&parties);
    assert_true(is_zero(first->dealt, sizeof first->dealt));
    parties_agree(&parties);
    assert_false(is_zero(first->held[0].contents, sizeof first->held[0].contents));
    parties_release(&parties);
    assert_true(is_zero(first->held, sizeof first->held));
}

static void the_list_is_known_once_it_was_taken_and_signed_once(void **state)
{
    (void)state;
    const bool counted[PARTIES_MAX] = {true, true, false, true};
    const uint32_t *places = NULL;
    size_t count = 9;
    struct payload again = {0}, later = {0};
    parties_give_shares(&parties);
    parties_hold(&parties);
    for (size_t i = 0; i < COUNT; i++) {
        assert_int_equal(blinder_blind(parties.blinders[i], update, 3, 24, metrics, 2), STATUS_OK);
    }
    blinder_counted(first, &places, &count);
    assert_int_equal(count, 0);
    parties_count(&parties, counted);
    parties_sign(&parties);
    blinder_counted(first, &places, &count);
    assert_int_equal(count, 3);
    assert_true(places[0] == 1 && places[1] == 3 && places[2] == 7);
    for (int i = 0; i < 2; i++) { // before and after the signatures are here
        assert_int_equal(blinder_take_counted(first, parties.list.bytes, parties.list.size,
                                              &again.bytes, &again.size),
                         STATUS_OK);
        assert_int_equal(again.size, sizeof(struct exchange_signed));
        if (i == 1) assert_memory_equal(again.bytes, later.bytes, again.size);
        if (i == 0) later = payload_copy(&again);
        payload_free(&again);
        assert_int_equal(
            blinder_take_signatures(first, parties.signatures.bytes, parties.signatures.size),
            STATUS_OK);
    }
    payload_free(&later);
}

/* The upload of a fixed plaintext: bytes of a uniform distribution (chi-square of 255 degrees of
 * freedom, far in its tail), for both vectors. */
static void an_upload_of_zeros_looks_uniform(void **state)
{
    (void)state;
    enum { WORDS = 65536 };
    static uint8_t words[WORDS * 3], more[WORDS * 8];
    parties_give_shares(&parties);
    parties_hold(&parties);
    assert_int_equal(blinder_blind(first, words, WORDS, 24, more, WORDS), STATUS_OK);
    const uint8_t *vectors[] = {words, more};
    const size_t sizes[] = {sizeof words, sizeof more};
    for (size_t v = 0; v < 2; v++) {
        double counts[256] = {0}, chi = 0;
        for (size_t i = 0; i < sizes[v]; i++) {
            counts[vectors[v][i]]++;
        }
        for (size_t b = 0; b < 256; b++) {
            const double expected = (double)sizes[v] / 256, off = counts[b] - expected;
            chi += off * off / expected;
        }
        assert_true(chi > 150 && chi < 400);
    }
    assert_memory_not_equal(words, more, 64);
}

int main(void)
{
#define CASE(test) cmocka_unit_test_setup_teardown(test, start, end)
    const struct CMUnitTest tests[] = {
        CASE(a_key_that_is_not_that_of_the_place_is_refused),
        CASE(keys_are_fresh_for_each_attempt_and_the_same_when_asked_again),
        CASE(a_board_that_comes_again_has_the_same_answer),
        CASE(parcels_that_come_again_change_nothing),
        CASE(complaints_name_whose_parcels_do_not_hold_what_was_committed_to),
        CASE(secrets_are_wiped_when_they_are_of_no_more_use),
        CASE(the_list_is_known_once_it_was_taken_and_signed_once),
        CASE(an_upload_of_zeros_looks_uniform),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
