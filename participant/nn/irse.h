// SPDX-License-Identifier: Apache-2.0
/* irse - the recogniser's backbone: improved residual networks with squeeze-and-excitation.
 *
 * IR-SE-18, -34 and -50 after ArcFace (Deng et al. 2019) in the form of its public training codes:
 * stem conv 3x3, batch norm, PReLU; four stages of blocks [norm, conv 3x3, norm, PReLU, conv 3x3
 * with the stage's stride in its first block, norm, gate] + shortcut (subsampling where the width
 * stays, else conv 1x1 and norm); then norm, dropout, linear to the embedding, norm without
 * weights.
 *
 * With `group`, norms are group norms (group_norm.h): the same network without statistics of the
 * batch. There is none of the embedding then: centred over its own numbers it would lose some, and
 * ArcFace looks at its direction alone.
 *
 * Channels 64, 128, 256, 512 times `width`, rounded down, at least 1; gates reduce by 16. */
#ifndef NN_IRSE_H
#define NN_IRSE_H

#include "nn/net.h"

struct irse {
    int depth; // 18, 34 or 50
    double width;
    int strides[4]; // all zero: fitted by irse_strides()
    struct net_shape input;
    int embedding;
    double dropout;
    bool group;                  // group norms in place of batch norms
    bool evaluate_only;          // with less memory, see net_evaluate_only()
    const struct tuning *tuning; // of its convolutions; NULL: none
};

/* Strides that suit an input of this side: 2,2,2,2 from 56 up, 1,2,2,2 from 28, 1,1,2,1 below. */
void irse_strides(int strides[4], int side);

/* Builds the net; tensor names start with "backbone.". */
enum status irse_create(struct net **net, const struct irse *irse, size_t batch_max) CHECKED;

#endif
