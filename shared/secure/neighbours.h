// SPDX-License-Identifier: Apache-2.0
/* neighbours - who blinds with whom in the secure exchange, and how many must answer.
 *
 * With few participants everybody is everybody's neighbour. With many that costs too much, and a
 * ring in random order is enough, on which each has the k/2 nearest on both sides: SecAgg+, Bell et
 * al., "Secure Single-Server Aggregation with (Poly)Logarithmic Overhead", CCS 2020. The secrets of
 * a participant are shared among its holders, any t of whom give them back: on a ring its k
 * neighbours; in the complete graph all n, itself included, as Bonawitz et al. have it, since it
 * answers for its own when it is there.
 *
 * Two things bound t from below: holders that are corrupt and tell the coordinator all (t must be
 * above them), and a coordinator that names the same participant as counted to some and as dropped
 * to others, to get both of its secrets. That takes t answers of each kind; c corrupt holders give
 * both, the others one: with h holders, 2t > h + c keeps it out.
 *
 * Pure: no I/O, no state. Participants are named by their place in the roster. All parties must use
 * the same k and t. The coordinator computes them, each participant again, and refuses others:
 * logarithms of factorials are not the same on all machines to the last bit, so that is possible
 * between honest parties too, on a ring. */
#ifndef SECURE_NEIGHBOURS_H
#define SECURE_NEIGHBOURS_H

#include "base/config.h"
#include "base/status.h"
#include "secure/exchange.h"

#include <stddef.h>
#include <stdint.h>

enum {
    NEIGHBOURS_COMPLETE_MAX = 64,         // participants up to whom the graph is always complete
    NEIGHBOURS_PARTICIPANTS_MIN = 3,      // with two, each knows the other's update from the sum
    NEIGHBOURS_PARTICIPANTS_MAX = 1000000 // for which the bounds below have been compared
};

enum neighbours_coordinator {
    NEIGHBOURS_CURIOUS,        // keeps to the protocol and looks at what it sees: t > c
    NEIGHBOURS_SEMI_MALICIOUS, // may also tell participants different things: 2t > k + c
};

/* Shares of a cohort, in [0, 1): who conspires with the coordinator, who may drop out. They are of
 * the whole cohort that the config means, N, even when fewer take part: whom a coordinator leaves
 * out need not be corrupt. */
struct neighbours_assumption {
    double corrupt, dropout;
    enum neighbours_coordinator coordinator;
    size_t cohort; // N, the most that take part
};

/* What federation.secure assumes: the same on both sides, or their plans differ. */
struct neighbours_assumption neighbours_assume(const struct config_federation *federation);

struct neighbours_plan {
    size_t degree;    // k, neighbours of each
    size_t holders;   // of each secret: k on a ring, k + 1 in the complete graph
    size_t threshold; // t, of whom so many must answer
    size_t quorum;    // signatures on one list of the counted that each must see
    size_t left;      // least number who deliver shares, and of the counted; see below
};

/* What `participants` of a cohort use: the complete graph up to NEIGHBOURS_COMPLETE_MAX, and where
 * no ring fits; else the smallest ring, see neighbours_ring_plan(). The quorum is that of the whole
 * cohort, config_quorum(N, c): any two lists of one model have an honest signer in common, whoever
 * was there.
 *
 * Complete graph, with c = floor(corrupt N) and d = floor(dropout N): t is the least with t > c,
 * with a semi-malicious coordinator 2t > N + c, at least 2; and t <= N - d, so that enough are
 * left. With as many corrupt as can be below a third, t = ceil(2N/3).
 *
 * A coordinator that leaves out an honest participant's honest neighbours, by saying that they
 * dropped out, is left with its update and seeds that it knows. So nobody goes on with fewer than
 * `left`: in the complete graph t, of whom t - c are honest; on a ring all but floor(dropout N), as
 * more break what its degree was chosen for. And each who is counted has t of its holders counted
 * (blinder.h): of t1 corrupt at most, so each is summed with t - t1 honest ones.
 *
 * STATUS_BAD_CONFIG with fewer than NEIGHBOURS_PARTICIPANTS_MIN or more than ..._MAX participants,
 * or fewer than `left`; when no t fits, when there are more holders than a secret has shares
 * (SHAMIR_HOLDERS_MAX), or when with a semi-malicious coordinator those who do not drop out are no
 * quorum. */
enum status neighbours_choose(struct neighbours_plan *plan, size_t participants,
                              const struct neighbours_assumption *assumption) CHECKED;

/* The smallest ring: the first k = 2, 4, .. < n - 1, and for it the smallest t >= 2, for which a
 * failure of secrecy has at most probability 2^-40 and one of correctness 2^-20 (the ring being
 * random, the corrupt and the lost chosen before it), with c = floor(corrupt N) corrupt and
 * N - floor(dropout N) left; n = N in the published table:
 * 1. those left are connected (secrecy): with b = c and the lost of n, k > b or
 *        n (n - k - 1) / 2 * b! (n - k)! / (n! (b - k)!) < 2^-41;
 * 2. nobody has too many corrupt neighbours (secrecy): with t1 the least x for which
 *        P[X > x] <= 2^-41 / n, X hypergeometric, k drawn out of n with c bad ones,
 *    t > t1; with a semi-malicious coordinator 2t > k + t1;
 * 3. everybody has enough neighbours left (correctness): t <= t2, the least x for which
 *        P[Y <= x] >= 2^-20 / n, Y the same with the left as good ones.
 * The bounds and their constants are those of federated-compute (fcp/secagg, Apache 2.0), whose
 * published table is a test. One cell differs: where t > t1 allows 1 they take 2, as sharing needs,
 * without asking again whether two are left; here the next k is tried.
 *
 * Takes any n >= 2; k may be above 255. STATUS_BAD_CONFIG when none fits, which is certain beyond
 * corrupt + dropout = 0.9, with a semi-malicious coordinator beyond corrupt + 2 dropout = 0.9. */
enum status neighbours_ring_plan(struct neighbours_plan *plan, size_t participants,
                                 const struct neighbours_assumption *assumption) CHECKED;

/* The digest of the signed messages of the exchange's first phase, one after the other in ascending
 * order of places: from a digest of zeros,
 *     digest = exchange_hash(key = digest, EXCHANGE_MESSAGE, context, place, 0, message). */
void neighbours_add_message(uint8_t digest[EXCHANGE_HASH_BYTES],
                            const struct exchange_context *context, uint32_t place,
                            const void *message, size_t size);

/* The ring of a cohort: places in ascending order of
 *     exchange_hash(key = digest, EXCHANGE_RING, context, place, 0).
 * The digest holds every fresh key, so nobody chooses the ring before the corrupt are known, and
 * each can check its own neighbours. The coordinator can still try out whom it leaves out: what it
 * gains is not bounded here. */
struct neighbours_graph {
    size_t count, degree;
    uint32_t *ring; // owned
};

/* `places` are `count` different ones in any order; 1 <= degree < count, even unless it is
 * count - 1 (the complete graph). STATUS_NO_MEMORY, or STATUS_BAD_MESSAGE when a place stands
 * twice. */
enum status neighbours_create(struct neighbours_graph *graph, const uint32_t *places, size_t count,
                              size_t degree, const uint8_t digest[EXCHANGE_HASH_BYTES],
                              const struct exchange_context *context) CHECKED;
void neighbours_destroy(struct neighbours_graph *graph);

/* The neighbours of `place`, in ascending order, into neighbours[0..degree-1]. If a is one of b,
 * then b is one of a. STATUS_NOT_FOUND when the place is not on the ring. */
enum status neighbours_of(uint32_t *neighbours, const struct neighbours_graph *graph,
                          uint32_t place) CHECKED;

/* Who holds the shares of `place`, in ascending order: holders[h - 1] is holder h of shamir.h.
 * Stores how many they are, at most degree + 1. STATUS_NOT_FOUND as above. */
enum status neighbours_holders(uint32_t *holders, size_t *count,
                               const struct neighbours_graph *graph, uint32_t place) CHECKED;

#endif
