// SPDX-License-Identifier: Apache-2.0
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "base/config.h"
#include "model/model.h"
#include "secure/blinding.h"
#include "secure/quantise.h"

#include <math.h>
#include <string.h>

enum { COUNT = 10000, MARGIN = 8, SPACE = 8 * COUNT + MARGIN };

static const int widths[] = {16, 24, 32, 64};
static const uint8_t seed[32] = {1, 2, 3, 250}, other_seed[32] = {1, 2, 3, 251};
static const struct exchange_context context = {.session = {3}, .round = 1, .attempt = 1};
static uint8_t whole[SPACE], pieces[SPACE];

static struct blinding_words words_of(uint8_t *bytes, size_t first, size_t count, int bits)
{
    return (struct blinding_words){bytes + first * (size_t)bits / 8, first, count, bits,
                                   BLINDING_UPDATE};
}

/* Some numbers, then a margin that nobody may touch. */
static void fill(uint8_t *bytes)
{
    for (size_t i = 0; i < SPACE; i++) {
        bytes[i] = (uint8_t)(i * i + 7 * i);
    }
}

static void pieces_in_any_order_give_the_whole(void **state)
{
    (void)state;
    const size_t sizes[] = {1, 7, 64, 1536, 4096, 4097};
    for (size_t w = 0; w < 4; w++) {
        fill(whole);
        const struct blinding_words all = words_of(whole, 0, COUNT, widths[w]);
        blinding_add(&all, seed);
        for (size_t s = 0; s < sizeof sizes / sizeof sizes[0]; s++) {
            fill(pieces);
            for (size_t end = COUNT; end > 0;) { // from the end
                const size_t size = end < sizes[s] ? end : sizes[s];
                const struct blinding_words some = words_of(pieces, end - size, size, widths[w]);
                blinding_add(&some, seed);
                end -= size;
            }
            assert_memory_equal(pieces, whole, SPACE);
        }
    }
}

static void many_seeds_at_once_give_what_one_by_one_gives(void **state)
{
    (void)state;
    const struct blinding_seed seeds[] = {{{7}, true}, {{8}, false}, {{9}, true}};
    for (size_t w = 0; w < 4; w++) {
        fill(whole);
        const struct blinding_words all = words_of(whole, 5, COUNT - 5, widths[w]);
        for (size_t i = 0; i < 3; i++) {
            if (seeds[i].add) blinding_add(&all, seeds[i].bytes);
            if (!seeds[i].add) blinding_subtract(&all, seeds[i].bytes);
        }
        for (int threads = 1; threads <= 3; threads++) {
            fill(pieces);
            const struct blinding_words same = words_of(pieces, 5, COUNT - 5, widths[w]);
            blinding_many(&same, seeds, 3, threads);
            assert_memory_equal(pieces, whole, SPACE);
        }
    }
}

static void taking_away_restores_and_the_rest_is_untouched(void **state)
{
    (void)state;
    for (size_t w = 0; w < 4; w++) {
        const size_t size = COUNT * (size_t)widths[w] / 8;
        fill(whole);
        fill(pieces);
        const struct blinding_words all = words_of(whole, 0, COUNT, widths[w]);
        blinding_add(&all, seed);
        assert_memory_not_equal(whole, pieces, size);
        assert_memory_equal(whole + size, pieces + size, SPACE - size);
        blinding_subtract(&all, seed);
        assert_memory_equal(whole, pieces, SPACE);
        const struct blinding_words none = words_of(whole, 5, 0, widths[w]);
        blinding_add(&none, seed);
        assert_memory_equal(whole, pieces, SPACE);
    }
}

static void the_two_of_a_pair_cancel(void **state)
{
    (void)state;
    for (size_t w = 0; w < 4; w++) {
        fill(whole);
        fill(pieces);
        const struct blinding_words all = words_of(whole, 0, COUNT, widths[w]);
        blinding_pair(&all, seed, 3, 9);
        assert_memory_not_equal(whole, pieces, COUNT);
        blinding_pair(&all, seed, 9, 3);
        assert_memory_equal(whole, pieces, SPACE);
    }
}

static void vectors_and_seeds_have_streams_of_their_own(void **state)
{
    (void)state;
    uint8_t update[64] = {0}, metrics[64] = {0}, other[64] = {0};
    blinding_add(&(struct blinding_words){update, 0, 8, 64, BLINDING_UPDATE}, seed);
    blinding_add(&(struct blinding_words){metrics, 0, 8, 64, BLINDING_METRICS}, seed);
    blinding_add(&(struct blinding_words){other, 0, 8, 64, BLINDING_UPDATE}, other_seed);
    assert_memory_not_equal(update, metrics, 8);
    assert_memory_not_equal(update, other, 8);
}

static void party(struct blinding_party *party, uint8_t secret[32], uint32_t place)
{
    memset(secret, 0, 32);
    secret[5] = (uint8_t)(place + 1);
    party->place = place;
    blinding_public_key(party->public_key, secret);
}

static void both_sides_find_the_same_seed_and_each_pair_its_own(void **state)
{
    (void)state;
    enum { PARTIES = 6 };
    struct blinding_party parties[PARTIES];
    uint8_t secrets[PARTIES][32], seeds[PARTIES][PARTIES][32];
    for (uint32_t i = 0; i < PARTIES; i++) {
        party(&parties[i], secrets[i], 10 - i);
    }
    for (size_t i = 0; i < PARTIES; i++) {
        for (size_t j = 0; j < PARTIES; j++) {
            if (i == j) continue;
            assert_int_equal(
                blinding_pair_seed(seeds[i][j], &context, secrets[i], &parties[i], &parties[j]),
                STATUS_OK);
            if (j < i) assert_memory_equal(seeds[i][j], seeds[j][i], 32);
        }
    }
    assert_memory_not_equal(seeds[0][1], seeds[0][2], 32);
    assert_memory_not_equal(seeds[0][1], seeds[1][2], 32);
}

static void every_part_of_the_context_changes_the_seed(void **state)
{
    (void)state;
    struct blinding_party self, peer;
    uint8_t secret[32], peer_secret[32], plain[32], changed[32];
    party(&self, secret, 1);
    party(&peer, peer_secret, 2);
    assert_int_equal(blinding_pair_seed(plain, &context, secret, &self, &peer), STATUS_OK);
    struct exchange_context contexts[6];
    for (size_t i = 0; i < 6; i++) {
        contexts[i] = context;
    }
    contexts[0].session[15] ^= 1;
    contexts[1].round++;
    contexts[2].attempt++;
    contexts[3].roster[31] ^= 1;
    contexts[4].model[0] ^= 1;
    contexts[5].config[7] ^= 1;
    for (size_t i = 0; i < 6; i++) {
        assert_int_equal(blinding_pair_seed(changed, &contexts[i], secret, &self, &peer),
                         STATUS_OK);
        assert_memory_not_equal(changed, plain, 32);
    }
    peer.place = 3;
    assert_int_equal(blinding_pair_seed(changed, &context, secret, &self, &peer), STATUS_OK);
    assert_memory_not_equal(changed, plain, 32);
}

static void keys_that_give_nothing_in_common_are_refused(void **state)
{
    (void)state;
    const uint8_t zero[32] = {0};
    struct blinding_party self, peer;
    uint8_t secret[32], peer_secret[32], found[32];
    party(&self, secret, 1);
    party(&peer, peer_secret, 2);
    assert_int_equal(blinding_pair_seed(found, &context, peer_secret, &self, &peer),
                     STATUS_BAD_MESSAGE);
    assert_string_equal(
        status_message(),
        "participant 1 of the roster: the secret key is not that of its public key");
    assert_memory_equal(found, zero, 32);
    struct blinding_party twin = self;
    assert_int_equal(blinding_pair_seed(found, &context, secret, &self, &twin), STATUS_BAD_MESSAGE);
    twin.place = 5;
    assert_int_equal(blinding_pair_seed(found, &context, secret, &self, &twin), STATUS_BAD_MESSAGE);
    peer.place = 1;
    assert_int_equal(blinding_pair_seed(found, &context, secret, &self, &peer), STATUS_BAD_MESSAGE);
    peer.place = 2;
    for (uint8_t small = 0; small < 2; small++) { // points 0 and 1: orders 2 and 4
        memset(peer.public_key, 0, 32);
        peer.public_key[0] = small;
        assert_int_equal(blinding_pair_seed(found, &context, secret, &self, &peer),
                         STATUS_BAD_MESSAGE);
        assert_memory_equal(found, zero, 32);
    }
    assert_string_equal(
        status_message(),
        "participant 2 of the roster: its key is of small order, allowed: one of X25519");
}

/* Pearson's statistic of 256 cells against the uniform distribution. */
static double chi_square(const uint32_t cells[256], double total)
{
    double sum = 0;
    for (int i = 0; i < 256; i++) {
        const double off = (double)cells[i] - total / 256;
        sum += off * off * 256 / total;
    }
    return sum;
}

/* With 255 degrees of freedom the statistic has mean 255 and deviation 22.6. It must lie within six
 * deviations, on both sides: a stream that is too even is no better. Seeds are fixed, so that this
 * never fails by chance. */
static void is_uniform(const uint32_t cells[256], double total)
{
    const double found = chi_square(cells, total);
    assert_true(found > 255 - 6 * 22.6 && found < 255 + 6 * 22.6);
}

static void an_upload_looks_uniform_whatever_it_holds(void **state)
{
    (void)state;
    for (size_t w = 0; w < 4; w++) {
        for (int plain = 0; plain < 256; plain += 51) {
            const size_t width = (size_t)widths[w] / 8;
            uint32_t cells[8][256] = {0}, neighbours[256] = {0};
            memset(whole, plain, SPACE);
            const struct blinding_words all = words_of(whole, 0, COUNT, widths[w]);
            blinding_add(&all, seed);
            blinding_pair(&all, other_seed, 4, 2);
            for (size_t i = 0; i < COUNT; i++) {
                const uint8_t *word = whole + i * width;
                for (size_t b = 0; b < width; b++) {
                    cells[b][word[b]]++;
                }
                // Top four bits of a word and of the next: no relation between words.
                if (i + 1 < COUNT) {
                    neighbours[(word[width - 1] & 0xf0) | word[2 * width - 1] >> 4]++;
                }
            }
            for (size_t b = 0; b < width; b++) {
                is_uniform(cells[b], COUNT);
            }
            is_uniform(neighbours, COUNT - 1);
        }
    }
}

static void sums_that_could_wrap_are_refused(void **state)
{
    (void)state;
    assert_int_equal(blinding_check_range(16, 327, 100), STATUS_OK);
    assert_int_equal(blinding_check_range(16, 328, 100), STATUS_BAD_CONFIG);
    assert_string_equal(status_message(), "100 participants with numbers up to 328: their sum does "
                                          "not fit 16 bits, allowed: numbers up to 327");
    assert_int_equal(blinding_check_range(16, 32767, 1), STATUS_OK);
    assert_int_equal(blinding_check_range(16, 32768, 1), STATUS_BAD_CONFIG);
    assert_int_equal(blinding_check_range(24, 83886, 100), STATUS_OK);
    assert_int_equal(blinding_check_range(24, 83887, 100), STATUS_BAD_CONFIG);
    assert_int_equal(blinding_check_range(32, 21474, 100000), STATUS_OK);
    assert_int_equal(blinding_check_range(32, 21475, 100000), STATUS_BAD_CONFIG);
    assert_int_equal(blinding_check_range(64, INT64_MAX, 1), STATUS_OK);
    assert_int_equal(blinding_check_range(64, INT64_MAX, 2), STATUS_BAD_CONFIG);
    assert_int_equal(blinding_check_range(64, UINT64_MAX, SIZE_MAX), STATUS_BAD_CONFIG);
    assert_int_equal(blinding_check_range(16, 0, SIZE_MAX), STATUS_OK);
    // The largest weights of the largest federation.
    assert_int_equal(blinding_check_range(64, 1000000000, LIMIT_PARTICIPANTS), STATUS_OK);
}

/* What quantise_plan() chooses for any cohort that a config may have. */
static void the_quantiser_keeps_the_rule(void **state)
{
    (void)state;
    const size_t cohorts[] = {1, 2, 3, 7, 100, 1000, LIMIT_PARTICIPANTS}, shape[1] = {3};
    struct manifest manifest = {0};
    struct model base;
    assert_int_equal(manifest_add(&manifest, "w", shape, 1, true), STATUS_OK);
    assert_int_equal(model_create(&base, &manifest), STATUS_OK);
    base.values[1] = 2.7f;
    for (size_t w = 0; w < 3; w++) {
        for (size_t i = 0; i < sizeof cohorts / sizeof cohorts[0]; i++) {
            struct config_federation federation = {0};
            federation.quantise.bits = widths[w];
            federation.quantise.range = 8;
            federation.quantise.weight_max = 1000;
            struct quantise plan;
            assert_int_equal(quantise_plan(&plan, &base, &federation, cohorts[i]), STATUS_OK);
            const double largest = ceil(plan.scale[0] * plan.bound[0]);
            assert_int_equal(blinding_check_range(widths[w], (uint64_t)largest, cohorts[i]),
                             STATUS_OK);
            quantise_destroy(&plan);
        }
    }
    model_destroy(&base);
    manifest_destroy(&manifest);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pieces_in_any_order_give_the_whole),
        cmocka_unit_test(many_seeds_at_once_give_what_one_by_one_gives),
        cmocka_unit_test(taking_away_restores_and_the_rest_is_untouched),
        cmocka_unit_test(the_two_of_a_pair_cancel),
        cmocka_unit_test(vectors_and_seeds_have_streams_of_their_own),
        cmocka_unit_test(both_sides_find_the_same_seed_and_each_pair_its_own),
        cmocka_unit_test(every_part_of_the_context_changes_the_seed),
        cmocka_unit_test(keys_that_give_nothing_in_common_are_refused),
        cmocka_unit_test(an_upload_looks_uniform_whatever_it_holds),
        cmocka_unit_test(sums_that_could_wrap_are_refused),
        cmocka_unit_test(the_quantiser_keeps_the_rule),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
