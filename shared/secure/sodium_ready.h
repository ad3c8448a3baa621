// SPDX-License-Identifier: Apache-2.0
/* sodium_ready - starts libsodium before its first use. Private to secure/. */
#ifndef SECURE_SODIUM_READY_H
#define SECURE_SODIUM_READY_H

#include <assert.h>
#include <sodium.h>

/* Cheap after the first call, and safe from several threads. A machine without randomness never
 * gets past it: libsodium waits or stops the program. */
static inline void sodium_ready(void)
{
    const int result = sodium_init();
    assert(result >= 0);
    (void)result;
}

#endif
