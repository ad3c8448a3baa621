// SPDX-License-Identifier: Apache-2.0
/* Blinding, sharing and neighbours together, as the secure exchange is to use them, without its
 * messages: keys, shares, blinded uploads, drop-outs, joined secrets, the sum. */
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "base/random.h"
#include "secure/blinding.h"
#include "secure/neighbours.h"
#include "secure/shamir.h"

#include <stdbool.h>
#include <string.h>

enum { PARTIES_MAX = 66, WORDS = 40, METRICS = 3, SECRETS = 2 };

struct party {
    struct blinding_party public;
    bool there;
    uint8_t secret[SECRETS][32];     // own seed, secret key: enum shamir_secret
    uint8_t commitment[SECRETS][32]; // to the secrets themselves
    uint32_t neighbours[PARTIES_MAX], holders[PARTIES_MAX];
    size_t holder_count;
    struct shamir_share shares[SECRETS][PARTIES_MAX];
    uint8_t openings[SECRETS][PARTIES_MAX][32], commitments[SECRETS][PARTIES_MAX][32];
    uint8_t update[WORDS * 3], metrics[METRICS * 8];
    uint8_t plain_update[WORDS * 3], plain_metrics[METRICS * 8];
};

static const uint8_t open[32] = {0}; // the opening of a secret's commitment is public
static struct party parties[PARTIES_MAX];
static struct exchange_context context = {.session = {6}, .round = 3, .attempt = 2};

static void draw(struct random *random, uint8_t *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        bytes[i] = (uint8_t)random_bits(random);
    }
}

/* Place i of the roster is 2 i + 1: not all of a roster are in a cohort. */
static struct party *at(uint32_t place)
{
    return &parties[place / 2];
}

static void draw_keys(size_t count, struct random *random)
{
    memset(parties, 0, sizeof parties);
    for (uint32_t i = 0; i < count; i++) {
        struct party *party = &parties[i];
        party->public.place = 2 * i + 1;
        party->there = true;
        draw(random, party->secret[0], sizeof party->secret);
        draw(random, party->openings[0][0], sizeof party->openings);
        draw(random, party->plain_update, sizeof party->plain_update);
        draw(random, party->plain_metrics, sizeof party->plain_metrics);
        memcpy(party->update, party->plain_update, sizeof party->update);
        memcpy(party->metrics, party->plain_metrics, sizeof party->metrics);
        blinding_public_key(party->public.public_key, party->secret[SHAMIR_SECRET_KEY]);
    }
}

static void meet(size_t count, const struct neighbours_plan *plan)
{
    uint8_t digest[EXCHANGE_HASH_BYTES] = {0};
    uint32_t places[PARTIES_MAX];
    struct neighbours_graph graph;
    for (size_t i = 0; i < count; i++) {
        places[i] = parties[i].public.place;
        neighbours_add_message(digest, &context, places[i], parties[i].public.public_key, 32);
    }
    assert_int_equal(neighbours_create(&graph, places, count, plan->degree, digest, &context),
                     STATUS_OK);
    for (size_t i = 0; i < count; i++) {
        struct party *party = &parties[i];
        assert_int_equal(neighbours_of(party->neighbours, &graph, places[i]), STATUS_OK);
        assert_int_equal(
            neighbours_holders(party->holders, &party->holder_count, &graph, places[i]), STATUS_OK);
        assert_int_equal(party->holder_count, plan->holders);
    }
    neighbours_destroy(&graph);
}

static void share(struct party *party, size_t threshold)
{
    for (int s = 0; s < SECRETS; s++) {
        struct shamir_share whole = {.holder = 0};
        memcpy(whole.bytes, party->secret[s], sizeof whole.bytes);
        shamir_commit(party->commitment[s], &whole, open, &context, party->public.place,
                      (enum shamir_secret)s);
        shamir_split(party->shares[s], party->secret[s], party->holder_count, threshold);
        for (size_t h = 0; h < party->holder_count; h++) {
            shamir_commit(party->commitments[s][h], &party->shares[s][h], party->openings[s][h],
                          &context, party->public.place, (enum shamir_secret)s);
        }
    }
}

/* What a party or a sum has of its two vectors. */
struct vectors {
    struct blinding_words update, metrics;
};

static struct vectors vectors_of(uint8_t *update, uint8_t *metrics)
{
    return (struct vectors){{update, 0, WORDS, 24, BLINDING_UPDATE},
                            {metrics, 0, METRICS, 64, BLINDING_METRICS}};
}

static void blind(struct party *party, size_t degree, const struct exchange_context *told)
{
    const struct vectors vectors = vectors_of(party->update, party->metrics);
    blinding_add(&vectors.update, party->secret[SHAMIR_OWN_SEED]);
    blinding_add(&vectors.metrics, party->secret[SHAMIR_OWN_SEED]);
    for (size_t j = 0; j < degree; j++) {
        const struct blinding_party *peer = &at(party->neighbours[j])->public;
        uint8_t seed[32];
        assert_int_equal(
            blinding_pair_seed(seed, told, party->secret[SHAMIR_SECRET_KEY], &party->public, peer),
            STATUS_OK);
        blinding_pair(&vectors.update, seed, party->public.place, peer->place);
        blinding_pair(&vectors.metrics, seed, party->public.place, peer->place);
    }
}

/* Joins a secret of `party` from the first `threshold` holders who are there, in a random order. */
static void join(uint8_t secret[32], const struct party *party, enum shamir_secret which,
                 size_t threshold, struct random *random)
{
    struct shamir_share answers[PARTIES_MAX];
    uint32_t order[PARTIES_MAX];
    size_t got = 0;
    random_permutation(random, order, party->holder_count);
    for (size_t i = 0; i < party->holder_count && got < threshold; i++) {
        const size_t h = order[i];
        if (!at(party->holders[h])->there) continue;
        assert_true(shamir_is_committed(party->commitments[which][h], &party->shares[which][h],
                                        party->openings[which][h], &context, party->public.place,
                                        which));
        answers[got++] = party->shares[which][h];
    }
    assert_int_equal(got, threshold);
    assert_int_equal(shamir_join(secret, answers, threshold), STATUS_OK);
    struct shamir_share whole = {.holder = 0};
    memcpy(whole.bytes, secret, 32);
    assert_true(shamir_is_committed(party->commitment[which], &whole, open, &context,
                                    party->public.place, which));
}

static void unblind(const struct vectors *sum, const struct party *party,
                    const struct neighbours_plan *plan, struct random *random)
{
    uint8_t secret[32], seed[32];
    if (party->there) {
        join(secret, party, SHAMIR_OWN_SEED, plan->threshold, random);
        blinding_subtract(&sum->update, secret);
        blinding_subtract(&sum->metrics, secret);
        return;
    }
    join(secret, party, SHAMIR_SECRET_KEY, plan->threshold, random);
    for (size_t j = 0; j < plan->degree; j++) {
        const struct party *peer = at(party->neighbours[j]);
        if (!peer->there) continue;
        assert_int_equal(blinding_pair_seed(seed, &context, secret, &party->public, &peer->public),
                         STATUS_OK);
        blinding_pair(&sum->update, seed, party->public.place, peer->public.place);
        blinding_pair(&sum->metrics, seed, party->public.place, peer->public.place);
    }
}

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

/* One exchange in which `lost` drop out after sharing; `strayed` of them all were told of another
 * model. Stores whether the sum is that of the others. */
static bool run(size_t count, const struct neighbours_plan *plan, size_t lost, size_t strayed,
                uint32_t salt)
{
    struct random random;
    struct exchange_context elsewhere = context;
    elsewhere.model[9] ^= 1;
    random_start(&random, 41, 0, RANDOM_TEST, 0, salt);
    draw_keys(count, &random);
    meet(count, plan);
    uint8_t update[WORDS * 3] = {0}, metrics[METRICS * 8] = {0};
    uint8_t plain_update[WORDS * 3] = {0}, plain_metrics[METRICS * 8] = {0};
    uint32_t order[PARTIES_MAX];
    random_permutation(&random, order, count);
    for (size_t i = 0; i < count; i++) {
        share(&parties[i], plan->threshold);
        blind(&parties[i], plan->degree, i < strayed ? &elsewhere : &context);
        parties[order[i]].there = i >= lost;
    }
    for (size_t i = 0; i < count; i++) {
        if (!parties[i].there) continue;
        add(update, parties[i].update, WORDS, 3);
        add(metrics, parties[i].metrics, METRICS, 8);
        add(plain_update, parties[i].plain_update, WORDS, 3);
        add(plain_metrics, parties[i].plain_metrics, METRICS, 8);
    }
    const struct vectors sum = vectors_of(update, metrics);
    for (size_t i = 0; i < count; i++) {
        unblind(&sum, &parties[i], plan, &random);
    }
    return memcmp(update, plain_update, sizeof update) == 0 &&
           memcmp(metrics, plain_metrics, sizeof metrics) == 0;
}

static struct neighbours_plan plan_of(size_t count, double corrupt, double dropout)
{
    const struct neighbours_assumption assumption = {.corrupt = corrupt,
                                                     .dropout = dropout,
                                                     .coordinator = NEIGHBOURS_SEMI_MALICIOUS,
                                                     .cohort = count};
    struct neighbours_plan plan;
    assert_int_equal(neighbours_choose(&plan, count, &assumption), STATUS_OK);
    return plan;
}

static void complete_graphs_give_the_sum_of_who_is_left(void **state)
{
    (void)state;
    const size_t counts[] = {3, 4, 5, 10, 20};
    for (uint32_t c = 0; c < sizeof counts / sizeof counts[0]; c++) {
        const struct neighbours_plan plan = plan_of(counts[c], 0.1, 0.3);
        for (size_t lost = 0; lost + plan.threshold <= counts[c]; lost++) {
            assert_true(run(counts[c], &plan, lost, 0, 100 * c + (uint32_t)lost));
        }
    }
}

static void rings_give_the_sum_of_who_is_left(void **state)
{
    (void)state;
    const struct neighbours_plan plan = plan_of(66, 0.05, 0.1);
    assert_true(plan.degree < 65);
    for (size_t lost = 0; lost <= 6; lost += 3) {
        assert_true(run(66, &plan, lost, 0, 1000 + (uint32_t)lost));
    }
    // Rings too small for any promise of secrecy give exact sums as well.
    const struct neighbours_plan thin = {.degree = 2, .holders = 2, .threshold = 2};
    const struct neighbours_plan wide = {.degree = 6, .holders = 6, .threshold = 4};
    assert_true(run(9, &thin, 0, 0, 2000));
    assert_true(run(11, &wide, 2, 0, 2001));
    assert_true(run(8, &wide, 2, 0, 2002));
}

static void who_was_told_another_model_spoils_the_sum(void **state)
{
    (void)state;
    const struct neighbours_plan plan = plan_of(6, 0.1, 0.1);
    assert_false(run(6, &plan, 0, 1, 3000));
    assert_false(run(6, &plan, 0, 3, 3001));
    // Where all were told the same, it is the coordinator that strayed: it can remove nobody.
    assert_true(run(6, &plan, 0, 6, 3002));
    assert_false(run(6, &plan, 1, 6, 3003));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(complete_graphs_give_the_sum_of_who_is_left),
        cmocka_unit_test(rings_give_the_sum_of_who_is_left),
        cmocka_unit_test(who_was_told_another_model_spoils_the_sum),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
