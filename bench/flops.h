// SPDX-License-Identifier: Apache-2.0
/* flops - operations of convolutions and linear layers, counted as their formulas say.
 *
 * A product and its sum are two. A fast algorithm does fewer: divided by the time this gives the
 * effective rate, which may exceed what the machine can do. Training is counted three times: the
 * output, the gradient to the input and that to the weights cost the same. Norms, activations and
 * the class head are left out. */
#ifndef BENCH_FLOPS_H
#define BENCH_FLOPS_H

#include "nn/irse.h"
#include "nn/net.h"

/* One image through a convolution whose output has side x side pixels. */
double flops_conv(int side, int kernel, int in, int out);

/* One image through the network of irse.h: `net` was made from `irse`, whose strides are set. The
 * weights are the net's own, the sides of their maps follow from their names. */
double flops_irse(const struct net *net, const struct irse *irse);

#endif
