// SPDX-License-Identifier: Apache-2.0
/* judge - a face network that the project did not train, as an independent judge of likeness.
 *
 * FOLDER has refnet.graph.tsv, a list of nodes as graph.h has it, and refnet.f32, its floats. The
 * network takes RGB pictures of 112x112, (value - 127) / 128, aligned to the usual five points. */
#ifndef MEASURES_JUDGE_H
#define MEASURES_JUDGE_H

#include "base/status.h"

#include <stddef.h>
#include <stdint.h>

enum { JUDGE_SIDE = 112 };

struct judge;

/* Opens and plans the network, for as many threads as OpenMP would take now. */
enum status judge_open(struct judge **judge, const char *folder) CHECKED;
void judge_close(struct judge **judge);

/* Numbers of an embedding. */
size_t judge_size(const struct judge *judge);

/* Embeddings of `count` square pictures of `size` pixels a side with 1 or 3 channels, judge_size()
 * numbers each, L2-normalised, without the mirror images. Pictures of another side are resized and
 * grey ones replicated, see image_square(). For one thread at a time; OpenMP within. */
enum status judge_embed(struct judge *judge, float *out, const uint8_t *pixels, size_t count,
                        int size, int channels) CHECKED;

#endif
