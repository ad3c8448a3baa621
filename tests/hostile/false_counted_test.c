// SPDX-License-Identifier: Apache-2.0
/* A coordinator that lies about who is counted: the participant says what is wrong and signs
 * nothing. */
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

static void refuse_made(const struct payload *list, size_t size, const char *why)
{
    struct payload signature = {0};
    parties_expect_refusal(
        blinder_take_counted(victim, list->bytes, size, &signature.bytes, &signature.size), why);
    assert_null(signature.bytes);
    assert_null(victim->counted.places);
}

/* `more`: bytes beyond what so many take. */
static void refuse_list(const uint32_t *places, size_t count, int more, const char *why)
{
    struct payload list = make_list(places, count);
    refuse_made(&list, (size_t)((int)list.size + more), why);
    payload_free(&list);
}

static void lists_that_are_no_part_of_who_delivered_are_not_signed(void **state)
{
    (void)state;
    const uint32_t right[4] = {1, 3, 5, 7}, late[4] = {1, 3, 5, 9}, stranger[4] = {1, 3, 4, 5};
    const uint32_t down[4] = {1, 5, 3, 7}, twice[4] = {1, 3, 3, 7}, many[5] = {1, 3, 5, 7, 9};
    refuse_list(right, 4, 0, "a list of the counted out of order"); // there are no parcels yet
    parties_hold(&parties);
    refuse_list(right, 4, 0, "our own, allowed: those who gave an update");
    blind(0);
    refuse_list(right, 4, -1, "list of the counted: 275 bytes");
    refuse_list(right, 4, 4, "list of the counted: 280 bytes");
    refuse_list(right, 0, -1, "list of the counted: 3 bytes");
    refuse_list(many, 5, 0, "for 5, allowed: at most 4");
    refuse_list(right, 2, 0, "list of the counted: 2 participants");
    refuse_list(late, 4, 0, "list of the counted: place 9"); // it delivered no shares
    refuse_list(stranger, 4, 0, "list of the counted: place 4");
    refuse_list(down, 4, 0, "list of the counted: place 3 after 5");
    refuse_list(twice, 4, 0, "list of the counted: place 3 after 3");
}

/* Who is not counted helps nobody: with its signature and shares a coordinator could tell those who
 * are counted of one list of who delivered, and it of another. */
static void a_list_without_our_own_place_is_not_signed(void **state)
{
    (void)state;
    const uint32_t others[3] = {3, 5, 7};
    parties_hold(&parties);
    refuse_list(others, 3, 0, "without place 1, our own");
    blind(0);
    refuse_list(others, 3, 0, "without place 1, our own");
}

/* One of the counted was told of another U2: all its honest neighbours may be missing there, named
 * as lost to the others, and then nothing but the coordinator's seeds hides its update. */
static void a_list_of_some_who_were_told_another_list_of_delivered_is_not_signed(void **state)
{
    (void)state;
    const uint32_t places[3] = {1, 3, 5}, told[2] = {3, 9};
    parties_hold(&parties);
    blind(0);
    struct payload list = make_list(places, 3);
    struct exchange_signed *other = (struct exchange_signed *)(list.bytes + 4) + 1;
    struct exchange_statement statement = {0};
    assert_int_equal(exchange_make_statement(&statement, parties.digest, told, 2), STATUS_OK);
    exchange_sign_list(other->signature, EXCHANGE_DELIVERED, &statement, &parties.context,
                       parties.sign_secrets[3]);
    refuse_made(&list, list.size, "place 3 has not signed our list of who delivered");
    payload_free(&list);
    list = make_list(places, 3);
    ((struct exchange_signed *)(list.bytes + 4) + 2)->signature[7] ^= 1;
    refuse_made(&list, list.size, "place 5 has not signed our list of who delivered");
    payload_free(&list);
    list = make_list(places, 3); // ours is no exception
    ((struct exchange_signed *)(list.bytes + 4))->signature[7] ^= 1;
    refuse_made(&list, list.size, "place 1 has not signed our list of who delivered");
    payload_free(&list);
    free(statement.bytes);
}

static void who_is_counted_must_be_as_many_as_the_plan_asks(void **state)
{
    (void)state;
    const uint32_t three[3] = {1, 3, 5};
    parties_hold(&parties);
    blind(0);
    victim->plan.left = 4;
    refuse_list(three, 3, 0, "list of the counted: 3 participants, allowed: at least 4");
    victim->plan.left = 0; // the same where we ask for more than the plan
    victim->options.cohort_min = 4;
    refuse_list(three, 3, 0, "list of the counted: 3 participants, allowed: at least 4");
    victim->options.cohort_min = 3;
    victim->plan.threshold = 4; // and where each is to have four holders who are counted
    refuse_list(three, 3, 0, "list of the counted: 3 holders of place 1, allowed: at least 4");
}

int main(void)
{
#define CASE(test) cmocka_unit_test_setup_teardown(test, start, end)
    const struct CMUnitTest tests[] = {
        CASE(lists_that_are_no_part_of_who_delivered_are_not_signed),
        CASE(a_list_without_our_own_place_is_not_signed),
        CASE(a_list_of_some_who_were_told_another_list_of_delivered_is_not_signed),
        CASE(who_is_counted_must_be_as_many_as_the_plan_asks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
