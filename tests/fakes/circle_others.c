// SPDX-License-Identifier: Apache-2.0
/* What all but the session say in an attempt of a circle. */
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "fakes/circle.h"

#include <stdlib.h>

void circle_make_board(struct circle *circle)
{
    struct circle_payload *own = &circle->said[EXCHANGE_STEP_KEYS];
    struct circle_payload *board = &circle->heard[EXCHANGE_STEP_KEYS];
    for (uint32_t i = 0; i < CIRCLE_COUNT; i++) {
        struct circle_payload keys = *own;
        if (i != CIRCLE_SELF) {
            assert_int_equal(blinder_keys(circle->others[i], &keys.bytes, &keys.size), STATUS_OK);
        }
        assert_int_equal(unblinder_take_keys(circle->unblinder, i, keys.bytes, keys.size),
                         STATUS_OK);
        if (i != CIRCLE_SELF) free(keys.bytes);
    }
    assert_int_equal(unblinder_board(circle->unblinder, &board->bytes, &board->size), STATUS_OK);
}

/* Returns of how many makers it complains. */
static size_t take_receipt(struct circle *circle, uint32_t place,
                           const struct circle_payload *receipt)
{
    const uint32_t *makers = NULL;
    size_t count = 0;
    assert_int_equal(unblinder_take_receipt(circle->unblinder, place, receipt->bytes, receipt->size,
                                            &makers, &count),
                     STATUS_OK);
    return count;
}

void circle_make_parcels(struct circle *circle)
{
    const struct circle_payload *board = &circle->heard[EXCHANGE_STEP_KEYS];
    for (uint32_t i = 0; i < CIRCLE_COUNT; i++) {
        struct circle_payload shares = circle->said[EXCHANGE_STEP_SHARES];
        if (i != CIRCLE_SELF) {
            assert_int_equal(blinder_take_board(circle->others[i], board->bytes, board->size,
                                                &shares.bytes, &shares.size),
                             STATUS_OK);
        }
        assert_int_equal(unblinder_take_shares(circle->unblinder, i, shares.bytes, shares.size),
                         STATUS_OK);
        if (i != CIRCLE_SELF) free(shares.bytes);
    }
    assert_int_equal(unblinder_close_shares(circle->unblinder), STATUS_OK);
    for (uint32_t i = 0; i < CIRCLE_COUNT; i++) {
        struct circle_payload parcels, receipt;
        assert_int_equal(unblinder_parcels(circle->unblinder, i, &parcels.bytes, &parcels.size),
                         STATUS_OK);
        if (i == CIRCLE_SELF) {
            circle->heard[EXCHANGE_STEP_SHARES] = parcels;
            continue;
        }
        assert_int_equal(blinder_take_parcels(circle->others[i], parcels.bytes, parcels.size,
                                              &receipt.bytes, &receipt.size),
                         STATUS_OK);
        assert_int_equal(take_receipt(circle, i, &receipt), 0);
        free(receipt.bytes);
        free(parcels.bytes);
    }
}

void circle_make_list(struct circle *circle, unsigned counted)
{
    struct circle_payload *list = &circle->heard[EXCHANGE_STEP_COUNTED];
    uint32_t places[CIRCLE_COUNT];
    size_t count = 0;
    for (uint32_t i = 0; i < CIRCLE_COUNT; i++) {
        if ((counted >> i & 1) != 0) places[count++] = i;
    }
    take_receipt(circle, CIRCLE_SELF, &circle->said[EXCHANGE_STEP_RECEIPT]);
    assert_int_equal(unblinder_counted(circle->unblinder, places, count, &list->bytes, &list->size),
                     STATUS_OK);
}

void circle_make_signatures(struct circle *circle)
{
    const struct circle_payload *list = &circle->heard[EXCHANGE_STEP_COUNTED];
    struct circle_payload *all = &circle->heard[EXCHANGE_STEP_SIGNATURES];
    for (uint32_t i = 0; i < CIRCLE_COUNT; i++) {
        struct circle_payload own = circle->said[EXCHANGE_STEP_SIGNATURES];
        if (!unblinder_is_member(circle->unblinder, i)) continue; // it is not counted
        if (i != CIRCLE_SELF) {
            assert_int_equal(blinder_take_counted(circle->others[i], list->bytes, list->size,
                                                  &own.bytes, &own.size),
                             STATUS_OK);
        }
        assert_int_equal(unblinder_take_signature(circle->unblinder, i, own.bytes, own.size),
                         STATUS_OK);
        if (i != CIRCLE_SELF) free(own.bytes);
    }
    assert_true(unblinder_has_quorum(circle->unblinder));
    assert_int_equal(unblinder_signatures(circle->unblinder, &all->bytes, &all->size), STATUS_OK);
}

struct exchange_complaint circle_complaint(const struct circle *circle, uint32_t holder)
{
    uint8_t keys[EXCHANGE_HASH_BYTES], digest[EXCHANGE_HASH_BYTES];
    const struct exchange_context context = circle_context(circle);
    const uint8_t *board = circle->heard[EXCHANGE_STEP_KEYS].bytes;
    struct exchange_complaint made = {.maker = exchange_record(CIRCLE_SELF),
                                      .holder = exchange_record(holder)};
    exchange_board_digest(keys, digest, &context, (const struct exchange_board *)board,
                          CIRCLE_COUNT);
    exchange_sign_complaint(made.signature, (struct exchange_way){CIRCLE_SELF, holder}, &context,
                            digest, circle_sign_secret(holder));
    return made;
}
