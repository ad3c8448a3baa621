// SPDX-License-Identifier: Apache-2.0
/* removal - what it costs the coordinator to open a sum: secrets joined from shares, seeds agreed
 * on for those who dropped out, all keystreams removed.
 *
 * A federation of which every so many-th participant drops out after it has dealt its shares. Who
 * holds what follows secure/neighbours.h, for a coordinator that may tell participants different
 * things. */
#ifndef BENCH_REMOVAL_H
#define BENCH_REMOVAL_H

#include "base/status.h"
#include "secure/blinding.h"
#include "secure/neighbours.h"
#include "secure/shamir.h"

#include <stdbool.h>
#include <stddef.h>

enum { REMOVAL_PARTICIPANTS_MAX = 4096 };

#define REMOVAL_CORRUPT     0.33 // share assumed to conspire
#define REMOVAL_DROPOUT_MIN 0.1  // least share assumed to drop out

struct removal_task {
    size_t participants;
    double dropped; // share of them, from 0 to 0.5
    bool ring;      // neighbours on a ring; else everybody is everybody's
    size_t words;   // of an update
    int bits;       // of a word: 16, 24 or 32
    int threads;    // that remove keystreams
};

/* A federation whose uploads are summed; all owned. */
struct removal {
    struct removal_task task;
    struct exchange_context context;
    struct neighbours_plan plan; // holders and threshold 0: more than a secret has shares
    struct neighbours_graph graph;
    size_t dropped;
    struct blinding_party *parties;                   // place i is i
    uint8_t (*own)[32], (*secret)[32], (*joined)[32]; // of each: own seed, secret key
    struct shamir_share *shares; // threshold of each, of the secret that is needed
    struct blinding_seed *seeds; // to remove
    size_t count;                // of them; 0 until they are agreed on
    struct blinding_words sum;
};

/* STATUS_BAD_CONFIG when no ring fits, STATUS_NO_MEMORY. */
enum status removal_create(struct removal *removal, const struct removal_task *task) CHECKED;
void removal_destroy(struct removal *removal);

/* Whether participant i is one of those who dropped out. */
bool removal_is_dropped(const struct removal *removal, size_t i);

/* The three steps, in this order; they may be repeated. Without holders the first does nothing. */
enum status removal_join(struct removal *removal) CHECKED;
enum status removal_agree(struct removal *removal) CHECKED;
void removal_remove(struct removal *removal);

/* What participant i adds to its upload, for tests. */
enum status removal_blind(const struct removal *removal, size_t i,
                          const struct blinding_words *words) CHECKED;

#endif
