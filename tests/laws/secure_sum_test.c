// SPDX-License-Identifier: Apache-2.0
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "base/random.h"
#include "secure/blinding.h"

#include <stdbool.h>
#include <string.h>

enum { PARTIES_MAX = 200, WORDS = 9, FIRST = 21, BYTES = WORDS * 8 };

static const int widths[] = {16, 24, 32, 64};
static uint8_t plain[PARTIES_MAX][BYTES], uploads[PARTIES_MAX][BYTES];

static uint64_t word_of(const uint8_t *bytes, size_t i, size_t width)
{
    uint64_t word = 0;
    for (size_t b = 0; b < width; b++) {
        word |= (uint64_t)bytes[i * width + b] << (8 * b);
    }
    return word;
}

static void add(uint8_t *sum, const uint8_t *bytes, size_t width)
{
    for (size_t i = 0; i < WORDS; i++) {
        const uint64_t word = word_of(sum, i, width) + word_of(bytes, i, width);
        for (size_t b = 0; b < width; b++) {
            sum[i * width + b] = (uint8_t)(word >> (8 * b));
        }
    }
}

static struct blinding_words words_of(uint8_t *bytes, int bits)
{
    return (struct blinding_words){bytes, FIRST, WORDS, bits, BLINDING_UPDATE};
}

/* Seeds of the test: of a pair from both numbers, a participant's own from its number twice. */
static void make_seed(uint8_t seed[32], uint32_t a, uint32_t b)
{
    memset(seed, 0, 32);
    seed[0] = (uint8_t)(a < b ? a : b);
    seed[1] = (uint8_t)(a < b ? b : a);
    seed[31] = 1;
}

/* All of a complete graph blind what they have. */
static void blind_all(size_t parties, int bits, struct random *random)
{
    for (uint32_t i = 0; i < parties; i++) {
        for (size_t b = 0; b < BYTES; b++) {
            plain[i][b] = (uint8_t)random_bits(random);
        }
        memcpy(uploads[i], plain[i], BYTES);
        const struct blinding_words words = words_of(uploads[i], bits);
        for (uint32_t j = 0; j < parties; j++) {
            uint8_t seed[32];
            make_seed(seed, i, j);
            if (i == j) blinding_add(&words, seed);
            if (i != j) blinding_pair(&words, seed, i, j);
        }
    }
}

/* Adds the uploads of those who are there in a random order, removes what is left of their blinds,
 * in a random order too, and compares with the sum of what they had. */
static void unblind(const bool *there, size_t parties, int bits, struct random *random)
{
    const size_t width = (size_t)bits / 8;
    uint8_t sum[BYTES] = {0}, expected[BYTES] = {0};
    uint32_t order[PARTIES_MAX];
    random_permutation(random, order, parties);
    for (size_t i = 0; i < parties; i++) {
        if (there[order[i]]) add(sum, uploads[order[i]], width);
        if (there[i]) add(expected, plain[i], width);
    }
    assert_memory_not_equal(sum, expected, WORDS * width);
    random_permutation(random, order, parties);
    const struct blinding_words words = words_of(sum, bits);
    for (size_t i = 0; i < parties; i++) {
        const uint32_t self = order[i];
        uint8_t seed[32];
        if (there[self]) {
            make_seed(seed, self, self);
            blinding_subtract(&words, seed);
            continue;
        }
        for (uint32_t peer = 0; peer < parties; peer++) {
            if (!there[peer]) continue;
            make_seed(seed, self, peer);
            blinding_pair(&words, seed, self, peer);
        }
    }
    assert_memory_equal(sum, expected, WORDS * width);
}

static void the_sum_of_any_who_are_left_is_exact(void **state)
{
    (void)state;
    struct random random;
    random_start(&random, 31, 0, RANDOM_TEST, 0, 0);
    for (size_t parties = 2; parties <= 6; parties++) {
        for (size_t w = 0; w < 4; w++) {
            blind_all(parties, widths[w], &random);
            for (unsigned set = 1; set < 1u << parties; set++) {
                bool there[PARTIES_MAX];
                for (size_t i = 0; i < parties; i++) {
                    there[i] = set >> i & 1;
                }
                unblind(there, parties, widths[w], &random);
            }
        }
    }
}

static void it_is_exact_for_2_to_200_participants(void **state)
{
    (void)state;
    struct random random;
    random_start(&random, 32, 0, RANDOM_TEST, 0, 0);
    for (size_t parties = 2; parties <= PARTIES_MAX; parties++) {
        // All widths while it is cheap, then each in turn.
        for (size_t w = parties <= 32 ? 0 : parties % 4; w < 4; w += parties <= 32 ? 1 : 4) {
            bool there[PARTIES_MAX];
            blind_all(parties, widths[w], &random);
            for (uint32_t lost = 0; lost < 40; lost += 13) { // none, then more and more
                for (size_t i = 0; i < parties; i++) {
                    there[i] = i == 0 || random_below(&random, 100) >= lost;
                }
                unblind(there, parties, widths[w], &random);
            }
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_sum_of_any_who_are_left_is_exact),
        cmocka_unit_test(it_is_exact_for_2_to_200_participants),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
