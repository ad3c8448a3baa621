// SPDX-License-Identifier: Apache-2.0
/* random - repeatable numbers for data order, weights, dropout, mixing, policy and rounding.
 *
 * Philox4x32-10 (Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC
 * 2011): a stream is a key and a counter, not a state that must be saved. The key is the seed; the
 * counter holds (index, step, round, participant and purpose), so that streams never overlap and a
 * resumed run, another launcher or another number of slots draws the same numbers.
 *
 * Never for keys, blinding or privacy noise: those come from the operating system (secure/). */
#ifndef BASE_RANDOM_H
#define BASE_RANDOM_H

#include <stddef.h>
#include <stdint.h>

enum random_purpose {
    RANDOM_WEIGHTS,  // initial weights; step = layer
    RANDOM_HEAD,     // initial class weights
    RANDOM_ORDER,    // order of training images; step = epoch
    RANDOM_FLIP,     // horizontal flips; step = training step
    RANDOM_DROPOUT,  // step = training step
    RANDOM_MIX,      // partners and weights; step = training step
    RANDOM_POLICY,   // drawn k; step = training step
    RANDOM_TRIAL,    // dropout of the policy's trial step; step = training step
    RANDOM_ROUNDING, // stochastic rounding of an update
    RANDOM_SPLIT,    // people over participants, held-back images
    RANDOM_COHORT,   // who is chosen for a round
    RANDOM_PORTRAIT, // synthetic people; participant = person, step = image
    RANDOM_SHUFFLE,  // channel order of the per-image mask; step = image
    RANDOM_TEST,     // tests
    RANDOM_SIGNS,    // signs of InstaHide in verification; participant = image, round = pass
    RANDOM_ANALYSIS, // noise while budgets are learned, no protection; step = training step
    RANDOM_BASIS,    // images that eigenfaces are learned from
    RANDOM_ROWS,     // places of rows in a file of masked images
    RANDOM_OBSERVED, // mixes that an attacker sees; participant = image, round = pass
    RANDOM_SAMPLE,   // which images an attacker has
    RANDOM_LATENT,   // noise that faces are made of; round = generator or critic, step = its step
    RANDOM_ATTACK,   // images of a step by which an attack learns; round = which attack
    RANDOM_PURPOSES
};

/* Highest participant that a stream can name. */
#define RANDOM_PARTICIPANT_MAX 0x00FFFFFFu

struct random {
    uint32_t key[2];
    uint32_t counter[4];
    uint32_t block[4];
    unsigned used; // words of `block` already given out
};

/* Philox's constants, for those who draw many blocks at once (nn/kernels_random.h). */
#define RANDOM_ROUNDS 10
#define RANDOM_MUL_0  0xD2511F53u
#define RANDOM_MUL_1  0xCD9E8D57u
#define RANDOM_WEYL_0 0x9E3779B9u
#define RANDOM_WEYL_1 0xBB67AE85u

/* One Philox4x32-10 block: out = F(counter, key). */
void random_block(uint32_t out[4], const uint32_t counter[4], const uint32_t key[2]);

/* Starts the stream (seed, participant, purpose, round, step) at its first number. */
void random_start(struct random *random, uint64_t seed, uint32_t participant,
                  enum random_purpose purpose, uint32_t round, uint32_t step);

/* Next 32 bits. */
uint32_t random_bits(struct random *random);

/* Uniform integer in [0, bound), without bias (Lemire 2019); bound > 0. */
uint32_t random_below(struct random *random, uint32_t bound);

/* Uniform in [0, 1) with 24 bits. */
float random_uniform(struct random *random);

/* Standard normal (Box and Muller 1958). */
float random_normal(struct random *random);

/* A uniform permutation of 0..count-1 (Fisher and Yates). */
void random_permutation(struct random *random, uint32_t *order, size_t count);

#endif
