// SPDX-License-Identifier: Apache-2.0
#include "base/status.h"

#include <assert.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

static _Thread_local char last_message[STATUS_MESSAGE_MAX];

const char *status_text(enum status status)
{
    static const char *const texts[] = {
#define STATUS_TEXT(name, text) text,
        STATUS_LIST(STATUS_TEXT)
#undef STATUS_TEXT
    };
    assert((size_t)status < sizeof texts / sizeof texts[0]);
    return texts[status];
}

enum status status_fail(enum status status, const char *format, ...)
{
    assert(status != STATUS_OK);
    // Formatted aside first: the arguments may hold the previous message.
    char message[STATUS_MESSAGE_MAX];
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    snprintf(last_message, sizeof last_message, "%s", length < 0 ? status_text(status) : message);
    return status;
}

const char *status_message(void)
{
    return last_message;
}
