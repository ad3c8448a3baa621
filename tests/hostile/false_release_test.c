// SPDX-License-Identifier: Apache-2.0
/* Participants that sign another list, release what they were not asked for, or dealt shares that
 * do not belong together: each is named, and the others' answers still give the sum. */
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "fakes/parties.h"

#include <stdlib.h>
#include <string.h>

enum { COUNT = 6, LIAR = 2, LIAR_PLACE = 5, LOST = 4 };

/* One of 6 is corrupt, one may be lost: quorum and threshold are 4. */
static const struct neighbours_assumption assumption = {
    .corrupt = 0.2, .dropout = 0.2, .coordinator = NEIGHBOURS_SEMI_MALICIOUS};
static struct parties parties;
static struct unblinder *unblinder;
static uint8_t update[COUNT][4], metrics[COUNT][8];

static int start(void **state)
{
    (void)state;
    parties_start(&parties, COUNT, assumption);
    unblinder = parties.unblinder;
    memset(update, 0, sizeof update);
    memset(metrics, 0, sizeof metrics);
    parties_give_keys(&parties);
    return 0;
}

static int end(void **state)
{
    (void)state;
    parties_end(&parties);
    return 0;
}

/* From the parcels to the list: all but the lost are counted. */
static void go_to_list(void)
{
    bool counted[PARTIES_MAX] = {false};
    parties_hold(&parties);
    for (size_t i = 0; i < COUNT; i++) {
        counted[i] = i != LOST;
        update[i][0] = (uint8_t)(i + 1);
        assert_int_equal(blinder_blind(parties.blinders[i], update[i], 1, 32, metrics[i], 1),
                         STATUS_OK);
    }
    parties_count(&parties, counted);
}

static void go_to_release(void)
{
    parties_give_shares(&parties);
    go_to_list();
    parties_sign(&parties);
    parties_agree(&parties);
}

static void refuse_signature(uint32_t place, struct exchange_signed given, size_t size,
                             const char *why)
{
    parties_expect_refusal(
        unblinder_take_signature(unblinder, place, (const uint8_t *)&given, size), why);
    assert_false(unblinder_has(unblinder, EXCHANGE_STEP_SIGNATURES, place));
}

static void signatures_that_are_not_its_own_over_the_list_are_refused(void **state)
{
    (void)state;
    struct payload own = {0};
    struct exchange_signed given = {exchange_record(LIAR_PLACE), {0}};
    const size_t size = sizeof given;
    parties_give_shares(&parties);
    refuse_signature(LIAR_PLACE, given, size, "place 5: a signature, allowed: of those who were");
    go_to_list();
    assert_int_equal(blinder_take_counted(parties.blinders[LIAR], parties.list.bytes,
                                          parties.list.size, &own.bytes, &own.size),
                     STATUS_OK);
    refuse_signature(LIAR_PLACE, given, size, "place 5: it has not signed the list");
    memcpy(&given, own.bytes, sizeof given);
    refuse_signature(LIAR_PLACE, given, size - 1, "place 5: a signature of 67 bytes");
    refuse_signature(4, given, size, "place 4: a signature, allowed");
    refuse_signature(7, given, size, "place 7: a signature of place 5");
    given.place = exchange_record(7);
    refuse_signature(7, given, size, "place 7: it has not signed the list");
    uint8_t longer[sizeof given + 1] = {0};
    memcpy(longer, own.bytes, own.size);
    parties_expect_refusal(unblinder_take_signature(unblinder, LIAR_PLACE, longer, sizeof longer),
                           "in 69 bytes");
    assert_int_equal(unblinder_take_signature(unblinder, LIAR_PLACE, own.bytes, own.size),
                     STATUS_OK);
    payload_free(&own);
}

/* Who delivered, and whose update came too late, is no part of the quorum. */
static void a_signature_of_who_is_not_counted_is_refused(void **state)
{
    (void)state;
    uint32_t places[PARTIES_MAX];
    size_t count = 0;
    struct exchange_statement statement = {0};
    parties_give_shares(&parties);
    go_to_list();
    for (size_t i = 0; i < COUNT; i++) {
        if (i != LOST) places[count++] = parties_place(i);
    }
    assert_int_equal(exchange_make_statement(&statement, parties.digest, places, count), STATUS_OK);
    for (size_t i = 0; i < COUNT; i++) {
        const uint32_t place = parties_place(i);
        struct exchange_signed given = {exchange_record(place), {0}};
        exchange_sign_list(given.signature, EXCHANGE_COUNTED, &statement, &parties.context,
                           parties.sign_secrets[place]);
        if (i == LOST) {
            refuse_signature(place, given, sizeof given, "of those who were sent the list");
        } else {
            assert_int_equal(
                unblinder_take_signature(unblinder, place, (const uint8_t *)&given, sizeof given),
                STATUS_OK);
        }
    }
    free(statement.bytes);
}

static struct payload release_of(size_t i)
{
    struct payload release = {0};
    assert_int_equal(blinder_release(parties.blinders[i], &release.bytes, &release.size),
                     STATUS_OK);
    return release;
}

static void refuse_release(uint32_t place, struct payload *release, const char *why)
{
    parties_expect_refusal(unblinder_take_release(unblinder, place, release->bytes, release->size),
                           why);
    assert_false(unblinder_has(unblinder, EXCHANGE_STEP_RELEASE, place));
    payload_free(release);
    *release = release_of(LIAR);
}

/* All but the liar release; the sum must be that of the counted. */
static void others_give_the_sum(void)
{
    parties.there[LIAR] = false;
    parties_release(&parties);
    assert_true(unblinder_can_open(unblinder));
    uint32_t culprit = 0, sum = 0;
    assert_int_equal(unblinder_open(unblinder, &culprit), STATUS_OK);
    for (size_t i = 0; i < COUNT; i++) {
        const uint8_t *word = update[i];
        if (i != LOST) {
            sum += word[0] | (uint32_t)word[1] << 8 | (uint32_t)word[2] << 16 |
                   (uint32_t)word[3] << 24;
        }
    }
    struct exchange_number bytes = exchange_record(sum);
    const struct blinding_words words = {bytes.bytes, 0, 1, 32, BLINDING_UPDATE};
    unblinder_remove(unblinder, &words);
    assert_int_equal(exchange_number(bytes), 1 + 2 + 3 + 4 + 6);
}

static void releases_of_a_wrong_shape_are_refused(void **state)
{
    (void)state;
    struct exchange_release none = {exchange_record(LIAR_PLACE), exchange_record(0)};
    parties_expect_refusal(
        unblinder_take_release(unblinder, LIAR_PLACE, (const uint8_t *)&none, sizeof none),
        "place 5: a release, allowed: of those who were");
    parties_give_shares(&parties);
    go_to_list();
    parties_expect_refusal( // before there are signatures
        unblinder_take_release(unblinder, LIAR_PLACE, (const uint8_t *)&none, sizeof none),
        "place 5: a release, allowed: of those who were");
    parties_sign(&parties);
    parties_agree(&parties);
    struct payload release = release_of(LIAR);
#define SENT ((struct exchange_release *)release.bytes)
    refuse_release(4, &release, "place 4: a release, allowed");
    refuse_release(3, &release, "place 3: a release of place 5");
    release.size--;
    refuse_release(LIAR_PLACE, &release, "6 shares in 439 bytes");
    release.size = 7;
    refuse_release(LIAR_PLACE, &release, "a release of 7 bytes");
    release.size += sizeof *SENT->shares;
    release.bytes = realloc(release.bytes, release.size);
    assert_non_null(release.bytes);
    SENT->count = exchange_record(7);
    refuse_release(LIAR_PLACE, &release, "7 shares in 512 bytes, allowed: at most 6");
    SENT->shares[3] = SENT->shares[2];
    refuse_release(LIAR_PLACE, &release, "a share of place 5 after 5, allowed: ascending");
    payload_free(&release);
    others_give_the_sum();
}

static void shares_of_the_wrong_maker_or_secret_or_value_are_refused(void **state)
{
    (void)state;
    go_to_release();
    struct payload release = release_of(LIAR);
    SENT->shares[3].maker = exchange_record(8);
    refuse_release(LIAR_PLACE, &release, "a share of place 8, allowed: of those whose holder");
    SENT->shares[3].which = exchange_record(SHAMIR_SECRET_KEY);
    refuse_release(LIAR_PLACE, &release, "a share of secret 1 of place 7, allowed: of secret 0");
    SENT->shares[LOST].which = exchange_record(SHAMIR_OWN_SEED);
    refuse_release(LIAR_PLACE, &release, "a share of secret 0 of place 9, allowed: of secret 1");
    SENT->shares[0].share.share[0] ^= 1;
    refuse_release(LIAR_PLACE, &release, "share of place 1 is not the one that was committed to");
    SENT->shares[LOST].share.opening[0] ^= 1;
    refuse_release(LIAR_PLACE, &release, "share of place 9 is not the one that was committed to");
    payload_free(&release);
    others_give_the_sum();
}

static void who_releases_twice_does_not_count_twice(void **state)
{
    (void)state;
    go_to_release();
    struct payload release = release_of(LIAR);
    for (int again = 0; again < COUNT; again++) {
        assert_int_equal(unblinder_take_release(unblinder, LIAR_PLACE, release.bytes, release.size),
                         STATUS_OK);
    }
    payload_free(&release);
    assert_false(unblinder_can_open(unblinder));
    others_give_the_sum();
}

/* The maker commits to a share beside its polynomial: no holder can see it, only who joins. */
static void dealt_beside(size_t maker, enum shamir_secret which)
{
    for (size_t i = 0; i < COUNT; i++) {
        struct payload *shares = &parties.shares[i];
        assert_int_equal(blinder_take_board(parties.blinders[i], parties.board.bytes,
                                            parties.board.size, &shares->bytes, &shares->size),
                         STATUS_OK);
        if (i == maker) parties_deal_wrongly(&parties, maker, 0, which, true);
        assert_int_equal(
            unblinder_take_shares(unblinder, parties_place(i), shares->bytes, shares->size),
            STATUS_OK);
    }
    assert_int_equal(unblinder_close_shares(unblinder), STATUS_OK);
    go_to_list();
    parties_sign(&parties);
    parties_agree(&parties);
    parties_release(&parties);
    uint32_t culprit = 0;
    assert_true(unblinder_can_open(unblinder));
    parties_expect_refusal(unblinder_open(unblinder, &culprit), "do not give its secret");
    assert_int_equal(culprit, parties_place(maker));
}

static void a_maker_whose_shares_of_its_seed_do_not_fit_is_named(void **state)
{
    (void)state;
    dealt_beside(LIAR, SHAMIR_OWN_SEED);
}

static void a_maker_whose_shares_of_its_key_do_not_fit_is_named(void **state)
{
    (void)state;
    dealt_beside(LOST, SHAMIR_SECRET_KEY);
}

/* On a ring: who holds no share of a maker can neither complain of it nor release one. */
static void who_is_no_holder_has_no_say(void **state)
{
    const struct neighbours_assumption wide = {
        .corrupt = 0, .dropout = 0.05, .coordinator = NEIGHBOURS_CURIOUS};
    const uint32_t *makers = NULL;
    size_t count = 0;
    bool counted[PARTIES_MAX] = {false};
    end(state);
    parties_start(&parties, 65, wide);
    unblinder = parties.unblinder;
    parties_give_keys(&parties);
    parties_give_shares(&parties);
    parties_hold(&parties);
    const struct exchange_shares *shares = (const struct exchange_shares *)parties.shares[0].bytes;
    size_t other = 1; // not among the holders of the first
    for (size_t h = 0; h < exchange_number(shares->count); h++) {
        if (exchange_number(shares->parcels[h].place) == parties_place(other)) other++;
    }
    struct payload receipt = parties_make_receipt(&parties, parties_place(other), 1);
    parties_expect_refusal(unblinder_take_receipt(unblinder, parties_place(other), receipt.bytes,
                                                  receipt.size, &makers, &count),
                           "a complaint of place 1, allowed: of those whose holder it is");
    struct exchange_complaint ask = {
        exchange_record(1), exchange_record(parties_place(other)), {0}};
    struct payload opening = {0};
    memcpy(ask.signature, ((struct exchange_receipt *)receipt.bytes)->makers[0].signature,
           sizeof ask.signature);
    payload_free(&receipt);
    parties_expect_refusal(blinder_take_complaint(parties.blinders[0], (const uint8_t *)&ask,
                                                  sizeof ask, &opening.bytes, &opening.size),
                           "allowed: those who hold our shares");
    for (size_t i = 0; i < parties.count; i++) {
        uint8_t words[4] = {0}, more[8] = {0};
        counted[i] = true;
        assert_int_equal(blinder_blind(parties.blinders[i], words, 1, 32, more, 1), STATUS_OK);
    }
    parties_count(&parties, counted);
    parties_sign(&parties);
    struct {
        struct exchange_number holder, count;
        struct exchange_released share;
    } release = {exchange_record(parties_place(other)),
                 exchange_record(1),
                 {exchange_record(1), exchange_record(SHAMIR_OWN_SEED), {{0}, {0}}}};
    parties_expect_refusal(unblinder_take_release(unblinder, parties_place(other),
                                                  (const uint8_t *)&release, sizeof release),
                           "a share of place 1, allowed: of those whose holder it is");
}

int main(void)
{
#define CASE(test) cmocka_unit_test_setup_teardown(test, start, end)
    const struct CMUnitTest tests[] = {
        CASE(signatures_that_are_not_its_own_over_the_list_are_refused),
        CASE(a_signature_of_who_is_not_counted_is_refused),
        CASE(releases_of_a_wrong_shape_are_refused),
        CASE(shares_of_the_wrong_maker_or_secret_or_value_are_refused),
        CASE(who_releases_twice_does_not_count_twice),
        CASE(who_is_no_holder_has_no_say),
        CASE(a_maker_whose_shares_of_its_seed_do_not_fit_is_named),
        CASE(a_maker_whose_shares_of_its_key_do_not_fit_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
