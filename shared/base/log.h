// SPDX-License-Identifier: Apache-2.0
/* log - one line for each event, on standard error, and a progress line for people.
 *
 * A log line is "HH:MM:SS level who: text". A terminal gets the progress line rewritten in place;
 * a pipe gets a plain line at most every 5 seconds, or as the environment variable
 * FEDVEIL_PROGRESS_MS says. Thread-safe. */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include "base/status.h"

#include <stdint.h>

enum log_level { LOG_ERROR, LOG_WARNING, LOG_INFO, LOG_DEBUG };

/* Sets who speaks (a short name, copied) and the most talkative level shown. */
void log_start(const char *who, enum log_level level);

void log_error(const char *format, ...) PRINTF_LIKE(1, 2);
void log_warning(const char *format, ...) PRINTF_LIKE(1, 2);
void log_info(const char *format, ...) PRINTF_LIKE(1, 2);
void log_debug(const char *format, ...) PRINTF_LIKE(1, 2);

/* Shows "what done/total unit  rate unit/s  time left"; `what` is copied. Call it often: it limits
 * itself. Ends by itself when done == total. */
void log_progress(const char *what, uint64_t done, uint64_t total, const char *unit);

/* A duration for people, "M:SS" or "H:MM:SS", at most 99:59:59. */
enum { LOG_TIME = 16 };
void log_time(char text[LOG_TIME], double seconds);

/* Has `meanwhile` called whenever the calling thread (no other) reports progress: for a program
 * that must not fall silent while a library works for minutes. NULL ends it. */
void log_meanwhile(void (*meanwhile)(void *context), void *context);

#endif
