// SPDX-License-Identifier: Apache-2.0
/* config_check_parts - what config_check.c and config_check_mask.c share. Not for others. */
#ifndef BASE_CONFIG_CHECK_PARTS_H
#define BASE_CONFIG_CHECK_PARTS_H

#include "base/config_check.h"

/* Sets the fault and gives STATUS_BAD_CONFIG. */
enum status config_fault_at(struct config_fault *fault, const char *key, const char *format, ...)
    PRINTF_LIKE(3, 4);

enum status config_check_mask(const struct config_federation *federation,
                              struct config_fault *fault) CHECKED;

#endif
