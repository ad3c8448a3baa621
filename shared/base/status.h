// SPDX-License-Identifier: Apache-2.0
/* status - results of everything that the world can break, with a text for people.
 *
 * A function that can fail returns `enum status` and, when it fails, has called status_fail() with
 * a sentence that names the file, line, key or peer and what is allowed. The sentence is kept per
 * thread; whoever decides to stop prints status_message(). What only a bug breaks is asserted. */
#ifndef BASE_STATUS_H
#define BASE_STATUS_H

#define STATUS_LIST(X)                                                                             \
    X(OK, "success")                                                                               \
    X(NO_MEMORY, "out of memory")                                                                  \
    X(FULL, "a fixed limit was reached")                                                           \
    X(NOT_FOUND, "not found")                                                                      \
    X(BAD_INPUT, "bad input")                                                                      \
    X(BAD_CONFIG, "bad configuration")                                                             \
    X(BAD_MESSAGE, "malformed or unexpected message")                                              \
    X(REFUSED, "refused by the other side")                                                        \
    X(IO, "input or output failed")                                                                \
    X(NOT_FINITE, "a number is not finite")                                                        \
    X(TIMEOUT, "time is up")                                                                       \
    X(STOPPED, "stopped on request")

enum status {
#define STATUS_NAME(name, text) STATUS_##name,
    STATUS_LIST(STATUS_NAME)
#undef STATUS_NAME
};

#define CHECKED                  __attribute__((warn_unused_result))
#define PRINTF_LIKE(text, first) __attribute__((format(printf, text, first)))

/* Longest sentence kept, with its final zero byte; longer ones are cut. */
#define STATUS_MESSAGE_MAX 1024

/* The fixed text of a status, for example "not found". */
const char *status_text(enum status status);

/* Keeps the sentence as this thread's last failure and returns `status`, so that a caller can write
 * `return status_fail(STATUS_IO, "%s: %s", path, strerror(errno));`. */
enum status status_fail(enum status status, const char *format, ...) PRINTF_LIKE(2, 3);

/* This thread's last failure as a sentence; empty when there was none. Valid until the next
 * status_fail() of this thread. */
const char *status_message(void);

#endif
