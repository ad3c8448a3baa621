// SPDX-License-Identifier: Apache-2.0
#include "wire/phase.h"

#include <assert.h>

const char *phase_name(enum phase phase)
{
    static const char *const names[PHASE_COUNT] = {
#define PHASE_TEXT(name, text) text,
        PHASE_LIST(PHASE_TEXT)
#undef PHASE_TEXT
    };
    assert((int)phase >= 0 && (int)phase < (int)PHASE_COUNT);
    return names[phase];
}
