// SPDX-License-Identifier: Apache-2.0
/* vector_context - the context of the secure exchange in vectors: what make_shamir.py,
 * make_blinding.py and make_neighbours.py write out as bytes. */
#ifndef REFERENCE_VECTOR_CONTEXT_H
#define REFERENCE_VECTOR_CONTEXT_H

#include "secure/exchange.h"

static inline struct exchange_context vector_context(void)
{
    struct exchange_context context = {.round = 7, .attempt = 2};
    for (uint8_t i = 0; i < EXCHANGE_HASH_BYTES; i++) {
        context.roster[i] = i;
        context.model[i] = 0xaa;
        context.config[i] = 0x55;
    }
    for (uint8_t i = 0; i < EXCHANGE_SESSION_BYTES; i++) {
        context.session[i] = (uint8_t)(100 + i);
    }
    return context;
}

#endif
