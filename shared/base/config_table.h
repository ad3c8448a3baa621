// SPDX-License-Identifier: Apache-2.0
/* config_table - the one table that describes every field of struct config. */
#ifndef BASE_CONFIG_TABLE_H
#define BASE_CONFIG_TABLE_H

#include "base/settings.h"

extern const struct settings_table config_table;

#endif
