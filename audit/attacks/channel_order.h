// SPDX-License-Identifier: Apache-2.0
/* channel_order - which bands are mixed in which masked channel, told without the mask key.
 *
 * Two masked channels that share a band are correlated by about 1/2, others hardly: from that the
 * cycle of channels is seen (frequency/mask.h), and with it all sums of neighbours are undone
 * (unmask.h) to bands without names. Faces are aligned, so that each band has its own maps of
 * means, of sizes and of products of neighbours; those of faces of the attacker's own name the
 * bands, by the assignment of least total distance (Kuhn 1955, Munkres 1957). */
#ifndef ATTACKS_CHANNEL_ORDER_H
#define ATTACKS_CHANNEL_ORDER_H

#include "base/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct channel_order { // what is known of each band
    size_t channels, side, places;
    size_t known; // faces
    double *sums; // channels x places x kinds of map
};

enum status channel_order_create(struct channel_order *order, size_t channels, size_t side) CHECKED;
void channel_order_destroy(struct channel_order *order);

/* One face of the attacker's: its bands, z-scored, side * side rows of `channels` numbers. */
void channel_order_know(struct channel_order *order, const float *bands);

/* The most likely pair of bands of each channel of `count` masked images, which are rows of
 * side * side * channels numbers, mixed with each other or not. */
enum status channel_order_find(const struct channel_order *order, uint32_t *one, uint32_t *two,
                               const float *masked, size_t count, bool mixed) CHECKED;

/* Share of channels whose pair is right. */
double channel_order_share(const uint32_t *one, const uint32_t *two, const uint32_t *true_one,
                           const uint32_t *true_two, size_t channels);

#endif
