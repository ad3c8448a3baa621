// SPDX-License-Identifier: Apache-2.0
#include "secure/neighbours.h"

#include "base/sizes.h"
#include "secure/shamir.h"

#include <assert.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static size_t corrupt_of(const struct neighbours_assumption *assumption)
{
    return sizes_share(assumption->corrupt, assumption->cohort);
}

/* How many of a whole cohort do not drop out. */
static size_t left_of(const struct neighbours_assumption *assumption)
{
    return assumption->cohort - sizes_share(assumption->dropout, assumption->cohort);
}

static size_t quorum_of(const struct neighbours_assumption *assumption)
{
    return config_quorum(assumption->cohort, corrupt_of(assumption));
}

/* ln (n!); the sign that lgamma() leaves behind for all threads is not wanted. */
static double log_factorial(size_t n)
{
    int sign;
    return lgamma_r((double)n + 1, &sign);
}

/* `draws` out of `total`, of whom `marked` are marked: how many marked ones are drawn. */
struct hypergeometric {
    size_t total, marked, draws;
    double constant; // of the logarithm: what does not depend on how many
};

static struct hypergeometric hypergeometric_of(size_t total, size_t marked, size_t draws)
{
    return (struct hypergeometric){total, marked, draws,
                                   log_factorial(marked) + log_factorial(total - marked) +
                                       log_factorial(draws) + log_factorial(total - draws) -
                                       log_factorial(total)};
}

static size_t least(const struct hypergeometric *h)
{
    const size_t others = h->total - h->marked;
    return h->draws > others ? h->draws - others : 0;
}

static double probability(const struct hypergeometric *h, size_t x)
{
    return exp(h->constant - log_factorial(x) - log_factorial(h->marked - x) -
               log_factorial(h->draws - x) - log_factorial(h->total - h->marked - (h->draws - x)));
}

/* The least x with P[X > x] <= bound. */
static size_t upper_quantile(const struct hypergeometric *h, double bound)
{
    size_t x = sizes_least(h->marked, h->draws);
    double above = 0;
    for (; x > least(h); x--) {
        above += probability(h, x);
        if (above > bound) break;
    }
    return x;
}

/* The least x with P[X <= x] >= bound. */
static size_t lower_quantile(const struct hypergeometric *h, double bound)
{
    const size_t most = sizes_least(h->marked, h->draws);
    size_t x = least(h);
    for (double up_to = probability(h, x); up_to < bound && x < most; up_to += probability(h, x)) {
        x++;
    }
    return x;
}

/* Whether a ring without `bad` of its members falls apart with a probability below 2^-41: two gaps
 * of k/2 in a row must all be bad, a sum over pairs of places. */
static bool stays_connected(size_t n, size_t k, size_t bad)
{
    if (k > bad) return true;
    const double log_pairs = log((double)n) + log((double)(n - k - 1)) - log(2);
    const double log_bound = log_pairs + log_factorial(bad) + log_factorial(n - k) -
                             log_factorial(n) - log_factorial(bad - k);
    return log_bound < -41 * log(2);
}

/* The threshold of a ring of degree k, or 0 when none fits. */
static size_t ring_threshold(size_t n, size_t k, const struct neighbours_assumption *assumption)
{
    const size_t corrupt = corrupt_of(assumption), left = left_of(assumption);
    if (!stays_connected(n, k, corrupt + (n - left))) return 0;
    const struct hypergeometric bad = hypergeometric_of(n, corrupt, k);
    const struct hypergeometric good = hypergeometric_of(n, left, k);
    const size_t t1 = upper_quantile(&bad, ldexp(1, -41) / (double)n);
    const size_t t2 = lower_quantile(&good, ldexp(1, -20) / (double)n);
    const bool curious = assumption->coordinator == NEIGHBOURS_CURIOUS;
    const size_t enough = curious ? t1 + 1 : (k + t1) / 2 + 1;
    const size_t threshold = sizes_most(enough, SHAMIR_THRESHOLD_MIN);
    return threshold <= t2 ? threshold : 0;
}

static enum status fail_no_threshold(const struct neighbours_assumption *assumption)
{
    return status_fail(STATUS_BAD_CONFIG,
                       "%zu participants, %g of them corrupt and %g dropping out: no threshold of"
                       " the secure sum fits, allowed: more participants or smaller shares",
                       assumption->cohort, assumption->corrupt, assumption->dropout);
}

static enum status check_left(size_t participants, size_t least,
                              const struct neighbours_assumption *assumption)
{
    if (participants >= least) return STATUS_OK;
    return status_fail(STATUS_BAD_CONFIG,
                       "%zu participants of a cohort of %zu in a secure sum, allowed: at least %zu",
                       participants, assumption->cohort, least);
}

enum status neighbours_ring_plan(struct neighbours_plan *plan, size_t participants,
                                 const struct neighbours_assumption *assumption)
{
    const double corrupt = assumption->corrupt, dropout = assumption->dropout;
    assert(participants >= 2 && participants <= assumption->cohort);
    assert(assumption->cohort <= NEIGHBOURS_PARTICIPANTS_MAX);
    assert(corrupt >= 0 && corrupt < 1 && dropout >= 0 && dropout < 1);
    *plan = (struct neighbours_plan){0};
    const bool curious = assumption->coordinator == NEIGHBOURS_CURIOUS;
    const size_t left = left_of(assumption);
    if (corrupt + (curious ? dropout : 2 * dropout) > 0.9) return fail_no_threshold(assumption);
    const enum status status = check_left(participants, left, assumption);
    if (status != STATUS_OK) return status;
    for (size_t degree = 2; degree + 1 < participants; degree += 2) {
        const size_t threshold = ring_threshold(participants, degree, assumption);
        if (threshold == 0) continue;
        *plan = (struct neighbours_plan){degree, degree, threshold, quorum_of(assumption), left};
        return STATUS_OK;
    }
    return fail_no_threshold(assumption);
}

static enum status complete_plan(struct neighbours_plan *plan, size_t n,
                                 const struct neighbours_assumption *assumption)
{
    const bool curious = assumption->coordinator == NEIGHBOURS_CURIOUS;
    const size_t quorum = quorum_of(assumption);
    // Two answers of different kinds and two lists are kept apart by the same inequality.
    const size_t enough = curious ? corrupt_of(assumption) + 1 : quorum;
    const size_t threshold = sizes_most(enough, SHAMIR_THRESHOLD_MIN);
    if (threshold > left_of(assumption)) return fail_no_threshold(assumption);
    const enum status status = check_left(n, threshold, assumption);
    if (status != STATUS_OK) return status;
    *plan = (struct neighbours_plan){n - 1, n, threshold, quorum, threshold};
    return STATUS_OK;
}

struct neighbours_assumption neighbours_assume(const struct config_federation *federation)
{
    return (struct neighbours_assumption){federation->secure.corrupt, federation->secure.dropout,
                                          NEIGHBOURS_SEMI_MALICIOUS, config_cohort(federation)};
}

enum status neighbours_choose(struct neighbours_plan *plan, size_t participants,
                              const struct neighbours_assumption *assumption)
{
    *plan = (struct neighbours_plan){0};
    if (participants < NEIGHBOURS_PARTICIPANTS_MIN || participants > NEIGHBOURS_PARTICIPANTS_MAX) {
        return status_fail(STATUS_BAD_CONFIG, "%zu participants in a secure sum, allowed: %d to %d",
                           participants, NEIGHBOURS_PARTICIPANTS_MIN, NEIGHBOURS_PARTICIPANTS_MAX);
    }
    assert(participants <= assumption->cohort);
    enum status status = STATUS_BAD_CONFIG;
    if (participants > NEIGHBOURS_COMPLETE_MAX) {
        status = neighbours_ring_plan(plan, participants, assumption);
    }
    if (status != STATUS_OK && participants <= SHAMIR_HOLDERS_MAX) {
        status = complete_plan(plan, participants, assumption);
    }
    if (status == STATUS_OK && plan->holders > SHAMIR_HOLDERS_MAX) {
        status = status_fail(STATUS_BAD_CONFIG,
                             "%zu participants, %g of them corrupt and %g dropping out: each secret"
                             " would have %zu holders, allowed: at most %d",
                             participants, assumption->corrupt, assumption->dropout, plan->holders,
                             SHAMIR_HOLDERS_MAX);
    }
    if (status == STATUS_OK && assumption->coordinator == NEIGHBOURS_SEMI_MALICIOUS &&
        plan->quorum > left_of(assumption)) {
        status = fail_no_threshold(assumption);
    }
    if (status != STATUS_OK) *plan = (struct neighbours_plan){0};
    return status;
}

void neighbours_add_message(uint8_t digest[EXCHANGE_HASH_BYTES],
                            const struct exchange_context *context, uint32_t place,
                            const void *message, size_t size)
{
    uint8_t next[EXCHANGE_HASH_BYTES];
    exchange_hash(next, digest, EXCHANGE_MESSAGE, context, place, 0, message, size);
    memcpy(digest, next, sizeof next);
}

struct ranked {
    uint8_t rank[EXCHANGE_HASH_BYTES];
    uint32_t place;
};

static int compare_ranks(const void *left, const void *right)
{
    const struct ranked *a = left, *b = right;
    return memcmp(a->rank, b->rank, sizeof a->rank);
}

static int compare_places(const void *left, const void *right)
{
    const uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;
    return (a > b) - (a < b);
}

enum status neighbours_create(struct neighbours_graph *graph, const uint32_t *places, size_t count,
                              size_t degree, const uint8_t digest[EXCHANGE_HASH_BYTES],
                              const struct exchange_context *context)
{
    assert(count <= NEIGHBOURS_PARTICIPANTS_MAX && degree >= 1 && degree < count);
    assert(degree % 2 == 0 || degree == count - 1);
    *graph = (struct neighbours_graph){count, degree, calloc(count, sizeof *graph->ring)};
    struct ranked *order = calloc(count, sizeof *order);
    enum status status = STATUS_OK;
    if (graph->ring == NULL || order == NULL) {
        status = status_fail(STATUS_NO_MEMORY, "no memory for a ring of %zu", count);
        goto done;
    }
    for (size_t i = 0; i < count; i++) {
        order[i].place = places[i];
        exchange_hash(order[i].rank, digest, EXCHANGE_RING, context, places[i], 0, NULL, 0);
    }
    qsort(order, count, sizeof *order, compare_ranks);
    for (size_t i = 0; i < count; i++) {
        graph->ring[i] = order[i].place;
        if (i > 0 && order[i].place == order[i - 1].place) {
            status = status_fail(STATUS_BAD_MESSAGE,
                                 "place %u of the roster stands twice in a cohort, allowed: once",
                                 (unsigned)order[i].place);
            goto done;
        }
    }
done:
    free(order);
    if (status != STATUS_OK) neighbours_destroy(graph);
    return status;
}

void neighbours_destroy(struct neighbours_graph *graph)
{
    free(graph->ring);
    *graph = (struct neighbours_graph){0};
}

static enum status find(size_t *position, const struct neighbours_graph *graph, uint32_t place)
{
    for (size_t i = 0; i < graph->count; i++) {
        if (graph->ring[i] != place) continue;
        *position = i;
        return STATUS_OK;
    }
    return status_fail(STATUS_NOT_FOUND, "place %u of the roster is not in the cohort",
                       (unsigned)place);
}

enum status neighbours_of(uint32_t *neighbours, const struct neighbours_graph *graph,
                          uint32_t place)
{
    size_t position = 0;
    const enum status status = find(&position, graph, place);
    if (status != STATUS_OK) return status;
    // The window of degree + 1 places around its own; of the complete graph everywhere.
    const size_t start = position + graph->count - graph->degree / 2;
    size_t found = 0;
    for (size_t i = 0; i <= graph->degree; i++) {
        const uint32_t other = graph->ring[(start + i) % graph->count];
        if (other != place) neighbours[found++] = other;
    }
    qsort(neighbours, found, sizeof *neighbours, compare_places);
    return STATUS_OK;
}

enum status neighbours_holders(uint32_t *holders, size_t *count,
                               const struct neighbours_graph *graph, uint32_t place)
{
    *count = 0;
    const enum status status = neighbours_of(holders, graph, place);
    if (status != STATUS_OK) return status;
    *count = graph->degree;
    if (graph->degree + 1 == graph->count) holders[(*count)++] = place;
    qsort(holders, *count, sizeof *holders, compare_places);
    return STATUS_OK;
}
