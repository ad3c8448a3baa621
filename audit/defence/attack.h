// SPDX-License-Identifier: Apache-2.0
/* attack - the one shape of an attack, and what it may spend.
 *
 * An attack leaves its figures under "<attack>.<name>" and a row of recovered victims in
 * FOLDER/<attack>.png: squares side by side, the first ATTACK_PICTURES images of the victims in the
 * order of attack_shown(), so that the rows of all attacks show the same faces; an image of which
 * an attack has no picture is grey. What it must keep
 * to go on after an interruption lies in the same folder, which holds nothing of other inputs
 * (faces, budget, seed, target); only the caller writes its figures' file, last. What does not
 * follow from the target lies in the shared folder, so that it is made once for all. It ends with
 * STATUS_STOPPED when the tick says so. An attacker that diverges is no failure: its figures are
 * NaN and attack_diverged() says so. */
#ifndef DEFENCE_ATTACK_H
#define DEFENCE_ATTACK_H

#include "base/status.h"
#include "defence/attack_data.h"
#include "defence/figures.h"
#include "defence/target.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct judge; // measures/judge.h
struct lpips; // measures/lpips.h

enum { ATTACK_PICTURES = 16 };

struct attack_budget {
    bool quick;         // few steps, and the report says that they are few
    int steps;          // of a model that is trained
    int batch;          // images of a step
    size_t known_max;   // images of the attacker
    size_t victims_max; // people that are attacked
    int starts;         // of an inversion
    uint64_t seed;
};

/* By what an inversion knows whom it seeks: attacks/inversion.h. */
enum attack_identity {
    ATTACK_IDENTITY_AUTO, // class weights where the attacker has the victims', else templates
    ATTACK_IDENTITY_CLASS,
    ATTACK_IDENTITY_TEMPLATE,
    ATTACK_IDENTITY_STATISTICS,
};

/* Called during long work; returns false to stop. */
typedef bool attack_tick(void *context, const char *what, uint64_t done, uint64_t total);

struct attack_context {
    const struct target *target;
    const struct target *f1; // the unmasked network; may be NULL, or the target itself
    const struct attack_data *data;
    const struct attack_budget *budget;
    enum attack_identity identity;
    struct lpips *lpips; // NULL: LPIPS is not measured
    struct judge *judge; // NULL: nothing is judged
    const char *folder;  // exists
    const char *shared;  // of all attacks, exists; may hold what is of other inputs
    attack_tick *tick;   // may be NULL
    void *tick_context;
};

typedef enum status attack_function(const struct attack_context *, struct figures *);

/* Calls the tick; STATUS_STOPPED when it wants the end. */
enum status attack_progress(const struct attack_context *context, const char *what, uint64_t done,
                            uint64_t total) CHECKED;

/* Which victims' images are shown: the first image of each person in turn, then the second ones.
 * Returns how many, at most ATTACK_PICTURES. */
size_t attack_shown(uint32_t index[ATTACK_PICTURES], const struct dataset *victims);

/* Measures what an attack has made of all images of the victims, in their order, size and channels:
 * sets NAME.ssim, NAME.psnr, NAME.lpips, NAME.judge_cosine, NAME.f1_cosine and
 * NAME.judge_verification (measures/recovered.h; NaN: not measured), and leaves the pictures of
 * those that are shown as NAME.png. */
enum status attack_measure(const struct attack_context *context, struct figures *figures,
                           const char *name, const uint8_t *recovered) CHECKED;

/* The same of `count` pictures, of which picture i shows image truth[i] of the victims: of mixes,
 * the principal one. */
enum status attack_measure_as(const struct attack_context *context, struct figures *figures,
                              const char *name, const uint8_t *recovered, const uint32_t *truth,
                              size_t count) CHECKED;

/* Says that an attacker's numbers ran away: sets NAME.diverged to 1, and a remark. */
void attack_diverged(struct figures *figures, const char *name, const char *reason);

/* Writes FOLDER/NAME.png: `count` pictures of the victims' size and channels side by side. */
enum status attack_pictures(const struct attack_context *context, const char *name,
                            const uint8_t *pixels, size_t count) CHECKED;

#endif
