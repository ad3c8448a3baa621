// SPDX-License-Identifier: Apache-2.0
// Relations among input and mask.
#include "base/config_check_parts.h"

static enum status check_input(const struct config_federation *federation,
                               struct config_fault *fault)
{
    const bool bands = federation->input.kind == INPUT_BANDS;
    if (bands && federation->input.color == COLOR_RGB) {
        return config_fault_at(fault, "federation.input.color",
                               "rgb with federation.input.kind bands, allowed: grey or ycbcr");
    }
    if (!bands && federation->input.color == COLOR_YCBCR) {
        return config_fault_at(fault, "federation.input.color",
                               "ycbcr with federation.input.kind pixels, allowed: grey or rgb");
    }
    if (bands && federation->input.size % 8 != 0) {
        return config_fault_at(fault, "federation.input.size",
                               "%d with federation.input.kind bands, allowed: a multiple of 8",
                               federation->input.size);
    }
    if (!bands && federation->mask.method != MASK_NONE &&
        federation->mask.method != MASK_EIGENFACES) {
        return config_fault_at(fault, "federation.mask.method",
                               "%s with federation.input.kind pixels, allowed: none or eigenfaces",
                               config_word("federation.mask.method", (int)federation->mask.method));
    }
    return STATUS_OK;
}

/* dctdp has a budget for each channel that is kept, laplace has one for all. */
static enum status check_budgets(const struct config_federation *federation, bool all_components,
                                 size_t kept, struct config_fault *fault)
{
    static const char key[] = "federation.mask.budgets";
    const size_t count = federation->mask.budgets.count;
    const size_t components = federation->input.color == COLOR_YCBCR && all_components ? 3 : 1;
    if (federation->mask.method != MASK_DCTDP) {
        return count == 0
                   ? STATUS_OK
                   : config_fault_at(
                         fault, key, "%zu with federation.mask.method %s, allowed: none", count,
                         config_word("federation.mask.method", (int)federation->mask.method));
    }
    if (count != components * kept) {
        return config_fault_at(fault, key, "%zu for %zu channels, allowed: one for each", count,
                               components * kept);
    }
    return STATUS_OK;
}

static enum status check_bands(const struct config_federation *federation,
                               struct config_fault *fault)
{
    static const char key[] = "federation.mask.band_list";
    const struct config_numbers *list = &federation->mask.band_list;
    const int limit = federation->input.color == COLOR_GREY ? 64 : LIMIT_BANDS;
    bool seen[LIMIT_BANDS] = {false};
    size_t kept = list->count == 0 ? (size_t)federation->mask.bands : list->count;
    for (size_t i = 0; i < list->count; i++) {
        const int band = list->values[i];
        if (band < 0 || band >= limit) {
            return config_fault_at(
                fault, key, "%d with federation.input.color %s, allowed: 0 to %d", band,
                config_word("federation.input.color", (int)federation->input.color), limit - 1);
        }
        if (seen[band]) {
            return config_fault_at(fault, key, "%d stands twice, allowed: each band once", band);
        }
        seen[band] = true;
        if (federation->mask.drop_dc && band % 64 == 0) kept--;
    }
    if (list->count == 0 && federation->mask.drop_dc) kept--;
    if (kept == 0) {
        return config_fault_at(
            fault, list->count == 0 ? "federation.mask.bands" : key,
            "no band is left with federation.mask.drop_dc true, allowed: at least one "
            "other than DC");
    }
    return check_budgets(federation, list->count == 0, kept, fault);
}

/* Means are of sizes, over places of the grid that fit the layout, over cells that fit the map. */
static enum status check_sizes(const struct config_federation *federation,
                               struct config_fault *fault)
{
    const bool bands = federation->input.kind == INPUT_BANDS;
    const bool native = federation->input.layout == LAYOUT_NATIVE;
    const int shifts = federation->mask.shifts, pool = federation->mask.pool;
    const int blocks = native ? federation->input.size / 8 : federation->input.size;
    const enum config_mask method = federation->mask.method;
    if (federation->mask.drop_signs &&
        (!bands || (method != MASK_NONE && method != MASK_PPFR_FD))) {
        return config_fault_at(fault, "federation.mask.drop_signs",
                               "true, allowed: only with federation.input.kind bands and "
                               "federation.mask.method none or ppfr-fd");
    }
    if (shifts != 1 && (!federation->mask.drop_signs || !native || (shifts != 2 && shifts != 4))) {
        return config_fault_at(fault, "federation.mask.shifts",
                               "%d, allowed: 1, or 2 or 4 with federation.mask.drop_signs true and "
                               "federation.input.layout native",
                               shifts);
    }
    if (pool != 1 && (!federation->mask.drop_signs || blocks % pool != 0)) {
        return config_fault_at(fault, "federation.mask.pool",
                               "%d, allowed: 1, or with federation.mask.drop_signs true what "
                               "divides the %d blocks of a side",
                               pool, blocks);
    }
    return STATUS_OK;
}

enum status config_check_mask(const struct config_federation *federation,
                              struct config_fault *fault)
{
    enum status status = check_input(federation, fault);
    if (status == STATUS_OK) status = check_bands(federation, fault);
    return status == STATUS_OK ? check_sizes(federation, fault) : status;
}
