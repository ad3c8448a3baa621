// SPDX-License-Identifier: Apache-2.0
/* phase - the phases of a round, the same numbers as in proto/federation.proto.
 *
 * All of them are named from the start; with a trusted coordinator a round goes GATHER, UPDATES,
 * PUBLISH and the phases of the secure exchange are skipped. */
#ifndef WIRE_PHASE_H
#define WIRE_PHASE_H

#define PHASE_LIST(X)                                                                              \
    X(JOIN, "join")               /* before the first round: who is there, do we agree */          \
    X(GATHER, "gather")           /* the cohort is chosen and fetches the model */                 \
    X(KEYS, "keys")               /* fresh keys of the round */                                    \
    X(SHARES, "shares")           /* shares of the blinding secrets */                             \
    X(UPDATES, "updates")         /* training, then updates */                                     \
    X(CONSISTENCY, "consistency") /* signatures on who reported */                                 \
    X(UNBLIND, "unblind")         /* shares that remove the blinding */                            \
    X(PUBLISH, "publish")         /* the new model */                                              \
    X(DONE, "done")                                                                                \
    X(FAILED, "failed")

enum phase {
#define PHASE_NUMBER(name, text) PHASE_##name,
    PHASE_LIST(PHASE_NUMBER)
#undef PHASE_NUMBER
};

enum { PHASE_COUNT = PHASE_FAILED + 1 };

/* The name for people, for example "updates". */
const char *phase_name(enum phase phase);

#endif
