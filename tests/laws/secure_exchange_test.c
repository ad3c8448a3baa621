// SPDX-License-Identifier: Apache-2.0
/* Whole exchanges by their messages: whoever drops out, and whenever, the sum of the counted is
 * theirs exactly. Some sizes of a cohort; with the argument "all" every one from 3 to 40 and from
 * 65 to 200, which takes minutes: each participant checks a signature of every other, twice. */
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "base/random.h"
#include "fakes/parties.h"

#include <stdlib.h>
#include <string.h>

enum { WORDS = 37, METRICS = 3, UPDATE_BYTES = WORDS * 4, METRICS_BYTES = METRICS * 8 };

static bool all;
static struct parties parties;
static uint8_t plain[PARTIES_MAX][UPDATE_BYTES], uploads[PARTIES_MAX][UPDATE_BYTES];
static uint8_t plain_metrics[PARTIES_MAX][METRICS_BYTES],
    blinded_metrics[PARTIES_MAX][METRICS_BYTES];

static void add(uint8_t *sum, const uint8_t *bytes, size_t count, size_t width)
{
    for (size_t i = 0; i < count * width; i += width) {
        unsigned carry = 0;
        for (size_t b = i; b < i + width; b++) {
            carry += (unsigned)sum[b] + bytes[b];
            sum[b] = (uint8_t)carry;
            carry >>= 8;
        }
    }
}

/* Up to `most` more drop out. */
static void drop(struct random *random, size_t most)
{
    const size_t lost = random_below(random, (uint32_t)most + 1);
    for (size_t i = 0; i < lost; i++) {
        parties.there[random_below(random, (uint32_t)parties.count)] = false;
    }
}

static void blind_all(size_t width)
{
    for (size_t i = 0; i < parties.count; i++) {
        if (!parties.there[i]) continue;
        parties_random(plain[i], sizeof plain[i]);
        parties_random(plain_metrics[i], sizeof plain_metrics[i]);
        memcpy(uploads[i], plain[i], sizeof uploads[i]);
        memcpy(blinded_metrics[i], plain_metrics[i], sizeof blinded_metrics[i]);
        assert_true(blinder_ready(parties.blinders[i]));
        assert_int_equal(blinder_blind(parties.blinders[i], uploads[i], WORDS, (int)width * 8,
                                       blinded_metrics[i], METRICS),
                         STATUS_OK);
        assert_memory_not_equal(uploads[i], plain[i], WORDS * width);
    }
}

/* Releases one after the other in a random order until that is enough. */
static void release_in_any_order(struct random *random)
{
    uint32_t order[PARTIES_MAX];
    random_permutation(random, order, parties.count);
    for (size_t i = 0; i < parties.count && !unblinder_can_open(parties.unblinder); i++) {
        struct payload release;
        if (!parties.there[order[i]]) continue;
        assert_int_equal(blinder_release(parties.blinders[order[i]], &release.bytes, &release.size),
                         STATUS_OK);
        assert_int_equal(unblinder_take_release(parties.unblinder, parties_place(order[i]),
                                                release.bytes, release.size),
                         STATUS_OK);
        payload_free(&release);
    }
    assert_true(unblinder_can_open(parties.unblinder));
}

static void check_sum(const bool *counted, size_t width)
{
    uint8_t sum[UPDATE_BYTES] = {0}, expected[UPDATE_BYTES] = {0};
    uint8_t metrics[METRICS_BYTES] = {0}, expected_metrics[METRICS_BYTES] = {0};
    uint32_t culprit = 0;
    for (size_t i = 0; i < parties.count; i++) {
        if (!counted[i]) continue;
        add(sum, uploads[i], WORDS, width);
        add(expected, plain[i], WORDS, width);
        add(metrics, blinded_metrics[i], METRICS, 8);
        add(expected_metrics, plain_metrics[i], METRICS, 8);
    }
    assert_int_equal(unblinder_open(parties.unblinder, &culprit), STATUS_OK);
    assert_int_equal(culprit, UNBLINDER_NOBODY);
    // In two pieces, as a sum is removed from.
    const int bits = (int)width * 8;
    const struct blinding_words first = {sum, 0, 20, bits, BLINDING_UPDATE};
    const struct blinding_words rest = {sum + 20 * width, 20, WORDS - 20, bits, BLINDING_UPDATE};
    const struct blinding_words others = {metrics, 0, METRICS, 64, BLINDING_METRICS};
    unblinder_remove(parties.unblinder, &rest);
    unblinder_remove(parties.unblinder, &first);
    unblinder_remove(parties.unblinder, &others);
    assert_memory_equal(sum, expected, WORDS * width);
    assert_memory_equal(metrics, expected_metrics, METRICS_BYTES);
}

/* `most` drop out between any two steps at most. */
static void run(size_t count, struct neighbours_assumption assumption, size_t most)
{
    struct random random;
    bool counted[PARTIES_MAX];
    const size_t width = 2 + count % 3;
    random_start(&random, 51, 0, RANDOM_TEST, 0, (uint32_t)count);
    parties_start(&parties, count, assumption);
    drop(&random, most);
    parties_give_keys(&parties);
    drop(&random, most);
    parties_give_shares(&parties);
    drop(&random, most);
    parties_hold(&parties);
    drop(&random, most);
    blind_all(width);
    drop(&random, most);
    memcpy(counted, parties.there, sizeof counted);
    parties_count(&parties, counted);
    drop(&random, most);
    parties_sign(&parties);
    drop(&random, most);
    parties_agree(&parties);
    release_in_any_order(&random);
    check_sum(counted, width);
    parties_end(&parties);
}

static void complete_graphs_give_the_sum_of_the_counted(void **state)
{
    (void)state;
    const struct neighbours_assumption careful = {
        .corrupt = 0.2, .dropout = 0.3, .coordinator = NEIGHBOURS_SEMI_MALICIOUS};
    for (size_t count = 3; count <= 40; count++) {
        if (all || count < 12 || count == 40) run(count, careful, count / 12);
    }
}

static void rings_give_the_sum_of_the_counted(void **state)
{
    (void)state;
    const struct neighbours_assumption assumption = {
        .corrupt = 0.01, .dropout = 0.1, .coordinator = NEIGHBOURS_CURIOUS};
    for (size_t count = 65; count <= 200; count++) {
        if (all || count == 65 || count == 90) run(count, assumption, 1);
    }
}

int main(int count, char **arguments)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(complete_graphs_give_the_sum_of_the_counted),
        cmocka_unit_test(rings_give_the_sum_of_the_counted),
    };
    all = count > 1 && strcmp(arguments[1], "all") == 0;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
