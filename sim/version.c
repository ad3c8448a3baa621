// SPDX-License-Identifier: Apache-2.0
#include "version.h"

const char *version_text(void)
{
    return sizeof FEDVEIL_COMMIT > 1 ? FEDVEIL_VERSION " (" FEDVEIL_COMMIT ")" : FEDVEIL_VERSION;
}
