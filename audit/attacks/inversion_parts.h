// SPDX-License-Identifier: Apache-2.0
/* inversion_parts - what inversion.c (training), inversion_search.c and inversion_score.c share.
 * Not for others. */
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
    size_t people, starts, slots; // slots: people x starts, a person's stand together
    size_t iterations;            // of the search
    bool by_class;                // identity is of the class head, else of templates
    size_t rows, row_size;        // of these:
    const float *classes;         // of which first_class + p is person p
    size_t first_class;
    float *templates;         // owned; NULL where there is a head
    float *z, *velocity;      // slots x INVERSION_NOISE
    float *loss, *loss_start; // identity of each slot
    float *seen;              // row that the recogniser takes each slot for
    float *gradient;          // to embeddings
    float *sum;               // gradients to pictures
    uint8_t *pictures;        // of all slots, in the victims' size
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

/* Seeks z for all slots, or goes on. STATUS_NOT_FINITE: it diverged. */
enum status inversion_search(struct inversion *inversion) CHECKED;

/* Pictures of all slots. */
enum status inversion_paint(struct inversion *inversion) CHECKED;

/* Figures of pictures and losses. */
enum status inversion_score(struct inversion *inversion, struct figures *figures) CHECKED;

#endif
