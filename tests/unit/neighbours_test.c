// SPDX-License-Identifier: Apache-2.0
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "base/config.h"
#include "secure/neighbours.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

enum { CURIOUS = NEIGHBOURS_CURIOUS, SEMI = NEIGHBOURS_SEMI_MALICIOUS, MOST = 400 };

static const struct exchange_context context = {.session = {8}, .round = 4, .attempt = 1};

struct cell {
    size_t degree, threshold; // 0: not published
};

struct column {
    double corrupt, dropout;
    int coordinator;
    struct cell cells[6]; // for 10, 100, .., 1000000 participants
};

/* fcp/secagg/server/graph_parameter_finder_test.cc of federated-compute (Apache 2.0). In one cell,
 * of 10 participants, it has 4, 2: with three of ten gone one of four neighbours is left in one of
 * 30 cases, fewer than two; see neighbours.h. */
static const struct column published[] = {
    {0.05, 0.05, CURIOUS, {{2, 2}, {12, 6}, {30, 17}, {34, 20}, {36, 21}, {38, 22}}},
    {0.05, 0.05, SEMI, {{2, 2}, {16, 11}, {52, 37}, {62, 44}, {68, 48}, {74, 52}}},
    {0.05, 0.33, CURIOUS, {{6, 2}, {28, 6}, {72, 24}, {86, 29}, {96, 32}, {102, 34}}},
    {0.05, 0.33, SEMI, {{8, 5}, {72, 39}, {398, 223}, {746, 420}, {882, 496}, {970, 545}}},
    {0.33, 0.05, CURIOUS, {{4, 4}, {34, 29}, {78, 60}, {92, 70}, {102, 77}, {110, 83}}},
    {0.33, 0.05, SEMI, {{4, 4}, {42, 37}, {132, 109}, {178, 146}, {196, 160}, {212, 173}}},
    {0.33, 0.33, CURIOUS, {{8, 4}, {68, 34}, {286, 150}, {422, 221}, {480, 251}, {518, 270}}},
    {0.33, 0, CURIOUS, {{4, 4}, {26, 25}, {38, 36}, {42, 40}, {46, 44}, {50, 47}}},
    {0.45, 0.45, CURIOUS, {{0}, {92, 46}, {822, 417}, {3494, 1771}}},
    {0.30, 0.30, SEMI, {{0}, {92, 62}, {872, 584}}},
};

/* The plan of a whole cohort. */
static enum status choose(struct neighbours_plan *plan, size_t participants,
                          const struct neighbours_assumption *shares)
{
    struct neighbours_assumption assumption = *shares;
    assumption.cohort = participants;
    return neighbours_choose(plan, participants, &assumption);
}

static enum status ring_plan(struct neighbours_plan *plan, size_t participants,
                             const struct neighbours_assumption *shares)
{
    struct neighbours_assumption assumption = *shares;
    assumption.cohort = participants;
    return neighbours_ring_plan(plan, participants, &assumption);
}

static void check_ring(size_t participants, const struct column *column, struct cell cell)
{
    const struct neighbours_assumption assumption = {
        column->corrupt, column->dropout, (enum neighbours_coordinator)column->coordinator,
        participants};
    struct neighbours_plan plan;
    if (ring_plan(&plan, participants, &assumption) != STATUS_OK || plan.degree != cell.degree ||
        plan.threshold != cell.threshold) {
        fail_msg("%zu participants, %g, %g, %s: %zu, %zu, expected %zu, %zu", participants,
                 column->corrupt, column->dropout, column->coordinator == SEMI ? "semi" : "curious",
                 plan.degree, plan.threshold, cell.degree, cell.threshold);
    }
    assert_int_equal(plan.holders, plan.degree);
}

static void rings_are_those_of_the_published_table(void **state)
{
    (void)state;
    for (size_t c = 0; c < sizeof published / sizeof published[0]; c++) {
        size_t participants = 10;
        for (size_t row = 0; row < 6; row++, participants *= 10) {
            const struct cell cell = published[c].cells[row];
            if (cell.degree > 0) check_ring(participants, &published[c], cell);
        }
    }
}

/* The same formulas, computed by another program, for likely settings. */
static void rings_of_likely_cohorts_are_as_computed_elsewhere(void **state)
{
    (void)state;
    static const size_t cohorts[] = {20, 50, 100, 200, 500, 1000};
    static const struct column columns[] = {
        {0.05, 0.1, CURIOUS, {{4, 2}, {8, 3}, {16, 6}, {24, 11}, {32, 17}, {36, 19}}},
        {0.10, 0.1, CURIOUS, {{6, 3}, {12, 6}, {22, 11}, {34, 19}, {42, 24}, {48, 27}}},
        {0.20, 0.1, CURIOUS, {{8, 5}, {16, 11}, {32, 21}, {46, 30}, {60, 39}, {68, 44}}},
        {1. / 3, 0.1, CURIOUS, {{10, 7}, {22, 17}, {42, 32}, {66, 47}, {90, 64}, {102, 72}}},
        {0.05, 0.1, SEMI, {{6, 4}, {14, 9}, {26, 16}, {42, 27}, {66, 44}, {78, 52}}},
        {0.10, 0.1, SEMI, {{8, 6}, {16, 11}, {32, 22}, {56, 39}, {82, 57}, {96, 67}}},
        {0.20, 0.1, SEMI, {{10, 8}, {22, 17}, {42, 32}, {76, 57}, {116, 86}, {140, 104}}},
        {1. / 3, 0.1, SEMI, {{12, 10}, {28, 23}, {54, 44}, {98, 78}, {170, 134}, {218, 171}}},
    };
    for (size_t c = 0; c < sizeof columns / sizeof columns[0]; c++) {
        for (size_t row = 0; row < 6; row++) {
            check_ring(cohorts[row], &columns[c], columns[c].cells[row]);
        }
    }
}

static void hopeless_shares_are_refused(void **state)
{
    (void)state;
    const struct neighbours_assumption hopeless[] = {
        {.corrupt = 0.5, .dropout = 0.5, .coordinator = NEIGHBOURS_CURIOUS},
        {.corrupt = 0.33, .dropout = 0.33, .coordinator = NEIGHBOURS_SEMI_MALICIOUS}};
    struct neighbours_plan plan;
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(ring_plan(&plan, 1000, &hopeless[i]), STATUS_BAD_CONFIG);
        assert_int_equal(choose(&plan, 1000, &hopeless[i]), STATUS_BAD_CONFIG);
    }
    assert_string_equal(
        status_message(),
        "1000 participants, 0.33 of them corrupt and 0.33 dropping out: no threshold"
        " of the secure sum fits, allowed: more participants or smaller shares");
    assert_int_equal(plan.degree, 0);
    // 398 holders are too many for shares of bytes.
    const struct neighbours_assumption many = {
        .corrupt = 0.05, .dropout = 0.33, .coordinator = NEIGHBOURS_SEMI_MALICIOUS};
    assert_int_equal(choose(&plan, 1000, &many), STATUS_BAD_CONFIG);
    assert_string_equal(status_message(),
                        "1000 participants, 0.05 of them corrupt and 0.33 dropping out: each secret"
                        " would have 398 holders, allowed: at most 255");
    assert_int_equal(choose(&plan, 2, &many), STATUS_BAD_CONFIG);
    assert_string_equal(status_message(), "2 participants in a secure sum, allowed: 3 to 1000000");
}

static void small_cohorts_are_complete(void **state)
{
    (void)state;
    for (size_t n = 3; n <= NEIGHBOURS_COMPLETE_MAX; n++) {
        const size_t corrupt = (n + 2) / 3 - 1; // as many as can be below a third
        const struct neighbours_assumption assumption = {.corrupt = (double)corrupt / (double)n,
                                                         .dropout = 0.25,
                                                         .coordinator = NEIGHBOURS_SEMI_MALICIOUS};
        struct neighbours_plan plan;
        assert_int_equal(choose(&plan, n, &assumption), STATUS_OK);
        assert_int_equal(plan.degree, n - 1);
        assert_int_equal(plan.holders, n);
        assert_int_equal(plan.threshold, (2 * n + 2) / 3);
        assert_true(2 * plan.threshold > n + corrupt);
        assert_int_equal(plan.quorum, plan.threshold);
    }
    const struct neighbours_assumption curious = {
        .corrupt = 0.2, .dropout = 0.4, .coordinator = NEIGHBOURS_CURIOUS};
    struct neighbours_plan plan;
    assert_int_equal(choose(&plan, 20, &curious), STATUS_OK);
    assert_int_equal(plan.threshold, 5);
    // Of five, one corrupt: 2t > 6, so four must answer, and two may not be missing.
    const struct neighbours_assumption lossy = {
        .corrupt = 0.2, .dropout = 0.4, .coordinator = NEIGHBOURS_SEMI_MALICIOUS};
    assert_int_equal(choose(&plan, 5, &lossy), STATUS_BAD_CONFIG);
}

static void large_cohorts_are_rings_where_one_fits(void **state)
{
    (void)state;
    const struct neighbours_assumption likely = {
        .corrupt = 0.1, .dropout = 0.1, .coordinator = NEIGHBOURS_SEMI_MALICIOUS};
    struct neighbours_plan plan;
    assert_int_equal(choose(&plan, 200, &likely), STATUS_OK);
    assert_int_equal(plan.degree, 56);
    assert_int_equal(plan.threshold, 39);
    assert_int_equal(plan.quorum, 111);
    const struct neighbours_assumption hard = {
        .corrupt = 0.6, .dropout = 0.2, .coordinator = NEIGHBOURS_SEMI_MALICIOUS};
    assert_int_equal(choose(&plan, 65, &hard), STATUS_BAD_CONFIG);
    const struct neighbours_assumption tight = {
        .corrupt = 0.52, .dropout = 0.2, .coordinator = NEIGHBOURS_SEMI_MALICIOUS};
    assert_int_equal(ring_plan(&plan, 66, &tight), STATUS_BAD_CONFIG);
    assert_int_equal(choose(&plan, 66, &tight), STATUS_OK);
    assert_int_equal(plan.degree, 65);
    assert_int_equal(plan.threshold, 51);
}

static void two_quorums_share_an_honest_participant(void **state)
{
    (void)state;
    for (size_t n = 1; n <= 100; n++) {
        for (size_t corrupt = 0; corrupt <= n; corrupt++) {
            const size_t quorum = config_quorum(n, corrupt);
            assert_true(2 * quorum > n + corrupt);
            assert_true(2 * (quorum - 1) <= n + corrupt);
        }
    }
}

/* Who is left out of a cohort is not known to be corrupt: the corrupt are counted from all. */
static void a_part_of_a_cohort_is_as_strict_as_the_whole(void **state)
{
    (void)state;
    const struct neighbours_assumption ten = {0.3, 0.1, NEIGHBOURS_SEMI_MALICIOUS, 10};
    struct neighbours_plan plan;
    for (size_t n = 7; n <= 10; n++) {
        assert_int_equal(neighbours_choose(&plan, n, &ten), STATUS_OK);
        assert_int_equal(plan.degree, n - 1);
        assert_int_equal(plan.holders, n);
        assert_int_equal(plan.threshold, 7); // 2t > 10 + 3
        assert_int_equal(plan.quorum, 7);
        assert_int_equal(plan.left, 7);
    }
    // One honest participant and two corrupt ones are no board.
    assert_int_equal(neighbours_choose(&plan, 6, &ten), STATUS_BAD_CONFIG);
    assert_string_equal(status_message(), "6 participants of a cohort of 10 in a secure sum,"
                                          " allowed: at least 7");
    const struct neighbours_assumption many = {0.1, 0.1, NEIGHBOURS_SEMI_MALICIOUS, 500};
    assert_int_equal(neighbours_choose(&plan, 500, &many), STATUS_OK);
    assert_int_equal(plan.left, 450);
    assert_int_equal(plan.quorum, config_quorum(500, 50));
    // The same 50 of 450, of whom nobody more may be lost.
    const struct neighbours_assumption rest = {50. / 450, 0, NEIGHBOURS_SEMI_MALICIOUS, 450};
    struct neighbours_plan expected;
    assert_int_equal(neighbours_ring_plan(&expected, 450, &rest), STATUS_OK);
    assert_int_equal(neighbours_choose(&plan, 450, &many), STATUS_OK);
    assert_int_equal(plan.degree, expected.degree);
    assert_int_equal(plan.threshold, expected.threshold);
    assert_int_equal(plan.left, 450);
    assert_int_equal(plan.quorum, config_quorum(500, 50));
    assert_int_equal(neighbours_choose(&plan, 449, &many), STATUS_BAD_CONFIG);
}

static void make_digest(uint8_t digest[32], uint32_t salt)
{
    memset(digest, 0, 32);
    for (uint32_t place = 0; place < 3; place++) {
        neighbours_add_message(digest, &context, place, &salt, sizeof salt);
    }
}

static void messages_change_the_digest(void **state)
{
    (void)state;
    uint8_t plain[32] = {0}, other[32] = {0}, swapped[32] = {0}, moved[32] = {0};
    neighbours_add_message(plain, &context, 1, "ab", 2);
    neighbours_add_message(plain, &context, 2, "c", 1);
    neighbours_add_message(other, &context, 1, "a", 1);
    neighbours_add_message(other, &context, 2, "bc", 2);
    neighbours_add_message(swapped, &context, 2, "c", 1);
    neighbours_add_message(swapped, &context, 1, "ab", 2);
    neighbours_add_message(moved, &context, 1, "ab", 2);
    neighbours_add_message(moved, &context, 3, "c", 1);
    assert_memory_not_equal(plain, other, 32);
    assert_memory_not_equal(plain, swapped, 32);
    assert_memory_not_equal(plain, moved, 32);
}

static void check_graph(size_t count, size_t degree)
{
    static uint32_t places[MOST], backwards[MOST], lists[MOST][MOST], again[MOST];
    static uint8_t joined[MOST][MOST];
    uint8_t digest[32];
    struct neighbours_graph graph, twin;
    make_digest(digest, 1);
    for (size_t i = 0; i < count; i++) {
        places[i] = (uint32_t)(3 * i + 7);
        backwards[count - 1 - i] = places[i];
    }
    assert_int_equal(neighbours_create(&graph, places, count, degree, digest, &context), STATUS_OK);
    assert_int_equal(neighbours_create(&twin, backwards, count, degree, digest, &context),
                     STATUS_OK);
    memset(joined, 0, sizeof joined);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(neighbours_of(lists[i], &graph, places[i]), STATUS_OK);
        assert_int_equal(neighbours_of(again, &twin, places[i]), STATUS_OK);
        assert_memory_equal(lists[i], again, degree * sizeof *again);
        for (size_t j = 0; j < degree; j++) {
            assert_true(lists[i][j] != places[i] && (j == 0 || lists[i][j] > lists[i][j - 1]));
            joined[i][(lists[i][j] - 7) / 3] = 1;
        }
        uint32_t holders[MOST];
        size_t held = 0;
        assert_int_equal(neighbours_holders(holders, &held, &graph, places[i]), STATUS_OK);
        assert_int_equal(held, degree + 1 == count ? count : degree);
        const uint32_t *expected = degree + 1 == count ? places : lists[i];
        assert_memory_equal(holders, expected, held * sizeof *holders);
    }
    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < count; j++) {
            assert_int_equal(joined[i][j], joined[j][i]);
        }
    }
    neighbours_destroy(&graph);
    neighbours_destroy(&graph);
    neighbours_destroy(&twin);
}

static void neighbours_are_mutual_and_free_of_order(void **state)
{
    (void)state;
    const size_t sizes[][2] = {{2, 1},    {3, 2},     {4, 3},     {4, 2},     {5, 4},
                               {9, 8},    {9, 6},     {10, 9},    {64, 63},   {65, 4},
                               {200, 56}, {200, 198}, {200, 199}, {255, 254}, {400, 82}};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        check_graph(sizes[i][0], sizes[i][1]);
    }
}

static void a_place_that_is_missing_or_twice_is_refused(void **state)
{
    (void)state;
    const uint32_t twice[] = {4, 1, 9, 4, 3}, once[] = {4, 1, 9, 5, 3};
    uint32_t list[5];
    size_t count = 7;
    uint8_t digest[32];
    struct neighbours_graph graph;
    make_digest(digest, 1);
    assert_int_equal(neighbours_create(&graph, twice, 5, 2, digest, &context), STATUS_BAD_MESSAGE);
    assert_string_equal(status_message(),
                        "place 4 of the roster stands twice in a cohort, allowed: once");
    assert_null(graph.ring);
    assert_int_equal(neighbours_create(&graph, once, 5, 2, digest, &context), STATUS_OK);
    assert_int_equal(neighbours_of(list, &graph, 2), STATUS_NOT_FOUND);
    assert_int_equal(neighbours_holders(list, &count, &graph, 2), STATUS_NOT_FOUND);
    assert_int_equal(count, 0);
    neighbours_destroy(&graph);
}

/* Of 20 on a ring of degree 6, each other one is a neighbour in 6 of 19 cases: 2,000 digests,
 * within five deviations. Another context is another ring, too. */
static void the_ring_follows_the_digest_and_favours_nobody(void **state)
{
    (void)state;
    enum { TRIALS = 2000, COUNT = 20, DEGREE = 6 };
    uint32_t places[COUNT], list[DEGREE], first[COUNT] = {0}, met[COUNT] = {0};
    uint32_t same = 0;
    for (uint32_t i = 0; i < COUNT; i++) {
        places[i] = i;
    }
    for (uint32_t trial = 0; trial < TRIALS; trial++) {
        uint8_t digest[32];
        struct neighbours_graph graph;
        struct exchange_context other = context;
        other.round += trial % 2;
        make_digest(digest, trial / 2);
        assert_int_equal(neighbours_create(&graph, places, COUNT, DEGREE, digest, &other),
                         STATUS_OK);
        assert_int_equal(neighbours_of(list, &graph, 5), STATUS_OK);
        for (size_t i = 0; i < DEGREE; i++) {
            met[list[i]]++;
        }
        if (trial % 2 == 0) memcpy(first, graph.ring, sizeof first);
        if (trial % 2 == 1) same += memcmp(first, graph.ring, sizeof first) == 0;
        neighbours_destroy(&graph);
    }
    assert_int_equal(same, 0);
    const double share = 6.0 / 19, deviation = sqrt(TRIALS * share * (1 - share));
    for (uint32_t i = 0; i < COUNT; i++) {
        if (i == 5) continue;
        assert_true(fabs((double)met[i] - TRIALS * share) < 5 * deviation);
    }
    assert_int_equal(met[5], 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rings_are_those_of_the_published_table),
        cmocka_unit_test(rings_of_likely_cohorts_are_as_computed_elsewhere),
        cmocka_unit_test(hopeless_shares_are_refused),
        cmocka_unit_test(small_cohorts_are_complete),
        cmocka_unit_test(large_cohorts_are_rings_where_one_fits),
        cmocka_unit_test(two_quorums_share_an_honest_participant),
        cmocka_unit_test(a_part_of_a_cohort_is_as_strict_as_the_whole),
        cmocka_unit_test(messages_change_the_digest),
        cmocka_unit_test(neighbours_are_mutual_and_free_of_order),
        cmocka_unit_test(a_place_that_is_missing_or_twice_is_refused),
        cmocka_unit_test(the_ring_follows_the_digest_and_favours_nobody),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
