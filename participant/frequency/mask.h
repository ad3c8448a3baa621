// SPDX-License-Identifier: Apache-2.0
/* mask - hides what a face looks like in its bands (images only; updates are "blinded").
 *
 * PPFR-FD (Wang et al., AAAI 2022) as the paper uses it: drop DC, keep a list of bands, shuffle
 * them, z-score each, mix neighbours, shuffle again, z-score again. The mixing formula is ours,
 *     y_i = (x_i + x_{(i+1) mod C}) / 2,
 * as the paper gives none; it is invertible for odd C and singular for even C (mask_describe says).
 * Both channel orders come from the mask key, one per deployment, or are drawn per image for study.
 * Method none keeps the bands (z-scored if asked) in their order.
 *
 * z-score: (x - mean) / (std + 1e-5) over the map of one image and channel, std over all its values
 * (not n - 1). Without mask.normalise no step z-scores.
 *
 * The kept bands are a set: mask.bands means the first so many in zig-zag order of each component,
 * mask.band_list names them by dct.h's index, and channel c is the c-th in ascending order.
 *
 * With mask.drop_signs each coefficient is its size alone, from the start: |x|, in bands in memory
 * as in masks. What is gone is which way a block's pattern runs, dark to light or light to dark.
 * With mask.shifts sizes are averaged over so many places of the grid of blocks along each axis,
 * see dct_sizes(); with mask.pool N then over cells of N x N blocks, each block of a cell getting
 * the mean of all: where in the cell something stands is gone, too.
 *
 * Laplace noise on bands, methods laplace and dctdp (Ji et al., "Privacy-preserving face
 * recognition with learnable privacy budgets in frequency domain", ECCV 2022): coefficient x of
 * band b becomes
 *     clamp(x, -B_b, B_b) + Laplace(0, 2 B_b / epsilon_b),
 * B_b the largest size that the coefficient can have in any image, or mask.clip where that is less.
 * 2 B_b is the sensitivity of that coefficient to any change of the image, so that each noisy
 * coefficient alone is epsilon_b-differentially private; a whole image spends the sum over its
 * coefficients. laplace has one epsilon for all bands; dctdp has mask.budgets. All that follows,
 * z-score and mirror among it, only processes what is private already.
 *
 * Noise on eigenfaces, method eigenfaces: PEEP (eigenfaces.h), of bands or pixels. Coefficient c of
 * a vector becomes
 *     clamp(c, low, high) + Laplace(0, (high - low) / epsilon)
 * and the image is rebuilt from what that gives: what the vectors do not span is gone. high - low
 * is the sensitivity of that coefficient to any change of the image: each alone is epsilon-
 * differentially private, a whole image spends epsilon times their number. Vectors and ranges are
 * learned from faces and are covered by none of this.
 *
 * Input pixels: the channels are the size x size pixels themselves, (p - 127.5) / 128, grey or
 * RGB, z-scored if asked; no other mask than eigenfaces takes them. */
#ifndef FREQUENCY_MASK_H
#define FREQUENCY_MASK_H

#include "base/config.h"
#include "base/limits.h"
#include "base/random.h"
#include "base/status.h"
#include "secure/digest.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { MASK_KEY_BYTES = 32, MASK_NOISE_BYTES = 32 };

struct mask; // read-only once made, shared by threads

/* From the `input` and `mask` keys of the federation section. `key` may be NULL unless
 * mask_has_key(). */
enum status mask_create(struct mask **mask, const struct config_federation *federation,
                        const uint8_t key[MASK_KEY_BYTES]) CHECKED;

/* Reads participant.eigenfaces for a mask of that method, before its first mask_perturb(); nothing
 * with other methods. Shapes are known without. */
enum status mask_use_eigenfaces(struct mask *mask, const char *path) CHECKED;

/* Whether a mask of the config could use them, without making one. */
enum status mask_check_eigenfaces(const struct config_federation *federation,
                                  const char *path) CHECKED;

void mask_destroy(struct mask **mask);

/* Whether the mask of a config has an order that a key gives: mask_create() needs it then. */
bool mask_has_key(const struct config_federation *federation);

/* Whether the mask of a config adds noise of federation.mask.epsilon. */
bool mask_has_noise(const struct config_federation *federation);

int mask_side(const struct mask *mask);       // of the maps
int mask_channels(const struct mask *mask);   // of the masked image
size_t mask_values(const struct mask *mask);  // side * side * channels
int mask_components(const struct mask *mask); // of a picture: 1 grey, 3 YCbCr or RGB

/* What whoever has the mask key knows: channel c of a masked image shows channels one[c] and two[c]
 * of the bands, equal where nothing is mixed. Arrays of mask_channels(); not for per-image orders.
 */
void mask_partners(const struct mask *mask, uint32_t *one, uint32_t *two);

/* dct.h's index of the band in channel c before masking; NULL where the channels are pixels. */
const int *mask_chosen(const struct mask *mask);

/* What participants compare at joining without telling the secret: BLAKE2b-256 over a name of its
 * own and all that the mask keeps secret, so that equal masks and only those give equal ones. All
 * zero when the method or the shuffle has no secret; `key` is unused then. Of eigenfaces `key` is
 * a digest of their file. */
void mask_fingerprint(uint8_t fingerprint[DIGEST_BYTES], const struct config_federation *federation,
                      const uint8_t key[MASK_KEY_BYTES]);

/* Bands before masking: what is kept in memory for each image. out: mask_values() floats; pixels:
 * size*size*channels bytes, grey (channels 1) or RGB (3); RGB where colour is asked for. */
void mask_bands(const struct mask *mask, float *out, const uint8_t *pixels, int channels);

/* Adds the noise of a method that has it to one image's bands, in place; nothing with others.
 * The noise is ChaCha20's stream number `image` of the key: the same key and image repeat it. */
void mask_perturb(const struct mask *mask, float *bands, const uint8_t key[MASK_NOISE_BYTES],
                  uint64_t image);

/* Whether what the network sees gets random signs (mix_signs). */
bool mask_signs(const struct mask *mask);

/* Whether only sizes of coefficients are kept (mask.drop_signs). */
bool mask_drops_signs(const struct mask *mask);

/* 2 B_b, in grey levels, of band 8u+v of any component, where B_b = 128 sum|basis_u| sum|basis_v|
 * bounds what an image can put into it, or `clip` where that is less; clip 0: none. */
double mask_band_sensitivity(int band, double clip);

/* 2 B_b of channel c, in grey levels; 0 with methods other than laplace and dctdp. */
double mask_sensitivity(const struct mask *mask, int channel);

/* Budget of channel c beside the mean budget, of laplace and dctdp; 1 with other methods. */
double mask_budget(const struct mask *mask, int channel);

/* Masks one image's bands: out and bands hold mask_values() floats and may not overlap. `flip`
 * mirrors the face first. `image` draws the per-image order and is unused otherwise (may be
 * NULL). */
void mask_apply(const struct mask *mask, float *out, const float *bands, int flip,
                struct random *image);

/* mask_bands() of pixels that are numbers in [0,255]. With mask_drops_signs() a coefficient x
 * counts as sqrt(x^2 + soft^2), 0 being the mask itself, and `coefficients` gets the x; else both
 * are unused and it may be NULL. */
void mask_bands_real(const struct mask *mask, float *out, float *coefficients, double soft,
                     const float *pixels, int channels);
size_t mask_coefficients(const struct mask *mask); // numbers there

/* Its gradient: from that to the bands, which is changed on the way, that to the pixels, assigned.
 */
void mask_bands_gradient(const struct mask *mask, float *pixels, float *bands,
                         const float *coefficients, double soft, int channels);

/* The gradient of mask_apply() without flip: from that to the masked image, that to the bands,
 * which it needs, too. `image` as it was for mask_apply(). No overlap. */
void mask_apply_gradient(const struct mask *mask, float *gradient, const float *masked,
                         const float *bands, struct random *image);

/* The zero-padded inverse of a masked image as a picture, the channels taken for the kept bands
 * in ascending order as an onlooker would: size*size floats around 0 for each of
 * mask_components(), one after the other. What was z-scored keeps its scale of about 1: stretch
 * it to look at it. */
void mask_look(const struct mask *mask, float *planes, const float *masked);

/* What mask_bands() gives: kind, colour, size, bands. Equal texts mean equal inputs. */
void mask_input(const struct mask *mask, char text[LIMIT_MASK_INPUT]);

/* One line for people and logs: bands kept, order, invertible or singular mixing. */
void mask_describe(const struct mask *mask, char *text, size_t size);

#endif
