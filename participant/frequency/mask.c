// SPDX-License-Identifier: Apache-2.0
#include "frequency/mask_parts.h"

#include "secure/identity.h"

#include <assert.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

/* Purposes of the mask key's streams. A deployment's masks depend on them: never change them. */
enum { ORDER_FIRST = 1, ORDER_SECOND = 2 };

enum { COEFFICIENTS = 64, PIXEL_CHANNELS = 3, ORDER_WORDS = 1024 };

_Static_assert((int)MASK_KEY_BYTES == (int)IDENTITY_KEY_BYTES, "a mask key keys a stream");

/* An unbiased permutation from the key's stream (Fisher and Yates; draws that would favour low
 * numbers are skipped). Skips are one in 10^7 draws, so the words cannot run out. */
static void order_from_key(uint32_t *order, int count, const uint8_t key[MASK_KEY_BYTES],
                           uint64_t purpose)
{
    uint8_t bytes[4 * ORDER_WORDS];
    size_t used = 0;
    identity_stream(bytes, sizeof bytes, key, purpose);
    for (int i = 0; i < count; i++) {
        order[i] = (uint32_t)i;
    }
    for (uint32_t left = (uint32_t)count; left > 1; left--) {
        const uint32_t limit = UINT32_MAX - UINT32_MAX % left;
        uint32_t word;
        do {
            assert(used + 4 <= sizeof bytes);
            word = (uint32_t)bytes[used] | (uint32_t)bytes[used + 1] << 8 |
                   (uint32_t)bytes[used + 2] << 16 | (uint32_t)bytes[used + 3] << 24;
            used += 4;
        } while (word >= limit);
        const uint32_t swap = word % left, last = order[left - 1];
        order[left - 1] = order[swap];
        order[swap] = last;
    }
}

static enum status bad_config(const char *text)
{
    return status_fail(STATUS_BAD_CONFIG, "%s", text);
}

/* Marks the bands of the config, as an explicit list or as the first in zig-zag order. */
static enum status mark_bands(bool marked[LIMIT_BANDS], const struct config_federation *federation,
                              int components)
{
    const struct config_numbers *list = &federation->mask.band_list;
    for (size_t i = 0; i < list->count; i++) {
        const int band = list->values[i];
        if (band < 0 || band >= COEFFICIENTS * components) {
            return status_fail(STATUS_BAD_CONFIG,
                               "federation.mask.band_list: %d is no band, 0 to %d are", band,
                               COEFFICIENTS * components - 1);
        }
        if (marked[band]) {
            return status_fail(STATUS_BAD_CONFIG, "federation.mask.band_list: %d stands twice",
                               band);
        }
        marked[band] = true;
    }
    if (list->count > 0) return STATUS_OK;
    if (federation->mask.bands < 1 || federation->mask.bands > COEFFICIENTS) {
        return status_fail(STATUS_BAD_CONFIG, "federation.mask.bands: %d, 1 to %d are allowed",
                           federation->mask.bands, COEFFICIENTS);
    }
    for (int component = 0; component < components; component++) {
        for (int n = 0; n < federation->mask.bands; n++) {
            marked[COEFFICIENTS * component + dct_zigzag(n)] = true;
        }
    }
    return STATUS_OK;
}

/* What becomes of sizes that are averaged. */
static enum status check_means(const struct mask *mask)
{
    if (!mask->drops_signs && (mask->shifts != 1 || mask->pool != 1)) {
        return bad_config("federation.mask.shifts, federation.mask.pool: above 1 need "
                          "federation.mask.drop_signs true: of sizes alone means say something");
    }
    if (!dct_has_shifts(mask->dct, mask->shifts)) {
        return status_fail(STATUS_BAD_CONFIG,
                           "federation.mask.shifts: %d, allowed: 1, or 2 or 4 with "
                           "federation.input.layout native",
                           mask->shifts);
    }
    if (mask->pool >= 1 && mask->side % mask->pool == 0) return STATUS_OK;
    return status_fail(STATUS_BAD_CONFIG,
                       "federation.mask.pool: %d does not divide the %d blocks of a side",
                       mask->pool, mask->side);
}

static enum status choose_bands(struct mask *mask, const struct config_federation *federation)
{
    if (federation->input.color == COLOR_RGB) {
        return bad_config("federation.input.color: rgb needs federation.input.kind pixels; "
                          "bands take grey or ycbcr");
    }
    const enum config_mask method = federation->mask.method;
    if (mask->drops_signs && method != MASK_NONE && method != MASK_PPFR_FD) {
        return bad_config("federation.mask.drop_signs: true needs federation.mask.method none or "
                          "ppfr-fd; the noise of others is for coefficients with signs");
    }
    const int components = federation->input.color == COLOR_YCBCR ? 3 : 1;
    bool marked[LIMIT_BANDS] = {false};
    enum status status = mark_bands(marked, federation, components);
    if (status != STATUS_OK) return status;
    for (int band = 0; band < COEFFICIENTS * components; band++) {
        const bool dropped = band % COEFFICIENTS == 0 && federation->mask.drop_dc;
        if (marked[band] && !dropped) {
            mask->mirror[mask->channels] = mask->drops_signs || band % 2 == 0 ? 1.0f : -1.0f;
            mask->chosen[mask->channels++] = band;
        }
    }
    if (mask->channels == 0) return bad_config("federation.mask: no band is left");
    const struct dct_shape shape = {federation->input.size, components,
                                    federation->input.layout == LAYOUT_UP8};
    status = dct_create(&mask->dct, shape);
    if (status != STATUS_OK) return status;
    mask->side = dct_side(mask->dct);
    return check_means(mask);
}

static enum status choose_pixels(struct mask *mask, const struct config_federation *federation)
{
    if (federation->mask.method != MASK_NONE && federation->mask.method != MASK_EIGENFACES) {
        return bad_config("federation.mask.method: must be none or eigenfaces when "
                          "federation.input.kind is pixels");
    }
    if (federation->mask.drop_signs || federation->mask.shifts != 1 || federation->mask.pool != 1) {
        return bad_config(
            "federation.mask.drop_signs, federation.mask.shifts, federation.mask.pool: need "
            "federation.input.kind bands");
    }
    if (federation->input.color == COLOR_YCBCR) {
        return bad_config("federation.input.color: ycbcr needs federation.input.kind bands; "
                          "pixels take grey or rgb");
    }
    if (federation->input.size < 1 || federation->input.size > LIMIT_IMAGE_SIDE) {
        return status_fail(STATUS_BAD_CONFIG, "federation.input.size: %d, 1 to %d are allowed",
                           federation->input.size, LIMIT_IMAGE_SIDE);
    }
    mask->side = federation->input.size;
    mask->channels = federation->input.color == COLOR_GREY ? 1 : PIXEL_CHANNELS;
    for (int c = 0; c < mask->channels; c++) {
        mask->mirror[c] = 1.0f;
    }
    return STATUS_OK;
}

bool mask_has_key(const struct config_federation *federation)
{
    return federation->mask.method == MASK_PPFR_FD &&
           federation->mask.shuffle == SHUFFLE_DEPLOYMENT;
}

static enum status choose_orders(struct mask *mask, const struct config_federation *federation,
                                 const uint8_t *key)
{
    for (int c = 0; c < mask->channels; c++) {
        mask->first[c] = mask->second[c] = (uint32_t)c;
    }
    if (!mask_has_key(federation)) return STATUS_OK;
    if (key == NULL) {
        return bad_config("federation.mask.shuffle: deployment needs a mask key "
                          "(participant.mask_key)");
    }
    order_from_key(mask->first, mask->channels, key, ORDER_FIRST);
    order_from_key(mask->second, mask->channels, key, ORDER_SECOND);
    return STATUS_OK;
}

enum status mask_create(struct mask **mask, const struct config_federation *federation,
                        const uint8_t key[MASK_KEY_BYTES])
{
    assert(mask != NULL && federation != NULL);
    enum status status = STATUS_OK;
    struct mask *made = calloc(1, sizeof *made);
    if (made == NULL) return status_fail(STATUS_NO_MEMORY, "mask: out of memory");
    made->method = federation->mask.method;
    made->size = federation->input.size;
    made->shuffle = federation->mask.shuffle;
    made->normalise = federation->mask.normalise;
    made->signs = federation->mix.signs;
    made->drops_signs = federation->mask.drop_signs;
    made->shifts = federation->mask.shifts;
    made->pool = federation->mask.pool;
    status = federation->input.kind == INPUT_PIXELS ? choose_pixels(made, federation)
                                                    : choose_bands(made, federation);
    if (status == STATUS_OK) status = choose_orders(made, federation, key);
    if (status != STATUS_OK) goto done;
    mask_plan_noise(made, federation);

    *mask = made;
    made = NULL;
done:
    mask_destroy(&made);
    return status;
}

void mask_destroy(struct mask **mask)
{
    if (*mask == NULL) return;
    dct_destroy(&(*mask)->dct);
    eigenfaces_destroy(&(*mask)->eigenfaces);
    free(*mask);
    *mask = NULL;
}

bool mask_signs(const struct mask *mask)
{
    return mask->signs;
}

bool mask_drops_signs(const struct mask *mask)
{
    return mask->drops_signs;
}

int mask_side(const struct mask *mask)
{
    return mask->side;
}

int mask_channels(const struct mask *mask)
{
    return mask->channels;
}

size_t mask_values(const struct mask *mask)
{
    return (size_t)mask->side * (size_t)mask->side * (size_t)mask->channels;
}

void mask_partners(const struct mask *mask, uint32_t *one, uint32_t *two)
{
    const uint32_t channels = (uint32_t)mask->channels;
    for (uint32_t c = 0; c < channels; c++) {
        const bool mixes = mask->method == MASK_PPFR_FD;
        one[c] = mixes ? mask->first[mask->second[c]] : c;
        two[c] = mixes ? mask->first[(mask->second[c] + 1) % channels] : c;
    }
}

const int *mask_chosen(const struct mask *mask)
{
    return mask->dct == NULL ? NULL : mask->chosen;
}

int mask_components(const struct mask *mask)
{
    return mask->dct == NULL ? mask->channels : dct_bands(mask->dct) / COEFFICIENTS;
}

static void load_pixels(const struct mask *mask, float *out, const uint8_t *pixels, int channels)
{
    const size_t area = (size_t)mask->side * (size_t)mask->side;
    if (channels == mask->channels) {
        for (size_t i = 0; i < area * (size_t)channels; i++) {
            out[i] = ((float)pixels[i] - 127.5f) / 128.0f;
        }
        return;
    }
    assert(channels == PIXEL_CHANNELS && mask->channels == 1);
    for (size_t i = 0; i < area; i++) {
        const float grey = 0.299f * (float)pixels[3 * i] + 0.587f * (float)pixels[3 * i + 1] +
                           0.114f * (float)pixels[3 * i + 2];
        out[i] = (grey - 127.5f) / 128.0f;
    }
}

void mask_bands(const struct mask *mask, float *out, const uint8_t *pixels, int channels)
{
    if (mask->dct == NULL) {
        load_pixels(mask, out, pixels, channels);
    } else if (mask->drops_signs) {
        dct_sizes(mask->dct, out, pixels, channels, mask->chosen, mask->channels, mask->shifts);
        mask_pool(mask, out);
    } else {
        dct_forward(mask->dct, out, pixels, channels, mask->chosen, mask->channels);
    }
}

void mask_look(const struct mask *mask, float *planes, const float *masked)
{
    if (mask->dct != NULL) {
        dct_inverse(mask->dct, planes, masked, mask->chosen, mask->channels);
        return;
    }
    const size_t area = (size_t)mask->side * (size_t)mask->side, channels = (size_t)mask->channels;
    for (size_t i = 0; i < area * channels; i++) {
        planes[i % channels * area + i / channels] = 128.0f * masked[i] - 0.5f;
    }
}
