// SPDX-License-Identifier: Apache-2.0
/* recover_parts - what recover.c is made of. Private to recover and its test. */
#ifndef ATTACKS_RECOVER_PARTS_H
#define ATTACKS_RECOVER_PARTS_H

#include "attacks/recover.h"
#include "attacks/restore.h"
#include "attacks/unmask.h"
#include "base/limits.h"
#include "frequency/dct.h"
#include "frequency/mask.h"

enum { RECOVER_COMPONENTS = 3, RECOVER_COEFFICIENTS = 64 };

struct recover_learned {                         // one way
    float *centre;                               // area x channels: mean features
    float *weights;                              // inputs x bands: regression on the features
    double error[LIMIT_BANDS];                   // of each band, in grey levels
    struct restore *restore[RECOVER_COMPONENTS]; // NULL where the bands are pixels
    double likeness;
};

/* `bands` are those of the mask and DC of each component, ascending; of pixels, the channels. */
struct recover {
    struct dct *dct; // of all bands; NULL: pixels
    enum config_color color;
    bool normalise, normalised; // what the mask z-scores: its bands, and the sums of two
    bool believed;              // the order of channels is not the mask's, but what was told of it
    int size, side, components, window;
    size_t area, channels, bands, inputs;
    int band[LIMIT_BANDS];
    size_t kept[LIMIT_BANDS];             // which of the bands channel c is before it is mixed
    size_t first[RECOVER_COMPONENTS + 1]; // bands of each component
    uint32_t one[LIMIT_BANDS], two[LIMIT_BANDS];
    float gains[LIMIT_BANDS]; // means over known faces, by channel after and before the mix
    double scale[LIMIT_BANDS], scale_deviation[LIMIT_BANDS], shift[LIMIT_BANDS];
    double own_error[LIMIT_BANDS]; // what is wrong with unmasked bands of the right scale
    double slope, spread;          // restore.h
    double contrast;               // mean deviation of the pixels of a face's first component
    float *face;                   // components planes
    float *mean;                   // area x bands
    struct unmask *unmask;
    struct mask *plain; // believed: gives the z-scored bands before they are mixed
    struct recover_learned way[RECOVER_WAYS];
};

static inline size_t recover_values(const struct recover *recover)
{
    return recover->area * recover->channels;
}

static inline size_t recover_pixels(const struct recover *recover)
{
    return (size_t)recover->size * (size_t)recover->size;
}

/* Features of one image, area x channels: what the regression of a way begins with, less its
 * centre. */
void recover_features(const struct recover *recover, enum recover_way way, float *out,
                      const float *masked, struct unmask_room *room);

/* The window of features around one place, `inputs` numbers; zeros outside the map. */
void recover_window(const struct recover *recover, float *out, const float *features, size_t place);

/* All bands of one picture, area x bands, and its components as planes (may be NULL). */
void recover_look(const struct recover *recover, float *bands, float *planes, const uint8_t *pixels,
                  int channels);

/* Mean and deviation of each band that is kept, as shift and scale; z: what a z-score makes of it.
 */
void recover_score(const struct recover *recover, float *z, double *scale, double *shift,
                   const float *bands);

/* Channel c of a masked image, half the sum of two bands, and the deviation that the mask divides
 * it by. out, area x channels, may be NULL. */
double recover_pair(const struct recover *recover, float *out, const float *z, size_t c);

/* Deviation of the pixels of a plane. */
double recover_contrast(const float *plane, size_t pixels);

/* What the attacker sees of images index[i] of a set of his: as the target shows them, or in the
 * order of channels that he believes in. principal: which face each row shows most. */
enum status recover_see(const struct recover *recover, const struct recover_options *options,
                        float *masked, uint32_t *principal, const struct dataset *set,
                        const uint32_t *index, size_t count, bool mixed) CHECKED;

/* recover_learn.c: fills all but the likeness, from the first `count` known faces. */
enum status recover_fit(struct recover *recover, const struct recover_options *options,
                        size_t count) CHECKED;

#endif
