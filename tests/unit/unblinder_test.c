// SPDX-License-Identifier: Apache-2.0
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "fakes/parties.h"

#include <string.h>

enum { COUNT = 5 };

static const struct neighbours_assumption assumption = {
    .corrupt = 0.2, .dropout = 0.2, .coordinator = NEIGHBOURS_SEMI_MALICIOUS};
static struct parties parties;
static struct unblinder *unblinder;
static uint8_t update[12], metrics[16];

static int start(void **state)
{
    (void)state;
    parties_start(&parties, COUNT, assumption);
    unblinder = parties.unblinder;
    return 0;
}

/* Nobody is corrupt, and two of five may be lost. */
static int start_lossy(void **state)
{
    (void)state;
    const struct neighbours_assumption lossy = {
        .corrupt = 0, .dropout = 0.4, .coordinator = NEIGHBOURS_SEMI_MALICIOUS};
    parties_start(&parties, COUNT, lossy);
    unblinder = parties.unblinder;
    return 0;
}

static int end(void **state)
{
    (void)state;
    parties_end(&parties);
    return 0;
}

static void send_keys(size_t i)
{
    struct payload *keys = &parties.keys[i];
    assert_int_equal(blinder_keys(parties.blinders[i], &keys->bytes, &keys->size), STATUS_OK);
    assert_int_equal(unblinder_take_keys(unblinder, parties_place(i), keys->bytes, keys->size),
                     STATUS_OK);
}

static void membership_narrows_step_by_step(void **state)
{
    (void)state;
    assert_true(unblinder_is_member(unblinder, 1) && unblinder_is_member(unblinder, 9));
    assert_false(unblinder_is_member(unblinder, 2));
    assert_false(unblinder_has(unblinder, EXCHANGE_STEP_KEYS, 1));
    assert_false(unblinder_may_count(unblinder, 1));
    parties.there[4] = false;
    parties_give_keys(&parties);
    assert_true(unblinder_has(unblinder, EXCHANGE_STEP_KEYS, 1));
    assert_false(unblinder_has(unblinder, EXCHANGE_STEP_KEYS, 9));
    assert_false(unblinder_is_member(unblinder, 9));
    assert_true(unblinder_is_member(unblinder, 7));
    assert_int_equal(unblinder_plan(unblinder)->holders, 4);
    parties.there[3] = false;
    parties_give_shares(&parties);
    assert_true(unblinder_has(unblinder, EXCHANGE_STEP_SHARES, 1));
    assert_false(unblinder_is_member(unblinder, 7));
    assert_false(unblinder_may_count(unblinder, 7));
    assert_true(unblinder_is_member(unblinder, 5));
    assert_false(unblinder_may_count(unblinder, 5)); // its receipt is missing
    parties_hold(&parties);
    assert_true(unblinder_may_count(unblinder, 5));
}

static void too_few_are_no_sum(void **state)
{
    (void)state;
    struct payload out = {0};
    send_keys(0);
    send_keys(3);
    assert_int_equal(unblinder_board(unblinder, &out.bytes, &out.size), STATUS_NOT_FOUND);
    assert_non_null(strstr(status_message(), "a board of 2 participants, allowed: at least 3"));
    assert_null(out.bytes);
    payload_free(&parties.keys[0]);
    payload_free(&parties.keys[3]);
    parties_give_keys(&parties); // it may go on when more come
    for (size_t i = 0; i < 2; i++) {
        struct payload *shares = &parties.shares[i];
        assert_int_equal(blinder_take_board(parties.blinders[i], parties.board.bytes,
                                            parties.board.size, &shares->bytes, &shares->size),
                         STATUS_OK);
        assert_int_equal(
            unblinder_take_shares(unblinder, parties_place(i), shares->bytes, shares->size),
            STATUS_OK);
    }
    assert_int_equal(unblinder_close_shares(unblinder), STATUS_NOT_FOUND);
    assert_non_null(strstr(status_message(), "shares of 2 participants"));
    payload_free(&parties.shares[0]);
    payload_free(&parties.shares[1]);
    parties_give_shares(&parties);
    parties_hold(&parties);
    const uint32_t two[] = {1, 5};
    assert_int_equal(unblinder_counted(unblinder, two, 2, &out.bytes, &out.size), STATUS_NOT_FOUND);
    assert_non_null(strstr(status_message(), "a sum of 2 participants"));
    assert_null(out.bytes);
}

/* Four of five must be left, as one may be corrupt, though three are enough for a cohort. */
static void too_few_left_of_the_board_are_no_sum(void **state)
{
    (void)state;
    struct payload out = {0};
    const uint32_t three[] = {1, 5, 7};
    parties_give_keys(&parties);
    assert_int_equal(unblinder_plan(unblinder)->left, 4);
    parties_give_shares(&parties);
    assert_int_equal(unblinder_counted(unblinder, three, 3, &out.bytes, &out.size),
                     STATUS_NOT_FOUND);
    assert_non_null(strstr(status_message(), "a sum of 3 participants, allowed: at least 4"));
}

/* A ring of 65 with ten neighbours, of whom two are enough. All have read the board; `less` are the
 * holders of the first, so many that the threshold is there, or one more. */
static void start_ring(uint32_t less[SHAMIR_HOLDERS_MAX], size_t *count, bool one_more)
{
    const struct neighbours_assumption wide = {
        .corrupt = 0, .dropout = 0.15, .coordinator = NEIGHBOURS_CURIOUS};
    parties_end(&parties);
    parties_start(&parties, 65, wide);
    unblinder = parties.unblinder;
    parties_give_keys(&parties);
    const struct neighbours_plan *plan = unblinder_plan(unblinder);
    for (size_t i = 0; i < parties.count; i++) {
        struct payload *shares = &parties.shares[i];
        assert_int_equal(blinder_take_board(parties.blinders[i], parties.board.bytes,
                                            parties.board.size, &shares->bytes, &shares->size),
                         STATUS_OK);
    }
    const struct exchange_shares *first = (const struct exchange_shares *)parties.shares[0].bytes;
    *count = plan->holders - plan->threshold + one_more;
    for (size_t h = 0; h < *count; h++) {
        less[h] = (exchange_number(first->parcels[h].place) - 1) / 2;
    }
}

static void give_shares(void)
{
    for (size_t i = 0; i < parties.count; i++) {
        if (!parties.there[i]) continue;
        assert_int_equal(unblinder_take_shares(unblinder, parties_place(i), parties.shares[i].bytes,
                                               parties.shares[i].size),
                         STATUS_OK);
    }
}

static void expect_message(const char *text)
{
    if (strstr(status_message(), text) == NULL) fail_msg("%s", status_message());
}

static void who_has_too_few_holders_left_ends_the_attempt(void **state)
{
    (void)state;
    for (int one_more = 0; one_more < 2; one_more++) {
        uint32_t less[SHAMIR_HOLDERS_MAX];
        size_t count = 0;
        start_ring(less, &count, one_more == 1);
        for (size_t h = 0; h < count; h++) {
            parties.there[less[h]] = false;
        }
        give_shares();
        assert_int_equal(unblinder_close_shares(unblinder),
                         one_more == 1 ? STATUS_NOT_FOUND : STATUS_OK);
        if (one_more == 1) expect_message("of its holders delivered, allowed: at least");
    }
}

/* Those whose updates are missing are not there to release. */
static void who_has_too_few_holders_counted_ends_the_attempt(void **state)
{
    (void)state;
    uint32_t less[SHAMIR_HOLDERS_MAX], places[PARTIES_MAX];
    size_t count = 0;
    start_ring(less, &count, true);
    give_shares();
    assert_int_equal(unblinder_close_shares(unblinder), STATUS_OK);
    parties_hold(&parties);
    for (int one_less = 0; one_less < 2; one_less++) {
        size_t counted = 0;
        struct payload list = {0};
        for (size_t i = 0; i < parties.count; i++) {
            bool missing = false;
            for (size_t h = (size_t)one_less; h < count; h++) {
                missing = missing || less[h] == i;
            }
            if (!missing) places[counted++] = parties_place(i);
        }
        assert_int_equal(unblinder_counted(unblinder, places, counted, &list.bytes, &list.size),
                         one_less == 0 ? STATUS_NOT_FOUND : STATUS_OK);
        if (one_less == 0) expect_message("of its holders are counted, allowed: at least");
        payload_free(&list);
    }
}

/* Of whose shares one is no holder, one cannot complain. */
static void only_a_holder_complains(void **state)
{
    (void)state;
    uint32_t less[SHAMIR_HOLDERS_MAX];
    size_t count = 0, near = 0, refused = 0;
    const uint32_t *makers = NULL;
    start_ring(less, &count, false);
    give_shares();
    assert_int_equal(unblinder_close_shares(unblinder), STATUS_OK);
    for (size_t i = 1; i < parties.count; i++) {
        struct payload receipt = parties_make_receipt(&parties, parties_place(i), parties_place(0));
        const enum status status = unblinder_take_receipt(
            unblinder, parties_place(i), receipt.bytes, receipt.size, &makers, &count);
        near += status == STATUS_OK;
        refused += status == STATUS_BAD_MESSAGE;
        payload_free(&receipt);
    }
    assert_int_equal(near, unblinder_plan(unblinder)->holders);
    assert_int_equal(near + refused, parties.count - 1);
}

static void a_cohort_without_a_plan_is_a_bad_config(void **state)
{
    (void)state;
    uint32_t cohort[PARTIES_MAX];
    struct unblinder *fearful = NULL;
    struct payload out = {0};
    struct unblinder_options options = parties_unblinder_options(&parties, cohort);
    options.assumption = (struct neighbours_assumption){
        .corrupt = 0.6, .dropout = 0.6, .coordinator = NEIGHBOURS_SEMI_MALICIOUS, .cohort = COUNT};
    assert_int_equal(unblinder_create(&fearful, &options), STATUS_OK);
    for (size_t i = 0; i < COUNT; i++) {
        send_keys(i);
        assert_int_equal(unblinder_take_keys(fearful, parties_place(i), parties.keys[i].bytes,
                                             parties.keys[i].size),
                         STATUS_OK);
        payload_free(&parties.keys[i]);
    }
    assert_int_equal(unblinder_board(fearful, &out.bytes, &out.size), STATUS_BAD_CONFIG);
    assert_null(out.bytes);
    unblinder_destroy(&fearful);
    unblinder_destroy(&fearful);
}

static void what_comes_too_late_is_ignored(void **state)
{
    (void)state;
    const bool counted[PARTIES_MAX] = {true, true, true, true};
    const uint32_t *makers = NULL;
    const uint8_t nothing[1] = {0};
    uint32_t holder = 0;
    size_t count = 9;
    parties.there[4] = false;
    parties_give_keys(&parties);
    send_keys(4);
    assert_false(unblinder_has(unblinder, EXCHANGE_STEP_KEYS, 9));
    parties.there[3] = false;
    parties_give_shares(&parties);
    assert_int_equal(unblinder_take_shares(unblinder, 7, nothing, 1), STATUS_OK);
    assert_false(unblinder_has(unblinder, EXCHANGE_STEP_SHARES, 7));
    parties_hold(&parties);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(blinder_blind(parties.blinders[i], update, 3, 32, metrics, 2), STATUS_OK);
    }
    bool three[PARTIES_MAX];
    memcpy(three, counted, sizeof three);
    three[3] = false;
    parties_count(&parties, three);
    assert_int_equal(unblinder_take_receipt(unblinder, 1, nothing, 1, &makers, &count), STATUS_OK);
    assert_int_equal(count, 0);
    assert_int_equal(unblinder_take_opening(unblinder, 1, nothing, 1, &holder), STATUS_OK);
    assert_int_equal(holder, UNBLINDER_NOBODY);
    parties_sign(&parties);
    assert_int_equal(unblinder_take_signature(unblinder, 1, nothing, 1), STATUS_OK);
    parties_agree(&parties);
    assert_false(unblinder_can_open(unblinder));
    parties_release(&parties);
    assert_int_equal(unblinder_open(unblinder, &holder), STATUS_OK);
    assert_int_equal(unblinder_open(unblinder, &holder), STATUS_OK);
    assert_int_equal(unblinder_take_release(unblinder, 1, nothing, 1), STATUS_OK);
}

static void what_goes_out_is_the_same_for_everybody_and_again(void **state)
{
    (void)state;
    const bool counted[PARTIES_MAX] = {true, true, true, true, true};
    struct payload again = {0};
    parties_give_keys(&parties);
    assert_int_equal(unblinder_board(unblinder, &again.bytes, &again.size), STATUS_OK);
    assert_int_equal(again.size, parties.board.size);
    assert_memory_equal(again.bytes, parties.board.bytes, again.size);
    payload_free(&again);
    parties_give_shares(&parties);
    parties_hold(&parties);
    for (size_t i = 0; i < COUNT; i++) {
        assert_int_equal(blinder_blind(parties.blinders[i], update, 3, 32, metrics, 2), STATUS_OK);
    }
    parties_count(&parties, counted);
    const uint32_t others[] = {1, 3, 5};
    assert_int_equal(unblinder_counted(unblinder, others, 3, &again.bytes, &again.size), STATUS_OK);
    assert_int_equal(again.size, parties.list.size);
    assert_memory_equal(again.bytes, parties.list.bytes, again.size);
    payload_free(&again);
    // The last has not signed by the time that the signatures go out.
    parties.there[4] = false;
    parties_sign(&parties);
    struct payload late = {0};
    assert_int_equal(blinder_take_counted(parties.blinders[4], parties.list.bytes,
                                          parties.list.size, &late.bytes, &late.size),
                     STATUS_OK);
    assert_int_equal(unblinder_take_signature(unblinder, 9, late.bytes, late.size), STATUS_OK);
    payload_free(&late);
    assert_int_equal(unblinder_signatures(unblinder, &again.bytes, &again.size), STATUS_OK);
    assert_int_equal(again.size, parties.signatures.size);
    assert_memory_equal(again.bytes, parties.signatures.bytes, again.size);
    payload_free(&again);
}

int main(void)
{
#define CASE(test)  cmocka_unit_test_setup_teardown(test, start, end)
#define LOSSY(test) cmocka_unit_test_setup_teardown(test, start_lossy, end)
    const struct CMUnitTest tests[] = {
        LOSSY(membership_narrows_step_by_step),
        CASE(too_few_are_no_sum),
        CASE(too_few_left_of_the_board_are_no_sum),
        CASE(who_has_too_few_holders_left_ends_the_attempt),
        CASE(who_has_too_few_holders_counted_ends_the_attempt),
        CASE(only_a_holder_complains),
        CASE(a_cohort_without_a_plan_is_a_bad_config),
        LOSSY(what_comes_too_late_is_ignored),
        CASE(what_goes_out_is_the_same_for_everybody_and_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
