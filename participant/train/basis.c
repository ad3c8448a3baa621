// SPDX-License-Identifier: Apache-2.0
#include "train/basis.h"

#include "base/sizes.h"
#include "frequency/mask.h"
#include "image/dataset.h"
#include "nn/pca.h"
#include "train/trainer.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* The images that are drawn, one after the other; the caller frees *rows. */
static enum status load_rows(float **rows, struct basis *basis, const struct mask *mask,
                             const struct config *config, size_t components)
{
    struct dataset *dataset = NULL;
    uint32_t *order = NULL;
    const size_t values = mask_values(mask);
    enum status status = trainer_images(&dataset, config);
    if (status != STATUS_OK) return status;
    const size_t room = ((size_t)config->data.memory << 20) / sizeof(float) / values;
    const size_t count = sizes_least(sizes_least(dataset->count, room), LIMIT_EIGENFACES_IMAGES);
    if (count < components + 1) {
        status = status_fail(STATUS_BAD_CONFIG,
                             "%zu eigenfaces: at least %zu images are needed, there are %zu, and "
                             "data.memory has room for %zu",
                             components, components + 1, dataset->count, room);
        goto done;
    }
    *rows = malloc(count * values * sizeof **rows);
    order = malloc(dataset->count * sizeof *order);
    if (*rows == NULL || order == NULL) {
        status = status_fail(STATUS_NO_MEMORY, "out of memory for %zu images", count);
        goto done;
    }
    struct random random;
    random_start(&random, config->seed, 0, RANDOM_BASIS, 0, 0);
    random_permutation(&random, order, dataset->count);
#pragma omp parallel for schedule(static)
    for (size_t i = 0; i < count; i++) {
        mask_bands(mask, *rows + i * values, dataset_pixels(dataset, order[i]), dataset->channels);
    }
    basis->images = count;
    basis->people = dataset->people;
done:
    free(order);
    dataset_destroy(&dataset);
    return status;
}

static enum status learn(struct basis *basis, const struct config *config, size_t components)
{
    struct mask *mask = NULL;
    float *rows = NULL;
    double total = 0;
    enum status status = mask_create(&mask, &config->federation, NULL);
    if (status != STATUS_OK) return status;
    mask_input(mask, basis->input);
    status = load_rows(&rows, basis, mask, config, components);
    if (status == STATUS_OK) {
        status = eigenfaces_create(&basis->faces, (size_t)mask_side(mask),
                                   (size_t)mask_channels(mask), components);
    }
    if (status == STATUS_OK) {
        status = pca_fit(basis->faces->mean, basis->faces->vectors, basis->share, &total, rows,
                         basis->images, mask_values(mask), components);
    }
    if (status == STATUS_OK) {
        eigenfaces_measure(basis->faces, rows, basis->images);
        for (size_t k = 0; k < components; k++) {
            basis->share[k] /= total;
        }
    }
    free(rows);
    mask_destroy(&mask);
    return status;
}

enum status basis_learn(struct basis *basis, const struct config *config, size_t components)
{
    assert(components >= 1 && components <= LIMIT_EIGENFACES);
    struct config *unmasked = malloc(sizeof *unmasked);
    if (unmasked == NULL) return status_fail(STATUS_NO_MEMORY, "out of memory");
    *unmasked = *config;
    unmasked->federation.mask.method = MASK_NONE;
    memset(basis, 0, sizeof *basis);
    const enum status status = learn(basis, unmasked, components);
    free(unmasked);
    if (status != STATUS_OK) basis_destroy(basis);
    return status;
}

void basis_destroy(struct basis *basis)
{
    eigenfaces_destroy(&basis->faces);
}
