// SPDX-License-Identifier: Apache-2.0
#include "reference/vector_context.h"
#include "reference/vector_file.h"
#include "secure/blinding.h"

#include <string.h>

enum { PARTIES = 4, UPLOADS = 6, WORDS_MAX = 400 };

static struct blinding_party parties[PARTIES];
static uint8_t secrets[PARTIES][32], own[PARTIES][32], seeds[PARTIES][PARTIES][32];

static void read_keys(FILE *file)
{
    const struct exchange_context context = vector_context();
    for (size_t i = 0; i < PARTIES; i++) {
        uint8_t expected[32];
        unsigned place = 0;
        assert_int_equal(fscanf(file, " party %u", &place), 1);
        parties[i].place = place;
        vector_file_bytes(file, secrets[i], 32);
        vector_file_bytes(file, expected, 32);
        vector_file_bytes(file, own[i], 32);
        blinding_public_key(parties[i].public_key, secrets[i]);
        assert_memory_equal(parties[i].public_key, expected, 32);
    }
    for (size_t i = 0; i < PARTIES; i++) {
        for (size_t j = i + 1; j < PARTIES; j++) {
            uint8_t expected[32];
            unsigned low = 0, high = 0;
            assert_int_equal(fscanf(file, " pair %u %u", &low, &high), 2);
            assert_true(low == parties[i].place && high == parties[j].place);
            vector_file_bytes(file, expected, 32);
            assert_int_equal(
                blinding_pair_seed(seeds[i][j], &context, secrets[i], &parties[i], &parties[j]),
                STATUS_OK);
            assert_int_equal(
                blinding_pair_seed(seeds[j][i], &context, secrets[j], &parties[j], &parties[i]),
                STATUS_OK);
            assert_memory_equal(seeds[i][j], expected, 32);
            assert_memory_equal(seeds[j][i], expected, 32);
        }
    }
}

static void compare_upload(FILE *file)
{
    unsigned place = 0, vector = 0;
    int bits = 0;
    struct blinding_words words;
    uint8_t bytes[WORDS_MAX], expected[WORDS_MAX];
    assert_int_equal(fscanf(file, " upload %u %d %zu %zu %u", &place, &bits, &words.first,
                            &words.count, &vector),
                     5);
    words.bytes = bytes;
    words.bits = bits;
    words.vector = vector == 0 ? BLINDING_UPDATE : BLINDING_METRICS;
    const size_t size = words.count * (size_t)bits / 8;
    assert_true(size <= WORDS_MAX);
    vector_file_bytes(file, bytes, size);
    vector_file_bytes(file, expected, size);
    for (size_t i = 0; i < PARTIES; i++) {
        if (parties[i].place != place) continue;
        blinding_add(&words, own[i]);
        for (size_t j = 0; j < PARTIES; j++) {
            if (j != i) blinding_pair(&words, seeds[i][j], place, parties[j].place);
        }
    }
    assert_memory_equal(bytes, expected, size);
}

static void seeds_and_uploads_are_those_of_the_program(void **state)
{
    (void)state;
    vector_file_each("blinding.txt", read_keys, compare_upload, UPLOADS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(seeds_and_uploads_are_those_of_the_program),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
