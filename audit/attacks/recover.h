// SPDX-License-Identifier: Apache-2.0
/* recover - masked images as pictures, by linear algebra and regression alone.
 *
 * The white-box attacker's two ways from what a network is fed to pixels:
 *
 * algebra: undo the shuffles and the mix of neighbours (unmask.h), take each band's lost scale and
 * shift for those of known faces, or in up8 solve for the scale;
 * regression: of each band on the masked values around it (ridge.h), learned on known faces that
 * are masked the same way. That undoes noise as far as a linear map can. Of mixes it is learned on
 * single faces, unless these have random signs: being linear it then makes of a mix the mix of the
 * faces, in which the principal one is seen better than in what learning from mixes shrinks it to.
 *
 * Both end in pixels by restore.h, with block means guessed by the same regression where DC was
 * dropped. Pixels that were never bands have no need of that. Which way does better is measured on
 * known faces that were kept out of the learning, mixed among themselves where mixes are recovered.
 */
#ifndef ATTACKS_RECOVER_H
#define ATTACKS_RECOVER_H

#include "base/status.h"
#include "defence/target.h"
#include "image/dataset.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum recover_way { RECOVER_ALGEBRA, RECOVER_REGRESSION, RECOVER_WAYS };

struct recover_options {
    const struct target *target; // its mask; must outlive what is made of it
    const struct dataset *known; // the attacker's faces, of the mask's own size
    size_t known_max;            // images used; 0: as many as pay
    const uint32_t *one, *two;   // bands of each channel; NULL: as the mask key says
    bool mixed;                  // whether what is recovered is mixed as the target does it
    uint64_t seed;
};

struct recover; // read-only once learned

enum status recover_learn(struct recover **recover, const struct recover_options *options) CHECKED;
void recover_destroy(struct recover **recover);

/* Mean SSIM of a way on faces that were kept out; NaN where there were too few. */
double recover_likeness(const struct recover *recover, enum recover_way way);

/* The way that does better there. For an order of channels that was given it is regression, which
 * bears channels that are taken for others like them; algebra bears none. */
enum recover_way recover_best(const struct recover *recover);

/* Whether each channel can be undone exactly. */
bool recover_invertible(const struct recover *recover);

/* Pictures, size * size * channels bytes each, of `count` rows of target_values() numbers. Grey
 * masks give equal channels. */
enum status recover_faces(const struct recover *recover, enum recover_way way, uint8_t *pictures,
                          int channels, const float *masked, size_t count) CHECKED;

#endif
