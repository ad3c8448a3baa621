// SPDX-License-Identifier: Apache-2.0
/* inversion_parts - what inversion.c (training), inversion_search.c, inversion_statistics.c and
 * inversion_score.c share. Not for others. */
#ifndef ATTACKS_INVERSION_PARTS_H
#define ATTACKS_INVERSION_PARTS_H

#include "attacks/dcgan.h"
#include "attacks/inversion.h"
#include "attacks/passage.h"
#include "attacks/wasserstein.h"

enum { INVERSION_NOISE = 100, INVERSION_BATCH = 16, INVERSION_SAVED = 10 };

struct inversion {
    const struct attack_context *context;
    struct dcgan shape;
    struct wasserstein gan;
    struct passage passage;
    size_t people, starts, slots;  // slots: people x starts, a person's stand together
    size_t iterations;             // of the search
    enum attack_identity identity; // never ATTACK_IDENTITY_AUTO
    size_t rows, row_size;         // of these:
    const float *classes;          // of which first_class + p is person p
    size_t first_class;
    float *templates;         // owned; NULL where there is a head
    float *z, *velocity;      // slots x INVERSION_NOISE
    float *loss, *loss_start; // identity of each slot
    float *seen;              // row that the recogniser takes each slot for
    float *gradient;          // to embeddings
    float *sum;               // gradients to pictures
    const float *variance;    // by statistics: the running ones of the last norm
    uint8_t *pictures;        // of all slots, in the victims' size
    uint8_t *pictures_start;  // by statistics: the same before the search
};

static inline size_t inversion_picture(const struct inversion *inversion)
{
    return (size_t)inversion->shape.side * (size_t)inversion->shape.side *
           (size_t)inversion->shape.channels;
}

/* Identity loss of one embedding as person `person`; `gradient` (may be NULL) gets its gradient,
 * *row the row that is nearest. */
double inversion_identity(const struct inversion *inversion, float *gradient, size_t *row,
                          const float *embedding, size_t person);

/* Running variances of the norm that is the network's last layer; NULL: it ends in none. */
const float *inversion_variance(const struct target *target);

/* How far `count` embeddings y are from the statistics with those variances: the mean over features
 * of mean(y)^2 + (var(y) - v / (v + 1e-5))^2, var unbiased as the running one is and its term left
 * out for one embedding; features that hardly varied in training, v <= 1e-5, are left out.
 * `gradient` gets that of `count` times this, as each slot counts. */
double inversion_statistics(float *gradient, const float *embeddings, const float *variance,
                            size_t count, size_t size);

/* Puts all slots where their search begins. */
void inversion_begin(struct inversion *inversion);

/* Seeks z for all slots, or goes on. STATUS_NOT_FINITE: it diverged. */
enum status inversion_search(struct inversion *inversion) CHECKED;

/* Pictures of all slots, in the victims' size, and their identity losses. */
enum status inversion_paint(struct inversion *inversion, uint8_t *pictures) CHECKED;

/* Figures of pictures and losses. */
enum status inversion_score(struct inversion *inversion, struct figures *figures) CHECKED;

#endif
