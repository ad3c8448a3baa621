// SPDX-License-Identifier: Apache-2.0
/* A whole run of the exchange against make_exchange.py: every payload of both sides. */
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "reference/vector_context.h"
#include "secure/blinder.h"
#include "secure/unblinder.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PARTIES = 4, LOST = 2, ROSTER = 10, LINE_MAX_BYTES = 2048, DRAWS = 16 * 32 };

static const uint32_t places[PARTIES] = {1, 2, 6, 9};
static FILE *file;
static uint8_t sign_keys[ROSTER][32], sign_secrets[PARTIES][64], line[LINE_MAX_BYTES];
static uint8_t drawn[PARTIES][LINE_MAX_BYTES];
static size_t drawing, taken[PARTIES]; // who draws, and how much each has drawn
static struct blinder *blinders[PARTIES];
static struct unblinder *unblinder;

/* The bytes of the next line, which must be this one. */
static size_t next(const char *step, uint32_t place)
{
    char name[32];
    unsigned number = 0, value = 0;
    size_t size = 0;
    assert_int_equal(fscanf(file, " %31s %u ", name, &number), 2);
    assert_string_equal(name, step);
    assert_int_equal(number, place);
    while (fscanf(file, "%2x", &value) == 1) {
        assert_true(size < sizeof line);
        line[size++] = (uint8_t)value;
        const int after = fgetc(file);
        if (after == '\n' || after == EOF) break;
        ungetc(after, file);
    }
    return size;
}

/* What we made must be that of the next line; frees it. */
static void expect(const char *step, uint32_t place, uint8_t *bytes, size_t size)
{
    assert_int_equal(next(step, place), size);
    assert_memory_equal(line, bytes, size);
    free(bytes);
}

static void draw(uint8_t *bytes, size_t size)
{
    memcpy(bytes, drawn[drawing] + taken[drawing], size);
    taken[drawing] += size;
}

static void create(void)
{
    static const struct neighbours_assumption assumption = {0, 0, NEIGHBOURS_SEMI_MALICIOUS,
                                                            PARTIES};
    size_t sizes[PARTIES];
    for (size_t i = 0; i < PARTIES; i++) {
        // libsodium's secret key is the seed and the public key.
        assert_int_equal(next("sign", places[i]), 64);
        memcpy(sign_secrets[i], line, 64);
        memcpy(sign_keys[places[i]], line + 32, 32);
        sizes[i] = next("random", places[i]);
        memcpy(drawn[i], line, sizes[i]);
        assert_int_equal(sizes[i], DRAWS);
    }
    for (drawing = 0; drawing < PARTIES; drawing++) {
        const struct blinder_options options = {
            .context = vector_context(),
            .self = places[drawing],
            .members = ROSTER,
            .sign_keys = (const uint8_t(*)[32])sign_keys,
            .sign_secret = sign_secrets[drawing],
            .assumption = assumption,
            .cohort_min = 3,
            .random = draw,
        };
        assert_int_equal(blinder_create(&blinders[drawing], &options), STATUS_OK);
    }
    const struct unblinder_options options = {
        .context = vector_context(),
        .members = ROSTER,
        .sign_keys = (const uint8_t(*)[32])sign_keys,
        .cohort = places,
        .count = PARTIES,
        .assumption = assumption,
        .cohort_min = 3,
        .threads = 1,
    };
    assert_int_equal(unblinder_create(&unblinder, &options), STATUS_OK);
}

static void keys_and_shares(void)
{
    uint8_t *out = NULL, *board = NULL;
    size_t size = 0, board_size = 0;
    for (size_t i = 0; i < PARTIES; i++) {
        assert_int_equal(blinder_keys(blinders[i], &out, &size), STATUS_OK);
        assert_int_equal(unblinder_take_keys(unblinder, places[i], out, size), STATUS_OK);
        expect("keys", places[i], out, size);
    }
    assert_int_equal(unblinder_board(unblinder, &board, &board_size), STATUS_OK);
    uint8_t *copy = malloc(board_size);
    assert_non_null(copy);
    memcpy(copy, board, board_size);
    expect("board", 0, copy, board_size);
    for (drawing = 0; drawing < PARTIES; drawing++) {
        const uint32_t place = places[drawing];
        assert_int_equal(blinder_take_board(blinders[drawing], board, board_size, &out, &size),
                         STATUS_OK);
        assert_int_equal(taken[drawing], DRAWS);
        assert_int_equal(unblinder_take_shares(unblinder, place, out, size), STATUS_OK);
        expect("shares", place, out, size);
    }
    assert_int_equal(unblinder_close_shares(unblinder), STATUS_OK);
    free(board);
}

static void parcels_and_openings(void)
{
    uint8_t *out = NULL, *receipt = NULL;
    const uint32_t *makers = NULL;
    size_t size = 0, receipt_size = 0, complaint_size = 0, count = 0;
    for (size_t i = 0; i < PARTIES; i++) {
        assert_int_equal(unblinder_parcels(unblinder, places[i], &out, &size), STATUS_OK);
        assert_int_equal(blinder_take_parcels(blinders[i], out, size, &receipt, &receipt_size),
                         STATUS_OK);
        assert_int_equal(
            unblinder_take_receipt(unblinder, places[i], receipt, receipt_size, &makers, &count),
            STATUS_OK);
        expect("parcels", places[i], out, size);
        expect("receipt", places[i], receipt, receipt_size);
        // Complaints of the first maker, as if there were a reason.
        complaint_size = next("complaint", places[i]);
        assert_int_equal(blinder_take_complaint(blinders[0], line, complaint_size, &out, &size),
                         STATUS_OK);
        expect("opening", places[i], out, size);
    }
}

static void updates(void)
{
    for (size_t i = 0; i < PARTIES; i++) {
        if (i == LOST) continue;
        uint8_t metrics[8] = {0};
        assert_int_equal(next("update", places[i]), 16);
        assert_int_equal(blinder_blind(blinders[i], line, 2, 32, metrics, 1), STATUS_OK);
        assert_memory_equal(line, line + 8, 8);
    }
}

static void list_and_release(void)
{
    const uint32_t counted[] = {1, 2, 9};
    uint8_t *out = NULL, *list = NULL;
    size_t size = 0, list_size = 0;
    assert_int_equal(unblinder_counted(unblinder, counted, 3, &list, &list_size), STATUS_OK);
    assert_int_equal(next("counted", 0), list_size);
    assert_memory_equal(line, list, list_size);
    for (size_t i = 0; i < PARTIES; i++) {
        if (i == LOST) continue;
        assert_int_equal(blinder_take_counted(blinders[i], list, list_size, &out, &size),
                         STATUS_OK);
        assert_int_equal(unblinder_take_signature(unblinder, places[i], out, size), STATUS_OK);
        expect("signature", places[i], out, size);
    }
    free(list);
    assert_int_equal(unblinder_signatures(unblinder, &out, &size), STATUS_OK);
    expect("signatures", 0, out, size);
    for (size_t i = 0; i < PARTIES; i++) {
        if (i == LOST) continue;
        assert_int_equal(blinder_take_signatures(blinders[i], line, size), STATUS_OK);
    }
    for (size_t i = 0; i < PARTIES; i++) {
        if (i == LOST) continue;
        assert_int_equal(blinder_release(blinders[i], &out, &size), STATUS_OK);
        assert_int_equal(unblinder_take_release(unblinder, places[i], out, size), STATUS_OK);
        expect("release", places[i], out, size);
    }
    uint32_t culprit = 0;
    assert_true(unblinder_can_open(unblinder));
    assert_int_equal(unblinder_open(unblinder, &culprit), STATUS_OK);
}

static void every_payload_is_that_of_the_program(void **state)
{
    (void)state;
    file = fopen(TEST_SOURCE_DIR "/vectors/exchange.txt", "r");
    assert_non_null(file);
    create();
    keys_and_shares();
    parcels_and_openings();
    updates();
    list_and_release();
    for (size_t i = 0; i < PARTIES; i++) {
        blinder_destroy(&blinders[i]);
    }
    unblinder_destroy(&unblinder);
    (void)fclose(file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_payload_is_that_of_the_program)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
