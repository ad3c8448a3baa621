// SPDX-License-Identifier: Apache-2.0
#include "frequency/mask_parts.h"

#include <assert.h>
#include <math.h>
#include <string.h>

/* Four places of the map stand together in all loops, so that vectors of numbers leave no rest
 * whatever the number of channels, and four such blocks make a group, so that what is kept for each
 * number of a block is read once for four. FOLD groups are summed as floats, then as doubles: the
 * order never changes, and rounding stays small on large maps. */
enum { PLACES = 4, BLOCKS = 4, GROUP = PLACES * BLOCKS, FOLD = 16, SAMPLES = 64 };
enum { BLOCK_MAX = PLACES * LIMIT_BANDS };

/* Brings numbers to (x - mean) * gain: those of each channel, repeated for each place of a
 * block. */
struct scale {
    float mean[BLOCK_MAX], gain[BLOCK_MAX];
};

/* Sums of numbers and of their squares, at first for each number of a block, then for each
 * channel. */
struct sums {
    float sum[BLOCK_MAX], square[BLOCK_MAX];
    double total[LIMIT_BANDS], squares[LIMIT_BANDS];
    size_t groups; // since the last fold
};

static void repeat(float x[BLOCK_MAX], size_t channels)
{
    for (size_t i = channels; i < PLACES * channels; i++) {
        x[i] = x[i - channels];
    }
}

static void fold(struct sums *sums, size_t channels)
{
    for (size_t place = 0; place < PLACES; place++) {
        for (size_t c = 0; c < channels; c++) {
            sums->total[c] += (double)sums->sum[place * channels + c];
            sums->squares[c] += (double)sums->square[place * channels + c];
        }
    }
    memset(sums->sum, 0, PLACES * channels * sizeof *sums->sum);
    memset(sums->square, 0, PLACES * channels * sizeof *sums->square);
    sums->groups = 0;
}

/* Adds `places` places, at most a group, less `centre`. */
static void add_places(struct sums *restrict sums, const float *restrict x,
                       const float *restrict centre, size_t places, size_t channels)
{
    const size_t block = PLACES * channels;
    if (places == GROUP) {
        const float *restrict y = x + block, *restrict z = y + block, *restrict w = z + block;
        for (size_t i = 0; i < block; i++) {
            const float a = x[i] - centre[i], b = y[i] - centre[i];
            const float c = z[i] - centre[i], d = w[i] - centre[i];
            sums->sum[i] += (a + b) + (c + d);
            sums->square[i] += (a * a + b * b) + (c * c + d * d);
        }
    } else {
        for (size_t i = 0; i < places * channels; i++) {
            const float d = x[i] - centre[i % block];
            sums->sum[i % block] += d;
            sums->square[i % block] += d * d;
        }
    }
    if (++sums->groups == FOLD) fold(sums, channels);
}

/* The scale that z-scores each channel, from its sums less `mean`. */
static void set_scale(struct scale *scale, struct sums *sums, size_t area, size_t channels)
{
    fold(sums, channels);
    for (size_t c = 0; c < channels; c++) {
        const double mean = sums->total[c] / (double)area;
        const double variance = fmax(sums->squares[c] / (double)area - mean * mean, 0);
        scale->mean[c] += (float)mean;
        scale->gain[c] = (float)(1 / (sqrt(variance) + MASK_EPSILON));
    }
}

/* A mean of each channel that is near enough for sums of squares around it to lose nothing: that of
 * some places all over the map. */
static void sample(float mean[BLOCK_MAX], const float *map, size_t area, size_t channels)
{
    const size_t places = area < SAMPLES ? area : SAMPLES;
    double total[LIMIT_BANDS] = {0};
    for (size_t i = 0; i < places; i++) {
        const float *at = map + (i * area + area / 2) / places * channels;
        for (size_t c = 0; c < channels; c++) {
            total[c] += (double)at[c];
        }
    }
    for (size_t c = 0; c < channels; c++) {
        mean[c] = (float)(total[c] / (double)places);
    }
}

/* The scale that z-scores each channel of one image. */
static void measure(struct scale *scale, const float *map, size_t area, size_t channels)
{
    struct sums sums = {.groups = 0};
    sample(scale->mean, map, area, channels);
    repeat(scale->mean, channels);
    for (size_t first = 0; first < area; first += GROUP) {
        add_places(&sums, map + first * channels, scale->mean,
                   area - first < GROUP ? area - first : GROUP, channels);
    }
    set_scale(scale, &sums, area, channels);
}

/* out = (in - mean) * gain for `places` places, at most a group. `out` may be `in`. */
static void rescale(float *out, const float *in, const struct scale *scale, size_t places,
                    size_t channels)
{
    for (size_t first = 0; first < places; first += PLACES) {
        const size_t count = (places - first < PLACES ? places - first : PLACES) * channels;
        for (size_t i = 0; i < count; i++) {
            out[first * channels + i] =
                (in[first * channels + i] - scale->mean[i]) * scale->gain[i];
        }
    }
}

/* The same of a mirrored map, from its place number `first`. */
static void rescale_mirrored(float *out, const float *map, const struct scale *scale, size_t first,
                             size_t places, size_t side, size_t channels)
{
    for (size_t i = 0; i < places; i++) {
        const size_t x = (first + i) % side, from = first + i - x + (side - 1 - x);
        rescale(out + i * channels, map + from * channels, scale, 1, channels);
    }
}

/* Both shuffles and the mix of neighbours between them: sums of two channels, as the scale has
 * halved them. Four places at once share the look-up of partners. */
static void mix_neighbours(float *restrict out, const float *restrict in,
                           const struct mask_partners *partners, size_t places, size_t channels)
{
    size_t place = 0;
    for (; place + PLACES <= places; place += PLACES) {
        const float *p = in + place * channels;
        const float *q = p + channels, *r = q + channels, *s = r + channels;
        float *to = out + place * channels;
        for (size_t c = 0; c < channels; c++, to++) {
            const size_t a = partners->first[c], b = partners->second[c];
            to[0] = p[a] + p[b];
            to[channels] = q[a] + q[b];
            to[2 * channels] = r[a] + r[b];
            to[3 * channels] = s[a] + s[b];
        }
    }
    for (; place < places; place++) {
        for (size_t c = 0; c < channels; c++) {
            out[place * channels + c] = in[place * channels + partners->first[c]] +
                                        in[place * channels + partners->second[c]];
        }
    }
}

/* Channel c of the result is that of place second[c] after the mix. */
void mask_choose_partners(struct mask_partners *partners, const struct mask *mask,
                          struct random *image)
{
    const size_t channels = (size_t)mask->channels;
    const uint32_t *first = mask->first, *second = mask->second;
    uint32_t drawn[2][LIMIT_BANDS];
    if (mask->method == MASK_PPFR_FD && mask->shuffle == SHUFFLE_PER_IMAGE) {
        assert(image != NULL);
        random_permutation(image, drawn[0], channels);
        random_permutation(image, drawn[1], channels);
        first = drawn[0];
        second = drawn[1];
    }
    for (size_t c = 0; c < channels; c++) {
        partners->first[c] = first[second[c]];
        partners->second[c] = first[(second[c] + 1) % channels];
    }
}

/* What is done to a number before any mix. */
static void choose_scale(struct scale *scale, const struct mask *mask, const float *bands, int flip)
{
    const size_t channels = (size_t)mask->channels;
    const size_t area = (size_t)mask->side * (size_t)mask->side;
    if (mask->normalise) measure(scale, bands, area, channels);
    for (size_t c = 0; c < channels; c++) {
        if (!mask->normalise) {
            scale->mean[c] = 0.0f;
            scale->gain[c] = 1.0f;
        }
        if (flip) scale->gain[c] *= mask->mirror[c];
        if (mask->method == MASK_PPFR_FD) scale->gain[c] *= 0.5f;
    }
    repeat(scale->mean, channels);
    repeat(scale->gain, channels);
}

void mask_apply(const struct mask *mask, float *out, const float *bands, int flip,
                struct random *image)
{
    const size_t side = (size_t)mask->side, area = side * side, channels = (size_t)mask->channels;
    const bool mixes = mask->method == MASK_PPFR_FD;
    struct scale scale, second = {{0}, {0}};
    struct mask_partners partners;
    struct sums sums = {.groups = 0};
    float group[GROUP * LIMIT_BANDS];
    choose_scale(&scale, mask, bands, flip);
    mask_choose_partners(&partners, mask, image);
    for (size_t first = 0; first < area; first += GROUP) {
        const size_t places = area - first < GROUP ? area - first : GROUP;
        float *to = out + first * channels, *scaled = mixes ? group : to;
        if (flip) {
            rescale_mirrored(scaled, bands, &scale, first, places, side, channels);
        } else {
            rescale(scaled, bands + first * channels, &scale, places, channels);
        }
        if (!mixes) continue;
        mix_neighbours(to, group, &partners, places, channels);
        if (mask->normalise) add_places(&sums, to, second.mean, places, channels);
    }
    if (!mixes || !mask->normalise) return;
    set_scale(&second, &sums, area, channels);
    repeat(second.mean, channels);
    repeat(second.gain, channels);
    for (size_t first = 0; first < area; first += GROUP) {
        float *at = out + first * channels;
        rescale(at, at, &second, area - first < GROUP ? area - first : GROUP, channels);
    }
}
