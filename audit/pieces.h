// SPDX-License-Identifier: Apache-2.0
/* pieces - an audit as pieces, each one attack on one defence.
 *
 *     OUT/DEFENCE/ATTACK.json   its figures, written last: with it the piece is finished
 *     OUT/DEFENCE/ATTACK/       its pictures, what it keeps to go on after an interruption, and the
 *                               digest of its inputs: what belongs to others is removed first
 *     OUT/shared/               what attacks make once for all defences
 *
 * A restarted audit takes over the pieces that ended for the same inputs: faces, budget, seed, the
 * defence with its weights and key, F1, and the files of LPIPS and judge, by their digest, the
 * attack's revision, and for gmi the identity that the plan names; the program's version is none
 * of them. An attack that
 * fails is kept as a failure, which the next start tries again, and the other pieces go on. */
#ifndef AUDIT_PIECES_H
#define AUDIT_PIECES_H

#include "base/status.h"
#include "defence/attack.h"
#include "measures/judge.h"
#include "measures/lpips.h"
#include "plan.h"
#include "registry.h"
#include "secure/digest.h"

#include <stddef.h>

struct pieces { // what all pieces share; zero first
    const struct plan *plan;
    const char *out;
    char shared[LIMIT_PATH]; // OUT/shared
    struct attack_budget budget;
    struct attack_data *data;
    struct target *f1; // NULL: none
    struct lpips *lpips;
    struct judge *judge;
    uint8_t inputs[DIGEST_BYTES]; // of all that is shared
    size_t at, total;             // which piece is run, and of how many, for messages
};

/* Opens what the plan names, loads the faces with so many channels and takes F1 over. */
enum status pieces_open(struct pieces *pieces, const struct plan *plan, const char *out,
                        struct target **f1, int channels) CHECKED;
void pieces_close(struct pieces *pieces);

/* Takes over the figures of a finished piece; if it is not finished, they are {0}. */
enum status pieces_find(struct figures *figures, const struct pieces *pieces,
                        const struct target *target, const struct plan_defence *defence,
                        const struct registry_attack *attack) CHECKED;

/* Runs one piece. STATUS_STOPPED on a request to stop; an attack that fails is STATUS_OK with
 * figures->failure; other failures are of the folder. */
enum status pieces_run(struct figures *figures, struct pieces *pieces, const struct target *target,
                       const struct plan_defence *defence,
                       const struct registry_attack *attack) CHECKED;

#endif
