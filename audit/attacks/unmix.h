// SPDX-License-Identifier: Apache-2.0
/* unmix - images from their mixes, where it is known which were mixed and with what weights.
 *
 * Without signs a mix of masked images is linear, Y = L X: a row of the sparse L for each mix, a
 * row of X for each image. Ridge least squares gives X = (L'L + ridge I)^-1 L'Y, where L' is the
 * transpose. What fresh mixes of further epochs add are further equations in the same unknowns
 * (Carlini et al., "Is private learning possible with instance encoding?", IEEE S&P 2021, for
 * InstaHide, where signs and public images are in the way). Values are independent of each other:
 * any part of them can be un-mixed alone. */
#ifndef ATTACKS_UNMIX_H
#define ATTACKS_UNMIX_H

#include "attacks/cholesky.h"
#include "base/status.h"
#include "defence/observe.h"

#include <stddef.h>

#define UNMIX_RIDGE 1e-9 // where weights are known: only against singular mixes

struct unmix {
    size_t images, values;
    double *normal; // L'L, images x images
    float *right;   // L'Y, images x values
};

enum status unmix_create(struct unmix *unmix, size_t images, size_t values) CHECKED;
void unmix_destroy(struct unmix *unmix);
void unmix_forget(struct unmix *unmix);

/* Adds `count` mixes: rows of `values` numbers. */
void unmix_add(struct unmix *unmix, const struct observe_mix *mixes, const float *mixed,
               size_t count);

/* X, images x values; images in no mix become 0. `ridge` counts beside the mean diagonal of L'L.
 * The equations stay. */
enum status unmix_solve(const struct unmix *unmix, float *out, double ridge) CHECKED;

/* mixed = L images, for `count` mixes. */
void unmix_mix(float *mixed, const struct observe_mix *mixes, size_t count, const float *images,
               size_t values);

/* InstaHide's random signs: only |Y| is seen. From `out` as the first guess, in turn signs are
 * taken from L X and X from the signs (Fienup's error reduction, Applied Optics 21, 1982), `steps`
 * times. mixed: count rows of |Y|; room: as many numbers. */
enum status unmix_signed(float *out, const struct observe_mix *mixes, const float *mixed,
                         size_t count, size_t images, size_t values, int steps,
                         float *room) CHECKED;

/* |a - b| / |b| */
double unmix_error(const float *a, const float *b, size_t count);

#endif
